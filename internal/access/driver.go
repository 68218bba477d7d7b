package access

import (
	"slices"
	"time"
)

// Driver is what makes and ends the membership that a grant is. The zero value,
// which grants of earlier versions have, means [Membership].
type Driver string

const (
	// Membership: the bot adds the member and removes it.
	Membership Driver = "membership"
	// PIM: a schedule of PIM for Groups with an end, at which Entra removes the
	// member whether the bot is there or not. The bot looks all the same.
	PIM Driver = "pim"
)

// Drivers lists every driver.
func Drivers() []Driver { return []Driver{Membership, PIM} }

// FallBack says why a grant that was to have a schedule of PIM is a plain
// membership instead.
type FallBack string

const (
	NoLicence    FallBack = "licence"    // the partner's tenant has none with PIM
	NoPermission FallBack = "permission" // the bot may not use PIM
	NotAccepted  FallBack = "refused"    // PIM does not take the group, or its settings do not allow it
	TooShort     FallBack = "short"      // PIM makes nothing as short
	HeldWithout  FallBack = "held"       // the same membership is there already, without an end
)

// Lasting reports whether grants will fall back for the same reason until somebody
// mends it, so that the operators should hear of it.
func (f FallBack) Lasting() bool {
	return slices.Contains([]FallBack{NoLicence, NoPermission, NotAccepted}, f)
}

// Scheduled reports whether the grant is to have a schedule of PIM.
func (g Grant) Scheduled() bool { return g.Driver == PIM }

// Enforced reports whether Entra itself ends the access.
func (g Grant) Enforced() bool {
	return g.Scheduled() && g.FellBack == "" && !g.ActiveAt.IsZero()
}

// Confirmed records, like [Grant.Joined], that the membership was read back, and
// how Entra has it: until when it lasts, or why it has no end there. An end that
// would be later than the duration allows does not count.
func (g Grant) Confirmed(until time.Time, fellBack FallBack, now time.Time) Grant {
	late := g
	if g = g.Joined(now); late.State != Activating || g.State != Active {
		return late
	}
	if g.Scheduled() {
		g.FellBack = fellBack
	}
	if g.Enforced() && !until.IsZero() && until.Before(g.ExpiresAt) {
		g.ExpiresAt = until
	}
	return g
}
