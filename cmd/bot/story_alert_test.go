package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
)

// alertVerbs are the verbs of stories about alerts:
//
//	moves Fabrikam_Contoso_2026 terminating    the relationship gets this status, by whomever
//	alters Fabrikam_Contoso_2026 roles=2       Microsoft lists it with its first two roles alone
//	alters Fabrikam_Contoso_2026 end=-240h     and with another end: so much later
//	unlists all, unlists                       Microsoft's list misses every relationship, or none
//	signs 12                                   so many customers have a relationship that nobody asked for
//	assigns Fabrikam_Contoso_2026              somebody gives a group of theirs a role through it
//	registers -check                           "bot partnercenter register"; stdout is what it says
//	opens C0SECURITY security dee bo           a channel of the partner's with the bot and these people
//	rules 'alerts: {…}'                        policy.yml says so, too, in place of what it said
//	                                           of alerts before; the bot is started again. NOW stands
//	                                           for hours around this one
//	notifies again                             the newest notification comes once more, as it was
//	notifies forged|elsewhere|tampered         it comes from somebody else; stdout is the answer
//	claims https://127.0.0.1:1/other           another tool has Partner Center notify it
//	reads                                      the bot reads everything once, from beginning to end
//	leaves ana 'Latchkey Contoso'              somebody takes a person out of a group
//	parts contoso dap|reseller                 an admin of the customer ends legacy administration, or all
//	unassigns Fabrikam_Contoso_2026            somebody removes every assignment of it
func alertVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"opens": cmdOpens, "rules": cmdRules, "notifies": cmdNotifies, "registers": cmdRegisters, "claims": cmdClaims, "reads": cmdReads, "leaves": cmdLeaves, "parts": cmdParts,
		"moves": cmdMoves, "alters": cmdAlters, "unlists": cmdUnlists, "signs": cmdSigns, "assigns": cmdAssigns, "unassigns": cmdUnassigns,
	}
}

func cmdMoves(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "moves relationship status")
	on(ts).Graph.SetRelationshipStatus(relation(ts, args[0]).ID, args[1])
}

func cmdAlters(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "alters relationship roles=n|end=duration")
	rel := relation(ts, args[0])
	what, to, _ := strings.Cut(args[1], "=")
	switch what {
	case "roles":
		n, err := strconv.Atoi(to)
		ts.Check(err)
		rel.Roles = rel.Roles[:n]
	case "end":
		by, err := time.ParseDuration(to)
		ts.Check(err)
		rel.End = rel.End.Add(by)
	default:
		ts.Fatalf("nothing is called %q", what)
	}
	on(ts).Graph.AddRelationship(rel)
}

func cmdRegisters(ts *testscript.TestScript, neg bool, args []string) {
	cmd := exec.Command("bot", append([]string{"partnercenter", "register", "-world", filepath.Join(on(ts).dir, "world.json")}, args...)...)
	out, err := cmd.CombinedOutput()
	fmt.Fprintln(ts.Stdout(), string(out))
	if (err != nil) != neg {
		ts.Fatalf("bot partnercenter register: %v\n%s", err, out)
	}
}

func cmdOpens(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3, "opens id name who…")
	s := on(ts)
	c := chattest.Channel{ID: args[0], Name: args[1], Host: "T0FABRIKAM", Members: []string{"U0LATCHKEY"}, Private: true}
	for _, who := range args[2:] {
		c.Members = append(c.Members, people[who])
	}
	s.Slack.AddChannel(c)
}

var alertRules = regexp.MustCompile(`(?m)^alerts:.*\n`)

func cmdRules(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "rules 'alerts: {…}'")
	s := on(ts)
	path := filepath.Join(s.dir, "policy.yml")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	now := s.Clock.Now().In(berlin)
	hours := now.Add(-6*time.Hour).Format("15:04") + "-" + now.Add(6*time.Hour).Format("15:04")
	text := strings.ReplaceAll(args[0], "NOW", strconv.Quote(hours)) + "\n" + alertRules.ReplaceAllString(string(raw), "")
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
	s.stopBot()
	if err := s.start(); (err != nil) != neg {
		ts.Fatalf("with these rules the start says %v", err)
	}
}

// cmdNotifies plays whoever has seen a notification, or made one up.
func cmdNotifies(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "notifies again|forged|elsewhere|tampered")
	s := on(ts)
	all := s.Graph.Deliveries()
	if len(all) == 0 {
		ts.Fatalf("nothing was notified yet")
	}
	body := all[len(all)-1].Body
	h := s.Graph.NotificationHeaders(body)
	switch args[0] {
	case "again":
	case "forged":
		h.Set("Authorization", "Signature "+base64.StdEncoding.EncodeToString([]byte("signed by nobody")))
	case "elsewhere":
		h.Set("X-MS-Certificate-Url", "https://evil.example/cert/pc.cer")
	case "tampered":
		body = bytes.Replace(body, []byte("EventName"), []byte("eventName"), 1)
	default:
		ts.Fatalf("nobody notifies %s", args[0])
	}
	r, err := http.NewRequest(http.MethodPost, s.Front()+"/partnercenter/notifications", bytes.NewReader(body))
	ts.Check(err)
	r.Header = h
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close() //nolint:errcheck // its status is all that is told
	fmt.Fprintln(ts.Stdout(), resp.Status)
}

func cmdClaims(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "claims url")
	ts.Check(on(ts).Graph.RegisterWebhook(args[0], "test-created"))
}

// relationshipList is the call with which a read of everything begins.
const relationshipList = "GET /tenantRelationships/delegatedAdminRelationships"

// cmdReads waits for two reads to begin: then the first is over.
func cmdReads(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	for range 2 {
		before := s.Graph.Calls()[relationshipList]
		ts.Check(s.Clock.Advance(time.Second))
		ts.Check(s.wait("a read of the relationships", func() bool { return s.Graph.Calls()[relationshipList] > before }))
	}
}

func cmdLeaves(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "leaves who group")
	s := on(ts)
	for _, g := range s.Graph.Groups() {
		for _, u := range s.Graph.Users() {
			if strings.HasPrefix(g.DisplayName, args[1]) && strings.HasPrefix(u.UPN, args[0]+"@") && s.Graph.RemoveMember(g.ID, u.ID) {
				return
			}
		}
	}
	ts.Fatalf("%s is in no group %s", args[0], args[1])
}

func cmdParts(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "parts customer dap|reseller")
	s := on(ts)
	part := s.Graph.RemoveDAP
	if args[1] == "reseller" {
		part = s.Graph.RemoveReseller
	}
	for _, t := range s.Graph.Tenants() {
		if strings.EqualFold(t.Name, args[0]) {
			who, err := s.Graph.AddPerson(graphtest.Person{
				Tenant: t.ID, Name: "Signe Holm", UPN: "signe@" + args[0] + ".example", DirectoryRoles: []string{"62e90394-69f5-4237-9190-012177145e10"},
			})
			ts.Check(err)
			ts.Check(part(t.ID, who))
			return
		}
	}
	ts.Fatalf("there is no customer %s", args[0])
}

func cmdUnlists(ts *testscript.TestScript, _ bool, args []string) {
	var ids []string
	if len(args) > 0 {
		for _, r := range on(ts).Graph.Relationships() {
			if args[0] == "all" || args[0] == r.DisplayName {
				ids = append(ids, r.ID)
			}
		}
	}
	on(ts).Graph.Unlist(ids...)
}

func cmdSigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "signs count")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		on(ts).Graph.AddRelationship(graphtest.Relationship{
			DisplayName: fmt.Sprintf("Signed_%02d", i+1), CustomerTenant: fmt.Sprintf("77777777-7777-4777-8777-%012d", i+1),
			CustomerName: fmt.Sprintf("Customer %02d", i+1), Status: "active", Roles: []string{"f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
			AutoExtend: "P180D",
		})
	}
}

func cmdAssigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "assigns relationship")
	s, rel := on(ts), relation(ts, args[0])
	group := s.Graph.AddGroup(graphtest.Group{DisplayName: "Night shift", MailNickname: "night-shift"})
	s.Graph.AddAssignment(graphtest.Assignment{Relationship: rel.ID, Group: group, Status: "active", Roles: rel.Roles[:1]})
}

func cmdUnassigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "unassigns relationship")
	s, rel := on(ts), relation(ts, args[0])
	for _, a := range s.Graph.Assignments() {
		if a.Relationship == rel.ID && a.Status == "active" {
			s.Graph.RemoveAssignment(rel.ID, a.ID)
		}
	}
}
