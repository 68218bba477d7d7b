package access_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

const (
	helpdesk = access.RoleID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	reader   = access.RoleID("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")
)

var (
	ana   = access.Person{Team: "T0HOME", User: "U0ANA", Name: "Ana"}
	bo    = access.Person{Team: "T0CONTOSO", User: "U0BO", Name: "Bo"}
	cleo  = access.Person{Team: "T0CONTOSO", User: "U0CLEO", Name: "Cleo"}
	dan   = access.Person{Team: "T0CONTOSO", User: "U0DAN", Name: "Dan"}
	empty = access.Person{Name: "Somebody"}
)

func terms() access.Request {
	return access.Request{
		ID: "R-7K3M2", Requester: ana, Principal: "p-ana", Customer: "contoso", CustomerName: "Contoso",
		Roles: []access.RoleID{reader, helpdesk, reader}, Duration: 2 * time.Hour, Justification: "reset MFA",
		Rule: access.Rule{Name: "helpdesk", MaxDuration: 8 * time.Hour, Approvals: 2, DecideWithin: 24 * time.Hour},
	}
}

func pending(t testing.TB) access.Request {
	t.Helper()
	r, err := access.NewRequest(terms(), start)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// in returns a request in the state, by the way that leads there.
func in(t testing.TB, s access.RequestState) access.Request {
	t.Helper()
	r := pending(t)
	var err error
	step := func(next access.Request, e error) { r, err = next, e }
	switch s {
	case access.Pending:
	case access.Approved:
		step(r.Decide(access.Decision{By: bo, Verdict: access.Approve}, 1, start))
		step(r.Decide(access.Decision{By: cleo, Verdict: access.Approve}, 1, start))
	case access.Denied:
		step(r.Decide(access.Decision{By: bo, Verdict: access.Deny}, 1, start))
	case access.Withdrawn:
		step(r.Withdraw(ana, start))
	case access.Lapsed:
		step(r.Lapse(r.DecideBy))
	}
	if err != nil || r.State != s {
		t.Fatalf("the way to %s led to %s, %v", s, r.State, err)
	}
	return r
}

func TestNewRequest(t *testing.T) {
	t.Parallel()
	asked := terms()
	asked.State, asked.Terms, asked.Rev = access.Approved, 9, 9
	asked.Decisions = []access.Decision{{By: bo, Verdict: access.Approve}}
	asked.EndedAt = start
	got, err := access.NewRequest(asked, start)
	want := terms()
	want.Roles = []access.RoleID{helpdesk, reader}
	want.State, want.Terms, want.Rev = access.Pending, 1, 1
	want.CreatedAt, want.DecideBy = start, start.Add(24*time.Hour)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("NewRequest = %+v, %v; want %+v", got, err, want)
	}
	if len(asked.Roles) != 3 || asked.Roles[0] != reader {
		t.Errorf("NewRequest changed the roles of its caller to %v", asked.Roles)
	}
}

func TestNewRequestRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*access.Request)
		code  access.Code
		field string
	}{
		{"NoRoles", func(r *access.Request) { r.Roles = nil }, access.Invalid, "roles"},
		{"NoDuration", func(r *access.Request) { r.Duration = 0 }, access.Invalid, "duration"},
		{"NegativeDuration", func(r *access.Request) { r.Duration = -time.Hour }, access.Invalid, "duration"},
		{"TooLong", func(r *access.Request) { r.Duration = 8*time.Hour + 1 }, access.Invalid, "duration"},
		{"NoJustification", func(r *access.Request) { r.Justification = "" }, access.Invalid, "justification"},
		{"NobodyApproves", func(r *access.Request) { r.Rule.Approvals = 0 }, access.Forbidden, ""},
		{"NotLinked", func(r *access.Request) { r.Principal = "" }, access.Forbidden, ""},
	}
	for _, test := range tests {
		r := terms()
		test.spoil(&r)
		got, err := access.NewRequest(r, start)
		wantRefusal(t, test.name, err, test.code)
		if e, ok := err.(*access.Error); ok && e.Field != test.field {
			t.Errorf("%s: the field is %q, want %q", test.name, e.Field, test.field)
		}
		if !reflect.DeepEqual(got, access.Request{}) {
			t.Errorf("%s: NewRequest = %+v, want nothing", test.name, got)
		}
	}
	longest := terms()
	longest.Duration = longest.Rule.MaxDuration
	unlimited := terms()
	unlimited.Duration, unlimited.Rule.MaxDuration = 1000*time.Hour, 0
	for _, r := range []access.Request{longest, unlimited} {
		if _, err := access.NewRequest(r, start); err != nil {
			t.Errorf("NewRequest for %v of %v = %v", r.Duration, r.Rule.MaxDuration, err)
		}
	}
}

// wantRefusal checks that err is a refusal with a sentence for a person.
func wantRefusal(t *testing.T, name string, err error, code access.Code) {
	t.Helper()
	if err == nil || access.CodeOf(err) != code || code == "" {
		t.Errorf("%s: the error is %v (%q), want a refusal with code %q", name, err, access.CodeOf(err), code)
		return
	}
	if m := err.Error(); !strings.HasSuffix(m, ".") || strings.Contains(m, "%!") || strings.Contains(m, "  ") {
		t.Errorf("%s: %q is no sentence", name, m)
	}
}

// TestRequestTransitions tries every event in every state. What is refused leaves
// the request as it was.
func TestRequestTransitions(t *testing.T) {
	t.Parallel()
	approve := func(by access.Person) access.Decision {
		return access.Decision{By: by, Verdict: access.Approve, Note: "ok"}
	}
	soon, late := start.Add(time.Hour), start.Add(24*time.Hour)
	decide := func(d access.Decision, terms int, now time.Time) func(access.Request) (access.Request, error) {
		return func(r access.Request) (access.Request, error) { return r.Decide(d, terms, now) }
	}
	tests := []struct {
		name  string
		event func(access.Request) (access.Request, error)
		to    access.RequestState // from pending; empty: refused
		code  access.Code
		says  string
	}{
		{"Approve", decide(approve(bo), 1, soon), access.Pending, "", ""},
		{"ApproveAtTheLastMoment", decide(approve(bo), 1, late.Add(-1)), access.Pending, "", ""},
		{"ApproveTooLate", decide(approve(bo), 1, late), "", access.Conflict, "has lapsed"},
		{"ApproveOlderTerms", decide(approve(bo), 0, soon), "", access.Conflict, "has changed"},
		{"ApproveNewerTerms", decide(approve(bo), 2, soon), "", access.Conflict, "has changed"},
		{"ApproveOneself", decide(approve(ana), 1, soon), "", access.Forbidden, "yourself"},
		{"ApproveOneselfFromAnotherTeam", decide(approve(access.Person{Team: "T0CONTOSO", User: ana.User}), 1, soon), "", access.Forbidden, "yourself"},
		{"ApproveUnknown", decide(approve(empty), 1, soon), "", access.Forbidden, "not known"},
		{"Deny", decide(access.Decision{By: bo, Verdict: access.Deny}, 1, soon), access.Denied, "", ""},
		{"DenyOneself", decide(access.Decision{By: ana, Verdict: access.Deny}, 1, soon), "", access.Forbidden, "yourself"},
		{"NoVerdict", decide(access.Decision{By: bo}, 1, soon), "", access.Invalid, "approve or deny"},
		{"OddVerdict", decide(access.Decision{By: bo, Verdict: "maybe"}, 1, soon), "", access.Invalid, "approve or deny"},
		{"Withdraw", func(r access.Request) (access.Request, error) { return r.Withdraw(ana, soon) }, access.Withdrawn, "", ""},
		{"WithdrawAnothers", func(r access.Request) (access.Request, error) { return r.Withdraw(bo, soon) }, "", access.Forbidden, "Only Ana"},
		{"WithdrawUnknown", func(r access.Request) (access.Request, error) { return r.Withdraw(empty, soon) }, "", access.Forbidden, "Only Ana"},
		{"Lapse", func(r access.Request) (access.Request, error) { return r.Lapse(late) }, access.Lapsed, "", ""},
		{"LapseTooEarly", func(r access.Request) (access.Request, error) { return r.Lapse(late.Add(-1)) }, "", access.Conflict, "can be decided until"},
	}
	final := map[access.RequestState]string{
		access.Approved: "already approved by Cleo", access.Denied: "already denied by Bo",
		access.Withdrawn: "was withdrawn by Ana", access.Lapsed: "lapsed at",
	}
	for _, test := range tests {
		for _, state := range access.RequestStates() {
			name := test.name + "/" + string(state)
			before, kept := in(t, state), in(t, state)
			after, err := test.event(before)
			if !reflect.DeepEqual(before, kept) {
				t.Errorf("%s changed the value it was called on", name)
			}
			if state == access.Pending && test.to != "" {
				if err != nil || after.State != test.to || after.Rev != before.Rev+1 {
					t.Errorf("%s: %s, Rev %d, %v; want %s, Rev %d", name, after.State, after.Rev, err, test.to, before.Rev+1)
				}
				if ended := !after.EndedAt.IsZero(); ended != (test.to != access.Pending) {
					t.Errorf("%s: EndedAt = %v in state %s", name, after.EndedAt, after.State)
				}
				continue
			}
			if !reflect.DeepEqual(after, kept) {
				t.Errorf("%s was refused and changed the request to %+v", name, after)
			}
			code, says := test.code, test.says
			if state != access.Pending && code != access.Forbidden || state != access.Pending && !strings.HasPrefix(test.name, "Withdraw") {
				code, says = access.Conflict, final[state]
			}
			wantRefusal(t, name, err, code)
			if err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("%s says %q, want %q in it", name, err, says)
			}
		}
	}
}

// TestApprovals counts to what the stored rule demands, and nobody twice.
func TestApprovals(t *testing.T) {
	t.Parallel()
	r := pending(t)
	r.Rule.Approvals = 3
	for i, by := range []access.Person{bo, cleo} {
		next, err := r.Decide(access.Decision{By: by, Verdict: access.Approve, At: start.AddDate(-1, 0, 0)}, 1, start.Add(time.Minute))
		if err != nil || next.State != access.Pending || next.Approvals() != i+1 {
			t.Fatalf("approval %d: %s with %d, %v", i+1, next.State, next.Approvals(), err)
		}
		if at := next.Decisions[i].At; !at.Equal(start.Add(time.Minute)) {
			t.Errorf("the decision is dated %v, want the time of the call", at)
		}
		again, err := next.Decide(access.Decision{By: by, Verdict: access.Deny}, 1, start)
		wantRefusal(t, "deciding twice", err, access.Conflict)
		if !reflect.DeepEqual(again, next) {
			t.Errorf("deciding twice changed the request to %+v", again)
		}
		r = next
	}
	elsewhere := access.Person{Team: "E0GRID", User: bo.User}
	_, err := r.Decide(access.Decision{By: elsewhere, Verdict: access.Approve}, 1, start)
	wantRefusal(t, "deciding twice, known by the organisation", err, access.Conflict)
	// Two next steps from one value do not share their decisions.
	approved, err := r.Decide(access.Decision{By: dan, Verdict: access.Approve}, 1, start)
	if err != nil || approved.State != access.Approved {
		t.Errorf("the third approval: %s, %v", approved.State, err)
	}
	denied, err := r.Decide(access.Decision{By: dan, Verdict: access.Deny}, 1, start)
	if err != nil || denied.State != access.Denied || denied.Approvals() != 2 {
		t.Errorf("a denial after two approvals: %s with %d, %v", denied.State, denied.Approvals(), err)
	}
	if approved.Approvals() != 3 || len(r.Decisions) != 2 {
		t.Errorf("decisions leaked: %d approvals, %d decisions before", approved.Approvals(), len(r.Decisions))
	}
	sameUserElsewhere := access.Person{Team: "T0OTHER", User: dan.User}
	if dan.Same(sameUserElsewhere) || !dan.Same(access.Person{Team: dan.Team, User: dan.User}) || empty.Same(empty) {
		t.Error("Same must compare both ids, and know nobody without one")
	}
}
