package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

// TestStaffMail holds that exactly one enabled member of the tenant must have an address,
// by whichever of the two properties, for it to say who somebody is.
func TestStaffMail(t *testing.T) {
	w := newWorld(t)
	for _, u := range []graphtest.User{
		{ID: "e0000000-0000-4000-8000-0000000000a1", DisplayName: "Zoe New", UPN: "znew@partner.example", Mail: "Zoe@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000a2", DisplayName: "Yan", UPN: "yan@partner.example", Mail: "yan@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000a3", DisplayName: "Xia", UPN: "xia@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000a4", DisplayName: "Gus", UPN: "gus_x.test#EXT#@partner.example", Mail: "gus@partner.example", Guest: true},
		{ID: "e0000000-0000-4000-8000-0000000000a5", DisplayName: "Dora", UPN: "dora@partner.example", Disabled: true},
		{ID: "e0000000-0000-4000-8000-0000000000a6", DisplayName: "Two", UPN: "two@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000a7", DisplayName: "Too", UPN: "too@partner.example", Mail: "two@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000a8", DisplayName: "Old", UPN: "old@partner.example", Mail: "ivy@partner.example", Disabled: true},
		{ID: "e0000000-0000-4000-8000-0000000000a9", DisplayName: "Ivy", UPN: "ivy@partner.example", Mail: "ivy@partner.example"},
		{ID: "e0000000-0000-4000-8000-0000000000aa", DisplayName: "O'Hara", UPN: "o'hara@partner.example"},
	} {
		w.ms.AddUser(u)
	}
	look := func(mail string) ([]byte, error) {
		p := outbox.MailPayload{Person: access.Person{Team: "T1", User: "U0ZOE", Mail: mail}}
		return settle(t, w.fx.StaffMail, effect(t, outbox.GraphMail, p))
	}
	for mail, want := range map[string]string{
		"zoe@partner.example": "znew@partner.example", "yan@partner.example": "yan@partner.example", "xia@partner.example": "xia@partner.example",
		"o'hara@partner.example": "o'hara@partner.example",
	} {
		if raw, err := look(mail); err != nil || decode[outbox.StaffResult](t, raw).UPN != want {
			t.Errorf("%s is %s, %v, want %s", mail, raw, err, want)
		}
	}
	for mail, want := range map[string]struct {
		code  access.Code
		words string
	}{
		"nobody@partner.example": {access.NotFound, "No user in Entra has the e-mail address"},
		"gus@partner.example":    {access.Forbidden, "is a guest"},
		"dora@partner.example":   {access.Forbidden, "is disabled"},
		"two@partner.example":    {access.Conflict, "2 users in Entra have the e-mail address"},
		"ivy@partner.example":    {access.Conflict, "2 users in Entra"},
		"zoe":                    {access.Invalid, "no e-mail address"},
	} {
		_, err := look(mail)
		refused(t, err, want.code, want.words)
		if strings.Contains(err.Error(), "@partner") {
			t.Errorf("the error names the person: %v", err)
		}
	}
}

// TestStaffMailFaults breaks each of the two reads once, in every way: what comes of it is
// the same, and a read that failed never counts as one that found nobody.
func TestStaffMailFaults(t *testing.T) {
	for _, fault := range faults {
		for n := range 2 {
			w := newWorld(t)
			w.ms.AddUser(graphtest.User{ID: "e0000000-0000-4000-8000-0000000000a7", DisplayName: "Too", UPN: "too@partner.example", Mail: "ana@partner.example"})
			w.wire.reset()
			w.wire.fault = func(at int, carry func() (*http.Response, error)) (*http.Response, error) {
				if at == n {
					return fault.do(carry)
				}
				return carry()
			}
			_, err := settle(t, w.fx.StaffMail, effect(t, outbox.GraphMail, outbox.MailPayload{Person: access.Person{Mail: "ana@partner.example"}}))
			refused(t, err, access.Conflict, "2 users in Entra")
		}
	}
}
