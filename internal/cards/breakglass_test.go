package cards_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// glassRenderer has R-00003, which Ana took by break-glass and which is signed off or not.
func glassRenderer(signed bool) cards.Renderer {
	r := renderer()
	e := r.Approvals.(entries).known["R-00001"] //nolint:errcheck,forcetypeassert // of this test
	q := e.Request
	q.ID, q.State, q.BrokenAt, q.EndedAt = "R-00003", access.Approved, time.Unix(100, 0), time.Unix(100, 0)
	g, v := access.NewGrant(q, q.BrokenAt).Joined(q.BrokenAt), access.NewBreakGlassReview(q)
	v.Objections = []access.Objection{{By: access.Person{Team: "T2", User: "U0CAROL001", Name: "Carol Weber"}, Note: "Nobody called", At: time.Unix(200, 0), Contact: true}}
	if signed {
		v.SignedBy, v.SignedAt, v.Note = access.Person{User: "U7", Name: "Dee"}, time.Unix(300, 0), "fine"
	}
	r.Approvals.(entries).known[q.ID] = approvals.Entry{Request: q, Grant: &g, Review: &v} //nolint:errcheck,forcetypeassert // of this test
	return r
}

// TestBreakGlass holds where each word goes, whatever the payload says, and that nothing
// is said of what is settled.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	card := func(name string) func(cards.Renderer) (cards.Post, error) {
		return func(r cards.Renderer) (cards.Post, error) {
			return r.Card(context.Background(), outbox.CardPayload{Request: "R-00003", Card: name})
		}
	}
	notice := func(kind outbox.NoticeKind, user access.UserID, channel access.ChannelID) func(cards.Renderer) (cards.Post, error) {
		return func(r cards.Renderer) (cards.Post, error) {
			return r.Notice(context.Background(), outbox.NoticePayload{Notice: kind, User: user, Channel: channel, Request: "R-00003", Customer: contoso})
		}
	}
	for _, row := range []struct {
		name      string
		draw      func(cards.Renderer) (cards.Post, error)
		signed    bool
		to, says  string
		permanent bool
	}{
		{"customer", card(outbox.BreakGlassCard), false, "C1/", "WITHOUT YOUR APPROVAL", false},
		{"operators", card(outbox.BreakGlassReviewCard), false, "C0OPS/", "must be reviewed", false},
		{"in person", notice(outbox.NoticeBreakGlass, "U0CAROL001", ""), false, "/U0CAROL001", "You hear this in person", false},
		{"in person, to a stranger", notice(outbox.NoticeBreakGlass, "U0EVE00001", ""), false, "/", "", true},
		{"in person, to nobody", notice(outbox.NoticeBreakGlass, "", "C9"), false, "/", "", true},
		{"open", notice(outbox.NoticeBreakGlassOpen, "", "C9"), false, "C0OPS/", "nobody has reviewed it", false},
		{"open, and signed off meanwhile", notice(outbox.NoticeBreakGlassOpen, "", "C0OPS"), true, "/", "", false},
		{"objection", notice(outbox.NoticeBreakGlassObjection, "", "C1"), true, "C0OPS/", "WAS NOT ALL RIGHT", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := row.draw(glassRenderer(row.signed))
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
	r := glassRenderer(false)
	r.Policy = func() *policy.Policy { return &policy.Policy{Operations: "C0OPS"} }
	if got, err := card(outbox.BreakGlassCard)(r); err == nil || got.Channel != "" || !strings.Contains(err.Error(), "no longer in policy.yml") {
		t.Errorf("a customer that is gone: %+v, %v", got, err)
	}
}
