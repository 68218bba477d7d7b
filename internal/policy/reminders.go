package policy

import (
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
)

// The usual parts of the time to decide after which a request that nobody answers is
// called to mind, and told to others.
const (
	usualReminder   = 2 // half of it
	usualEscalation = 8 // all of it but an eighth
)

// reminders reads when a request that waits is called to mind, and when others hear of it.
func (r *reader) reminders(o object, rule *Rule) {
	if v := o.get("remind_after"); v != nil {
		rule.RemindAfter = r.duration(v, "remind_after", leastWait, longestWait)
		if remind, _ := reminded(*rule); rule.DecideWithin > 0 && remind >= rule.DecideWithin {
			r.at(v, "remind_after is not before the request lapses, after %s; write less.", access.FormatDuration(rule.DecideWithin))
			return
		}
	}
	v := o.get("escalate_after")
	if v != nil {
		rule.EscalateAfter = r.duration(v, "escalate_after", leastWait, longestWait)
	} else {
		v = o.get("remind_after")
	}
	if v == nil || rule.DecideWithin == 0 {
		return
	}
	switch remind, escalate := reminded(*rule); {
	case escalate >= rule.DecideWithin:
		r.at(v, "escalate_after is not before the request lapses, after %s; write less.", access.FormatDuration(rule.DecideWithin))
	case remind >= escalate:
		r.at(v, "others would hear of it after %s, and not after those who were asked are reminded, after %s; give both, remind_after the shorter.",
			access.FormatDuration(escalate), access.FormatDuration(remind))
	}
}

// reminded is after how long those who were asked are reminded, and others hear of it.
func reminded(r Rule) (remind, escalate time.Duration) {
	remind, escalate = r.RemindAfter, r.EscalateAfter
	if remind == 0 {
		remind = r.DecideWithin / usualReminder
	}
	if escalate == 0 {
		escalate = r.DecideWithin - r.DecideWithin/usualEscalation
	}
	return remind, escalate
}

// remindDemand keeps the soonest of what the rules of a request say. Where none says
// anything, it stays as is usual.
func remindDemand(out *access.Rule, parts []Part) {
	if !slices.ContainsFunc(parts, func(p Part) bool { return p.decider().RemindAfter+p.decider().EscalateAfter > 0 }) {
		return
	}
	for i, part := range parts {
		remind, escalate := reminded(*part.decider())
		if i == 0 {
			out.RemindAfter, out.EscalateAfter = remind, escalate
		}
		out.RemindAfter, out.EscalateAfter = min(out.RemindAfter, remind), min(out.EscalateAfter, escalate)
	}
}

// explainReminders says when a request that waits is called to mind, where a rule says so.
func explainReminders(r access.Rule) string {
	if r.RemindAfter == 0 || r.Auto {
		return ""
	}
	return fmt.Sprintf(" They are reminded after %s; after %s who asks and the operators hear that nobody has answered.",
		access.FormatDuration(r.RemindAfter), access.FormatDuration(r.EscalateAfter))
}
