package doctor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"

	"latchkey/internal/access"
)

// A probe of a group has somebody taken out who is not in it, and who is nobody: a random
// id. Where the app may change the group's members, Graph answers that there is no such
// member; where it may not, that it may not. Nothing can be changed by it, whoever may:
// to add nobody would be the same question, but one that gives if the id were somebody's.
// The /$ref at its end keeps it the membership that is meant, and never an account.
func (f *facts) probeGroup(ctx context.Context, id string) (answer, error) {
	nobody, err := nobodysID()
	if err != nil {
		return answer{}, err
	}
	return f.graph(ctx, http.MethodDelete, "/groups/"+url.PathEscape(id)+"/members/"+nobody+"/$ref", "")
}

// nobodysID is a random id, which stands for nothing.
func nobodysID() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

func (a answer) noMember() bool { return a.status == http.StatusNotFound }
func (a answer) denied() bool {
	return a.status == http.StatusForbidden && a.code() == "Authorization_RequestDenied"
}

const (
	unitRole = "Assign the app's service principal the role Groups Administrator on the unit alone: Entra admin center → Roles & admins → Admin units → the unit → Roles and administrators."
	unitOnly = "Take the app's permissions over all groups away (GroupMember.ReadWrite.All, Group.ReadWrite.All, Directory.ReadWrite.All, PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup), and any role that it has on the whole directory: Entra admin center → Roles & admins → Groups Administrator → Assignments."
)

// administrativeUnit looks whether the bot's reach ends where its unit does.
func administrativeUnit(ctx context.Context, f *facts) []Finding {
	unit := "/directory/administrativeUnits/" + url.PathEscape(f.Config.EntraAdministrativeUnit)
	a, err := f.graph(ctx, http.MethodGet, unit+"?$select=id,isMemberManagementRestricted", "")
	var u struct {
		ID         string
		Restricted *bool `json:"isMemberManagementRestricted"`
	}
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.status == http.StatusNotFound:
		return []Finding{fail("Set ENTRA_ADMINISTRATIVE_UNIT to the object id of the unit: Entra admin center → Roles & admins → Admin units → the unit → Properties.", "There is no administrative unit with the id in ENTRA_ADMINISTRATIVE_UNIT: the bot can make no group.")}
	case a.status != http.StatusOK || !a.into(&u) || u.ID == "":
		return []Finding{notKnown(grant("AdministrativeUnit.Read.All"), "Whether there is an administrative unit was not told (%s).", a.said())}
	}
	var out []Finding
	if u.Restricted != nil && *u.Restricted && f.usesPIM() {
		out = append(out, fail("Take driver: pim out of policy.yml, or use a unit without restricted management.", "The administrative unit has restricted management, and PIM for Groups cannot manage what is in one: customers with driver: pim get plain memberships, which only the bot ends."))
	}
	inside, err := f.someInside(ctx, unit)
	if err != nil {
		return append(out, reach("Microsoft Graph", err))
	}
	return append(out, append(f.inside(ctx, inside), f.outside(ctx, inside)...)...)
}

// someInside are the ids of what is in the unit, of the first page.
func (f *facts) someInside(ctx context.Context, unit string) (map[string]bool, error) {
	a, err := f.graph(ctx, http.MethodGet, unit+"/members?$select=id&$top=999", "")
	var v struct {
		Value []struct {
			ID   string
			Type string `json:"@odata.type"`
		}
	}
	a.into(&v)
	out := map[string]bool{}
	for _, m := range v.Value {
		if m.Type == "#microsoft.graph.group" {
			out[m.ID] = true
		}
	}
	return out, err
}

// inside looks whether the bot can change who is in a group of the unit.
func (f *facts) inside(ctx context.Context, groups map[string]bool) []Finding {
	for id := range groups {
		a, err := f.probeGroup(ctx, id)
		switch {
		case err != nil:
			return []Finding{reach("Microsoft Graph", err)}
		case a.denied():
			return []Finding{fail(unitRole, "The app may not change who is in a group of the administrative unit (%s): nobody can be given access, nor have it taken away.", a.said())}
		case !a.noMember():
			return []Finding{notKnown(unitRole, "Whether the app may change who is in a group of the administrative unit was not told (%s).", a.said())}
		}
		return []Finding{good("The app may change who is in the groups of the administrative unit.")}
	}
	return []Finding{good("The administrative unit is there, and no group in it yet.")}
}

// outside looks whether it can change who is in another group, which it must not.
func (f *facts) outside(ctx context.Context, inside map[string]bool) []Finding {
	id, name, err := f.outsider(ctx, inside)
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case id == "":
		return []Finding{notKnown(unitOnly, "Whether the app may change groups outside of the administrative unit is not known: no such group was found.")}
	}
	a, err := f.probeGroup(ctx, id)
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.denied():
		return []Finding{good("The app was refused when it tried to change who is in %s, outside of the administrative unit.", name)}
	case a.noMember(), a.status < http.StatusBadRequest:
		return []Finding{fail(unitOnly, "The app may change who is in %s, outside of the administrative unit (%s): whoever gets its credential can make themselves a member of any group.", name, a.said())}
	}
	return []Finding{notKnown(unitOnly, "Whether the app may change groups outside of the administrative unit was not told (%s).", a.said())}
}

// outsider is a group outside of the unit: the most powerful of Partner Center's, or any.
func (f *facts) outsider(ctx context.Context, inside map[string]bool) (id, name string, err error) {
	for _, agents := range access.AgentGroups() {
		ids, err := f.groups(ctx, filter("displayName eq '"+string(agents)+"'", "$select", "id"))
		if err != nil {
			return "", "", err
		}
		for _, id := range ids {
			if !inside[id] {
				return id, string(agents), nil
			}
		}
	}
	ids, err := f.groups(ctx, filter("securityEnabled eq true", "$select", "id", "$top", "100"))
	for _, id := range ids {
		if !inside[id] {
			return id, "another group", nil
		}
	}
	return "", "", err
}

func (f *facts) groups(ctx context.Context, query string) ([]string, error) {
	a, err := f.graph(ctx, http.MethodGet, "/groups"+query, "")
	var v struct{ Value []struct{ ID string } }
	a.into(&v)
	var out []string
	for _, g := range v.Value {
		out = append(out, g.ID)
	}
	return out, err
}

// united says where there is no unit to look at.
func united(_ context.Context, f *facts) string {
	if t, err := f.token(); err == nil && t.read && f.use(t.roles) == Looks {
		return "The app may only read."
	}
	return ""
}

// reachOfGroups is the check: where there is no unit, that is what it says.
func reachOfGroups(ctx context.Context, f *facts) []Finding {
	if f.Config.EntraAdministrativeUnit == "" {
		return []Finding{warn("Put the bot's groups into an administrative unit and set ENTRA_ADMINISTRATIVE_UNIT, as step 2 of the README's chapter on Entra says.", "ENTRA_ADMINISTRATIVE_UNIT is not set, so the app's permission reaches every group of your tenant: whoever gets its credential can join AdminAgents, and with it own every customer's Azure subscriptions.")}
	}
	return administrativeUnit(ctx, f)
}
