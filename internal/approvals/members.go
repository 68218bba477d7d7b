package approvals

import (
	"errors"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Watcher hears of the people whom the bot took out of its groups, or could not,
// in the transaction that records it.
type Watcher interface {
	Out(tx state.Tx, g access.GroupID, m access.Member, by access.Person) error
	// Stuck is told why, as people may read it.
	Stuck(tx state.Tx, g access.GroupID, m access.Member, why string) error
}

// out tells that somebody is not in the container's group any more.
func (s *Service) out(tx state.Tx, id access.ContainerID, m access.Member, by access.Person) error {
	return s.aboutMember(tx, id, func(g access.GroupID) error { return s.Watch.Out(tx, g, m, by) })
}

// stuck tells the operators when a removal keeps failing: at the 5th failure and
// each time their number has doubled.
func (s *Service) stuck(tx state.Tx, e outbox.Effect, id access.ContainerID, m access.Member, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	why := fmt.Sprintf("in %d tries: %s", e.Attempts, sentence(cause))
	return s.aboutMember(tx, id, func(g access.GroupID) error { return s.Watch.Stuck(tx, g, m, why) })
}

// aboutMember finds the group. A container that never got one gave nobody anything.
func (s *Service) aboutMember(tx state.Tx, id access.ContainerID, tell func(access.GroupID) error) error {
	if s.Watch == nil {
		return nil
	}
	c, err := state.Container(tx, id)
	if errors.Is(err, state.ErrNotFound) || err == nil && c.Group == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return tell(c.Group)
}

// member is the person of a grant, as Entra knows them where they are linked.
func member(tx state.Tx, g access.Grant) (access.Member, error) {
	out := access.Member{ID: g.Principal, Name: g.Requester.Name}
	b, err := state.Staff(tx, g.Requester.User)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return out, nil
	}
	if b.Principal == g.Principal {
		out.UPN = b.UPN
	}
	return out, err
}
