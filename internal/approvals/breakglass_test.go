package approvals_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// glassPolicy lets the roles of the desk be taken at once, for an hour; Dee and Bo are bot
// admins.
var glassPolicy = strings.NewReplacer("admins: [U0DEE]", "admins: [U0DEE, U0BO]",
	"rule: {", "rules:\n  - {name: Desk, bundles: [Helpdesk], max_duration: 8h, approvals: 1, break_glass: 1h}\nrule: {").Replace(policyText)

func (w *world) rules(t testing.TB, text string) {
	t.Helper()
	p, err := policy.Parse("policy.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
}

func glassWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.rules(t, glassPolicy)
	return w
}

func (w *world) breaks(t testing.TB, p access.Person, id access.RequestID) error {
	_, err := w.BreakGlass(t.Context(), w.by(p, ""), id, 1)
	return err
}

// broken has Ana ask and break glass.
func (w *world) broken(t testing.TB) access.RequestID {
	t.Helper()
	id := w.asked(t)
	if err := w.breaks(t, ana, id); err != nil {
		t.Fatalf("BreakGlass: %v", err)
	}
	return id
}

func (w *world) review(t testing.TB, id access.RequestID) (v access.BreakGlassReview) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		v, err = state.BreakGlassReview(tx, id)
		return err
	})
	return v
}

// TestBreakGlass holds that one transaction gives the access, opens the review, and owes
// the words to the customer in a lane that nothing of Microsoft is in.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	id := w.asked(t)
	w.drain(t)
	w.does(t, func() error { return w.breaks(t, ana, id) },
		"event request.breakglass", "event grant.activating",
		"slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester",
		"slack.card R-00002/slack/breakglass", "slack.card R-00002/slack/breakglass.review",
		"graph.container "+string(w.request(t, id).Container()))
	r, g, v := w.request(t, id), w.grant(t, id), w.review(t, id)
	if r.State != access.Approved || !r.BrokenAt.Equal(w.now) || r.Duration != time.Hour || len(r.Decisions) != 0 {
		t.Errorf("the request is %+v", r)
	}
	if g.State != access.Activating || g.Duration != time.Hour || !v.Open() || !v.Requester.Same(ana) || v.Principal != principal(ana) {
		t.Errorf("the grant is %+v, the review %+v", g, v)
	}
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Active || !g.ExpiresAt.Equal(w.now.Add(time.Hour)) {
		t.Errorf("the grant is %+v", g)
	}
	w.refuses(t, access.Conflict, "was taken by break-glass by Ana Ito", func() error { return w.breaks(t, ana, id) })
	w.refuses(t, access.Conflict, "was taken by break-glass", func() error {
		_, err := w.decide(carol, id, access.Deny)
		return err
	})
	if _, err := w.Revoke(t.Context(), w.by(carol, contosoChannel), id, ""); err != nil {
		t.Errorf("the contact cannot end it: %v", err)
	}
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || !w.review(t, id).Open() {
		t.Errorf("ended, and the grant is %+v; the review is open: %t", g, w.review(t, id).Open())
	}
}

// TestBreakGlassAtTheAsking makes the request and takes the access at once.
func TestBreakGlassAtTheAsking(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	ask := anAsk()
	ask.BreakGlass = true
	var r access.Request
	w.does(t, func() (err error) {
		r, err = w.Submit(t.Context(), w.by(ana, ""), ask)
		return err
	}, "event request.submitted", "event request.breakglass", "event grant.activating",
		"slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester",
		"slack.card R-00002/slack/breakglass", "slack.card R-00002/slack/breakglass.review",
		"graph.container "+string(access.ContainerOf(contoso, ask.Roles)))
	if r.State != access.Approved || !w.review(t, r.ID).Open() {
		t.Errorf("it is %+v", r)
	}
	ask.Customer, ask.Roles = adatum, []access.RoleID{exchange}
	w.refuses(t, access.Forbidden, "Policy does not allow break-glass", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), ask)
		return err
	})
}

func TestBreakGlassRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		by     access.Person
		before func(*testing.T, *world, access.RequestID)
		code   access.Code
		says   string
	}{
		{"Colleague", bo, nil, access.Forbidden, "Only Ana Ito"},
		{"Contact", carol, nil, access.Forbidden, "Only Ana Ito"},
		{"SameUserElsewhere", access.Person{Team: carol.Team, User: ana.User}, nil, access.Forbidden, "Only Ana Ito"},
		{"Nobody", access.Person{}, nil, access.Forbidden, "Only Ana Ito"},
		{"PolicyNoLonger", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.rules(t, strings.Replace(glassPolicy, ", break_glass: 1h", "", 1))
		}, access.Forbidden, "does not allow break-glass for R-00002 now"},
		{"RefusedNow", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.rules(t, strings.Replace(glassPolicy, "rules:\n", "rules:\n  - {name: Stop, refuse: We were broken into.}\n", 1))
		}, access.Conflict, "We were broken into."},
		{"OnlyAdmin", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.rules(t, strings.Replace(glassPolicy, "[U0DEE, U0BO]", "[U0ANA]", 1))
		}, access.Forbidden, "there is no other bot admin who is linked"},
		{"TheOtherAdminIsThemselves", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.rules(t, strings.Replace(glassPolicy, "[U0DEE, U0BO]", "[U0DEE]", 1))
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: dee, Principal: principal(ana), LinkedAt: start})
			})
		}, access.Forbidden, "there is no other bot admin who is linked"},
		{"TheOtherAdminIsNotLinked", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.rules(t, strings.Replace(glassPolicy, "[U0DEE, U0BO]", "[U0DEE]", 1))
		}, access.Forbidden, "there is no other bot admin who is linked"},
		{"OtherUserInEntra", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: ana, Principal: "p-other", LinkedAt: start})
			})
		}, access.Conflict, "no longer linked to the user in Entra"},
		{"Unlinked", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.put(t, func(tx state.Tx) error { return state.DeleteStaff(tx, ana.User) })
		}, access.Forbidden, "not linked to a user in Entra"},
		{"Lapsed", ana, func(_ *testing.T, w *world, _ access.RequestID) { w.now = w.now.Add(24 * time.Hour) }, access.Conflict, "has lapsed"},
		{"LastTimeUnreviewed", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.put(t, func(tx state.Tx) error {
				return state.PutBreakGlassReview(tx, access.BreakGlassReview{
					Request: "R-ELDER", Requester: ana, Principal: principal(ana), Customer: adatum, OpenedAt: w.now.Add(-access.ReviewWithin),
				})
			})
		}, access.Forbidden, "R-ELDER has waited for 7 d to be signed off"},
		{"UnknownRequest", ana, func(t *testing.T, w *world, id access.RequestID) {
			w.put(t, func(tx state.Tx) error { return tx.Delete("request/" + string(id)) })
		}, access.NotFound, "There is no request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := glassWorld(t)
			id := w.asked(t)
			w.drain(t)
			if row.before != nil {
				row.before(t, w, id)
			}
			w.refuses(t, row.code, row.says, func() error { return w.breaks(t, row.by, id) })
		})
	}
	w := glassWorld(t)
	id := w.asked(t)
	w.refuses(t, access.Conflict, "has changed since", func() error {
		_, err := w.BreakGlass(t.Context(), w.by(ana, ""), id, 2)
		return err
	})
}

// TestReview holds who signs off, who may say that it was not all right, and what follows.
func TestReview(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	id := w.broken(t)
	w.drain(t)
	signs := func(p access.Person, note string) func() error {
		return func() error {
			_, err := w.SignOff(t.Context(), w.by(p, ""), id, note)
			return err
		}
	}
	objects := func(p access.Person, channel access.ChannelID) func() error {
		return func() error {
			_, err := w.Object(t.Context(), w.by(p, channel), id, "a private note")
			return err
		}
	}
	w.refuses(t, access.Forbidden, "is your own break-glass access", signs(ana, "fine"))
	w.refuses(t, access.Forbidden, "Only a bot admin", signs(zoe, "fine"))
	w.refuses(t, access.Forbidden, "Only a bot admin", signs(carol, "fine"))
	w.refuses(t, access.Invalid, "Say what you found", signs(bo, ""))
	w.refuses(t, access.Forbidden, "Only a bot admin who is linked to a user in Entra", signs(dee, "fine"))
	w.refuses(t, access.Forbidden, "is your own break-glass access", objects(ana, ""))
	w.refuses(t, access.Forbidden, "Only a bot admin", objects(zoe, ""))
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", objects(amir, contosoChannel))
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", objects(oskar, contosoChannel))
	w.refuses(t, access.Forbidden, "only in the channel that is shared", objects(carol, adatumChannel))
	cards := func(id access.RequestID) (out []string) {
		for _, c := range []string{"customer", "requester", "breakglass", "breakglass.review"} {
			out = append(out, fmt.Sprintf("slack.card %s/slack/%s", id, c))
		}
		return out
	}
	w.does(t, objects(carol, contosoChannel), append([]string{
		"event breakglass.objected", "slack.notice R-00002/slack/breakglass.review breakglass.no to C0OPS"}, cards(id)...)...)
	w.refuses(t, access.Conflict, "You have already said", objects(carol, contosoChannel))
	w.does(t, signs(bo, "a private note"), append([]string{"event breakglass.signed"}, cards(id)...)...)
	if v := w.review(t, id); v.Open() || v.SignedBy.Name != bo.Name || v.Note != "a private note" {
		t.Errorf("signed off, and it is %+v", v)
	}
	w.refuses(t, access.Conflict, "was already signed off by Bo Lind", signs(dee, "fine"))
	w.drain(t)
	if err := objects(cem, "")(); err != nil || !w.review(t, id).Open() {
		t.Errorf("a contact's word afterwards: %v, %+v", err, w.review(t, id))
	}
	w.refuses(t, access.NotFound, "was not taken by break-glass", func() error {
		_, err := w.SignOff(t.Context(), w.by(bo, ""), "R-ZZZZZ", "fine")
		return err
	})
	// By another account of the requester, too.
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: dee, Principal: principal(ana), LinkedAt: start})
	})
	w.refuses(t, access.Forbidden, "is your own break-glass access", signs(dee, "fine"))
	w.refuses(t, access.Forbidden, "is your own break-glass access", func() error {
		_, err := w.MaySignOff(t.Context(), w.by(dee, ""), id)
		return err
	})
	if v, err := w.MayObject(t.Context(), w.by(bo, ""), id); err != nil || v.Request != id {
		t.Errorf("MayObject = %+v, %v", v, err)
	}
}

// TestReviewIsCalledToMind tells the operators daily, without an end, and once after days
// in which nothing ran.
func TestReviewIsCalledToMind(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	id := w.broken(t)
	w.drain(t)
	told := func(after time.Duration) (n int) {
		w.now = w.review(t, id).OpenedAt.Add(after)
		for range 2 { // the second finds nothing
			w.passDue(t)
		}
		for _, e := range w.pending(t) {
			if p, err := outbox.Payload[outbox.NoticePayload](e); err == nil && e.Kind == outbox.SlackNotice && p.Notice == outbox.NoticeBreakGlassOpen && p.Channel == operations {
				n++
			}
		}
		w.drain(t)
		return n
	}
	if got := told(23 * time.Hour); got != 0 {
		t.Errorf("told %d times before a day was over", got)
	}
	for _, hours := range []int{24, 48, 8 * 24, 9 * 24, 100 * 24} {
		if got := told(time.Duration(hours) * time.Hour); got != 1 {
			t.Errorf("after %d hours told %d times", hours, got)
		}
	}
	if _, err := w.SignOff(t.Context(), w.by(bo, ""), id, "fine"); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if got := told(101 * 24 * time.Hour); got != 0 {
		t.Errorf("signed off, and told %d times", got)
	}
}

// passDue does what time demands.
func (w *world) passDue(t testing.TB) {
	t.Helper()
	var due []state.Due
	w.look(t, func(tx state.Tx) (err error) {
		due, err = state.DueUntil(tx, w.now, 100)
		return err
	})
	for _, d := range due {
		if err := w.Due(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUnheard holds what follows when a customer cannot be told in its channel: the
// operators are alarmed, its contacts written to, once, and the card is owed still.
func TestUnheard(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		cause error
		heard []int // the tries at which the operators hear of it
		first int   // at which the contacts are written to
	}{
		{"NobodyMendsIt", access.Refuse(access.Forbidden, "The channel is shared with another organisation as well."), []int{1, 5, 10}, 1},
		{"Trouble", errNet, []int{5, 10}, 5},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := glassWorld(t)
			id := w.broken(t)
			w.drain(t)
			retrying := w.Outcomes()[outbox.SlackCard].Retrying
			payload := []byte(fmt.Sprintf(`{"Request":%q,"Card":%q}`, id, outbox.BreakGlassCard))
			var alarms, personal []int
			for n := 1; n <= 12; n++ {
				w.put(t, func(tx state.Tx) error {
					return retrying(tx, outbox.Effect{ID: "x", Kind: outbox.SlackCard, Payload: payload, Attempts: n, Heard: n - 1}, outbox.RetryAfter(row.cause, time.Minute))
				})
				for _, e := range w.pending(t) {
					p, err := outbox.Payload[outbox.NoticePayload](e)
					switch {
					case err != nil || e.Kind != outbox.SlackNotice:
						t.Errorf("owed is %+v", e)
					case p.Notice == outbox.NoticeTrouble && p.Channel == operations && strings.Contains(p.Text, "Contoso has not been told") && strings.Contains(p.Text, "CALL THEM NOW"):
						alarms = append(alarms, n)
					case p.Notice == outbox.NoticeBreakGlass && (p.User == carol.User || p.User == cem.User):
						personal = append(personal, n)
					default:
						t.Errorf("told is %+v", p)
					}
				}
				w.drain(t)
			}
			if fmt.Sprint(alarms) != fmt.Sprint(row.heard) || fmt.Sprint(personal) != fmt.Sprint([]int{row.first, row.first}) || w.review(t, id).UnheardAt.IsZero() {
				t.Errorf("alarmed at %v, want %v; the contacts at %v, want %d twice", alarms, row.heard, personal, row.first)
			}
		})
	}
	w := glassWorld(t)
	w.put(t, func(tx state.Tx) error { // of another card it is no emergency
		return w.Outcomes()[outbox.SlackCard].Retrying(tx, outbox.Effect{
			ID: "R-00001/customer/0001/slack.card", Lane: "R-00001/slack/customer", Kind: outbox.SlackCard, Payload: []byte(`{"Request":"R-00001","Card":"customer"}`), Attempts: 9,
		}, errNet)
	})
	if all := w.pending(t); len(all) != 1 || strings.Contains(string(all[0].Payload), "BREAK-GLASS") {
		t.Errorf("another card's trouble left %v", all)
	}
}

// TestHeardAlready has the card of a break-glass access stand, and what it should say now
// wait, twice: nobody is alarmed as if the customer had not been told, and each trouble is
// told by itself.
func TestHeardAlready(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	id := w.broken(t)
	w.drain(t)
	for _, effect := range []string{"51", "56"} {
		w.put(t, func(tx state.Tx) error {
			return errors.Join(
				state.PutCard(tx, state.Card{Request: id, Name: outbox.BreakGlassCard, Ref: access.MessageRef{Channel: "C0CONTOSO", TS: "1.2"}}),
				w.Outcomes()[outbox.SlackCard].Retrying(tx, outbox.Effect{
					ID: effect, Lane: "lane", Kind: outbox.SlackCard, Attempts: 5, Heard: 4,
					Payload: []byte(fmt.Sprintf(`{"Request":%q,"Card":%q}`, id, outbox.BreakGlassCard)),
				}, errNet),
			)
		})
	}
	all := w.pending(t)
	if len(all) != 2 || !w.review(t, id).UnheardAt.IsZero() {
		t.Fatalf("owed is %v, want a trouble of each", all)
	}
	for _, e := range all {
		if strings.Contains(string(e.Payload), "CALL THEM NOW") {
			t.Errorf("the operators are alarmed: %s", e.Payload)
		}
	}
}

// TestBreakGlassBeforeColleaguesAgreed tells the customer of what it had not been asked
// for yet, and calls upon its contacts, not upon the colleagues.
func TestBreakGlassBeforeColleaguesAgreed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules(t, strings.Replace(glassPolicy, "break_glass: 1h", "break_glass: 1h, peers: 1", 1))
	id := w.asked(t)
	w.drain(t)
	w.does(t, func() error { return w.breaks(t, ana, id) },
		"event request.breakglass", "event grant.activating",
		"slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers",
		"slack.card R-00002/slack/breakglass", "slack.card R-00002/slack/breakglass.review",
		"graph.container "+string(w.request(t, id).Container()))
	who, err := w.CalledUpon(t.Context(), w.review(t, id))
	if err != nil || len(who) != 2 || who[0].Team != carol.Team || who[1].Team != carol.Team {
		t.Errorf("called upon are %+v, %v", who, err)
	}
}
