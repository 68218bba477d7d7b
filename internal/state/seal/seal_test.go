package seal_test

import (
	"bytes"
	"errors"
	"os"
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
