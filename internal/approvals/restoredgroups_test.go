package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// TestRestoredGivesNoStandingAccess leaves it to a bot admin whether groups get the
// standing access of an offer that the backup knows as sent: the customer may have approved
// it since, and taken that access away again. What is asked for after the restore is given.
func TestRestoredGivesNoStandingAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.through(t)
	before := w.replace(t, helpdesk, users) // g-readers keep what they have on the old one
	if len(before.Groups) == 0 || before.State != access.OfferSent {
		t.Fatalf("the offer is %+v", before)
	}
	w.now = w.now.Add(time.Hour)
	w.restored(t)
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.now = w.now.Add(time.Hour)
	w.synced(t, before.Name, access.RelationshipActive)
	w.drain(t)
	o := w.wantOffer(t, before.ID, access.OfferActive)
	if o.Groups[0].Assignment != "" {
		t.Errorf("%s was given standing access by an offer of before the restore", o.Groups[0].Group)
	}
	dead := w.dead(t)
	if len(dead) != 1 || dead[0].Kind != outbox.GraphAssign {
		t.Fatalf("set aside are %+v, want the access of the group", dead)
	}
	if err := w.Revive(t.Context(), w.by(dee, ""), dead[0].ID); err != nil {
		t.Fatalf("Revive: %v", err)
	}
	w.drain(t)
	if o := w.offer(t, before.ID); o.Groups[0].Assignment == "" {
		t.Error("what a bot admin has tried again was not given")
	}
	if len(w.dead(t)) != 0 {
		t.Errorf("set aside are %+v", w.dead(t))
	}
}
