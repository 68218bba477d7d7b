package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// othersVerbs are the verbs of stories about who else administers a customer:
//
//	letsin carol [as=oskar@contoso.com] [cancel]   follow the newest link to Microsoft that carol sees, sign
//	                                               in and accept; stdout is the last page
//	keepsout contoso                               its admin takes that back
//	letin contoso                                  its admin lets the reader in without having been asked
func othersVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"letsin": cmdLetsIn, "keepsout": cmdKeepsOut, "letin": cmdLetIn}
}

var consentLink = regexp.MustCompile(`"(http://127\.0\.0\.1:\d+/[0-9a-f-]{36}/adminconsent\?[^"]+)"`)

func cmdLetsIn(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "letsin who [as=account] [cancel]")
	s, who, cancel := on(ts), args[0]+"@contoso.com", false
	for _, a := range args[1:] {
		if as, ok := strings.CutPrefix(a, "as="); ok {
			who = as
		}
		cancel = cancel || a == "cancel"
	}
	link := ""
	ts.Check(s.wait(args[0]+" to have a link to Microsoft", func() bool {
		for _, c := range s.Slack.ChannelsOf(people[args[0]]) {
			for _, m := range s.Slack.Messages(people[args[0]], c.ID) {
				for _, found := range consentLink.FindAllString(string(m.Blocks), -1) {
					var err error
					if link, err = strconv.Unquote(found); err != nil {
						return false
					}
				}
			}
		}
		return link != ""
	}))
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	b := &browser{Client: http.Client{Jar: jar}}
	_, text := b.get(ts, link)
	status, text := b.signIn(ts, link, text, who, cancel)
	fmt.Fprintln(ts.Stdout(), readable(text))
	if (status == http.StatusOK) == neg {
		ts.Fatalf("the page answered %d: %s", status, readable(text))
	}
}

func cmdKeepsOut(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "keepsout customer")
	s := on(ts)
	s.Graph.RevokeConsent(s.tenantCalled(ts, args[0]), s.Graph.ReaderID())
}

func cmdLetIn(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "letin customer")
	s := on(ts)
	s.Graph.Consent(s.tenantCalled(ts, args[0]), s.Graph.ReaderID())
}

func (s *stage) tenantCalled(ts *testscript.TestScript, name string) string {
	for _, t := range s.Graph.Tenants() {
		if strings.EqualFold(t.Name, name) {
			return t.ID
		}
	}
	ts.Fatalf("no tenant is called %s", name)
	return ""
}
