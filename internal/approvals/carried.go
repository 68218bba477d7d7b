package approvals

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// carried refuses when no mirrored relationship holds the roles for as long as the
// access could last. The live state is looked at again before access is given.
func carried(tx state.Tx, c policy.Customer, r access.Request, until time.Time) error {
	info, err := state.Mirror(tx)
	if err != nil {
		return err
	}
	if info.ReadAt.IsZero() {
		return access.Refuse(access.Unavailable,
			"The relationships have not been read from Microsoft yet. Try again in a minute.")
	}
	known, err := state.Relationships(tx, c.Tenant)
	if err != nil {
		return err
	}
	leaving, err := state.Leaving(tx, c.Tenant)
	if err != nil {
		return err
	}
	var active []access.RoleID
	var replaced string
	for _, k := range known {
		gone, err := outbox.LeavingRole(tx, k.ID)
		if err != nil {
			return err
		}
		k.Roles = access.Without(k.Roles, gone)
		if leaving[k.ID] != "" {
			if k.Carries(r.Roles, until) {
				replaced = k.Name
			}
			continue
		}
		if k.Carries(r.Roles, until) {
			return nil
		}
		if k.Carries(nil, until) {
			active = append(active, k.Roles...)
		}
	}
	return uncarried(c, r, active, replaced, until)
}

// uncarried says why no relationship carries it: those that last long enough have the
// active roles, and one that would is being replaced.
func uncarried(c policy.Customer, r access.Request, active []access.RoleID, replaced string, until time.Time) error {
	if replaced != "" {
		return access.Refuse(access.Conflict,
			"The relationship “%s” with %s, which carries this, is being replaced by one that does not, so nothing new goes through it. `/access list %s` shows what there is.",
			replaced, c.Name, c.Name).In("roles")
	}
	if len(active) == 0 {
		return access.Refuse(access.Conflict,
			"%s has no active relationship that lasts until %s. `/access list %s` shows what there is.",
			c.Name, access.FormatTime(until), c.Name).In("customer")
	}
	var missing []string
	for _, id := range r.Roles {
		if !slices.Contains(active, id) {
			missing = append(missing, roles.Name(id))
		}
	}
	if len(missing) == 0 {
		return access.Refuse(access.Conflict,
			"No single relationship with %s carries all of these roles. Ask for them one by one; `/access list %s` shows which carries what.",
			c.Name, c.Name).In("roles")
	}
	return access.Refuse(access.Conflict,
		"No active relationship with %s carries %s. The customer would have to approve a relationship that does: a bot admin asks for it with `/access relationship request`. `/access list %s` shows what there is.",
		c.Name, strings.Join(missing, ", "), c.Name).In("roles")
}
