package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/evidence/overview"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func wanted(period string) evidence.OverviewOrder {
	span, ok := access.ParseSpan(period, berlin)
	if !ok {
		panic(period)
	}
	return evidence.OverviewOrder{Span: span, Made: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Zone: berlin, Policy: &policy.Policy{
		Version: "1f0c52a9e7b3", Customers: []policy.Customer{{Name: "Zebra Clinics", Tenant: "zebra"}, {Name: "Walrus Law", Tenant: "walrus"}},
		Staff: []policy.StaffGroup{
			{Name: "Desk", People: []access.UserID{"U1", "U2"}}, {Name: "Mail", Source: "slack:S1"}, {Name: "Unread", Source: "slack:S2"}, {Name: "Idle", People: []access.UserID{"U9"}},
		},
	}}
}

// local is a moment of October 2026 in Berlin, where clocks go back on the 25th.
func local(day, hour, minute int) time.Time {
	return time.Date(2026, 10, day, hour, minute, 0, 0, berlin)
}

// a is an event of a request: "R-1 U1@zebra", as far as each is needed.
func a(at time.Time, kind access.EventKind, about string, detail ...string) access.Event {
	id, rest, _ := strings.Cut(about, " ")
	user, customer, _ := strings.Cut(rest, "@")
	e := access.Event{At: at, Kind: kind, Request: access.RequestID(id), Customer: access.TenantID(customer), Detail: map[string]string{}}
	if user != "" {
		e.Actor = access.Person{Team: "T", User: access.UserID(user)}
	}
	for i := 0; i+1 < len(detail); i += 2 {
		e.Detail[detail[i]] = detail[i+1]
	}
	return e
}

// lived is a request that was asked for, approved by a contact, and in force.
func lived(id, user, customer string, asked time.Time, waited time.Duration, from, to time.Time, roles ...string) []access.Event {
	about := id + " @" + customer
	out := []access.Event{
		a(asked, access.EventRequested, id+" "+user+"@"+customer, "roles", strings.Join(roles, ","), "duration", "1h0m0s"),
		a(asked.Add(waited), access.EventApproved, about, "state", "approved"), a(from, access.EventActive, about),
	}
	if !to.IsZero() {
		out = append(out, a(to, access.EventEnded, about, "reason", "expired"))
	}
	return out
}

// uses are rows in short: name, hours, times, people and customers.
func uses(all []evidence.Use) string {
	var out []string
	for _, u := range all {
		name := u.Name
		if u.None {
			name = "none"
		}
		out = append(out, fmt.Sprintf("%s %.2f %d %d %d", name+u.Key, u.Held.Hours(), u.Given, u.People, u.Customers))
	}
	return strings.Join(out, "; ")
}

// TestOverviewOf counts what little histories come to.
func TestOverviewOf(t *testing.T) {
	t.Parallel()
	oct := lived("R-1", "U1", "zebra", local(5, 9, 0), 10*time.Minute, local(5, 10, 0), local(5, 12, 0), "exchange", "helpdesk")
	rows := map[string]struct {
		events []access.Event
		see    func(o evidence.Overview) string
		want   string
	}{
		"AccessByTeam":     {oct, func(o evidence.Overview) string { return uses(o.Teams) }, "Desk 2.00 1 1 1; Idle 0.00 0 0 0; Mail 0.00 0 0 0"},
		"AccessByPerson":   {oct, func(o evidence.Overview) string { return uses(o.People) }, "U1U1 2.00 1 1 1"},
		"AccessByRole":     {oct, func(o evidence.Overview) string { return uses(o.Roles) }, "exchange 2.00 1 1 1; helpdesk 2.00 1 1 1"},
		"AccessByCustomer": {oct, func(o evidence.Overview) string { return uses(o.Customers) }, "Zebra Clinicszebra 2.00 1 1 1"},
		"TeamNotRead":      {oct, func(o evidence.Overview) string { return fmt.Sprint(o.Unmapped) }, "[Unread]"},
		"TwoTeams": {
			lived("R-1", "U2", "zebra", local(5, 9, 0), 0, local(5, 10, 0), local(5, 11, 0), "exchange"),
			func(o evidence.Overview) string { return uses(o.Teams) + fmt.Sprint(o.Sum.Held) }, "Desk 1.00 1 1 1; Mail 1.00 1 1 1; Idle 0.00 0 0 01h0m0s",
		},
		"NoTeam": {
			lived("R-1", "U7", "zebra", local(5, 9, 0), 0, local(5, 10, 0), local(5, 11, 0), "exchange"),
			func(o evidence.Overview) string { return uses(o.Teams) }, "Desk 0.00 0 0 0; Idle 0.00 0 0 0; Mail 0.00 0 0 0; none 1.00 1 1 1",
		},
		"TwiceAtOnce": { // at one customer it is one time, at two it is two
			append(append(oct, lived("R-2", "U1", "zebra", local(5, 9, 0), 0, local(5, 11, 0), local(5, 13, 0), "exchange")...),
				lived("R-3", "U1", "walrus", local(5, 9, 0), 0, local(5, 11, 0), local(5, 12, 0), "exchange")...),
			func(o evidence.Overview) string { return uses(o.People) + "; " + uses(o.Roles) }, "U1U1 4.00 3 1 2; exchange 4.00 3 1 2; helpdesk 2.00 1 1 1",
		},
		"OverTheClockThatGoesBack": { // the month has an hour more
			lived("R-1", "U1", "zebra", time.Date(2026, 9, 1, 0, 0, 0, 0, berlin), 0, time.Date(2026, 9, 1, 0, 0, 0, 0, berlin), time.Date(2026, 11, 5, 0, 0, 0, 0, berlin), "exchange"),
			func(o evidence.Overview) string { return fmt.Sprint(o.Sum.Held, o.Steps[3].Held, o.Steps[4].Held) }, "745h0m0s 169h0m0s 144h0m0s",
		},
		"InForce": {lived("R-1", "U1", "zebra", local(31, 20, 0), 0, local(31, 22, 0), time.Time{}, "exchange"), func(o evidence.Overview) string { return uses(o.People) }, "U1U1 2.00 1 1 1"},
		"Before":  {lived("R-1", "U1", "zebra", time.Date(2026, 9, 30, 20, 0, 0, 0, berlin), 0, time.Date(2026, 9, 30, 21, 0, 0, 0, berlin), local(1, 0, 0), "exchange"), func(o evidence.Overview) string { return fmt.Sprint(o.Sum.Given, o.Sum.Asked, o.Empty()) }, "0 0 true"},
		"After":   {lived("R-1", "U1", "zebra", time.Date(2026, 11, 1, 0, 0, 0, 0, berlin), 0, time.Date(2026, 11, 1, 1, 0, 0, 0, berlin), time.Time{}, "exchange"), func(o evidence.Overview) string { return fmt.Sprint(o.Sum.Given, o.Empty()) }, "0 true"},
		"Windows": {
			append(oct, a(local(12, 10, 0), access.EventActive, "R-1 @zebra"), a(local(12, 11, 0), access.EventEnded, "R-1 @zebra")),
			func(o evidence.Overview) string { return uses(o.People) + fmt.Sprint(o.Sum.Asked) }, "U1U1 3.00 2 1 11",
		},
		"Extension": { // gives no access of its own, and its word counts
			append(oct[:3:3], a(local(5, 10, 30), access.EventRequested, "R-2 U1@zebra", "roles", "exchange", "extends", "R-1"), a(local(5, 10, 40), access.EventApproved, "R-2 @zebra", "state", "approved"),
				a(local(5, 10, 40), access.EventProlonged, "R-1 @zebra", "by", "R-2"), a(local(5, 13, 0), access.EventEnded, "R-1 @zebra")),
			func(o evidence.Overview) string { return uses(o.People) + fmt.Sprint(o.Sum.Waits, o.Outcomes) }, "U1U1 3.00 1 1 1{2 10m0s 10m0s} {2 0 0 0 0 0 0 0 0}",
		},
		"Waiting": {
			[]access.Event{a(local(30, 9, 0), access.EventRequested, "R-1 U1@zebra", "roles", "exchange"), a(local(31, 9, 0), access.EventChanged, "R-1 U1@zebra", "roles", "helpdesk"), a(local(31, 23, 0).Add(time.Hour), access.EventApproved, "R-1 @zebra", "state", "approved")},
			func(o evidence.Overview) string {
				return fmt.Sprintln(o.Waiting[0].Request, o.Waiting[0].For, o.Waiting[0].Roles, o.Outcomes.Waiting, o.Sum.Waits.Count)
			}, "R-1 15h0m0s [helpdesk] 1 0",
		},
		"FirstOfTwoWords": {
			[]access.Event{a(local(30, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(30, 10, 0), access.EventApproved, "R-1 @zebra", "state", "pending", "stage", "peers")},
			func(o evidence.Overview) string { return fmt.Sprint(len(o.Waiting), o.Sum.Waits.Count) }, "1 0",
		},
		"ChangedTerms": { // the wait is for what was decided
			[]access.Event{a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(5, 11, 0), access.EventChanged, "R-1 U1@zebra"), a(local(5, 11, 20), access.EventApproved, "R-1 @zebra", "state", "approved")},
			func(o evidence.Overview) string { return fmt.Sprint(o.Sum.Waits, o.Waits) }, "{1 20m0s 20m0s} [0 0 1 0 0 0]",
		},
		"ByRule": {
			[]access.Event{a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(5, 9, 0), access.EventApproved, "R-1 @zebra", "state", "approved", "rule", "Desk")},
			func(o evidence.Overview) string { return fmt.Sprint(o.Sum.Waits.Count, o.Outcomes) }, "0 {0 1 0 0 0 0 0 0 0}",
		},
		"Denied": {
			[]access.Event{a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(5, 9, 30), access.EventDenied, "R-1 UC@zebra", "state", "denied", "stage", "peers")},
			func(o evidence.Overview) string {
				return fmt.Sprintln(o.Outcomes, o.Denials[0].By.User, o.Denials[0].Peer, o.Denials[0].Note.Gone, o.People[0].Denied, o.Steps[1].Denied)
			}, "{0 0 0 1 0 0 0 0 0} UC true true 1 1",
		},
		"Outcomes": {
			[]access.Event{
				a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(5, 9, 30), access.EventWithdrawn, "R-1 U1@zebra"),
				a(local(5, 9, 0), access.EventRequested, "R-2 U1@zebra"), a(local(6, 9, 0), access.EventLapsed, "R-2 @zebra"),
				a(local(5, 9, 0), access.EventRequested, "R-3 U1@zebra"), a(local(5, 9, 1), access.EventApproved, "R-3 @zebra", "state", "approved"), a(local(5, 9, 2), access.EventFailed, "R-3 @zebra"),
				a(local(5, 9, 0), access.EventRefused, " U1@zebra", "act", "request"),
			},
			func(o evidence.Overview) string { return fmt.Sprint(o.Outcomes, len(o.Waiting)) }, "{1 0 0 0 1 1 1 0 1} 0",
		},
		"BreakGlass": {
			append(append([]access.Event{a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra", "roles", "exchange"), a(local(5, 9, 0), access.EventBrokeGlass, "R-1 U1@zebra")},
				lived("R-1", "U1", "zebra", local(5, 9, 0), 0, local(5, 9, 10), local(5, 10, 10), "exchange")[2:]...),
				a(local(5, 12, 0), access.EventSignedOff, "R-1 U2@zebra"), a(local(5, 13, 0), access.EventObjected, "R-1 UC@zebra"), a(local(31, 23, 0).AddDate(0, 0, 3), access.EventSignedOff, "R-1 U9@zebra")),
			func(o evidence.Overview) string {
				return fmt.Sprintln(len(o.Glass), o.Glass[0].Held, o.Glass[0].Open, o.Glass[0].By.User, o.Glass[0].Objections, o.Sum.Glass, o.Sum.Waits.Count)
			}, "1 1h0m0s false U9 1 1 0",
		},
		"Reopened": {
			[]access.Event{a(local(5, 9, 0), access.EventRequested, "R-1 U1@zebra"), a(local(5, 9, 0), access.EventBrokeGlass, "R-1 U1@zebra"), a(local(5, 12, 0), access.EventSignedOff, "R-1 U2@zebra"), a(local(5, 13, 0), access.EventObjected, "R-1 UC@zebra")},
			func(o evidence.Overview) string { return fmt.Sprint(o.Glass[0].Open, o.Outcomes) }, "true {0 0 1 0 0 0 0 0 0}",
		},
		"Nothing": {nil, func(o evidence.Overview) string { return fmt.Sprintln(o.Empty(), len(o.Steps), o.Step, o.Sum) }, "true 5 week {  false 0 0 0 0 0s 0 0 {0 0s 0s}}"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := evidence.OverviewInput{OverviewOrder: wanted("2026-10"), Events: row.events, Groups: map[access.StaffSource]access.GroupPeople{"slack:S1": {Source: "slack:S1", People: []string{"U2"}}}}
			in.Customers = map[access.TenantID]string{"zebra": "Zebra Clinics", "walrus": "Walrus Law"}
			if got := strings.TrimSuffix(row.see(evidence.OverviewOf(in)), "\n"); got != row.want {
				t.Errorf("it says %q, want %q", got, row.want)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	minutes := func(all ...int) (out []time.Duration) {
		for _, n := range all {
			out = append(out, time.Duration(n)*time.Minute)
		}
		return out
	}
	for _, row := range []struct {
		all  []time.Duration
		want evidence.Waits
	}{
		{nil, evidence.Waits{}},
		{minutes(7), evidence.Waits{Count: 1, Median: 7 * time.Minute, Ninety: 7 * time.Minute}},
		{minutes(9, 1), evidence.Waits{Count: 2, Median: time.Minute, Ninety: 9 * time.Minute}},
		{minutes(3, 1, 2), evidence.Waits{Count: 3, Median: 2 * time.Minute, Ninety: 3 * time.Minute}},
		{minutes(10, 9, 8, 7, 6, 5, 4, 3, 2, 1), evidence.Waits{Count: 10, Median: 5 * time.Minute, Ninety: 9 * time.Minute}},
		{minutes(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), evidence.Waits{Count: 11, Median: 6 * time.Minute, Ninety: 10 * time.Minute}},
	} {
		if got := evidence.NewWaits(row.all); got != row.want {
			t.Errorf("of %v it says %v, want %v", row.all, got, row.want)
		}
	}
}

// TestSteps cuts times by the calendar.
func TestSteps(t *testing.T) {
	t.Parallel()
	for period, want := range map[string]string{
		"2026-10": "week 5 96h 144h", "2026-10-05..2026-10-11": "day 7 24h 24h", "2026-10-25": "day 1 25h 25h", "2026": "month 12 744h 744h", "2026-Q4": "week 14 96h 96h",
	} {
		o := evidence.OverviewOf(evidence.OverviewInput{OverviewOrder: wanted(period)})
		first, last := o.Steps[0], o.Steps[len(o.Steps)-1]
		got := fmt.Sprintf("%s %d %.0fh %.0fh", o.Step, len(o.Steps), first.To.Sub(first.From).Hours(), last.To.Sub(last.From).Hours())
		early := wanted(period)
		early.Made = o.Span.From.Add(time.Hour)
		if n := len(evidence.OverviewOf(evidence.OverviewInput{OverviewOrder: early}).Steps); n != 1 {
			t.Errorf("an hour into %s there are %d pieces", period, n)
		}
		if got != want || !first.From.Equal(o.Span.From) || !last.To.Equal(o.Span.To) {
			t.Errorf("%s is cut into %s, want %s", period, got, want)
		}
	}
}

// TestTrend goes back from what there is now.
func TestTrend(t *testing.T) {
	t.Parallel()
	in := evidence.OverviewInput{OverviewOrder: wanted("2026-10"), Known: time.Date(2026, 9, 16, 0, 0, 0, 0, berlin), ReadAt: local(31, 12, 0)}
	in.Ours = map[access.GroupID]bool{"ours": true}
	in.DAP = map[access.TenantID]bool{"zebra": false, "walrus": true}
	active := func(id access.RelationshipID, groups ...access.Assignment) state.MirroredRelationship {
		return state.MirroredRelationship{Relationship: access.Relationship{ID: id, Customer: "zebra", Status: access.RelationshipActive, Start: local(1, 0, 0).AddDate(-1, 0, 0)}, Assignments: groups}
	}
	has := func(group access.GroupID, role access.RoleID) access.Assignment {
		return access.Assignment{Group: group, Roles: []access.RoleID{role}, Status: access.AssignmentActive}
	}
	in.Relationships = []state.MirroredRelationship{active("old", has("ours", evidencetest.Global), has("desk", evidencetest.Exchange)), active("new", has("mail", evidencetest.Exchange))}
	change := func(at time.Time, kind access.ChangeKind, relationship, group, from, to string) access.Event {
		return a(at, access.EventAlertChanged, " @zebra", "alert", "A-1", "change", string(kind), "relationship", relationship, "group", group, "from", from, "to", to)
	}
	in.Events = []access.Event{
		change(local(6, 9, 0), access.ChangeReassigned, "old", "desk", string(evidencetest.Global), string(evidencetest.Exchange)),
		change(local(13, 9, 0), access.ChangeNew, "new", "", "", "active"),
		change(local(14, 9, 0), access.ChangeAssigned, "new", "mail", "", string(evidencetest.Exchange)),
		change(local(15, 9, 0), access.ChangeUnassigned, "old", "ours", string(evidencetest.Global), ""), // of the bot itself
		change(local(20, 9, 0), access.ChangeUnassigned, "old", "gone", string(evidencetest.Global), ""),
		change(local(21, 9, 0), access.ChangeDAPGone, "", "", "on", "off"),
		change(local(27, 9, 0), access.ChangeTerminated, "third", "", "active", "terminated"),
	}
	var got []string
	for _, p := range evidence.OverviewOf(in).Trend {
		got = append(got, fmt.Sprint(p.At.In(berlin).Format("02.01."), p.Relationships, p.Groups, p.Privileged, p.DAP))
	}
	want := "21.09.2 2 2 2, 28.09.2 2 2 2, 05.10.2 2 2 2, 12.10.2 2 1 2, 19.10.3 3 1 2, 26.10.3 2 0 1, 01.11.2 2 0 1"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("it went\n%s, want\n%s", all, want)
	}
}

func overviewOf(t rapid.TB, s state.Store, o evidence.OverviewOrder) (evidence.Overview, evidence.OverviewInput) {
	t.Helper()
	var in evidence.OverviewInput
	if err := s.View(context.Background(), func(tx state.Tx) (err error) {
		in, err = evidence.ReadOverview(tx, o)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return evidence.OverviewOf(in), in
}

// TestOverviewReads compares what it says with what was done, and with what the reports
// of the customers say.
func TestOverviewReads(t *testing.T) {
	t.Parallel()
	s := fill(t, pasts...)
	o, _ := overviewOf(t, s, wanted("2026-10"))
	var times, denied, glass int
	for _, p := range pasts {
		r := report(t, s, evidence.Order{Customer: p.Tenant, Span: o.Span, Made: o.Made})
		times, glass = times+len(r.Accesses), glass+len(r.Took())
		for _, one := range r.Refused {
			if one.Outcome == "denied" {
				denied++
			}
		}
	}
	if o.Sum.Given != times || o.Outcomes.Denied != denied || len(o.Glass) != glass || o.Sum.People != 3 || o.Sum.Customers != 3 || len(o.Groups) != 3 {
		t.Errorf("it says %+v and %+v; the reports have %d, %d and %d", o.Sum, o.Outcomes, times, denied, glass)
	}
	if d := o.Denials[0]; !strings.Contains(d.Note.Text, "not during the audit") || d.Note.Altered || d.By.Name == "" {
		t.Errorf("a denial is told as %+v", d)
	}
	if p := o.People[0]; p.Name == "" || p.Key == "" {
		t.Errorf("a person is called %+v", p)
	}
}

// TestOverviewReadsAsFarAsNeeded holds that reading back to the beginning of a time, and of
// what was not over then, says the same as reading all.
func TestOverviewReadsAsFarAsNeeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := pasts[0]
		p.Start = p.Start.AddDate(0, -rapid.IntRange(0, 9).Draw(t, "months"), 0)
		p.Asks, p.Every = rapid.IntRange(0, 30).Draw(t, "asks"), time.Duration(rapid.IntRange(1, 300).Draw(t, "every"))*time.Hour
		s := fill(t, p)
		o := wanted(rapid.SampledFrom([]string{"2026-10", "2026-Q3", "2026-10-05", "2026-11", "2026-08"}).Draw(t, "period"))
		got, in := overviewOf(t, s, o)
		in.Events = nil
		if err := s.View(context.Background(), func(tx state.Tx) error {
			for e, err := range audit.All(tx) {
				if err != nil {
					return err
				}
				in.Events = append(in.Events, e)
				if r, err := state.Request(tx, e.Request); e.Request != "" && err == nil {
					in.Requests[e.Request] = r
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if want := evidence.OverviewOf(in); !reflect.DeepEqual(got, want) {
			t.Fatalf("it says\n%+v, of all\n%+v", got, want)
		}
	})
}

// TestOverviewForgotten holds that whose data was deleted on request is counted as before, and
// not named.
func TestOverviewForgotten(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	before, _ := overviewOf(t, s, wanted("2026-10"))
	forgetKim(t, s, p)
	after, _ := overviewOf(t, s, wanted("2026-10"))
	if after.Sum != before.Sum || after.Outcomes != before.Outcomes || len(after.People) != len(before.People) {
		t.Errorf("it says %+v and %+v, before %+v and %+v", after.Sum, after.Outcomes, before.Sum, before.Outcomes)
	}
	all, err := overview.Forms(after)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		for _, gone := range []string{"Kim", "kim@", "U0KIM00001"} {
			if strings.Contains(string(f.Content), gone) {
				t.Errorf("%s still says %q", f.Name, gone)
			}
		}
		if i < 2 && !strings.Contains(string(f.Content), "P-7K3M2") {
			t.Errorf("%s does not say P-7K3M2", f.Name)
		}
	}
}

// TestOverviewPruned holds that the log alone has the numbers of what is not kept any more.
func TestOverviewPruned(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	before, _ := overviewOf(t, s, wanted("2026-10"))
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
	after, _ := overviewOf(t, s, wanted("2026-10"))
	if len(after.Denials) == 0 || !after.Denials[0].Note.Gone || after.Denials[0].By.User == "" {
		t.Errorf("a denial is told as %+v", after.Denials)
	}
	before.Denials, after.Denials = nil, nil
	if !reflect.DeepEqual(before, after) {
		t.Errorf("it says\n%+v, before\n%+v", after, before)
	}
}

// TestOverviewOfNothing is one of a store that has nothing in it.
func TestOverviewOfNothing(t *testing.T) {
	t.Parallel()
	o, _ := overviewOf(t, statetest.Memory(), wanted("2026-10"))
	if !o.Empty() || o.Last != 0 || len(o.Trend) != 0 {
		t.Errorf("it says %+v", o)
	}
}

// TestOverviewOfAClockBehind tells a log whose clock is ahead to its end.
func TestOverviewOfAClockBehind(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	o := wanted("2026")
	o.Made = p.Start.Add(time.Minute)
	want, _ := overviewOf(t, s, wanted("2026"))
	if got, _ := overviewOf(t, s, o); got.Sum != want.Sum || got.Outcomes != want.Outcomes {
		t.Errorf("it says %+v and %+v, want %+v and %+v", got.Sum, got.Outcomes, want.Sum, want.Outcomes)
	}
}
