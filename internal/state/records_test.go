package state_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		put  func(state.Tx) error
		get  func(state.Tx) (any, error)
		want any
	}{
		{
			"Request",
			func(tx state.Tx) error { return state.PutRequest(tx, sampleRequest) },
			func(tx state.Tx) (any, error) { return state.Request(tx, sampleRequest.ID) }, sampleRequest,
		},
		{
			"Grant",
			func(tx state.Tx) error { return state.PutGrant(tx, sampleGrant) },
			func(tx state.Tx) (any, error) { return state.Grant(tx, sampleGrant.Request) }, sampleGrant,
		},
		{
			"Staff",
			func(tx state.Tx) error { return state.PutStaff(tx, sampleStaff) },
			func(tx state.Tx) (any, error) { return state.Staff(tx, ana.User) }, sampleStaff,
		},
		{
			"Contact",
			func(tx state.Tx) error { return state.PutContact(tx, sampleContact) },
			func(tx state.Tx) (any, error) { return state.Contact(tx, contoso, bo.Team, bo.User) }, sampleContact,
		},
		{
			"Container",
			func(tx state.Tx) error { return state.PutContainer(tx, sampleContainer) },
			func(tx state.Tx) (any, error) { return state.Container(tx, sampleContainer.ID) }, sampleContainer,
		},
		{
			"Card",
			func(tx state.Tx) error { return state.PutCard(tx, sampleCard) },
			func(tx state.Tx) (any, error) { return state.CardOf(tx, sampleCard.Request, "customer") }, sampleCard,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := statetest.Memory()
			view(t, s, func(tx state.Tx) error {
				if got, err := test.get(tx); !errors.Is(err, state.ErrNotFound) {
					t.Errorf("before it was put: %v, %v; want ErrNotFound", got, err)
				}
				return nil
			})
			update(t, s, test.put)
			if got := read(t, s, test.get); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			before := statetest.Contents(t, s)
			update(t, s, test.put)
			if after := statetest.Contents(t, s); !reflect.DeepEqual(after, before) {
				t.Errorf("putting it again changed the store from %v to %v", before, after)
			}
		})
	}
}

func TestStaff(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	of := func(p access.PrincipalID) []access.UserID {
		t.Helper()
		return read(t, s, func(tx state.Tx) ([]access.UserID, error) { return state.StaffOf(tx, p) })
	}
	other := access.Staff{Person: bo, Principal: "p-bo"}
	unbound := access.Staff{Person: access.Person{User: "U0NEW"}}
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutStaff(tx, sampleStaff), state.PutStaff(tx, other), state.PutStaff(tx, unbound))
	})
	if got := of(sampleStaff.Principal); !slices.Equal(got, []access.UserID{ana.User}) {
		t.Errorf("StaffOf = %v, want Ana", got)
	}
	if got := read(t, s, state.AllStaff); len(got) != 3 {
		t.Errorf("AllStaff = %v, want three", got)
	}
	moved := sampleStaff
	moved.Principal = "p-ana-2"
	update(t, s, func(tx state.Tx) error { return state.PutStaff(tx, moved) })
	if old, now := of(sampleStaff.Principal), of("p-ana-2"); len(old) != 0 || len(now) != 1 {
		t.Errorf("after another binding StaffOf = %v and %v, want none and Ana", old, now)
	}
	if got := of("p-ana"); len(got) != 0 {
		t.Errorf("StaffOf with the beginning of a principal = %v, want none", got)
	}
	for range 2 {
		update(t, s, func(tx state.Tx) error { return state.DeleteStaff(tx, ana.User) })
		if got := of("p-ana-2"); len(got) != 0 {
			t.Errorf("StaffOf after DeleteStaff = %v, want none", got)
		}
	}
	view(t, s, func(tx state.Tx) error {
		if _, err := state.Staff(tx, ana.User); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("Staff after DeleteStaff: %v, want ErrNotFound", err)
		}
		return nil
	})
}

// TestContacts checks that a contact counts for one customer and one team only.
func TestContacts(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error { return state.PutContact(tx, sampleContact) })
	view(t, s, func(tx state.Tx) error {
		for name, err := range map[string]error{
			"another customer": second(state.Contact(tx, fabrikam, bo.Team, bo.User)),
			"another team":     second(state.Contact(tx, contoso, "T0OTHER", bo.User)),
			"another user":     second(state.Contact(tx, contoso, bo.Team, "U0")),
		} {
			if !errors.Is(err, state.ErrNotFound) {
				t.Errorf("Contact of %s: %v, want ErrNotFound", name, err)
			}
		}
		return nil
	})
	list := func(c access.TenantID) int {
		return len(read(t, s, func(tx state.Tx) ([]access.Contact, error) { return state.ContactsOf(tx, c) }))
	}
	if a, b := list(contoso), list(fabrikam); a != 1 || b != 0 {
		t.Errorf("ContactsOf lists %d and %d, want 1 and 0", a, b)
	}
	for range 2 {
		update(t, s, func(tx state.Tx) error { return state.DeleteContact(tx, sampleContact) })
	}
	if got := list(contoso); got != 0 {
		t.Errorf("ContactsOf lists %d after DeleteContact, want 0", got)
	}
}

func second[T any](_ T, err error) error { return err }

// TestContainerOfGroup checks that a group that was replaced is not ours any
// more.
func TestContainerOfGroup(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	of := func(g access.GroupID) (id access.ContainerID) {
		t.Helper()
		view(t, s, func(tx state.Tx) error {
			var err error
			if id, err = state.ContainerOfGroup(tx, g); errors.Is(err, state.ErrNotFound) {
				return nil
			}
			return err
		})
		return id
	}
	c := access.Container{ID: "c", Customer: contoso, Nonce: "n"}
	for _, group := range []access.GroupID{"", "g-1", "g-2"} {
		c.Group = group
		update(t, s, func(tx state.Tx) error { return state.PutContainer(tx, c) })
	}
	if old, now := of("g-1"), of("g-2"); old != "" || now != "c" {
		t.Errorf("ContainerOfGroup = %q for the old group and %q for the new, want none and c", old, now)
	}
}

func TestMirror(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	if got := read(t, s, state.Mirror); !got.ReadAt.IsZero() {
		t.Errorf("Mirror of a new store = %v, want zero", got)
	}
	put := func(r state.MirroredRelationship) (changed bool) {
		t.Helper()
		update(t, s, func(tx state.Tx) (err error) {
			changed, err = state.PutMirrored(tx, r)
			return err
		})
		return changed
	}
	if !put(sampleRelationship) || put(sampleRelationship) {
		t.Error("PutMirrored must report a change the first time only")
	}
	later := sampleRelationship
	later.Status = "expiring"
	if !put(later) {
		t.Error("PutMirrored did not report a change")
	}
	// An invitation gets its customer when somebody accepts it.
	open := state.MirroredRelationship{Relationship: access.Relationship{ID: "inv", Status: "approvalPending"}}
	put(open)
	accepted := open
	accepted.Customer, accepted.Status = fabrikam, access.RelationshipActive
	put(accepted)
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutMirror(tx, sampleMirror), state.PutKnown(tx, sampleKnown))
	})
	want := []state.MirroredRelationship{later, accepted}
	if got := read(t, s, allRelationships); !reflect.DeepEqual(got, want) {
		t.Errorf("AllRelationships = %+v, want %+v", got, want)
	}
	got := read(t, s, func(tx state.Tx) ([]state.MirroredRelationship, error) { return state.Relationships(tx, fabrikam) })
	if !reflect.DeepEqual(got, want[1:]) {
		t.Errorf("Relationships = %+v, want %+v", got, want[1:])
	}
	if got := read(t, s, state.Mirror); got != sampleMirror {
		t.Errorf("Mirror = %v, want %v", got, sampleMirror)
	}
	if got := read(t, s, state.KnownCustomers); !slices.Equal(got, []state.Known{sampleKnown}) {
		t.Errorf("KnownCustomers = %v, want %v", got, sampleKnown)
	}
	put(open)
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.DeleteMirrored(tx, later), state.DeleteMirrored(tx, accepted), state.DeleteMirrored(tx, open))
	})
	if got := read(t, s, allRelationships); len(got) != 0 {
		t.Errorf("AllRelationships = %+v after they were deleted", got)
	}
	err := s.Update(t.Context(), func(tx state.Tx) error {
		_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: access.Relationship{ID: "a/b"}})
		return err
	})
	if err == nil {
		t.Error("PutMirrored took an id that reads as two")
	}
}
