package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// restorer stands for the bot where it acts because its state was restored.
var restorer = access.Person{Name: "Latchkey, restored from a backup"}

// unsafeToRepeat are the kinds that give something for good, and may have been done, and
// undone by somebody's word, after the backup: nobody but a person can tell.
var unsafeToRepeat = []string{outbox.GraphAssign, outbox.GraphExtend, outbox.GraphConsent}

// Restored makes a state safe that was put back from a backup; it comes before anything
// else, and does nothing to a state that was not, or is settled.
//
// Such a state is older than the world. What has ended since is due at once, and an effect
// that was done since finds its work. What was *decided* since cannot be known, so nothing
// is given that was still on its way: a request that waits lapses, a window that is ahead
// is stopped, and access that is being given is ended. Then everybody is looked for who
// is in a group of ours and was let in after the backup.
func (s *Service) Restored(ctx context.Context) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		r, was, err := state.RestoredFrom(tx)
		if err != nil || !was || !r.Settled.IsZero() {
			return err
		}
		lapsed, err := s.overtake(tx, now)
		if err != nil {
			return err
		}
		stopped, err := s.stopAhead(tx, now)
		if err != nil {
			return err
		}
		ended, err := s.supersede(tx, now)
		if err != nil {
			return err
		}
		aside, err := s.setAside(tx, func(e outbox.Effect) bool { return slices.Contains(unsafeToRepeat, e.Kind) })
		if err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventOvertaken, Detail: map[string]string{
			"lapsed": strconv.Itoa(lapsed), "stopped": strconv.Itoa(stopped), "ended": strconv.Itoa(ended), "set aside": strconv.Itoa(aside),
		}})
		if err != nil {
			return err
		}
		r.Settled = now
		return errors.Join(state.PutRestored(tx, r),
			dropTickets(tx),
			state.EndBrowsers(tx), // who has signed out since would be signed in again
			s.owe(tx, ev, "restored", outbox.GraphMuster, "restored/graph", outbox.MusterPayload{Restored: r.At}),
			s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: restoredText(r, lapsed, stopped, ended)}))
	})
}

func restoredText(r state.Restored, lapsed, stopped, ended int) string {
	asOf := "before anything had happened"
	if !r.Backup.IsZero() {
		asOf = "as of " + access.FormatTime(r.Backup)
	}
	return fmt.Sprintf("Latchkey was restored from a backup, %s. It does not know what was asked for, decided and ended since. "+
		"To give nothing that somebody has refused meanwhile, %d requests that waited have lapsed, %d with access ahead were stopped, and %d whose access was being given were ended. "+
		"Who is in its groups without access that it knows of is being taken out, and has to ask again. "+
		"Look whether people or contacts were unlinked since, and unlink them again: they are linked as they were.",
		asOf, lapsed, stopped, ended)
}

// overtake lapses every request that waits.
func (s *Service) overtake(tx state.Tx, now time.Time) (int, error) {
	return eachOf(tx, state.AllPending, func(id access.RequestID) (bool, error) {
		r, err := state.Request(tx, id)
		if err != nil {
			return false, err
		}
		if r, err = r.Overtake(now); err != nil {
			return false, quiet(err)
		}
		return true, s.closed(tx, r, access.Person{}, access.EventLapsed, now)
	})
}

// stopAhead has no window open that is still ahead.
func (s *Service) stopAhead(tx state.Tx, now time.Time) (int, error) {
	return eachOf(tx, state.AllAhead, func(id access.RequestID) (bool, error) {
		r, err := state.Request(tx, id)
		if err != nil {
			return false, err
		}
		if _, ahead := r.Next(); !ahead {
			return false, nil
		}
		_, err = s.stopped(tx, r, restorer, "", now)
		return err == nil, err
	})
}

// supersede ends access that is being given. What is in force goes on to its end: it is
// not given anew, whatever became of it.
func (s *Service) supersede(tx state.Tx, now time.Time) (int, error) {
	return eachOf(tx, state.AllGranted, func(id access.RequestID) (bool, error) {
		g, err := state.Grant(tx, id)
		if err != nil || g.State != access.Activating {
			return false, err
		}
		r, err := state.Request(tx, id)
		if _, damaged := state.Unreadable(err); damaged {
			r, err = access.Request{ID: id}, nil // access ends by its grant alone
		}
		if err != nil {
			return false, err
		}
		if g, err = g.End(access.Superseded, access.Person{}, ""); err != nil {
			return false, quiet(err)
		}
		return true, s.ending(tx, r, g, access.Person{}, now)
	})
}

// eachOf does something to each of those that are listed, and counts. What cannot be read
// gives nothing either, and is left alone.
func eachOf(tx state.Tx, list func(state.Tx) ([]access.RequestID, error), do func(access.RequestID) (bool, error)) (int, error) {
	ids, err := list(tx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		done, err := do(id)
		if absent(err) {
			continue
		}
		if err != nil {
			return n, fmt.Errorf("%s: %w", id, err)
		}
		if done {
			n++
		}
	}
	return n, nil
}

// setAside leaves it to a bot admin whether something is given again.
func (s *Service) setAside(tx state.Tx, wanted func(outbox.Effect) bool) (int, error) {
	cause := access.Refuse(access.Conflict, "The bot was restored from a backup, and does not know whether this was done since, and undone.")
	all, err := outbox.SetAside(tx, wanted, cause.Message)
	for _, e := range all {
		err = errors.Join(err, s.dead(tx, e, cause))
	}
	return len(all), err
}

// asideIfOvertaken leaves it to a bot admin whether groups get the standing access of an
// offer that is older than the restore: when it became active is not known for sure, nor
// whether the customer has taken that access away since.
func (s *Service) asideIfOvertaken(tx state.Tx, o access.Offer) error {
	r, was, err := state.RestoredFrom(tx)
	if err != nil || !was || !o.CreatedAt.Before(r.Settled) {
		return err
	}
	_, err = s.setAside(tx, func(e outbox.Effect) bool {
		p, err := outbox.Payload[outbox.AssignPayload](e)
		return e.Kind == outbox.GraphAssign && err == nil && p.Offer == o.ID && p.Container == ""
	})
	return err
}

// dropTickets has everybody who was let sign in for an act begin anew: the ticket may have
// been used.
func dropTickets(tx state.Tx) error {
	all, _, err := state.Readable[state.Ticket](tx, "ticket/")
	for _, t := range all {
		if !t.Underway() {
			err = errors.Join(err, state.DeleteTicket(tx, t.ID))
		}
	}
	return err
}

// mustered compares who is in our groups with who should be, and orders out everybody of
// whom no grant is known.
func (s *Service) mustered(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	if _, err := outbox.Payload[outbox.MusterPayload](e); err != nil {
		return err
	}
	var found outbox.MusterResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	now, out, strange := s.now(), 0, 0
	for _, g := range found.Groups {
		id, err := state.ContainerOfGroup(tx, g.Group)
		if absent(err) {
			id, err = "", nil
			strange++
		}
		if err != nil {
			return err
		}
		customer, err := customerOfGroup(tx, g.Group, id)
		if err != nil {
			return err
		}
		for _, m := range g.Members {
			if id != "" {
				if _, granted, err := Membership(tx, g.Group, m.ID); err != nil || granted {
					if err != nil {
						return err
					}
					continue
				}
			}
			out++
			if err := s.expel(tx, g.Group, id, customer, m, now); err != nil {
				return err
			}
		}
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventMustered, Detail: map[string]string{
		"groups": strconv.Itoa(len(found.Groups)), "unknown": strconv.Itoa(strange), "members": strconv.Itoa(out),
	}})
	if err != nil {
		return err
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: fmt.Sprintf(
		"After the restore %d groups of Latchkey were looked through: %d members without access that it knows of are being taken out. "+
			"%d of the groups were made after the backup; they stay empty, and can be deleted in Entra.", len(found.Groups), out, strange)})
}

// customerOfGroup is whose tenant a group reaches: as its container says, or the mirror.
func customerOfGroup(tx state.Tx, group access.GroupID, id access.ContainerID) (access.TenantID, error) {
	if id != "" {
		c, err := state.Container(tx, id)
		return c.Customer, err
	}
	all, err := state.AssignedTo(tx, group)
	if len(all) == 0 || absent(err) {
		return "", nil
	}
	return all[0].Customer, err
}

// expel owes the end of a membership that no grant is known of.
func (s *Service) expel(
	tx state.Tx, group access.GroupID, id access.ContainerID, customer access.TenantID, m access.Member, now time.Time,
) error {
	p := outbox.OustPayload{Container: id, Customer: customer, Member: m, Restored: true}
	lane := fmt.Sprintf("%s/%s", id, m.ID)
	if id == "" {
		p.Group, lane = group, fmt.Sprintf("%s/%s", group, m.ID)
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventOusting, Customer: customer,
		Detail: map[string]string{"group": string(group), "principal": string(m.ID), "cause": "restored"},
	})
	if err != nil {
		return err
	}
	return s.owe(tx, ev, lane, outbox.GraphOust, lane, p)
}

// expelled tells everybody whom it concerns that somebody is out of whom a restored state
// knew nothing.
func (s *Service) expelled(tx state.Tx, p outbox.OustPayload, result outbox.LeaveResult) error {
	if result.HeldBy != "" { // it was given anew meanwhile
		return nil
	}
	now := s.now()
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventOusted, Customer: p.Customer,
		Detail: map[string]string{"container": string(p.Container), "group": string(p.Group), "principal": string(p.Member.ID), "cause": "restored"},
	})
	if err != nil {
		return err
	}
	if p.Container != "" {
		if err := state.MarkTaken(tx, takenMember(p.Container, p.Member.ID), now); err != nil {
			return err
		}
		if err := s.out(tx, p.Container, p.Member, restorer); err != nil {
			return err
		}
	}
	name, err := s.customerName(tx, p.Customer)
	if err != nil {
		return err
	}
	text := access.Say("%s is out of Latchkey's group for %s: Latchkey was restored from a backup that does not know of the access. "+
		"This was checked in Microsoft Entra.", memberName(p.Member), name)
	err = s.tellChannel(tx, ev, p.Customer, text)
	users, staffErr := state.StaffOf(tx, p.Member.ID)
	for _, u := range users {
		err = errors.Join(err, s.reply(tx, ev, u, "Your access to "+name+" has ended: Latchkey was restored from a backup that does not know of it. Ask again if you still need it."))
	}
	return errors.Join(err, staffErr)
}

// musterTrouble tells the operators when it stays unknown who is in our groups.
func (s *Service) musterTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts)}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"After the restore it could not be read in %d tries who is in Latchkey's groups: %s Access that was given after the backup may still be there. The bot keeps trying.",
		e.Attempts, sentence(cause)))
}
