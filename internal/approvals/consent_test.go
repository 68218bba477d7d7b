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

var fromProvider = access.Relationship{
	ID: "rel-given", Customer: contoso, Name: "Provided", Status: access.RelationshipApprovalPending, Provider: "northwind", ConsentPending: true,
}

func (w *world) sees(t *testing.T, r access.Relationship) func() error {
	t.Helper()
	return func() error {
		w.put(t, func(tx state.Tx) error { return w.mirrored(tx, r) })
		return nil
	}
}

func (w *world) consent(p access.Person, id access.RelationshipID, approve bool) func() error {
	return func() error {
		_, err := w.Consent(context.Background(), w.by(p, ""), contoso, id, approve)
		return err
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuses(t, access.NotFound, "not known", w.consent(dee, fromProvider.ID, true))
	w.does(t, w.sees(t, fromProvider), "event relationship.waiting", "slack.notice notice/C0OPS consent to C0OPS")
	w.drain(t)
	changed := fromProvider
	changed.Status = access.RelationshipActive
	w.does(t, w.sees(t, changed)) // once is enough
	w.does(t, w.sees(t, fromProvider))
	w.refuses(t, access.Forbidden, "Only a bot admin", w.consent(ana, fromProvider.ID, true))
	w.refuses(t, access.Forbidden, "Only a bot admin", w.consent(carol, fromProvider.ID, false))
	w.refuses(t, access.Conflict, "does not wait for your consent", w.consent(dee, "rel-contoso", true))
	w.does(t, w.consent(dee, fromProvider.ID, true), "event relationship.consenting", "graph.consent relationship/rel-given")
	w.refuses(t, access.Conflict, "has approved Provided already", w.consent(dee, fromProvider.ID, false))
	after := fromProvider
	after.ConsentPending = false
	w.bonds[after.Name] = after
	w.does(t, func() error { w.onceOf(t, outbox.GraphConsent); return nil }, "event relationship.consented",
		"slack.notice notice/U0DEE reply to U0DEE", "slack.offer.notice notice/"+string(contoso)+" relationship to ",
		"slack.notice notice/C0OPS operators to C0OPS")
	w.does(t, w.sees(t, after))
	w.refuses(t, access.Conflict, "does not wait for your consent", w.consent(dee, fromProvider.ID, true))
}

// TestConsentRefused leaves it to be answered again, and one that is gone to be
// forgotten.
func TestConsentRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.does(t, w.sees(t, fromProvider), "event relationship.waiting", "slack.notice notice/C0OPS consent to C0OPS")
	w.drain(t)
	w.failing(outbox.GraphConsent, errGone)
	w.does(t, w.consent(dee, fromProvider.ID, false), "event relationship.consenting", "graph.consent relationship/rel-given")
	w.refuses(t, access.Conflict, "has rejected Provided already", w.consent(dee, fromProvider.ID, true))
	w.does(t, func() error { w.onceOf(t, outbox.GraphConsent); return nil }, "event refused", "slack.notice notice/U0DEE reply to U0DEE")
	w.before = nil
	w.does(t, w.consent(dee, fromProvider.ID, true), "event relationship.consenting", "graph.consent relationship/rel-given")
	w.does(t, func() error { w.onceOf(t, outbox.GraphConsent); return nil }, "event refused", "slack.notice notice/U0DEE reply to U0DEE")
	gone := fromProvider
	gone.Status = access.RelationshipTerminated
	w.does(t, w.sees(t, gone))
	w.refuses(t, access.Conflict, "does not wait for your consent", w.consent(dee, fromProvider.ID, true))
}

func TestConsentTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.does(t, w.sees(t, fromProvider), "event relationship.waiting", "slack.notice notice/C0OPS consent to C0OPS")
	w.drain(t)
	w.failing(outbox.GraphConsent, errNet)
	if err := w.consent(dee, fromProvider.ID, true)(); err != nil {
		t.Fatal(err)
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
	if told != 1 {
		t.Errorf("the operators were told %d times, want once: %v", told, w.done)
	}
}
