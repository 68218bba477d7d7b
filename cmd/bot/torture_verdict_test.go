package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// remains is what is left of a mix: what people did, and what Slack, Microsoft and the
// state of the stopped bot have. The verdict is made of it alone.
type remains struct {
	wishes  []wish
	posts   []post
	writes  []graphtest.AuditEntry
	adds    map[string]int      // how often each person was made a member, or it was tried
	members map[string][]string // who is still in a group of the bot
	late    []string            // access beyond its end, as it was seen on the way
	events  []access.Event
	chain   error
	amiss   []string        // what "bot state check" said after a life of the bot
	acted   bool            // the acts were played, too
	mails   []string        // what they are about
	reached map[string]bool // the kinds of effects that were begun since the fault began
	owed    []outbox.Effect
	dead    []outbox.Effect
}

// A post is a message of the bot that stands in a conversation. What only one person sees
// for a while is none.
type post struct {
	where, ts string
	dm        string // whose, of a direct message
	text      string
	mark      string // which effect the bot says it is
}

// verdict is what the evidence shows to be wrong.
type verdict struct{ lost, doubled, late, chain, amiss, missed []string }

func (v verdict) bad() int {
	return len(v.lost) + len(v.doubled) + len(v.late) + len(v.chain) + len(v.amiss) + len(v.missed)
}

func (v verdict) String() string {
	var b strings.Builder
	for what, list := range map[string][]string{"lost": v.lost, "doubled": v.doubled, "past its end": v.late, "chain": v.chain, "state": v.amiss, "never came up": v.missed} {
		for _, one := range list {
			fmt.Fprintf(&b, "\n%s: %s", what, one)
		}
	}
	return b.String()
}

// exactly notes what there is too few or too many of.
func (v *verdict) exactly(got, want int, what string, args ...any) {
	text := fmt.Sprintf(what, args...) + fmt.Sprintf(": %d, want %d", got, want)
	switch {
	case got < want:
		v.lost = append(v.lost, text)
	case got > want:
		v.doubled = append(v.doubled, text)
	}
}

// collect gathers the evidence of a mix whose bot is stopped.
func (m *mix) collect() remains {
	m.t.Helper()
	e := remains{writes: m.Graph.Audit(), late: m.late, amiss: m.amiss, acted: m.acting, adds: map[string]int{}, members: m.memberOf()}
	for _, w := range m.wishes {
		e.wishes = append(e.wishes, *w)
	}
	e.reached = m.reached()
	for _, one := range m.Graph.Mails() {
		e.mails = append(e.mails, one.Subject)
	}
	seen := map[string]bool{}
	for who, user := range people {
		for _, c := range m.Slack.ChannelsOf(user) {
			for _, one := range m.Slack.Messages(user, c.ID) {
				if one.User != "U0LATCHKEY" || one.Ephemeral || one.Deleted || seen[c.ID+one.TS] {
					continue
				}
				seen[c.ID+one.TS] = true
				p := post{where: c.ID, ts: one.TS, text: m.said(one), mark: string(one.Metadata)}
				if c.DM {
					p.dm = who
				}
				e.posts = append(e.posts, p)
			}
		}
	}
	for _, u := range m.Graph.Users() {
		who, _, _ := strings.Cut(u.UPN, "@")
		for _, g := range m.Graph.Groups() {
			if strings.HasPrefix(g.MailNickname, "latchkey-") {
				e.adds[who] += m.Graph.MemberAdds(g.ID, u.ID)
			}
		}
	}
	must(m.t, m.store(func(tx state.Tx) error {
		var err1, err2 error
		_, e.chain = audit.Verify(tx)
		e.owed, err1 = outbox.Pending(tx)
		e.dead, err2 = outbox.Dead(tx)
		for event, err := range audit.All(tx) {
			if err != nil {
				e.chain = errors.Join(e.chain, err)
				break
			}
			e.events = append(e.events, event)
		}
		return errors.Join(err1, err2)
	}))
	return e
}

// verdict looks at everything that must have happened once, and at all that may not be.
func (e remains) verdict() verdict {
	var v verdict
	if e.chain != nil {
		v.chain = append(v.chain, e.chain.Error())
	}
	for _, one := range append(slices.Clone(e.owed), e.dead...) {
		if one.Kind == outbox.GraphOffer && e.happened(strings.TrimSuffix(one.Lane, "/graph"), access.EventOfferFailed) > 0 {
			continue // as it should be: Microsoft has refused it
		}
		v.lost = append(v.lost, "not done: "+one.ID+": "+one.LastError)
	}
	v.late, v.amiss = append(v.late, e.late...), e.amiss
	for who, groups := range e.members {
		if strings.HasPrefix(groups[0], "Latchkey") {
			v.late = append(v.late, who+" is still in "+strings.Join(groups, ", "))
		}
	}
	v.twice(e.posts)
	v.requests(e)
	v.memberships(e)
	v.offers(e)
	if e.acted {
		v.acts(e)
		v.kinds(e)
	}
	return v
}

// summaries are of one day each, however they read.
var summaries = regexp.MustCompile(`^(Summary|Who had access to \w+), \w+ \d+ \w+|^file latchkey-[\w-]+`)

// linking is said as often as people link somebody, which is counted with the acts.
var linking = regexp.MustCompile(`is now (a contact of|linked (to|as)) `)

// twice looks for messages that were posted more than once: under the same mark, of the
// same day, or in the same words. A reminder may come twice.
func (v *verdict) twice(posts []post) {
	seen := map[string]int{}
	for _, p := range posts {
		var keys []string
		if !linking.MatchString(p.text) {
			keys = append(keys, p.where+" "+p.text)
		}
		if p.mark != "" && p.mark != "null" {
			keys = append(keys, p.where+" "+p.mark)
		}
		if day := summaries.FindString(p.text); day != "" {
			keys = append(keys, p.where+" "+day)
		}
		for _, key := range slices.Compact(keys) {
			seen[key]++
		}
	}
	for key, n := range seen {
		most := 1
		if strings.Contains(key, "Nobody has decided yet") {
			most = 2
		}
		if n > most {
			v.doubled = append(v.doubled, fmt.Sprintf("%d messages: %s", n, key))
		}
	}
}

// counts says how many posts there are in a place, "" for every channel and else the
// person whose direct messages are meant, that have all of the words.
func (e remains) counts(dm string, words ...string) (n int) {
	for _, p := range e.posts {
		if p.dm == dm && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(p.text, w) }) {
			n++
		}
	}
	return n
}

func (e remains) happened(id string, kind access.EventKind) (n int) {
	for _, one := range e.events {
		if one.Kind == kind && (string(one.Request) == id || one.Detail["offer"] == id) {
			n++
		}
	}
	return n
}

// requests looks at each wish of the ledger.
func (v *verdict) requests(e remains) {
	v.exactly(e.log(access.EventRequested), len(e.wishes), "requests")
	for _, w := range e.wishes {
		one := func(n, want int, what string) { v.exactly(n, want, "%s (%s), %s", w.id, w.why, what) }
		is := func(outcome string) int { return map[bool]int{true: 1}[w.outcome == outcome] }
		glass := map[bool]int{true: 1}[w.glass]
		events := map[access.EventKind]int{
			access.EventRequested: 1, access.EventDenied: is(outcomeDenied), access.EventWithdrawn: is(outcomeWithdrawn), access.EventLapsed: is(outcomeLapsed),
			access.EventGranting: w.grants, access.EventActive: w.grants, access.EventEnding: w.grants, access.EventEnded: w.grants, access.EventFailed: 0,
			access.EventApproved: is(outcomeEnded) + is(outcomeExtended) - glass, access.EventBrokeGlass: glass, access.EventSignedOff: glass,
		}
		for kind, want := range events {
			one(e.happened(w.id, kind), want, string(kind))
		}
		one(e.counts("", w.id+", access request of"), w.inSlack(1), "cards in the customer's channel")
		one(e.counts(w.who, "Your access request "+w.id), 1, "cards of the requester")
		one(e.counts(w.who, "is in place until", w.id), w.grants, "notices of access")
		one(e.counts(w.who, "under "+w.id+" has ended"), w.grants, "notices of its end")
		one(e.counts("", "under "+w.id+" has ended"), w.inSlack(w.grants), "notices of its end in the customer's channel")
		one(e.counts(w.who, w.id, "was not granted: denied"), is(outcomeDenied), "notices of a no")
		one(e.counts(w.who, w.id, "was not granted: lapsed"), is(outcomeLapsed), "notices of a lapse")
		if n := e.counts(w.who, "ends at", "("+w.id+")"); n == 0 && w.warned || n > w.grants+e.happened(w.id, access.EventProlonged) {
			one(n, w.grants, "warnings")
		}
		if w.why == whyLong || w.why == whyEarly {
			one(e.happened(w.id, access.EventProlonged), 1, "extensions")
			one(e.counts(w.who, "now lasts until", w.id), 1, "notices of the extension")
		}
		if w.glass {
			one(e.counts("", "Break-glass access is over ("+w.id+")"), w.inSlack(1), "cards of the break-glass")
		}
	}
}

// inSlack is how many there must be in the channel of a customer, who may have none.
func (w wish) inSlack(n int) int {
	if w.mail {
		return 0
	}
	return n
}

// memberships compares what was asked of Microsoft with the grants of the ledger.
func (v *verdict) memberships(e remains) {
	want, scheduled := map[string]int{}, 0
	for _, w := range e.wishes {
		want[w.who] += w.grants
		if w.channel == "#adatum" { // by PIM for Groups
			scheduled += w.grants
		}
	}
	for who, n := range want {
		v.exactly(e.adds[who], n, "memberships of %s", who)
	}
	groups, schedules := 0, 0
	for _, w := range e.writes {
		switch {
		case w.Method == "POST" && w.Path == "/groups":
			groups++
		case w.Method == "POST" && strings.HasSuffix(w.Path, "/assignmentScheduleRequests") && strings.Contains(w.Summary, "Assign"):
			schedules++
		}
	}
	v.exactly(groups, 4+e.more(1), "groups") // Contoso's for three sets of roles, Adatum's, and that of an act
	v.exactly(schedules, scheduled, "schedules")
}

// more is what the acts add.
func (e remains) more(n int) int {
	if e.acted {
		return n
	}
	return 0
}

// offers looks at the relationships that were asked for, approved and ended. Of the acts
// are one that takes the place of the first, and one that Microsoft refuses.
func (v *verdict) offers(e remains) {
	all := 0
	for _, one := range e.events {
		if one.Kind != access.EventOffered {
			continue
		}
		if all++; e.happened(one.Detail["offer"], access.EventOfferFailed) == 0 {
			v.offer(e, one.Detail["offer"])
		}
	}
	v.exactly(all, 1+e.more(2), "relationships that were asked for")
	made := 0
	for _, w := range e.writes {
		if w.Method == "POST" && w.Path == "/tenantRelationships/delegatedAdminRelationships" {
			made++
		}
	}
	v.exactly(made, 1+e.more(1), "relationships")
}

func (v *verdict) offer(e remains, id string) {
	for _, kind := range []access.EventKind{access.EventOffered, access.EventOfferSent, access.EventOfferActive, access.EventOfferEnding, access.EventOfferEnded} {
		v.exactly(e.happened(id, kind), 1, "%s, %s", id, kind)
	}
	for _, dm := range []string{"", "dee"} {
		v.exactly(e.counts(dm, id, "was approved and is active"), 1, "%s, notices that it is active (%s)", id, dm)
		v.exactly(e.counts(dm, id, "has ended. Terminated by Dee Okafor"), 1, "%s, notices of its end (%s)", id, dm)
	}
	v.exactly(e.counts("", id+", relationship that Dee Okafor asks of"), 1, "%s, cards", id)
}

// kinds looks for kinds of effects that the bot knows and that never came up: what kills it
// at every step of every kind would leave them out.
func (v *verdict) kinds(e remains) {
	for _, kind := range outbox.Kinds() {
		_, not := elsewhere[kind]
		switch {
		case !not && !e.reached[kind]:
			v.missed = append(v.missed, kind+": no act owes it; add one, or say in elsewhere why there is none")
		case not && e.reached[kind]:
			v.missed = append(v.missed, kind+" came up, and elsewhere says that it cannot")
		}
	}
}

// acts looks at what must have come of each act, once.
func (v *verdict) acts(e remains) {
	for _, a := range acts() {
		want := 1
		if a.links != "" {
			want = max(want, e.log(a.links)-a.others)
		}
		for _, kind := range a.events {
			v.exactly(e.log(kind), 1, "%s: events %s", a.name, kind)
		}
		for _, said := range a.said {
			v.exactly(e.counts(said[0], said[1:]...), want, "%s: messages %q", a.name, said)
		}
		for _, about := range a.mails {
			n := 0
			for _, subject := range e.mails {
				if strings.Contains(subject, about) {
					n++
				}
			}
			v.exactly(n, 1, "%s: mails %q", a.name, about)
		}
	}
}

// log is how many events of the kind there are.
func (e remains) log(kind access.EventKind) (n int) {
	for _, one := range e.events {
		if one.Kind == kind {
			n++
		}
	}
	return n
}
