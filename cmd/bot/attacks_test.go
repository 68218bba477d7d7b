package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/sandbox"
)

// TestAttacks holds the bot against everybody who wants what is not theirs. It has a
// table of attacks in each assault, which is one world with one running bot:
//
//	intake         what is not Slack's: signatures, ages, sizes, methods, replays
//	notifications  what is not Partner Center's
//	commands       verbs of others, names that look like another, too much of everything
//	buttons        payloads that were tampered with, and buttons in the wrong hands
//	cards          the same on the cards of reviews and relationships
//	modals         forms that the bot never opened
//	words          texts that would forge a decision on a card
//	persons        one person as two, and who is no contact, or none any more
//	files          a policy.yml that would take the bot down, or say what it does not
//	page           the page without the right session or form
//	accounts       the wrong account, and the wrong way back from Microsoft
//	tokens         id tokens that Microsoft did not issue, or not for this sign-in
//	claims         id tokens that do not say enough, or that of a guest
//	partners       the page on which the partner's own people sign in
//	emergencies    an access by break-glass: who may sign it off, and who object
//	races          two words at the same moment
//
// A row is an [attack]: what is done, what the attacker is told, and whom the log must
// name for it. After each one the same is checked: nobody is in another group, no
// relationship or assignment is another, and no card has changed. When all of an assault
// are over the bot is stopped and the log read: it has a refusal for each attack of which
// it was known who it was, and beside them only what the rows say they leave.
//
// To add one: a row in the table of its assault, with a name that no other has; if the
// world must be furnished for it, a line in the assault's preparation. An attack that
// needs another kind of bot is an assault of its own.
func TestAttacks(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	var refused atomic.Int32
	for _, a := range assaults {
		for _, one := range a.attacks {
			if names[one.name] {
				t.Errorf("two attacks are called %s", one.name)
			}
			names[one.name] = true
		}
	}
	if len(names) < 40 {
		t.Errorf("the table has %d attacks, and must have 40", len(names))
	}
	t.Run("Assault", func(t *testing.T) {
		for _, a := range assaults {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				refused.Add(a.run(t))
			})
		}
	})
	t.Logf("%d of %d attacks refused", refused.Load(), len(names))
	fmt.Printf("attacks refused: %d of %d\n", refused.Load(), len(names))
}

var assaults = []assault{
	{"intake", captured, intakeAttacks},
	{"notifications", notified, notificationAttacks},
	{"commands", nil, commandAttacks},
	{"buttons", nil, buttonAttacks},
	{"cards", reviewed, cardAttacks},
	{"modals", nil, modalAttacks},
	{"words", worded, wordAttacks},
	{"persons", crowded, personAttacks},
	{"files", nil, fileAttacks},
	{"page", signedIn, pageAttacks},
	{"accounts", signedIn, accountAttacks},
	{"tokens", nil, tokenAttacks},
	{"claims", nil, claimAttacks},
	{"partners", linked, partnerAttacks},
	{"emergencies", broken, emergencyAttacks},
	{"races", doubled, raceAttacks},
}

// assault is a world and what is tried in it, one attack after another.
type assault struct {
	name    string
	prepare func(*siege) // beyond what all have; may be nil
	attacks []attack
}

// attack is a row of the table. Its texts may name what was made before: $R1, $R2 …
type attack struct {
	name string
	// do does it and returns what whoever does it is told.
	do func(*siege) (string, error)
	// told is a pattern of that.
	told string
	// by is who the log must say was refused; empty: the bot cannot know who it was.
	by string
	// leaves is the kind of event that the attack may leave, because what it is wrapped
	// in is allowed; empty: none. [access.EventRefused] is one that the channel is told of.
	leaves access.EventKind
}

// siege is the world of an assault.
type siege struct {
	*stage
	t      *testing.T
	ids    map[string]string // of requests, by $R1, $R2 …
	raced  map[string]bool   // requests that are decided in the course of it
	began  time.Time         // when all that goes before was done
	held   map[string]string // what must stay as it is
	desks  map[string]*sandbox.Browser
	secret string // with which Slack signs
	link   string // by which the bot's admin signs in
}

// run plays the assault and returns how many attacks were refused.
func (a assault) run(t *testing.T) (refused int32) {
	st, err := newLinkedStage(t.TempDir(), sandbox.Options{SlackPostRate: -1})
	must(t, err)
	s := &siege{stage: st, t: t, ids: map[string]string{}, raced: map[string]bool{}, desks: map[string]*sandbox.Browser{}}
	defer func() {
		s.close()
		if t.Failed() {
			t.Logf("the bot's log:\n%s", s.log.String())
		}
	}()
	must(t, s.start())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, s.SetUp(ctx))
	s.furnish()
	if a.prepare != nil {
		a.prepare(s)
	}
	must(t, s.Clock.Advance(time.Second)) // so that the log tells before from after
	must(t, s.wait("the bot to see the clock", s.Followed))
	s.began, s.held = s.Clock.Now().Truncate(time.Millisecond), s.holdings()
	for _, one := range a.attacks {
		t.Run(one.name, func(t *testing.T) {
			s.t = t
			if s.meets(one); !t.Failed() {
				refused++
			}
		})
	}
	s.t = t
	s.accounts(a.attacks)
	if leaks := s.leaks(); len(leaks) > 0 {
		t.Errorf("the bot's log holds %v", leaks)
	}
	return refused
}

// furnish makes what there is to be taken: $R1 of Ana waits for Contoso, $R2 for Adatum,
// and $R3 for somebody of Contoso who has signed in; $R4 of Bo is in force.
func (s *siege) furnish() {
	s.asks("R1", "ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mailbox of Kim`)
	s.asks("R2", "ana", "#adatum", `request adatum "Exchange Administrator" for 1h because mailbox of Tom`)
	s.asks("R3", "ana", "#contoso", `request contoso "Helpdesk Administrator" for 2h because phone of Kim`)
	s.asks("R4", "bo", "#contoso", `request contoso "Service Support Administrator" for 8h because ticket of Kim`)
	must(s.t, s.click("carol", "request.approve", s.ids["R4"]))
	must(s.t, s.sees("bo", s.ids["R4"]+".*access in force"))
	for id, who := range map[string]string{"R1": "carol", "R2": "amir", "R3": "carol"} {
		must(s.t, s.sees(who, s.ids[id]+".*waiting for a decision"))
		must(s.t, s.sees("ana", s.ids[id]+".*waiting for a decision"))
	}
	must(s.t, s.sees("carol", s.ids["R4"]+".*access in force"))
	s.secret = s.signing()
}

// signing is the secret with which Slack signs.
func (s *siege) signing() string {
	raw, err := os.ReadFile(s.dir + "/world.json")
	must(s.t, err)
	return regexp.MustCompile(`"SLACK_SIGNING_SECRET": ?"([^"]+)"`).FindStringSubmatch(string(raw))[1]
}

// asks makes a request and keeps its id.
func (s *siege) asks(name, who, channel, command string) {
	s.t.Helper()
	told, err := s.say(who, channel, command)
	must(s.t, err)
	if s.ids[name] = requestID.FindString(told); s.ids[name] == "" {
		s.t.Fatalf("%s: %s", command, told)
	}
}

// fill puts the ids in the place of their names.
func (s *siege) fill(text string) string {
	return regexp.MustCompile(`\$R[0-9]+`).ReplaceAllStringFunc(text, func(name string) string { return s.ids[name[1:]] })
}

// meets lets one attack come, and looks at what it did.
func (s *siege) meets(a attack) {
	told, err := a.do(s)
	if err != nil {
		s.t.Errorf("it did not come to the attack: %v", err)
		return
	}
	if !regexp.MustCompile(s.fill(a.told)).MatchString(told) {
		s.t.Errorf("told %q, want %q", told, s.fill(a.told))
	}
	now := s.holdings()
	for what, was := range s.held {
		if now[what] != was && !s.raced[requestID.FindString(was)] {
			s.t.Errorf("%s is another:\n%s\nand was\n%s", what, now[what], was)
		}
	}
	for what, is := range now {
		if _, known := s.held[what]; !known && a.leaves == "" {
			s.t.Errorf("new is %s:\n%s", what, is)
		}
	}
	s.held = now
}

// holdings is all that an attack is after: who is in which group, what the groups may,
// and what the cards in the customers' channels say.
func (s *siege) holdings() map[string]string {
	out := map[string]string{}
	for _, g := range s.Graph.Groups() {
		members := slices.Sorted(slices.Values(g.Members))
		out["the group "+g.DisplayName+" "+g.ID] = strings.Join(members, " ")
	}
	for _, r := range s.Graph.Relationships() {
		out["the relationship "+r.DisplayName] = r.Status + " " + strings.Join(r.Roles, " ")
	}
	for _, a := range s.Graph.Assignments() {
		out["the assignment "+a.ID] = a.Status + " " + a.Group + " " + strings.Join(a.Roles, " ")
	}
	for _, t := range s.Graph.Tenants() {
		out["the tenant "+t.Name] = fmt.Sprintf("legacy administration %t", t.DAP)
	}
	for who, channel := range map[string]string{"carol": "#contoso", "amir": "#adatum"} {
		for _, m := range s.Slack.Messages(people[who], channels[channel]) {
			if !m.Ephemeral && m.Client == "" {
				out["the message "+m.TS+" in "+channel] = m.Text + string(m.Blocks)
			}
		}
	}
	return out
}

// background are the kinds of events that come of themselves.
var background = regexp.MustCompile(`^(watch|alert|intake|staff\.group|summary)\.|^refused$|^policy\.refused$|^relationship\.waiting$`)

// accounts stops the bot and reads in its log what the attacks have left.
func (s *siege) accounts(attacks []attack) {
	want, leaves := map[string]int{}, map[access.EventKind]int{}
	for _, a := range attacks {
		if a.by != "" {
			want[a.by]++
		}
		if a.leaves != "" && a.leaves != access.EventRefused {
			leaves[a.leaves]++
		}
	}
	s.stopBot()
	events, err := s.events()
	must(s.t, err)
	refused, left := map[string]int{}, map[access.EventKind]int{}
	decided, given := map[access.RequestID]int{}, map[access.RequestID]int{}
	var told strings.Builder
	for _, e := range events {
		if e.At.Before(s.began) {
			continue
		}
		fmt.Fprintf(&told, "%d %s by %q about %s: %v\n", e.Seq, e.Kind, s.named(e.Actor), e.Request, e.Detail)
		switch {
		case e.Kind == access.EventRefused, e.Kind == access.EventReplayed:
			refused[s.named(e.Actor)]++
		case e.Kind == access.EventForged:
			refused["nobody"]++
		case !background.MatchString(string(e.Kind)) && !s.raced[string(e.Request)]:
			left[e.Kind]++
		}
		switch e.Kind {
		case access.EventApproved, access.EventDenied, access.EventWithdrawn:
			decided[e.Request]++
		case access.EventGranting:
			given[e.Request]++
		}
	}
	for id := range s.raced {
		if id := access.RequestID(id); decided[id] != 1 || given[id] > 1 {
			s.t.Errorf("%s was decided %d times and given %d times", id, decided[id], given[id])
		}
	}
	for by, n := range want {
		if by == "nobody" {
			n = 1 // a flood of what nobody signed is one event
		}
		if refused[by] < n {
			s.t.Errorf("the log has %d refusals of %s, want %d", refused[by], by, n)
		}
	}
	if !maps.Equal(left, leaves) {
		s.t.Errorf("the log has %v beside the refusals, want %v", left, leaves)
	}
	if s.t.Failed() {
		s.t.Logf("the log since the attacks began:\n%s", told.String())
	}
}

// named is how the tables call a person: by their first name in Slack, else as Microsoft
// calls them.
func (s *siege) named(p access.Person) string {
	for who, id := range people {
		if string(p.User) == id {
			return who
		}
	}
	for _, known := range s.Graph.People() {
		if p.Entra.Object != "" && string(p.Entra.Object) == known.ObjectID {
			return known.Name
		}
	}
	return string(p.User)
}

// person is the id of somebody whom a table names, or the name if it is an id itself.
func person(who string) string {
	if id, ok := people[who]; ok {
		return id
	}
	return who
}

// private is what a person alone sees: their modal, and what is said to them only.
func (s *siege) private(who string) map[string]string {
	out := map[string]string{}
	for _, c := range s.Slack.ChannelsOf(person(who)) {
		for _, m := range s.Slack.Messages(person(who), c.ID) {
			if m.Ephemeral {
				out[m.TS] = m.Text + " " + plain(m.Blocks)
			}
		}
	}
	if v, ok := s.Slack.View(person(who)); ok {
		out[v.ID] = plain(v.Raw)
		for _, wrong := range v.Errors {
			out[v.ID] += " " + wrong
		}
	}
	return out
}

// answered does something in Slack and waits for what the person is told of it.
func (s *siege) answered(who string, do func() error) (string, error) {
	before := s.private(who)
	if err := do(); err != nil {
		return "", err
	}
	var told string
	err := s.wait(who+" to be told something", func() bool {
		for id, text := range s.private(who) {
			if text != before[id] {
				told = text
			}
		}
		return told != ""
	})
	if v, ok := s.Slack.View(person(who)); ok {
		err = errors.Join(err, s.Slack.CloseView(s.t.Context(), person(who), v.ID))
	}
	return told, err
}
