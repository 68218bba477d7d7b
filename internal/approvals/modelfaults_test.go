package approvals_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// works lets a runner do what is due, with faults. It may die of that.
func (m *model) works() {
	m.broken = rapid.Bool().Draw(m.rt, "with faults")
	_, err := m.runner(fmt.Sprintf("life %d", m.lives)).Once(context.Background())
	m.broken = false
	switch {
	case m.died:
		m.died = false
		m.protocol = m.protocol.Add(time.Minute) // until what it held is free
		m.restarts()
	case err != nil:
		m.rt.Fatalf("Once: %v", err)
	}
	m.protocol = m.protocol.Add(time.Second)
}

// dies has the bot end in the middle of an effect, whose outcome is never written.
func (m *model) dies() {
	old := m.disk
	m.disk = old.Reopen()
	m.store, m.died = m.disk, true
	if err := old.Close(); err != nil {
		m.rt.Fatal(err)
	}
}

// restarts makes a new bot on what the old one has stored. Its first act is what time has
// demanded meanwhile.
func (m *model) restarts() {
	old := m.Service
	m.disk = m.disk.Reopen()
	m.store = m.disk
	m.Service = &approvals.Service{
		Store: m.disk, Policy: old.Policy, Now: old.Now, Protocol: old.Protocol, NewID: old.NewID, NewNonce: old.NewNonce,
		Team: old.Team, Tenant: old.Tenant, Watch: old.Watch, Page: old.Page,
	}
	m.lives++
	m.pass()
}

// jumps has time pass, mostly until something is to happen.
func (m *model) jumps() {
	ahead := m.ledger.ahead()
	switch {
	case m.chance("long"): // the bot was down
		m.now = m.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(m.rt, "hours")) * time.Hour)
	case len(ahead) > 0 && rapid.Bool().Draw(m.rt, "until something"):
		m.now = ahead[rapid.IntRange(0, min(len(ahead)-1, 3)).Draw(m.rt, "which")]
	default:
		m.now = m.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(m.rt, "minutes")) * time.Minute)
	}
	m.pass()
}

// jumpsBack has the clock be corrected.
func (m *model) jumpsBack() {
	m.now = m.now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(m.rt, "seconds")) * time.Second)
	m.pass()
}

// pass does what time demands. What depends on a group that nobody could read is tried
// again by the next one.
func (m *model) pass() {
	m.ledger.passes()
	left := map[string]bool{}
	for again := true; again; {
		again = false
		var due []state.Due
		m.look(m.t, func(tx state.Tx) (err error) {
			due, err = state.DueUntil(tx, m.now, 1000)
			return err
		})
		for _, d := range due {
			key := string(d.Kind) + d.ID()
			if left[key] {
				continue
			}
			switch err := m.Due(context.Background(), d); {
			case access.CodeOf(err) == access.Unavailable && d.Kind == state.DueBegin:
				left[key] = true
			case err != nil:
				m.rt.Fatalf("Due %+v: %v", d, err)
			}
			again = true
		}
	}
}

// failBefore and failAfter are the faults of the systems outside. A removal
// never fails for good.
func (m *model) failBefore(e outbox.Effect) error {
	if m.died {
		return errNet
	}
	m.joins = outbox.JoinResult{}
	if e.Kind == outbox.GraphJoin && m.broken {
		m.joins.FellBack = rapid.SampledFrom([]access.FallBack{"", access.NoLicence, access.HeldWithout}).Draw(m.rt, "falls back")
		if m.chance("shorter") {
			m.joins.Until = m.now.Add(time.Duration(rapid.IntRange(5, 90).Draw(m.rt, "minutes")) * time.Minute)
		}
	}
	m.hears(e)
	return m.fail(e, "before")
}

func (m *model) failAfter(e outbox.Effect) error {
	if err := m.fail(e, "after"); err != nil {
		return err
	}
	m.ledger.took(e, m.world)
	return m.posted(e)
}

// posted keeps that the customer's card is there, as the channel does.
func (m *model) posted(e outbox.Effect) error {
	p, err := outbox.Payload[outbox.CardPayload](e)
	if e.Kind != outbox.SlackCard || p.Card != outbox.CustomerCard || err != nil {
		return nil
	}
	return m.store.Update(context.Background(), func(tx state.Tx) error {
		return state.PutCard(tx, state.Card{Request: p.Request, Name: p.Card, Ref: access.MessageRef{Channel: channels[m.ledger.pleas[p.Request].customer], TS: "1.0"}})
	})
}

func (m *model) fail(e outbox.Effect, when string) error {
	switch {
	case !m.broken:
		return nil
	case m.oneOf("die "+when, 16):
		m.dies()
	case strings.HasPrefix(e.Kind, "slack.") && e.Kind != outbox.SlackContact || !m.chance("fail "+when):
		return nil
	case e.Kind != outbox.GraphLeave && m.chance("for good"):
		m.ledger.refused(e)
		return errGone
	}
	return errNet
}

// hears looks at what is about to be told: nothing of a request reaches its customer's
// channel before its turn, and nothing of it another customer's.
func (m *model) hears(e outbox.Effect) {
	var id access.RequestID
	var channel access.ChannelID
	switch e.Kind {
	case outbox.SlackCard:
		p, err := outbox.Payload[outbox.CardPayload](e)
		if err != nil {
			m.rt.Fatal(err)
		}
		if id = p.Request; p.Card == outbox.CustomerCard || p.Card == outbox.BreakGlassCard {
			channel = channels[m.ledger.pleas[id].customer]
		}
	case outbox.SlackNotice:
		p, err := outbox.Payload[outbox.NoticePayload](e)
		if err != nil {
			m.rt.Fatal(err)
		}
		id, channel = p.Request, p.Channel
	}
	if id == "" || channel == "" || channel == operations {
		return
	}
	if p := m.ledger.pleas[id]; !p.shown || channel != channels[p.customer] {
		m.rt.Fatalf("%s tells %s of %+v", e.ID, channel, p)
	}
}

var channels = map[access.TenantID]access.ChannelID{contoso: contosoChannel, adatum: adatumChannel}
