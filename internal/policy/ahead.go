package policy

import (
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
)

const (
	leastAhead     = 10 * time.Minute
	mostAhead      = 365 * day
	mostExtensions = 10
)

// begins is the moment at which a rule must hold: when the access begins, which for most
// is when they ask.
func (a Ask) begins() time.Time {
	switch {
	case !a.Moment.IsZero():
		return a.Moment
	case len(a.Starts) > 0:
		return a.Starts[0]
	}
	return a.At
}

// each judges every start of the ask by itself. What is approved once for all must be
// decided by the same rules every time.
func (p *Policy) each(ask Ask, j Judgement) Judgement {
	if j.Err != nil || !ask.Moment.IsZero() || len(ask.Starts) < 2 {
		return j
	}
	for _, at := range ask.Starts[1:] {
		ask.Moment = at
		other := p.judge(ask)
		if other.Err != nil {
			return other
		}
		if other.Rule.Name != j.Rule.Name {
			j.Rule = access.Rule{}
			j.Err = access.Refuse(access.Invalid, "Of these times not all fall under the same rule: “%s” decides at %s, and “%s” at %s. Ask for them separately.",
				j.Parts[0].name(), access.FormatTime(ask.Starts[0]), other.Parts[0].name(), access.FormatTime(at)).In("start")
			return j
		}
	}
	return j
}

func (p Part) name() string {
	if r := p.decider(); r != nil {
		return r.Name
	}
	return "no rule" // unreachable: what no rule decides is refused
}

// later refuses what begins, recurs or goes on beyond what the rule allows.
func (r Rule) later(ask Ask) error {
	ahead := access.Rule{StartWithin: r.StartWithin, Recurring: r.Recurring, Extensions: r.Extensions}
	switch n := len(ask.Starts); {
	case ask.Extension > 0:
		return ahead.AllowsExtension(ask.Extension - 1)
	case n == 0:
		return nil
	case ask.Recurs:
		return ahead.AllowsRecurring(ask.Starts[n-1].Add(ask.Duration).Sub(ask.At))
	}
	return ahead.AllowsStart(ask.Starts[0].Sub(ask.At))
}

// ahead reads what a rule allows beyond access that begins once approved and ends by
// itself.
func (r *reader) ahead(o object, rule *Rule) {
	if v := o.get("start_within"); v != nil {
		rule.StartWithin = r.duration(v, "start_within", leastAhead, mostAhead)
	}
	if v := o.get("recurring"); v != nil {
		rule.Recurring = r.duration(v, "recurring", leastAhead, mostAhead)
	}
	if v := o.get("extensions"); v != nil {
		rule.Extensions, _ = r.number(v, "extensions", 0, mostExtensions)
	}
}

// aheadDemand takes the strictest of what the rules of several parts allow.
func aheadDemand(out *access.Rule, r *Rule, first bool) {
	if first {
		out.StartWithin, out.Recurring, out.Extensions = r.StartWithin, r.Recurring, r.Extensions
	}
	out.StartWithin, out.Recurring = min(out.StartWithin, r.StartWithin), min(out.Recurring, r.Recurring)
	out.Extensions = min(out.Extensions, r.Extensions)
}

// explainAhead says what the rule allows beyond the usual, as sentences.
func explainAhead(r access.Rule) string {
	var out string
	if r.StartWithin > 0 {
		out += fmt.Sprintf(" It may be asked for %s ahead.", access.FormatDuration(r.StartWithin))
	}
	if r.Recurring > 0 {
		out += fmt.Sprintf(" It may recur for %s.", access.FormatDuration(r.Recurring))
	}
	switch {
	case r.Extensions == 1:
		out += " It may be extended once."
	case r.Extensions > 1:
		out += fmt.Sprintf(" It may be extended %d times.", r.Extensions)
	}
	return out
}

// Schedules reports whether some rule lets people ask ahead of time.
func (p *Policy) Schedules() bool {
	return slices.ContainsFunc(p.all(), func(r Rule) bool { return r.StartWithin > 0 && r.Refuse == "" })
}

// Zone is by whose clock the partner's own people mean their times.
func (p *Policy) Zone() *time.Location { return location(p.TimeZone) }

// told says when it is asked, and when the access is to begin.
func (p *Policy) told(ask Ask) string {
	const form = "Mon 2 Jan 2006 at 15:04 MST"
	out := ask.At.In(p.Zone()).Format(form)
	if len(ask.Starts) > 0 {
		out += ", to begin on " + ask.Starts[0].In(p.Zone()).Format(form)
	}
	return out
}
