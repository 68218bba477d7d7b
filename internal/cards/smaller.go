package cards

import (
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

// What it takes to say that a smaller role would do: the reason holds most of a
// task's wording, and that task is most of what the reason speaks of.
const (
	clearShare = 0.75
	clearFit   = 0.6
)

// smaller returns the smallest role for the task that the reason of a request
// speaks of, when what is asked for is more. It returns nil in any doubt: when
// the reason speaks of something for which the smaller role would not do, or when
// the table does not say that what is asked for suffices, so that it may be meant
// for something else.
func smaller(r access.Request) *messages.Smaller {
	if r.State != access.Pending {
		return nil
	}
	said := roles.NamedIn(r.Justification)
	i := slices.IndexFunc(said, func(n roles.Named) bool {
		return n.Share >= clearShare && n.Fit >= clearFit && n.Suffices(r.Roles) && lessThan(n.Ask(), r.Roles)
	})
	if i < 0 {
		return nil
	}
	least := said[i].Ask()
	for _, n := range said {
		if !n.Suffices(least) {
			return nil
		}
	}
	return &messages.Smaller{Roles: Roles(least), Task: said[i].What}
}

// lessThan reports whether the least roles for a task are fewer than those that
// are asked for, which are known to suffice. Those that hold the least already
// were put together for some purpose, unless one of them can do everything.
func lessThan(least, asked []access.RoleID) bool {
	if len(least) == 0 || slices.Contains(least, roles.GlobalAdministrator) {
		return false
	}
	holds := !slices.ContainsFunc(least, func(id access.RoleID) bool { return !slices.Contains(asked, id) })
	return !holds || slices.Contains(asked, roles.GlobalAdministrator)
}
