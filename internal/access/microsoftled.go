package access

import "strings"

// MicrosoftLed reports whether Microsoft made the relationship when it moved the
// customer off legacy DAP: it gives those names that begin with MLT_, one year,
// and nine roles that nobody here chose.
func (r Relationship) MicrosoftLed() bool { return strings.HasPrefix(r.Name, "MLT_") }
