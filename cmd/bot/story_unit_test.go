package main

import (
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/graph/graphtest"
)

// unitVerbs are the verbs of stories about what the app may do in the partner's tenant:
//
//	permissions name …          an admin consents to these application permissions, and no others
//	unit on                     there is an administrative unit, and the bot administers the groups in it
//	unit off                    it does not any more
//	unit out|back 'Latchkey'    somebody takes the groups of that name out of the unit, or puts them back
//	owns bo 'Latchkey'          somebody makes him the owner of the groups of that name, or "! owns" of nobody
func unitVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"permissions": cmdPermissions, "unit": cmdUnit, "owns": cmdOwns}
}

const unitID = "a1000000-0000-4000-8000-000000000001"

func cmdPermissions(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "permissions name …")
	on(ts).Graph.SetPermissions(args...)
}

func cmdUnit(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "unit on|off|out|back [name]")
	g := on(ts).Graph
	switch args[0] {
	case "on":
		g.AddUnit(graphtest.Unit{ID: unitID, DisplayName: "Latchkey"})
		g.SetGroupsAdministrator(unitID)
		return
	case "off":
		g.SetGroupsAdministrator()
		return
	}
	need(ts, args, 2, "unit out|back name")
	moved := slices.DeleteFunc(groupsNamed(g, args[1]), func(one graphtest.Group) bool { return !g.SetInUnit(unitID, one.ID, args[0] == "back") })
	if len(moved) == 0 {
		ts.Fatalf("no group is moved")
	}
}

func cmdOwns(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "owns who name")
	g := on(ts).Graph
	named := groupsNamed(g, args[1])
	if len(named) == 0 {
		ts.Fatalf("no group has that name")
	}
	for _, one := range named {
		one.Owners = nil
		for _, u := range g.Users() {
			if !neg && strings.HasPrefix(u.UPN, args[0]+"@") {
				one.Owners = []string{u.ID}
			}
		}
		g.AddGroup(one)
	}
}

func groupsNamed(g *graphtest.Server, prefix string) []graphtest.Group {
	return slices.DeleteFunc(g.Groups(), func(one graphtest.Group) bool { return !strings.HasPrefix(one.DisplayName, prefix) })
}
