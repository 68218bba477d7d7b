package approvals

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Outcomes returns what the outcome of each effect means, by kind. Who does the
// effects adds how they are done.
func (s *Service) Outcomes() map[string]outbox.Handler {
	all := s.offerOutcomes()
	maps.Copy(all, s.standingOutcomes())
	maps.Copy(all, map[string]outbox.Handler{
		outbox.GraphContainer: {Done: s.containerReady, Failed: s.containerRefused},
		outbox.GraphJoin:      {Done: s.joined, Failed: s.joinRefused},
		outbox.GraphLeave:     {Done: s.left, Retrying: s.leaveTrouble},
		outbox.GraphKeep:      {Failed: s.dead},
		outbox.GraphStaff:     {Done: s.staffFound, Failed: s.staffRefused},
		outbox.SlackMail:      {Done: s.mailFound, Failed: s.mailRefused},
		outbox.GraphMail:      {Done: s.userFound, Failed: s.mailRefused},
		outbox.GraphLetter:    {Failed: s.dead},
		outbox.GraphAlarm:     {Failed: s.dead, Retrying: s.alarmTrouble},
		outbox.SlackCard:      {Failed: s.dead, Retrying: s.cardTrouble},
		outbox.SlackNotice:    {Failed: s.dead, Retrying: s.notSaid},
		outbox.SlackContact:   {Done: s.contactFound, Failed: s.contactRefused},
	})
	return all
}

// containerReady stores where the container is and owes the membership.
func (s *Service) containerReady(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.ContainerPayload](e)
	if err != nil {
		return err
	}
	var found *outbox.ContainerResult
	if err := json.Unmarshal(raw, &found); err != nil || found == nil || found.Group == "" {
		return err // the grant was over before its container was needed
	}
	c, err := state.Container(tx, p.Container)
	if err != nil {
		return err
	}
	now := s.now()
	leaving, err := state.Leaving(tx, c.Customer)
	if err != nil {
		return err
	}
	if leaving[found.Relationship] != "" { // its replacement began meanwhile: nothing new goes through it
		cause := access.Event{Seq: uint64(e.Seq)}
		return s.owe(tx, cause, string(p.Request), outbox.GraphContainer, string(c.ID), p)
	}
	if c.Group != found.Group || c.Assignment != found.Assignment {
		c.Group, c.Relationship, c.Assignment = found.Group, found.Relationship, found.Assignment
		if err := state.PutContainer(tx, c); err != nil {
			return err
		}
		if _, err := audit.Append(tx, access.Event{
			At: now, Kind: access.EventContainerReady, Customer: c.Customer, Request: p.Request,
			Detail: map[string]string{
				"container": string(c.ID), "group": string(c.Group),
				"relationship": string(c.Relationship), "assignment": string(c.Assignment),
			},
		}); err != nil {
			return err
		}
	}
	g, err := state.Grant(tx, p.Request)
	if err != nil || g.State != access.Activating {
		return err
	}
	cause := access.Event{Seq: uint64(g.Rev)}
	return s.owe(tx, cause, string(g.Request), outbox.GraphJoin, memberLane(g), outbox.GrantPayload{Request: g.Request})
}

func (s *Service) containerRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.ContainerPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	return s.refused(tx, p.Request, cause)
}

// joined starts the grant's clock: the membership was read back.
func (s *Service) joined(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	r, g, err := s.of(tx, e)
	if err != nil || g.State != access.Activating {
		return err
	}
	var given outbox.JoinResult
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return fmt.Errorf("result of %s: %w", e.ID, err)
		}
	}
	if given.Changed {
		return s.oweContainer(tx, access.Event{Seq: e.Seq}, g)
	}
	now := s.now()
	if g = g.Confirmed(given.Until, given.FellBack, now); g.State != access.Active {
		return nil // its window is over, and its removal is due
	}
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	if err := used(tx, g, now); err != nil {
		return err
	}
	detail := map[string]string{"until": g.ExpiresAt.Format(time.RFC3339), "principal": string(g.Principal)}
	if g.Scheduled() {
		detail["driver"] = string(g.Driver)
	}
	if g.FellBack != "" {
		detail["fell back"] = string(g.FellBack)
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventActive, Customer: g.Customer, Request: g.Request, Detail: detail,
	})
	if err != nil {
		return err
	}
	return errors.Join(
		s.fellBack(tx, ev, g),
		s.oweCards(tx, ev, g.Request),
		s.oweNotice(tx, ev, outbox.NoticePayload{
			Notice: outbox.NoticeActive, User: r.Requester.User, Request: r.ID, Customer: r.Customer,
		}),
	)
}

// used records through which relationship the access goes, so that those which
// nobody needs show.
func used(tx state.Tx, g access.Grant, now time.Time) error {
	c, err := state.Container(tx, g.Container)
	if err != nil || c.Relationship == "" {
		return err
	}
	return state.PutUsed(tx, state.Used{Relationship: c.Relationship, At: now})
}

func (s *Service) joinRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.GrantPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	return s.refused(tx, p.Request, cause)
}

// refused ends a grant that could not be given. It may have been given in part,
// so it goes the way of every other grant: through its removal.
func (s *Service) refused(tx state.Tx, id access.RequestID, cause error) error {
	r, err := state.Request(tx, id)
	if err != nil {
		return err
	}
	g, err := state.Grant(tx, id)
	if err != nil || g.State != access.Activating {
		return err
	}
	return s.ending(tx, r, g.Refused(sentence(cause), s.now()), access.Person{}, s.now())
}

// left ends the grant: the membership is gone, or another grant holds it.
func (s *Service) left(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	r, g, err := s.of(tx, e)
	if err != nil || g.State != access.Ending {
		return err
	}
	var result outbox.LeaveResult
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &result); err != nil {
			return fmt.Errorf("result of %s: %w", e.ID, err)
		}
	}
	now := s.now()
	g = g.Left(result.HeldBy, now)
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	kind := access.EventEnded
	if g.State == access.Failed {
		kind = access.EventFailed
	}
	detail := map[string]string{"reason": string(g.EndReason), "held by": string(g.HeldBy)}
	if g.Window > 0 { // the next one takes its place, so the log keeps what of this one is counted later
		detail["window"], detail["lasted"] = strconv.Itoa(g.Window), g.Lasted().String()
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: kind, Customer: g.Customer, Request: g.Request, Detail: detail})
	if err != nil {
		return err
	}
	err = errors.Join(s.oweCards(tx, ev, g.Request), s.tellEnded(tx, ev, r, g), s.advanceAll(tx, g.Customer, now), s.reviewLeft(tx, g))
	if r.Held {
		err = errors.Join(err, s.release(tx, r, now))
	}
	if g.HeldBy != "" {
		return err // they stay, by another grant
	}
	who, err2 := member(tx, g)
	return errors.Join(err, err2, s.out(tx, g.Container, who, g.EndedBy))
}

// tellEnded tells both sides that the access is gone, or that it never came.
func (s *Service) tellEnded(tx state.Tx, ev access.Event, r access.Request, g access.Grant) error {
	n := outbox.NoticePayload{Request: r.ID, Customer: r.Customer}
	requester, customer := n, n
	requester.User = r.Requester.User
	if g.State == access.Failed || g.ActiveAt.IsZero() {
		requester.Notice = outbox.NoticeFailed
		err := s.oweNotice(tx, ev, requester)
		if why := notGiven(g); why != "" {
			err = errors.Join(err, s.oweTrouble(tx, ev, r.ID, fmt.Sprintf("%s could not be given: %s", r.ID, why)))
		}
		return err
	}
	requester.Notice = outbox.NoticeEndedRequester
	err := s.oweNotice(tx, ev, requester)
	if c, ok := s.Policy().Customer(r.Customer); ok {
		customer.Notice, customer.Channel = outbox.NoticeEnded, c.Channel
		err = errors.Join(err, s.oweNotice(tx, ev, customer))
	}
	return err
}

// notGiven says why a grant never came into force, and nothing when somebody
// wanted that: their note is not for the operators.
func notGiven(g access.Grant) string {
	switch g.EndReason {
	case access.CouldNotActivate:
		return g.EndNote
	case access.NotActivated:
		return "Microsoft did not confirm it within " + access.FormatDuration(access.ActivateWithin) + "; the bot's log says more."
	case access.Superseded:
		return "The bot was restored from a backup that was made while it was being given. Ask again."
	case access.Revoked, access.Expired, access.RemovedElsewhere, access.NotBegun:
	}
	return ""
}

// leaveTrouble alerts the operators when a removal keeps failing.
func (s *Service) leaveTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	_, g, err := s.of(tx, e)
	if err != nil {
		return err
	}
	who, err := member(tx, g)
	if err != nil {
		return err
	}
	return s.stuck(tx, e, g.Container, who, cause)
}

// of loads what a grant's effect is about. A damaged request stops no removal:
// the grant says whose access it is.
func (s *Service) of(tx state.Tx, e outbox.Effect) (access.Request, access.Grant, error) {
	p, err := outbox.Payload[outbox.GrantPayload](e)
	if err != nil {
		return access.Request{}, access.Grant{}, err
	}
	g, err := state.Grant(tx, p.Request)
	if err != nil {
		return access.Request{}, g, err
	}
	r, err := state.Request(tx, p.Request)
	if _, bad := state.Unreadable(err); bad {
		r = access.Request{ID: g.Request, Requester: g.Requester, Customer: g.Customer, CustomerName: string(g.Customer)}
		if c, ok := s.Policy().Customer(g.Customer); ok {
			r.CustomerName = c.Name
		}
		return r, g, nil
	}
	return r, g, err
}

// sentence is what a person may be told of a cause.
func sentence(cause error) string {
	if e, ok := errors.AsType[*access.Error](cause); ok {
		return e.Message
	}
	return "Microsoft did not accept it; the bot's log says more."
}
