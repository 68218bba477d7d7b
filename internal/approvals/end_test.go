package approvals_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

const (
	customerCard  = "slack.card R-00002/slack/customer"
	requesterCard = "slack.card R-00002/slack/requester"
)

// leaveEffect is the removal that a grant of [anAsk] owes.
func leaveEffect() string {
	return "graph.leave " + string(access.ContainerOf(contoso, anAsk().Roles)) + "/" + string(principal(ana))
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	for name, p := range map[string]access.Person{
		"Colleague": bo, "Admin": dee, "Contact": carol, "Nobody": {}, "SameUserElsewhere": {Team: carol.Team, User: ana.User},
	} {
		t.Log(name)
		w.refuses(t, access.Forbidden, "Only Ana Ito, who asked for R-00002", func() error {
			_, err := w.Withdraw(t.Context(), w.by(p, ""), id)
			return err
		})
	}
	w.refuses(t, access.NotFound, "no request R-ZZZZZ", func() error {
		_, err := w.Withdraw(t.Context(), w.by(ana, ""), "R-ZZZZZ")
		return err
	})
	withdraw := func() error {
		_, err := w.Withdraw(t.Context(), w.by(ana, ""), id)
		return err
	}
	w.does(t, withdraw, "event request.withdrawn", customerCard, requesterCard)
	if r := w.request(t, id); r.State != access.Withdrawn || !r.EndedAt.Equal(start) {
		t.Errorf("the request is %+v", r)
	}
	w.refuses(t, access.Conflict, "was withdrawn", withdraw)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		by      access.Person
		channel access.ChannelID
		endedBy string
	}{
		{"Own", ana, "", ana.Name},
		{"Admin", dee, operations, ""},
		{"Contact", carol, contosoChannel, carol.Name},
		{"ContactInAModal", cem, "", cem.Name},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.active(t)
			w.now = start.Add(time.Hour)
			w.does(t, func() error {
				_, err := w.Revoke(t.Context(), w.by(test.by, test.channel), id, "a private note")
				return err
			}, "event grant.ending", leaveEffect(), customerCard, requesterCard)
			g := w.grant(t, id)
			if g.State != access.Ending || g.EndReason != access.Revoked || g.EndedBy.User != test.by.User ||
				g.EndedBy.Name != test.endedBy || g.EndNote != "a private note" {
				t.Errorf("the grant is %+v", g)
			}
			events := w.events(t)
			if e := events[len(events)-1]; e.Detail["note"] != audit.Digest(w.request(t, id).Salt, "a private note") ||
				e.Detail["reason"] != "revoked" || e.Actor.User != test.by.User {
				t.Errorf("the event is %+v", e)
			}
			w.refuses(t, access.Conflict, "already being ended", func() error {
				_, err := w.Revoke(t.Context(), w.by(ana, ""), id, "")
				return err
			})
			w.drain(t)
			if len(w.members) != 0 || w.grant(t, id).State != access.Ended {
				t.Errorf("members %v, the grant is %s", w.members, w.grant(t, id).State)
			}
			w.refuses(t, access.Conflict, "R-00002 ended at 2026-03-02 10:30 UTC", func() error {
				_, err := w.Revoke(t.Context(), w.by(ana, ""), id, "")
				return err
			})
		})
	}
}

func TestRevokeRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		by      access.Person
		channel access.ChannelID
		code    access.Code
		says    string
	}{
		{"Colleague", bo, "", access.Forbidden, "Only Ana Ito, a bot admin or a contact of Contoso can end R-00002"},
		{"Unlinked", zoe, "", access.Forbidden, "Only Ana Ito, a bot admin"},
		{"NoContact", oskar, contosoChannel, access.Forbidden, "Only a contact of Contoso"},
		{"AnotherCustomersContact", amir, adatumChannel, access.Forbidden, "Only a contact of Contoso"},
		{"ContactInTheWrongChannel", carol, adatumChannel, access.Forbidden, "only in the channel"},
		{"RequestersUserElsewhere", access.Person{Team: "T0CONTOSO", User: ana.User}, "", access.Forbidden, "Only a contact of Contoso"},
		{"AdminsUserElsewhere", access.Person{Team: "T0CONTOSO", User: dee.User}, "", access.Forbidden, "Only a contact of Contoso"},
		{"AdminWithoutTeam", access.Person{User: dee.User}, "", access.Forbidden, "Only a contact of Contoso"},
		{"Nobody", access.Person{}, "", access.Forbidden, "Only a contact of Contoso"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.active(t)
			w.refuses(t, test.code, test.says, func() error {
				_, err := w.Revoke(t.Context(), w.by(test.by, test.channel), id, "a private note")
				return err
			})
		})
	}
}

func TestRevokeWithoutAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	revoke := func() error {
		_, err := w.Revoke(t.Context(), w.by(ana, ""), id, "")
		return err
	}
	w.refuses(t, access.Conflict, "`/access withdraw R-00002` takes it back", revoke)
	if _, err := w.decide(carol, id, access.Deny); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, access.Conflict, "R-00002 was not approved; it never gave access", revoke)
	w.refuses(t, access.NotFound, "no request", func() error {
		_, err := w.Revoke(t.Context(), w.by(dee, ""), "R-ZZZZZ", "")
		return err
	})
}

func TestDueLapses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	due := func() error { return w.Due(t.Context(), state.Due{Kind: state.DueLapse, Request: id}) }
	w.now = start.Add(24*time.Hour - time.Millisecond)
	w.does(t, due) // too early
	w.now = start.Add(24 * time.Hour)
	w.does(t, due, "event request.lapsed",
		"slack.notice R-00002/slack/requester decided to U0ANA", customerCard, requesterCard)
	w.does(t, due) // once is enough
	if r := w.request(t, id); r.State != access.Lapsed {
		t.Errorf("the request is %s", r.State)
	}
}

func TestDueExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	expire := func() error { return w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: id}) }
	w.now = start.Add(2*time.Hour - time.Millisecond)
	w.does(t, expire)
	w.now = start.Add(2 * time.Hour)
	w.does(t, expire, "event grant.ending", leaveEffect(), customerCard, requesterCard)
	if g := w.grant(t, id); g.State != access.Ending || g.EndReason != access.Expired || g.EndedBy != (access.Person{}) {
		t.Errorf("the grant is %+v", g)
	}
	w.does(t, expire)
	w.drain(t)
	w.does(t, expire)
	if len(w.members) != 0 {
		t.Errorf("members %v", w.members)
	}
}

// TestDueNotActivated ends a grant that nobody confirmed, and removes what may
// have been given.
func TestDueNotActivated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(t)
	expire := func() error { return w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: id}) }
	w.now = start.Add(access.ActivateWithin - time.Millisecond)
	w.does(t, expire)
	w.now = start.Add(access.ActivateWithin)
	w.does(t, expire, "event grant.ending", leaveEffect(), customerCard, requesterCard)
	if g := w.grant(t, id); g.EndReason != access.NotActivated {
		t.Errorf("the grant is %+v", g)
	}
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || !g.ActiveAt.IsZero() || len(w.members) != 0 {
		t.Errorf("the grant is %+v, members %v", g, w.members)
	}
}

// TestDueIsLeftAlone calls for what is not due any more, of another kind, or not
// there.
func TestDueIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(t)
	w.now = start.Add(100 * time.Hour)
	w.does(t, func() error { return w.Due(t.Context(), state.Due{Kind: state.DueLapse, Request: id}) })
	w.does(t, func() error { return w.Due(t.Context(), state.Due{Kind: "other", Request: id}) })
	if err := w.Due(t.Context(), state.Due{Kind: state.DueLapse, Request: "R-ZZZZZ"}); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("Due of nothing = %v", err)
	}
}

// TestReplayedRevoke ends a grant by one delivery that comes twice.
func TestReplayedRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	o := approvals.Origin{Actor: ana, Delivery: "once"}
	if _, err := w.Revoke(t.Context(), o, id, ""); err != nil {
		t.Fatal(err)
	}
	w.changesNothing(t, access.EventReplayed, access.Conflict, "nothing was done twice", func() error {
		_, err := w.Revoke(t.Context(), o, id, "other")
		return err
	})
}
