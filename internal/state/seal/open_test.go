package seal_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/seal"
	"latchkey/internal/state/statetest"
)

// TestKeyIsNeeded holds that a sealed store is not opened without its key, and that
// nothing is written to it then.
func TestKeyIsNeeded(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	fill(t, s)
	before := statetest.Contents(t, below)
	for _, row := range []struct {
		name    string
		secrets [][]byte
		says    string
	}{
		{"None", nil, "no key was given: set STATE_KEY"},
		{"Another", [][]byte{secret(2)}, "not among those in STATE_KEY"},
		{"NoneToSeal", [][]byte{nil}, "not among those in STATE_KEY"},
		{"Short", [][]byte{secret(1)[1:]}, "it must have 32"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := seal.Open(t.Context(), below, row.secrets)
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("Open: %v, want %q", err, row.says)
			}
			if after := statetest.Contents(t, below); !maps.Equal(before, after) {
				t.Error("the store was changed")
			}
		})
	}
	if err := below.View(t.Context(), func(tx state.Tx) error {
		_, err := state.Request(tx, "R-7K3M2")
		if !errors.Is(err, state.ErrSealed) {
			t.Errorf("read without a key: %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestNoteIsVouchedFor holds that nobody without the key has a sealed store be taken for one
// that is not, or not yet.
func TestNoteIsVouchedFor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, note string }{
		{"Gone", ""},
		{"NotDone", `{"Keys":["%s"],"Done":false,"By":"%s","Proof":""}`},
		{"NoKeys", `{"Keys":[],"Done":true}`},
		{"Damaged", `{`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			below := statetest.Memory()
			s, _ := sealed(t, below, secret(1))
			fill(t, s)
			old, err := get(t, below, "meta/seal")
			if err != nil {
				t.Fatal(err)
			}
			id := old[len(`{"Keys":["`):][:8]
			if err := below.Update(t.Context(), func(tx state.Tx) error {
				if row.note == "" {
					return tx.Delete("meta/seal")
				}
				return tx.Put("meta/seal", []byte(strings.ReplaceAll(row.note, "%s", id)))
			}); err != nil {
				t.Fatal(err)
			}
			before := statetest.Contents(t, below)
			if _, _, err := seal.Open(t.Context(), below, [][]byte{secret(1)}); err == nil || !strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("Open: %v", err)
			}
			if after := statetest.Contents(t, below); !maps.Equal(before, after) {
				t.Error("the store was changed")
			}
		})
	}
}

// TestRotationTakesNoPlainValue holds that a new key does not seal what somebody without
// the old one has written.
func TestRotationTakesNoPlainValue(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	fill(t, s)
	put(t, below, "staff/U0EVE", `{"v":1,"d":{}}`)
	s, pass := sealed(t, below, secret(2), secret(1))
	if len(pass.Aside) != 1 || pass.Aside[0] != "staff/U0EVE" {
		t.Errorf("set aside: %q", pass.Aside)
	}
	if _, err := get(t, s, "staff/U0EVE"); err == nil {
		t.Error("it is read")
	}
}

// TestRotation has another key seal: the old one opens until all is sealed anew, and is
// not needed after that.
func TestRotation(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	fill(t, s)
	s, pass := sealed(t, below, secret(2), secret(1))
	whole(t, s)
	if pass.Renewed != 5 {
		t.Errorf("renewed %+v", pass)
	}
	s, pass = sealed(t, below, secret(2))
	whole(t, s)
	if pass.Renewed != 0 {
		t.Errorf("renewed once more %+v", pass)
	}
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		return state.DeleteContact(tx, access.Contact{Customer: contoso, Person: access.Person{Mail: address}})
	}); err != nil {
		t.Error(err)
	}
	for key := range statetest.Contents(t, below) {
		if strings.Contains(key, "@") {
			t.Errorf("the key %s tells an address", key)
		}
	}
}

// TestCrashWhileSealing ends the pass before and after each of its transactions, in every
// direction. What is there is whole each time, and the next pass ends it.
func TestCrashWhileSealing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name          string
		before, after [][]byte
	}{
		{"On", nil, [][]byte{secret(1)}},
		{"Rotation", [][]byte{secret(1)}, [][]byte{secret(2), secret(1)}},
		{"Off", [][]byte{secret(1)}, [][]byte{nil, secret(1)}},
	} {
		for n := range 10 {
			t.Run(fmt.Sprint(row.name, n), func(t *testing.T) {
				t.Parallel()
				below := statetest.Memory()
				s, _ := sealed(t, below, row.before...)
				fill(t, s)
				for i := range 450 { // more than two transactions take
					put(t, s, fmt.Sprintf("recent/U%04d", i), "{}")
				}
				_, _, err := seal.Open(t.Context(), &mortal{Store: below, left: n / 2, after: n%2 == 0}, row.after)
				if err != nil && !errors.Is(err, errCrash) {
					t.Fatal(err)
				}
				if row.before != nil {
					if _, _, err := seal.Open(t.Context(), below, [][]byte{secret(9)}); err == nil {
						t.Error("it was opened with another key")
					}
				}
				s, _ = sealed(t, below.Reopen(), row.after...)
				whole(t, s)
				if _, pass := sealed(t, s.(*seal.Store).Below(), row.after...); pass.Renewed != 0 {
					t.Errorf("the second pass left %d", pass.Renewed)
				}
			})
		}
	}
}

// TestDamagedStays has a value that does not open be left, and told of.
func TestDamagedStays(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	fill(t, s)
	bad := state.SealMark + "00000000:bad"
	put(t, below, "request/R-00000", bad)
	s, pass := sealed(t, below, secret(2), secret(1))
	whole(t, s)
	if len(pass.Aside) != 1 || pass.Aside[0] != "request/R-00000" || pass.Renewed != 5 {
		t.Errorf("the pass was %+v", pass)
	}
	if raw, err := get(t, below, "request/R-00000"); raw != bad || err != nil {
		t.Errorf("it became %q, %v", raw, err)
	}
}
