package commands

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "revoke",
		Usage: "revoke [request] [because <why>]",
		Short: "End access now, before its time is over.",
		Long: []string{
			"The request can be left out when you have only one access.",
			"The customer reads why. What is already open in a browser can keep working for up to about an hour.",
		},
		Who:      "the requester, and bot admins for any access; contacts of the customer use the button of the card",
		Examples: []string{"revoke R-7K3M2", "revoke R-7K3M2 because done early", "revoke"},
		Run:      runRevoke,
	})
	registerAction(Action{ID: messages.ActionEnd, Run: clickEnd})
}

func runRevoke(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	s := scan(inv.Text)
	w, given := s.next()
	if given && !w.is("because") {
		id, err := requestID(w)
		if err != nil {
			return Reply{}, err
		}
		note, err := endNote(s.words())
		if err != nil {
			return Reply{}, err
		}
		return env.revoke(ctx, inv, id, note)
	}
	note, err := endNote(s.words())
	if err != nil {
		return Reply{}, err
	}
	live, err := env.mine(ctx, inv, func(e approvals.Entry) bool {
		_, ahead := e.Request.Next()
		return e.Grant != nil && e.Grant.Live() || ahead
	})
	switch {
	case err != nil:
		return Reply{}, err
	case len(live) == 0:
		return Reply{}, access.Refuse(access.NotFound, "You have no access that could be ended. To take back a request use `/access withdraw`.")
	case len(live) > 1:
		return say(messages.Pick("You have more than one access. Press the button of one, or give its id.", env.views(live))), nil
	}
	return env.revoke(ctx, inv, live[0].Request.ID, note)
}

// endNote is why access ends early, which may be left unsaid.
func endNote(words []Word) (string, error) {
	if len(words) > 0 && words[0].is("because") {
		words = words[1:]
	}
	note := join(words)
	if n := len([]rune(note)); n > messages.MaxJustification {
		return "", access.Refuse(access.Invalid, "Say why in at most %d characters; these are %d.", messages.MaxJustification, n)
	}
	return note, nil
}

// clickEnd is silent to the customer, whose card changes; a member of the staff
// may have clicked in a list, which does not.
func clickEnd(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	reply, err := env.revoke(ctx, inv, id, "")
	if err == nil && inv.External {
		return Reply{}, nil
	}
	return reply, err
}

func (e Env) revoke(ctx context.Context, inv Invocation, id access.RequestID, note string) (Reply, error) {
	g, err := e.Approvals.Revoke(ctx, inv.Origin, id, note)
	if err != nil {
		return Reply{}, err
	}
	if g.State == "" {
		return say(messages.Reply(fmt.Sprintf("%s: none of its access begins any more.", g.Request))), nil
	}
	return say(messages.Reply(fmt.Sprintf("%s: the access is being removed. Its card says when Microsoft Entra confirms it.", g.Request))), nil
}
