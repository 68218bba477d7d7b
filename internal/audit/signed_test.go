package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// mixed is the n'th event of a log of several customers, and of none.
func mixed(n int) access.Event {
	e := event(n)
	e.Customer = []access.TenantID{"contoso", "fabrikam", "", "contoso", "adatum"}[n%5]
	e.Request = access.RequestID(fmt.Sprintf("R-%s%d", strings.ToUpper(string(e.Customer)), n%7))
	return e
}

func update(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// aKey is a private key with its public one.
func aKey(t *testing.T, name string) (private, public string) {
	t.Helper()
	private, public, err := audit.NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// sign signs a checkpoint of all that is in the log.
func sign(t *testing.T, s state.Store, private string) {
	t.Helper()
	for more := true; more; {
		update(t, s, func(tx state.Tx) (err error) {
			more, err = audit.Grow(tx, private, start.Add(time.Hour))
			return err
		})
	}
}

// prepared is an empty log whose salts are drawn.
func prepared(t *testing.T) state.Store {
	t.Helper()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error { return audit.Prepare(tx, "latchkey.test/log") })
	return s
}

// signedLog is a log of n mixed events and the one that names the key, with a checkpoint
// after each of the sizes.
func signedLog(t *testing.T, private string, n int, after ...int) state.Store {
	t.Helper()
	s := prepared(t)
	for i := range n {
		add(t, s, mixed(i+1))
		if slices.Contains(after, i+1) {
			sign(t, s, private)
		}
	}
	return s
}

func verifyBy(t *testing.T, s state.Store, trust audit.Trust) (held audit.Held, err error) {
	t.Helper()
	view(t, s, func(tx state.Tx) error {
		held, err = audit.VerifyBy(tx, trust)
		return nil
	})
	return held, err
}

func lastNote(t *testing.T, s state.Store) string {
	t.Helper()
	var c audit.Checkpoint
	view(t, s, func(tx state.Tx) (err error) {
		c, err = audit.LastCheckpoint(tx)
		return err
	})
	return c.Note
}

// independent computes the root of the first n events by the library alone.
func independent(t *testing.T, s state.Store, n int) tlog.Hash {
	t.Helper()
	var hashes []tlog.Hash
	stored := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, _ error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	all := statetest.Contents(t, s)
	for i := range n {
		body, err := state.Body("", []byte(all[keyOf(i+1)]))
		if err != nil {
			t.Fatal(err)
		}
		more, err := tlog.StoredHashes(int64(i), body, stored)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(n), stored)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestCheckpoints signs a log as it grows, past two tiles and by steps of many sizes, and
// finds the roots that the library finds.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := prepared(t)
	signed := 0
	for n := 1; n <= 600; n++ {
		add(t, s, mixed(n))
		if n%97 != 1 && n != 256 && n != 511 {
			continue
		}
		sign(t, s, private)
		signed++
		c, err := audit.OpenCheckpoint(lastNote(t, s), []string{public})
		if err != nil || c.Origin != "latchkey.test/log" || c.Size != int64(n)+1 || c.Root != independent(t, s, n+1) {
			t.Fatalf("after %d events: %+v, %v", n, c, err)
		}
		held, err := verifyBy(t, s, audit.Trust{Keys: []string{public}})
		if err != nil || held.Events != uint64(n)+1 || held.Signed != uint64(n)+1 || held.Checkpoints != signed {
			t.Fatalf("after %d events Verify = %+v, %v", n, held, err)
		}
		before := lastNote(t, s)
		sign(t, s, private) // nothing is new
		if lastNote(t, s) != before {
			t.Fatal("it signs again what is signed")
		}
	}
	add(t, s, mixed(601))
	held, err := verifyBy(t, s, audit.Trust{})
	if err != nil || held.Events != held.Signed+uint64(601-583) || len(held.Keys) != 1 || held.Keys[0] != public {
		t.Errorf("with events after the last checkpoint: %+v, %v", held, err)
	}
}

// TestLongAgo signs a log that was long before it was signed at all.
func TestLongAgo(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 1000, 1000)
	held, err := verifyBy(t, s, audit.Trust{Keys: []string{public}})
	if err != nil || held.Signed != 1001 || held.Checkpoints != 1 {
		t.Errorf("Verify = %+v, %v", held, err)
	}
}

// TestKeyChanges goes on with another key. What the old one signed stays signed, and the
// log says when it was.
func TestKeyChanges(t *testing.T) {
	t.Parallel()
	old, oldPublic := aKey(t, "latchkey.test/log")
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, old, 10, 5, 10)
	kept := lastNote(t, s)
	sign(t, s, private)
	add(t, s, mixed(11))
	sign(t, s, private)
	held, err := verifyBy(t, s, audit.Trust{Keys: []string{public}})
	if err != nil || held.Signed != 13 || held.Checkpoints != 4 || !slices.Equal(held.Keys, []string{oldPublic, public}) {
		t.Errorf("with the new key: %+v, %v", held, err)
	}
	if held.Others != 2 || !strings.HasPrefix(oldPublic, held.Other+"+") {
		t.Errorf("%d checkpoints are signed with %s", held.Others, held.Other)
	}
	held, err = verifyBy(t, s, audit.Trust{Keys: []string{oldPublic}})
	if err != nil || held.Signed != 11 || held.Others != 2 || !strings.HasPrefix(public, held.Other+"+") {
		t.Errorf("with the old key: %+v, %v", held, err)
	}
	if held, err := verifyBy(t, s, audit.Trust{Keys: []string{oldPublic, public}}); err != nil || held.Others != 0 || held.Other != "" {
		t.Errorf("with both: %+v, %v", held, err)
	}
	if held, err := verifyBy(t, s, audit.Trust{}); err != nil || held.Others != 0 {
		t.Errorf("with none: %+v, %v", held, err)
	}
	held, err = verifyBy(t, s, audit.Trust{Keys: []string{oldPublic}, Notes: []string{kept}})
	if err != nil || held.Kept != 1 || held.Newest.Size != 11 {
		t.Errorf("with what the old key signed: %+v, %v", held, err)
	}
	_, stranger := aKey(t, "latchkey.test/log")
	if held, err := verifyBy(t, s, audit.Trust{Keys: []string{stranger}}); err == nil {
		t.Errorf("with a key that signed nothing: %+v", held)
	}
	if _, err := verifyBy(t, s, audit.Trust{Keys: []string{stranger}, Notes: []string{kept}}); !errors.As(err, new(*audit.UnknownKeyError)) {
		t.Errorf("a checkpoint that the key did not sign: %v", err)
	}
}

// TestVerifyTellsOfTheClock says where the times of events do not follow their order.
func TestVerifyTellsOfTheClock(t *testing.T) {
	t.Parallel()
	s := filled(t, 4)
	back, soon := event(1), event(9)
	back.At, soon.At = start.Add(-time.Hour), start.Add(-time.Hour-30*time.Second)
	soon.Detail["path"] = "<" // which is decoded
	add(t, s, back, soon, event(7))
	held, err := verifyBy(t, s, audit.Trust{})
	if err != nil || held.PutBack.Times != 1 || held.PutBack.First != 5 {
		t.Errorf("Verify = %+v, %v", held, err)
	}
}

// TestSalts has the events of a customer share a salt that no other has, and the log go on
// where it cannot be read of what it is made.
func TestSalts(t *testing.T) {
	t.Parallel()
	s := prepared(t)
	salts := map[string]access.TenantID{}
	for n := range 20 {
		e := add(t, s, mixed(n))[0]
		if other, known := salts[e.Salt]; known && other != e.Customer || (e.Salt == "") != (e.Customer == "") {
			t.Errorf("the salt of %q is %q", e.Customer, e.Salt)
		}
		salts[e.Salt] = e.Customer
	}
	if len(salts) != 4 {
		t.Errorf("%d salts", len(salts))
	}
	again := mixed(1)
	update(t, s, func(tx state.Tx) error { return tx.Put("audit/salt/"+string(again.Customer), []byte("{")) })
	if e := add(t, s, again)[0]; salts[e.Salt] != e.Customer || e.Salt == "" {
		t.Errorf("the salt of %q is %q once it was damaged", e.Customer, e.Salt)
	}
	update(t, s, func(tx state.Tx) error { return tx.Put("signer/secret", []byte("{")) })
	late := mixed(1)
	late.Customer = "late"
	if e := add(t, s, late)[0]; e.Salt != "" {
		t.Errorf("a salt of nothing: %q", e.Salt)
	}
	if n, err := verify(t, s); n != 22 || err != nil {
		t.Errorf("Verify = %d, %v", n, err)
	}
}

// costs counts what an append asks of the store.
type costs struct {
	state.Tx
	gets, puts int
}

func (c *costs) Get(key string) ([]byte, error) {
	c.gets++
	return c.Tx.Get(key)
}

func (c *costs) Put(key string, value []byte) error {
	c.puts++
	return c.Tx.Put(key, value)
}

// TestAppendCost has an append write what it did before there were checkpoints: the event,
// its index, the head. All else is done off its way.
func TestAppendCost(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 20, 10)
	for n := 21; n < 30; n++ {
		update(t, s, func(tx state.Tx) error {
			c := &costs{Tx: tx}
			_, err := audit.Append(c, mixed(n))
			if c.puts != 3 || c.gets > 4 {
				t.Errorf("an append takes %d puts and %d gets", c.puts, c.gets)
			}
			return err
		})
	}
}
