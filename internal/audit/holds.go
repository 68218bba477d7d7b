package audit

import "latchkey/internal/access"

// Holds reports whether the event is the one that its hash is of.
func Holds(e access.Event) (bool, error) {
	want, err := sum(e)
	return err == nil && e.Hash == want, err
}
