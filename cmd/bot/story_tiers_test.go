package main

import (
	"github.com/rogpeppe/go-internal/testscript"
)

// tierVerbs are the verbs of stories about indirect providers:
//
//	consents Northwind_x given   wait until our consent to it is awaited no more; "awaited": it is still
func tierVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"consents": cmdConsents}
}

func cmdConsents(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "consents relationship given|awaited")
	s := on(ts)
	ts.Check(s.wait("our consent to "+args[0]+" to be "+args[1], func() bool {
		found := s.related(args[0])
		return len(found) == 1 && found[0].PartnerConsentPending == (args[1] == "awaited")
	}))
}
