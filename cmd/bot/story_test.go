package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bot": func() { os.Exit(start()) }, "tortured": func() { os.Exit(tortureBot()) }})
}

// TestStories runs the scenarios: each is a script that drives a bot in a
// process of its own, in a world of its own.
//
//	say ana '#contoso' 'list contoso'     type /access list contoso; stdout is the answer
//	until dee '#ops' 'list contoso' 'pattern'  say it until the answer is so
//	joins bo 'Latchkey Contoso'           somebody adds him to the group in Entra
//	sees carol 'pattern'                  wait until she sees it; "! sees": she does not now
//	click carol request.approve $R1       wait for the button and press it
//	tamper amir request.approve $R2 $R1   press a button whose value was changed
//	submit ana block=text …               fill in the open modal
//	replay, forge                         send the last delivery again; with a false signature
//	has ana 'contoso: Exchange …'         wait until Entra says so; "! has": until it does not
//	adds ana 1                            how often her membership was asked for in all
//	advance 4h                            move the clock
//	crash, start, halt                    SIGKILL and start; start; SIGTERM
//	fault slack|graph on key=value …      what goes wrong next; "hit" waits until it has
//	once carol '#contoso' 'pattern'       exactly one message there says so
//	home ana                              open the app's Home
//	shows ana 'pattern'                   wait until her Home says so; "! shows": it does not now
//	hides ana 'pattern'                   wait until her Home does not say so any more
//	press ana grant.end $R1               press a button in her Home
//	audited kind [key=value …]            stop, verify the log and find the event
//
// Each request's id becomes $R1, $R2 … in the order in which they appear. $YEAR is that in
// which the story is told, and $LATERYEAR one that has not begun.
func TestStories(t *testing.T) {
	p := stories()
	p.Dir = filepath.Join("testdata", "stories")
	testscript.Run(t, p)
}

func stories() testscript.Params {
	p := testscript.Params{
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return setStage(env, sandbox.Options{}) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"say": cmdSay, "until": cmdUntil, "joins": cmdJoins, "sees": cmdSees, "click": cmdClick, "tamper": cmdTamper, "submit": cmdSubmit,
			"replay": cmdReplay, "forge": cmdForge, "has": cmdHas, "adds": cmdAdds, "advance": cmdAdvance,
			"crash": cmdCrash, "start": cmdStart, "halt": cmdHalt, "audited": cmdAudited, "terminate": cmdTerminate,
			"fault": cmdFault, "hit": cmdHit, "once": cmdOnce, "home": cmdHome, "shows": cmdShows, "hides": cmdHides, "press": cmdPress,
			"archive": cmdArchive, "unarchive": cmdUnarchive,
		},
	}
	maps.Copy(p.Cmds, relationshipVerbs())
	maps.Copy(p.Cmds, signInVerbs())
	maps.Copy(p.Cmds, alertVerbs())
	maps.Copy(p.Cmds, moveVerbs())
	maps.Copy(p.Cmds, tierVerbs())
	maps.Copy(p.Cmds, othersVerbs())
	maps.Copy(p.Cmds, activityVerbs())
	maps.Copy(p.Cmds, summaryVerbs())
	maps.Copy(p.Cmds, policyVerbs())
	maps.Copy(p.Cmds, channelVerbs())
	maps.Copy(p.Cmds, reviewVerbs())
	maps.Copy(p.Cmds, pageVerbs())
	maps.Copy(p.Cmds, timeVerbs())
	maps.Copy(p.Cmds, staffVerbs())
	maps.Copy(p.Cmds, driverVerbs())
	maps.Copy(p.Cmds, sealVerbs())
	maps.Copy(p.Cmds, settingVerbs())
	maps.Copy(p.Cmds, clusterVerbs())
	maps.Copy(p.Cmds, tokenVerbs())
	maps.Copy(p.Cmds, operationsVerbs())
	maps.Copy(p.Cmds, archiveVerbs())
	maps.Copy(p.Cmds, unitVerbs())
	maps.Copy(p.Cmds, auditVerbs())
	return p
}

// TestScripts runs the subcommands that need no world.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true})
}

func setStage(env *testscript.Env, o sandbox.Options) error {
	s, err := newLinkedStage(env.WorkDir, o)
	if err != nil {
		return err
	}
	env.Defer(func() {
		s.close()
		if t, ok := env.T().(testing.TB); ok {
			if leaks := s.leaks(); len(leaks) > 0 {
				t.Errorf("the bot's log holds %v", leaks)
			}
			if t.Failed() {
				t.Logf("the bot's log:\n%s", s.log.String())
			}
		}
	})
	env.Values["stage"] = s
	today := s.Clock.Now().In(berlin)
	env.Setenv("YEAR", today.Format("2006"))
	env.Setenv("LATERYEAR", today.AddDate(2, 0, 0).Format("2006"))
	if err := s.start(); err != nil {
		return fmt.Errorf("%w\n%s", err, s.log.String())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.SetUp(ctx)
}

func on(ts *testscript.TestScript) *stage { return ts.Value("stage").(*stage) }

// number gives the ids of requests names, in the order in which they appear.
func number(ts *testscript.TestScript) {
	s := on(ts)
	known := map[string]bool{}
	n := 0
	for {
		id := ts.Getenv("R" + strconv.Itoa(n+1))
		if id == "" {
			break
		}
		known[id] = true
		n++
	}
	for who := range people {
		for _, id := range requestID.FindAllString(s.seen(who), -1) {
			if !known[id] && id != nobody {
				known[id] = true
				n++
				ts.Setenv("R"+strconv.Itoa(n), id)
			}
		}
	}
}

// nobody is an id that no request has, for payloads that were tampered with.
const nobody = "R-ZZZZZ"

// outcome checks that err is set exactly when the script says so.
func outcome(ts *testscript.TestScript, neg bool, err error) {
	if (err != nil) != neg {
		if neg {
			ts.Fatalf("that should have failed")
		}
		ts.Fatalf("%v", err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	number(ts)
	numberOffers(ts, "")
}

func need(ts *testscript.TestScript, args []string, n int, usage string) {
	if len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

func cmdSay(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 3, "say who #channel text")
	told, err := on(ts).say(args[0], args[1], strings.Join(args[2:], " "))
	fmt.Fprintln(ts.Stdout(), told)
	numberOffers(ts, told)
	if id := requestID.FindString(told); id != "" && !neg {
		for n := 1; ; n++ {
			have := ts.Getenv("R" + strconv.Itoa(n))
			if have == id {
				break
			}
			if have == "" {
				ts.Setenv("R"+strconv.Itoa(n), id)
				break
			}
		}
	}
	outcome(ts, neg, err)
}

// cmdUntil is for what a read of the mirror brings, which nobody is told of.
func cmdUntil(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 4, "until who #channel command pattern")
	s, pattern, last := on(ts), regexp.MustCompile(args[3]), ""
	err := s.wait(args[2]+" to say "+args[3], func() bool {
		told, err := s.say(args[0], args[1], args[2])
		last = told
		return err == nil && pattern.MatchString(told)
	})
	if err != nil {
		ts.Fatalf("%v; it says: %s", err, last)
	}
}

func cmdJoins(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "joins who group")
	s := on(ts)
	for _, g := range s.Graph.Groups() {
		if !strings.HasPrefix(g.DisplayName, args[1]) {
			continue
		}
		for _, u := range s.Graph.Users() {
			if strings.HasPrefix(u.UPN, args[0]+"@") && s.Graph.AddMember(g.ID, u.ID) {
				return
			}
		}
	}
	ts.Fatalf("%s did not get into %s", args[0], args[1])
}

func cmdSees(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "sees who pattern")
	s := on(ts)
	if neg {
		if regexp.MustCompile(args[1]).MatchString(s.seen(args[0])) {
			ts.Fatalf("%s sees %q:\n%s", args[0], args[1], s.seen(args[0]))
		}
		return
	}
	outcome(ts, false, s.sees(args[0], args[1]))
}

func cmdClick(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 3, "click who action request")
	if neg {
		if _, _, ok := on(ts).button(args[0], args[1], args[2]); ok {
			ts.Fatalf("%s has the button %s on %s", args[0], args[1], args[2])
		}
		return
	}
	outcome(ts, false, on(ts).click(args[0], args[1], args[2]))
}

func cmdTamper(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 4, "tamper who action request value")
	s := on(ts)
	var channel, at string
	ts.Check(s.wait(args[0]+" to have the button", func() (ok bool) {
		channel, at, ok = s.button(args[0], args[1], args[2])
		return ok
	}))
	d, err := s.Slack.ClickValue(context.Background(), people[args[0]], channel, at, args[1], args[3])
	s.last = d
	outcome(ts, neg, err)
}

func cmdSubmit(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "submit who block=text …")
	fields := map[string]string{}
	for _, a := range args[1:] {
		k, v, _ := strings.Cut(a, "=")
		fields[k] = v
	}
	outcome(ts, neg, on(ts).submit(args[0], fields))
}

func cmdReplay(ts *testscript.TestScript, neg bool, _ []string) {
	s := on(ts)
	d, err := s.Slack.Replay(context.Background(), s.last)
	fmt.Fprintln(ts.Stdout(), d.Status, responseText(d.Response), string(d.Response))
	outcome(ts, neg, err)
}

func cmdForge(ts *testscript.TestScript, neg bool, _ []string) {
	s := on(ts)
	d, err := s.Slack.Forge(context.Background(), s.last)
	fmt.Fprintln(ts.Stdout(), d.Status, string(d.Response))
	outcome(ts, neg, err)
}

func cmdHas(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "has who 'customer: roles'")
	s := on(ts)
	err := s.wait(fmt.Sprintf("%s to have %q (or no more)", args[0], args[1]), func() bool {
		return slices.Contains(s.granted(args[0]), args[1]) != neg
	})
	if err != nil {
		ts.Fatalf("%v; has %q", err, s.granted(args[0]))
	}
}

func cmdAdds(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "adds who n")
	s := on(ts)
	n := 0
	for _, u := range s.Graph.Users() {
		if strings.HasPrefix(u.UPN, args[0]+"@") {
			for _, g := range s.Graph.Groups() {
				n += s.Graph.MemberAdds(g.ID, u.ID)
			}
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("the membership of %s was asked for %d times, want %s", args[0], n, args[1])
	}
}

func cmdAdvance(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "advance duration")
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	s := on(ts)
	ts.Check(s.Clock.Advance(d))
	if s.running() {
		ts.Check(s.wait("the bot to see the clock", s.Followed))
	}
}

func cmdCrash(ts *testscript.TestScript, _ bool, _ []string) {
	on(ts).kill()
	ts.Check(on(ts).start())
}

func cmdStart(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(on(ts).start()) }

func cmdHalt(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 1 && args[0] == "hard" {
		on(ts).kill()
		return
	}
	on(ts).stopBot()
}

func cmdTerminate(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "terminate relationship-name")
	for _, r := range on(ts).Graph.Relationships() {
		if r.DisplayName == args[0] {
			on(ts).Graph.SetRelationshipStatus(r.ID, "terminated")
			return
		}
	}
	ts.Fatalf("no relationship %s", args[0])
}

func cmdAudited(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "audited kind [key=value …]")
	s := on(ts)
	s.stopBot()
	events, err := s.events()
	ts.Check(err)
	for _, e := range events {
		have := map[string]string{"by": string(e.Actor.User), "request": string(e.Request)}
		for k, v := range e.Detail {
			have[k] = v
		}
		match := string(e.Kind) == args[0]
		for _, a := range args[1:] {
			k, v, _ := strings.Cut(a, "=")
			if id, ok := people[v]; ok && k == "by" {
				v = id
			}
			match = match && have[k] == v
		}
		if match {
			if neg {
				ts.Fatalf("the log has %v", e)
			}
			return
		}
	}
	if !neg {
		var b strings.Builder
		for _, e := range events {
			fmt.Fprintf(&b, "%d %s %s %s %v\n", e.Seq, e.Kind, e.Actor.User, e.Request, e.Detail)
		}
		ts.Fatalf("the log has no event %v:\n%s", args, b.String())
	}
}
