package approvals_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// start is the time of the world, protocol that of Slack and of the outbox. They
// differ, so that one taken for the other shows.
var (
	start    = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	protocol = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	errNet   = errors.New("the connection was lost")
)

const (
	home    = access.TeamID("T0HOME")
	contoso = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")
	partner = access.TenantID("8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10")
	adatum  = access.TenantID("5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720")

	contosoChannel = access.ChannelID("C0CONTOSO")
	adatumChannel  = access.ChannelID("C0ADATUM")
	operations     = access.ChannelID("C0OPS")

	// None of them can raise its own rights: those are approved on the page.
	helpdesk = access.RoleID("f023fd81-a637-4b56-95fd-791ac0226033")
	users    = access.RoleID("4d6ac14f-3453-41d0-bef9-a3e0c569773a")
	exchange = access.RoleID("29232cdf-9323-42fd-ade2-1d097af3e4de")

	secretWords = "the director's mailbox, INC-4711"
)

var (
	ana   = access.Person{Team: home, User: "U0ANA", Name: "Ana Ito"}
	bo    = access.Person{Team: home, User: "U0BO", Name: "Bo Lind"}
	zoe   = access.Person{Team: home, User: "U0ZOE", Name: "Zoe New"} // not linked
	dee   = access.Person{Team: home, User: "U0DEE", Name: "Dee Okafor"}
	carol = access.Person{Team: "T0CONTOSO", User: "U0CAROL", Name: "Carol Weber"}
	cem   = access.Person{Team: "T0CONTOSO", User: "U0CEM", Name: "Cem Kaya"}
	oskar = access.Person{Team: "T0CONTOSO", User: "U0OSKAR", Name: "Oskar Lund"} // no contact
	amir  = access.Person{Team: "T0ADATUM", User: "U0AMIR", Name: "Amir Haddad"}
)

const policyText = `
admins: [U0DEE]
operations_channel: C0OPS
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    domains: [contoso.com]
    slack: {team: T0CONTOSO, channel: C0CONTOSO}
  - name: Adatum Toys
    tenant: 5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720
    domains: [adatum.com]
    slack: {team: T0ADATUM, channel: C0ADATUM}
bundles:
  - {name: Helpdesk, roles: [Service Support Administrator, License Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
rule: {max_duration: 8h, approvals: 1, decide_within: 24h}
`

// world is the use cases on a store, with a clock that only the test moves and
// the systems outside played by [entra].
type world struct {
	*approvals.Service
	*entra
	store    state.Store
	policy   *policy.Policy
	now      time.Time
	protocol time.Time
	drawn    int // ids and nonces so far
	acted    int // deliveries so far
	told     told
}

// told is what was told of members of the bot's groups.
type told struct{ out, stuck []string }

func (c *told) Out(_ state.Tx, _ access.GroupID, m access.Member, by access.Person) error {
	c.out = append(c.out, fmt.Sprintf("%s by %s", m.ID, by.User))
	return nil
}

func (c *told) Stuck(_ state.Tx, _ access.GroupID, m access.Member, why string) error {
	c.stuck = append(c.stuck, fmt.Sprintf("%s %s", m.ID, why))
	return nil
}

func newWorld(t testing.TB) *world { return newWorldOn(t, statetest.Memory()) }

func newBoltWorld(t testing.TB) *world {
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, s)
}

func newWorldOn(t testing.TB, store state.Store) *world {
	t.Helper()
	p, err := policy.Parse("policy.yml", []byte(policyText))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{entra: newEntra(), store: store, policy: p, now: start, protocol: protocol}
	w.Service = &approvals.Service{
		Store:    store,
		Policy:   func() *policy.Policy { return w.policy },
		Now:      func() time.Time { return w.now },
		Protocol: func() time.Time { return w.protocol },
		NewID: func() (access.RequestID, error) {
			w.drawn++
			return access.RequestID(fmt.Sprintf("R-%05d", w.drawn)), nil
		},
		NewNonce: func() (string, error) {
			w.drawn++
			return fmt.Sprintf("nonce%d", w.drawn), nil
		},
		Team: func() access.TeamID { return home }, Tenant: partner, Page: true,
	}
	w.put(t, furnish)
	w.Watch = &w.told
	t.Cleanup(func() {
		w.holds(t)
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return w
}

// furnish links people and mirrors one relationship for each customer.
func furnish(tx state.Tx) error {
	err := state.PutMirror(tx, state.MirrorInfo{ReadAt: start})
	for _, p := range []access.Person{ana, bo} {
		err = errors.Join(err, state.PutStaff(tx, access.Staff{Person: p, Principal: principal(p), LinkedAt: start}))
	}
	for _, p := range []access.Person{carol, cem} {
		err = errors.Join(err, state.PutContact(tx, access.Contact{Person: p, Customer: contoso, LinkedAt: start, VerifiedAt: start}))
	}
	return errors.Join(err,
		state.PutContact(tx, access.Contact{Person: amir, Customer: adatum, LinkedAt: start, VerifiedAt: start}),
		relate(tx, contoso, "rel-contoso", start.AddDate(1, 0, 0), helpdesk, users),
		relate(tx, adatum, "rel-adatum", start.AddDate(1, 0, 0), helpdesk, users, exchange))
}

func relate(tx state.Tx, customer access.TenantID, id access.RelationshipID, end time.Time, roles ...access.RoleID) error {
	_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: access.Relationship{
		ID: id, Customer: customer, Status: access.RelationshipActive, Roles: roles, End: end,
	}})
	return err
}

func principal(p access.Person) access.PrincipalID {
	return access.PrincipalID("p-" + strings.ToLower(string(p.User)))
}

func (w *world) put(t testing.TB, fn func(state.Tx) error) {
	t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// by is a delivery of what the person did, in a channel or "".
func (w *world) by(p access.Person, channel access.ChannelID) approvals.Origin {
	w.acted++
	p.Name = "" // Slack's word for it is not what the store has
	return approvals.Origin{Actor: p, Channel: channel, Delivery: fmt.Sprintf("delivery-%d", w.acted)}
}

func anAsk() approvals.Ask {
	return approvals.Ask{
		Customer: contoso, Roles: []access.RoleID{users, helpdesk}, Duration: 2 * time.Hour, Justification: secretWords,
	}
}

// asked has Ana ask, and approved has Carol approve.
func (w *world) asked(t testing.TB) access.RequestID {
	t.Helper()
	r, err := w.Submit(context.Background(), w.by(ana, ""), anAsk())
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	return r.ID
}

func (w *world) approved(t testing.TB) access.RequestID {
	t.Helper()
	id := w.asked(t)
	if _, err := w.decide(carol, id, access.Approve); err != nil {
		t.Fatalf("Decide: %v", err)
	}
	return id
}

// active has the access be there.
func (w *world) active(t testing.TB) access.RequestID {
	t.Helper()
	id := w.approved(t)
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Active {
		t.Fatalf("the grant is %s, want active", g.State)
	}
	return id
}

func (w *world) decide(p access.Person, id access.RequestID, v access.Verdict) (access.Request, error) {
	return w.Decide(context.Background(), w.by(p, contosoChannel), id, 1, v, "a private note")
}

func (w *world) grant(t testing.TB, id access.RequestID) (g access.Grant) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		g, err = state.Grant(tx, id)
		return err
	})
	return g
}

func (w *world) request(t testing.TB, id access.RequestID) (r access.Request) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		r, err = state.Request(tx, id)
		return err
	})
	return r
}

func (w *world) look(t testing.TB, fn func(state.Tx) error) {
	t.Helper()
	if err := w.store.View(context.Background(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

func (w *world) events(t testing.TB) (out []access.Event) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		out = nil
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	return out
}

// pending lists the effects that are owed, in the order in which they came to be.
func (w *world) pending(t testing.TB) (out []outbox.Effect) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		out, err = outbox.Pending(tx)
		return err
	})
	slices.SortFunc(out, func(a, b outbox.Effect) int { return int(a.Seq) - int(b.Seq) }) //nolint:gosec // few
	return out
}

// records is what the store holds besides the log and what was delivered.
func (w *world) records(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	w.look(t, func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			all[item.Key] = string(item.Value)
		}
		return nil
	})
	maps.DeleteFunc(all, func(key, _ string) bool {
		return slices.ContainsFunc([]string{"event/", "audit/", "idx/event/", "delivery/", "idx/delivery/"},
			func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	})
	return all
}

// does lets something happen and compares the events and the effects that it
// leaves: "event KIND" and "KIND LANE", of a notice also its own kind.
func (w *world) does(t *testing.T, act func() error, want ...string) {
	t.Helper()
	events, before := len(w.events(t)), map[string]int{}
	for _, e := range w.pending(t) {
		before[e.ID] = 1 + e.Folded
	}
	if err := act(); err != nil {
		t.Errorf("refused: %v", err)
	}
	var got []string
	for _, e := range w.events(t)[events:] {
		got = append(got, "event "+string(e.Kind))
	}
	for _, e := range w.pending(t) {
		if before[e.ID] == 1+e.Folded {
			continue // nothing more is owed
		}
		line := e.Kind + " " + e.Lane
		if e.Kind == outbox.SlackNotice {
			n, err := outbox.Payload[outbox.NoticePayload](e)
			if err != nil {
				t.Error(err)
			}
			line += fmt.Sprintf(" %s to %s%s", n.Notice, n.User, n.Channel)
		}
		if e.Kind == outbox.SlackOfferNotice {
			n, err := outbox.Payload[outbox.OfferNoticePayload](e)
			if err != nil {
				t.Error(err)
			}
			line += fmt.Sprintf(" %s to %s", n.Notice, n.User)
		}
		if e.Folded == 0 && !e.EnqueuedAt.Equal(w.protocol) {
			t.Errorf("%s was owed at %v, want protocol time", e.ID, e.EnqueuedAt)
		}
		got = append(got, line)
	}
	if !slices.Equal(sameOrder(got), sameOrder(want)) {
		t.Errorf("left\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// sameOrder puts what is owed, which has no order, behind the events, which have one.
func sameOrder(left []string) []string {
	left = slices.Clone(left)
	slices.SortStableFunc(left, func(a, b string) int {
		switch ea, eb := strings.HasPrefix(a, "event "), strings.HasPrefix(b, "event "); {
		case ea && eb:
			return 0
		case ea:
			return -1
		case eb:
			return 1
		}
		return strings.Compare(a, b)
	})
	return left
}

// refuses lets something be tried that must change nothing and leave one event.
func (w *world) refuses(t *testing.T, code access.Code, says string, act func() error) {
	t.Helper()
	w.changesNothing(t, access.EventRefused, code, says, act)
}

func (w *world) changesNothing(t *testing.T, kind access.EventKind, code access.Code, says string, act func() error) {
	t.Helper()
	events, before := len(w.events(t)), w.records(t)
	err := act()
	if access.CodeOf(err) != code || err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v (%s), want %s with %q", err, access.CodeOf(err), code, says)
	}
	for key, value := range w.records(t) {
		if before[key] != value {
			t.Errorf("%s changed from %s to %s", key, before[key], value)
		}
		delete(before, key)
	}
	for key := range before {
		t.Errorf("%s is gone", key)
	}
	left := w.events(t)[events:]
	if len(left) != 1 || left[0].Kind != kind || left[0].Detail["code"] != string(code) {
		t.Errorf("the log got %v, want one %s with code %s", left, kind, code)
	}
}

// holds checks the log, and that it says nothing that was not meant for it.
func (w *world) holds(t testing.TB) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		_, err := audit.Verify(tx)
		return err
	})
	for _, e := range w.events(t) {
		text := fmt.Sprint(e)
		for _, private := range []string{"Ana Ito", "Bo Lind", "Carol", "director", "private note", "nonce"} {
			if strings.Contains(text, private) {
				t.Errorf("the log holds %q: %s", private, text)
			}
		}
	}
}
