package config

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret holds a value that must not be seen. However it is printed, logged
// or marshalled, it reads "[redacted]"; only Reveal gives the value. The zero
// Secret is one that was not set.
type Secret struct {
	// Pointers, because fmt calls no methods on a secret in an unexported
	// field of a caller's struct and would print a plain string.
	value *string
	file  *secretFile // nil unless it was given as a file
}

// NewSecret keeps a value secret. An empty value is the same as none.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value, for the one place that sends it where it belongs. Of a
// secret that was given as a file it is what the file holds now, so it is asked for
// each time; a file that cannot be read, or is half written, changes nothing.
func (s Secret) Reveal() string {
	switch {
	case s.value == nil:
		return ""
	case s.file != nil:
		return s.file.read(*s.value)
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

func (s Secret) String() string   { return redacted }
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) } //nolint:errcheck // fmt.State has nowhere to report it

// LogValue keeps the value out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the value out of JSON and of anything else that marshals
// text. There is no way back.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// EnvDecode takes the value from the environment.
func (s *Secret) EnvDecode(value string) error {
	*s = NewSecret(value)
	return nil
}
