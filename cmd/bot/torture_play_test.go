package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// play leads the mix from its first request to the end of its last access. Between its
// phases the fault may do something of its own.
func (m *mix) play() {
	m.t.Helper()
	m.arm()
	for n, phase := range []func(){m.asks, m.decides, m.goesOn, m.ends, m.lapses, m.isActing, m.windows} {
		phase()
		if m.fault.after != nil {
			m.fault.after(m, n)
		}
	}
	m.rest()
}

// wish finds one by its reason.
func (m *mix) wish(why string) *wish {
	for _, w := range m.wishes {
		if w.why == why {
			return w
		}
	}
	m.t.Fatalf("there is no wish %q", why)
	return nil
}

const (
	whyLong   = "mailbox of Kim"
	whyNo     = "phone of Lou"
	whyEarly  = "mailbox of Tom"
	whyNever  = "mailbox of Max"
	whyGlass  = "ransomware"
	whyLater  = "server move"
	whyWeekly = "updates"
	whyBack   = "a mistake"
	whyLonger = "the mailbox is large"
	whyPIM    = "the mailbox is larger still"
)

// asks is the Monday's noon: everybody wants something.
func (m *mix) asks() {
	for _, w := range []*wish{
		{why: whyLong, who: "bo", by: "carol", channel: "#contoso", text: `contoso "Exchange Administrator" for 2h`, lasts: 2 * time.Hour, grants: 1, outcome: outcomeEnded, warned: true},
		{why: whyNo, who: "ana", by: "carol", channel: "#contoso", text: `contoso "Service Support Administrator" for 1h`, outcome: outcomeDenied},
		{why: whyEarly, who: "ana", by: "amir", channel: "#adatum", text: `adatum "Exchange Administrator" for 8h`, lasts: 8 * time.Hour, grants: 1, outcome: outcomeEnded},
		{why: whyNever, who: "bo", by: "amir", channel: "#adatum", text: `adatum "Exchange Administrator" for 1h`, outcome: outcomeLapsed, reminded: 2},
		{why: whyGlass, who: "ana", by: "carol", channel: "#contoso", text: `contoso "Mail migration" for 4h`, lasts: 2 * time.Hour, glass: true, grants: 1, outcome: outcomeEnded},
		{why: whyLater, who: "ana", by: "carol", channel: "#contoso", text: `contoso "Exchange Administrator, Service Support Administrator" for 2h from tomorrow 20:00`, lasts: 2 * time.Hour, grants: 1, outcome: outcomeEnded},
		{why: whyWeekly, who: "bo", by: "carol", channel: "#contoso", text: `contoso "Service Support Administrator" every tuesday 20:00-21:00 for 2 weeks`, lasts: time.Hour, grants: 2, outcome: outcomeEnded},
		{why: whyBack, who: "bo", by: "carol", channel: "#contoso", text: `contoso "Exchange Administrator, Service Support Administrator" for 1h`, outcome: outcomeWithdrawn},
	} {
		m.ask(w)
	}
	m.does("ask for a relationship", func() error {
		_, err := m.say("dee", "#ops", "relationship request contoso calls for 1y")
		return err
	}, func() bool {
		m.offer = m.newest("carol", "waiting for approval")
		return m.offer != ""
	})
}

// allows says that a request gives access from now on, until then at the latest. What is
// approved begins within an hour or not at all.
func (m *mix) allows(w *wish, lasts time.Duration) { w.until = m.Clock.Now().Add(lasts + time.Hour) }

// begun narrows that to what it may be, once the access is told of.
func (m *mix) begun(w *wish, times int) {
	m.must(w.why+": access", func() bool { return m.count(w.who, w.id, "is in place until") >= times })
	w.until = m.Clock.Now().Add(w.lasts)
}

func (m *mix) approve(why string) {
	w := m.wish(why)
	if w.lasts > 0 && !strings.Contains(w.text, " from ") && !strings.Contains(w.text, " every ") {
		m.allows(w, w.lasts)
	}
	m.does("approve "+why, func() error { return m.press(w.by, "request.approve", w.id) }, func() bool {
		_, _, still := m.button(w.by, "request.approve", w.id)
		return !still && m.told(w.by, w.id, "Approved by")
	})
}

// decides is the answer to all of it.
func (m *mix) decides() {
	for _, why := range []string{whyLong, whyEarly} {
		m.approve(why)
		m.begun(m.wish(why), 1)
	}
	for _, why := range []string{whyLater, whyWeekly} {
		m.approve(why)
	}
	no, back, glass := m.wish(whyNo), m.wish(whyBack), m.wish(whyGlass)
	m.does("deny", func() error {
		return m.fills("carol", "request.deny", no.id, "Deny", map[string]string{"reason": "Call us first"})
	},
		func() bool { return m.told("ana", no.id, "was not granted: denied") })
	m.withdraw(back)
	m.breakGlass(glass, func() bool { return m.told("carol", glass.id, "BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL") })
	m.begun(glass, 1)
	m.approveOffer()
}

func (m *mix) withdraw(w *wish) {
	m.does("withdraw "+w.why, func() error { _, err := m.say(w.who, w.channel, "withdraw "+w.id); return err },
		func() bool { return m.told("carol", w.id, "withdrawn") })
}

func (m *mix) breakGlass(w *wish, done func() bool) {
	m.allows(w, w.lasts)
	m.does("break glass: "+w.why, func() error { return m.press(w.who, "request.breakglass", w.id) }, done)
}

func (m *mix) signOff(w *wish) {
	m.does("sign off "+w.why, func() error {
		return m.fills("bo", "breakglass.sign", w.id, "Sign off", map[string]string{"reason": "It was encrypted"})
	}, func() bool { return m.told("dee", w.id, "Signed off by Bo Lindqvist") })
}

// newest is the relationship on the newest card that says so.
func (m *mix) newest(who, words string) string {
	id := ""
	for _, c := range m.Slack.ChannelsOf(people[who]) {
		for _, one := range m.Slack.Messages(people[who], c.ID) {
			if strings.Contains(one.Text, "relationship that Dee Okafor asks of Contoso: "+words) {
				id = offerID.FindString(one.Text)
			}
		}
	}
	return id
}

func (m *mix) approveOffer() {
	id := m.offer
	m.must("the offer to be sent", func() bool {
		all := m.related(id)
		return len(all) == 1 && all[0].Status == "approvalPending"
	})
	must(m.t, m.Graph.ApproveRelationship(m.related(id)[0].ID, "carol@contoso.com"))
	m.turn(time.Minute)
	m.must("the offer to be active", func() bool {
		return m.told("carol", id, "was approved and is active") && m.told("dee", id, "was approved and is active")
	})
}

// goesOn is the afternoon: one access is made longer, another is given back.
func (m *mix) goesOn() {
	long, early := m.wish(whyLong), m.wish(whyEarly)
	m.pass(long.until.Add(-25*time.Minute), 5*time.Minute)
	warned := func() bool { return m.told("bo", long.id, "Your access to Contoso ends at") }
	for range 30 { // it began a little earlier than anybody was told
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		err := m.Until(ctx, warned) // a minute is short for a disk that is slow
		cancel()
		if err == nil {
			break
		}
		m.turn(time.Minute)
	}
	m.must("the warning", warned)
	m.prolong(long, whyLonger)
	m.prolong(early, whyPIM)
	m.does("give back", func() error {
		_, err := m.say("ana", "#adatum", "revoke "+early.id)
		if now := m.Clock.Now(); err == nil && early.until.After(now) {
			early.until = now // from when it was taken, not from when it is told of: that may never be
		}
		return err
	}, func() bool { return m.told("amir", early.id, "has ended") && m.told("ana", early.id, "has ended") })
}

// prolong has an access be made longer by an hour.
func (m *mix) prolong(w *wish, why string) {
	more := &wish{why: why, who: w.who, by: w.by, channel: w.channel, outcome: outcomeExtended}
	m.wishes = append(m.wishes, more)
	m.does("ask for more time: "+why, func() error {
		return m.fills(w.who, "grant.extend", w.id, "Extend", map[string]string{"duration": "1h", "justification": why})
	}, func() bool {
		more.id = m.idOf(w.by, why)
		return more.id != ""
	})
	w.until = w.until.Add(time.Hour)
	m.approve(why)
	m.must("more time", func() bool { return m.told(w.who, w.id, "now lasts until") })
}

// ends is the evening: what is in force ends by time.
func (m *mix) ends() {
	m.pass(m.Clock.Now().Add(2*time.Hour), 5*time.Minute)
	for _, why := range []string{whyLong, whyGlass} {
		w := m.wish(why)
		m.must(why+" to be told of", func() bool { return m.told("carol", w.id, "has ended") || m.told("carol", w.id, "is over") })
	}
	m.signOff(m.wish(whyGlass))
}

// lapses is the day after: a summary, and a request that nobody answered.
func (m *mix) lapses() {
	m.pass(m.next(time.Tuesday, 13), 30*time.Minute)
	w := m.wish(whyNever)
	m.must("the lapse", func() bool { return m.told("bo", w.id, "lapsed") && m.told("amir", w.id, "lapsed") })
	m.must("the summary", func() bool {
		return m.told("dee", "", "Summary, ") && m.told("carol", "", "Who had access to Contoso, ")
	})
}

// windows are two Tuesday evenings. Then the relationship is ended.
func (m *mix) windows() {
	later, weekly := m.wish(whyLater), m.wish(whyWeekly)
	m.pass(m.next(time.Tuesday, 19), 30*time.Minute)
	later.until, weekly.until = m.Clock.Now().Add(3*time.Hour), m.Clock.Now().Add(2*time.Hour)
	for week := range 2 {
		if week == 1 {
			m.pass(m.next(time.Tuesday, 19), 12*time.Hour)
			weekly.until = m.Clock.Now().Add(2 * time.Hour)
		}
		m.pass(m.next(time.Tuesday, 20), 30*time.Minute)
		m.turn(time.Minute)
		m.must("a window", func() bool { return m.count("bo", weekly.id, "is in place until") == week+1 })
		m.pass(m.Clock.Now().Add(3*time.Hour), 5*time.Minute)
	}
	m.must("the windows to be over", func() bool {
		return m.count("bo", weekly.id, "has ended") >= 2 && m.count("ana", later.id, "has ended") >= 1
	})
	m.does("end the relationship", func() error {
		told, err := m.say("dee", "#ops", "relationship terminate "+m.offer)
		if err != nil || strings.Contains(told, "ended") {
			return err
		}
		return m.submit("dee", map[string]string{"confirm": "Contoso"})
	}, func() bool { return m.told("carol", m.offer, "has ended. Terminated by Dee Okafor") })
}

// count says how many messages to a person, alone, say so.
func (m *mix) count(who, id, words string) (n int) {
	for _, c := range m.Slack.ChannelsOf(people[who]) {
		for _, one := range m.Slack.Messages(people[who], c.ID) {
			if c.DM && strings.Contains(one.Text, id) && strings.Contains(one.Text, words) {
				n++
			}
		}
	}
	return n
}

// contents is all that a state holds.
func (m *mix) contents(path string) string {
	m.t.Helper()
	s, err := boltstore.Open(path)
	must(m.t, err)
	var b strings.Builder
	must(m.t, errors.Join(s.View(context.Background(), func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s=%s\n", item.Key, item.Value)
		}
		return nil
	}), s.Close()))
	return b.String()
}

// owed is what a stopped bot still owes.
func (m *mix) owed() (owed []outbox.Effect) {
	m.t.Helper()
	must(m.t, m.store(func(tx state.Tx) (err error) {
		owed, err = outbox.Pending(tx)
		return err
	}))
	return owed
}

// a moment is how long a rested bot is given for what it owes.
func (m *mix) moment(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	m.Until(ctx, func() bool { return false }) //nolint:errcheck // the time is the point
}
