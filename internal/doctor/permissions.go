package doctor

import (
	"context"
	"slices"
	"strings"

	"latchkey/internal/access"
)

// Use is what an installation lets the bot do.
type Use string

// The uses.
const (
	Looks     Use = "looks"     // only look
	InUnit    Use = "in a unit" // everything, with the bot's groups in an administrative unit
	Elsewhere Use = "elsewhere" // everything, with its groups among all others of the tenant
)

// Permission is an application permission of Microsoft Graph that the bot uses.
type Permission struct {
	Name    string
	Without string // what does not work without it
	In      []Use
	// Optional ones may be missing; the one for PIM may not where policy.yml uses it.
	Optional bool
	// InExchange ones are given in Exchange Online for one mailbox, and not in Entra.
	InExchange bool
	// Or are broader ones that do as well, and are more than is needed.
	Or []string
}

const (
	pimPermission  = "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"
	mailPermission = "Mail.Send"
	relations      = "DelegatedAdminRelationship.ReadWrite.All"
	relationsRead  = "DelegatedAdminRelationship.Read.All"
	groupMaker     = "Group.Create"
	memberWriter   = "GroupMember.ReadWrite.All"
)

var (
	full  = []Use{InUnit, Elsewhere}
	every = []Use{Looks, InUnit, Elsewhere}
)

// Permissions are those that the README asks for.
func Permissions() []Permission {
	return []Permission{
		{Name: relationsRead, In: []Use{Looks}, Without: "no relationship can be read", Or: []string{relations}},
		{Name: relations, In: full, Without: "no relationship can be read, and nobody can be given access"},
		{Name: groupMaker, In: full, Without: "no group can be made, so nobody can be given access", Or: []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}},
		{Name: "AdministrativeUnit.Read.All", In: []Use{InUnit}, Without: "no group can be made in the administrative unit", Or: []string{"AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All"}},
		{Name: memberWriter, In: []Use{Elsewhere}, Without: "nobody can be given access, nor have it taken away", Or: []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}},
		{Name: "User.Read.All", In: every, Without: "staff cannot be linked, and accounts that were disabled keep access until its end", Or: []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}},
		{Name: "Directory.Read.All", In: every, Without: "customers are not found by their names and domains, nor can groups be read", Or: []string{"Directory.ReadWrite.All"}},
		{Name: "AuditLog.Read.All", In: every, Without: "alerts do not say who changed a group", Optional: true},
		{Name: pimPermission, In: []Use{Elsewhere}, Without: "customers with driver: pim get plain memberships, which only the bot ends", Optional: true},
		{Name: "CrossTenantInformation.ReadBasic.All", In: every, Without: "indirect providers are shown by their ids", Optional: true},
		{Name: mailPermission, In: full, InExchange: true, Optional: true},
		{Name: "Mail.ReadBasic.All", In: full, InExchange: true, Optional: true},
	}
}

// PermissionsFor are the names of those that a use asks for, the optional ones included.
func PermissionsFor(u Use) []string {
	var out []string
	for _, p := range Permissions() {
		if slices.Contains(p.In, u) {
			out = append(out, p.Name)
		}
	}
	return out
}

// use is what the installation is for: what its settings say, and only to look where the
// app was given nothing that writes.
func (f *facts) use(held []string) Use {
	writes := func(n string) bool { return strings.Contains(n, "Write") && n != mailPermission || n == groupMaker }
	switch {
	case slices.Contains(held, relationsRead) && !slices.ContainsFunc(held, writes):
		return Looks
	case f.Config.EntraAdministrativeUnit != "":
		return InUnit
	}
	return Elsewhere
}

// dangerous are permissions that no bot for access should hold, and why.
var dangerous = map[string]string{
	"Group.ReadWrite.All":                    "it can change and delete every group, AdminAgents among them",
	"Directory.ReadWrite.All":                "it can change nearly all of the directory",
	"User.ReadWrite.All":                     "with it a wrong call could delete a person",
	"RoleManagement.ReadWrite.Directory":     "it can make anybody a Global Administrator, itself too",
	"Application.ReadWrite.All":              "it can give itself every other application's secrets",
	"AppRoleAssignment.ReadWrite.All":        "it can give itself every permission there is",
	"UserAuthenticationMethod.ReadWrite.All": "it can take over accounts",
}

// grant says where a permission is given.
func grant(name string) string {
	return "Give it: Entra admin center → App registrations → the app → API permissions → Add a permission → Microsoft Graph → Application permissions → " + name + "; then Grant admin consent."
}

func take(name string) string {
	return "Take it away: Entra admin center → Enterprise applications → the app → Permissions → " + name + " → Revoke permission; and App registrations → the app → API permissions → Remove."
}

func permissions(_ context.Context, f *facts) []Finding {
	t, err := f.token()
	if err != nil {
		return nil // unreachable: the check needs it
	}
	if !t.read {
		return []Finding{notKnown("Compare Entra admin center → App registrations → the app → API permissions with the README.", "The token cannot be read, so which permissions the app has is not known.")}
	}
	out := append(f.missing(t.roles), f.tooMuch(t.roles)...)
	switch {
	case len(out) > 0:
	case f.use(t.roles) == Looks:
		out = append(out, good("The app may only read, and has what that takes: the bot shows and alerts, and refuses what would change anything."))
	default:
		out = append(out, good("The app has the permissions that the README asks for, and no more."))
	}
	return out
}

func (f *facts) missing(held []string) []Finding {
	var out []Finding
	use := f.use(held)
	for _, p := range Permissions() {
		if !slices.Contains(p.In, use) {
			continue
		}
		either := append([]string{p.Name}, p.Or...)
		if p.InExchange || slices.ContainsFunc(either, func(n string) bool { return slices.Contains(held, n) }) {
			continue
		}
		if !p.Optional || p.Name == pimPermission && f.usesPIM() {
			out = append(out, fail(grant(p.Name), "The permission %s is missing: %s.", p.Name, p.Without))
		} else if p.Name != pimPermission {
			out = append(out, warn(grant(p.Name), "The optional permission %s is missing: %s.", p.Name, p.Without))
		}
	}
	return out
}

// usesPIM reports whether policy.yml has a driver that needs PIM for Groups.
func (f *facts) usesPIM() bool {
	p, err := f.policy()
	if err != nil {
		return false
	}
	for _, c := range p.Customers {
		if c.Driver == access.PIM {
			return true
		}
	}
	return false
}

// tooMuch warns of what the app has and does not need.
func (f *facts) tooMuch(held []string) []Finding {
	var out []Finding
	var more []string
	use := f.use(held)
	for _, name := range held {
		i := slices.IndexFunc(Permissions(), func(p Permission) bool { return p.Name == name && slices.Contains(p.In, use) })
		why, is := dangerous[name]
		switch {
		case use == InUnit && (name == memberWriter || name == pimPermission):
			out = append(out, warn(take(name), "The app has %s, which reaches every group of your tenant, AdminAgents among them: with it the administrative unit limits nothing.", name))
		case is:
			out = append(out, warn(take(name), "DANGEROUS: the app has %s, which the bot does not need: %s. Whoever gets the bot's credential has it too.", name, why))
		case i < 0:
			more = append(more, name)
		case Permissions()[i].InExchange:
			out = append(out, warn(take(name)+" Give it in Exchange Online for MAIL_FROM alone, as step 8 of the README's chapter on Entra says.",
				"%s was consented to in Entra, where it holds for every mailbox of your tenant.", name))
		}
	}
	if len(more) > 0 {
		out = append(out, warn(take(strings.Join(more, ", ")), "The app has more permissions than the bot needs: %s.", strings.Join(more, ", ")))
	}
	return out
}
