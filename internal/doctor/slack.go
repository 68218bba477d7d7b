package doctor

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"latchkey/internal/access"
)

// identity is whose token it is, and what it may.
type identity struct {
	team   access.TeamID
	scopes []string
}

// slackRefusal is the word with which Slack refuses.
type slackRefusal string

func (e slackRefusal) Error() string { return string(e) }

const reinstall = "Copy the bot token anew: api.slack.com/apps → the app → OAuth & Permissions → Bot User OAuth Token. Where there is none, install the app to the workspace there first."

// whoami asks Slack whose token it is.
func (f *facts) whoami(ctx context.Context) (identity, error) {
	a, err := f.slack(ctx, "auth.test", nil)
	if err != nil {
		return identity{}, err
	}
	var v struct {
		OK     bool
		Error  string
		TeamID string `json:"team_id"`
	}
	if !a.into(&v) || !v.OK {
		return identity{}, slackRefusal(v.Error)
	}
	return identity{access.TeamID(v.TeamID), words(a.header.Get("X-OAuth-Scopes"))}, nil
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func slackToken(_ context.Context, f *facts) []Finding {
	who, err := f.identity()
	refusal, refused := errors.AsType[slackRefusal](err)
	switch {
	case err == nil:
		return []Finding{good("The bot token is of the workspace %s.", who.team)}
	case !refused:
		return []Finding{reach("Slack", err)}
	}
	switch refusal {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "not_allowed_token_type":
		return []Finding{fail(reinstall, "Slack does not take the bot token (%s).", string(refusal))}
	case "account_inactive":
		return []Finding{fail("Install the app to the workspace again: api.slack.com/apps → the app → Install App.", "The app was removed from the workspace, or its bot was deactivated (account_inactive).")}
	}
	return []Finding{notKnown("Run it again; look at status.slack.com.", "Slack did not say whose token it is (%s).", string(refusal))}
}

// Scope is a scope of the bot token, and what it is for.
type Scope struct{ Name, For string }

// Scopes are those that manifest.yml asks for.
func Scopes() []Scope {
	return []Scope{
		{"commands", "/access is not there"},
		{"chat:write", "no card or notice can be posted"},
		{"files:write", "the summary has no picture, and long lists of changes no table"},
		{"im:write", "whoever asked for access hears nothing"},
		{"channels:history", "after a lost answer a card in a public channel may come twice"},
		{"groups:history", "after a lost answer a card in a private channel may come twice"},
		{"im:history", "after a lost answer a direct message may come twice"},
		{"channels:read", "public channels cannot be checked, so nothing is said to customers there"},
		{"groups:read", "private channels cannot be checked, so nothing is said to customers there"},
		{"users:read", "contacts and staff cannot be looked up"},
		{"usergroups:read", "staff groups that Slack keeps cannot be read, and what depends on them is refused"},
	}
}

// byMail is asked for by those who have their staff known by mail.
var byMail = Scope{"users:read.email", "staff_by_mail of policy.yml has no effect"}

func scopes(_ context.Context, f *facts) []Finding {
	who, err := f.identity()
	if err != nil {
		return nil // unreachable: the check needs it
	}
	if len(who.scopes) == 0 {
		return []Finding{notKnown("Compare api.slack.com/apps → the app → OAuth & Permissions → Bot Token Scopes with manifest.yml.", "Slack did not say which scopes the token has.")}
	}
	needed := Scopes()
	if p, err := f.policy(); err == nil && len(p.StaffByMail) > 0 {
		needed = append(needed, byMail)
	}
	var out []Finding
	for _, s := range needed {
		if !slices.Contains(who.scopes, s.Name) {
			out = append(out, fail("Add it: api.slack.com/apps → the app → OAuth & Permissions → Bot Token Scopes; then install the app to the workspace again.",
				"The scope %s is missing: %s.", s.Name, s.For))
		}
	}
	more := slices.DeleteFunc(slices.Clone(who.scopes), func(s string) bool {
		return slices.ContainsFunc(needed, func(n Scope) bool { return n.Name == s })
	})
	if len(more) > 0 {
		out = append(out, warn("Remove what nothing else needs: api.slack.com/apps → the app → OAuth & Permissions → Bot Token Scopes; then install the app again.",
			"The token has more scopes than the bot needs: %s.", strings.Join(more, ", ")))
	}
	if len(out) == 0 {
		out = append(out, good("The token has the %d scopes that the bot needs, and no more.", len(needed)))
	}
	return out
}

// slackSecrets looks at the form of what proves who speaks. Only a delivery of Slack's
// shows whether a signing secret is the right one.
func slackSecrets(_ context.Context, f *facts) []Finding {
	if f.Config.SocketMode() {
		if strings.Count(f.Config.SlackAppToken.Reveal(), "-") < 4 {
			return []Finding{warn("Make one with connections:write: api.slack.com/apps → the app → Basic Information → App-Level Tokens.", "SLACK_APP_TOKEN does not look like xapp-1-…: it may have been cut off.")}
		}
		return []Finding{good("SLACK_APP_TOKEN has the form of an app-level token. Whether it is the right one shows when serve connects.")}
	}
	secret := f.Config.SlackSigningSecret.Reveal()
	if _, err := hex.DecodeString(secret); err != nil || len(secret) != 32 {
		return []Finding{warn("Copy it anew: api.slack.com/apps → the app → Basic Information → App Credentials → Signing Secret.", "SLACK_SIGNING_SECRET is not made of 32 hexadecimal digits, as Slack's are.")}
	}
	return []Finding{good("SLACK_SIGNING_SECRET has the form of a signing secret. Whether it is the right one shows at the first delivery.")}
}

// channel is what Slack says of one.
type channel struct {
	Member    bool     `json:"is_member"`
	Archived  bool     `json:"is_archived"`
	Shared    bool     `json:"is_ext_shared"`
	Connected []string `json:"connected_team_ids"`
	Pending   []string `json:"pending_connected_team_ids"`
}

// channel reads one. The finding is nil when it could be read and the bot is in it.
func (f *facts) channel(ctx context.Context, id access.ChannelID, whose string) (channel, *Finding) {
	var v struct {
		OK      bool
		Error   string
		Channel channel
	}
	bad := func(g Finding) (channel, *Finding) { return v.Channel, &g }
	const invite = "Open it in Slack and write /invite @Latchkey; or give policy.yml another channel."
	a, err := f.slack(ctx, "conversations.info", url.Values{"channel": {string(id)}})
	switch {
	case err != nil || !a.into(&v):
		return bad(notKnown("Run it again, with more time: bot doctor -within 5m.", "%s: Slack did not answer of the channel %s.", whose, id))
	case v.Error == "channel_not_found":
		return bad(fail(invite, "%s: the channel %s is not there, or the bot is not in it.", whose, id))
	case v.Error == "ratelimited":
		return bad(notKnown("Run it again, with more time: bot doctor -within 5m.", "%s: Slack was asked too often to say anything of the channel %s.", whose, id))
	case !v.OK:
		return bad(notKnown("Mend what slack scopes says, or look at status.slack.com, and run it again.", "%s: Slack says nothing of the channel %s (%s).", whose, id, v.Error))
	case v.Channel.Archived:
		return bad(fail("Unarchive it in Slack, or give policy.yml another channel.", "%s: the channel %s is archived.", whose, id))
	case !v.Channel.Member:
		return bad(fail(invite, "%s: the bot is not in the channel %s.", whose, id))
	}
	return v.Channel, nil
}

func operations(ctx context.Context, f *facts) []Finding {
	p, err := f.policy()
	if err != nil {
		return nil // unreachable: the check needs it
	}
	ids := []access.ChannelID{p.Operations}
	for _, s := range access.Severities() {
		if id := p.AlertChannel(s); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	var out []Finding
	for _, id := range ids {
		c, problem := f.channel(ctx, id, "Operations")
		switch {
		case problem != nil:
			out = append(out, *problem)
		case c.Shared:
			out = append(out, fail("Give policy.yml a channel of your own staff alone.", "Operations: the channel %s is shared with another organisation, which would read about all your customers.", id))
		}
	}
	if len(out) == 0 {
		out = append(out, good("The bot is in %s, which no other organisation reads.", listed(ids)))
	}
	return out
}

func listed(ids []access.ChannelID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, ", ")
}

// customers looks whether each customer's channel is read by that customer and nobody
// else. What is right is told in one finding.
func customers(ctx context.Context, f *facts) []Finding {
	p, err1 := f.policy()
	who, err2 := f.identity()
	if err1 != nil || err2 != nil {
		return nil // unreachable: the check needs them
	}
	var out []Finding
	right, without, late := 0, 0, 0
	for _, customer := range p.Customers {
		if customer.Channel == "" {
			without++
			continue
		}
		c, problem := f.channel(ctx, customer.Channel, customer.Name)
		if ctx.Err() != nil { // so it is with all that follow
			late++
			continue
		}
		if problem == nil {
			problem = alone(c, customer.Channel, customer.Name, customer.Team, who.team)
		}
		if problem != nil {
			out = append(out, *problem)
			continue
		}
		right++
	}
	if late > 0 {
		out = append(out, notKnown("Run it again, with more time: bot doctor -within 10m. Slack tells of some fifty channels a minute.", "The channels of %s were not looked at in time.", counted(late, "customer")))
	}
	if right > 0 || len(out) == 0 {
		text := fmt.Sprintf("%d channels are right: the bot is in each, and each is shared with exactly that customer.", right)
		if right == 1 {
			text = "1 channel is right: the bot is in it, and it is shared with exactly that customer."
		}
		if without > 0 {
			text += fmt.Sprintf(" %s no channel in policy.yml.", have(without, "customer"))
		}
		out = append(out, good("%s", text))
	}
	return out
}

// alone says what is wrong with whom a channel is shared with.
func alone(c channel, id access.ChannelID, name string, theirs, ours access.TeamID) *Finding {
	others := slices.DeleteFunc(slices.Clone(c.Connected), func(t string) bool { return t == string(theirs) || t == string(ours) })
	var out Finding
	switch {
	case len(others) > 0:
		out = fail("Take the other organisation out: in the channel, its name → Settings → Slack Connect. Until then the bot says nothing there.", "%s: the channel %s is shared with another organisation as well (%s).", name, id, strings.Join(others, ", "))
	case slices.Contains(c.Pending, string(theirs)):
		out = fail("Have the customer accept the invitation.", "%s: the workspace %s was invited to the channel %s and has not accepted.", name, theirs, id)
	case !c.Shared || !slices.Contains(c.Connected, string(theirs)):
		out = fail("Invite the customer's people to the channel (Slack Connect); or mend team in policy.yml.", "%s: the channel %s is not shared with the customer's workspace %s.", name, id, theirs)
	default:
		return nil
	}
	return &out
}
