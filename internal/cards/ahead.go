package cards

import (
	"context"
	"errors"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
)

// ahead draws the notices about access that begins later or lasts longer. Of what has
// moved on nothing is said.
func (r Renderer) ahead(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	v := View(r.Policy(), e)
	inForce := e.Grant != nil && e.Grant.State == access.Active
	requester := Post{User: e.Request.Requester.User}
	switch p.Notice {
	case outbox.NoticeScheduled:
		if _, ok := e.Request.Next(); !ok {
			return Post{}, nil
		}
		requester.Message = messages.Scheduled(v)
		return requester, nil
	case outbox.NoticeStopped:
		requester.Message = messages.Stopped(v)
		return requester, nil
	case outbox.NoticeEndsSoon, outbox.NoticeExtended:
		if !inForce {
			return Post{}, nil
		}
		if requester.Message = messages.AccessEndsSoon(v); p.Notice == outbox.NoticeExtended {
			requester.Message = messages.Extended(v)
		}
		return requester, nil
	case outbox.NoticeNotBegun, outbox.NoticeStoppedCustomer:
		c, err := r.customer(e.Request.Customer)
		if err != nil {
			return Post{}, err
		}
		if v.Language = c.Language; p.Notice == outbox.NoticeNotBegun {
			return to(c, messages.NotBegun(v)), nil
		}
		return to(c, messages.StoppedCustomer(v)), nil
	}
	return Post{}, outbox.Permanent(errors.New("no notice about access that begins later"))
}
