package main

import (
	"fmt"
	"time"
)

const clockOff = 3 * time.Hour

// clockBack puts the bot's clock back, with something waiting by the right one.
func clockBack(m *mix) {
	m.hit.Add(1)
	m.waitsOut(0, -clockOff)
}

func clockRight(m *mix) {
	m.hit.Add(1)
	m.Mislead(0)
}

// clockAhead puts the bot's clock forward where that ends nothing too early, and right
// again, with something waiting by the wrong one.
func clockAhead(m *mix, phase int) {
	if phase == 1 || phase == 2 || phase > 4 {
		return
	}
	m.hit.Add(2)
	m.waitsOut(clockOff, 0)
	m.turn(time.Minute)
}

// waitsOut has somebody ask by one clock while Slack is down, so that the card waits, and
// puts it to another: the card comes as soon as Slack is there, not hours after.
func (m *mix) waitsOut(first, then time.Duration) {
	m.t.Helper()
	slackDown(m)
	m.Mislead(first)
	m.turn(time.Minute)
	w := &wish{
		why: fmt.Sprintf("asked by a clock that is off, %d", len(m.wishes)), who: "ana", by: "carol", channel: "#contoso",
		text: "contoso helpdesk for 1h", outcome: outcomeWithdrawn,
	}
	m.wishes = append(m.wishes, w)
	m.does(w.why, func() error {
		told, err := m.say(w.who, w.channel, "request "+w.text+" because "+w.why)
		w.id = requestID.FindString(told)
		return err
	}, func() bool { return w.id != "" })
	m.moment(500 * time.Millisecond) // tries fail
	m.Mislead(then)
	m.turn(time.Minute)
	slackUp(m)
	m.must("the card of "+w.id, func() bool { return m.told("carol", w.id, "access request of") })
	m.withdraw(w)
}
