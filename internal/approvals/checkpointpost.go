package approvals

import (
	"context"
	"fmt"
	"strconv"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// postMost bounds one transaction of [Service.PostCheckpoints].
const postMost = 20

// PostCheckpoints tells customers in their channels of the newest checkpoint of the audit
// log, as often as policy.yml says, where there is something new of theirs. What stands
// there can be held against the log later. It reports whether there is more to do.
func (s *Service) PostCheckpoints(ctx context.Context) (more bool, err error) {
	now, p := s.now(), s.Policy()
	if p.Checkpoints == 0 {
		return false, nil
	}
	var customers []access.TenantID
	for _, c := range p.Customers {
		if c.Channel != "" {
			customers = append(customers, c.Tenant)
		}
	}
	err = s.Store.Update(ctx, func(tx state.Tx) error {
		due, err := audit.DueToPost(tx, customers, now, p.Checkpoints, postMost)
		if err != nil || len(due) == 0 {
			return err
		}
		more = len(due) == postMost
		c, err := audit.LastCheckpoint(tx)
		if err != nil {
			return err
		}
		for _, d := range due {
			ev, err := audit.Append(tx, access.Event{
				At: now, Kind: access.EventCheckpointPosted, Customer: d.Customer,
				Detail: map[string]string{"size": strconv.FormatInt(c.Size, 10), "root": c.Root.String(), "events": strconv.FormatInt(d.Events, 10)},
			})
			if err != nil {
				return err
			}
			if err := audit.PutPosted(tx, d.Customer, audit.Posted{At: now, Events: d.Events + 1}); err != nil { // the one that tells of it is no news
				return err
			}
			configured, _ := p.Customer(d.Customer)
			err = s.oweNotice(tx, ev, outbox.NoticePayload{
				Notice: outbox.NoticeCheckpoint, Channel: configured.Channel, Customer: d.Customer, Text: c.Note, Until: c.At, Events: d.Events,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("post checkpoints: %w", err)
	}
	return more, nil
}
