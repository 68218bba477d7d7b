package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

func init() {
	registerOptions(OptionList{ID: messages.OptionsCustomer, Run: customerOptions})
	registerOptions(OptionList{ID: messages.OptionsRoles, Run: roleOptions})
}

// mostOptions is how many entries a list takes.
const mostOptions = 100

func customerOptions(ctx context.Context, env Env, inv Invocation) ([]messages.Option, error) {
	found, err := env.Approvals.Customers(ctx, inv.Origin, inv.Query, mostOptions)
	if err != nil {
		return nil, err
	}
	out := make([]messages.Option, len(found))
	for i, c := range found {
		out[i] = customerOption(c)
	}
	return out, nil
}

func customerOption(c approvals.Customer) messages.Option {
	return messages.Option{Value: string(c.Tenant), Text: c.Name, Description: firstDomain(c)}
}

// roleOptions lists what may be asked for: bundles, then roles, by name, and then
// the least roles for what was typed when it is a task.
func roleOptions(ctx context.Context, env Env, inv Invocation) ([]messages.Option, error) {
	p, may := env.Policy(), env.may(ctx, inv.Origin.Actor)
	var out []messages.Option
	for _, b := range p.Bundles {
		other := func(id access.RoleID) bool { return !may(id) }
		if matches(b.Name+" "+b.What, inv.Query) && !slices.ContainsFunc(b.Roles, other) {
			out = append(out, messages.Option{Value: bundleValue(b), Text: b.Name, Description: b.What})
		}
	}
	for _, r := range roles.All() {
		if matches(r.Name, inv.Query) && may(r.ID) {
			out = append(out, roleOption(r, ""))
		}
	}
	for _, o := range taskOptions(may, inv.Query) {
		if !slices.ContainsFunc(out, func(listed messages.Option) bool { return listed.Value == o.Value }) {
			out = append(out, o)
		}
	}
	return out, nil
}

// roleOption is a role in a list, with the reason why it is there.
func roleOption(r roles.Role, why string) messages.Option {
	o := messages.Option{Value: string(r.ID), Text: r.Name, Description: why}
	if r.Privileged {
		o.Description = strings.TrimSuffix("privileged: "+why, ": ")
	}
	return o
}

// taskOptions are the least roles for the task that was typed or, where policy
// does not allow them, the larger one that it does. A guess is not offered: it
// would stand among names that fit.
func taskOptions(may mayAsk, query string) []messages.Option {
	var out []messages.Option
	found := roles.Advise(query, mostAdvice)
	for _, a := range found {
		if a.Fit <= sureFit || a.Score < nearBest*found[0].Score || len(a.Roles) == 0 {
			continue
		}
		why, w := roles.About(a.Roles[0])
		var larger []access.RoleID
		if len(a.Tasks) > 0 {
			why, larger, w = a.Tasks[0].What, a.Tasks[0].Others, a.Tasks[0].Workload
		}
		ask := askFor(may, a.Roles, larger, w)
		if len(ask.Larger) > 0 {
			why = "more than needed: " + why
		}
		for _, id := range ask.IDs {
			if r, ok := roles.ByID(id); ok {
				out = append(out, roleOption(r, why))
			}
		}
	}
	return out
}

// matches reports whether the name holds every word that was typed.
func matches(name, query string) bool {
	name = strings.ToLower(name)
	for _, w := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return true
}

// bundleValue names a bundle in an option, whose value must be short. It stays
// the same when the order of the bundles changes.
func bundleValue(b policy.Bundle) string {
	sum := sha256.Sum256([]byte(b.Name))
	return "bundle:" + hex.EncodeToString(sum[:8])
}

// chosenRoles returns the roles that the chosen options stand for.
func (e Env) chosenRoles(chosen []string) ([]access.RoleID, error) {
	p := e.Policy()
	byValue := make(map[string][]access.RoleID, len(p.Bundles))
	for _, b := range p.Bundles {
		byValue[bundleValue(b)] = b.Roles
	}
	var out []access.RoleID
	for _, value := range chosen {
		if ids, ok := byValue[value]; ok {
			out = append(out, ids...)
			continue
		}
		r, ok := roles.ByID(access.RoleID(value))
		if !ok {
			return nil, access.Refuse(access.Invalid, "The policy has changed meanwhile. Choose the roles again.").In(messages.BlockRoles)
		}
		out = append(out, r.ID)
	}
	if len(out) == 0 {
		return nil, access.Refuse(access.Invalid, "Choose at least one role or bundle.").In(messages.BlockRoles)
	}
	return access.SortRoles(out), nil
}
