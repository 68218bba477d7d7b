package main

import (
	"os"
	"path/filepath"
	"strings"
)

// broken has Ana, who is a bot admin like Dee, in Contoso by break-glass as $R5. Bo asks
// for the same as $R6.
func broken(s *siege) {
	path := filepath.Join(s.dir, "policy.yml")
	raw, err := os.ReadFile(path)
	must(s.t, err)
	text := strings.Replace(string(raw), "admins: [U0DEE00001]", "admins: [U0DEE00001, U0ANA00001]", 1)
	text += "rules: [{name: Mail at any hour, bundles: [Mail migration], max_duration: 8h, approvals: 1, break_glass: 2h}]\n"
	must(s.t, s.replaces(path, text))
	must(s.t, s.sees("dee", "policy.yml has changed and is in force"))
	_, err = s.say("dee", "#ops", "staff link @dee dee@fabrikam.example")
	must(s.t, err)
	must(s.t, s.sees("dee", "is now linked to dee@fabrikam.example"))
	_, err = s.say("ana", "#contoso", "withdraw "+s.ids["R1"]) // which asks for the same
	must(s.t, err)
	s.asks("R5", "ana", "#contoso", `request contoso "Mail migration" for 1h because ransomware`)
	s.asks("R6", "bo", "#contoso", `request contoso "Mail migration" for 1h because ransomware`)
	must(s.t, s.click("ana", "request.breakglass", s.ids["R5"]))
	must(s.t, s.sees("carol", s.ids["R5"]+".*access in force"))
	must(s.t, s.sees("carol", "BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL.*"+s.ids["R5"]+".*In force until"))
	must(s.t, s.sees("carol", s.ids["R6"]+".*waiting for a decision"))
}

var emergencyAttacks = []attack{
	{"SignOffByTheRequester", clicks("ana", "#ops", "breakglass.sign", "$R5/1"), "$R5 is your own break-glass access, so somebody else must sign it off", "ana", ""},
	{"SignOffByTheRequesterInAModal", submits("ana", "breakglass.sign", "$R5/1", reason("all fine")), "is your own break-glass access", "ana", ""},
	{"SignOffByColleague", clicks("bo", "#ops", "breakglass.sign", "$R5/1"), "Only a bot admin", "bo", ""},
	{"SignOffByContact", submits("carol", "breakglass.sign", "$R5/1", reason("all fine")), "Only a bot admin", "carol", ""},
	{"SignOffUnsaid", submits("dee", "breakglass.sign", "$R5/1", reason("\u200b ")), "Say it in a sentence or two", "", ""},
	{"ObjectByOutsider", clicks("oskar", "#contoso", "breakglass.object", "$R5/1"), "Only a contact of Contoso", "oskar", ""},
	{"ObjectByContactOfAnother", submits("amir", "breakglass.object", "$R5/1", reason("no")), "Only a contact of Contoso", "amir", ""},
	{"ObjectToOnesOwn", clicks("ana", "#ops", "breakglass.object", "$R5/1"), "is your own break-glass access", "ana", ""},
	{"BreakTwice", clicks("ana", "#contoso", "request.breakglass", "$R5/1"), "$R5 was taken by break-glass by Ana Trujillo", "ana", ""},
	{"BreakForAnother", clicks("ana", "#contoso", "request.breakglass", "$R6/1"), "Only Bo Lindqvist, who asked for $R6, can break glass", "ana", ""},
	{"BreakByContact", clicks("carol", "#contoso", "request.breakglass", "$R6/1"), "Only Bo Lindqvist, who asked for $R6, can break glass", "carol", ""},
	{"BreakOldTerms", clicks("bo", "#contoso", "request.breakglass", "$R6/2"), "has changed since", "bo", ""},
	{"BreakPrivileged", clicks("ana", "#contoso", "request.breakglass", "$R3/1"), "Policy does not allow break-glass|is not allowed|does not allow", "ana", ""},
}
