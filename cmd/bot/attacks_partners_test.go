package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// linked has Dee, who is the bot's admin, linked in Entra, and on the way to remove the
// legacy administration of Adatum.
func linked(s *siege) {
	_, err := s.say("dee", "#ops", "staff link @dee dee@fabrikam.example")
	must(s.t, err)
	must(s.t, s.sees("dee", "is now linked to dee@fabrikam"))
	_, err = s.say("dee", "#ops", "dap remove adatum")
	must(s.t, err)
	must(s.t, s.submit("dee", map[string]string{"confirm": "Adatum"}))
	must(s.t, s.wait("Dee to have a link to sign in", func() bool {
		v, _ := s.Slack.View(people["dee"])
		s.link = signInLink.FindString(string(v.Raw))
		return s.link != ""
	}))
}

// follows signs in by Dee's link, as an account of the partner's.
func follows(as string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		b, err := sandbox.NewBrowser()
		if err != nil {
			return "", err
		}
		ctx := s.t.Context()
		err = errors.Join(b.Open(ctx, s.link), b.Post(ctx, s.link, nil), b.SignIn(ctx, as))
		return said(b), err
	}
}

// misled is Dee signing in while somebody changes Microsoft's answer.
func misled(change func(*graphtest.Forgery)) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		s.Graph.ForgeIDTokens(change)
		defer s.Graph.ForgeIDTokens(nil)
		return follows("dee@fabrikam.example")(s)
	}
}

const nothingDone = "^502 .*The sign-in could not be completed"

var partnerAttacks = []attack{
	{"LinkOpenedByAScanner", func(s *siege) (string, error) { return opens("", strings.TrimPrefix(s.link, s.Front()))(s) }, "^200 ", "", ""},
	{"LinkMadeUp", opens("", "/signin/00000000000000000000000000000000"), "^404 ", "", ""},
	{"LinkPostedFromElsewhere", func(s *siege) (string, error) {
		return s.posted(http.MethodPost, strings.TrimPrefix(s.link, s.Front()), nil, map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
	}, "(?s)^403 .*sent from another site", "", ""},
	{"LinkOfTheAdminByStaff", follows("ana@fabrikam.example"), "^403 .*This link is for dee@fabrikam.example", "", ""},
	{"LinkWithoutASecondFactor", func(s *siege) (string, error) {
		dee := graphtest.Person{Tenant: partnersTenant, ObjectID: "dee00000-5b1e-4c52-9d57-000000000003", Name: "Dee Okafor", UPN: "dee@fabrikam.example", Mail: "dee@fabrikam.example", NoMFA: true}
		if _, err := s.Graph.AddPerson(dee); err != nil {
			return "", err
		}
		told, err := follows("dee@fabrikam.example")(s)
		dee.NoMFA = false
		_, again := s.Graph.AddPerson(dee)
		return told, errors.Join(err, again)
	}, "^403 .*without multi-factor authentication", "", ""},
	{"LinkWithTokenOfAnotherTenant", misled(func(f *graphtest.Forgery) { f.Claims["tid"] = tenantOfContoso }), "^403 .*another organisation", "", ""},
	{"LinkWithTokenOfAnotherIssuer", misled(func(f *graphtest.Forgery) {
		f.Claims["iss"] = strings.Replace(fmt.Sprint(f.Claims["iss"]), partnersTenant, tenantOfContoso, 1)
	}), nothingDone, "", ""},
	{"LinkWithTokenForAnotherApplication", misled(func(f *graphtest.Forgery) { f.Claims["aud"] = "7e31c5a8-2d94-4c6b-9f02-b8d4a6e07c15" }), nothingDone, "", ""},
	{"LinkWithTokenOfAnotherSignIn", misled(func(f *graphtest.Forgery) { delete(f.Claims, "nonce") }), nothingDone, "", ""},
	{"LinkWithUnsignedToken", misled(func(f *graphtest.Forgery) { f.Signed = graphtest.SignedByNobody }), nothingDone, "", ""},
	{"LinkWithTokenOfAnotherKey", misled(func(f *graphtest.Forgery) { f.Signed = graphtest.SignedByAnother }), nothingDone, "", ""},
	{"LinkWithTokenSignedWithThePublicKey", misled(func(f *graphtest.Forgery) { f.Signed = graphtest.SignedByHMAC }), nothingDone, "", ""},
	{"LinkWithTokenOfAColleague", misled(func(f *graphtest.Forgery) { f.Claims["oid"] = "a1a00000-5b1e-4c52-9d57-000000000001" }), "^403 .*without multi-factor authentication", "", ""},
	{"LinkWithTokenOfAGuest", misled(func(f *graphtest.Forgery) { f.Claims["acct"] = 1 }), "^403 .*as a guest", "", ""},
}
