package access_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

var erin = access.Person{Team: "T0HOME", User: "U0ERIN", Name: "Erin"}

// urgent is a pending request that may be given at once, for an hour.
func urgent(t testing.TB) access.Request {
	t.Helper()
	asked := terms()
	asked.Rule.BreakGlass = time.Hour
	r, err := access.NewRequest(asked, start)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	r := urgent(t)
	got, err := r.BreakGlass(ana, 1, start.Add(time.Minute))
	if err != nil || got.State != access.Approved || !got.BrokeGlass() || !got.EndedAt.Equal(got.BrokenAt) || len(got.Decisions) != 0 || got.Rev != r.Rev+1 {
		t.Fatalf("BreakGlass = %+v, %v", got, err)
	}
	if got.Duration != time.Hour {
		t.Errorf("it lasts %v, the rule allows an hour", got.Duration)
	}
	r.Duration = time.Minute
	if got, err := r.BreakGlass(ana, 1, start); err != nil || got.Duration != time.Minute {
		t.Errorf("a minute became %v, %v", got.Duration, err)
	}
}

func TestBreakGlassRefuses(t *testing.T) {
	t.Parallel()
	other := ana
	other.Team = "T0CONTOSO"
	for name, row := range map[string]struct {
		request func(access.Request) access.Request
		by      access.Person
		terms   int
		at      time.Time
		code    access.Code
	}{
		"SomebodyElse":   {nil, erin, 1, start, access.Forbidden},
		"OtherWorkspace": {nil, other, 1, start, access.Forbidden},
		"Nobody":         {nil, empty, 1, start, access.Forbidden},
		"OtherTerms":     {nil, ana, 2, start, access.Conflict},
		"TooLate":        {nil, ana, 1, start.Add(24 * time.Hour), access.Conflict},
		"NotAllowed": {func(r access.Request) access.Request { r.Rule.BreakGlass = 0; return r }, ana, 1, start,
			access.Forbidden},
		"Denied": {func(r access.Request) access.Request {
			r, err := r.Decide(access.Decision{By: bo, Verdict: access.Deny}, 1, start)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}, ana, 1, start, access.Conflict},
		"Twice": {func(r access.Request) access.Request {
			r, err := r.BreakGlass(ana, 1, start)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}, ana, 1, start, access.Conflict},
	} {
		r := urgent(t)
		if row.request != nil {
			r = row.request(r)
		}
		got, err := r.BreakGlass(row.by, row.terms, row.at)
		wantRefusal(t, name, err, row.code)
		if got.State != r.State || got.Rev != r.Rev {
			t.Errorf("%s: refused, and changed to %+v", name, got)
		}
	}
	broken, err := urgent(t).BreakGlass(ana, 1, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []access.Verdict{access.Approve, access.Deny} {
		_, err := broken.Decide(access.Decision{By: bo, Verdict: v}, 1, start)
		wantRefusal(t, "Decided afterwards", err, access.Conflict)
	}
	_, err = broken.Withdraw(ana, start)
	wantRefusal(t, "Withdrawn afterwards", err, access.Conflict)
}

func review(t testing.TB) access.BreakGlassReview {
	t.Helper()
	r, err := urgent(t).BreakGlass(ana, 1, start)
	if err != nil {
		t.Fatal(err)
	}
	return access.NewBreakGlassReview(r)
}

func TestReviewIsSignedOffByASecondPerson(t *testing.T) {
	t.Parallel()
	v := review(t)
	elsewhere := access.Person{Team: "E0GRID", User: ana.User, Name: "Ana"}
	for name, row := range map[string]struct {
		by   access.Person
		as   access.PrincipalID
		note string
		code access.Code
	}{
		"Requester":      {ana, "p-ana", "fine", access.Forbidden},
		"OtherWorkspace": {elsewhere, "", "fine", access.Forbidden},
		"OtherAccount":   {erin, "p-ana", "fine", access.Forbidden},
		"Nobody":         {empty, "", "fine", access.Forbidden},
		"NothingFound":   {erin, "p-erin", "", access.Invalid},
	} {
		got, err := v.SignOff(row.by, row.as, row.note, start)
		wantRefusal(t, name, err, row.code)
		if !got.Open() {
			t.Errorf("%s: refused, and closed", name)
		}
	}
	got, err := v.SignOff(erin, "p-erin", "the ransomware was real", start.Add(time.Hour))
	if err != nil || got.Open() || got.SignedBy != erin || got.Note == "" || got.Rev != v.Rev+1 {
		t.Fatalf("SignOff = %+v, %v", got, err)
	}
	_, err = got.SignOff(erin, "p-erin", "again", start.Add(2*time.Hour))
	wantRefusal(t, "Twice", err, access.Conflict)
}

func TestObjections(t *testing.T) {
	t.Parallel()
	v := review(t)
	_, err := v.Object(ana, "p-ana", false, "no", start)
	wantRefusal(t, "Requester", err, access.Forbidden)
	_, err = v.Object(erin, "", false, "", start)
	wantRefusal(t, "WithoutAWord", err, access.Invalid)
	v, err = v.Object(erin, "", false, "nobody called them", start)
	if err != nil || !v.Open() || len(v.Objections) != 1 {
		t.Fatalf("Object = %+v, %v", v, err)
	}
	_, err = v.Object(erin, "", false, "again", start)
	wantRefusal(t, "Twice", err, access.Conflict)
	if v, err = v.SignOff(erin, "", "I called them", start.Add(50*time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, err = v.Object(access.Person{Team: "T0HOME", User: "U0FAY"}, "", false, "late", start.Add(51*time.Hour))
	wantRefusal(t, "StaffAfterwards", err, access.Conflict)
	v, err = v.Object(bo, "", true, "nobody called me", start.Add(51*time.Hour))
	if err != nil || !v.Open() || len(v.Objections) != 2 || v.Note != "" {
		t.Fatalf("a contact's word afterwards gave %+v, %v", v, err)
	}
	if at, ok := v.NextReminder(); !ok || !at.Equal(start.Add(72*time.Hour)) {
		t.Errorf("it is called to mind next at %v, %t", at, ok)
	}
}

func TestReviewReminders(t *testing.T) {
	t.Parallel()
	v := review(t)
	for _, hours := range []int{24, 48, 72} {
		at, ok := v.NextReminder()
		if want := start.Add(time.Duration(hours) * time.Hour); !ok || !at.Equal(want) {
			t.Fatalf("next at %v, %t, want %v", at, ok, want)
		}
		if _, due := v.Remind(at.Add(-time.Second)); due {
			t.Error("it was due a second before")
		}
		if v, ok = v.Remind(at); !ok {
			t.Fatalf("it was not due at %v", at)
		}
	}
	v, due := v.Remind(start.Add(10*24*time.Hour + time.Hour)) // the bot was down for a week
	if at, ok := v.NextReminder(); !due || !ok || !at.Equal(start.Add(11*24*time.Hour)) {
		t.Errorf("after a week it is due next at %v, %t", at, ok)
	}
	if v.Overdue(start.Add(access.ReviewWithin-1)) || !v.Overdue(start.Add(access.ReviewWithin)) {
		t.Error("it is not overdue from seven days on")
	}
	v, err := v.SignOff(erin, "", "fine", start.Add(11*24*time.Hour))
	if _, ok := v.NextReminder(); err != nil || ok || v.Overdue(start.AddDate(1, 0, 0)) {
		t.Errorf("it is called to mind after it was signed off, %v", err)
	}
}
