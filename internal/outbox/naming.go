package outbox

import (
	"bytes"
	"errors"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Naming lists the effects that name the person, by an id, an address or in a sentence:
// those that are owed, and those that could not be done.
func Naming(tx state.Tx, f access.Forgotten) (owed, dead []Effect, err error) {
	if owed, err = naming(tx, effectPrefix, f); err == nil {
		dead, err = naming(tx, deadPrefix, f)
	}
	return owed, dead, err
}

func naming(tx state.Tx, prefix string, f access.Forgotten) (out []Effect, err error) {
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return nil, err
		}
		e, err := state.Decode[Effect](item.Key, item.Value)
		if err == nil && e.names(f) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (e Effect) names(f access.Forgotten) bool {
	raw := bytes.ToLower(append(bytes.Clone(e.Payload), e.LastError...))
	holds := func(text string) bool { return text != "" && bytes.Contains(raw, []byte(strings.ToLower(text))) }
	for _, u := range f.Users {
		if holds(`"` + string(u) + `"`) {
			return true
		}
	}
	for _, o := range f.Objects {
		if holds(string(o)) {
			return true
		}
	}
	for _, m := range f.Mails {
		if holds(m) {
			return true
		}
	}
	for _, n := range f.Names {
		if strings.Contains(n, " ") && holds(n) {
			return true
		}
	}
	return false
}

// Drop forgets an effect that could not be done. One that is not there is no error.
func Drop(tx state.Tx, e Effect) error {
	err := tx.Delete(deadPrefix + e.ID)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	return err
}
