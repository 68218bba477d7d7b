package approvals_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func (w *world) terminate(p access.Person, id access.RelationshipID, typed string) func() error {
	return func() error {
		_, err := w.Terminate(context.Background(), w.by(p, ""), contoso, id, typed)
		return err
	}
}

func TestTerminateOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.inForce(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", w.terminate(ana, o.Relationship, "Contoso"))
	w.refuses(t, access.Forbidden, "Only a bot admin", w.terminate(carol, o.Relationship, "Contoso"))
	for _, typed := range []string{"", "Adatum", "Contos", "!"} {
		w.refuses(t, access.Invalid, "Type Contoso to confirm", w.terminate(dee, o.Relationship, typed))
	}
	lane := "relationship/" + string(o.Relationship)
	w.does(t, w.terminate(dee, o.Relationship, " contoso "),
		"event relationship.terminating", "event offer.terminating",
		"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer", "graph.terminate "+lane)
	w.refuses(t, access.Conflict, "already being ended", w.terminate(dee, o.Relationship, "Contoso"))
	w.does(t, func() error { w.onceOf(t, outbox.GraphTerminate); return nil },
		"event relationship.terminated", "event offer.ended",
		"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.offer.notice O-00001/slack/requester offer.ended to U0DEE", "slack.offer.notice O-00001/slack/customer offer.ended to ")
	if o := w.wantOffer(t, o.ID, access.OfferEnded); o.EndReason != access.TerminatedHere || !o.EndedBy.Same(dee) {
		t.Errorf("ended is %+v", o)
	}
	w.refuses(t, access.Conflict, "ended at", w.terminate(dee, o.Relationship, "Contoso"))
	w.drain(t)
}

// TestTerminateRefusedByMicrosoft leaves it active and tells who wanted it.
func TestTerminateRefusedByMicrosoft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.inForce(t)
	w.failing(outbox.GraphTerminate, errGone)
	if err := w.terminate(dee, o.Relationship, "Contoso")(); err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphTerminate); return nil },
		"event offer.active", "event refused", "slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.notice notice/U0DEE reply to U0DEE")
	w.wantOffer(t, o.ID, access.OfferActive)
}

// TestTerminateUnoffered ends a relationship that nobody asked for here.
func TestTerminateUnoffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuses(t, access.NotFound, "not known", w.terminate(dee, "rel-adatum", "Contoso"))
	w.refuses(t, access.NotFound, "not known", w.terminate(dee, "", "Contoso"))
	w.does(t, w.terminate(dee, "rel-contoso", "Contoso"), "event relationship.terminating", "graph.terminate relationship/rel-contoso")
	w.does(t, func() error { w.onceOf(t, outbox.GraphTerminate); return nil },
		"event relationship.terminated", "slack.notice notice/U0DEE reply to U0DEE",
		"slack.offer.notice notice/"+string(contoso)+" relationship to ")
	w.put(t, func(tx state.Tx) error {
		return w.mirrored(tx, access.Relationship{ID: "rel-contoso", Customer: contoso, Name: "Old", Status: access.RelationshipTerminated})
	})
	w.refuses(t, access.Conflict, "nothing to end", w.terminate(dee, "rel-contoso", "Contoso"))
	w.put(t, func(tx state.Tx) error {
		return w.mirrored(tx, access.Relationship{ID: "rel-new", Customer: contoso, Name: "New", Status: access.RelationshipApprovalPending})
	})
	w.refuses(t, access.Conflict, "no way to take that back", w.terminate(dee, "rel-new", "Contoso"))
}

func TestTerminateNotActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sent(t)
	w.refuses(t, access.Conflict, "no way to take it back", w.terminate(dee, o.Relationship, "Contoso"))
	w.refuses(t, access.Conflict, "no way to take it back", func() error {
		_, err := w.MayTerminate(t.Context(), w.by(dee, ""), contoso, o.Relationship)
		return err
	})
}

func TestExtend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	extend := func(p access.Person, id access.RelationshipID, on bool) func() error {
		return func() error {
			_, err := w.Extend(context.Background(), w.by(p, ""), contoso, id, on)
			return err
		}
	}
	o := w.sent(t)
	w.refuses(t, access.Conflict, "not active", extend(dee, o.Relationship, false))
	w.synced(t, o.Name, access.RelationshipActive)
	w.drain(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", extend(ana, o.Relationship, true))
	w.does(t, extend(dee, o.Relationship, true), "event relationship.extending", "graph.extend relationship/"+string(o.Relationship))
	w.does(t, func() error { w.onceOf(t, outbox.GraphExtend); return nil }, "event relationship.extended", "event offer.changed",
		"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.notice notice/U0DEE reply to U0DEE", "slack.offer.notice notice/"+string(contoso)+" relationship to ")
	if o := w.wantOffer(t, o.ID, access.OfferActive); !o.AutoExtend {
		t.Error("the offer does not know that it renews itself")
	}
	w.drain(t)
	w.failing(outbox.GraphExtend, errGone)
	if err := extend(dee, o.Relationship, false)(); err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphExtend); return nil }, "event refused", "slack.notice notice/U0DEE reply to U0DEE")
}

func TestRelationshipIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.inForce(t)
	w.put(t, func(tx state.Tx) error {
		for id, name := range map[access.RelationshipID]string{"rel-1": "Fabrikam_Adatum_2025", "rel-2": "Fabrikam_Adatum_2026"} {
			if err := w.mirrored(tx, access.Relationship{ID: id, Customer: adatum, Name: name, Status: access.RelationshipExpired}); err != nil {
				return err
			}
		}
		return nil
	})
	tests := []struct {
		name, text, want, says string
	}{
		{"Offer", "o-00001", o.Name, ""},
		{"Id", "rel-adatum", "rel-adatum", ""},
		{"Name", "fabrikam adatum 2025", "Fabrikam_Adatum_2025", ""},
		{"TheOnlyOneOfACustomer", "adatum toys", "rel-adatum", ""},
		{"SeveralOfACustomer", "contoso", "", "More than one"},
		{"Beginning", "Contoso O-", o.Name, ""},
		{"Several", "Fabrikam", "", "More than one"},
		{"Nothing", " ", "", "Name a relationship"},
		{"Unknown", "Northwind", "", "No relationship is called"},
		{"UnknownOffer", "O-ZZZZZ", "", "Nobody asked"},
	}
	for _, test := range tests {
		got, err := w.Relationship(t.Context(), w.by(ana, ""), test.text)
		name := ""
		if err == nil {
			name = got.Name()
		}
		if test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) || test.says == "" && (err != nil || name != test.want) {
			t.Errorf("%s: Relationship = %q, %v; want %q %q", test.name, name, err, test.want, test.says)
		}
	}
	w.refuses(t, access.Forbidden, "staff", func() error {
		_, err := w.Relationship(t.Context(), w.by(carol, ""), "O-00001")
		return err
	})
}

// TestRelationshipShowsWhoIsIn lists the access that goes through it.
func TestRelationshipShowsWhoIsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t) // through "rel", as the stand-in says
	w.put(t, func(tx state.Tx) error {
		return w.mirrored(tx, access.Relationship{ID: "rel", Customer: contoso, Name: "The one", Status: access.RelationshipActive})
	})
	for text, want := range map[string]int{"The one": 1, "rel-contoso": 0} {
		got, err := w.Relationship(t.Context(), w.by(ana, ""), text)
		if err != nil || len(got.Grants) != want || want == 1 && got.Grants[0].Request.ID != id {
			t.Errorf("%s: %d grants, %v; want %d", text, len(got.Grants), err, want)
		}
	}
}

// TestTerminateTrouble tells the operators of an end that Microsoft does not
// take, of each relationship by itself.
func TestTerminateTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return w.mirrored(tx, access.Relationship{ID: "rel-two", Customer: contoso, Name: "Two", Status: access.RelationshipActive})
	})
	w.failing(outbox.GraphTerminate, errNet)
	for _, id := range []access.RelationshipID{"rel-contoso", "rel-two"} {
		if err := w.terminate(dee, id, "Contoso")(); err != nil {
			t.Fatal(err)
		}
	}
	for range 7 {
		w.once(t)
		w.protocol = w.protocol.Add(time.Second)
	}
	told := 0
	for _, id := range w.done {
		if strings.Contains(id, "/trouble/") {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the operators were told %d times, want once of each: %v", told, w.done)
	}
}
