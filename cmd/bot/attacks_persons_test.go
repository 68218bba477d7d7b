package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// Who else is in Contoso's workspace.
const (
	anasOther = "U0ANACONTO" // Ana, with an account of her own there
	guest     = "U0GUEST001"
	robot     = "U0ROBOT001"
	kim       = "U0KIM00001" // a contact whose account was deactivated
)

// crowded brings more people into Contoso's channel and tenant. Slack tells mail
// addresses.
func crowded(s *siege) {
	for _, u := range []chattest.User{
		{ID: anasOther, Team: "T0CONTOSO1", Name: "ana.t", RealName: "A. Trujillo", Email: "Ana@Fabrikam.example", EmailShown: true},
		{ID: guest, Team: "T0CONTOSO1", Name: "gast", RealName: "Gus Guest", Restricted: true},
		{ID: robot, Team: "T0CONTOSO1", Name: "robot", RealName: "Robot", Bot: true},
		{ID: kim, Team: "T0CONTOSO1", Name: "kim", RealName: "Kim Lang"},
	} {
		s.Slack.AddUser(u)
		must(s.t, s.Slack.Join(u.ID, channels["#contoso"]))
	}
	s.Slack.Grant("users:read.email")
	for _, p := range []graphtest.Person{
		{Tenant: tenantOfContoso, UPN: "kim@contoso.com", Name: "Kim Lang", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantOfContoso, UPN: "ana.t@contoso.com", Name: "A. Trujillo", Mail: "ana@fabrikam.example", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantOfContoso, UPN: "gus@contoso.com", Name: "Gus Guest", Guest: true, DirectoryRoles: []string{globalAdministrator}},
	} {
		_, err := s.Graph.AddPerson(p)
		must(s.t, err)
	}
	for _, who := range []string{"kim", "oskar"} {
		_, err := s.say("dee", "#contoso", "customer link contoso @"+who)
		must(s.t, err)
	}
	must(s.t, s.sees("carol", "Oskar Lind is now a contact of Contoso"))
	must(s.t, s.sees("carol", "Kim Lang is now a contact of Contoso"))
	s.pressVerify(kim, "Kim Lang", "kim@contoso.com")
	must(s.t, s.sees("carol", "Kim Lang is verified as a contact"))
	must(s.t, s.Slack.Deactivate(kim))
	must(s.t, s.sees("carol", "(?s)Kim Lang (?:can no longer|is no|cannot)"))
}

// verifying has a person press the button by which they are verified, and returns their
// link.
func (s *siege) verifying(who string) (string, error) {
	told := ""
	d, err := s.Slack.ClickInvented(s.t.Context(), person(who), channels["#contoso"], "contact.verify", tenantOfContoso)
	if err := errors.Join(err, d.Err); err != nil {
		return "", err
	}
	err = s.wait(who+" to have a link", func() bool {
		v, _ := s.Slack.View(person(who))
		told = sandbox.VerifyLink.FindString(string(v.Raw))
		return told != ""
	})
	if v, ok := s.Slack.View(person(who)); ok {
		err = errors.Join(err, s.Slack.CloseView(s.t.Context(), person(who), v.ID))
	}
	return told, err
}

// verifies follows the link of a person and signs in as an account.
func verifies(who, as string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		link, err := s.verifying(who)
		if err != nil {
			return "", err
		}
		b, err := sandbox.NewBrowser()
		if err != nil {
			return "", err
		}
		ctx := s.t.Context()
		err = errors.Join(b.Open(ctx, link), b.Press(ctx, strings.TrimPrefix(link, s.Front()), nil), b.SignIn(ctx, as))
		return said(b), err
	}
}

func (s *siege) pressVerify(who, name, as string) {
	s.t.Helper()
	told, err := verifies(who, as)(s)
	must(s.t, err)
	if !strings.Contains(told, "You are verified") {
		s.t.Fatalf("%s: %s", name, told)
	}
}

// links has the bot's admin ask for a link that must not come about, and waits for what
// they are told in the end.
func links(command string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		outcomes := func() (out []string) {
			for line := range strings.Lines(s.seen("dee")) {
				if strings.Contains(line, "Nobody was linked") || strings.Contains(line, "is now linked") {
					out = append(out, line)
				}
			}
			return out
		}
		before := len(outcomes())
		told, err := slash("T0FABRIKAM", people["dee"], command)(s)
		if err != nil || !strings.Contains(told, "You hear from me when") {
			return told, err
		}
		err = s.wait("Dee to be told how it ended", func() bool { return len(outcomes()) > before })
		return strings.Join(outcomes()[before:], ""), err
	}
}

var personAttacks = []attack{
	{"ContactWithTheRequestersMail", links("customer link contoso <@" + anasOther + ">"), "Nobody was linked.*address of somebody of our own staff", "dee", ""},
	{"StandInWithTheRequestersMail", func(s *siege) (string, error) {
		_, err := submits("carol", "contact.away", tenantOfContoso, map[string]any{"person": namedUser(anasOther), "duration": typed("5 days")})(s)
		err = errors.Join(err, s.sees("carol", "stands in for Carol Weber|decides on access to Contoso in their place"))
		return s.seen("carol"), err
	}, "Nobody stands in for Carol Weber", "carol", "refused"},
	{"ContactOfOurStaff", links("customer link contoso <@U0BO000001>"), "linked as staff", "dee", ""},
	{"ContactOfOurWorkspace", links("customer link contoso <@U0DEE00001>"), "Nobody was linked.*another Slack workspace", "dee", ""},
	{"ContactWhoIsAGuest", links("customer link contoso <@" + guest + ">"), "Nobody was linked.*guest", "dee", ""},
	{"ContactWhoIsABot", links("customer link contoso <@" + robot + ">"), "Nobody was linked.*That is a bot", "dee", ""},
	{"ContactOfAnotherCustomer", links("customer link contoso <@U0AMIR0001>"), "Nobody was linked.*not in the channel", "dee", ""},
	{"MailOfOurStaff", links("customer link contoso ANA@fabrikam.example"), "address of somebody of our own staff", "dee", ""},
	{"MailOfTwo", links("customer link contoso kim@contoso.com,oskar@contoso.com"), "no mail address|with @", "", ""},
	{"MailByStaff", says("ana", "#contoso", "customer link contoso oskar@contoso.com"), "Only a bot admin", "ana", ""},
	{"StaffOfAnothersAccount", links("staff link <@U0DEE00001> ana@fabrikam.example"), "Nobody was linked.*already linked", "dee", ""},
	{"StaffWhoIsDisabled", links("staff link <@U0DEE00001> lou@fabrikam.example"), "Nobody was linked.*disabled", "dee", ""},
	{"StaffWhoIsAGuest", links("staff link <@U0DEE00001> gus_outside.example#EXT#@fabrikam.example"), "Give the sign-in name", "dee", ""},
	{"ApproveUnverified", clicks("oskar", "#contoso", "request.approve", "$R1/1"), "linked only just now and are not verified", "oskar", ""},
	{"ApproveByTheRequestersOther", clicks(anasOther, "#contoso", "request.approve", "$R1/1"), "Only a contact of Contoso", anasOther, ""},
	{"ApproveByGuest", clicks(guest, "#contoso", "request.approve", "$R1/1"), "Only a contact of Contoso", guest, ""},
	{"ApproveByRobot", unheard(robot), "not done", robot, ""},
	{"ApproveByDeactivated", unheard(kim), "not done", kim, ""},
	{"VerifiedByTheRequestersMail", verifies("oskar", "ana.t@contoso.com"), "^403 .*address of somebody of your partner.s own staff", "A. Trujillo", ""},
	{"VerifiedByTheRequestersAccount", verifies("oskar", "ana@fabrikam.example"), "^403 .*another organisation than Contoso", "Ana Trujillo", ""},
	{"VerifiedByAnothersAccount", verifies("oskar", "carol@contoso.com"), "^410 .*already that of Carol Weber", "Carol Weber", ""},
	{"VerifiedAtAnotherTenant", verifies("oskar", "amir@adatum.com"), "^403 .*another organisation than Contoso", "Amir Haddad", ""},
	{"VerifiedAsAGuest", verifies("oskar", "gus@contoso.com"), "^403 .*as a guest", "Gus Guest", ""},
	{"VerifiedWithoutRole", verifies("oskar", "oskar@contoso.com"), "^403 .*only while you hold Global Administrator", "Oskar Lind", ""},
	{"VerifyVerified", clicks("carol", "#contoso", "contact.verify", tenantOfContoso), "verified already", "carol", ""},
	{"ApproveAfterAll", clicks("oskar", "#contoso", "request.approve", "$R1/1"), "linked only just now and are not verified", "oskar", ""},
	{"ApproveInChannelOfThree", func(s *siege) (string, error) {
		if _, err := s.Slack.Share(channels["#contoso"], "T0ADATUM01"); err != nil {
			return "", err
		}
		if err := s.Slack.Accept(channels["#contoso"], "T0ADATUM01"); err != nil {
			return "", err
		}
		return clicks("amir", "#contoso", "request.approve", "$R1/1")(s)
	}, "Only a contact of Contoso", "amir", ""},
}

// unheard approves as somebody whom Slack shows nothing any more.
func unheard(who string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		d, err := s.Slack.ClickInvented(context.Background(), who, channels["#contoso"], "request.approve", s.fill("$R1/1"))
		if err := errors.Join(err, d.Err); err != nil {
			return "", err
		}
		return fmt.Sprint("not done", string(d.Response)), nil
	}
}
