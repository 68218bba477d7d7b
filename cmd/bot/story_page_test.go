package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// pageVerbs are the verbs of stories in which people of customers sign in on the bot's
// own page:
//
//	decides carol $R1 approve [as=upn] [note=why]   open the request from its card, sign in, as
//	                                 somebody else, and say the word; stdout is the last page
//	looks carol $R1 [as=upn]         go no further than the request
//	word carol approve [field=value …]   say the word on the page that is open; "end" and
//	                                 "object" are sent by forms of their own. On the page of
//	                                 an access review: word carol keep|remove|removed row=1, rest, kept
//	again carol [field=value …]      send the last form once more, perhaps with other fields
//	verifies carol '#contoso' [as=upn]   press the button to be verified and sign in
//	evidence carol 2026              have the report of a time on the page that is open, and save its files
//	mails kim@contoso.com 'pattern'  wait until a mail to them says so; "! mails": none does now
//	without contoso                  policy.yml has no Slack channel of the customer any more
//	person contoso upn 'Name' [role=…] [guest] [mail=…]   somebody gets an account there
func pageVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"decides": cmdDecides, "looks": cmdLooks, "word": cmdWord, "again": cmdAgain, "verifies": cmdVerifies, "evidence": cmdEvidence, "person": cmdPerson,
		"mails": cmdMails, "without": cmdWithout,
	}
}

// accounts are those with which people sign in to their own tenants.
var accounts = map[string]string{
	"carol": "carol@contoso.com", "oskar": "oskar@contoso.com", "amir": "amir@adatum.com", "ana": "ana@fabrikam.example",
}

var directoryRoles = map[string]string{
	"global": "62e90394-69f5-4237-9190-012177145e10", "relationships": "fc8ad4e2-40e4-4724-8317-bcda7503ecbf", "users": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}

// wordsOf splits what is said with an equals sign from what is said alone.
func wordsOf(args []string) (plain []string, named map[string]string) {
	named = map[string]string{}
	for _, a := range args {
		if k, v, ok := strings.Cut(a, "="); ok {
			named[k] = v
		} else {
			plain = append(plain, a)
		}
	}
	return plain, named
}

func cmdDecides(ts *testscript.TestScript, neg bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 3, "decides who request approve|deny [as=upn] [note=why]")
	b := on(ts).opened(ts, plain[0], plain[1], named["as"])
	if b.Status == http.StatusOK {
		on(ts).word(ts, b, plain[2], named)
	}
	shownPage(ts, neg, b)
}

func cmdLooks(ts *testscript.TestScript, neg bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 2, "looks who request [as=upn]")
	shownPage(ts, neg, on(ts).opened(ts, plain[0], plain[1], named["as"]))
}

func cmdWord(ts *testscript.TestScript, neg bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 2, "word who approve|deny|end|object [note=why]")
	b := on(ts).desks[plain[0]]
	if b == nil {
		ts.Fatalf("%s has no page open", plain[0])
	}
	on(ts).word(ts, b, plain[1], named)
	shownPage(ts, neg, b)
}

func cmdEvidence(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "evidence who period")
	b := on(ts).desks[args[0]]
	if b == nil {
		ts.Fatalf("%s has no page open", args[0])
	}
	at, page := b.At, b.Text
	defer func() { b.At, b.Text = at, page }() // what is saved, or refused, leaves the page as it is
	ts.Check(b.Press(context.Background(), "/evidence", url.Values{"period": {args[1]}}))
	if b.Status != http.StatusOK {
		shownPage(ts, neg, b)
		return
	}
	if neg {
		ts.Fatalf("%s has the evidence of %s", args[0], args[1])
	}
	z, err := zip.NewReader(strings.NewReader(b.Text), int64(len(b.Text)))
	ts.Check(err)
	for _, f := range z.File {
		r, err := f.Open()
		ts.Check(err)
		raw, err := io.ReadAll(r)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(f.Name), raw, 0o600))
	}
}

func cmdVerifies(ts *testscript.TestScript, neg bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 2, "verifies who #channel [as=upn]")
	as := named["as"]
	if as == "" {
		as = accounts[plain[0]]
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := on(ts).Verify(ctx, people[plain[0]], channels[plain[1]], as)
	outcome(ts, neg, err)
}

func cmdPerson(ts *testscript.TestScript, _ bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 3, "person tenant upn name [role=…] [mail=…] [guest]")
	s := on(ts)
	for _, t := range s.Graph.Tenants() {
		if !strings.EqualFold(t.Name, plain[0]) {
			continue
		}
		p := graphtest.Person{Tenant: t.ID, UPN: plain[1], Name: plain[2], Mail: named["mail"], Guest: len(plain) > 3 && plain[3] == "guest"}
		if named["role"] != "" {
			p.DirectoryRoles = []string{directoryRoles[named["role"]]}
		}
		_, err := s.Graph.AddPerson(p)
		ts.Check(err)
		return
	}
	ts.Fatalf("there is no tenant %s", plain[0])
}

func cmdMails(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "mails address pattern")
	s, re := on(ts), regexp.MustCompile(args[1])
	n := func() int { return len(re.FindAllString(s.mailed(args[0]), -1)) }
	if neg {
		if n() > 0 {
			ts.Fatalf("%s has %q:\n%s", args[0], args[1], s.mailed(args[0]))
		}
		return
	}
	if err := s.wait(args[0]+" to have the mail "+args[1], func() bool { return n() > 0 }); err != nil {
		ts.Fatalf("%v; there is:\n%s", err, s.mailed(args[0]))
	}
	if len(args) > 2 && strconv.Itoa(n()) != args[2] {
		ts.Fatalf("%s has it %d times, want %s:\n%s", args[0], n(), args[2], s.mailed(args[0]))
	}
	fmt.Fprintln(ts.Stdout(), s.mailed(args[0]))
	number(ts)
}

// mailed is what somebody has in their mailbox, as text.
func (s *stage) mailed(address string) string {
	var b strings.Builder
	for _, m := range s.Graph.Mails() {
		if slices.Contains(m.To, address) {
			fmt.Fprintf(&b, "%s\n%s\n", m.Subject, m.Plain)
		}
	}
	return b.String()
}

func cmdWithout(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "without customer")
	path := filepath.Join(on(ts).dir, "policy.yml")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	re := regexp.MustCompile(`(?mi)(- name: ` + regexp.QuoteMeta(args[0]) + `\n(?:.*\n)*?) +slack:.*\n`)
	ts.Check(os.WriteFile(path+".new", re.ReplaceAll(raw, []byte("$1")), 0o600))
	ts.Check(os.Rename(path+".new", path))
}

// opened follows the link of a request that somebody sees, and signs in. It is somebody's
// own browser, in which they may have signed in before.
func (s *stage) opened(ts *testscript.TestScript, who, request, as string) *sandbox.Browser {
	if as == "" {
		as = accounts[who]
	}
	if as == "" {
		as = who
	}
	link := s.requestLink(ts, who, request)
	if s.desks == nil {
		s.desks = map[string]*sandbox.Browser{}
	}
	b, err := sandbox.NewBrowser()
	ts.Check(err)
	s.desks[who] = b
	ctx := context.Background()
	ts.Check(b.Open(ctx, link))
	if strings.Contains(b.Text, "/sign-in\"") {
		ts.Check(b.Press(ctx, "/sign-in", nil))
		ts.Check(b.SignIn(ctx, as))
	}
	return b
}

// word says a word with the form on the page.
func (s *stage) word(ts *testscript.TestScript, b *sandbox.Browser, verdict string, named map[string]string) {
	s.noteFields(named)
	path, fields := b.Path(), url.Values{}
	for _, form := range []string{"/end", "/object"} {
		path = strings.TrimSuffix(path, form)
	}
	if verdict == "end" || verdict == "object" {
		path += "/" + verdict
	} else if strings.HasPrefix(path, "/reviews/") {
		fields.Set("word", verdict)
	} else {
		fields.Set("verdict", verdict)
	}
	for k, v := range named {
		if k != "as" {
			fields.Set(k, v)
		}
	}
	if err := b.Press(context.Background(), path, fields); err != nil {
		ts.Fatalf("%v; the page at %s says: %s", err, b.At, readable(b.Text))
	}
}

func cmdAgain(ts *testscript.TestScript, neg bool, args []string) {
	plain, named := wordsOf(args)
	need(ts, plain, 1, "again who [field=value …]")
	b := on(ts).desks[plain[0]]
	if b == nil || b.Form == nil {
		ts.Fatalf("%s has sent no form", plain[0])
	}
	fields := url.Values{}
	for k, v := range named {
		fields.Set(k, v)
	}
	ts.Check(b.Again(context.Background(), fields))
	shownPage(ts, neg, b)
}

// requestLink waits for the link to a request in what somebody sees.
func (s *stage) requestLink(ts *testscript.TestScript, who, request string) string {
	var found string
	form := regexp.MustCompile(`http://127\.0\.0\.1:\d+/(requests|reviews)/` + request)
	ts.Check(s.wait(who+" to have the link to "+request, func() bool {
		if strings.Contains(who, "@") {
			found = form.FindString(s.mailed(who))
			return found != ""
		}
		for _, c := range s.Slack.ChannelsOf(people[who]) {
			for _, m := range s.Slack.Messages(people[who], c.ID) {
				if link := form.FindString(string(m.Blocks)); link != "" {
					found = link
				}
			}
		}
		return found != ""
	}))
	return found
}

func shownPage(ts *testscript.TestScript, neg bool, b *sandbox.Browser) {
	fmt.Fprintln(ts.Stdout(), readable(b.Text))
	if (b.Status == http.StatusOK) == neg {
		ts.Fatalf("the page answered %d: %s", b.Status, readable(b.Text))
	}
	number(ts)
}
