package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cause"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

const (
	exchangeID  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	userAdminID = "fe930be7-5e62-47db-91af-98c3a49a38b1"
)

// The form of an advice has the roles, and the customer whose channel it is.
func TestFilledForm(t *testing.T) {
	t.Parallel()
	for channel, customer := range map[access.ChannelID]string{"C1": "Contoso", "C9": ""} {
		t.Run(string(channel), func(t *testing.T) {
			t.Parallel()
			r := newWorld(t).router.Click(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: ana, Channel: channel}, Action: messages.ActionFilled, Value: exchangeID,
			})
			raw, err := json.Marshal(r.Modal)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(raw); !strings.Contains(got, `"Exchange Administrator"`) || strings.Contains(got, `"Contoso"`) != (customer != "") {
				t.Errorf("the form of %s holds %s", channel, got)
			}
		})
	}
}

func TestClick(t *testing.T) {
	t.Parallel()
	outsider := access.Person{Team: "T3", User: "U3CY", Name: "Cy"}
	rows := []struct {
		name   string
		live   bool // the request was approved before
		by     access.Person
		action string
		value  string
		says   string
		does   string
	}{
		{"approve", false, bo, "request.approve", "R-00001/1", "silence", "approve R-00001 "},
		{"approve by an outsider", false, outsider, "request.approve", "R-00001/1", "modal note", ""},
		{"approve by the requester", false, ana, "request.approve", "R-00001/1", "message: You are no contact of Contoso.", ""},
		{"approve older terms", false, bo, "request.approve", "R-00001/2", "modal note", ""},
		{"approve twice", true, bo, "request.approve", "R-00001/1", "modal note", ""},
		{"approve what is not there", false, bo, "request.approve", "R-ZZZZZ/1", "modal note", ""},
		{"deny asks why", false, bo, "request.deny", "R-00001/1", "modal request.deny R-00001/1:  reason", ""},
		{"deny by an outsider", false, outsider, "request.deny", "R-00001/1", "modal note", ""},
		{"withdraw", false, ana, "request.withdraw", "R-00001/1", "message: R-00001 for Contoso was taken back", "withdraw R-00001"},
		{"withdraw by a contact", false, bo, "request.withdraw", "R-00001/1", "modal note", ""},
		{"end by the requester", true, ana, "grant.end", "R-00001/1", "message: R-00001: the access is being removed", "revoke R-00001 "},
		{"end by a contact", true, bo, "grant.end", "R-00001/1", "silence", "revoke R-00001 "},
		{"pick", false, ana, "customer.pick", string(contoso), "message: Access to Contoso.", ""},
		{"pick by an outsider", false, bo, "customer.pick", string(contoso), "modal note", "refused customer.pick"},
		{"pick nonsense", false, ana, "customer.pick", "../x", "message: This button is not known", "refused customer.pick"},
		{"repeat", true, ana, "request.repeat", "R-00001", "modal request.submit : customer roles duration justification", ""},
		{"repeat another's", true, access.Person{Team: ana.Team, User: "U1ZOE", Name: "Zoe"}, "request.repeat", "R-00001", "message: Only who asked for R-00001 asks for the same again.", "refused request.repeat"},
		{"repeat by a contact", true, bo, "request.repeat", "R-00001", "modal note", "refused request.repeat"},
		{"repeat what is not there", false, ana, "request.repeat", "R-ZZZZZ", "message: There is no request R-ZZZZZ.", ""},
		{"repeat nonsense", false, ana, "request.repeat", "../x", "message: This button does not belong to a request.", "refused malformed button"},
		{"request", false, ana, "request.open", "", "modal request.submit : customer roles duration justification", ""},
		{"request by an outsider", false, bo, "request.open", "", "modal note", "refused request.open"},
		{"filled", false, ana, "request.filled", exchangeID + "," + userAdminID, "modal request.submit : customer roles duration justification", ""},
		{"filled by an outsider", false, bo, "request.filled", exchangeID, "modal note", "refused request.filled"},
		{"filled with what is no role", false, ana, "request.filled", exchangeID + ",x", "message: This button is not known", "refused malformed button"},
		{"filled with nothing", false, ana, "request.filled", "", "message: This button is not known", "refused malformed button"},
		{"filled with too much", false, ana, "request.filled", strings.Repeat(exchangeID+",", 20) + exchangeID, "message: This button is not known", "refused malformed button"},
		{"ask to let in", false, ana, "letin.ask", string(contoso), "message: Contoso is asked in its channel.", "ask " + string(contoso) + " to let in by U1ANA"},
		{"ask to let in by an outsider", false, bo, "letin.ask", string(contoso), "modal note", "refused letin.ask"},
		{"ask nobody to let in", false, ana, "letin.ask", "../x", "message: This button is not known", "refused letin.ask"},
		{"link to Microsoft", false, bo, "letin.open", "letin", "silence", ""},
		{"unknown button", false, ana, "nuke", "R-00001/1", "message: This button is not known", "refused unknown button"},
		{"no value", false, bo, "request.approve", "", "modal note", "refused malformed button"},
		{"value with more", false, bo, "request.approve", "R-00001/1 ", "modal note", "refused malformed button"},
		{"value of another form", false, bo, "request.deny", "r-00001/01", "modal note", "refused malformed button"},
		{"value too large", false, ana, "grant.end", "R-00001/99999999999999999999", "message: This button does not belong", "refused malformed button"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if row.live {
				w.given(t)
			} else {
				w.asked(t)
			}
			w.expect(t, w.click(t.Context(), row.by, row.action, row.value), row.says, row.does)
		})
	}
}

func TestSubmitDeny(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name    string
		by      access.Person
		private string
		reason  string
		says    string
		does    string
	}{
		{"deny", bo, "R-00001/1", " not\nnow ", "silence", "deny R-00001 not now"},
		{"no reason", bo, "R-00001/1", "  ", "errors: reason=Say why", ""},
		{"too long", bo, "R-00001/1", strings.Repeat("x", 501), "errors: reason=Say why, in at most 500", ""},
		{"not a contact", ana, "R-00001/1", "no", "errors: reason=You are no contact", ""},
		{"older terms", bo, "R-00001/3", "no", "errors: reason=R-00001 has changed", ""},
		{"tampered", bo, "R-00001", "no", "errors: reason=This button does not belong", "refused malformed button"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.asked(t)
			r := w.router.Submit(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: row.by}, External: row.by.Team != "T1",
				Callback: messages.ViewDeny, Private: row.private, Values: map[string]commands.Value{"reason": {Text: row.reason}},
			})
			w.expect(t, r, row.says, row.does)
		})
	}
}

func TestSubmitRequest(t *testing.T) {
	t.Parallel()
	bundle := func(w *world, name string) string {
		for _, o := range w.router.Options(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana}, Action: messages.OptionsRoles, Query: name}) {
			return o.Value
		}
		return ""
	}
	rows := []struct {
		name     string
		by       access.Person
		customer []string
		roles    func(*world) []string
		duration string
		why      string
		says     string
		does     string
	}{
		{"complete", ana, []string{string(contoso)}, func(w *world) []string { return []string{bundle(w, "helpdesk"), bundle(w, "mail")} }, "1h30m", "INC-1\nmail",
			"silence", "submit " + string(contoso) + " 3 roles 1h30m0s INC-1 mail"},
		{"a role", ana, []string{string(contoso)}, func(w *world) []string { return []string{string(w.policy.Bundles[1].Roles[0])} }, "4h", "x",
			"silence", "submit " + string(contoso) + " 1 roles 4h0m0s x"},
		{"everything missing", ana, nil, func(*world) []string { return nil }, "", " ",
			"errors: customer=Choose a customer. roles=Choose at least one role or bundle. duration=Say for how long, for example for 4h. justification=Say why", ""},
		{"bundle that is gone", ana, []string{string(contoso)}, func(*world) []string { return []string{"bundle:0000"} }, "4h", "x",
			"errors: roles=The policy has changed", ""},
		{"refused by the use case", ana, []string{string(contoso)}, func(w *world) []string { return []string{bundle(w, "mail")} }, "9h", "x",
			"errors: duration=The longest", ""},
		{"two customers", ana, []string{string(contoso), string(adatum)}, func(w *world) []string { return []string{bundle(w, "mail")} }, "4h", "x",
			"errors: customer=Choose a customer", ""},
		{"from outside", bo, []string{string(contoso)}, func(w *world) []string { return []string{bundle(w, "mail")} }, "4h", "x",
			"errors: customer=Only the partner's own staff", "refused request.submit"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.router.Submit(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: row.by}, External: row.by.Team != "T1", Callback: messages.ViewRequest,
				Values: map[string]commands.Value{
					"customer": {Selected: row.customer}, "roles": {Selected: row.roles(w)},
					"duration": {Text: row.duration}, "justification": {Text: row.why},
				},
			})
			w.expect(t, r, row.says, row.does)
		})
	}
}

func TestSubmitUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router.Submit(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana}, Callback: "nuke"})
	w.expect(t, r, "modal note", "refused unknown modal")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		by    access.Person
		list  string
		query string
		want  string // the texts
	}{
		{"customers", ana, "request.customer", "", "Contoso|Contoso Deutschland"},
		{"customers typed", ana, "request.customer", "deut", "Contoso Deutschland"},
		{"roles: bundles first, no others than theirs", ana, "request.roles", "", "Helpdesk|Mail|Exchange Administrator|Helpdesk Administrator|User Administrator"},
		{"roles typed", ana, "request.roles", "admin exch", "Exchange Administrator"},
		{"bundle by what it is for", ana, "request.roles", "first", "Helpdesk"},
		{"nothing fits", ana, "request.roles", "zzz", ""},
		{"a task, the least role for it", ana, "request.roles", "create a user", "User Administrator"},
		{"a task half typed, the larger role", ana, "request.roles", "reset passw", "User Administrator"},
		{"a task in German", ana, "request.roles", "Postfach verschieben", "Exchange Administrator"},
		{"a task for which nothing may be asked", ana, "request.roles", "conditional access policy", ""},
		{"a chance word", ana, "request.roles", "coffee machine of the user", ""},
		{"from outside", bo, "request.customer", "", ""},
		{"unknown list", ana, "nuke", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var got []string
			for _, o := range w.router.Options(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: row.by}, External: row.by.Team != "T1", Action: row.list, Query: row.query,
			}) {
				got = append(got, o.Text)
			}
			if s := strings.Join(got, "|"); s != row.want {
				t.Errorf("Options() = %s, want %s", s, row.want)
			}
		})
	}
	t.Run("other roles too", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.policy.Rule.OtherRoles = true
		got := w.router.Options(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana}, Action: messages.OptionsRoles})
		if len(got) < 50 || len(got) > 100 {
			t.Errorf("%d options, want many, and at most 100", len(got))
		}
		for _, o := range got {
			if o.Text == "Global Administrator" {
				t.Error("Global Administrator is offered, but no bundle names it")
			}
		}
	})
}

// Slack refuses commands of people from outside; so do we.
func TestSlashFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: bo}, External: true, Text: "list contoso"})
	w.expect(t, r, "modal note", "refused command")
}

// What goes wrong inside is told by a reference, and its cause is for the log.
func TestInternalErrors(t *testing.T) {
	t.Parallel()
	acts := []struct {
		name string
		do   func(context.Context, *world) commands.Reply
		says string
	}{
		{"slash", func(ctx context.Context, w *world) commands.Reply { return w.slash(ctx, "list contoso") }, "message: Something went wrong (ref 4f2c)."},
		{"click", func(ctx context.Context, w *world) commands.Reply {
			w.requests["R-00001"] = access.Request{ID: "R-00001"}
			return w.click(ctx, ana, "customer.pick", string(contoso))
		}, "message: Something went wrong (ref 4f2c)."},
		{"submit", func(ctx context.Context, w *world) commands.Reply {
			return w.router.Submit(ctx, commands.Invocation{
				Origin: approvals.Origin{Actor: ana}, Callback: messages.ViewRequest,
				Values: map[string]commands.Value{
					"customer": {Selected: []string{string(contoso)}}, "roles": {Selected: []string{string(w.policy.Bundles[1].Roles[0])}},
					"duration": {Text: "4h"}, "justification": {Text: "planted-secret"},
				},
			})
		}, "errors: customer=Something went wrong (ref 4f2c)."},
	}
	for _, act := range acts {
		for _, how := range []string{"error", "panic"} {
			t.Run(act.name+"/"+how, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.fail, w.explode = errors.New("disk on fire"), how == "panic"
				got := heard(act.do(cause.With(t.Context(), cause.Cause{Ref: "4f2c"}), w))
				if !strings.HasPrefix(got, act.says) || strings.Contains(got, "fire") || strings.Contains(got, "exploded") {
					t.Errorf("heard %q, want %q and no cause", got, act.says)
				}
				if log := w.log.String(); !strings.Contains(log, "ref=4f2c") || !strings.Contains(log, "fire") && !strings.Contains(log, "exploded") {
					t.Errorf("the log has no reference or no cause: %s", log)
				}
				if strings.Contains(w.log.String(), "planted-secret") {
					t.Error("a justification is in the log")
				}
			})
		}
	}
}

// What people type stays out of the log.
func TestLogHoldsNoText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slash(t.Context(), "planted-verb planted-text")
	w.slash(t.Context(), "request contoso mail for 4h because planted-reason")
	w.click(t.Context(), bo, "planted-action", "planted-value")
	if log := w.log.String(); strings.Contains(log, "planted") || !strings.Contains(log, "command refused") || !strings.Contains(log, "command done") {
		t.Errorf("log: %s", log)
	}
}

// FuzzSlash looks for a panic behind any text; the router would hide it.
func FuzzSlash(f *testing.F) {
	for _, c := range commands.Commands() {
		for _, e := range c.Examples {
			f.Add(e)
		}
	}
	f.Add("customer link <@U1|x <@U2> \"")
	f.Fuzz(func(t *testing.T, text string) {
		w := newWorld(t)
		r := w.slash(t.Context(), text)
		if s := heard(r); strings.Contains(s, "Something went wrong") || s == "silence" {
			t.Errorf("%q was answered %q: %s", text, s, w.log)
		}
	})
}
