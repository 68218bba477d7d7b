package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// StaffMail looks up the Entra user who has the mail address of a member of the staff, as
// their address or as the name by which they sign in. Its result is an
// [outbox.StaffResult]. It only reads.
//
// It refuses, for good, unless exactly one user has it, and that is an enabled member of
// the tenant: of two nobody can say which one is meant.
func (f *Effects) StaffMail(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.MailPayload](e)
	if err != nil {
		return nil, err
	}
	found, err := f.Client.UsersByMail(ctx, p.Person.Mail)
	switch {
	case access.CodeOf(err) == access.Invalid, access.CodeOf(err) == access.Forbidden:
		return nil, outbox.Permanent(err)
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, never(access.NotFound, "No user in Entra has the e-mail address that Slack shows of you.")
	case len(found) > 1:
		return nil, never(access.Conflict, "%d users in Entra have the e-mail address that Slack shows of you, so it does not say who you are.", len(found))
	}
	u := found[0]
	switch {
	case u.Guest:
		return nil, never(access.Forbidden, "The user in Entra who has your e-mail address is a guest. Delegated access works for members of the tenant only.")
	case !u.Enabled:
		return nil, never(access.Forbidden, "The account in Entra that has your e-mail address is disabled.")
	case u.ID == "":
		return nil, never(access.Unavailable, "Entra did not give the id of the user who has your e-mail address.")
	}
	return result(outbox.StaffResult{Principal: u.ID, UPN: u.UPN, Name: u.DisplayName})
}

// UsersByMail lists the users of the partner's tenant with the mail address, or with the
// user principal name that is the same, each once. The address is not repeated in errors,
// which are logged.
func (c *Client) UsersByMail(ctx context.Context, mail string) ([]User, error) {
	const doing = "look for the user with a mail address"
	if !strings.Contains(mail, "@") || len(mail) > 256 {
		return nil, access.Refuse(access.Invalid, "That is no e-mail address.")
	}
	seen := map[access.PrincipalID]bool{}
	var out []User
	for _, property := range []string{"mail", "userPrincipalName"} {
		filter := property + " eq '" + strings.ReplaceAll(mail, "'", "''") + "'"
		r, err := c.request(abs.GET, url.Values{"$filter": {filter}, "$select": {"mail," + userFields}}, "users")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		for m, err := range list[models.Userable](ctx, c, doing, r, models.CreateUserFromDiscriminatorValue) {
			if err != nil {
				return nil, err
			}
			u, err := userOf(m)
			if err != nil {
				return nil, err
			}
			if same := strings.EqualFold(deref(m.GetMail()), mail) || strings.EqualFold(u.UPN, mail); same && !seen[u.ID] {
				seen[u.ID] = true
				out = append(out, u)
			}
		}
	}
	return out, nil
}
