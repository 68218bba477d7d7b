package access_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
)

// walk is a request and, once it is approved, its grant, with what must hold of
// them whatever happens.
type walk struct {
	t       *testing.T
	now     time.Time
	request access.Request
	grant   *access.Grant
	review  *access.BreakGlassReview // of a grant without the approvals
	joined  bool                     // the grant has been active
	over    bool                     // the grant has begun to end
}

var people = []access.Person{ana, bo, cleo, dan, empty, {Team: "T0CONTOSO", User: ana.User, Name: "Ana?"}, {Team: "E0GRID", User: bo.User}}

// FuzzWalk lets random events happen to a request and its grant. The first byte
// is how many of the customer's contacts and of the requester's colleagues must agree;
// then two bytes make an event.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{0, 0, 1, 10, 0, 14, 0, 16, 0})
	f.Add([]byte{1, 0, 1, 0, 2, 10, 0, 12, 0, 16, 0, 10, 0})
	f.Add([]byte{2, 0, 1, 3, 1, 0, 4, 0, 5, 0, 0, 0, 2, 0, 3})
	f.Add([]byte{0, 4, 1, 0, 1})
	f.Add([]byte{0, 6, 0, 0, 1, 8, 0})
	f.Add([]byte{1, 22, 0, 10, 0, 24, 129, 23, 128, 23, 201, 9, 255, 25, 0, 14, 0, 16, 0})
	f.Add([]byte{0, 9, 255, 9, 255, 8, 0, 0, 1})
	f.Add([]byte{0, 0, 1, 11, 0, 16, 1, 11, 0, 12, 0})
	f.Add([]byte{4, 0, 1, 0, 2, 0, 3, 18, 2, 0, 1, 0, 2, 10, 0})
	f.Add([]byte{1, 0, 1, 20, 0, 19, 2, 0, 3, 10, 0})
	f.Fuzz(func(t *testing.T, events []byte) {
		if len(events) == 0 || len(events) > 200 {
			return
		}
		asked := terms()
		asked.Rule.Approvals, asked.Rule.Peers = 1+int(events[0])%3, int(events[0])/3%3
		if events[0]%2 == 1 {
			asked.Rule.BreakGlass = time.Hour
		}
		r, err := access.NewRequest(asked, start)
		if err != nil {
			t.Fatal(err)
		}
		w := &walk{t: t, now: start, request: r}
		for events = events[1:]; len(events) >= 2; events = events[2:] {
			w.step(events[0], events[1])
		}
	})
}

func (w *walk) step(event, detail byte) {
	by := people[int(detail)%len(people)]
	decide := func(v access.Verdict, terms int) func(access.Request) (access.Request, error) {
		return func(r access.Request) (access.Request, error) {
			return r.Decide(access.Decision{By: by, Verdict: v}, terms, w.now)
		}
	}
	switch event % 26 {
	case 0, 1, 2:
		w.onRequest(decide(access.Approve, w.request.Terms))
	case 3:
		w.onRequest(decide(access.Approve, int(detail)))
	case 4:
		w.onRequest(decide(access.Deny, w.request.Terms))
	case 5:
		w.onRequest(decide(access.Verdict([]string{"", "maybe", "approved"}[detail%3]), w.request.Terms))
	case 6, 7:
		w.onRequest(func(r access.Request) (access.Request, error) { return r.Withdraw(by, w.now) })
	case 8:
		w.onRequest(func(r access.Request) (access.Request, error) { return r.Lapse(w.now) })
	case 9:
		w.now = w.now.Add(time.Duration(detail) * 10 * time.Minute)
	case 10, 11:
		w.onGrant(func(g access.Grant) (access.Grant, error) { return g.Joined(w.now), nil })
	case 12, 13:
		w.onGrant(func(g access.Grant) (access.Grant, error) { return g.Refused("no", w.now), nil })
	case 14, 15:
		w.onGrant(func(g access.Grant) (access.Grant, error) { return g.End(access.Revoked, by, "") })
	case 18, 19:
		left := &access.Narrowing{Roles: []access.RoleID{helpdesk, reader}[detail%2:], Duration: time.Duration(detail) * time.Minute}
		w.onRequest(func(r access.Request) (access.Request, error) {
			return r.Decide(access.Decision{By: by, Verdict: access.Approve, Narrowed: left}, r.Terms, w.now)
		})
	case 20, 21:
		w.onRequest(func(r access.Request) (access.Request, error) {
			to := r
			to.Roles, to.Duration = []access.RoleID{helpdesk, reader}[detail%2:], time.Duration(detail)*time.Minute
			return r.Change(by, to, w.now)
		})
	case 22:
		w.onRequest(func(r access.Request) (access.Request, error) { return r.BreakGlass(by, w.request.Terms, w.now) })
	case 23:
		w.onReview(func(v access.BreakGlassReview) (access.BreakGlassReview, error) {
			return v.SignOff(by, w.as(by, detail), []string{"", "seen"}[detail/128], w.now)
		})
	case 24:
		w.onReview(func(v access.BreakGlassReview) (access.BreakGlassReview, error) {
			return v.Object(by, w.as(by, detail), by.Team != ana.Team, []string{"", "no"}[detail/128], w.now)
		})
	case 25:
		w.onReview(func(v access.BreakGlassReview) (access.BreakGlassReview, error) {
			v, due := v.Remind(w.now)
			if !due {
				return v, access.Refuse(access.Conflict, "not yet")
			}
			return v, nil
		})
	default:
		w.onGrant(func(g access.Grant) (access.Grant, error) {
			return g.Left([]access.RequestID{"", "R-OTHER"}[detail%2], w.now), nil
		})
	}
}

// onRequest lets the event happen and checks what must hold of every request.
func (w *walk) onRequest(event func(access.Request) (access.Request, error)) {
	before := w.request
	kept := before
	kept.Decisions = slices.Clone(before.Decisions)
	after, err := event(before)
	if !reflect.DeepEqual(before, kept) {
		w.t.Fatalf("the event changed the value it was called on: %+v", before)
	}
	changed := !reflect.DeepEqual(after, before)
	switch {
	case err != nil && changed:
		w.t.Fatalf("a refused event changed %+v to %+v", before, after)
	case err == nil && after.Rev != before.Rev+1:
		w.t.Fatalf("a change took Rev from %d to %d", before.Rev, after.Rev)
	case changed && before.State != access.Pending:
		w.t.Fatalf("%s is final and became %s", before.State, after.State)
	case len(after.Decisions) < len(before.Decisions), !slices.Equal(after.Decisions[:len(before.Decisions)], before.Decisions):
		w.t.Fatalf("decisions were taken back: %+v, then %+v", before.Decisions, after.Decisions)
	case changed && len(after.Decisions) > len(before.Decisions) && !w.now.Before(before.DecideBy):
		w.t.Fatalf("a decision was taken after %v", before.DecideBy)
	}
	if err != nil && access.CodeOf(err) == "" {
		w.t.Fatalf("the refusal %v is not for a person", err)
	}
	w.request = after
	w.checkRequest()
	if after.State == access.Approved && w.grant == nil {
		g := access.NewGrant(after, w.now)
		w.grant = &g
		if after.BrokeGlass() {
			v := access.NewBreakGlassReview(after)
			w.review = &v
		}
	}
}

// as is who somebody is in Entra: the requester may have another account in Slack.
func (w *walk) as(p access.Person, detail byte) access.PrincipalID {
	if detail%16 == 15 {
		return w.request.Principal
	}
	return access.PrincipalID(p.User)
}

// onReview lets the event happen and checks that nobody closes the review of their own
// access, nor without a word, and that nothing that was said is lost.
func (w *walk) onReview(event func(access.BreakGlassReview) (access.BreakGlassReview, error)) {
	if w.review == nil {
		return
	}
	before := *w.review
	after, err := event(before)
	changed := !reflect.DeepEqual(after, before)
	switch {
	case err != nil && changed:
		w.t.Fatalf("a refused event changed %+v to %+v", before, after)
	case err == nil && after.Rev != before.Rev+1:
		w.t.Fatalf("a change took Rev from %d to %d", before.Rev, after.Rev)
	case len(after.Objections) < len(before.Objections):
		w.t.Fatalf("objections were taken back: %+v, then %+v", before.Objections, after.Objections)
	case !after.Open() && (after.SignedBy.User == "" || after.SignedBy.User == w.request.Requester.User || after.Note == ""):
		w.t.Fatalf("signed off by %+v with %q", after.SignedBy, after.Note)
	case !before.Open() && changed && !after.Objections[len(after.Objections)-1].Contact:
		w.t.Fatalf("opened again by %+v", after.Objections)
	}
	if _, reminded := after.NextReminder(); reminded != after.Open() {
		w.t.Fatalf("open: %t, called to mind: %t", after.Open(), reminded)
	}
	w.review = &after
}

// checkRequest counts the decisions again, by another way than the code.
func (w *walk) checkRequest() {
	r := w.request
	type word struct {
		by    access.UserID
		since int
	}
	said, agreed, denied := map[word]bool{}, map[access.Stage]int{}, false
	for _, d := range r.Decisions {
		of := word{d.By.User, 0}
		if d.Terms >= r.Since {
			of.since = r.Since
			agreed[d.Stage]++
		} else {
			of.since = -d.Terms // void; on which terms it was
		}
		if d.By.User == "" || d.By.User == r.Requester.User || said[of] {
			w.t.Fatalf("%+v counts although they may not decide", d.By)
		}
		said[of] = true
		if d.Stage == access.ByContacts && d.Terms >= r.Since && agreed[access.ByPeers] < r.Rule.Peers {
			w.t.Fatalf("a contact was asked before %d colleagues had agreed: %+v", r.Rule.Peers, r.Decisions)
		}
		denied = denied || d.Verdict == access.Deny
	}
	enough := !denied && agreed[access.ByContacts] >= r.Rule.Approvals && agreed[access.ByPeers] >= r.Rule.Peers
	if r.BrokeGlass() { // then a review is open, see onRequest
		enough = !denied && r.Rule.BreakGlass > 0 && r.Duration <= r.Rule.BreakGlass
	}
	if (r.State == access.Approved) != enough || (r.State == access.Denied) != denied {
		w.t.Fatalf("the request is %s with decisions %+v of %d", r.State, r.Decisions, r.Rule.Approvals)
	}
	if r.EndedAt.IsZero() != (r.State == access.Pending) {
		w.t.Fatalf("%s with EndedAt %v", r.State, r.EndedAt)
	}
	if !slices.Contains(access.RequestStates(), r.State) {
		w.t.Fatalf("%q is no state", r.State)
	}
}

// onGrant lets the event happen and checks what must hold of every grant.
func (w *walk) onGrant(event func(access.Grant) (access.Grant, error)) {
	if w.grant == nil {
		return
	}
	before := *w.grant
	after, err := event(before)
	changed := after != before
	rank := func(s access.GrantState) int {
		return map[access.GrantState]int{access.Active: 1, access.Ending: 2, access.Ended: 3, access.Failed: 3}[s]
	}
	switch {
	case err != nil && changed:
		w.t.Fatalf("a refused event changed %+v to %+v", before, after)
	case changed && after.Rev != before.Rev+1:
		w.t.Fatalf("a change took Rev from %d to %d", before.Rev, after.Rev)
	case changed && before.Final():
		w.t.Fatalf("%s is final and became %s", before.State, after.State)
	case changed && rank(after.State) <= rank(before.State):
		w.t.Fatalf("%s became %s", before.State, after.State)
	case w.over && (after.Live() || after.EndReason != before.EndReason):
		w.t.Fatalf("ending for %q became %s for %q", before.EndReason, after.State, after.EndReason)
	}
	w.grant = &after
	w.joined = w.joined || after.State == access.Active
	w.over = w.over || after.State == access.Ending
	w.checkGrant()
}

func (w *walk) checkGrant() {
	g := *w.grant
	due, timed := g.Due()
	switch {
	case w.request.State != access.Approved:
		w.t.Fatalf("a grant for a request that is %s", w.request.State)
	case timed != g.Live():
		w.t.Fatalf("%s has an end that time alone brings: %t", g.State, timed)
	case g.State == access.Active && !due.Equal(g.ActiveAt.Add(w.request.Duration)):
		w.t.Fatalf("active since %v until %v, for %v", g.ActiveAt, due, w.request.Duration)
	case g.State == access.Activating && !due.Equal(g.ApprovedAt.Add(access.ActivateWithin)):
		w.t.Fatalf("approved at %v, given up at %v", g.ApprovedAt, due)
	case g.ExpiresAt.IsZero() != !w.joined:
		w.t.Fatalf("%s expires at %v", g.State, g.ExpiresAt)
	case g.Final() != !g.EndedAt.IsZero() || (g.EndReason == "") != g.Live():
		w.t.Fatalf("%s, ended at %v for %q", g.State, g.EndedAt, g.EndReason)
	case g.State == access.Failed && (g.EndReason != access.CouldNotActivate || w.joined):
		w.t.Fatalf("failed for %q, joined: %t", g.EndReason, w.joined)
	case !slices.Contains(access.GrantStates(), g.State):
		w.t.Fatalf("%q is no state", g.State)
	}
}
