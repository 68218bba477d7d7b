package approvals

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// ChannelMoved goes on in a channel of policy.yml that Slack calls by another id from now
// on, as it does when a channel begins to be shared, and tells the operators. It reports
// whether there is such a channel. Who may read and act in it is no other for that: it is
// asked before each word in it, and at each act. A channel does not take the place of
// another that policy.yml names.
func (s *Service) ChannelMoved(ctx context.Context, from, to access.ChannelID) (ours bool, err error) {
	now := s.now()
	err = s.Store.Update(ctx, func(tx state.Tx) error {
		p := s.Policy()
		customer, name, known := p.Channel(from)
		if ours = known && from != to; !ours {
			return nil
		}
		ev := access.Event{
			At: now, Kind: access.EventChannelMoved, Customer: customer, Detail: map[string]string{"from": string(from), "to": string(to)},
		}
		text := fmt.Sprintf("Slack calls the channel of %s %s from now on, as it does when a channel begins to be shared, and the bot goes on there. "+
			"To a customer it says something once the channel is shared with that customer alone. Write %[2]s in policy.yml in the place of %s.", name, to, from)
		if _, other, taken := p.Channel(to); taken {
			ours = false
			ev.Kind, ev.Detail["act"], ev.Detail["code"] = access.EventRefused, "channel", string(access.Conflict)
			text = fmt.Sprintf("Slack says that it calls the channel of %s %s from now on, which is the channel of %s in policy.yml. Nothing was changed. Put the channels in policy.yml right.", name, to, other)
		} else if err := state.MoveChannel(tx, state.Move{From: from, To: to, At: now}); err != nil {
			return err
		}
		cause, err := audit.Append(tx, ev)
		if err != nil {
			return err
		}
		operations := p.Operations
		if ours && operations == from {
			operations = to
		}
		if operations == "" {
			return nil
		}
		return s.oweNotice(tx, cause, outbox.NoticePayload{Notice: outbox.NoticeTrouble, Channel: operations, Text: text})
	})
	return ours && err == nil, err
}
