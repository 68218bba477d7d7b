// Package growth writes a store as years of use would have left it: requests that ended,
// with their grants, cards, indexes and the events of the audit log, and access in force.
//
// Each life goes through the same pure functions and is written by the same functions of
// the store and of the log as in the bot, in transactions of many, so that a million are a
// matter of minutes. Nothing is drawn: the same size is the same history. Only benchmarks
// and tests import it.
package growth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Who takes part, of what size the partner is.
const (
	Team      = access.TeamID("T1")
	Tenant    = access.TenantID("8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10")
	Admin     = access.UserID("U0ADMIN")
	Customers = 1000
	People    = 500

	days  = 700 // over which the ended requests are spread
	batch = 10_000
	rule  = "{name: everybody, max_duration: 8h, approvals: 1, decide_within: 24h}"
)

// Size is how much there is.
type Size struct{ Ended, Active int }

// Policy is the policy.yml of such a partner.
func Policy() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "admins: [%s]\noperations_channel: C0OPS\nretention: 1825d\ncustomers:\n", Admin)
	for i := range Customers {
		fmt.Fprintf(&b, "  - {name: %s, tenant: %s, domains: [c%d.example], slack: {team: T2C%04d, channel: C0C%04d}}\n", CustomerName(i), Customer(i), i, i, i)
	}
	fmt.Fprintf(&b, "bundles:\n  - {name: Mail, roles: [Exchange Administrator]}\nrule: %s\n", strings.Replace(rule, "name: everybody, ", "other_roles: true, ", 1))
	return []byte(b.String())
}

// Customer is the tenant of the i'th customer.
func Customer(i int) access.TenantID {
	return access.TenantID(fmt.Sprintf("00000000-0000-4000-9000-%012d", i%Customers))
}

// CustomerName is how it is called.
func CustomerName(i int) string { return fmt.Sprintf("Customer-%04d", i%Customers) }

// Staff is the i'th of the partner's people.
func Staff(i int) access.Person {
	i %= People
	return access.Person{Team: Team, User: access.UserID(fmt.Sprintf("U0STAFF%03d", i)), Name: fmt.Sprintf("Person %03d", i)}
}

func principal(i int) access.PrincipalID {
	return access.PrincipalID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i%People))
}

// Contact is the one of the i'th customer.
func Contact(i int) access.Person {
	return access.Person{Team: access.TeamID(fmt.Sprintf("T2C%04d", i%Customers)), User: "U0CARLA", Name: "Carla Weiss"}
}

// ID is that of the i'th request. They are as scattered as drawn ones are.
func ID(i int) access.RequestID {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	n := (uint64(i)*20077981 + 11) % (1 << 25) //nolint:gosec // not negative
	id := []byte("R-00000")
	for at := len(id) - 1; at > 1; at, n = at-1, n/32 {
		id[at] = digits[n%32]
	}
	return access.RequestID(id)
}

// sets are the roles that are asked for together.
var sets = [][]access.RoleID{
	{"29232cdf-9323-42fd-ade2-1d097af3e4de"},
	{"f023fd81-a637-4b56-95fd-791ac0226033"},
	{"4d6ac14f-3453-41d0-bef9-a3e0c569773a", "f023fd81-a637-4b56-95fd-791ac0226033"},
	{"29232cdf-9323-42fd-ade2-1d097af3e4de", "4d6ac14f-3453-41d0-bef9-a3e0c569773a"},
}

// Fill writes a history that ends now into an empty store.
func Fill(ctx context.Context, s state.Store, size Size, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	err := errors.Join(state.Migrate(ctx, s), state.IndexEnded(ctx, s))
	if err == nil {
		err = s.Update(ctx, func(tx state.Tx) error { return furnish(tx, now) })
	}
	if err != nil {
		return err
	}
	w := &writer{now: now, size: size}
	for from := 0; from < size.Ended+size.Active; from += batch {
		to := min(from+batch, size.Ended+size.Active)
		late := w.late // a transaction may run again
		if err := s.Update(ctx, func(tx state.Tx) error {
			w.late = slices.Clone(late)
			return w.lives(tx, from, to)
		}); err != nil {
			return err
		}
	}
	return nil
}

// furnish links people and mirrors one relationship for each customer, with the groups
// that carry what is asked for.
func furnish(tx state.Tx, now time.Time) error {
	began := now.AddDate(0, 0, -days-1)
	err := state.PutMirror(tx, state.MirrorInfo{ReadAt: now})
	for i := range People {
		err = errors.Join(err, state.PutStaff(tx, access.Staff{Person: Staff(i), Principal: principal(i), UPN: fmt.Sprintf("p%03d@partner.example", i), LinkedAt: began}))
	}
	for i := range Customers {
		m := state.MirroredRelationship{Relationship: access.Relationship{
			ID: relationship(i), Customer: Customer(i), CustomerName: CustomerName(i), Status: access.RelationshipActive,
			Roles: access.SortRoles(slices.Concat(sets[0], sets[2])), Start: began, End: now.AddDate(1, 0, 0),
		}}
		for _, roles := range sets {
			c := container(i, roles)
			m.Assignments = append(m.Assignments, access.Assignment{ID: c.Assignment, Group: c.Group, Roles: roles, Status: access.AssignmentActive})
			err = errors.Join(err, state.PutContainer(tx, c))
		}
		_, err2 := state.PutMirrored(tx, m)
		err = errors.Join(err, err2, state.PutContact(tx, access.Contact{Person: Contact(i), Customer: Customer(i), LinkedAt: began, VerifiedAt: began}))
	}
	return err
}

func relationship(i int) access.RelationshipID {
	return access.RelationshipID(fmt.Sprintf("00000000-0000-4000-a000-%012d-00000000-0000-4000-a000-000000000000", i%Customers))
}

func container(i int, roles []access.RoleID) access.Container {
	id := access.ContainerOf(Customer(i), roles)
	return access.Container{
		ID: id, Customer: Customer(i), Roles: roles, Nonce: "nonce-" + string(id),
		Group: access.GroupID("g-" + string(id)), Relationship: relationship(i), Assignment: access.AssignmentID("a-" + string(id)),
	}
}

// writer writes lives. The events of those that overlap are in the order of their times.
type writer struct {
	now  time.Time
	size Size
	late []access.Event // of lives so far, after the beginning of the next
}

func (w *writer) lives(tx state.Tx, from, to int) error {
	for i := from; i < to; i++ {
		l, err := w.life(i)
		if err != nil {
			return fmt.Errorf("life %d: %w", i, err)
		}
		if err := l.put(tx); err != nil {
			return err
		}
		w.late = append(w.late, l.events...)
	}
	slices.SortStableFunc(w.late, func(a, b access.Event) int { return a.At.Compare(b.At) })
	n := len(w.late)
	if to < w.size.Ended+w.size.Active {
		n, _ = slices.BinarySearchFunc(w.late, w.begins(to), func(e access.Event, at time.Time) int { return e.At.Compare(at) })
	}
	for _, e := range w.late[:n] {
		if _, err := audit.Append(tx, e); err != nil {
			return err
		}
	}
	w.late = w.late[n:]
	return nil
}

// begins is when the i'th request is made. Those whose access is in force are made within
// the last hour.
func (w *writer) begins(i int) time.Time {
	if i < w.size.Ended {
		past := time.Duration(days) * 24 * time.Hour
		return w.now.Add(-past - 24*time.Hour + past/time.Duration(w.size.Ended)*time.Duration(i)).Truncate(time.Millisecond)
	}
	return w.now.Add(-time.Hour + 50*time.Minute/time.Duration(w.size.Active)*time.Duration(i-w.size.Ended)).Truncate(time.Millisecond)
}
