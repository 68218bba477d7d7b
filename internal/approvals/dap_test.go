package approvals_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// legacyWorld is one in which Contoso still has legacy administration and the
// admin is linked.
func legacyWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		if err := state.PutStaff(tx, access.Staff{Person: dee, Principal: "p-dee", UPN: "dee@home.example", LinkedBy: dee, LinkedAt: start}); err != nil {
			return err
		}
		_, err := state.PutDAP(tx, state.DAP{Customer: contoso, Held: true, Relationship: "reseller", ReadAt: start})
		return err
	})
	return w
}

func (w *world) sawDAP(t *testing.T, held bool, problem string) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		d := state.DAP{Customer: contoso, Held: held, ReadAt: w.now, Problem: problem}
		if _, err := state.PutDAP(tx, d); err != nil {
			return err
		}
		return w.DAPSeen(tx, d)
	})
}

// notices are the texts of what is owed to Slack.
func (w *world) notices(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, e := range w.pending(t) {
		if e.Kind == outbox.SlackNotice || e.Kind == outbox.SlackOfferNotice {
			all.Write(e.Payload)
			all.WriteByte('\n')
		}
	}
	return all.String()
}

func (w *world) link(t *testing.T) string {
	t.Helper()
	secret, story, err := w.RemoveDAP(t.Context(), w.by(dee, operations), contoso, "contoso")
	if err != nil || secret == "" || story.Customer.Name != "Contoso" {
		t.Fatalf("RemoveDAP = %q, %+v, %v", secret, story, err)
	}
	return secret
}

func kinds(w *world, t *testing.T) string {
	var out []string
	for _, e := range w.events(t) {
		out = append(out, string(e.Kind))
	}
	return strings.Join(out, " ")
}

func TestRemoveDAPIsRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		who   access.Person
		typed string
		with  func(*testing.T, *world)
		code  access.Code
		says  string
	}{
		{"Staff", ana, "Contoso", nil, access.Forbidden, "Only a bot admin"},
		{"Contact", carol, "Contoso", nil, access.Forbidden, "Only a bot admin"},
		{"OtherName", dee, "Adatum", nil, access.Invalid, "Type Contoso"},
		{"AdminNotLinked", dee, "Contoso", func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error { return state.DeleteStaff(tx, dee.User) })
		}, access.Forbidden, "not linked"},
		{"GoneAlready", dee, "Contoso", func(t *testing.T, w *world) { w.sawDAP(t, false, "") }, access.Conflict, "any more"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := legacyWorld(t)
			if row.with != nil {
				row.with(t, w)
			}
			w.refuses(t, row.code, row.says, func() error {
				_, _, err := w.RemoveDAP(t.Context(), w.by(row.who, operations), contoso, row.typed)
				return err
			})
		})
	}
}

func TestTicket(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		who  access.PrincipalID
		with func(*testing.T, *world, string)
		code access.Code
		says string
	}{
		{"Good", "p-dee", nil, "", ""},
		{"OtherPerson", "p-ana", nil, access.Forbidden, "signed in as somebody else"},
		{"TooOld", "p-dee", func(_ *testing.T, w *world, _ string) { w.now = w.now.Add(approvals.TicketLife) }, access.Conflict, "too old"},
		{"Replayed", "p-dee", func(t *testing.T, w *world, secret string) {
			if _, err := w.TakeTicket(t.Context(), secret, "p-dee"); err != nil {
				t.Fatal(err)
			}
		}, access.Conflict, "has been used"},
		{"NoAdminAnyMore", "p-dee", func(_ *testing.T, w *world, _ string) {
			p := *w.policy
			p.Admins = nil
			w.policy = &p
		}, access.Forbidden, "Only a bot admin"},
		{"LinkedToSomebodyElseMeanwhile", "p-dee", func(t *testing.T, w *world, _ string) {
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: dee, Principal: "p-new", UPN: "new@home.example"})
			})
		}, access.Forbidden, "somebody else"},
		{"RemovedMeanwhile", "p-dee", func(t *testing.T, w *world, _ string) { w.sawDAP(t, false, "") }, access.Conflict, "any more"},
		{"Unknown", "p-dee", nil, access.NotFound, "not known"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := legacyWorld(t)
			secret := w.link(t)
			if row.with != nil {
				row.with(t, w, secret)
			}
			if row.name == "Unknown" {
				secret += "0"
			}
			got, err := w.TakeTicket(t.Context(), secret, row.who)
			if access.CodeOf(err) != row.code || row.code == "" && err != nil {
				t.Fatalf("TakeTicket = %v, want %q", err, row.code)
			}
			if row.code == "" {
				if !got.Underway() || got.Customer != "Contoso" || got.UPN != "dee@home.example" || !strings.Contains(kinds(w, t), "dap.removing") {
					t.Errorf("taken = %+v, events %s", got, kinds(w, t))
				}
				return
			}
			if !strings.Contains(err.Error(), row.says) {
				t.Errorf("says %q, want %q", err, row.says)
			}
			if !strings.HasSuffix(kinds(w, t), "refused") {
				t.Errorf("events %s, want a refusal at the end", kinds(w, t))
			}
		})
	}
}

// TestRemovalIsSettled by what is read, whenever that is: the record of a
// removal that was done may have been lost in a crash.
func TestRemovalIsSettled(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		after  time.Duration
		held   bool
		prob   string
		event  string
		notice string
	}{
		{"Gone", 0, false, "", "dap.removed", "is removed: Dee Okafor removed it"},
		{"GoneLong", time.Hour, false, "", "dap.removed", "is removed: Dee Okafor removed it"},
		{"StillThere", time.Minute, true, "", "dap.removing", ""},
		{"StillThereLong", 6 * time.Minute, true, "", "dap.kept", "was not removed"},
		{"NotRead", time.Hour, true, "Partner Center could not be read.", "dap.removing", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := legacyWorld(t)
			if _, err := w.TakeTicket(t.Context(), w.link(t), "p-dee"); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(row.after)
			w.sawDAP(t, row.held, row.prob)
			w.sawDAP(t, row.held, row.prob) // and once more, which tells nobody twice
			if got := kinds(w, t); !strings.HasSuffix(got, row.event) || strings.Count(got, row.event) != 1 {
				t.Errorf("events %s, want one %s at the end", got, row.event)
			}
			if got := w.notices(t); !strings.Contains(got, row.notice) || row.notice == "" && got != "" {
				t.Errorf("notices:\n%s\nwant %q", got, row.notice)
			}
			if told := strings.Contains(w.notices(t), string(outbox.NoticeRelationship)); told != (row.event == "dap.removed") {
				t.Errorf("the customer's channel told: %v", told)
			}
		})
	}
}

func TestGiveUp(t *testing.T) {
	t.Parallel()
	w := legacyWorld(t)
	taken, err := w.TakeTicket(t.Context(), w.link(t), "p-dee")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.GiveUp(t.Context(), taken.ID, "It said no."); err != nil {
			t.Fatal(err)
		}
	}
	if got := kinds(w, t); strings.Count(got, "dap.kept") != 1 || !strings.Contains(w.notices(t), "It said no.") {
		t.Errorf("events %s, notices %s", got, w.notices(t))
	}
}

func TestCheckDAP(t *testing.T) {
	t.Parallel()
	w := legacyWorld(t)
	if _, err := w.CheckDAP(t.Context(), w.by(ana, operations), contoso); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, access.Forbidden, "", func() error {
		_, err := w.CheckDAP(t.Context(), w.by(carol, contosoChannel), contoso)
		return err
	})
	w.sawDAP(t, true, "")
	w.sawDAP(t, true, "")
	if got := w.notices(t); strings.Count(got, "Contoso still has legacy administration") != 1 {
		t.Errorf("notices:\n%s", got)
	}
}

func TestInviteReseller(t *testing.T) {
	t.Parallel()
	w := legacyWorld(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
		_, _, err := w.InviteReseller(t.Context(), w.by(ana, operations), contoso)
		return err
	})
	secret, _, err := w.InviteReseller(t.Context(), w.by(dee, operations), contoso)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := w.TakeTicket(t.Context(), secret, "p-dee")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Invited(t.Context(), taken.ID, "https://admin.microsoft.com/x"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.notices(t); strings.Count(got, "https://admin.microsoft.com/x") != 1 {
		t.Errorf("notices:\n%s", got)
	}
}

// TestManyLinks bounds how many links somebody can have, and clears old ones.
func TestManyLinks(t *testing.T) {
	t.Parallel()
	w := legacyWorld(t)
	for range 20 {
		w.link(t)
	}
	w.refuses(t, access.Conflict, "links to a sign-in", func() error {
		_, _, err := w.RemoveDAP(t.Context(), w.by(dee, operations), contoso, "Contoso")
		return err
	})
	w.now = w.now.Add(25 * time.Hour)
	w.link(t)
	w.look(t, func(tx state.Tx) error {
		all, err := state.AllTickets(tx)
		if len(all) != 1 {
			t.Errorf("%d tickets are kept, want the new one", len(all))
		}
		return err
	})
}
