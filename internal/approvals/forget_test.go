package approvals_test

import (
	"context"
	"errors"
	"fmt"
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

// leaver is a world in which Ana, who had access for Carol's yes, is not linked any more.
func leaver(t *testing.T) (*world, access.RequestID) {
	t.Helper()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{
			Person: ana, Principal: principal(ana), UPN: "ana@partner.example", LinkedBy: dee, LinkedAt: start,
		})
	})
	id := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, "done, says Ana Ito"); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.put(t, func(tx state.Tx) error {
		return errors.Join(
			state.DeleteStaff(tx, ana.User),
			state.PutCard(tx, state.Card{Request: id, Name: outbox.CustomerCard, Ref: access.MessageRef{Channel: contosoChannel, TS: "1"}}))
	})
	return w, id
}

// of returns what the store has of Ana, but for what the log has.
func (w *world) of(t *testing.T, texts ...string) (found []string) {
	t.Helper()
	for key, value := range w.records(t) {
		for _, text := range texts {
			if strings.Contains(value, text) {
				found = append(found, key+" has "+text)
			}
		}
	}
	slices.Sort(found)
	return found
}

var ofAna = []string{ana.Name, "ana@partner.example", secretWords, "done, says"}

func TestForget(t *testing.T) {
	t.Parallel()
	w, id := leaver(t)
	if len(w.of(t, ofAna...)) == 0 {
		t.Fatal("the test would see nothing")
	}
	plan, err := w.PlanForget(t.Context(), string(ana.User))
	if err != nil || len(plan.Unless) > 0 || plan.Records["requests"] != 1 || plan.Records["grants"] != 1 || !slices.Contains(plan.Person.Objects, principal(ana)) {
		t.Fatalf("the plan is %+v, %v", plan, err)
	}
	if len(plan.Stays) != 2 || !strings.Contains(plan.Stays[0], "events of the audit log hold ids") {
		t.Errorf("what stays: %q", plan.Stays)
	}
	before, salts := len(w.events(t)), []string{"", w.request(t, id).Salt}
	texts(t, w, audit.Texts{Original: 3})
	var receipt access.UserID
	w.does(t, func() error {
		r, err := w.Forget(t.Context(), string(ana.User))
		receipt = r.As
		if r.Digest != audit.Digest(r.Salt, string(ana.User)) || r.Records == 0 {
			t.Errorf("the receipt is %+v", r)
		}
		return err
	}, "event person.forgetting", "event person.forgotten", outbox.SlackCard+" "+string(id)+"/slack/customer")
	if found := w.of(t, ofAna...); found != nil {
		t.Errorf("still there: %q", found)
	}
	for _, e := range w.events(t)[before:] {
		if text := fmt.Sprint(e); strings.Contains(text, string(ana.User)) || strings.Contains(text, ana.Name) {
			t.Errorf("the log tells who it was: %s", text)
		}
	}
	r := w.request(t, id)
	if r.Justification != "" || slices.Contains(salts, r.Salt) || r.ForgottenAt.IsZero() || r.Requester.Name != string(receipt) || r.Decisions[0].By.Name != carol.Name {
		t.Errorf("the request is %+v", r)
	}
	w.look(t, func(tx state.Tx) error {
		owes, err := state.OwesRewrite(tx)
		if !owes {
			t.Error("the file is not to be rewritten")
		}
		return err
	})

	texts(t, w, audit.Texts{Deleted: 3, LastDeleted: start})
	again, err := w.PlanForget(t.Context(), string(ana.User))
	if err != nil || len(again.Records) != 0 {
		t.Errorf("once more would go %+v, %v", again.Records, err)
	}
}

// texts compares what can be said of the texts of which the log has digests.
func texts(t *testing.T, w *world, want audit.Texts) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		got, err := audit.VerifyTexts(tx)
		if fmt.Sprint(got) != fmt.Sprint(want) || len(got.Altered) != len(want.Altered) || len(got.Differ) != len(want.Differ) {
			t.Errorf("the texts are %+v, want %+v", got, want)
		}
		return err
	})
}

// TestTexts holds what is said of texts that were replaced, went, were tampered with or
// cannot be read.
func TestTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	texts(t, w, audit.Texts{Original: 1})
	if _, err := w.Change(t.Context(), w.by(ana, ""), id, 1, approvals.Ask{
		Customer: contoso, Roles: anAsk().Roles, Duration: anAsk().Duration, Justification: "another reason, INC-4712",
	}); err != nil {
		t.Fatal(err)
	}
	texts(t, w, audit.Texts{Original: 1, Gone: 1})
	r := w.request(t, id)
	w.put(t, func(tx state.Tx) error {
		changed := r
		changed.Justification = "what nobody wrote"
		return state.PutRequest(tx, changed)
	})
	texts(t, w, audit.Texts{Gone: 2, Altered: []access.RequestID{id}})
	w.put(t, func(tx state.Tx) error {
		changed := r
		changed.Justification, changed.ForgottenAt = "", start // of which the log has nothing
		return state.PutRequest(tx, changed)
	})
	texts(t, w, audit.Texts{Deleted: 2, Altered: []access.RequestID{id}})
	w.put(t, func(tx state.Tx) error {
		changed := r
		changed.Decisions = []access.Decision{{By: carol, Verdict: access.Approve, At: start, Terms: r.Terms}}
		return state.PutRequest(tx, changed)
	})
	texts(t, w, audit.Texts{Original: 1, Gone: 1, Differ: []access.RequestID{id}})
	w.put(t, func(tx state.Tx) error { return tx.Put("request/"+string(id), []byte("damaged")) })
	texts(t, w, audit.Texts{Unread: 2})
	w.put(t, func(tx state.Tx) error { return tx.Delete("request/" + string(id)) })
	texts(t, w, audit.Texts{Gone: 2})
	w.put(t, func(tx state.Tx) error { return state.PutRequest(tx, r) })
}

// TestForgetNames has everybody be named in each way.
func TestForgetNames(t *testing.T) {
	t.Parallel()
	w, _ := leaver(t)
	object := access.PrincipalID("a0000000-0000-4000-8000-00000000000a")
	w.put(t, func(tx state.Tx) error {
		kim := access.Person{Name: "Kim Abel", Mail: "kim@contoso.example", Entra: access.Account{Tenant: contoso, Object: object}}
		shared := func(u access.UserID) error {
			return state.PutConsent(tx, state.Consent{Relationship: access.RelationshipID("rel-" + u), By: access.Person{Team: home, User: u, Mail: "desk@partner.example"}})
		}
		_, err := state.PutEnrolment(tx, access.Enrolment{Customer: contoso, Person: kim})
		return errors.Join(err, shared("U0ONE"), shared("U0TWO"))
	})
	for _, row := range []struct{ who, want, says string }{
		{"U0ANA", "U0ANA", ""},
		{"<@U0ANA|ana>", "U0ANA", ""},
		{strings.ToUpper(string(object)), string(object), ""},
		{"Kim@contoso.example", string(object), ""},
		{"Ana Ito", "", "Name the person by their user id in Slack"},
		{"", "", "Name the person"},
		{"desk@partner.example", "", "of several people or accounts (U0ONE, U0TWO)"},
	} {
		plan, err := w.PlanForget(t.Context(), row.who)
		switch {
		case row.says != "":
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%s: %v, want %q", row.who, err, row.says)
			}
		case err != nil:
			t.Errorf("%s: %v", row.who, err)
		case !slices.Contains(plan.Person.Users, access.UserID(row.want)) && !slices.Contains(plan.Person.Objects, access.PrincipalID(row.want)):
			t.Errorf("%s is %+v", row.who, plan.Person)
		}
	}
}

// TestForgetRefuses holds that nobody is forgotten who may do something, or has something.
func TestForgetRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, who string
		prepare   func(t *testing.T, w *world)
		says      string
	}{
		{"Admin", string(dee.User), nil, "policy.yml names U0DEE among the admins"},
		{"Staff", string(bo.User), nil, "U0BO is linked as staff"},
		{"StaffByObject", "b0000000-0000-4000-8000-00000000000b", func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: zoe, Principal: "b0000000-0000-4000-8000-00000000000b"})
			})
		}, "U0ZOE is linked as staff"},
		{"Contact", string(carol.User), nil, "contact of the customer Contoso"},
		{"Pending", string(ana.User), func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutRequest(tx, access.Request{ID: "R-0PEN0", Requester: ana, Customer: contoso, State: access.Pending, DecideBy: start.Add(time.Hour)})
			})
		}, "R-0PEN0 is not over"},
		{"InForce", string(ana.User), func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutGrant(tx, access.Grant{Request: "R-0PEN1", Requester: ana, Customer: contoso, State: access.Ending})
			})
		}, "R-0PEN1 is not over"},
		{"BreakGlass", string(ana.User), func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutBreakGlassReview(tx, access.BreakGlassReview{Request: "R-GLASS", Requester: ana, Principal: principal(ana), OpenedAt: start})
			})
		}, "R-GLASS was taken by break-glass"},
		{"SignedIn", string(ana.User), func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutTicket(tx, state.Ticket{ID: "t", By: ana, TakenAt: start})
			})
		}, "Try again in an hour"},
		{"Owed", string(ana.User), func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error {
				return outbox.Enqueue(tx, outbox.Effect{ID: "x", Lane: "x", Kind: outbox.SlackNotice, Payload: []byte(`{"Text":"Ana Ito is here"}`)}, start)
			})
		}, "1 message that name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w, _ := leaver(t)
			if row.prepare != nil {
				row.prepare(t, w)
			}
			before := fmt.Sprint(w.records(t), w.events(t))
			_, err := w.Forget(t.Context(), row.who)
			if access.CodeOf(err) != access.Conflict || !strings.Contains(err.Error(), row.says) {
				t.Errorf("Forget: %v, want %q", err, row.says)
			}
			if after := fmt.Sprint(w.records(t), w.events(t)); after != before {
				t.Error("something was changed")
			}
		})
	}
}

// dying ends the process at its nth Update, before or after the commit.
type dying struct {
	state.Store
	left  int
	after bool
}

var errDied = errors.New("the process has died")

func (d *dying) Update(ctx context.Context, fn func(state.Tx) error) error {
	d.left--
	if d.left < 0 {
		return errDied
	}
	err := d.Store.Update(ctx, fn)
	if err == nil && d.left == 0 && d.after {
		return errDied
	}
	return err
}

// TestForgetCrash kills the bot before and after each transaction of a deletion. The next
// start ends what was begun; what was not begun has left everything.
func TestForgetCrash(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w, _ := leaver(t)
			w.put(t, func(tx state.Tx) error { // more than one transaction takes
				var err error
				for i := range 70 {
					err = errors.Join(err, state.PutConsent(tx, state.Consent{Relationship: access.RelationshipID(fmt.Sprint("rel-", i)), By: ana}))
				}
				return err
			})
			w.Store = &dying{Store: w.store, left: n / 2, after: n%2 == 1}
			_, err := w.Forget(t.Context(), string(ana.User))
			if err != nil && !errors.Is(err, errDied) {
				t.Fatal(err)
			}
			w.Store = w.store
			begun := w.of(t, `"As":"P-`) != nil || w.of(t, ofAna...) == nil
			if err := w.GoOnForgetting(t.Context()); err != nil {
				t.Fatal(err)
			}
			found, kinds := w.of(t, ofAna...), 0
			for _, e := range w.events(t) {
				if e.Kind == access.EventForgotten {
					kinds++
				}
			}
			if begun && (found != nil || kinds != 1) || !begun && (found == nil || kinds != 0) {
				t.Errorf("begun %v, still there %q, told %d times", begun, found, kinds)
			}
			if marks := w.of(t, `"As":"P-`); marks != nil {
				t.Errorf("it is still going on: %q", marks)
			}
		})
	}
}

// TestForgetDropsDead has what could not be sent, and names them, go too.
func TestForgetDropsDead(t *testing.T) {
	t.Parallel()
	w, _ := leaver(t)
	w.put(t, func(tx state.Tx) error {
		return outbox.Enqueue(tx, outbox.Effect{ID: "to-ana", Lane: "x", Kind: outbox.SlackNotice, Payload: []byte(`{"User":"U0ANA"}`)}, protocol)
	})
	w.failing(outbox.SlackNotice, outbox.Permanent(errNet))
	w.drain(t)
	dead := func() (is bool) {
		w.look(t, func(tx state.Tx) error {
			all, err := outbox.Dead(tx)
			is = slices.ContainsFunc(all, func(e outbox.Effect) bool { return e.ID == "to-ana" })
			return err
		})
		return is
	}
	if !dead() {
		t.Fatal("it is not dead")
	}
	if _, err := w.Forget(t.Context(), string(ana.User)); err != nil || dead() {
		t.Errorf("Forget: %v; dead %v", err, dead())
	}
}
