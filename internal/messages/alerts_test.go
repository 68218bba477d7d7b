package messages_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// change is one as the mirror tells it.
func change(kind access.ChangeKind, aspect access.Aspect, from, to string, alarming bool) access.Change {
	return access.Change{Kind: kind, Aspect: aspect, From: from, To: to, At: start, Alarming: alarming}
}

// alert is one that has gone through the changes and has a card.
func alert(changes ...access.Change) messages.AlertView {
	a := access.Alert{
		ID: "A-0123456789", Relationship: relationshipID, Name: "Fabrikam_Contoso_2026", Roles: []access.RoleID{"r"}, Duration: "P730D",
		Customer: contosoTenant, CustomerName: "Contoso",
	}
	v := messages.AlertView{Card: 1, Askable: true, End: start.AddDate(0, 0, 7), Roles: []messages.Role{exchange, helpdesk}}
	for i, c := range changes {
		c.At = start.Add(time.Duration(i) * time.Hour)
		a = a.Changed(c)
		v.Changes = append(v.Changes, messages.ChangeView{Change: c})
	}
	v.Alert = a.Carded()
	return v
}

var (
	terminated = change(access.ChangeTerminated, access.AspectStatus, "active", "terminated", true)
	revived    = change(access.ChangeActive, access.AspectStatus, "terminating", "active", false)
	ending     = change(access.ChangeEnding, access.AspectStatus, "active", "terminating", true)
)

func groupAlert(c access.Change) messages.AlertView {
	v := alert(c)
	v.Alert.Group, v.Alert.GroupName = "g", "latchkey-contoso-exchange"
	v.Changes[0].Removed = []messages.Role{exchange}
	v.Grants = []messages.CardView{view(granted(access.Active))}
	return v
}

// memberAlert is one of a person in the bot's group or, with a name, in one of
// Partner Center's.
func memberAlert(agents access.AgentGroup, changes ...access.Change) messages.AlertView {
	v := alert(changes...)
	a := &v.Alert
	a.Relationship, a.Name, a.Roles, a.Duration, v.Roles, v.End = "", "", nil, "", nil, time.Time{}
	a.Group, a.GroupName = "77777777-7777-4777-8777-000000000001", "Latchkey Contoso Exchange Administrator"
	a.Member = access.Member{ID: "a1a00000-5b1e-4c52-9d57-000000000002", Name: "Bo Lindqvist", UPN: "bo@fabrikam.example"}
	if a.Agents = agents; agents != "" {
		a.GroupName, a.Customer, a.CustomerName = string(agents), "", ""
	}
	return v
}

// customerAlert is one of what Partner Center says of Contoso.
func customerAlert(left []string, changes ...access.Change) messages.AlertView {
	v := alert(changes...)
	v.Alert.Relationship, v.Alert.Name, v.Alert.Roles, v.Alert.Duration, v.Roles, v.End = "", "", nil, "", nil, time.Time{}
	v.Left = left
	return v
}

func alerts() map[string]messages.AlertView {
	ours := terminated
	ours.By, ours.Alarming = ana, false
	ousted := change(access.ChangeGone, access.AspectStranger, "", "", false)
	dapOurs := change(access.ChangeDAPGone, access.AspectDAP, "on", "off", false)
	ousted.By, dapOurs.By = ana, ana
	byCustomer, byAdmin := terminated, change(access.ChangeStranger, access.AspectStranger, "", "in", true)
	byCustomer.By, byCustomer.Source = access.Person{Name: "carol@contoso.com"}, "Partner Center's audit log"
	byAdmin.By, byAdmin.Source = access.Person{Name: "admin@fabrikam.example"}, "your tenant's audit log"
	all := map[string]messages.AlertView{
		"terminated":       alert(terminated),
		"terminated-ours":  alert(ours),
		"terminated-other": alert(terminated),
		"expired":          alert(change(access.ChangeExpired, access.AspectStatus, "active", "expired", true)),
		"flapping":         alert(ending, revived, ending, revived, ending, revived, ending, revived, ending),
		"settled":          alert(ending, revived),
		"replaced":         alert(terminated, change(access.ChangeReplaced, access.AspectStatus, "", "Contoso O-7K3M2", false)),
		"approved":         alert(change(access.ChangeApproved, access.AspectStatus, "approvalPending", "approved", false)),
		"active":           alert(change(access.ChangeActive, access.AspectStatus, "approved", "active", false)),
		"new":              alert(change(access.ChangeNew, access.AspectOrigin, "", "approvalPending", true)),
		"vanished":         alert(change(access.ChangeVanished, access.AspectStatus, "active", "not listed", true)),
		"renewal-off":      alert(change(access.ChangeRenewal, access.AspectRenewal, "on", "off", true)),
		"extended":         alert(change(access.ChangeEnd, access.AspectEnd, "2026-12-01T09:00:00Z", "2027-05-30T09:00:00Z", false)),
		"shortened":        alert(change(access.ChangeEnd, access.AspectEnd, "2027-05-30T09:00:00Z", "2026-12-01T09:00:00Z", true)),
		"ends-soon":        alert(change(access.ChangeEndsSoon, access.AspectTime, "", "7", true)),
		"ends-tomorrow":    alert(change(access.ChangeEndsSoon, access.AspectTime, "", "1", true)),
		"roles":            alert(change(access.ChangeRoles, access.AspectRoles, "a b", "a", true)),
		"group-lost":       groupAlert(change(access.ChangeUnassigned, access.AspectRoles, "r", "", true)),
		"group-failed":     groupAlert(change(access.ChangeFailed, access.AspectStatus, "active", "error", true)),
		"group-new":        groupAlert(change(access.ChangeAssigned, access.AspectRoles, "", "r", false)),
		"group-other":      groupAlert(change(access.ChangeReassigned, access.AspectRoles, "r", "q", true)),
		"acknowledged":     alert(terminated),
		"muted":            alert(terminated),
		"older":            alert(ending, terminated),
		"hostile":          alert(terminated),
		"longest":          alert(terminated),
		"terminated-by":    alert(byCustomer),
		"stranger-by":      memberAlert("", byAdmin),
		"unknown":          alert(change("melted", "shape", "a", "b", true)),
		"extended-itself":  alert(change(access.ChangeExtended, access.AspectEnd, "2026-12-01T09:00:00Z", "2027-05-30T09:00:00Z", false)),
		"stranger":         memberAlert("", change(access.ChangeStranger, access.AspectStranger, "", "in", true)),
		"stranger-gone": memberAlert("", change(access.ChangeStranger, access.AspectStranger, "", "in", true),
			ousted),
		"stranger-allowed": memberAlert("", change(access.ChangeStranger, access.AspectStranger, "", "in", true),
			change(access.ChangeAllowed, access.AspectStranger, "", "", false)),
		"member-lost":    memberAlert("", change(access.ChangeLost, access.AspectLost, "", "out", true)),
		"member-back":    memberAlert("", change(access.ChangeLost, access.AspectLost, "", "out", true), change(access.ChangeBack, access.AspectLost, "", "", false)),
		"agent":          memberAlert(access.AdminAgents, change(access.ChangeStranger, access.AspectStranger, "", "in", true)),
		"agent-gone":     memberAlert(access.SalesAgents, change(access.ChangeStranger, access.AspectStranger, "", "in", true), change(access.ChangeGone, access.AspectStranger, "", "", false)),
		"stuck":          memberAlert("", change(access.ChangeStuck, access.AspectRemoval, "", "in 5 tries: Microsoft Graph did not answer.", true)),
		"stuck-removed":  memberAlert("", change(access.ChangeStuck, access.AspectRemoval, "", "in 5 tries: Microsoft Graph did not answer.", true), change(access.ChangeRemoved, access.AspectRemoval, "", "", false)),
		"dap-gone":       customerAlert(nil, change(access.ChangeDAPGone, access.AspectDAP, "on", "off", true)),
		"dap-gone-ours":  customerAlert([]string{"Fabrikam_Contoso_2026"}, dapOurs),
		"dap-gone-other": customerAlert([]string{"Fabrikam_Contoso_2026"}, change(access.ChangeDAPGone, access.AspectDAP, "on", "off", true)),
		"dap-held":       customerAlert(nil, change(access.ChangeDAPHeld, access.AspectDAP, "off", "on", true)),
		"left": customerAlert([]string{"Fabrikam_Contoso_2026"}, change(access.ChangeDAPGone, access.AspectDAP, "on", "off", true),
			change(access.ChangeLeft, access.AspectReseller, "reseller", "none", true)),
		"came": customerAlert(nil, change(access.ChangeReseller, access.AspectReseller, "none", "reseller", false)),
	}
	edit := func(name string, f func(*messages.AlertView)) {
		v := all[name]
		f(&v)
		all[name] = v
	}
	edit("terminated", func(v *messages.AlertView) {
		v.Grants = []messages.CardView{view(granted(access.Active)), view(granted(access.Activating))}
	})
	edit("terminated-other", func(v *messages.AlertView) { v.Owner = ana.User })
	edit("terminated-other", func(v *messages.AlertView) { v.Left, v.Askable = []string{"Contoso care plan"}, false })
	edit("roles", func(v *messages.AlertView) {
		v.Changes[0].Removed, v.Changes[0].Added = []messages.Role{helpdesk}, []messages.Role{exchange}
	})
	edit("member-lost", func(v *messages.AlertView) { v.Grants = []messages.CardView{view(granted(access.Active))} })
	edit("group-new", func(v *messages.AlertView) { v.Changes[0].Removed, v.Changes[0].Added = nil, []messages.Role{exchange} })
	edit("acknowledged", func(v *messages.AlertView) { v.Alert, _ = v.Alert.Acknowledge(ana, start.Add(time.Hour)) })
	edit("muted", func(v *messages.AlertView) { v.Alert, _ = v.Alert.Mute(ana, start.Add(time.Hour)) })
	edit("older", func(v *messages.AlertView) { v.Alert.Card = 2 })
	edit("hostile", func(v *messages.AlertView) {
		v.Alert.Name, v.Alert.CustomerName = "*x*\n<!channel> `c`", "Con\u202Etoso & <Sons> :tada: ~x~"
		v.Left = []string{"<!here> *b*"}
		v.Changes[0].From = "`a` <!channel>"
	})
	edit("longest", func(v *messages.AlertView) {
		long := strings.Repeat("W", 300)
		v.Alert.Name, v.Alert.CustomerName, v.Alert.Dropped = long, long, 400
		for range 30 {
			v.Grants = append(v.Grants, view(granted(access.Active)))
			v.Changes = append(v.Changes, v.Changes[0])
		}
	})
	return all
}

func TestAlertCards(t *testing.T) {
	t.Parallel()
	for name, v := range alerts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "alert-"+name, messages.Alert(v))
		})
	}
}

func storm(customers int) messages.StormView {
	v := messages.StormView{ID: "S-0123456789", At: start, Rev: 12}
	for i := range customers {
		a := alert(terminated)
		c := messages.StormCustomer{
			Tenant: access.TenantID(fmt.Sprintf("77777777-7777-4777-8777-%012d", i)), Name: fmt.Sprintf("Customer %02d", i),
			What: []messages.StormCount{
				{Alert: a.Alert, Change: a.Changes[0], Count: 1 + i%2},
				{Alert: a.Alert, Change: messages.ChangeView{Change: ending}, Count: 1},
			},
		}
		switch {
		case i == customers-1:
			c.Settled, c.Cards = 2, 2
		default:
			c.Open = 2
		}
		v.Open, v.Alerts = v.Open+c.Open, v.Alerts+2
		v.Customers = append(v.Customers, c)
	}
	return v
}

func TestAlertStorm(t *testing.T) {
	t.Parallel()
	golden(t, "storm", messages.AlertStorm(storm(6)))
	golden(t, "storm-longest", messages.AlertStorm(storm(500)))
	settled := storm(1)
	golden(t, "storm-settled", messages.AlertStorm(settled))
	golden(t, "watching", messages.Watching("Watching 312 relationships of 120 customers."))
}
