package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// peerScene is the world in which the bugs of peers are tried, one after another. It is
// made when the first of them wants it.
type peerScene struct{ open func() *siege }

func newPeerScene(t *testing.T) *peerScene {
	t.Helper()
	return &peerScene{sync.OnceValue(func() *siege {
		st, err := newLinkedStage(t.TempDir(), sandbox.Options{SlackPostRate: -1})
		must(t, err)
		s := &siege{stage: st, t: t, ids: map[string]string{}}
		s.closes(t)
		must(t, s.start())
		must(t, s.SetUp(t.Context()))
		// Contoso has two people who may decide.
		_, err = s.say("dee", "#contoso", "customer link contoso @oskar")
		must(t, err)
		must(t, s.sees("carol", "Oskar Lind is now a contact of Contoso"))
		must(t, s.Clock.Advance(25*time.Hour))
		must(t, s.wait("the bot to see the clock", s.Followed))
		s.secret = s.signing()
		return s
	})}
}

// enter gives the scene to the test that goes on in it.
func (p *peerScene) enter(t *testing.T) *siege {
	t.Helper()
	s := p.open()
	s.t = t
	return s
}

var already = regexp.MustCompile(`was already (?:approved|denied) by (?:Carol Weber|Oskar Lind)`)

// fiftyClicks has two people press Approve and submit Deny at one moment, fifty times in
// all. One of them decides, and what follows happens once; all others hear who did.
func fiftyClicks(t *testing.T, scene *peerScene) {
	s := scene.enter(t)
	s.asks("R1", "ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mailbox of Kim`)
	id := s.ids["R1"]
	must(t, s.sees("carol", id+".*waiting for a decision"))
	begin, told := make(chan struct{}), make([]string, 50)
	var group sync.WaitGroup
	for i := range told {
		who := []string{"carol", "oskar"}[i/2%2]
		group.Go(func() {
			<-begin
			var err error
			if i%2 == 0 {
				err = presses(who, "#contoso", "request.approve", "$R1/1")(s)
			} else {
				told[i], err = submits(who, "request.deny", "$R1/1", reason("not today"))(s)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	group.Wait()
	must(t, s.sees("carol", id+".*(?:access in force|: denied)"))
	taken := 0
	for i := 1; i < len(told); i += 2 {
		if told[i] == "(it was taken)" {
			taken++
		} else if !already.MatchString(told[i]) {
			t.Errorf("who came too late is told %q", told[i])
		}
	}
	s.stopBot()
	events, err := s.events()
	must(t, err)
	count := map[access.EventKind]int{}
	for _, e := range events {
		if string(e.Request) == id && (e.Kind != access.EventRefused || e.Detail["code"] == string(access.Conflict)) {
			count[e.Kind]++
		}
	}
	if count[access.EventApproved]+count[access.EventDenied] != 1 || count[access.EventDenied] != taken || count[access.EventRefused] != 49 {
		t.Errorf("the log has %v, and %d were told that they denied it; want one word, and 49 that came too late", count, taken)
	}
	adds := 0
	for _, u := range s.Graph.Users() {
		for _, g := range s.Graph.Groups() {
			if strings.HasPrefix(g.MailNickname, "latchkey-") {
				adds += s.Graph.MemberAdds(g.ID, u.ID)
			}
		}
	}
	if adds != count[access.EventApproved] {
		t.Errorf("Graph was asked %d times for a membership, want %d", adds, count[access.EventApproved])
	}
	must(t, s.start())
}

// teamsOfPayloads delivers clicks as Slack Connect writes them: the team of the payload
// is the installed one, that of who acts, a third one or none; names are empty; the
// channel is said to be shared or nothing is said of it. Only who acts counts.
func teamsOfPayloads(t *testing.T, scene *peerScene) {
	s := scene.enter(t)
	for i, row := range []struct{ name, change string }{
		{"team_of_who_acts", `{"team":{"id":"T0CONTOSO1","domain":"contoso"}}`},
		{"team_of_the_app", `{"team":{"id":"T0FABRIKAM","domain":"fabrikam"},"is_ext_shared":true}`},
		{"team_of_a_third", `{"team":{"id":"T0NORTHWND"},"is_enterprise_install":false}`},
		{"team_null", `{"team":null,"enterprise":null,"channel":{"id":"C0CONTOSO1","name":"","is_ext_shared":true}}`},
		{"team_with_empty_names", `{"team":{"id":"","domain":""},"user":{"id":"U0CAROL001","team_id":"T0CONTOSO1","name":"","username":""}}`},
		{"elements_unknown", `{"message":{"blocks":[{"type":"actions","elements":[{"type":"workflow_button","action_id":7}]},17],"bot_id":["B1"],"text":{"a":1}}}`},
	} {
		name := fmt.Sprint("R", 2+i)
		s.asks(name, "ana", "#contoso", `request contoso "Exchange Administrator" for `+fmt.Sprint(10+i)+`m because `+row.name)
		must(t, s.sees("carol", s.ids[name]+".*waiting for a decision"))
		if status := s.delivers(row.change, name); status != "200 OK " {
			t.Errorf("%s: answer %s, want 200", row.name, status)
		}
		must(t, s.sees("carol", s.ids[name]+".*Approved by Carol Weber"))
	}
	// It is not the payload that makes somebody a contact.
	s.asks("R9", "ana", "#contoso", `request contoso "Exchange Administrator" for 20m because teams`)
	must(t, s.sees("carol", s.ids["R9"]+".*waiting for a decision"))
	for _, change := range []string{
		`{"user":{"id":"U0CAROL001","team_id":""}}`,
		`{"user":{"id":"U0CAROL001","team_id":"T0FABRIKAM"},"team":{"id":"T0CONTOSO1"}}`,
		`{"user":{"id":"U0BO000001","team_id":"T0FABRIKAM"},"team":{"id":"T0CONTOSO1"},"is_ext_shared":true}`,
		`{"user":{"id":"U0BO000001","team_id":"T0CONTOSO1"},"team":{"id":"T0CONTOSO1"}}`,
	} {
		if status := s.delivers(change, "R9"); status != "200 OK " {
			t.Errorf("%s: answer %s, want 200", change, status)
		}
	}
	told, err := s.say("ana", "#contoso", "show "+s.ids["R9"])
	must(t, err)
	if !strings.Contains(told, "waiting for a decision") {
		t.Errorf("%s was decided by somebody else:\n%s", s.ids["R9"], told)
	}
	s.delivers(`{}`, "R9")
	must(t, s.sees("carol", s.ids["R9"]+".*Approved by Carol Weber"))
}

// delivers sends Carol's click on a request with fields of the payload changed.
func (s *siege) delivers(change, request string) string {
	s.t.Helper()
	p := map[string]any{
		"type": "block_actions", "trigger_id": fmt.Sprint(time.Now().UnixNano(), ".", request), "api_app_id": "A0LATCHKEY",
		"user": map[string]any{"id": people["carol"], "team_id": "T0CONTOSO1", "name": "carol"}, "channel": map[string]any{"id": channels["#contoso"]},
		"actions": []map[string]any{{"action_id": "request.approve", "block_id": "b", "value": s.ids[request] + "/1", "action_ts": "1.2"}},
	}
	must(s.t, json.Unmarshal([]byte(change), &p))
	raw, err := json.Marshal(p)
	must(s.t, err)
	status, err := letter{path: interactions, body: url.Values{"payload": {string(raw)}}.Encode()}.sent(s)
	must(s.t, err)
	return status
}

// ackWithin is what an acknowledgement may take here. Slack gives it three seconds.
const ackWithin = 2 * time.Second

// hungOutside has Microsoft and Slack's Web API take no call to its end while everything
// that a person can do is delivered. Each is acknowledged, and its work is done, at once.
func hungOutside(t *testing.T, scene *peerScene) {
	s := scene.enter(t)
	s.asks("R10", "ana", "#contoso", `request contoso "Exchange Administrator" for 31m because hung`)
	s.asks("R11", "ana", "#contoso", `request contoso "Service Support Administrator" for 32m because hung`)
	for _, id := range []string{"R10", "R11"} {
		must(t, s.sees("carol", s.ids[id]+".*waiting for a decision"))
	}
	must(t, s.Slack.AddFault(chattest.Fault{On: chattest.OnEveryMethod, Delay: time.Hour}))
	must(t, s.Slack.AddFault(chattest.Fault{On: chattest.OnResponseURL, Delay: time.Hour}))
	must(t, s.Graph.AddFault(graphtest.Fault{On: "*", Delay: time.Hour}))
	defer func() {
		must(t, s.Slack.SetFaults())
		must(t, s.Graph.SetFaults())
	}()
	ctx := t.Context()
	act := func(what string, do func() (chattest.Delivery, error)) chattest.Delivery {
		t.Helper()
		d, err := do()
		must(t, err)
		if d.Err != nil || d.Took > ackWithin {
			t.Errorf("%s: acknowledged after %v, %v", what, d.Took, d.Err)
		}
		return d
	}
	act("a command", func() (chattest.Delivery, error) {
		return s.Slack.Slash(ctx, people["ana"], channels["#contoso"], "/access", "list contoso")
	})
	asked := act("a request", func() (chattest.Delivery, error) {
		return s.Slack.Slash(ctx, people["ana"], channels["#contoso"], "/access", `request contoso "User Administrator" for 33m because hung`)
	})
	if requestID.FindString(string(asked.Response)) == "" {
		t.Errorf("the request was not taken: %s", asked.Response)
	}
	act("a request for later, by the clock of whoever asks", func() (chattest.Delivery, error) {
		return s.Slack.Slash(ctx, people["bo"], channels["#contoso"], "/access", `request contoso "Exchange Administrator" for 1h from tomorrow 8:00 because hung`)
	})
	act("a command that opens a form", func() (chattest.Delivery, error) {
		return s.Slack.Slash(ctx, people["ana"], channels["#contoso"], "/access", "request")
	})
	act("a button", func() (chattest.Delivery, error) {
		return s.Slack.ClickInvented(ctx, people["carol"], channels["#contoso"], "request.approve", s.fill("$R10/1"))
	})
	act("a button that opens a form", func() (chattest.Delivery, error) {
		return s.Slack.ClickInvented(ctx, people["carol"], channels["#contoso"], "request.deny", s.fill("$R11/1"))
	})
	act("a form", func() (chattest.Delivery, error) {
		return s.Slack.SubmitInvented(ctx, people["carol"], "request.deny", s.fill("$R11/1"), map[string]map[string]any{"reason": {"element": typed("not today")}})
	})
	act("an event", func() (chattest.Delivery, error) { return s.Slack.OpenHome(ctx, people["ana"]) })
	began := time.Now()
	status, err := letter{path: "/slack/options", body: url.Values{"payload": {
		`{"type":"block_suggestion","user":{"id":"` + people["ana"] + `","team_id":"T0FABRIKAM"},"action_id":"request.customer","value":"con"}`,
	}}.Encode()}.sent(s)
	must(t, err)
	if took := time.Since(began); took > ackWithin || !strings.Contains(status, "Contoso") {
		t.Errorf("a list of options: after %v, %s", took, status)
	}
	// The words are in the store, though nobody could be told yet.
	for id, word := range map[string]string{"R10": "Approved by Carol Weber", "R11": "Denied by Carol Weber"} {
		told, err := s.say("ana", "#contoso", "show "+s.ids[id])
		must(t, err)
		if !strings.Contains(told, word) {
			t.Errorf("%s does not say %q:\n%s", s.ids[id], word, told)
		}
	}
}
