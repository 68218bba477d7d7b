package chat

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// mailScope is the scope with which Slack tells the mail addresses of the workspace's
// people. It is optional: manifest.yml does not ask for it.
const mailScope = "users:read.email"

// StaffMail looks up the mail address of a member of the staff. It refuses, for good,
// whoever is no full, active member of the installing workspace, and an address that
// nobody has confirmed.
func (f *Effects) StaffMail(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.MailPayload](e)
	if err != nil {
		return nil, err
	}
	if f.Client.Team() == "" {
		return nil, errNobody
	}
	u, err := f.Client.API.GetUserInfoContext(ctx, string(p.Person.User))
	if refusedWith(err, "user_not_found", "user_not_visible") {
		return nil, refuse("Slack does not know you.")
	}
	if err != nil {
		return nil, classify("look up a person", err)
	}
	switch {
	case u.TeamID != string(f.Client.Team()):
		return nil, refuse("You belong to another Slack workspace than the bot.")
	case u.Deleted, u.IsBot, u.IsRestricted, u.IsUltraRestricted, u.IsStranger:
		return nil, refuse("You are no full member of the workspace, but a guest, a bot, or deactivated.")
	case u.Profile.Email == "":
		return nil, f.noMail(ctx)
	case !u.IsEmailConfirmed:
		return nil, refuse("Your e-mail address in Slack is not confirmed. Confirm it by the link that Slack has sent you, and ask again.")
	}
	name := u.RealName
	if name == "" {
		name = u.Name
	}
	return json.Marshal(outbox.MailResult{Person: access.Person{
		Team: f.Client.Team(), User: p.Person.User, Name: name, Mail: strings.ToLower(u.Profile.Email),
	}})
}

// noMail says why Slack shows no address.
func (f *Effects) noMail(ctx context.Context) error {
	may, err := f.Client.ReadsMail(ctx)
	switch {
	case err != nil:
		return classify("ask what the app may", err)
	case !may:
		return refuse("The Slack app may not read e-mail addresses: a bot admin has to add the bot scope " + mailScope +
			" at api.slack.com/apps and install the app anew, or take staff_by_mail out of policy.yml.")
	}
	return refuse("Slack shows no e-mail address of yours.")
}

// ReadsMail reports whether Slack tells the app the mail addresses of the workspace's
// people.
func (c *Client) ReadsMail(ctx context.Context) (bool, error) {
	who, err := c.API.AuthTestContext(ctx)
	if err != nil {
		return false, err
	}
	scopes := strings.Split(who.Header.Get("X-OAuth-Scopes"), ",")
	return slices.ContainsFunc(scopes, func(s string) bool { return strings.TrimSpace(s) == mailScope }), nil
}
