package approvals_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/hygiene"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// did is an act of a person in the tenant of Contoso, some time after the start.
func did(p access.Person, id string, after time.Duration) access.Act {
	return access.Act{
		ID: id, Log: access.ActSignIn, At: start.Add(after), Tenant: contoso, Person: principal(p), Name: p.Name, What: "Exchange Admin Center",
	}
}

// takes has acts be taken, on from what is known.
func (w *world) takes(t *testing.T, acts ...access.Act) access.ActivityCursor {
	t.Helper()
	c, err := w.ActivityCursor(t.Context(), contoso)
	if err != nil {
		t.Fatal(err)
	}
	c.SignIns.State, c.SignIns.Until = access.ActivityRead, w.now
	for _, a := range acts {
		c.SignIns.Seen = append(c.SignIns.Seen, a.ID)
	}
	if c, err = w.TakeActivity(t.Context(), contoso, acts, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) doings(t *testing.T) map[string]access.Doings {
	t.Helper()
	out := map[string]access.Doings{}
	w.look(t, func(tx state.Tx) error {
		all, _, err := state.Doings(tx, contoso)
		for _, d := range all {
			out[fmt.Sprintf("%s %s%s by %s", d.Who.Name, d.Request, d.Day, d.Basis)] = d
		}
		return err
	})
	return out
}

// TestTakeActivity matches what a log says to access by request, to what came just after
// it, to standing access, and to nothing.
func TestTakeActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	w.put(t, func(tx state.Tx) error { return stand(tx, "g-desk", access.Member{ID: "p-eve", Name: "Eve"}) })
	w.does(t, func() error {
		c := w.takes(t, did(ana, "1", time.Minute), did(ana, "2", time.Minute), did(access.Person{User: "EVE", Name: "Eve"}, "3", 0))
		if c.Rev != 1 || c.Tenant != contoso {
			t.Errorf("the cursor is %+v", c)
		}
		return nil
	})
	w.at(t, start.Add(3*time.Hour))
	w.does(t, func() error {
		w.takes(t, did(ana, "4", 4*time.Hour))
		return nil
	})
	w.does(t, func() error {
		w.takes(t, did(ana, "5", 6*time.Hour), did(ana, "6", 6*time.Hour), did(bo, "7", 6*time.Hour))
		return nil
	}, "event activity.outside", "event activity.outside", "slack.notice notice/C0OPS operators to C0OPS")
	w.does(t, func() error { // the same day, so the same finding
		w.takes(t, did(ana, "8", 7*time.Hour))
		return nil
	})
	w.does(t, func() error {
		w.takes(t, did(ana, "9", 30*time.Hour))
		return nil
	}, "event activity.outside", "slack.notice notice/C0OPS operators to C0OPS")
	got := w.doings(t)
	for name, want := range map[string][3]int{
		"Ana Ito " + string(id) + " by request": {3, 1, 0},
		"Eve 2026-03-02 by standing":            {1, 0, 0},
		"Ana Ito 2026-03-02 by outside":         {3, 0, 3},
		"Bo Lind 2026-03-02 by outside":         {1, 0, 1},
		"Ana Ito 2026-03-03 by outside":         {1, 0, 1},
	} {
		if d := got[name]; [3]int{d.Count, d.Late, len(d.Flagged)} != want {
			t.Errorf("%s: %+v, want %v", name, d, want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("besides there is %+v", got)
	}
	if n := w.notices(t); !strings.Contains(n, "Ana Ito at 2026-03-02 15:30 UTC (a sign-in to: Exchange Admin Center); Bo Lind at") {
		t.Errorf("told is %s", n)
	}
}

// stand gives a group roles at Contoso for good.
func stand(tx state.Tx, group access.GroupID, members ...access.Member) error {
	_, err := state.PutMirroredGroup(tx, state.MirroredGroup{ID: group, Name: "Desk", Members: members})
	if err != nil {
		return err
	}
	all, err := state.Relationships(tx, contoso)
	if err != nil {
		return err
	}
	all[0].Assignments = append(all[0].Assignments, access.Assignment{ID: "as-desk", Relationship: all[0].ID, Group: group, Roles: []access.RoleID{helpdesk}, Status: access.AssignmentActive})
	_, err = state.PutMirrored(tx, all[0])
	return err
}

// TestTakeActivityOnce holds that the same read counts once, however often it is taken, and
// that of two who read on from the same place one is told to go on from the other's.
func TestTakeActivityOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := access.ActivityCursor{Tenant: contoso, SignIns: access.LogCursor{State: access.ActivityRead, Until: start, Seen: []string{"1"}}}
	acts := []access.Act{did(ana, "1", 0), did(ana, "1", 0)}
	first, err := w.TakeActivity(t.Context(), contoso, acts, c)
	if err != nil {
		t.Fatal(err)
	}
	events := len(w.events(t))
	again, err := w.TakeActivity(t.Context(), contoso, acts, c)
	if err != nil || again.Rev != 1 || again.Rev != first.Rev {
		t.Errorf("taken again: %+v, %v", again, err)
	}
	if _, err := w.TakeActivity(t.Context(), contoso, acts, first); err != nil { // met again at the border
		t.Fatal(err)
	}
	for name, d := range w.doings(t) {
		if d.Count != 1 {
			t.Errorf("%s was counted %d times", name, d.Count)
		}
	}
	if n := len(w.events(t)); n != events {
		t.Errorf("%d events, want %d", n, events)
	}
	w.put(t, func(tx state.Tx) error { return tx.Put("activitylog/"+string(contoso), []byte(`{"v":1,"d":{"Te`)) })
	if all, err := w.ActivityCursors(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("with a damaged cursor: %+v, %v", all, err)
	}
	if c, err := w.TakeActivity(t.Context(), contoso, nil, access.ActivityCursor{}); err != nil || c.Rev != 1 {
		t.Errorf("after the damage: %+v, %v", c, err)
	}
}

// TestTakeActivityWindows holds that a window that is over still explains what was done in
// it, though its grant has gone on to the next.
func TestTakeActivityWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	begins := weekly(3)
	id := w.ahead(t, begins...)
	for _, at := range begins[:2] {
		w.at(t, at)
		w.at(t, at.Add(2*time.Hour))
	}
	w.at(t, begins[2])
	in := func(window int, after time.Duration) time.Duration { return begins[window].Add(after).Sub(start) }
	w.takes(t, did(ana, "1", in(0, 5*time.Minute)), did(ana, "2", in(1, 5*time.Minute)), did(ana, "3", in(0, 10*time.Hour)))
	got := w.doings(t)
	if d := got["Ana Ito "+string(id)+" by request"]; d.Count != 2 || len(got) != 2 {
		t.Errorf("done is %+v", got)
	}
}

// TestToldOfActivity holds that what a whole group does by a way that nobody knows does not
// fill the operators' channel, and that all of it is in the log.
func TestToldOfActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 15 {
		w.takes(t, did(access.Person{User: access.UserID(fmt.Sprint("X", i)), Name: fmt.Sprint("X `", i)}, fmt.Sprint(i), 0))
	}
	n := 0
	for _, e := range w.pending(t) {
		if e.Kind == outbox.SlackNotice {
			n++
		}
	}
	if n != 10 || strings.Count(kinds(w, t), string(access.EventActivity)) != 15 {
		t.Errorf("%d notices, and the log says %s", n, kinds(w, t))
	}
	if told := w.notices(t); strings.Count(told, "not told one by one today") != 1 || strings.Contains(told, "X `") {
		t.Errorf("told is %s", told)
	}
}

// TestActivityNamedByAddress holds that somebody whom the log calls by what they sign in as
// is known, and that what names nobody is not held against anybody.
func TestActivityNamedByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: ana, Principal: principal(ana), UPN: "ana@partner.example", LinkedAt: start})
	})
	id := w.active(t)
	named, unnamed := did(ana, "1", 0), did(ana, "2", 0)
	named.Person, named.Name = "", "Ana@Partner.example"
	unnamed.Person, unnamed.Name = "", "user_4711"
	w.takes(t, named, unnamed)
	got := w.doings(t)
	if got["Ana@Partner.example "+string(id)+" by request"].Count != 1 || got["user_4711 2026-03-02 by unclear"].Count != 1 {
		t.Errorf("done is %+v", got)
	}
}

// coversAll has the logs of Contoso be read from the start on until now.
func (w *world) coversAll(t *testing.T) {
	t.Helper()
	c, err := w.ActivityCursor(t.Context(), contoso)
	if err != nil {
		t.Fatal(err)
	}
	c.SignIns = access.LogCursor{State: access.ActivityRead, Since: start.Add(-time.Hour), Until: w.now}
	c.Audits, c.Problem = c.SignIns, "A word for the partner."
	if _, err := w.TakeActivity(t.Context(), contoso, nil, c); err != nil {
		t.Fatal(err)
	}
}

// TestActivityShown shows what was done, what was not, and to whom.
func TestActivityShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	used := w.active(t)
	w.at(t, start.Add(3*time.Hour))
	idle := w.active(t)
	w.at(t, start.Add(6*time.Hour))
	w.takes(t, did(ana, "1", time.Minute), did(bo, "2", time.Minute))
	show := func(p access.Person, channel access.ChannelID, tenant access.TenantID, id access.RequestID) (approvals.Activity, error) {
		return w.Service.Activity(t.Context(), w.by(p, channel), tenant, id)
	}
	if a, err := show(ana, "", contoso, ""); err != nil || len(a.Unused) != 0 {
		t.Errorf("before the log is read for all of it: %+v, %v", a.Unused, err)
	}
	w.coversAll(t)
	a, err := show(ana, "", contoso, "")
	if err != nil || len(a.Outside) != 1 || a.Outside[0].By.Name != "Bo Lind" || len(a.Under) != 1 || a.Under[0].Request.ID != used || a.Under[0].Deeds[0].By.User != ana.User {
		t.Errorf("at Contoso: %+v, %v", a, err)
	}
	if len(a.Unused) != 1 || a.Unused[0].Request.ID != idle || a.Cursor.Problem == "" {
		t.Errorf("never used: %+v", a.Unused)
	}
	if a, err := show(dee, "", "", used); err != nil || len(a.Under) != 1 || len(a.Outside)+len(a.Unused) != 0 || a.Customer.Name != "Contoso" {
		t.Errorf("of one request: %+v, %v", a, err)
	}
	if a, err := show(carol, contosoChannel, "", used); err != nil || len(a.Under) != 1 || a.Cursor.Problem != "" {
		t.Errorf("to the customer: %+v, %v", a, err)
	}
	if a, err := show(carol, contosoChannel, contoso, ""); err != nil || len(a.Outside) != 1 {
		t.Errorf("all of it to the customer: %+v, %v", a, err)
	}
	w.put(t, func(tx state.Tx) error { return state.Drop(tx, "request/"+string(used)) })
	if a, err := show(ana, "", contoso, ""); err != nil || len(a.Under) != 1 || a.Under[0].Request.ID != used {
		t.Errorf("after its record is gone: %+v, %v", a.Under, err)
	}
	w.now = w.now.Add(approvals.ActivityShown + time.Hour)
	if a, err := show(ana, "", contoso, ""); err != nil || len(a.Outside)+len(a.Under)+len(a.Unused) != 0 {
		t.Errorf("a month later: %+v, %v", a, err)
	}
}

// TestActivityRefused holds that nobody sees what was done at another customer, and that a
// refusal does not say whose it is.
func TestActivityRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: oskar, Customer: contoso, LinkedAt: start})
	})
	const ofThem = "told to the verified contacts of that customer alone"
	for _, row := range []struct {
		name    string
		who     access.Person
		channel access.ChannelID
		tenant  access.TenantID
		id      access.RequestID
		says    string
	}{
		{"OfAnother", amir, adatumChannel, "", id, ofThem},
		{"OfAnotherByTenant", amir, adatumChannel, contoso, "", ofThem},
		{"TheirTenantAnothersRequest", amir, adatumChannel, adatum, id, ofThem},
		{"NoSuchRequest", amir, adatumChannel, "", "R-ZZZZZ", ofThem},
		{"NoSuchCustomer", amir, adatumChannel, litware, "", ofThem},
		{"InAnotherChannel", carol, adatumChannel, contoso, "", "only in the channel that is shared"},
		{"NotVerified", oskar, contosoChannel, contoso, "", "You are not verified yet"},
		{"NotLinked", zoe, "", contoso, "", "linked"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.refuses(t, access.Forbidden, row.says, func() error {
				a, err := w.Service.Activity(t.Context(), w.by(row.who, row.channel), row.tenant, row.id)
				if a.Customer.Name != "" || len(a.Under)+len(a.Outside) > 0 {
					t.Errorf("refused, and told %+v", a)
				}
				if err != nil && row.says == ofThem && strings.Contains(err.Error(), "Contoso") {
					t.Errorf("the refusal names another customer: %v", err)
				}
				return err
			})
		})
	}
	if _, err := w.Service.Activity(t.Context(), w.by(ana, ""), adatum, id); access.CodeOf(err) != access.NotFound || !strings.Contains(err.Error(), "but for Contoso") {
		t.Errorf("of the wrong customer: %v", err)
	}
	if _, err := w.ActivityAll(t.Context(), w.by(carol, contosoChannel)); access.CodeOf(err) != access.Forbidden {
		t.Errorf("all customers to one of them: %v", err)
	}
}

// TestActivityAll counts, and puts first what nothing allowed.
func TestActivityAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.active(t)
	w.takes(t, did(ana, "1", time.Minute), did(ana, "2", time.Minute), did(bo, "3", time.Minute))
	all, err := w.ActivityAll(t.Context(), w.by(ana, ""))
	if err != nil || len(all) != 2 || all[0].Customer.Name != "Contoso" || all[0].Outside != 1 || all[0].Others != 2 || !all[0].Last.Equal(start.Add(time.Minute)) {
		t.Errorf("ActivityAll = %+v, %v", all, err)
	}
	if len(all) == 2 && (all[1].Customer.Tenant != adatum || all[1].Cursor.State() != access.ActivityUnknown) {
		t.Errorf("who was never read is %+v", all[1])
	}
}

// TestActivityPruned holds that what the logs told goes with all else that is over for long,
// and that the log says how much it was.
func TestActivityPruned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Retention = 400 * day
	w.takes(t, did(bo, "1", 0), did(bo, "2", 24*time.Hour))
	w.drain(t)
	w.now = start.Add(400*day + time.Hour)
	if n, err := w.Prune(t.Context()); err != nil || n != 1 {
		t.Errorf("Prune = %d, %v", n, err)
	}
	if got := w.doings(t); len(got) != 1 {
		t.Errorf("left is %+v", got)
	}
	if e := w.events(t); e[len(e)-1].Kind != access.EventPruned || e[len(e)-1].Detail["activity"] != "1" {
		t.Errorf("the log says %+v", e[len(e)-1])
	}
	if c, err := w.ActivityCursor(t.Context(), contoso); err != nil || c.Rev != 1 {
		t.Errorf("the cursor went, too: %+v, %v", c, err)
	}
}

// TestStandingNotUsed holds that roles which were given twice and never used are found, and
// not once they were, nor where the log was not read for all of it.
func TestStandingNotUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 {
		w.active(t)
		w.at(t, w.now.Add(3*time.Hour))
	}
	found := func(want int, why string) {
		t.Helper()
		s, err := w.Standing(t.Context(), w.by(ana, ""), contoso)
		n := 0
		for _, f := range s.Findings {
			if f.Kind == hygiene.NotUsed {
				n += f.Times
			}
		}
		if err != nil || n != want {
			t.Errorf("%s: given %d times and not used, want %d (%v)", why, n, want, err)
		}
	}
	found(0, "before anything is read")
	w.coversAll(t)
	found(2, "with all of it read")
	all, err := w.StandingAll(t.Context(), w.by(ana, ""))
	if err != nil || len(all.Customers) != 1 || all.Customers[0].Counts != [3]int{0, 0, 1} {
		t.Errorf("of all customers: %+v, %v", all.Customers, err)
	}
	w.policy.Retention = 4 * time.Hour
	found(0, "where some of it may have been deleted")
	w.policy.Retention = 0
	c, err := w.ActivityCursor(t.Context(), contoso)
	if err == nil {
		_, err = w.TakeActivity(t.Context(), contoso, []access.Act{did(ana, "1", time.Minute)}, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	found(0, "once it was used")
}
