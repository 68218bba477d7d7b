package approvals_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const (
	reports  = access.RoleID("4a5d8f65-41da-4de4-8968-e035b65339cf") // Reports Reader
	messages = access.RoleID("790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b") // Message Center Reader
)

// A law is a policy as the ledger understands it: the first clause that fits a role
// decides it.
type law struct {
	clauses []clause
	adatum  bool // Adatum is looked after
	pim     bool
}

// clause is one rule.
type clause struct {
	bundle                string
	kept, onCall, refused bool // for who is in Desk, or is on call; for nobody
	bar
}

// bar is what must be met before something is given.
type bar struct {
	contacts, peers                    int
	led, signed, auto                  bool // peers are of Leads; contacts sign in; nobody is asked
	most, within, glass, ahead, recurs time.Duration
	extensions                         int
}

// holds says which roles are in which bundle. Passwords can raise their own rights, and
// Messages are under dual control.
var holds = map[string][]access.RoleID{
	"Helpdesk": {helpdesk, users}, "Mail": {exchange}, "Passwords": {privileged}, "Reports": {reports}, "Messages": {messages},
}

// leads are those of whom a clause may want the peers.
var leads = []access.UserID{bo.User, eve.User, zoe.User}

const lawText = `
admins: [U0DEE, U0BO]
operations_channel: C0OPS
driver: %s
staff:
  - {name: Leads, people: [U0BO, U0EVE, U0ZOE]}
  - {name: Desk, slack_group: S0DESK}
on_call:
  - {name: Nights, people: [U0ANA, U0BO], from: "2026-03-02 00:00", turn: 6h}
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    domains: [contoso.com]
    slack: {team: T0CONTOSO, channel: C0CONTOSO}
%sbundles:
  - {name: Helpdesk, roles: [Service Support Administrator, License Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
  - {name: Passwords, roles: [Helpdesk Administrator]}
  - {name: Reports, roles: [Reports Reader]}
  - {name: Messages, roles: [Message Center Reader], dual_control: true}
rules:
%s`

const adatumText = `  - name: Adatum Toys
    tenant: 5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720
    domains: [adatum.com]
    slack: {team: T0ADATUM, channel: C0ADATUM}
`

// drawLaw draws a policy. Later ones may allow less than the first.
func drawLaw(rt *rapid.T, later bool) law {
	n := func(what string, from, to int) int { return rapid.IntRange(from, to).Draw(rt, what) }
	rarely := func(what string) bool { return later && n(what, 0, 5) == 0 }
	terms := func(bundle string) clause {
		return clause{bundle: bundle, refused: rarely("refuse " + bundle), bar: bar{
			contacts: n("contacts "+bundle, 1, 2), within: day, most: time.Duration(8-4*n("most "+bundle, 0, 2)/2) * time.Hour,
			ahead: time.Duration(n("ahead "+bundle, 0, 2)) * 2 * day, recurs: time.Duration(n("recurs "+bundle, 0, 2)) * 4 * day,
			extensions: n("extensions "+bundle, 0, 2),
		}}
	}
	desk, mail, words, report, told := terms("Helpdesk"), terms("Mail"), terms("Passwords"), terms("Reports"), terms("Messages")
	desk.glass = time.Duration(n("glass", 0, 2)) * time.Hour
	desk.signed = n("signed", 0, 5) == 0
	mail.peers, mail.led, mail.within = n("peers", 0, 2), n("led", 0, 1) == 1, 12*time.Hour
	if mail.led = mail.led && mail.peers > 0; mail.peers > 0 && n("peers alone", 0, 2) == 0 {
		mail.contacts = 0
	}
	words.kept, words.contacts = true, 1
	told.peers = n("let through", 0, 1)
	told.contacts = 1
	auto := clause{bundle: "Reports", onCall: true, bar: bar{auto: true, within: day, most: 2 * time.Hour, ahead: report.ahead, recurs: report.recurs, extensions: 1}}
	return law{clauses: []clause{desk, mail, words, auto, report, told}, adatum: !rarely("no Adatum"), pim: n("pim", 0, 2) == 0}
}

// parsed is the law as policy.yml has it.
func (l law) parsed(rt *rapid.T) *policy.Policy {
	driver, customer := "membership", ""
	if l.pim {
		driver = "pim"
	}
	if l.adatum {
		customer = adatumText
	}
	var b strings.Builder
	for i, c := range l.clauses {
		b.WriteString(c.yaml(i))
	}
	text := fmt.Sprintf(lawText, driver, customer, b.String())
	p, err := policy.Parse("policy.yml", []byte(text))
	if err != nil {
		rt.Fatalf("%v in\n%s", err, text)
	}
	return p
}

func (c clause) yaml(i int) string {
	fields := []string{fmt.Sprintf("name: %s %d, bundles: [%s]", c.bundle, i, c.bundle)}
	add := func(when bool, format string, args ...any) {
		if when {
			fields = append(fields, fmt.Sprintf(format, args...))
		}
	}
	add(c.kept, "who: [Desk]")
	add(c.onCall, "on_call: Nights")
	if c.refused {
		add(true, "refuse: Not now.")
	} else {
		hours := func(key string, d time.Duration) { add(d > 0, "%s: %dh", key, int(d/time.Hour)) }
		hours("max_duration", c.most)
		hours("decide_within", c.within)
		hours("break_glass", c.glass)
		hours("start_within", c.ahead)
		hours("recurring", c.recurs)
		add(c.auto, "auto: true")
		add(c.contacts > 0, "approvals: %d", c.contacts)
		add(c.peers > 0, "peers: %d", c.peers)
		add(c.led, "peers_of: Leads")
		add(c.signed, "signed_in: true")
		add(c.extensions > 0, "extensions: %d", c.extensions)
	}
	return "  - {" + strings.Join(fields, ", ") + "}\n"
}

// wish is what a law is asked about.
type wish struct {
	who       access.UserID
	customer  access.TenantID
	roles     []access.RoleID
	length    time.Duration
	at        time.Time // of the asking
	starts    []time.Time
	recurs    bool
	moment    time.Time // the one moment that matters
	extension int
}

// answer is what is said to a wish. Nobody knows it while it is not known who is in Desk.
type answer int

const (
	no answer = iota
	yes
	unknown
)

// bar says what the law demands of a wish now.
func (l *ledger) bar(w wish) (bar, answer) {
	if w.customer != contoso && (w.customer != adatum || !l.law.adatum) || len(w.roles) == 0 {
		return bar{}, no
	}
	begins := []time.Time{w.at}
	switch {
	case !w.moment.IsZero():
		begins = []time.Time{w.moment}
	case len(w.starts) > 0:
		begins = w.starts
	}
	var all []bar
	var first []int
	for i, at := range begins {
		bars, which, ans := l.clausesFor(w, at)
		if ans != yes {
			return bar{}, ans
		}
		if i == 0 {
			all, first = bars, which
		}
		if !slices.Equal(which, first) {
			return bar{}, no // not all of these times fall under the same rules
		}
	}
	return strictest(all), yes
}

// clausesFor finds what decides each of the roles.
func (l *ledger) clausesFor(w wish, at time.Time) (bars []bar, which []int, _ answer) {
	for _, role := range w.roles {
		i := slices.IndexFunc(l.law.clauses, func(c clause) bool {
			turn := []access.UserID{ana.User, bo.User}[int(at.Sub(start.Truncate(day))/(6*time.Hour))%2]
			inDesk, known := l.inDesk(w.who)
			return slices.Contains(holds[c.bundle], role) && (!c.onCall || turn == w.who) && (!c.kept || inDesk || !known)
		})
		if i < 0 {
			return nil, nil, no
		}
		c := l.law.clauses[i]
		if _, known := l.inDesk(w.who); c.kept && !known {
			return nil, nil, unknown
		}
		if c.refused || w.length > c.most || !c.later(w) {
			return nil, nil, no
		}
		b := c.bar
		b.signed = b.signed || role == privileged
		if role == messages { // two must agree
			b.contacts = max(b.contacts, 2-b.peers)
		}
		bars, which = append(bars, b), append(which, i)
	}
	return bars, which, yes
}

// later says whether it may begin, recur or go on then.
func (c clause) later(w wish) bool {
	n := len(w.starts)
	switch {
	case w.extension > 0:
		return w.extension <= c.extensions
	case n == 0:
		return true
	case w.recurs:
		return c.recurs > 0 && w.starts[n-1].Add(w.length).Sub(w.at) <= c.recurs
	}
	return c.ahead > 0 && w.starts[0].Sub(w.at) <= c.ahead
}

// strictest takes of each term the strictest.
func strictest(all []bar) bar {
	out := all[0]
	for _, b := range all[1:] {
		out.contacts, out.peers = max(out.contacts, b.contacts), max(out.peers, b.peers)
		out.led, out.signed, out.auto = out.led || b.led, out.signed || b.signed, out.auto && b.auto
		out.most, out.within, out.glass = min(out.most, b.most), min(out.within, b.within), min(out.glass, b.glass)
		out.ahead, out.recurs, out.extensions = min(out.ahead, b.ahead), min(out.recurs, b.recurs), min(out.extensions, b.extensions)
	}
	return out
}

// inDesk says who is in the staff group that Slack keeps, while that was read within a day.
func (l *ledger) inDesk(u access.UserID) (in, known bool) {
	known = !l.deskRead.IsZero() && l.now().Sub(l.deskRead) < day
	return known && slices.Contains(l.desk, u), known
}
