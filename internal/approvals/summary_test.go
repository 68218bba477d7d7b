package approvals_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// summedWorld is one whose staff and whose customer Contoso hear each day at nine.
func summedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	p := *w.policy
	p.Summary = access.SummaryTimes{Zone: time.UTC, At: 9 * time.Hour, Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}
	p.Customers = append(p.Customers[:0:0], p.Customers...)
	p.Customers[0].Summary = true
	w.policy = &p
	if err := w.PlanSummaries(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) plans(t *testing.T) map[access.TenantID]state.SummaryPlan {
	t.Helper()
	out := map[access.TenantID]state.SummaryPlan{}
	w.look(t, func(tx state.Tx) error {
		all, err := state.SummaryPlans(tx)
		for _, p := range all {
			out[p.For] = p
		}
		return err
	})
	return out
}

// pass does what is due, as the loop would, and returns the days of the summaries
// that are owed now.
func (w *world) pass(t *testing.T) string {
	t.Helper()
	for range 10 {
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
	return w.summed(t)
}

func (w *world) summed(t *testing.T) string {
	t.Helper()
	var out []string
	for _, e := range w.pending(t) {
		p, err := outbox.Payload[outbox.NoticePayload](e)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == outbox.SlackNotice && p.Notice == outbox.NoticeSummary {
			out = append(out, cmp.Or(string(p.Channel), string(p.Customer))+" "+p.Text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestSummariesAreDue holds that each day has one summary for each who hears it,
// that what was missed is sent while its day lasts, and that policy.yml is followed.
func TestSummariesAreDue(t *testing.T) {
	t.Parallel()
	w := summedWorld(t)
	first := w.plans(t)[state.Partner]
	if len(w.plans(t)) != 2 || first.At.Hour() != 9 || !first.At.After(w.now) {
		t.Fatalf("planned is %+v", w.plans(t))
	}
	one := string(first.Next)
	w.now = first.At.Add(5 * time.Minute)
	if err := w.PlanSummaries(t.Context()); err != nil { // a start after the very first was due
		t.Fatal(err)
	}
	want := string(contoso) + " " + one + ", C0OPS " + one
	if got := w.pass(t); got != want {
		t.Errorf("owed at nine is %q, want %q", got, want)
	}
	owed := w.summed(t)
	if err := w.PlanSummaries(t.Context()); err != nil { // a start right after
		t.Fatal(err)
	}
	if got := w.pass(t); got != owed {
		t.Errorf("owed after a start is %q, want %q", got, owed)
	}
	w.drain(t)

	w.now = first.At.AddDate(0, 0, 3).Add(-2 * time.Hour) // two days were missed whole
	if got := w.pass(t); got != "" {
		t.Errorf("owed at seven, after days, is %q", got)
	}
	w.now = w.now.Add(10 * time.Hour) // down at nine, up at five
	late := string(access.DayOf(w.now, time.UTC))
	if got := w.pass(t); strings.Count(got, late) != 2 || strings.Count(got, ",") != 1 {
		t.Errorf("owed at five is %q, want both of %s", got, late)
	}
	w.drain(t)

	p := *w.policy
	p.Customers = append(p.Customers[:0:0], p.Customers...)
	p.Customers[0].Summary, p.Customers[1].Summary = false, true
	p.Summary.Days = nil
	w.policy = &p
	if err := w.PlanSummaries(t.Context()); err != nil {
		t.Fatal(err)
	}
	for of, plan := range w.plans(t) {
		if of == contoso || plan.Next != "" {
			t.Errorf("without days is planned %+v", plan)
		}
	}
}

// TestSummaryOfDamage holds that a damaged plan is planned anew, and a damaged
// request is counted.
func TestSummaryOfDamage(t *testing.T) {
	t.Parallel()
	w := summedWorld(t)
	id := w.active(t)
	w.put(t, func(tx state.Tx) error { return tx.Put("summary/partner", []byte("{")) })
	if err := w.PlanSummaries(t.Context()); err != nil || w.plans(t)[state.Partner].Next == "" {
		t.Errorf("planned is %+v, %v", w.plans(t), err)
	}
	good := w.records(t)["request/"+string(id)]
	w.put(t, func(tx state.Tx) error { return tx.Put("request/"+string(id), []byte("{")) })
	s, err := w.Summarize(t.Context(), w.by(dee, operations), "", 1)
	if err != nil || s.Unreadable != 1 || s.Quiet() {
		t.Errorf("summed is %+v, %v", s, err)
	}
	w.put(t, func(tx state.Tx) error { return tx.Put("request/"+string(id), []byte(good)) })
}

// TestSummaryIsOfOneCustomer holds that a customer's summary has nothing of
// another's, and who may ask for one.
func TestSummaryIsOfOneCustomer(t *testing.T) {
	t.Parallel()
	w := summedWorld(t)
	ended := w.active(t)
	waits, err := w.Submit(context.Background(), w.by(ana, ""), approvals.Ask{
		Customer: adatum, Roles: []access.RoleID{exchange}, Duration: time.Hour, Justification: "of Adatum alone",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), ended, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	day := access.DayOf(w.now.AddDate(0, 0, 1), time.UTC)
	for _, row := range []struct {
		of                    access.TenantID
		waiting, ended, asked int
		waitingOf, endedOf    access.RequestID
		others                bool
	}{
		{state.Partner, 1, 1, 2, waits.ID, ended, true},
		{contoso, 0, 1, 1, "", ended, false},
		{adatum, 1, 0, 1, waits.ID, "", false},
	} {
		s, err := w.DailySummary(t.Context(), row.of, day, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Waiting) != row.waiting || len(s.Ended) != row.ended || s.Asked != row.asked || len(s.Active) != 0 || s.Unreadable != 0 {
			t.Errorf("of %s: %+v", row.of, s)
		}
		if row.waiting == 1 && s.Waiting[0].Request.ID != row.waitingOf || row.ended == 1 && s.Ended[0].Request.ID != row.endedOf {
			t.Errorf("of %s are %v and %v", row.of, s.Waiting, s.Ended)
		}
		if told := !s.Standing.ReadAt.IsZero(); told != row.others {
			t.Errorf("of %s, hygiene of all is told: %v", row.of, told)
		}
	}
	for _, of := range []access.TenantID{"", contoso} {
		w.refuses(t, access.Forbidden, "", func() error {
			_, err := w.Summarize(t.Context(), w.by(carol, contosoChannel), of, 1)
			return err
		})
	}
}

// TestSummaryOfAlerts holds that what changed in the time is told as open or as seen
// to, once, with what ends soon, and to nobody but the partner.
func TestSummaryOfAlerts(t *testing.T) {
	t.Parallel()
	w := summedWorld(t)
	var open, seen, damaged, older access.Alert
	for i, a := range []*access.Alert{&open, &seen, &damaged, &older} {
		*a = anAlert(contoso, i).Carded()
	}
	var err error
	if seen, err = seen.Acknowledge(dee, w.now); err != nil {
		t.Fatal(err)
	}
	if older, err = older.Acknowledge(dee, w.now); err != nil {
		t.Fatal(err)
	}
	w.put(t, func(tx state.Tx) error {
		for _, a := range []access.Alert{older, open, seen, damaged} {
			at := w.now
			if a.ID == older.ID {
				at = at.AddDate(0, 0, -2)
			}
			if err := state.PutAlert(tx, a, false); err != nil {
				return err
			}
			for _, kind := range []access.EventKind{access.EventAlertOpened, access.EventAlertChanged} {
				if _, err := audit.Append(tx, access.Event{At: at, Kind: kind, Customer: contoso, Detail: map[string]string{"alert": string(a.ID)}}); err != nil {
					return err
				}
			}
		}
		ends := state.MirroredRelationship{Relationship: access.Relationship{
			ID: "ends", Name: "Ends soon", Customer: contoso, Status: access.RelationshipActive, End: w.now.AddDate(0, 0, 5),
		}}
		_, err := state.PutMirrored(tx, ends)
		return errors.Join(err, tx.Put("alert/"+string(damaged.ID), []byte("{")))
	})
	day := access.DayOf(w.now.AddDate(0, 0, 1), time.UTC)
	s, err := w.DailySummary(t.Context(), state.Partner, day, "")
	if err != nil || len(s.Alerts) != 1 || s.Alerts[0].ID != open.ID || len(s.Changed) != 1 || s.Changed[0].ID != seen.ID || s.Unreadable != 1 {
		t.Errorf("open are %+v, seen to %+v, damaged %d, %v", s.Alerts, s.Changed, s.Unreadable, err)
	}
	if len(s.Standing.Ending) != 1 || s.Standing.Ending[0].Finding.Name != "Ends soon" || s.Standing.Ending[0].Customer.Tenant != contoso {
		t.Errorf("ending are %+v", s.Standing.Ending)
	}
	if own, err := w.DailySummary(t.Context(), contoso, day, ""); err != nil || len(own.Alerts)+len(own.Changed)+len(own.Standing.Ending) > 0 {
		t.Errorf("the customer hears of %+v, %v", own, err)
	}
}
