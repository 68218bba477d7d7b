package evidence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var start = time.Date(2026, 10, 2, 6, 30, 0, 0, time.UTC)

// pasts of customers whose every text carries a word of theirs.
var pasts = []evidencetest.Past{
	{Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Name: "Zebra Clinics", Word: "Zebra", Mark: "1", Start: start, Every: 15 * time.Hour, Asks: 40},
	{Tenant: "5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720", Name: "Walrus Law", Word: "Walrus", Mark: "2", Start: start.Add(time.Hour), Every: 13 * time.Hour, Asks: 40},
	{Tenant: "c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836", Name: "Ocelot Toys", Word: "Ocelot", Mark: "3", Start: start.Add(2 * time.Hour), Every: 29 * time.Hour, Asks: 40},
}

func fill(t rapid.TB, all ...evidencetest.Past) state.Store {
	t.Helper()
	s := statetest.Memory()
	for _, p := range all {
		if err := p.Fill(func(fn func(state.Tx) error) error { return s.Update(context.Background(), fn) }); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func order(p evidencetest.Past, period string) evidence.Order {
	span, ok := access.ParseSpan(period, time.UTC)
	if !ok {
		panic(period)
	}
	return evidence.Order{Customer: p.Tenant, Span: span, Made: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func report(t rapid.TB, s state.Store, o evidence.Order) evidence.Report {
	t.Helper()
	var in evidence.Input
	if err := s.View(context.Background(), func(tx state.Tx) (err error) {
		in, err = evidence.Read(tx, o)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return evidence.Of(in)
}

// said is everything that any form of the report says.
func said(t rapid.TB, r evidence.Report) string {
	t.Helper()
	d := paper.New(r)
	d.PageWords = nil
	words, err1 := json.Marshal(struct { // what the PDF draws
		A any
		B []paper.Section
	}{[]any{d.Warning, d.Title, d.Customer, d.Period, d.Facts, d.Figures, d.Head, d.Foot}, d.Sections})
	html, err2 := paper.HTML(paper.New(r))
	table, err3 := paper.CSV(r)
	all, err4 := json.Marshal(r)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return string(words) + string(html) + string(table) + string(all)
}

// others are the words by which one finds what belongs to somebody else.
func others(p evidencetest.Past) []string {
	var out []string
	for _, q := range pasts {
		if q.Tenant == p.Tenant {
			continue
		}
		out = append(out, q.Word, string(q.Tenant), string(q.Tenant[:8]), string(q.ID(0))[:4], "U0"+q.Mark+"CAROL", "V-7K3M"+q.Mark, strings.ToUpper(q.Word))
	}
	return out
}

// TestNothingOfAnother plants words in everything that belongs to a customer, and looks
// for those of the others in whatever a report says.
func TestNothingOfAnother(t *testing.T) {
	t.Parallel()
	s := fill(t, pasts...)
	for _, p := range pasts {
		text := said(t, report(t, s, order(p, "2026")))
		if n := strings.Count(text, p.Word); n < 300 {
			t.Errorf("the report of %s has its word %d times; the test looks at too little", p.Name, n)
		}
		for _, word := range others(p) {
			if i := strings.Index(text, word); i >= 0 {
				t.Errorf("the report of %s says %q: …%s…", p.Name, word, text[max(0, i-60):min(len(text), i+60)])
			}
		}
	}
}

// TestNothingOfAnotherEver does so for many pasts and times.
func TestNothingOfAnotherEver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mine := slices.Clone(pasts)
		for i := range mine {
			mine[i].Asks = rapid.IntRange(0, 6).Draw(t, "asks")
			mine[i].Every = time.Duration(rapid.IntRange(1, 300).Draw(t, "every")) * time.Hour
		}
		s := fill(t, mine...)
		p := mine[rapid.IntRange(0, len(mine)-1).Draw(t, "whose")]
		o := order(p, rapid.SampledFrom([]string{"2026", "2026-10", "2026-Q4", "2026-10-05", "2025", "2026-10-10..2026-11-20"}).Draw(t, "period"))
		r := report(t, s, o)
		text := said(t, r)
		for _, word := range others(p) {
			if strings.Contains(text, word) {
				t.Fatalf("the report of %s says %q", p.Name, word)
			}
		}
		for _, a := range r.Accesses {
			if !a.From.Before(o.Span.To) || !a.To.IsZero() && a.To.Before(o.Span.From) {
				t.Fatalf("%s was from %v to %v, not in %v", a.Request, a.From, a.To, o.Span)
			}
		}
	})
}

// TestWhole compares what the report says with what was done.
func TestWhole(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	r := report(t, s, order(p, "2026-10"))
	if got := fmt.Sprint(len(r.Accesses), len(r.Refused), len(r.Turned), len(r.Took()), len(r.Relationships), len(r.Standing), len(r.Reviews), len(r.Alerts), len(r.Contacts)); got != "33 5 2 2 2 1 1 1 2" {
		t.Errorf("it tells of %s", got)
	}
	if r.Name != p.Name || r.Log.Altered+r.Log.Gone+r.Log.Deleted+r.Unread != 0 || r.Log.First != 1 || r.Log.Own != r.Log.Count || len(r.Log.Hash) != 64 {
		t.Errorf("of the log it says %+v", r.Log)
	}
	a := r.Accesses[0]
	if a.Request != p.ID(0) || !reflect.DeepEqual(a.Tickets, []string{"INC-4000"}) || a.To.Sub(a.From) != time.Hour+25*time.Second || a.Reason != access.Expired ||
		a.Who.Mail != "ana@fabrikam.example" || a.Who.Object != evidencetest.Object(0) || len(a.Approvals) != 1 || a.Approvals[0].By.Name != "Carol Zebra" || !a.Approvals[0].SignedIn {
		t.Errorf("the first access is %+v", a)
	}
	if b := r.Accesses[1].Approvals[0]; b.SignedIn || !b.Verified.IsZero() || b.By.Name != "Oskar Zebra" {
		t.Errorf("somebody who had not signed in is told as %+v", b)
	}
	early := r.Accesses[slices.IndexFunc(r.Accesses, func(a evidence.Access) bool { return a.Reason == access.Revoked })]
	if early.By.Name == "" || early.End.Text != "Zebra: done sooner" || early.End.Altered {
		t.Errorf("one that was ended early is told as %+v", early)
	}
	if again := report(t, s, order(p, "2026-10")); again.Digest() != r.Digest() {
		t.Error("the same report has another digest")
	}
	if other := report(t, s, order(p, "2026-11")); other.Digest() == r.Digest() || len(other.Accesses) > 0 {
		t.Errorf("in November there were %d", len(other.Accesses))
	}
	one := order(p, "2026-10")
	one.UpTo = a.Last
	if cut := report(t, s, one); len(cut.Accesses) != 1 || cut.Log.Last != a.Last {
		t.Errorf("up to event %d it tells of %d", a.Last, len(cut.Accesses))
	}
}

// forgetKim deletes the data of a colleague who has left.
func forgetKim(t *testing.T, s state.Store, p evidencetest.Past) {
	t.Helper()
	kim := access.Forgotten{
		Users: []access.UserID{"U0KIM00001"}, Objects: []access.PrincipalID{evidencetest.Object(2)}, Mails: []string{"kim@fabrikam.example"},
		Names: []string{"Kim Müller-Łukasiewicz"}, As: "P-7K3M2",
	}
	at := start.Add(1000 * time.Hour)
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		if _, err := audit.Append(tx, access.Event{At: at, Kind: access.EventForgetting, Detail: map[string]string{"as": "P-7K3M2"}}); err != nil {
			return err
		}
		if err := state.DeleteStaff(tx, "U0KIM00001"); err != nil {
			return err
		}
		for i := range p.Asks {
			for _, key := range []string{"request/", "grant/", "breakglass/"} {
				done, err := state.Strip(tx, key+string(p.ID(i)), kim)
				if err != nil {
					return err
				}
				if r, err := state.Request(tx, p.ID(i)); err == nil && done.Words && key == "request/" {
					r.Salt, r.ForgottenAt = "", at
					if err := state.PutRequest(tx, r); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestForgotten holds that what was deleted on request is told as deleted, and that
// nothing is missing because of it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	before := report(t, s, order(p, "2026-10"))
	forgetKim(t, s, p)
	r := report(t, s, order(p, "2026-10"))
	if len(r.Accesses) != len(before.Accesses) || len(r.Refused) != len(before.Refused) || !r.Sound() || r.Log.Deleted == 0 {
		t.Errorf("it tells of %d and %d, before of %d and %d; %+v", len(r.Accesses), len(r.Refused), len(before.Accesses), len(before.Refused), r.Log)
	}
	text := said(t, r)
	for _, gone := range []string{"Kim", "kim@", "U0KIM00001"} {
		if strings.Contains(text, gone) {
			t.Errorf("the report still says %q", gone)
		}
	}
	for _, stays := range []string{"P-7K3M2 (deleted on request)", string(evidencetest.Object(2)), "What was written here was deleted on request."} {
		if !strings.Contains(text, stays) {
			t.Errorf("the report does not say %q", stays)
		}
	}
}

// TestPruned holds that the log alone tells of what is not kept any more.
func TestPruned(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	before := report(t, s, order(p, "2026-10"))
	if err := s.Update(t.Context(), func(tx state.Tx) (err error) {
		for i := range p.Asks {
			for _, key := range []string{"grant/", "breakglass/", "request/"} {
				err = errors.Join(err, state.Drop(tx, key+string(p.ID(i))))
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r := report(t, s, order(p, "2026-10"))
	if len(r.Accesses) != len(before.Accesses) || len(r.Refused) != len(before.Refused) || r.Log.Gone != 38 {
		t.Fatalf("it tells of %d and %d, before of %d and %d; %+v", len(r.Accesses), len(r.Refused), len(before.Accesses), len(before.Refused), r.Log)
	}
	for i, a := range r.Accesses {
		b := before.Accesses[i]
		if a.Request != b.Request || !a.From.Equal(b.From) || !a.To.Equal(b.To) || !slices.Equal(a.Roles, b.Roles) || a.Who.User != b.Who.User || !a.Why.Gone || !sameWords(a.Ask, b.Ask) {
			t.Errorf("it tells of %+v, before of %+v", a, b)
		}
	}
	if len(r.Took()) != 2 || r.Took()[0].Glass.Open == r.Took()[1].Glass.Open {
		t.Errorf("what was taken by break-glass is told as %+v", r.Took())
	}
	if text := said(t, r); !strings.Contains(text, "deleted when its time was over") {
		t.Error("it does not say that the reasons are gone")
	}
}

// sameWords reports whether the same people are told to have agreed, at the same times, and
// known in the same way, and whether the same was found of an access by break-glass.
func sameWords(a, b evidence.Ask) bool {
	if len(a.Approvals) != len(b.Approvals) || a.Auto != b.Auto || (a.Glass == nil) != (b.Glass == nil) {
		return false
	}
	for i, x := range a.Approvals {
		y := b.Approvals[i]
		if x.By.User != y.By.User || x.By.Object != y.By.Object || x.Verdict != y.Verdict || !x.At.Equal(y.At) || x.SignedIn != y.SignedIn || !x.Verified.Equal(y.Verified) || x.Role != y.Role {
			return false
		}
	}
	if g, h := a.Glass, b.Glass; g != nil {
		return g.At.Equal(h.At) && g.Open == h.Open && g.By.User == h.By.User && g.SignedAt.Equal(h.SignedAt) && len(g.Objections) == len(h.Objections)
	}
	return true
}

// TestAltered holds that a reason that somebody has rewritten shows.
func TestAltered(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		r, err := state.Request(tx, p.ID(0))
		r.Justification = "Zebra: something nicer"
		return errors.Join(err, state.PutRequest(tx, r))
	}); err != nil {
		t.Fatal(err)
	}
	r := report(t, s, order(p, "2026-10"))
	if r.Log.Altered != 1 || !r.Accesses[0].Why.Altered || !strings.Contains(said(t, r), "not what the audit log was told") {
		t.Errorf("%d are altered: %+v", r.Log.Altered, r.Accesses[0].Why)
	}
}

// TestWindowsAndExtensions tells each time of access by itself, with what moved its end.
func TestWindowsAndExtensions(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	p.Asks = 0
	s := fill(t, p)
	day := func(n, hour int) time.Time { return time.Date(2026, 10, n, hour, 0, 0, 0, time.UTC) }
	log := func(tx state.Tx, at time.Time, kind access.EventKind, id access.RequestID, detail map[string]string) error {
		_, err := audit.Append(tx, access.Event{At: at, Kind: kind, Customer: p.Tenant, Request: id, Detail: detail})
		return err
	}
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		until := func(at time.Time) map[string]string { return map[string]string{"until": at.Format(time.RFC3339)} }
		return errors.Join(
			log(tx, day(1, 9), access.EventRequested, "R-AAAAA", map[string]string{"roles": string(evidencetest.Exchange), "duration": "2h0m0s"}),
			log(tx, day(1, 10), access.EventApproved, "R-AAAAA", map[string]string{"state": "approved"}),
			log(tx, day(2, 20), access.EventActive, "R-AAAAA", until(day(2, 22))),
			log(tx, day(2, 22), access.EventEnding, "R-AAAAA", map[string]string{"reason": "expired"}),
			log(tx, day(2, 22), access.EventEnded, "R-AAAAA", map[string]string{"reason": "expired", "window": "1"}),
			log(tx, day(9, 20), access.EventActive, "R-AAAAA", until(day(9, 22))),
			log(tx, day(9, 21), access.EventRequested, "R-BBBBB", map[string]string{"roles": string(evidencetest.Exchange), "duration": "1h0m0s", "extends": "R-AAAAA"}),
			log(tx, day(9, 21), access.EventApproved, "R-BBBBB", map[string]string{"state": "approved"}),
			log(tx, day(9, 21), access.EventProlonged, "R-AAAAA", map[string]string{"until": day(9, 23).Format(time.RFC3339), "by": "R-BBBBB"}),
			log(tx, day(31, 23), access.EventRequested, "R-CCCCC", map[string]string{"roles": string(evidencetest.Exchange), "duration": "1h0m0s"}),
		)
	}); err != nil {
		t.Fatal(err)
	}
	r := report(t, s, order(p, "2026-10"))
	if len(r.Accesses) != 2 || len(r.Refused) != 1 {
		t.Fatalf("it tells of %+v and %+v", r.Accesses, r.Refused)
	}
	first, second := r.Accesses[0], r.Accesses[1]
	if first.Window != 1 || !first.To.Equal(day(2, 22)) || second.Window != 2 || !second.To.IsZero() || !second.Until.Equal(day(9, 23)) || len(second.Longer) != 1 || second.Longer[0].Request != "R-BBBBB" {
		t.Errorf("the times of access are %+v and %+v", first, second)
	}
	if w := r.Refused[0]; w.Request != "R-CCCCC" || w.Outcome != "waiting" {
		t.Errorf("what waits is %+v", w)
	}
	if only := report(t, s, order(p, "2026-10-04..2026-10-12")); len(only.Accesses) != 1 || only.Accesses[0].Window != 2 {
		t.Errorf("a week has %+v", only.Accesses)
	}
	if text := said(t, r); !strings.Contains(text, "Made longer until 2026-10-09 23:00 UTC (R-BBBBB)") || !strings.Contains(text, "in force") {
		t.Error("the extension is not told")
	}
}

// TestNothing is a report of a customer of whom nothing is known.
func TestNothing(t *testing.T) {
	t.Parallel()
	r := report(t, statetest.Memory(), order(pasts[0], "2026-10"))
	if len(r.Accesses)+len(r.Refused)+r.Log.Count != 0 || !strings.Contains(said(t, r), "Nobody had access by request in this time.") {
		t.Errorf("it says %+v", r)
	}
}
