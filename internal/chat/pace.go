package chat

import (
	"sync"
	"time"
)

// pacer says when each call to Slack may be made, so that Slack need not refuse any. Each
// method has a line of its own, and so has each channel that is posted to: one that is
// busy, or that Slack holds, keeps nobody waiting who stands in another. An effect has a
// ticket and keeps its place while it waits elsewhere. A crash forgets
// the lines; what waited is parked in the outbox until about the time at which its turn
// would have come. A nil *pacer holds nobody back.
//
// What time made due may be very much at once, and waits in a narrower line before it
// stands in the others: so a third of every line is left for what somebody waits for, who
// never has more before them than that takes, and there is always some of either.
type pacer struct {
	Now func() time.Time // protocol time

	mu       sync.Mutex
	methods  map[string]*line
	channels map[string]*line // chat.postMessage alone has them
	places   map[place]time.Time
	swept    time.Time
	seen     time.Time // when somebody came last
}

// place is where an effect stands, and when its turn is by the line's own clock.
type place struct {
	effect string
	line   *line
}

// ticket is what the calls of an effect stand in the lines with. Without an effect nobody
// has a place: it is now or to be asked again.
type ticket struct {
	effect string
	timed  bool // time made it due
}

// through are the lines that the ticket goes through to the end of these.
func (t ticket) through(lines []*line) []*line {
	if !t.timed {
		return lines
	}
	var all []*line
	for _, l := range lines {
		all = append(all, l.timed)
	}
	return append(all, lines...)
}

// call is what is to be called: a method, and for a posting where it goes.
type call struct{ method, channel string }

const postMessage = "chat.postMessage"

// A minute of Slack's is a little longer here, and a few calls fewer, since Slack counts
// when they arrive.
const (
	slackMinute = 61 * time.Second
	leastTier   = 20 // of methods that are not listed
	// A channel takes about one message a second, and short bursts.
	channelBurst  = 8
	channelWithin = 8500 * time.Millisecond
	// forgotten is how long after its turn a place counts as given up.
	forgotten = time.Hour
)

// tiers are how many calls of a method Slack takes in a minute, for one workspace. For
// chat.postMessage it says "several hundred".
var tiers = map[string]int{
	postMessage:                    200,
	"chat.update":                  50,
	"conversations.history":        50,
	"conversations.info":           50,
	"conversations.members":        100,
	"conversations.open":           50,
	"conversations.replies":        50,
	"files.completeUploadExternal": 100,
	"files.getUploadURLExternal":   100,
	"usergroups.users.list":        20,
	"users.info":                   100,
	"views.publish":                100,
}

// urgent are the methods that answer somebody who waits, within the three seconds of a
// trigger, or by which the bot comes up at all. They are never held back here.
var urgent = map[string]bool{
	"apps.connections.open": true, "auth.test": true, "chat.postEphemeral": true,
	"views.open": true, "views.push": true, "views.update": true,
}

// turn says how long a call has to wait; zero: it may be made. With use, a turn that has
// come is used up.
func (p *pacer) turn(t ticket, c call, use bool) time.Duration {
	if p == nil || urgent[c.method] {
		return 0
	}
	now := p.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.seen.Add(-time.Second)) { // the clock went back, and nobody may wait for that
		p.methods = nil
	}
	p.seen = now
	lines := t.through(p.linesOf(c))
	for _, l := range lines {
		if wait := p.wait(t, l, now); wait > 0 {
			return wait
		}
	}
	if !use {
		return 0
	}
	for _, l := range lines {
		if t.effect == "" {
			l.take(now)
		}
		delete(p.places, place{t.effect, l})
	}
	return 0
}

// wait gives an effect its place in a line, and says how long until its turn. One whose
// turn has passed, because it waited in another line, may still go.
func (p *pacer) wait(t ticket, l *line, now time.Time) time.Duration {
	if t.effect == "" {
		return l.until(l.next(now), now)
	}
	at, ok := p.places[place{t.effect, l}]
	if !ok {
		at = l.take(now)
		p.sweep(now)
		p.places[place{t.effect, l}] = at
	}
	return l.until(at, now)
}

// hold has nobody make a call like one that Slack refused for a while. Of a posting Slack
// does not say whether the channel or the workspace had too much: the first refusal is
// taken for the channel's, one in another channel at the same time for the workspace's.
// What was refused goes first.
func (p *pacer) hold(t ticket, c call, wait time.Duration) {
	if p == nil {
		return
	}
	now := p.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.linesOf(c)
	if lines[0].hold(now, wait); len(lines) > 1 {
		for _, other := range p.channels {
			if other != lines[0] && other.held.After(now) {
				lines[1].hold(now, wait)
				break
			}
		}
	}
	if t.effect == "" {
		return
	}
	for _, l := range t.through(lines) {
		p.places[place{t.effect, l}] = l.clock(now)
	}
}

// linesOf are the lines in which a call stands, the narrower one first.
func (p *pacer) linesOf(c call) []*line {
	if p.methods == nil {
		p.methods, p.channels, p.places, p.swept = map[string]*line{}, map[string]*line{}, map[place]time.Time{}, time.Time{}
	}
	method := p.methods[c.method]
	if method == nil {
		most := tiers[c.method]
		if most == 0 {
			most = leastTier
		}
		method = newLine(most*9/10, slackMinute)
		p.methods[c.method] = method
	}
	if c.method != postMessage {
		return []*line{method}
	}
	channel := p.channels[c.channel]
	if channel == nil {
		channel = newLine(channelBurst, channelWithin)
		p.channels[c.channel] = channel
	}
	return []*line{channel, method}
}

// sweep forgets the places of those who never came for their turn.
func (p *pacer) sweep(now time.Time) {
	if now.Sub(p.swept) < forgotten {
		return
	}
	p.swept = now
	for at, turn := range p.places {
		if at.line.until(turn, now) < -forgotten {
			delete(p.places, at)
		}
	}
}

// line lets so many through within a time, in the order in which they came. While Slack
// holds it, its own clock stands still, so everybody in it waits longer and keeps their
// place.
type line struct {
	within  time.Duration
	turns   []time.Time // the newest ones, by its own clock; the oldest at oldest
	oldest  int
	timed   *line         // where what time made due waits before it comes here; of this one
	held    time.Time     // until when Slack holds it
	stopped time.Duration // how long it was held, and will be
}

func newLine(most int, within time.Duration) *line {
	narrow := &line{within: within, turns: make([]time.Time, most*2/3)}
	return &line{within: within, turns: make([]time.Time, most), timed: narrow}
}

// clock is the line's own time.
func (l *line) clock(now time.Time) time.Time {
	if now.Before(l.held) {
		now = l.held
	}
	return now.Add(-l.stopped)
}

// until is how long it is to a turn; below zero when it has passed.
func (l *line) until(turn, now time.Time) time.Duration { return turn.Add(l.stopped).Sub(now) }

// next is the turn of whoever would come now.
func (l *line) next(now time.Time) time.Time {
	turn := l.clock(now)
	if free := l.turns[l.oldest].Add(l.within); !l.turns[l.oldest].IsZero() && free.After(turn) {
		return free
	}
	return turn
}

// take gives out the next turn.
func (l *line) take(now time.Time) time.Time {
	turn := l.next(now)
	l.turns[l.oldest] = turn
	l.oldest = (l.oldest + 1) % len(l.turns)
	return turn
}

// hold has the line stand still, and with it what waits to come here.
func (l *line) hold(now time.Time, wait time.Duration) {
	if l.timed != nil {
		l.timed.hold(now, wait)
	}
	end := now.Add(wait)
	if !end.After(l.held) {
		return
	}
	from := now
	if l.held.After(now) {
		from = l.held
	}
	l.stopped += end.Sub(from)
	l.held = end
}
