// Package doctor looks at an installation and says, of all that a first installer gets
// wrong, what is so and what to do.
//
// A [Check] is data: its name, what it needs, and how it looks. No check calls another;
// what several of them need to know (the policy, whose token it is) is found out once and
// is no check's own. A check whose needs are not met is skipped and says why. All run at
// once, within a bound; what is not known by then is told as not known.
//
// It changes nothing. Every call only reads, except two that should be refused and would
// change nothing if they were not: see mail.go and unit.go. It speaks to Slack and Microsoft in plain requests of its own, because it has
// to see what the bot's clients rightly hide: headers, and the codes of refusals. It
// opens neither the store nor its lock, so a bot may run meanwhile, and need not. What it
// finds holds no secret and names no person.
package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// State is how a finding stands.
type State string

// The states. What is not known is never taken for good.
const (
	Good     State = "ok"
	Warning  State = "warning"
	NotKnown State = "not known"
	Failed   State = "failed"
	Skipped  State = "skipped" // the check has nothing to look at
)

// Finding is one thing that a check found.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	What  string `json:"what"`         // what is so, a sentence or two
	Do    string `json:"do,omitempty"` // what to do about it
}

// Check looks at one thing.
type Check struct {
	Name  string
	Needs []Need
	Run   func(context.Context, *facts) []Finding
}

// Need is something without which a check has nothing to look at. It returns why it is
// not there, or nothing. Whatever is wrong with it, a check of its own says.
type Need func(context.Context, *facts) string

// Checks returns all checks, in the order in which they are told.
func Checks() []Check {
	return []Check{
		{"settings", nil, settings},
		{"policy.yml", []Need{set}, policyFile},
		{"store", []Need{set}, store},
		{"clock", nil, clock},
		{"slack token", []Need{set}, slackToken},
		{"slack scopes", []Need{set, inSlack}, scopes},
		{"slack secrets", []Need{set}, slackSecrets},
		{"operations channel", []Need{set, ruled, inSlack}, operations},
		{"customers' channels", []Need{set, ruled, inSlack}, customers},
		{"microsoft sign-in", []Need{set}, credential},
		{"microsoft credential", []Need{set, inMicrosoft}, proof},
		{"permissions", []Need{set, inMicrosoft}, permissions},
		{"administrative unit", []Need{set, inMicrosoft, united}, reachOfGroups},
		{"delegated administration", []Need{set, inMicrosoft}, administration},
		{"relationships", []Need{set, inMicrosoft}, relationships},
		{"PIM for Groups", []Need{set, ruled, inMicrosoft, pim}, schedules},
		{"mailbox", []Need{set, mails, inMicrosoft}, mailbox},
		{"mail of others", []Need{set, mails, inMicrosoft}, mailOfOthers},
		{"public address", []Need{set, paged}, publicAddress},
		{"redirect addresses", []Need{set, paged}, redirects},
		{"signed-in decisions", []Need{set, ruled}, signedIn},
		{"customers' logs", []Need{set, ruled, reads}, customersLogs},
		{"partner center", []Need{set, centred}, partnerCenter},
	}
}

// Report is what was found.
type Report struct {
	Good     bool      `json:"good"` // nothing failed; there may be warnings
	Findings []Finding `json:"findings"`
}

// Count counts the findings of a state.
func (r Report) Count(s State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// Look runs the checks and returns what they found, in their order. It returns within the
// bound, whatever the checks wait for.
func Look(ctx context.Context, w World, within time.Duration) Report {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return look(ctx, newFacts(ctx, w), Checks(), within)
}

func look(ctx context.Context, f *facts, checks []Check, within time.Duration) Report {
	found := make([]chan []Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		found[i] = make(chan []Finding, 1)
		all.Go(func() { found[i] <- c.look(ctx, f) })
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		// What ends because of that is given a moment to say so.
		select {
		case <-ended:
		case <-time.After(time.Second):
		}
	}
	out := Report{Good: true}
	for i, c := range checks {
		select {
		case fs := <-found[i]:
			out.Findings = append(out.Findings, fs...)
		default:
			out.Findings = append(out.Findings, Finding{c.Name, NotKnown, fmt.Sprintf("There was no answer within %s.", within), "Run it again, with more time: bot doctor -within 5m."})
		}
	}
	out.Good = out.Count(Failed) == 0
	return out
}

// look runs one check, if there is something to look at.
func (c Check) look(ctx context.Context, f *facts) []Finding {
	for _, need := range c.Needs {
		if why := need(ctx, f); why != "" {
			return []Finding{{c.Name, Skipped, why, ""}}
		}
	}
	out := c.Run(ctx, f)
	for i := range out {
		out[i].Check = c.Name
	}
	return out
}

func good(format string, args ...any) Finding {
	return Finding{State: Good, What: fmt.Sprintf(format, args...)}
}

func fail(do, format string, args ...any) Finding {
	return Finding{State: Failed, What: fmt.Sprintf(format, args...), Do: do}
}

func warn(do, format string, args ...any) Finding {
	return Finding{State: Warning, What: fmt.Sprintf(format, args...), Do: do}
}

func notKnown(do, format string, args ...any) Finding {
	return Finding{State: NotKnown, What: fmt.Sprintf(format, args...), Do: do}
}
