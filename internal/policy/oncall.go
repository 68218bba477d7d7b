package policy

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

const (
	leastTurn   = time.Hour
	longestTurn = 90 * day
)

// An OnCall says whose turn it is to be called: one after another, for a while each.
type OnCall struct {
	Name   string
	People []access.UserID
	// From is when the first one's turn begins. A turn of whole days begins at that
	// time of day by the clock on the wall, also when the clocks are changed.
	From    time.Time
	Turn    time.Duration
	Instead []Instead
}

// Instead is somebody who stands in for whoever's turn it is.
type Instead struct {
	Person      access.UserID
	From, Until time.Time
}

// At is whose turn it is at the moment; empty before the first one's.
func (c OnCall) At(at time.Time) access.UserID {
	// Of two who stand in at a time, the one who is named last does.
	for _, i := range slices.Backward(c.Instead) {
		if !at.Before(i.From) && at.Before(i.Until) {
			return i.Person
		}
	}
	if at.Before(c.From) || len(c.People) == 0 {
		return ""
	}
	n := int(at.Sub(c.From) / c.Turn)
	if c.Turn%day == 0 {
		n = int(days(c.From, at) / (c.Turn / day))
	}
	return c.People[n%len(c.People)]
}

// days counts the whole days from one moment to a later one, by the clock on the wall
// of the first one's place.
func days(from, at time.Time) time.Duration {
	at = at.In(from.Location())
	date := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	n := date(at).Sub(date(from)) / day
	if clockOf(at) < clockOf(from) {
		n--
	}
	return n
}

func clockOf(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

// onCall finds a schedule by its name.
func (p *Policy) onCall(name string) (OnCall, bool) {
	i := slices.IndexFunc(p.OnCall, func(c OnCall) bool { return c.Name == name })
	if i < 0 {
		return OnCall{}, false
	}
	return p.OnCall[i], true
}

// onCalls reads who is on call when; zone is the policy's.
func (r *reader) onCalls(n ast.Node, zone string) []OnCall {
	var out []OnCall
	seen := names{}
	for _, v := range r.items(n, "on_call") {
		o, ok := r.object(v, "a schedule", "name", "people", "from", "turn", "instead")
		if !ok {
			continue
		}
		c := OnCall{
			Name:   r.name(o.need("name", "say how your staff call it"), "name", "schedule", seen),
			People: r.users(o.need("people", "list the Slack user ids of those who take turns, in their order"), "people"),
			From:   r.moment(o.need("from", "say when the first one's turn begins"), "from", zone),
			Turn:   r.duration(o.need("turn", "say how long a turn is, as in 7d"), "turn", leastTurn, longestTurn),
		}
		for _, v := range r.items(o.get("instead"), "instead") {
			if o, ok := r.object(v, "who stands in", "person", "from", "until"); ok {
				c.Instead = append(c.Instead, r.instead(v, o, zone))
			}
		}
		if c.Turn > 0 { // else it has been told, and nobody's turn could be found
			out = append(out, c)
		}
	}
	return out
}

func (r *reader) instead(n ast.Node, o object, zone string) Instead {
	v := o.need("person", "give the Slack user id of who stands in")
	id := r.text(v, "person")
	if id != "" {
		r.isUser(v, id)
	}
	i := Instead{
		Person: access.UserID(id),
		From:   r.moment(o.need("from", "say when it begins"), "from", zone),
		Until:  r.moment(o.need("until", "say when it is over"), "until", zone),
	}
	if !i.From.IsZero() && !i.Until.IsZero() && !i.From.Before(i.Until) {
		r.at(n, "until is not after from; nobody would stand in.")
	}
	return i
}

// users reads the ids of people, each once.
func (r *reader) users(n ast.Node, what string) []access.UserID {
	var out []access.UserID
	seen := names{}
	for _, v := range r.items(n, what) {
		id := r.text(v, "a person")
		if id != "" && r.isUser(v, id) && seen.unique(r, v, "person", id, id) {
			out = append(out, access.UserID(id))
		}
	}
	return out
}

// moment reads a day and a time of the day by the clock of a zone.
func (r *reader) moment(n ast.Node, what, zone string) time.Time {
	text := r.text(n, what)
	if text == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location(zone))
	if err != nil {
		r.at(n, `%q is not a time; write it in quotes, as in "2026-11-30 18:00".`, text)
		return time.Time{}
	}
	return at
}
