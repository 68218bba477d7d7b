package graphtest_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

// TestAppTokenClaims holds that a token tells what was consented to in Entra, and not
// what was given in Exchange Online.
func TestAppTokenClaims(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		mailboxes []string
		want      []string
	}{
		{"Consented", nil, []string{"Group.Create", "Mail.Send"}},
		{"InExchange", []string{"ana@partner.test"}, []string{"Group.Create"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *graphtest.Options) {
				o.Permissions, o.Mailboxes = []string{"Group.Create", "Mail.Send"}, row.mailboxes
			})
			parts := strings.Split(w.token, ".")
			if len(parts) != 3 {
				t.Fatalf("%d parts", len(parts))
			}
			raw, err := base64.RawURLEncoding.DecodeString(parts[1])
			if err != nil {
				t.Fatal(err)
			}
			var claims struct {
				Appid, Tid, Aud string
				Roles           []string
			}
			if err := json.Unmarshal(raw, &claims); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(claims.Roles, row.want) || claims.Appid != client || claims.Tid != partner {
				t.Errorf("claims = %+v, want the roles %v", claims, row.want)
			}
		})
	}
}

// TestMailboxes holds that a mailbox out of scope is refused whatever the message is
// like, and that nothing is sent by a message that has no recipient.
func TestMailboxes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions, o.Mailboxes = []string{"Mail.Send", "Mail.ReadBasic.All"}, []string{"ana@partner.test"}
	})
	w.s.AddUser(graphtest.User{DisplayName: "Cy", UPN: "cy@partner.test", Mail: "cy@partner.test"})
	const nobody = `{"message":{"subject":"x","body":{"contentType":"text","content":"x"},"toRecipients":[]},"saveToSentItems":false}`
	for _, row := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/users/ana@partner.test/sendMail", nobody, 400, "ErrorInvalidRecipients"},
		{"POST", "/users/cy@partner.test/sendMail", nobody, 403, "ErrorAccessDenied"},
		{"POST", "/users/cy@partner.test/sendMail", "{}", 403, "ErrorAccessDenied"},
		{"GET", "/users/cy@partner.test/mailFolders/sentitems/messages", "", 403, "ErrorAccessDenied"},
		{"POST", "/users/nobody@partner.test/sendMail", nobody, 404, "ErrorInvalidUser"},
	} {
		if a := w.do(row.method, row.path, row.body); a.status != row.status || a.code() != row.code {
			t.Errorf("%s %s = %d %q, want %d %q", row.method, row.path, a.status, a.code(), row.status, row.code)
		}
	}
	if n := len(w.s.Mails()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}
