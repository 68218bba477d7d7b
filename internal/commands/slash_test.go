package commands_test

import (
	"strings"
	"testing"

	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

// mail is what is done for a request that is understood.
const mail = "submit " + string(contoso) + " 1 roles 4h0m0s INC-1"

// slashRows are what staff type, what they hear and what is done.
var slashRows = []struct{ name, text, says, does string }{
	{"nothing is help", "", "message: Access to customers", ""},
	{"help", "help", "`/access revoke", ""},
	{"help topic", "help Request", "`and`", ""},
	{"help unknown", "help requst", "Did you mean `/access request", ""},
	{"near verb", "lst contoso", "Did you mean `/access list", ""},
	{"far verb", "frobnicate *x* <!channel>", "There is no command “frobnicate”", ""},
	{"upper case", "LIST contoso", "Access to Contoso.", ""},

	{"list", "list contoso", "Relationship Care: active.", ""},
	{"list by domain", "list <http://contoso.de|contoso.de>", "Access to Contoso Deutschland.", ""},
	{"list by tenant", "list " + string(adatum), "Access to Adatum.", ""},
	{"list ambiguous", "list conto", "More than one customer could be “conto”", ""},
	{"list nothing", "list", "Which customer? Contoso", ""},
	{"list unknown", "list nobody", "No customer is called", ""},

	{"request alone", "request", "modal request.submit : customer roles duration justification", ""},
	{"request with a customer alone", "request contoso", "modal request.submit", ""},
	{"request", `request contoso "Exchange Administrator" for 4h because INC-1`, "R-00001 was sent to the contacts of Contoso", mail},
	{"request without quotes", "request contoso exchange admin for 4h because INC-1", "R-00001", mail},
	{"request by prefix", "request contoso deutsch mail for 4h because INC-1", "R-00001", strings.Replace(mail, string(contoso), string(contosoDE), 1)},
	{"request longest customer", "request Contoso Deutschland Mail for 4h because INC-1", "R-00001", strings.Replace(mail, string(contoso), string(contosoDE), 1)},
	{"request quoted customer", `request "Contoso" Mail for 4h because INC-1`, "R-00001", mail},
	{"request bundle", "request contoso helpdesk for 4h because INC-1", "R-00001", strings.Replace(mail, "1 roles", "2 roles", 1)},
	{"request bundle and role", "request contoso helpdesk, exchange administrator for 4h because INC-1", "R-00001", strings.Replace(mail, "1 roles", "3 roles", 1)},
	{"request quoted roles side by side", `request contoso "helpdesk" "mail" for 4h because INC-1`, "R-00001", strings.Replace(mail, "1 roles", "3 roles", 1)},
	{"request ambiguous", "request conto mail for 4h because INC-1", "Type `contoso.com` for Contoso or `contoso.de`", ""},
	{"request unknown customer", "request nobody mail for 4h because INC-1", "No customer is called \"nobody\"", ""},
	{"request unknown role", "request contoso mial for 4h because INC-1", "There is no role or bundle", ""},
	{"request unknown role of a long customer", "request contoso deutschland mial for 4h because INC-1", "\"mial\"", ""},
	{"request no role", "request contoso for 4h because INC-1", "Name at least one role", ""},
	{"request no duration", "request contoso mail because INC-1", "Say for how long", ""},
	{"request bad duration", "request contoso mail for ages because INC-1", "“ages” is not a length of time", ""},
	{"request too long", "request contoso mail for 9h because INC-1", "The longest that policy allows is 8 h", ""},
	{"request no reason", "request contoso mail for 4h", "Say why", ""},

	{"advise nothing", "advise", "Say what is to be done", ""},
	{"advise", "advise who invites guests", "The least role for “who invites guests”: Guest Inviter: Invites guests", ""},
	{"advise in German", "advise Lizenz zuweisen", "License Administrator:", ""},
	{"advise what policy does not allow", "advise reset a user&apos;s pasword", "Password Administrator (privileged): Resets passwords of users and of other password admins. For: Reset the password of a user.", ""},
	{"advise the larger one", "advise reset the password of a user", "What may be asked for is more than is needed: User Administrator (privileged).", ""},
	{"advise what nobody may ask for", "advise conditional access policy", "Nobody may ask for it here: no bundle of policy.yml names it. A bot admin can add it.", ""},
	{"advise what needs no role", "advise change who is a member of a group", "Even less would do: the owner of the group needs no role for it.", ""},
	{"advise what no role does", "advise change the settings of Connect Health", "No role of Entra that a relationship carries does this. For: Change the settings of Connect Health. Who can: an Azure role (Owner).", ""},
	{"advise what GDAP does not reach", "advise B2C custom policy", "⛔ GDAP: does not reach External identities.", ""},
	{"advise by a description", "advise power bi capacity", "Fabric Administrator: Runs Fabric and Power BI", ""},
	{"advise a guess", "advise coffee machine", "Nothing fits “coffee machine” clearly. Perhaps one of these:", ""},
	{"advise nonsense", "advise &lt;!zzzz&gt; *qqqq*", "Nothing that is known here fits “&lt;!zzzz&gt; ∗qqqq∗”.", ""},
	{"advise a role", "advise exchange admin", "Exchange Administrator. Runs Exchange Online", ""},

	{"explain nothing", "explain", "Name a role", ""},
	{"explain", "explain License Administrator", "It is not privileged. It is the least role for: • Take a licence from a group (Groups)", ""},
	{"explain a privileged one", "explain ga", "It is privileged", ""},
	{"explain by prefix", "explain help desk", "Helpdesk Administrator.", ""},
	{"explain several", "explain exchange", "Which role? “exchange” may be Exchange Administrator or Exchange Backup Administrator", ""},
	{"explain a withheld one", "explain Partner Tier1 Support", "It is reserved for Microsoft and can be given to nobody.", ""},
	{"explain one of no task", "explain Printer Technician", "It is the least role for no task", ""},
	{"explain nonsense", "explain zzzz", "No role of Microsoft Entra is called “zzzz”", ""},

	{"impact", "impact contoso", "If delegated admin of Contoso ends: Nobody has access through this bot right now", ""},
	{"impact nothing", "impact", "Name a customer", ""},
	{"impact ambiguous", "impact conto", "Type `contoso.com` for Contoso", ""},

	{"mine", "mine", "You have no open request", ""},
	{"show nothing", "show", "Say which request", ""},
	{"show no id", "show x", "“x” is not the id of a request", ""},
	{"show unknown", "show R-ZZZZZ", "There is no request R-ZZZZZ", ""},
	{"withdraw nothing", "withdraw", "No request of yours", ""},
	{"withdraw no id", "withdraw x", "“x” is not the id", ""},
	{"revoke nothing", "revoke", "You have no access", ""},
	{"revoke no id", "revoke x y", "“x” is not the id", ""},
	{"revoke unknown", "revoke R-ZZZZZ", "There is no access R-ZZZZZ", ""},
	{"revoke with a long note", "revoke R-ZZZZZ because " + strings.Repeat("x", 501), "at most 500", ""},

	{"customer nothing", "customer", "Say what to do", ""},
	{"customer unknown verb", "customer paint contoso", "“paint” is not something to do", ""},
	{"customer show", "customer show contoso", "Bo Lind, linked by Ana Ruiz", ""},
	{"customer link", "customer link contoso <@U2BO|bo>", "<@U2BO> belongs to Contoso", "link contact " + string(contoso) + " U2BO"},
	{"customer link, person first", "customer link <@U2BO> Contoso Deutschland", "<@U2BO> belongs to Contoso Deutschland", "link contact " + string(contosoDE) + " U2BO"},
	{"customer link by mail", "customer link contoso kim@contoso.com", "kim@contoso.com is linked as a contact of Contoso, gets a mail", "link kim@contoso.com for " + string(contoso) + " by U1ANA"},
	{"customer link by mail, as Slack makes a link of it", "customer link contoso <mailto:kim@contoso.com|kim@contoso.com>", "kim@contoso.com is linked as a contact of Contoso", "link kim@contoso.com for " + string(contoso) + " by U1ANA"},
	{"customer link by no mail", "customer link contoso kim@contoso", "Mention the person with @", ""},
	{"customer link nobody", "customer link contoso @bo", "Mention the person with @", ""},
	{"customer link forged mention", "customer link contoso &lt;@U2BO&gt;", "Mention the person with @", ""},
	{"customer link two", "customer link contoso <@U2BO> <@U3>", "one person at a time", ""},
	{"customer link no customer", "customer link <@U2BO>", "Name a customer", ""},
	{"customer unlink", "customer unlink contoso <@U2BO|bo>", "can no longer decide for Contoso", "unlink contact " + string(contoso) + " T2 U2BO"},
	{"customer unlink stranger", "customer unlink contoso deutschland <@U9>", "can no longer decide", "unlink contact " + string(contosoDE) + " T3 U9"},

	{"relationship nothing", "relationship", "Say what to do", ""},
	{"relationship unknown verb", "relationship paint x", "“paint” is not something to do with a relationship", ""},
	{"relationship request by staff", "relationship request contoso mail for 1y", "Only a bot admin", ""},
	{"relationship request no length", "relationship request contoso mail", "how long it is to last", ""},
	{"relationship request bad length", "relationship request contoso mail for ages", "“ages” is not how long", ""},
	{"relationship request hours", "relationship request contoso mail for 4h", "“4h” is not how long", ""},
	{"relationship request no customer", "relationship request for 1y", "Name a customer", ""},
	{"relationship request unknown role", "relationship request contoso mial for 1y", "There is no role or bundle", ""},
	{"relationship show", "relationship show O-00001", "O-00001: waiting for approval", ""},
	{"relationship show by name", "relationship show Care plan", "Relationship Care plan: active", ""},
	{"relationship show nothing", "relationship show", "Name a relationship", ""},
	{"relationship show unknown", "relationship show Nix", "No relationship is called", ""},
	{"relationship terminate by staff", "relationship terminate Care plan", "Only a bot admin", ""},
	{"relationship extend by staff", "relationship extend on Care plan", "Only a bot admin", ""},
	{"relationship extend nothing", "relationship extend Care plan", "Say `on` or `off`", ""},

	{"staff nothing", "staff", "Say what to do", ""},
	{"staff unknown verb", "staff paint", "“paint” is not something to do", ""},
	{"staff list", "staff list", "Ana Ruiz is ana@fabrikam.example", ""},
	{"staff link", "staff link <@U1ANA|ana> <mailto:ana@fabrikam.example|ana@fabrikam.example>", "asked for ana@fabrikam.example", "link staff T1/U1ANA (ana) ana@fabrikam.example"},
	{"staff link without a name", "staff link <@U1ANA> ana@fabrikam.example", "asked for", "link staff T1/U1ANA () ana@fabrikam.example"},
	{"staff link no sign-in name", "staff link <@U1ANA>", "Give one sign-in name", ""},
	{"staff link nobody", "staff link ana@fabrikam.example", "Mention the person", ""},
	{"staff unlink", "staff unlink <@U1ANA>", "is no longer linked", "unlink staff U1ANA"},
	{"staff unlink nobody", "staff unlink ana", "Mention the person", ""},
}

func TestSlash(t *testing.T) {
	t.Parallel()
	for _, row := range slashRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.slash(t.Context(), row.text), row.says, row.does)
		})
	}
}

// In the channel shared with a customer, that customer is meant.
func TestChannelNamesTheCustomer(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"list":                    "Access to Contoso.",
		"impact":                  "If delegated admin of Contoso ends",
		"customer show":           "Bo Lind",
		"customer link <@U2BO>":   "belongs to Contoso.",
		"customer unlink <@U2BO>": "decide for Contoso.",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana, Channel: "C1"}, Text: text})
			if got := heard(r); !strings.Contains(got, says) {
				t.Errorf("heard %q, want %q in it", got, says)
			}
		})
	}
}

func TestOwnRequests(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name    string
		pending int
		live    int
		text    string
		says    string
		does    string
	}{
		{"mine", 1, 1, "mine", "R-00001: Contoso", ""},
		{"show", 1, 0, "show r-00001", "requested by Ana Ruiz", ""},
		{"show by its end", 1, 0, "show ooo01.", "R-00001", ""},
		{"withdraw by id", 2, 0, "withdraw r-00002", "R-00002 for Contoso was taken back", "withdraw R-00002"},
		{"withdraw the only one", 1, 1, "withdraw", "R-00002 for Contoso was taken back", "withdraw R-00002"},
		{"withdraw one of several", 2, 0, "withdraw", "Several of your requests", ""},
		{"withdraw what was decided", 0, 1, "withdraw R-00001", "was already approved by Bo Lind", ""},
		{"impact names what is open", 0, 1, "impact contoso", "Open access that it cuts off: Ana Ruiz: Exchange Administrator", ""},
		{"revoke by id", 0, 1, "revoke 00001", "is being removed", "revoke R-00001 "},
		{"revoke the only one", 1, 1, "revoke", "R-00001: the access is being removed", "revoke R-00001 "},
		{"revoke with a note", 0, 1, "revoke R-00001 because done &amp; dusted", "is being removed", "revoke R-00001 done & dusted"},
		{"revoke with a note and no because", 0, 1, "revoke R-00001 all done", "is being removed", "revoke R-00001 all done"},
		{"revoke the only one with a note", 0, 1, "revoke because done", "is being removed", "revoke R-00001 done"},
		{"revoke one of several", 0, 2, "revoke", "more than one access", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for range row.live {
				w.given(t)
			}
			for range row.pending {
				w.asked(t)
			}
			w.expect(t, w.slash(t.Context(), row.text), row.says, row.does)
		})
	}
}
