package main

import "github.com/rogpeppe/go-internal/testscript"

// driverVerbs are the verbs of stories about PIM for Groups:
//
//	licence on|off   the partner's tenant has a licence with PIM, or not any more
func driverVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"licence": cmdLicence}
}

func cmdLicence(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "licence on|off")
	on(ts).Graph.SetPIM(args[0] == "on")
}
