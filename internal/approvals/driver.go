package approvals

import (
	"errors"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// driver is what is to give and end the grant: what policy.yml says of the
// customer, unless the same membership has an end in Entra already, which another
// driver could not move.
func (s *Service) driver(tx state.Tx, g access.Grant) (access.Driver, error) {
	holders, err := state.Holders(tx, g.Container, g.Principal)
	if err != nil {
		return "", err
	}
	for _, id := range holders {
		o, err := state.Grant(tx, id)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if o.Scheduled() {
			return access.PIM, nil
		}
	}
	c, _ := s.Policy().Customer(g.Customer)
	return c.Driver, nil
}

// oweEnd has Entra know of the end that a grant in force was given.
func (s *Service) oweEnd(tx state.Tx, cause access.Event, g access.Grant) error {
	if !g.Scheduled() {
		return nil
	}
	return s.owe(tx, cause, string(g.Request), outbox.GraphKeep, memberLane(g), outbox.GrantPayload{Request: g.Request})
}

// fellBack tells the operators once that Entra does not put an end to access by
// itself, although policy.yml says so, and why; once more when it has meanwhile.
func (s *Service) fellBack(tx state.Tx, cause access.Event, g access.Grant) error {
	refused := string(access.NotAccepted) + "/" + string(g.Container) // that is so of one group
	if g.Enforced() {
		return state.ForgetFallBacks(tx, string(access.NoLicence), string(access.NoPermission), refused)
	}
	if !g.FellBack.Lasting() {
		return nil
	}
	what := string(g.FellBack)
	if g.FellBack == access.NotAccepted {
		what = refused
	}
	news, err := state.MarkFallBack(tx, what, cause.At)
	if err != nil || !news {
		return err
	}
	return s.oweTrouble(tx, cause, g.Request, fmt.Sprintf("Microsoft Entra does not end %s by itself, although policy.yml has `driver: pim`: %s "+
		"The bot ends such access at its time, as long as it runs. This is said once, until it works again.", g.Request, whyUnenforced[g.FellBack]))
}

// whyUnenforced says to the operators what they can do.
var whyUnenforced = map[access.FallBack]string{
	access.NoLicence:    "your tenant has no licence with Privileged Identity Management (Microsoft Entra ID P2 or ID Governance).",
	access.NoPermission: "the app registration lacks the permission PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup, or an admin's consent to it.",
	access.NotAccepted:  "PIM for Groups refused to make a schedule in the bot's group; the bot's log has its code.",
}
