package approvals_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

func TestOffer(t *testing.T) {
	t.Parallel()
	w := newBoltWorld(t)
	var o access.Offer
	w.does(t, func() (err error) {
		o, err = w.Offer(t.Context(), w.by(dee, ""), anOffer())
		return err
	}, "event offer.drafted", "graph.offer O-00001/graph", "slack.offer.card O-00001/slack/requester")
	if o.State != access.OfferDrafted || o.CustomerName != "Contoso" || !strings.HasPrefix(o.Name, "Contoso O-00001 ") || len(o.Name) > 50 {
		t.Errorf("the offer is %+v", o)
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphOffer); return nil },
		"event offer.sent", "slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer")
	if sent := w.wantOffer(t, o.ID, access.OfferSent); sent.Relationship != "rel-O-00001" || !sent.ApproveBy.Equal(start.Add(access.ApproveWithin)) {
		t.Errorf("sent is %+v", sent)
	}
	w.drain(t)
	w.does(t, func() error { w.synced(t, o.Name, access.RelationshipApproved); return nil },
		"event offer.approved", "slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer")
	w.does(t, func() error { w.synced(t, o.Name, access.RelationshipActive); return nil },
		"event offer.active", "slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.offer.notice O-00001/slack/requester offer.active to U0DEE", "slack.offer.notice O-00001/slack/customer offer.active to ")
	w.does(t, func() error { w.synced(t, o.Name, access.RelationshipActive); return nil }) // seen again
	if _, err := w.Submit(t.Context(), w.by(ana, ""), approvals.Ask{
		Customer: contoso, Roles: []access.RoleID{exchange}, Duration: time.Hour, Justification: "mail",
	}); err != nil {
		t.Errorf("what it carries cannot be asked for: %v", err)
	}
}

func TestOfferRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		by     access.Person
		change func(*approvals.OfferAsk)
		code   access.Code
		says   string
	}{
		{"Staff", ana, nil, access.Forbidden, "Only a bot admin"},
		{"AdminsIdElsewhere", access.Person{Team: "T0CONTOSO", User: dee.User}, nil, access.Forbidden, "Only a bot admin"},
		{"Contact", carol, nil, access.Forbidden, "Only a bot admin"},
		{"UnknownCustomer", dee, func(a *approvals.OfferAsk) { a.Customer = "other" }, access.Forbidden, "not in policy.yml"},
		{"NoRole", dee, func(a *approvals.OfferAsk) { a.Roles = nil }, access.Invalid, "at least one role"},
		{"RoleNotAllowed", dee, func(a *approvals.OfferAsk) { a.Roles = []access.RoleID{roles.GlobalAdministrator} }, access.Forbidden, "Global Administrator"},
		{"TooLong", dee, func(a *approvals.OfferAsk) { a.Days = 731 }, access.Invalid, "two years"},
		{"NoTime", dee, func(a *approvals.OfferAsk) { a.Days = 0 }, access.Invalid, "from one day"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := anOffer()
			if test.change != nil {
				test.change(&a)
			}
			w.refuses(t, test.code, test.says, func() error {
				_, err := w.Offer(t.Context(), w.by(test.by, ""), a)
				return err
			})
		})
	}
}

// TestOfferOfGlobalAdministrator needs a bundle that names it, and is never
// extended.
func TestOfferOfGlobalAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := policy.Parse("policy.yml", []byte(strings.Replace(policyText, "bundles:", "bundles:\n  - {name: Everything, roles: [Global Administrator]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
	a := anOffer()
	a.Roles = []access.RoleID{roles.GlobalAdministrator}
	var o access.Offer
	ask := func() (err error) {
		o, err = w.Offer(t.Context(), w.by(dee, ""), a)
		return err
	}
	w.refuses(t, access.Invalid, "extends no relationship that holds Global Administrator", ask)
	a.AutoExtend = false
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	o = w.offer(t, o.ID)
	w.synced(t, o.Name, access.RelationshipActive)
	w.drain(t)
	w.refuses(t, access.Invalid, "Global Administrator", func() error {
		_, err := w.Extend(t.Context(), w.by(dee, ""), contoso, o.Relationship, true)
		return err
	})
}

// TestOfferTwice: the same is asked for once at a time, and once per delivery.
func TestOfferTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := w.by(dee, "")
	if _, err := w.Offer(t.Context(), from, anOffer()); err != nil {
		t.Fatal(err)
	}
	w.changesNothing(t, access.EventReplayed, access.Conflict, "received once", func() error {
		_, err := w.Offer(t.Context(), from, anOffer())
		return err
	})
	w.refuses(t, access.Conflict, "was already asked for the same roles: O-00001", func() error {
		_, err := w.Offer(t.Context(), w.by(dee, ""), anOffer())
		return err
	})
	w.drain(t)
	if _, err := w.DeclineOffer(t.Context(), w.by(carol, contosoChannel), "O-00001", "no"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Offer(t.Context(), w.by(dee, ""), anOffer()); err != nil {
		t.Errorf("after a no it cannot be asked again: %v", err)
	}
}

func TestDeclineOffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sent(t)
	decline := func(p access.Person, channel access.ChannelID) func() error {
		return func() error {
			_, err := w.DeclineOffer(context.Background(), w.by(p, channel), o.ID, "a private note")
			return err
		}
	}
	w.refuses(t, access.Forbidden, "not linked as one", decline(oskar, contosoChannel))
	w.refuses(t, access.Forbidden, "not linked as one", decline(amir, adatumChannel))
	w.refuses(t, access.Forbidden, "not linked as one", decline(dee, contosoChannel))
	w.refuses(t, access.Forbidden, "only in the channel", decline(carol, adatumChannel))
	if _, err := w.MayDeclineOffer(t.Context(), w.by(carol, contosoChannel), o.ID); err != nil {
		t.Errorf("MayDeclineOffer: %v", err)
	}
	w.refuses(t, access.Forbidden, "not linked as one", func() error {
		_, err := w.MayDeclineOffer(context.Background(), w.by(oskar, contosoChannel), o.ID)
		return err
	})
	w.refuses(t, access.NotFound, "Nobody asked for a relationship as O-ZZZZZ", func() error {
		_, err := w.DeclineOffer(context.Background(), w.by(carol, contosoChannel), "O-ZZZZZ", "no")
		return err
	})
	w.does(t, decline(carol, contosoChannel), "event offer.declined",
		"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.offer.notice O-00001/slack/requester offer.declined to U0DEE")
	if o := w.wantOffer(t, o.ID, access.OfferDeclined); o.DeclinedBy.Name != "Carol Weber" || o.DeclineNote != "a private note" {
		t.Errorf("declined is %+v", o)
	}
	w.refuses(t, access.Conflict, "already declined", decline(carol, contosoChannel))
	w.drain(t)

	// Somebody approves it at Microsoft all the same: one alert.
	cards := []string{"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer"}
	alert := "slack.offer.notice O-00001/slack/alert offer.overruled to "
	w.does(t, func() error { w.synced(t, o.Name, access.RelationshipActivating); return nil },
		"event offer.approved", cards[0], cards[1], alert)
	w.does(t, func() error { w.synced(t, o.Name, access.RelationshipActive); return nil },
		"event offer.active", cards[0], cards[1],
		"slack.offer.notice O-00001/slack/requester offer.active to U0DEE", "slack.offer.notice O-00001/slack/customer offer.active to ")
	if e := w.events(t); e[len(e)-1].Detail["declined"] == "" || e[len(e)-1].Detail["offer"] != "O-00001" {
		t.Errorf("the log does not say that it was declined: %v", e[len(e)-1])
	}
}

// TestOfferInTime gives up, lapses, and is approved late.
func TestOfferInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stuck := w.drafted(t)
	due := func(id access.OfferID) func() error {
		return func() error { return w.Due(context.Background(), state.Due{Kind: state.DueOffer, Offer: id}) }
	}
	w.does(t, due(stuck.ID)) // not yet
	w.now = start.Add(access.DraftWithin)
	w.does(t, due(stuck.ID), "event offer.failed", "slack.offer.card O-00001/slack/requester",
		"slack.offer.notice O-00001/slack/requester offer.failed to U0DEE",
		"slack.notice notice/C0OPS trouble to C0OPS", "graph.retract O-00001/graph")
	w.drain(t)
	w.wantOffer(t, stuck.ID, access.OfferFailed)
	if len(w.bonds) != 0 {
		t.Errorf("left at Microsoft: %v", w.bonds)
	}
	o := w.sent(t)
	w.does(t, due(o.ID))
	w.now = w.now.Add(access.ApproveWithin)
	card := fmt.Sprintf("slack.offer.card %s/slack/", o.ID)
	w.does(t, due(o.ID), "event offer.lapsed", card+"requester", card+"customer",
		fmt.Sprintf("slack.offer.notice %s/slack/requester offer.lapsed to U0DEE", o.ID))
	w.drain(t)
	w.synced(t, o.Name, access.RelationshipActive)
	w.wantOffer(t, o.ID, access.OfferActive)
}

// TestOfferRefusedByMicrosoft is given up at once.
func TestOfferRefusedByMicrosoft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(outbox.GraphOffer, outbox.Permanent(access.Refuse(access.Invalid, "Microsoft does not accept it.")))
	o := w.drafted(t)
	w.drain(t)
	if o := w.wantOffer(t, o.ID, access.OfferFailed); o.FailNote != "Microsoft does not accept it." {
		t.Errorf("the note is %q", o.FailNote)
	}
}

// TestOfferSlips: what was given up had reached the customer.
func TestOfferSlips(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.after = func(e outbox.Effect) error { // Microsoft has it, and its answer is lost
		if e.Kind == outbox.GraphOffer {
			return errRotten
		}
		return nil
	}
	o := w.drafted(t)
	w.drain(t)
	if o := w.wantOffer(t, o.ID, access.OfferDeclined); o.Relationship == "" || o.DeclinedBy.User != "" {
		t.Errorf("slipped is %+v", o)
	}
	w.after = nil
	w.synced(t, o.Name, access.RelationshipActive)
	if o := w.wantOffer(t, o.ID, access.OfferActive); !o.Overruled() {
		t.Error("nobody is alerted")
	}
}

// TestOfferTrouble tells the operators of tries that fail, at the 5th and then
// less and less.
func TestOfferTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(outbox.GraphOffer, errNet)
	o := w.drafted(t)
	told := map[string]bool{}
	for range 12 {
		w.once(t)
		w.protocol = w.protocol.Add(time.Second)
		for _, id := range w.done {
			if strings.Contains(id, "/trouble/") {
				told[id] = true
			}
		}
	}
	if len(told) != 2 {
		t.Errorf("in 12 tries the operators were told %v", told)
	}
	w.before = nil
	w.drain(t)
	w.wantOffer(t, o.ID, access.OfferSent)
}

// TestOfferThatIsFollowedBeforeItIsKnown: the mirror reads the relationship, even
// approved, before the answer to its making is written.
func TestOfferThatIsFollowedBeforeItIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.drafted(t)
	early := access.Relationship{
		ID: access.RelationshipID("rel-" + o.ID), Name: o.Name, Customer: contoso, Roles: o.Roles, Status: access.RelationshipActive, End: start.AddDate(1, 0, 0),
	}
	w.put(t, func(tx state.Tx) error { return w.mirrored(tx, early) })
	w.drain(t)
	w.wantOffer(t, o.ID, access.OfferActive)
}

// TestFollowedFailsWhole: a store that fails leaves neither mirror nor move.
func TestFollowedFailsWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sent(t)
	before := w.records(t)
	err := w.store.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(w.mirrored(tx, access.Relationship{ID: o.Relationship, Customer: contoso, Status: access.RelationshipActive}), errNet)
	})
	if !errors.Is(err, errNet) || len(w.records(t)) != len(before) {
		t.Errorf("Update = %v, %d records after %d", err, len(w.records(t)), len(before))
	}
	w.wantOffer(t, o.ID, access.OfferSent)
}
