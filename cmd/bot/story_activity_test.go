package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/graph/graphtest"
)

// activityVerbs are the verbs of stories about what was done in customers' tenants:
//
//	works ana contoso ['Reset user password' [on=Pat]]   ana signs in to the tenant of Contoso and does it;
//	                                                     "! works": Microsoft does not let her in
//	sneaks dee contoso 'Delete user' [on=Pat]            the same by a way that nobody knows of, such as a guest account
//	letsread adatum                                      its admin lets the bot read its logs
//	hidelogs contoso                                     and takes that back
func activityVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"works": cmdWorks, "sneaks": cmdSneaks, "letsread": cmdLetsRead, "hidelogs": cmdHideLogs}
}

func cmdWorks(ts *testscript.TestScript, neg bool, args []string) {
	in, err := on(ts).Graph.Work(work(ts, args))
	ts.Check(err)
	if in == neg {
		ts.Fatalf("%s was let in: %t", args[0], in)
	}
}

func cmdSneaks(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(on(ts).Graph.Sneak(work(ts, args)))
}

func work(ts *testscript.TestScript, args []string) graphtest.Work {
	need(ts, args, 2, "works who customer [activity [on=target]]")
	s := on(ts)
	w := graphtest.Work{Tenant: s.tenantCalled(ts, args[1]), Person: args[0] + "@fabrikam.example"}
	for _, a := range args[2:] {
		if target, ok := strings.CutPrefix(a, "on="); ok {
			w.Target = target
		} else {
			w.Does = a
		}
	}
	return w
}

func cmdLetsRead(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "letsread customer")
	s := on(ts)
	s.Graph.Consent(s.tenantCalled(ts, args[0]), s.Graph.LogReaderID())
}

func cmdHideLogs(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "hidelogs customer")
	s := on(ts)
	s.Graph.RevokeConsent(s.tenantCalled(ts, args[0]), s.Graph.LogReaderID())
}
