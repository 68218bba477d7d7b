package messages_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// activities are what the logs of a tenant tell, by the name of their golden.
func activities() map[string]messages.ActivityView {
	read := access.LogCursor{State: access.ActivityRead, Since: start.AddDate(0, 0, -30), Until: start}
	cursor := access.ActivityCursor{SignIns: read, Audits: read, ReadAt: start, TriedAt: start, NextAt: start.Add(time.Hour), Rev: 3}
	deed := func(by access.Person, kinds, failed, late int) messages.DeedView {
		d := access.Doings{Failed: failed, Late: late, Last: start.Add(-time.Hour), First: start.Add(-2 * time.Hour)}
		for i := range kinds {
			one := access.Done{Log: access.ActSignIn, What: fmt.Sprintf("Exchange Admin Center %d", i), Count: 1 + i, Last: start.Add(-time.Hour)}
			if i%2 == 1 {
				one.Log, one.What = access.ActAudit, "Update user"
			}
			d.Done, d.Count = append(d.Done, one), d.Count+1+i
		}
		return messages.DeedView{Doings: d, By: by}
	}
	ended, broken := views()["expired"], glassViews()["active"].CardView
	under := []messages.DeedsUnderView{{CardView: ended, Deeds: []messages.DeedView{deed(ana, 2, 1, 2)}}, {CardView: broken, Deeds: []messages.DeedView{deed(bo, 1, 0, 0)}}}
	eve := access.Person{Name: "Eve <!channel> *Lunt*"}
	base := messages.ActivityView{Customer: "Contoso", Days: 30, Cursor: cursor, Connected: true, Consent: "https://login.example/adminconsent"}
	with := func(change func(*messages.ActivityView)) messages.ActivityView {
		v := base
		change(&v)
		return v
	}
	unread := with(func(v *messages.ActivityView) {
		v.Cursor = access.ActivityCursor{
			SignIns: access.LogCursor{State: access.ActivityNotAllowed}, Audits: access.LogCursor{State: access.ActivityNotAllowed}, TriedAt: start, Problem: "It has not consented.",
		}
	})
	return map[string]messages.ActivityView{
		"all": with(func(v *messages.ActivityView) {
			v.Outside, v.Standing, v.Unclear = []messages.DeedView{deed(eve, 5, 0, 0)}, []messages.DeedView{deed(ana, 1, 0, 0)}, []messages.DeedView{deed(access.Person{Name: "user_4711"}, 1, 0, 0)}
			v.Under, v.Unused, v.Damaged = under, []messages.CardView{ended}, 2
		}),
		"quiet":       base,
		"request":     with(func(v *messages.ActivityView) { v.Request, v.Under = ended.Request.ID, under[:1] }),
		"not-used":    with(func(v *messages.ActivityView) { v.Request, v.Unused = ended.Request.ID, []messages.CardView{ended} }),
		"none":        with(func(v *messages.ActivityView) { v.Request = "R-7K3M2" }),
		"gone":        with(func(v *messages.ActivityView) { v.Under = []messages.DeedsUnderView{{Deeds: under[0].Deeds}} }),
		"refused":     unread,
		"to-customer": with(func(v *messages.ActivityView) { v.External, v.Request, v.Under = true, ended.Request.ID, under[:1] }),
		"asks-customer": with(func(v *messages.ActivityView) {
			v.External, v.Cursor = true, unread.Cursor
		}),
		"never-tried": with(func(v *messages.ActivityView) { v.Cursor = access.ActivityCursor{} }),
		"unconnected": {Customer: "Contoso"},
		"no-licence": with(func(v *messages.ActivityView) {
			v.Cursor.SignIns = access.LogCursor{State: access.ActivityNoLicence}
			v.Cursor.Problem = "Microsoft asks for a licence."
		}),
		"all-refused": with(func(v *messages.ActivityView) {
			v.Cursor.SignIns, v.Cursor.Audits = access.LogCursor{State: access.ActivityNoLicence}, access.LogCursor{State: access.ActivityRefused}
			v.Cursor.Problem = "Microsoft <refuses>."
		}),
		"taken-back": with(func(v *messages.ActivityView) {
			v.Cursor.SignIns.State, v.Cursor.Audits.State = access.ActivityNotAllowed, access.ActivityNotAllowed
		}),
		"half": with(func(v *messages.ActivityView) { v.Cursor.Audits = access.LogCursor{} }),
		"many": with(func(v *messages.ActivityView) {
			long := deed(eve, 25, 3, 0)
			for i := range long.Done {
				long.Done[i].What = fmt.Sprint(i, " <&> a name as long as somebody in that tenant liked to make it, and then some")
			}
			for range 40 {
				v.Outside, v.Standing, v.Unclear = append(v.Outside, long), append(v.Standing, long), append(v.Unclear, long)
				v.Under, v.Unused = append(v.Under, messages.DeedsUnderView{CardView: ended, Deeds: []messages.DeedView{long}}), append(v.Unused, ended)
			}
		}),
		"one-long": with(func(v *messages.ActivityView) {
			long := deed(eve, 25, 3, 7)
			long.Other = 12
			v.Request, v.Under = ended.Request.ID, []messages.DeedsUnderView{{CardView: ended, Deeds: []messages.DeedView{long}}}
		}),
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	all := activities()
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "activity-"+name, messages.Activity(v))
		})
	}
	count := func(name string, outside, others, unused int, state access.ActivityState) messages.ActivityCountView {
		c := messages.ActivityCountView{Customer: name, Tenant: contosoTenant, Outside: outside, Others: others, Unused: unused, Consent: "https://login.example/" + name}
		if c.Cursor.SignIns.State = state; state == access.ActivityRead {
			c.Cursor, c.Last = all["quiet"].Cursor, start.Add(-time.Hour)
		}
		return c
	}
	every := messages.ActivityAllView{Connected: true, Days: 30, Customers: []messages.ActivityCountView{
		count("Contoso", 2, 7, 1, access.ActivityRead), count("Adatum", 0, 1, 0, access.ActivityRead), count("Quiet", 0, 0, 0, access.ActivityRead),
	}, Unread: []messages.ActivityCountView{
		count("Litware", 0, 0, 0, access.ActivityNotAllowed), count("Tailspin", 0, 0, 0, access.ActivityNoLicence),
		count("Wingtip", 0, 0, 0, access.ActivityRefused), count("Northwind", 0, 0, 0, access.ActivityUnknown),
	}}
	golden(t, "activity-everywhere", messages.ActivityAll(every))
	golden(t, "activity-everywhere-quiet", messages.ActivityAll(messages.ActivityAllView{Connected: true, Days: 30, Customers: every.Customers[2:]}))
	golden(t, "activity-everywhere-unconnected", messages.ActivityAll(messages.ActivityAllView{}))
	for i := range 40 {
		every.Customers = append(every.Customers, count(fmt.Sprint("Customer <", i, ">"), 1, 0, 0, access.ActivityRead))
		every.Unread = append(every.Unread, count(fmt.Sprint("Closed ", i), 0, 0, 0, access.ActivityNotAllowed))
	}
	golden(t, "activity-everywhere-many", messages.ActivityAll(every))
	over := views()["expired"]
	over.Activity = true
	golden(t, "card-activity", messages.CustomerCard(over))
}
