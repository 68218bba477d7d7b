package chat

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// Contact looks up the person who is to decide for a customer. It refuses, for
// good, a channel that is not shared with exactly that customer's team, and a
// person who is not a full, active member of both. Their mail address comes along where
// Slack tells it, which it does of few people of other organisations.
func (f *Effects) Contact(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.ContactPayload](e)
	if err != nil {
		return nil, err
	}
	if f.Client.Team() == "" {
		return nil, errNobody // our own team would be taken for somebody else's
	}
	p.Channel = f.today(p.Channel)
	if err := f.sharedWith(ctx, p.Channel, p.Team); err != nil {
		return nil, err
	}
	if err := f.memberOf(ctx, p); err != nil {
		return nil, err
	}
	u, err := f.Client.API.GetUserInfoContext(ctx, string(p.User))
	if refusedWith(err, "user_not_found", "user_not_visible") {
		return nil, refuse("Slack does not know that person. Mention them with @ in the command.")
	}
	if err != nil {
		return nil, classify("look up a person", err)
	}
	switch {
	case u.TeamID != string(p.Team):
		return nil, refuse("That person belongs to another Slack workspace than the one policy.yml names for this customer.")
	case u.Deleted, u.IsBot:
		return nil, refuse("That is a bot or a deactivated account. A contact is an active person.")
	case u.IsRestricted, u.IsUltraRestricted, u.IsStranger:
		return nil, refuse("That person is a guest. A contact is a full member of the customer's workspace.")
	}
	name := u.RealName
	if name == "" {
		name = u.Name
	}
	return json.Marshal(outbox.ContactResult{Person: access.Person{
		Team: p.Team, User: p.User, Name: name, Mail: strings.ToLower(u.Profile.Email),
	}})
}

// sharedWith refuses a channel in which others than the customer's and our own
// people sit.
func (f *Effects) sharedWith(ctx context.Context, channel access.ChannelID, with access.TeamID) error {
	c, err := f.Client.API.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: string(channel)})
	if refusedWith(err, "channel_not_found") {
		return refuse("The channel that policy.yml names for this customer is not there, or the bot is not in it. Invite the bot with /invite.")
	}
	if err != nil {
		return classify("look up a channel", err)
	}
	if !c.IsExtShared || !slices.Contains(c.ConnectedTeamIDs, string(with)) {
		return refuse("The channel that policy.yml names for this customer is not shared with its Slack workspace.")
	}
	for _, team := range c.ConnectedTeamIDs {
		if team != string(with) && team != string(f.Client.Team()) {
			return refuse("The channel that policy.yml names for this customer is shared with another organisation as well.")
		}
	}
	return nil
}

func (f *Effects) memberOf(ctx context.Context, p outbox.ContactPayload) error {
	params := &slack.GetUsersInConversationParameters{ChannelID: string(p.Channel), Limit: 200}
	for {
		members, next, err := f.Client.API.GetUsersInConversationContext(ctx, params)
		if err != nil {
			return classify("list the members of a channel", err)
		}
		if slices.Contains(members, string(p.User)) {
			return nil
		}
		if next == "" {
			return refuse("That person is not in the channel that is shared with this customer. Invite them first.")
		}
		params.Cursor = next
	}
}

func refuse(sentence string) error {
	return outbox.Permanent(access.Refuse(access.Forbidden, "%s", sentence))
}
