package commands_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// As a bot admin.
func TestRelationshipCommands(t *testing.T) {
	t.Parallel()
	offer := "offer " + string(contoso)
	rows := []struct {
		name, text string
		state      access.OfferState
		says, does string
	}{
		{"request", "request contoso mail for 1y", "", "O-00002: Contoso is asked for a relationship of 1 year", offer + " 1 roles 365 days false"},
		{"request extending", "request contoso helpdesk for 6 months auto-extend", "", "renews itself", offer + " 2 roles 180 days true"},
		{"request in other words", `request contoso "exchange administrator" for 90 days auto extend`, "", "90 days", offer + " 1 roles 90 days true"},
		{"request the other way round", "request contoso mail auto-extend for 2 years", "", "2 years", offer + " 1 roles 730 days true"},
		{"request a role called for", "request contoso mail for 1 year 30 days", "", "395 days", offer + " 1 roles 395 days false"},
		{"request too long", "request contoso mail for 3y", "", "two years", ""},
		{"show active", "show O-00001", access.OfferActive, "O-00001: active", ""},
		{"show drafted", "show O-00001", access.OfferDrafted, "being made", ""},
		{"terminate", "terminate Care plan", "", "modal relationship.terminate " + messages.Target(contoso, relA) + ": ", ""},
		{"terminate drafted", "terminate O-00001", access.OfferDrafted, "has not been sent", ""},
		{"terminate sent", "terminate O-00001", access.OfferSent, "no way to take it back", ""},
		{"extend on", "extend on Care plan", "", "is asked to change whether Care plan renews itself", "extend true " + string(contoso) + " Care plan"},
		{"extend off", "extend off Care plan", "", "is asked to change", "extend false " + string(contoso) + " Care plan"},
		{"replace", "replace Care plan with mail for 1y", "", "modal relationship.replace " + messages.Target(contoso, relA) + " 365 false ", ""},
		{"replace with several", `replace O-00001 with helpdesk and mail for 90 days auto-extend`, access.OfferActive, "modal relationship.replace " + messages.Target(contoso, offered) + " 90 true ", ""},
		{"replace without with", "replace Care plan mail for 1y", "", "Say which relationship and what is to take its place", ""},
		{"replace with nothing", "replace Care plan with for 1y", "", "Say which relationship and what is to take its place", ""},
		{"replace nothing", "replace with mail for 1y", "", "Say which relationship and what is to take its place", ""},
		{"replace without how long", "replace Care plan with mail", "", "how long it is to last", ""},
		{"replace what was not sent", "replace O-00001 with mail for 1y", access.OfferDrafted, "has not been sent yet", ""},
		{"reduce", "reduce Care plan", "", "modal relationship.reduce " + messages.Target(contoso, relA) + ": ", ""},
		{"reduce drafted", "reduce O-00001", access.OfferDrafted, "has not been sent yet", ""},
		{"reduce nothing", "reduce", "", "Name a relationship", ""},
		{"extend drafted", "extend on O-00001", access.OfferDrafted, "has not been sent yet", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.offerState = row.state
			r := w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: dee, Channel: "C9"}, Text: "relationship " + row.text})
			w.expect(t, r, row.says, row.does)
		})
	}
}

// TestTerminateButtonIsForAdmins: staff may look, and have no button.
func TestTerminateButtonIsForAdmins(t *testing.T) {
	t.Parallel()
	for _, who := range []access.Person{dee, ana} {
		w := newWorld(t)
		r := w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: who}, Text: "relationship show Care plan"})
		has := false
		for _, b := range r.Message.Blocks {
			has = has || b.BlockType() == "actions"
		}
		if has != (who == dee) {
			t.Errorf("%s has the button: %t", who.Name, has)
		}
	}
}

func TestOfferClicks(t *testing.T) {
	t.Parallel()
	outsider := access.Person{Team: "T3", User: "U3CY", Name: "Cy"}
	target := messages.Target(contoso, relA)
	rows := []struct {
		name       string
		by         access.Person
		state      access.OfferState
		action     string
		value      string
		says, does string
	}{
		{"review is silent", bo, "", messages.ActionReview, "O-00001", "silence", ""},
		{"decline asks why", bo, "", messages.ActionDecline, "O-00001", "modal offer.decline O-00001", ""},
		{"decline by an outsider", outsider, "", messages.ActionDecline, "O-00001", "modal note", ""},
		{"decline by staff", ana, "", messages.ActionDecline, "O-00001", "message: You are no contact", ""},
		{"decline what is active", bo, access.OfferActive, messages.ActionDecline, "O-00001", "modal note", ""},
		{"decline nonsense", bo, "", messages.ActionDecline, "R-00001/1", "modal note", "refused malformed button"},
		{"mail", ana, "", messages.ActionMail, "O-00001", "modal note", ""},
		{"mail that is not needed", ana, access.OfferActive, messages.ActionMail, "O-00001", "message: O-00001 does not wait", ""},
		{"mail for an outsider", bo, "", messages.ActionMail, "O-00001", "modal note", ""},
		{"terminate", dee, "", messages.ActionTerminate, target, "modal relationship.terminate " + target, ""},
		{"terminate by staff", ana, "", messages.ActionTerminate, target, "message: Only a bot admin", ""},
		{"terminate by a contact", bo, "", messages.ActionTerminate, target, "modal note", ""},
		{"reduce", dee, "", messages.ActionReduce, target, "modal relationship.reduce " + target, ""},
		{"reduce by staff", ana, "", messages.ActionReduce, target, "message: Only a bot admin", ""},
		{"reduce nonsense", dee, "", messages.ActionReduce, "../x", "message: This button does not belong", "refused malformed button"},
		{"consent", dee, "", messages.ActionConsent, target, "message: Microsoft is told that you approve Care plan", "consent true " + string(contoso) + " Care plan"},
		{"consent by staff", ana, "", messages.ActionConsent, target, "message: Only a bot admin", ""},
		{"consent nonsense", dee, "", messages.ActionConsent, "../x", "message: This button does not belong", "refused malformed button"},
		{"reject", dee, "", messages.ActionReject, target, "message: Microsoft is told that you reject Care plan", "consent false " + string(contoso) + " Care plan"},
		{"reject by a contact", bo, "", messages.ActionReject, target, "modal note", ""},
		{"terminate one GUID", dee, "", messages.ActionTerminate, messages.Target(contoso, "8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10"), "message: This button does not belong", "refused malformed button"},
		{"terminate hyphens", dee, "", messages.ActionTerminate, messages.Target(contoso, access.RelationshipID(strings.Repeat("-", 73))), "message: This button does not belong", "refused malformed button"},
		{"terminate nonsense", dee, "", messages.ActionTerminate, "../x", "message: This button does not belong", "refused malformed button"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.offerState = row.state
			w.expect(t, w.click(t.Context(), row.by, row.action, row.value), row.says, row.does)
		})
	}
}

func TestOfferModalsSubmitted(t *testing.T) {
	t.Parallel()
	target := messages.Target(contoso, relA)
	rows := []struct {
		name, callback, private, block, text string
		by                                   access.Person
		says, does                           string
	}{
		{"decline", messages.ViewDecline, "O-00001", messages.BlockReason, " not\nnow ", bo, "silence", "decline O-00001 not now"},
		{"decline without a reason", messages.ViewDecline, "O-00001", messages.BlockReason, " ", bo, "errors: reason=Say why", ""},
		{"decline with much", messages.ViewDecline, "O-00001", messages.BlockReason, strings.Repeat("x", 501), bo, "errors: reason=Say why", ""},
		{"decline by staff", messages.ViewDecline, "O-00001", messages.BlockReason, "no", ana, "errors: reason=You are no contact", ""},
		{"decline tampered", messages.ViewDecline, "O-1", messages.BlockReason, "no", bo, "errors: reason=This button", "refused malformed button"},
		{"terminate", messages.ViewTerminate, target, messages.BlockConfirm, "Contoso", dee, "message: Microsoft is asked to end Care plan", "terminate " + string(contoso) + " Care plan"},
		{"terminate by staff", messages.ViewTerminate, target, messages.BlockConfirm, "Contoso", ana, "Only a bot admin", ""},
		{"replace", messages.ViewReplace, target + " 365 true 0a-b,0c", messages.BlockConfirm, "Contoso", dee, "Contoso is asked for a relationship of 1 year", "offer " + string(contoso) + " 2 roles 365 days true; replaces " + string(relA)},
		{"replace unconfirmed", messages.ViewReplace, target + " 365 true 0a-b,0c", messages.BlockConfirm, "Adatum", dee, "errors: confirm=Type Contoso", ""},
		{"replace by staff", messages.ViewReplace, target + " 365 true 0a-b,0c", messages.BlockConfirm, "Contoso", ana, "Only a bot admin", ""},
		{"replace tampered", messages.ViewReplace, target + " x", messages.BlockConfirm, "Contoso", dee, "This button", "refused malformed button"},
		{"reduce", messages.ViewReduce, target, "", "", dee, "message: Microsoft is asked to take Global Administrator out of Care plan", "reduce " + string(contoso) + " Care plan"},
		{"reduce by staff", messages.ViewReduce, target, "", "", ana, "modal note", ""},
		{"reduce tampered", messages.ViewReduce, "x", "", "", dee, "modal note", "refused malformed button"},
		{"terminate tampered", messages.ViewTerminate, "x", messages.BlockConfirm, "Contoso", dee, "This button", "refused malformed button"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.router.Submit(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: row.by}, External: row.by.Team != "T1",
				Callback: row.callback, Private: row.private, Values: map[string]commands.Value{row.block: {Text: row.text}},
			})
			w.expect(t, r, row.says, row.does)
		})
	}
}

func TestParseDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"1y": 365, "1 year": 365, "2 Years": 730, "6 months": 180, "6mo": 180, "2w": 14, "90d": 90, "90 days": 90, "1y 30d": 395, "1 year 2 weeks 1 day": 380,
		"": 0, "y": 0, "1": 0, "1h": 0, "1d 1y": 0, "1d1d": 0, "-1d": 0, "12345d": 0, "1.5y": 0, "1 y x": 0, "ein Jahr": 0, "1ys": 0,
	} {
		got, err := commands.ParseDays(text)
		if got != want || (err != nil) != (want == 0) || err != nil && access.CodeOf(err) != access.Invalid {
			t.Errorf("ParseDays(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}
