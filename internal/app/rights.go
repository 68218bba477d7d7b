package app

import (
	"context"

	"latchkey/internal/approvals"
	"latchkey/internal/graph"
)

// lacks says which permissions are known to be missing for a power: by the name of the
// least that would do. With the bot's groups in an administrative unit a role on it stands
// for the permission over members, and no token tells of roles.
func lacks(r *graph.Rights, inUnit bool) func(approvals.Power) []string {
	return func(p approvals.Power) (out []string) {
		need := func(least string, broader ...string) {
			if r.Lacks(append([]string{least}, broader...)...) {
				out = append(out, least)
			}
		}
		need("DelegatedAdminRelationship.ReadWrite.All")
		if p != approvals.ToGive {
			return out
		}
		need("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All")
		if !inUnit {
			need("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All")
		}
		return out
	}
}

// learn reads what the app may do before anything is taken in. Where no token can be had
// now, it is read with the first one.
func (a *App) learn(ctx context.Context) {
	bound, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	if err := a.rights.Learn(bound); err != nil {
		a.o.Log.InfoContext(ctx, "what the app may do is not known yet", "err", err)
		return
	}
	if missing := lacks(a.rights, a.o.Config.EntraAdministrativeUnit != "")(approvals.ToGive); len(missing) > 0 {
		a.o.Log.InfoContext(ctx, "the app may only look", "missing", missing)
	}
}
