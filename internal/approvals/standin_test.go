package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const week = 7 * 24 * time.Hour

// standsIn has Oskar decide in Carol's place.
func (w *world) standsIn(t *testing.T) {
	t.Helper()
	if err := w.StandIn(t.Context(), w.by(carol, contosoChannel), contoso, oskar.User, week); err != nil {
		t.Fatal(err)
	}
	w.onceOf(t, outbox.SlackContact)
}

func TestStandIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Rule.Approvals = 2
	id := w.asked(t)
	w.standsIn(t)
	if who, err := w.Undecided(t.Context(), w.request(t, id)); err != nil || len(who) != 3 {
		t.Errorf("asked are %v, %v", who, err)
	}
	if _, err := w.decide(oskar, id, access.Approve); err != nil {
		t.Fatal(err)
	}
	r := w.request(t, id)
	if d := r.Decisions[0]; d.By.Name != "Oskar Lund" || d.For.Name != "Carol Weber" || r.State != access.Pending {
		t.Errorf("decided is %+v", r)
	}
	// The two have one word together.
	w.refuses(t, access.Conflict, "You have already approved", func() error { _, err := w.decide(carol, id, access.Approve); return err })
	if who, err := w.Undecided(t.Context(), r); err != nil || len(who) != 1 || who[0].User != cem.User {
		t.Errorf("asked are %v, %v", who, err)
	}
	if _, err := w.decide(cem, id, access.Approve); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.events(t) {
		if e.Kind == access.EventApproved && e.Actor.User == oskar.User && e.Detail["for"] != string(carol.User) {
			t.Errorf("the log says %v", e.Detail)
		}
	}
}

func TestStandInEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *world){
		"Back": func(t *testing.T, w *world) {
			if err := w.Back(t.Context(), w.by(carol, contosoChannel), contoso); err != nil {
				t.Fatal(err)
			}
			w.refuses(t, access.Conflict, "Nobody stands in for you", func() error { return w.Back(t.Context(), w.by(carol, contosoChannel), contoso) })
		},
		"Time": func(_ *testing.T, w *world) { w.now = w.now.Add(week) },
		"CarolIsNoContactAnyMore": func(t *testing.T, w *world) {
			if err := w.UnlinkContact(t.Context(), w.by(dee, ""), contoso, carol.Team, carol.User); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.standsIn(t)
			end(t, w)
			ask := anAsk()
			ask.Duration = time.Hour
			r, err := w.Submit(t.Context(), w.by(ana, ""), ask)
			if err != nil {
				t.Fatal(err)
			}
			err = w.says(oskar, contosoChannel, r.ID, 1, access.Approve)
			if access.CodeOf(err) != access.Forbidden || w.request(t, r.ID).State != access.Pending {
				t.Errorf("who stood in decides: %v", err)
			}
			if all, err := w.Contacts(t.Context(), w.by(ana, ""), contoso); err != nil || len(all) > 2 {
				t.Errorf("contacts are %v, %v", all, err)
			}
		})
	}
}

func TestStandInRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.standsIn(t)
	for _, row := range []struct {
		name string
		by   access.Person
		at   access.ChannelID
		who  access.UserID
		away time.Duration
		code access.Code
		says string
	}{
		{"Stranger", access.Person{Team: carol.Team, User: "U0NEW"}, contosoChannel, oskar.User, week, access.Forbidden, "Only a contact of Contoso"},
		{"Staff", ana, contosoChannel, oskar.User, week, access.Forbidden, "Only a contact of Contoso"},
		{"AnotherCustomer", amir, adatumChannel, oskar.User, week, access.Forbidden, "Only a contact of Contoso"},
		{"WhoStandsIn", oskar, contosoChannel, "U0NEW", week, access.Forbidden, "You stand in for Carol Weber yourself"},
		{"ForThemselves", carol, contosoChannel, carol.User, week, access.Invalid, "stand in for yourself"},
		{"ForEver", carol, contosoChannel, oskar.User, 91 * 24 * time.Hour, access.Invalid, "at most"},
		{"NoTime", carol, contosoChannel, oskar.User, 0, access.Invalid, "for how long"},
		{"ThePartnersOwn", carol, contosoChannel, ana.User, week, access.Forbidden, "works for your partner"},
		{"TheAdmin", carol, contosoChannel, dee.User, week, access.Forbidden, "works for your partner"},
		{"AContactAlready", carol, contosoChannel, cem.User, week, access.Conflict, "is a contact, too"},
		{"ForAnotherAlready", cem, contosoChannel, oskar.User, week, access.Conflict, "stands in for Carol Weber already"},
	} {
		t.Log(row.name)
		w.refuses(t, row.code, row.says, func() error {
			return w.StandIn(t.Context(), w.by(row.by, row.at), contoso, row.who, row.away)
		})
	}
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", func() error { return w.Back(t.Context(), w.by(amir, adatumChannel), contoso) })
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", func() error { return w.MayBeAway(t.Context(), w.by(amir, adatumChannel), contoso) })
}

// TestStandInCountsOnce holds that a stand-in is no second contact where two are needed.
func TestStandInCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Rule.Approvals = 3
	w.standsIn(t)
	w.refuses(t, access.Conflict, "has 2 linked contacts and 3 must approve", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), anAsk())
		return err
	})
}

// TestStandInOfAStranger names nobody whom Slack does not know as one of the customer's.
func TestStandInOfAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.StandIn(t.Context(), w.by(carol, contosoChannel), contoso, "U0NOBODY", week); err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error { w.onceOf(t, outbox.SlackContact); return nil },
		"event refused", "slack.notice notice/C0CONTOSO standin.refused to C0CONTOSO")
}

// TestStandInMeanwhile names nobody when who asked for it is no contact any more, or the
// other has become one, by the time Slack has answered.
func TestStandInMeanwhile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(state.Tx) error{
		"Gone": func(tx state.Tx) error {
			return state.DeleteContact(tx, access.Contact{Person: carol, Customer: contoso})
		},
		"AContactNow": func(tx state.Tx) error {
			return state.PutContact(tx, access.Contact{Person: oskar, Customer: contoso, LinkedAt: start})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := w.StandIn(t.Context(), w.by(carol, contosoChannel), contoso, oskar.User, week); err != nil {
				t.Fatal(err)
			}
			w.put(t, change)
			w.onceOf(t, outbox.SlackContact)
			w.look(t, func(tx state.Tx) error {
				c, err := state.Contact(tx, contoso, oskar.Team, oskar.User)
				if err == nil && c.StandsIn() {
					t.Errorf("%+v", c)
				}
				return nil
			})
		})
	}
}

// TestStandInOfOneLinkedAnew holds that whoever stood in for a contact who was linked anew
// decides nothing, before that one may and has named them again.
func TestStandInOfOneLinkedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.standsIn(t)
	id := w.asked(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: carol, Customer: contoso, LinkedAt: w.now.Add(time.Minute)})
	})
	w.now = w.now.Add(2 * time.Minute)
	w.refuses(t, access.Forbidden, "That is over, so nothing was done.", func() error {
		_, err := w.decide(oskar, id, access.Approve)
		return err
	})
}
