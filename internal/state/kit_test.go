package state_test

import (
	"iter"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// start is when the tests begin.
var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

const (
	contoso  = access.TenantID("0c0a0d0e-0000-4000-8000-000000000001")
	fabrikam = access.TenantID("0c0a0d0e-0000-4000-8000-000000000002")
	helpdesk = access.RoleID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	reader   = access.RoleID("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")
)

var ana = access.Person{Team: "T0HOME", User: "U0ANA", Name: "Ana Ito"}

// request returns a pending request of Ana for Contoso.
func request(id access.RequestID) access.Request {
	return access.Request{
		ID: id, Requester: ana, Principal: "p-ana", Customer: contoso, CustomerName: "Contoso",
		Roles: []access.RoleID{helpdesk}, Duration: 2 * time.Hour, Justification: "reset MFA",
		Rule:  access.Rule{Name: "helpdesk", Approvals: 1, DecideWithin: 24 * time.Hour},
		State: access.Pending, CreatedAt: start, DecideBy: start.Add(24 * time.Hour), Terms: 1, Rev: 1,
	}
}

func update(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// read returns what fn reads.
func read[T any](t *testing.T, s state.Store, fn func(state.Tx) (T, error)) T {
	t.Helper()
	var out T
	view(t, s, func(tx state.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out
}

// indexes returns the index keys and what they hold.
func indexes(t *testing.T, s state.Store) map[string]string {
	t.Helper()
	all := statetest.Contents(t, s)
	for key := range all {
		if len(key) < 4 || key[:4] != "idx/" {
			delete(all, key)
		}
	}
	return all
}

// counting is a transaction that counts what it reads.
type counting struct {
	state.Tx
	reads int
}

func (c *counting) Get(key string) ([]byte, error) {
	c.reads++
	return c.Tx.Get(key)
}

func (c *counting) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		for item, err := range c.Tx.Scan(prefix) {
			c.reads++
			if !yield(item, err) {
				return
			}
		}
	}
}

func allRelationships(tx state.Tx) ([]state.MirroredRelationship, error) {
	all, _, err := state.Readable[state.MirroredRelationship](tx, "mirror/relationship/")
	return all, err
}
