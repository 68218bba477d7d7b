package graphtest_test

import (
	"testing"

	"latchkey/internal/graph/graphtest"
)

const (
	unitID    = "a1000000-0000-4000-8000-000000000001"
	unitGroup = `{"@odata.type":"#microsoft.graph.group","displayName":"n","mailNickname":"n","mailEnabled":false,"securityEnabled":true}`
)

// TestScopedRole holds what Groups Administrator on a unit allows without a permission
// over all groups: groups of the unit, and no other.
func TestScopedRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions = []string{"Group.Create", "AdministrativeUnit.Read.All", "Directory.Read.All", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"}
		o.PIM = true
	})
	w.s.AddUnit(graphtest.Unit{ID: unitID, DisplayName: "Latchkey"})
	other := w.s.AddUnit(graphtest.Unit{DisplayName: "Other"})
	within := units + "/" + unitID + "/members"
	refused := func(what, method, path, body string) {
		t.Helper()
		if a := w.want(403, method, path, body); a.code() != "Authorization_RequestDenied" {
			t.Errorf("%s: %q", what, a.code())
		}
	}
	refused("without the role", "POST", within, unitGroup)
	refused("without the role", "POST", members+"/$ref", ref(ana))

	w.s.SetGroupsAdministrator(unitID)
	made := w.want(201, "POST", within, unitGroup)
	if made.text("@odata.type") != "#microsoft.graph.group" || made.text("mailNickname") != "n" {
		t.Errorf("made %v", made)
	}
	id := made.text("id")
	w.want(200, "GET", within+"/"+id, "")
	w.want(404, "GET", within+"/"+groupID, "")
	w.want(204, "POST", "/groups/"+id+"/members/$ref", ref(ana))
	w.want(204, "DELETE", "/groups/"+id+"/members/"+ana+"/$ref", "")
	refused("in another unit", "POST", units+"/"+other+"/members", unitGroup)
	refused("outside", "POST", members+"/$ref", ref(ana))
	refused("outside, of somebody unknown", "POST", members+"/$ref", ref(unknown))
	refused("outside", "DELETE", members+"/"+ana+"/$ref", "")
	refused("into the unit", "POST", within+"/$ref", ref(groupID))

	if !w.s.SetInUnit(unitID, groupID, true) || w.s.SetInUnit(unitID, groupID, true) {
		t.Error("it is not put into the unit once")
	}
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.s.SetInUnit(unitID, groupID, false)
	refused("moved out", "DELETE", members+"/"+ana+"/$ref", "")

	w.s.SetPermissions("Group.Create", "AdministrativeUnit.Read.All") // nothing that reads groups
	refused("without reading", "POST", within, unitGroup)
	w.s.SetPermissions("Group.Create", "Directory.Read.All")
	refused("without reading units", "POST", within, unitGroup)
}

// TestRestrictedUnit holds that into a unit with restricted management no permission
// reaches, nor PIM, but only a role on that unit.
func TestRestrictedUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	w.s.AddUnit(graphtest.Unit{ID: unitID, DisplayName: "Agents", Restricted: true, Members: []string{groupID}})
	ordinary := w.s.AddUnit(graphtest.Unit{DisplayName: "Ordinary", Members: []string{groupID}})
	w.want(403, "POST", members+"/$ref", ref(ana))
	w.want(204, "POST", "/groups/"+otherID+"/members/$ref", ref(groupID))
	w.s.SetGroupsAdministrator(ordinary)
	w.want(403, "POST", members+"/$ref", ref(ana))
	w.s.SetGroupsAdministrator(unitID)
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.want(403, "POST", pimAsk, pimBody("adminAssign", bo, twoHours))
}
