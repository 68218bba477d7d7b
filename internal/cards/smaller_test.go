package cards_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

// A card speaks of a smaller role only where the reason is clear about it.
func TestSmaller(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, asked, why string
		want             string // role: task; empty for silence
	}{
		{"OtherRoleThatSuffices", "User Administrator", "reset password for Bob Smith, INC-4711", "Password Administrator: Reset the password of a user"},
		{"GlobalAdministrator", "Global Administrator", "invite a guest to the project site", "Guest Inviter: Invite a guest user"},
		{"GlobalAdministratorBesideTheLeast", "Global Administrator, Guest Inviter", "invite a guest", "Guest Inviter: Invite a guest user"},
		{"German", "User Administrator", "Passwort zurücksetzen, Frau Meier", "Password Administrator: Reset the password of a user"},
		{"French", "User Administrator", "réinitialiser le mot de passe d'un utilisateur", "Password Administrator: Reset the password of a user"},
		{"Licence", "User Administrator", "assign a licence to a user", "License Administrator: Assign a licence to a user"},
		{"Ticket", "Exchange Administrator", "open a support ticket with Microsoft", "Service Support Administrator: Open a support ticket with Microsoft"},

		{"AlreadyTheLeast", "Password Administrator", "reset password for Bob", ""},
		{"TheLeastAmongOthers", "Password Administrator, Exchange Administrator", "reset password for Bob", ""},
		{"SecondTaskNeedsIt", "User Administrator", "create a user and reset the password", ""},
		{"ReasonIsAboutSomethingElse", "User Administrator", "invite a guest, then mailbox migration and transport rules of Exchange", ""},
		{"NotKnownToSuffice", "Exchange Administrator", "reset password for Bob", ""},
		{"TicketOfATaskItIsFor", "Exchange Administrator", "mailbox migration, ticket INC-4711", ""},
		{"Misspelt", "User Administrator", "rezet pasword", ""},
		{"OnlyOneWord", "User Administrator", "password", ""},
		{"Vague", "Global Administrator", "maintenance", ""},
		{"NobodyBelowGlobalAdministrator", "Global Administrator", "change the UPN of a privileged admin", ""},
		{"Nothing", "Global Administrator", "INC-4711", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := access.Request{State: access.Pending, Justification: tt.why}
			for name := range strings.SplitSeq(tt.asked, ", ") {
				found, match := roles.Find(name)
				if match != roles.Exact {
					t.Fatalf("no role %q", name)
				}
				r.Roles = append(r.Roles, found[0].ID)
			}
			got := ""
			if s := cards.View(&policy.Policy{}, approvals.Entry{Request: r}).Smaller; s != nil {
				got = s.Roles[0].Name + ": " + s.Task
			}
			if got != tt.want {
				t.Errorf("%s because %q: %q would do, want %q", tt.asked, tt.why, got, tt.want)
			}
			r.State = access.Approved
			if s := cards.View(&policy.Policy{}, approvals.Entry{Request: r}).Smaller; s != nil {
				t.Errorf("once it is decided, the card still says %+v", s)
			}
		})
	}
}
