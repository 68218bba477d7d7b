package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/seal"
	"latchkey/internal/state/statetest"
)

// TestSuite holds that nothing above can tell a sealed store from another.
func TestSuite(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T, dir string) state.Store {
		s, _ := sealed(t, bolt(t, dir+"/state.db"), secret(1))
		return s
	})
}

const (
	contoso = "contoso"
	address = "kim.planted@contoso.example"
)

// planted is what a state holds of people, by what a reader of the file looks for.
var planted = []string{"Planted Name", "planted justification", "planted note", address}

func fill(t testing.TB, s state.Store) {
	t.Helper()
	ana := access.Person{Team: "T0FABRIKAM", User: "U0ANA", Name: "Planted Name", Mail: address}
	err := s.Update(t.Context(), func(tx state.Tx) error {
		_, err := state.PutEnrolment(tx, access.Enrolment{Customer: contoso, Person: access.Person{Name: "Planted Name", Entra: access.Account{Tenant: contoso, Object: "o"}}})
		return errors.Join(err,
			state.PutRequest(tx, access.Request{
				ID: "R-7K3M2", Requester: ana, Customer: contoso, Justification: "planted justification", Salt: "planted salt", State: access.Pending,
				Decisions: []access.Decision{{By: ana, Note: "planted note"}},
			}),
			state.PutContact(tx, access.Contact{Person: access.Person{Name: "Planted Name", Mail: address}, Customer: contoso}),
			state.PutContact(tx, access.Contact{Person: access.Person{Name: "Another", Mail: "a@contoso.example"}, Customer: contoso}),
			state.PutStaff(tx, access.Staff{Person: ana, Principal: "p", UPN: address}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// whole checks that all that fill wrote is there, and that all of it is found.
func whole(t testing.TB, s state.Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx state.Tx) error {
		r, err := state.Request(tx, "R-7K3M2")
		c, contactErr := state.ContactByMail(tx, contoso, address)
		all, allErr := state.ContactsOf(tx, contoso)
		if r.Justification != "planted justification" || c.Person.Name != "Planted Name" || len(all) != 2 || all[0].Person.Name != "Another" {
			t.Errorf("read %+v, %+v, %+v", r, c, all)
		}
		return errors.Join(err, contactErr, allErr)
	})
	if err != nil {
		t.Error(err)
	}
}

func shows(t testing.TB, path string) (found []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range planted {
		if bytes.Contains(raw, []byte(text)) {
			found = append(found, text)
		}
	}
	return found
}

// TestFileShowsNothing reads the raw file: of a state that was sealed from its beginning,
// of one that was sealed later, and of one that is not sealed any more.
func TestFileShowsNothing(t *testing.T) {
	t.Parallel()
	t.Run("FromTheBeginning", func(t *testing.T) {
		t.Parallel()
		path := file(t)
		s, pass := sealed(t, bolt(t, path), secret(1))
		fill(t, s)
		whole(t, s)
		if err := s.Close(); err != nil || pass.Renewed != 0 {
			t.Error(pass, err)
		}
		if found := shows(t, path); found != nil {
			t.Errorf("the file shows %q", found)
		}
	})
	t.Run("LaterAndNoMore", func(t *testing.T) {
		t.Parallel()
		path := file(t)
		s := bolt(t, path)
		fill(t, s)
		if found := shows(t, path); len(found) != len(planted) {
			t.Fatalf("the test would see nothing: %q", found)
		}
		turn(t, path, s, secret(1))
		if found := shows(t, path); found != nil {
			t.Errorf("the file shows %q", found)
		}
		turn(t, path, bolt(t, path), nil, secret(1))
		plain := bolt(t, path)
		whole(t, plain)
		if _, err := get(t, plain, "contact/contoso/mail/"+address); err != nil {
			t.Error(err)
		}
		if s, _, err := seal.Open(t.Context(), plain, nil); s != plain || err != nil {
			t.Errorf("Open without a key: %v, %v", s, err)
		}
	})
}

// turn opens the store with the keys, checks it, and rewrites the file.
func turn(t *testing.T, path string, below state.Store, secrets ...[]byte) {
	t.Helper()
	s, pass := sealed(t, below, secrets...)
	whole(t, s)
	if pass.Renewed == 0 || pass.Aside != nil {
		t.Errorf("renewed %+v", pass)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err := boltstore.Rewrite(t.Context(), path); !done || err != nil {
		t.Fatalf("Rewrite: %v, %v", done, err)
	}
	if done, err := boltstore.Rewrite(t.Context(), path); done || err != nil {
		t.Fatalf("Rewrite again: %v, %v", done, err)
	}
}

// TestRefusesMovedAndChanged holds that a sealed value opens only where and as it was
// sealed, that one which does not is a damaged record, and that others are read all the same.
func TestRefusesMovedAndChanged(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		harm func(tx state.Tx) error
	}{
		{"Moved", func(tx state.Tx) error {
			raw, err := tx.Get("staff/U0BO")
			return errors.Join(err, tx.Put("staff/U0ANA", raw))
		}},
		{"Changed", func(tx state.Tx) error {
			raw, err := tx.Get("staff/U0ANA")
			raw[len(raw)-1] ^= 1
			return errors.Join(err, tx.Put("staff/U0ANA", raw))
		}},
		{"CutShort", func(tx state.Tx) error {
			raw, err := tx.Get("staff/U0ANA")
			return errors.Join(err, tx.Put("staff/U0ANA", raw[:20]))
		}},
		{"Plain", func(tx state.Tx) error {
			raw, err := state.Encode(access.Staff{Person: access.Person{User: "U0ANA", Name: "Ana"}})
			return errors.Join(err, tx.Put("staff/U0ANA", raw))
		}},
		{"OfNoKey", func(tx state.Tx) error { return tx.Put("staff/U0ANA", []byte(state.SealMark+"00000000:xxx")) }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			below := statetest.Memory()
			s, _ := sealed(t, below, secret(1))
			if err := s.Update(t.Context(), func(tx state.Tx) error {
				return errors.Join(
					state.PutStaff(tx, access.Staff{Person: access.Person{User: "U0ANA", Name: "Ana"}}),
					state.PutStaff(tx, access.Staff{Person: access.Person{User: "U0BO", Name: "Bo"}}))
			}); err != nil {
				t.Fatal(err)
			}
			if err := below.Update(t.Context(), row.harm); err != nil {
				t.Fatal(err)
			}
			err := s.View(t.Context(), func(tx state.Tx) error {
				if _, err := state.Staff(tx, "U0ANA"); err == nil {
					t.Error("it was read")
				} else if _, bad := state.Unreadable(err); !bad {
					t.Errorf("it is no damaged record: %v", err)
				}
				all, err := state.AllStaff(tx)
				if len(all) != 1 || all[0].Person.Name != "Bo" {
					t.Errorf("the others are %+v", all)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMovedAddress holds it for the keys that are hashed.
func TestMovedAddress(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	fill(t, s)
	err := below.Update(t.Context(), func(tx state.Tx) error {
		var items []state.Item
		for item, err := range tx.Scan("contact/contoso/mail/") {
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return errors.Join(tx.Put(items[0].Key, items[1].Value), tx.Put(items[1].Key, items[0].Value))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx state.Tx) error {
		_, err := state.ContactByMail(tx, contoso, address)
		if _, bad := state.Unreadable(err); !bad {
			t.Errorf("ContactByMail: %v", err)
		}
		all, err := state.ContactsOf(tx, contoso)
		if len(all) != 0 {
			t.Errorf("ContactsOf: %+v", all)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

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

// TestAuditNeedsNoKey holds that what an auditor reads is not sealed.
func TestAuditNeedsNoKey(t *testing.T) {
	t.Parallel()
	below := statetest.Memory()
	s, _ := sealed(t, below, secret(1))
	for _, key := range []string{"event/1", "audit/head", "idx/event/R/1"} {
		put(t, s, key, "plain")
		if got, err := get(t, below, key); got != "plain" || err != nil {
			t.Errorf("%s is %q, %v", key, got, err)
		}
	}
}

// BenchmarkUpdate compares what a record costs, sealed and not.
func BenchmarkUpdate(b *testing.B) {
	value := bytes.Repeat([]byte("x"), 1000)
	for _, row := range []struct {
		name    string
		secrets [][]byte
	}{{"Plain", nil}, {"Sealed", [][]byte{secret(1)}}} {
		b.Run(row.name, func(b *testing.B) {
			s, _ := sealed(b, statetest.Memory(), row.secrets...)
			for i := 0; b.Loop(); i++ {
				if err := s.Update(b.Context(), func(tx state.Tx) error {
					_, err := tx.Get("request/R-1")
					return errors.Join(tx.Put("request/R-1", value), ignore(err))
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ignore(err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	return err
}
