package access_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
)

const fortnight = 14 * 24 * time.Hour

// reviewed is a review of two relationships, the first with a group of the partner's
// and one of the bot's.
func reviewed(t testing.TB, as access.Unanswered) access.Review {
	t.Helper()
	r, err := access.NewReview(access.Review{
		ID: "V-7K3M2", Customer: "t", CustomerName: "Contoso", StartedBy: ana, Unanswered: as, Rows: current(),
	}, fortnight, start)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func current() []access.ReviewRow {
	return []access.ReviewRow{
		{Relationship: "a", Name: "Care", Roles: []access.RoleID{"r1", "r2"}},
		{Relationship: "a", Name: "Care", Group: "g", GroupName: "Desk", Assignment: "as-1", Roles: []access.RoleID{"r1"}},
		{Relationship: "a", Name: "Care", Group: "own", GroupName: "Latchkey", Assignment: "as-2", Own: true, Roles: []access.RoleID{"r2"}},
		{Relationship: "b", Name: "Mail", Roles: []access.RoleID{"r3"}},
	}
}

func TestParseReviewID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]access.ReviewID{
		"V-7K3M2": "V-7K3M2", " #v-7k3m2 ": "V-7K3M2", "v-7KOM2": "V-7K0M2",
		"7K3M2": "", "R-7K3M2": "", "V-R-7K3M2": "", "V-7K3M": "", "V-7K3M22": "", "V-7K3U2": "", "": "",
	} {
		if got, ok := access.ParseReviewID(text); got != want && ok || ok != (want != "") {
			t.Errorf("%q is %q, %t, want %q", text, got, ok, want)
		}
	}
}

func TestNewReview(t *testing.T) {
	t.Parallel()
	r := reviewed(t, access.UnansweredAsk)
	if r.State != access.ReviewOpen || !r.DueBy.Equal(start.Add(fortnight)) || len(r.Waiting()) != 4 || r.Terms != 1 || r.Rev != 1 {
		t.Errorf("it begins as %+v", r)
	}
	for i, row := range r.Rows {
		if row.N != i+1 || row.Terms != 1 || row.State != access.RowOpen {
			t.Errorf("row %d begins as %+v", i, row)
		}
	}
	if _, err := access.NewReview(access.Review{CustomerName: "Contoso"}, fortnight, start); access.CodeOf(err) != access.Conflict {
		t.Errorf("of nothing: %v", err)
	}
}

// TestReviewAnswers holds what an answer to a row makes of it, and who is told that it
// is too late.
func TestReviewAnswers(t *testing.T) {
	t.Parallel()
	keep := func(r access.Review, n int) access.Review {
		out, _ := r.Answer(n, 1, access.AnswerKeep, cleo, start)
		return out
	}
	remove := func(r access.Review, n int) access.Review {
		out, _ := r.Answer(n, 1, access.AnswerRemove, cleo, start)
		return out
	}
	for _, row := range []struct {
		name   string
		before func(access.Review) access.Review
		n      int
		terms  int
		answer access.Answer
		after  time.Duration
		want   access.RowState
		says   string
	}{
		{"Keep", nil, 1, 1, access.AnswerKeep, 0, access.RowKept, ""},
		{"Remove", nil, 4, 1, access.AnswerRemove, 0, access.RowRemoving, ""},
		{"Nonsense", nil, 4, 1, "burn", 0, access.RowOpen, "Say keep or remove"},
		{"NoRow", nil, 5, 1, access.AnswerKeep, 0, "", "has no row 5"},
		{"RowNought", nil, 0, 1, access.AnswerKeep, 0, "", "has no row 0"},
		{"OtherTerms", nil, 2, 2, access.AnswerKeep, 0, access.RowOpen, "has changed"},
		{"AtTheEnd", nil, 2, 1, access.AnswerKeep, fortnight, access.RowOpen, "could be answered until"},
		{"TwiceKept", func(r access.Review) access.Review { return keep(r, 2) }, 2, 1, access.AnswerRemove, 0, access.RowKept, "already kept by"},
		{"TwiceRemoved", func(r access.Review) access.Review { return remove(r, 2) }, 2, 1, access.AnswerKeep, 0, access.RowRemoving, "being removed already"},
		{"Covered", func(r access.Review) access.Review { return remove(r, 1) }, 2, 1, access.AnswerKeep, 0, access.RowOpen, "goes with its relationship Care"},
		{"Failed", func(r access.Review) access.Review { return remove(r, 2).Failed(2, "no", start) }, 2, 1, access.AnswerKeep, 0, access.RowFailed, "could not be removed"},
		{"Gone", func(r access.Review) access.Review { return r.Refresh(current()[:1], nil, start) }, 2, 1, access.AnswerKeep, 0, access.RowGone, "not there any more"},
		{"AfterTheFailure", func(r access.Review) access.Review { return remove(r, 1).Failed(1, "no", start) }, 2, 1, access.AnswerKeep, 0, access.RowKept, ""},
	} {
		r := reviewed(t, access.UnansweredAsk)
		if row.before != nil {
			r = row.before(r)
		}
		got, err := r.Answer(row.n, row.terms, row.answer, cleo, start.Add(row.after))
		if one, _ := got.Row(row.n); one.State != row.want {
			t.Errorf("%s: the row is %s, want %s", row.name, one.State, row.want)
		}
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", row.name, err, row.says)
		}
		if err != nil && got.Rev != r.Rev {
			t.Errorf("%s: a refusal changed the review", row.name)
		}
	}
}

// TestReviewRemoval: what hangs on a relationship goes with it, and waits for an
// answer again when it stays.
func TestReviewRemoval(t *testing.T) {
	t.Parallel()
	r, err := reviewed(t, access.UnansweredKeep).Answer(1, 1, access.AnswerRemove, cleo, start)
	if err != nil || len(r.Waiting()) != 1 {
		t.Fatalf("%+v wait, %v", r.Waiting(), err)
	}
	later := start.Add(time.Hour)
	gone := r.Removed(1, later)
	for _, n := range []int{1, 2, 3} {
		if row, _ := gone.Row(n); row.State != access.RowRemoved || row.By != cleo || !row.EndedAt.Equal(later) {
			t.Errorf("row %d is %+v", n, row)
		}
	}
	if back := gone.Removed(1, later); back.Rev != gone.Rev {
		t.Error("a second word changed it")
	}
	if stays := r.Failed(1, "Microsoft says no.", later); len(stays.Waiting()) != 3 {
		t.Errorf("%+v wait", stays.Waiting())
	}
	closed, err := gone.KeepRest(1, cleo, later)
	if err != nil || closed.State != access.ReviewClosed || !closed.ClosedAt.Equal(later) {
		t.Errorf("it is %s, %v", closed.State, err)
	}
	if _, err := closed.KeepRest(1, cleo, later); access.CodeOf(err) != access.Conflict {
		t.Errorf("keeping the rest of nothing: %v", err)
	}
}

// TestReviewRefresh tells a row that shows another thing from one of which only the
// people changed, and never takes what could not be read for gone.
func TestReviewRefresh(t *testing.T) {
	t.Parallel()
	r := reviewed(t, access.UnansweredKeep)
	people := current()
	people[1].Members, people[1].Count = []string{"Ana"}, 1
	if got := r.Refresh(people, nil, start); got.Rev != r.Rev {
		t.Error("who is in a group is no change")
	}
	wider := current()
	wider[1].Roles = append(wider[1].Roles, "r9")
	got := r.Refresh(wider, nil, start)
	if row, _ := got.Row(2); row.Terms != 2 || row.State != access.RowOpen || len(row.Roles) != 2 || got.Terms != 2 {
		t.Errorf("a change of roles leaves %+v", row)
	}
	if _, err := got.KeepRest(1, cleo, start); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("keeping what was not seen: %v", err)
	}
	if got := r.Refresh(current()[:1], []access.RelationshipID{"a"}, start); got.Count(access.RowGone) != 1 {
		t.Errorf("of what could not be read %+v", got.Rows)
	}
	if got := r.Refresh(nil, nil, start); got.State != access.ReviewClosed || got.Count(access.RowGone) != 4 {
		t.Errorf("of nothing it is %s: %+v", got.State, got.Rows)
	}
}

// TestReviewClose handles what nobody answered as policy says.
func TestReviewClose(t *testing.T) {
	t.Parallel()
	for as, want := range map[access.Unanswered][]access.RowState{
		access.UnansweredKeep:   {access.RowKept, access.RowKept, access.RowKept, access.RowKept},
		access.UnansweredRemove: {access.RowRemoving, access.RowOpen, access.RowOpen, access.RowKept},
		access.UnansweredAsk:    {access.RowHanded, access.RowHanded, access.RowHanded, access.RowKept},
	} {
		r := reviewed(t, as)
		if _, err := r.Close(start); access.CodeOf(err) != access.Conflict {
			t.Errorf("%s: before its time: %v", as, err)
		}
		r, _ = r.Answer(4, 1, access.AnswerKeep, cleo, start)
		over := start.Add(fortnight)
		got, err := r.Close(over)
		var states []access.RowState
		for _, row := range got.Rows {
			states = append(states, row.State)
		}
		if err != nil || !slices.Equal(states, want) || (got.State == access.ReviewClosed) != (as == access.UnansweredKeep) {
			t.Errorf("%s: %v, %s, %v, want %v", as, states, got.State, err, want)
		}
		if _, ok := got.Due(); ok {
			t.Errorf("%s: time does something once more", as)
		}
		if _, err := got.Close(over); access.CodeOf(err) != access.Conflict {
			t.Errorf("%s: twice: %v", as, err)
		}
		switch as {
		case access.UnansweredRemove: // the relationship stays, so its groups go by themselves
			got = got.Failed(1, "no", over)
			if got.Count(access.RowRemoving) != 2 {
				t.Errorf("after the failure: %+v", got.Rows)
			}
		case access.UnansweredAsk: // a bot admin answers, also after the time
			for _, n := range []int{1, 2, 3} {
				if got, err = got.Answer(n, 1, access.AnswerKeep, ana, over.Add(time.Hour)); err != nil {
					t.Error(err)
				}
			}
			if got.State != access.ReviewClosed {
				t.Errorf("it is %s", got.State)
			}
		}
	}
}

func TestAccessReviewReminders(t *testing.T) {
	t.Parallel()
	r := reviewed(t, access.UnansweredKeep)
	at, _ := r.Due()
	half, due := r.Remind(at)
	last, again := half.Remind(start.Add(fortnight - fortnight/8))
	if !at.Equal(start.Add(fortnight/2)) || !due || half.LastReminder() || !again || !last.LastReminder() {
		t.Errorf("first at %v, %t %t; then %t %t", at, due, half.LastReminder(), again, last.LastReminder())
	}
	if at, ok := last.Due(); !ok || !at.Equal(r.DueBy) {
		t.Errorf("then it is due at %v, %t", at, ok)
	}
	kept, _ := r.Answer(4, 1, access.AnswerKeep, cleo, start)
	kept, _ = kept.Answer(1, 1, access.AnswerRemove, cleo, start)
	if _, ok := kept.NextReminder(); ok {
		t.Error("nobody has to answer, and is reminded")
	}
	if at, ok := kept.Due(); !ok || !at.Equal(r.DueBy) {
		t.Errorf("while something is removed it is due at %v, %t", at, ok)
	}
}

// TestReviewWalk lets anything happen in any order. What is final stays, a refusal
// changes nothing, and a review is closed exactly when every row is settled.
func TestReviewWalk(t *testing.T) {
	t.Parallel()
	final := func(s access.RowState) bool {
		return s == access.RowKept || s == access.RowRemoved || s == access.RowFailed || s == access.RowGone
	}
	rapid.Check(t, func(rt *rapid.T) {
		as := rapid.SampledFrom([]access.Unanswered{access.UnansweredKeep, access.UnansweredRemove, access.UnansweredAsk}).Draw(rt, "unanswered")
		r, now := reviewed(t, as), start
		n := func() int { return rapid.IntRange(0, 5).Draw(rt, "row") }
		terms := func() int { return rapid.IntRange(1, 2).Draw(rt, "terms") }
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			before, old, err := r, slices.Clone(r.Rows), error(nil)
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0, 1:
				r, err = r.Answer(n(), terms(), rapid.SampledFrom([]access.Answer{access.AnswerKeep, access.AnswerRemove}).Draw(rt, "answer"), cleo, now)
			case 2:
				r, err = r.KeepRest(terms(), cleo, now)
			case 3:
				r = r.Removed(n(), now)
			case 4:
				r = r.Failed(n(), "no", now)
			case 5:
				r, err = r.Close(now)
			case 6:
				some := slices.DeleteFunc(current(), func(access.ReviewRow) bool { return rapid.IntRange(0, 9).Draw(rt, "gone") == 0 })
				r = r.Refresh(some, nil, now)
			case 7:
				now = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "hours")) * time.Hour)
				r, _ = r.Remind(now)
			}
			for i, row := range r.Rows {
				was := old[i]
				if before.Rows[i].State != was.State || final(was.State) && row.State != was.State || was.State == access.RowRemoving && row.State == access.RowKept {
					rt.Fatalf("row %d went from %s to %s; the value before is %s", i+1, was.State, row.State, before.Rows[i].State)
				}
				if row.State == access.RowKept && row.By.User == "" && !r.Overdue {
					rt.Fatalf("row %d was kept by nobody before its time", i+1)
				}
			}
			unsettled := slices.ContainsFunc(r.Rows, func(row access.ReviewRow) bool { return !final(row.State) })
			if err != nil && r.Rev != before.Rev || (r.State == access.ReviewClosed) == unsettled || r.Rev < before.Rev || r.Reminded > 2 {
				rt.Fatalf("%v; from %+v to %+v", err, before, r)
			}
			if before.State == access.ReviewClosed && r.Rev != before.Rev {
				rt.Fatal("a closed review changed")
			}
		}
	})
}
