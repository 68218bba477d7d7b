package main

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// blind takes away from the evidence of a good run, and adds to it, one thing at a time:
// each must be seen.
func blind(t *testing.T, good remains) {
	t.Helper()
	drop := func(what ...string) func(*remains) {
		return func(e *remains) {
			i := slices.IndexFunc(e.posts, func(p post) bool {
				return !slices.ContainsFunc(what, func(w string) bool { return !strings.Contains(p.text, w) })
			})
			e.posts = slices.Delete(slices.Clone(e.posts), i, i+1)
		}
	}
	dropAll := func(what string) func(*remains) {
		return func(e *remains) {
			e.posts = slices.DeleteFunc(slices.Clone(e.posts), func(p post) bool { return strings.Contains(p.text, what) })
		}
	}
	again := func(what string, change func(*post)) func(*remains) {
		return func(e *remains) {
			p := e.posts[slices.IndexFunc(e.posts, func(p post) bool { return strings.Contains(p.text, what) })]
			change(&p)
			e.posts = append(slices.Clone(e.posts), p)
		}
	}
	forget := func(kind access.EventKind) func(*remains) {
		return func(e *remains) {
			i := slices.IndexFunc(e.events, func(e access.Event) bool { return e.Kind == kind })
			e.events = slices.Delete(slices.Clone(e.events), i, i+1)
		}
	}
	twice := func(kind access.EventKind) func(*remains) {
		return func(e *remains) {
			i := slices.IndexFunc(e.events, func(e access.Event) bool { return e.Kind == kind })
			e.events = append(slices.Clone(e.events), e.events[i])
		}
	}
	wrote := func(path, summary string) func(*remains) {
		return func(e *remains) {
			e.writes = append(slices.Clone(e.writes), graphtest.AuditEntry{Method: "POST", Path: path, Summary: summary})
		}
	}
	adds := func(n int) func(*remains) {
		return func(e *remains) { e.adds = map[string]int{"ana": e.adds["ana"] + n, "bo": e.adds["bo"]} }
	}
	rows := map[string]func(*remains){
		"lost: a card":                     drop(", access request of"),
		"lost: the requester's card":       drop("Your access request R-"),
		"lost: a notice of access":         drop("is in place until"),
		"lost: a notice of an end":         drop("Your access to Contoso under R-"),
		"lost: the customer's notice":      drop("The access of Ana Trujillo to Contoso under R-"),
		"lost: a notice of a no":           drop("was not granted: denied"),
		"lost: a warning":                  dropAll("Your access to Contoso ends at"),
		"lost: the card of break-glass":    drop("Break-glass access is over"),
		"lost: an offer's notice":          drop("was approved and is active"),
		"doubled: words":                   again("is in place until", func(p *post) { p.mark = "" }),
		"doubled: a mark":                  again("is in place until", func(p *post) { p.text = "other words" }),
		"doubled: a summary":               again("Summary, ", func(p *post) { p.mark, p.text = "", p.text+" And so on." }),
		"doubled: a card":                  again(", access request of", func(p *post) { p.mark, p.text = "", p.text+" And so on." }),
		"lost: an end in the log":          forget(access.EventEnded),
		"lost: a decision":                 forget(access.EventApproved),
		"doubled: a decision":              twice(access.EventApproved),
		"doubled: a request":               twice(access.EventRequested),
		"doubled: an access":               twice(access.EventActive),
		"doubled: a membership":            adds(1),
		"lost: a membership":               adds(-1),
		"doubled: a group":                 wrote("/groups", "created group x"),
		"doubled: a relationship":          wrote("/tenantRelationships/delegatedAdminRelationships", "created relationship x"),
		"doubled: a schedule":              wrote("/identityGovernance/privilegedAccess/group/assignmentScheduleRequests", "adminAssign of x"),
		"past its end: a member":           func(e *remains) { e.members = map[string][]string{"ana": {"Latchkey Contoso"}} },
		"past its end: seen on the way":    func(e *remains) { e.late = []string{"ana"} },
		"lost: what is owed":               func(e *remains) { e.owed = []outbox.Effect{{ID: "x"}} },
		"lost: what could not be done":     func(e *remains) { e.dead = []outbox.Effect{{ID: "x"}} },
		"state: what does not fit":         func(e *remains) { e.amiss = []string{"the state has faults"} },
		"chain: a hash that does not hold": func(e *remains) { e.chain = errors.New("event 3 was changed") },
	}
	for name, change := range rows {
		e := good
		change(&e)
		if v := e.verdict(); !strings.Contains(v.String(), "\n"+strings.SplitAfter(name, ": ")[0]) {
			t.Errorf("nobody saw %s; what was seen: %v", name, v)
		}
	}
	t.Logf("%d changes of the evidence were seen", len(rows))
}

// The bugs that a bot can be given.
const (
	seedNoLeave  = "forgets to take access away"
	seedNoNotice = "forgets what it has to say"
	seedNoCard   = "forgets to show how it stands"
	seedNoJoin   = "forgets to give access"
	seedAgain    = "does not know that it has said something"
	seedTwice    = "owes the same twice"
	seedLog      = "forgets an event of its log"
	seedForge    = "changes an event of its log"
	seedDead     = "gives up"
	seedLate     = "takes access away three hours late"
	seedIndex    = "forgets an entry of an index"
)

// sow has the transaction do what a bot with that bug would.
func sow(tx state.Tx, seed string, steps []step, was map[string]*outbox.Effect) error {
	forgets := map[string]string{seedNoLeave: outbox.GraphLeave, seedNoNotice: outbox.SlackNotice, seedNoCard: outbox.SlackCard, seedNoJoin: outbox.GraphJoin}
	for _, one := range steps {
		e, err := state.Load[outbox.Effect](tx, effectKey+one.id)
		switch {
		case one.what == stepOwed && one.kind == forgets[seed]:
			err = errors.Join(err, unowe(tx, e))
		case one.what == stepOwed && seed == seedTwice && one.kind == outbox.SlackNotice && !strings.HasSuffix(e.ID, "/again"):
			e.ID, e.Lane, e.NotBefore = e.ID+"/again", e.Lane+"/again", time.Time{}
			err = errors.Join(err, outbox.Enqueue(tx, e, e.EnqueuedAt))
		case one.what == stepDone && seed == seedAgain && one.kind == outbox.SlackNotice && was[one.id].Heard == 0:
			e = *was[one.id]
			e.Term, e.Heard, e.LeaseOwner, e.LeaseUntil = 0, 1, "", time.Time{} // heard: it does so once
			err = outbox.Enqueue(tx, e, e.EnqueuedAt)
		case one.what == stepOwed && seed == seedDead && one.kind == outbox.SlackCard && strings.Contains(one.id, "/customer/"):
			_, err2 := state.Save(tx, deadKey+one.id, e)
			err = errors.Join(err, unowe(tx, e), err2)
		case one.what == stepOwed && seed == seedLate && one.kind == outbox.GraphLeave:
			err = errors.Join(err, unowe(tx, e))
			e.NotBefore = e.EnqueuedAt.Add(3 * time.Hour)
			err = errors.Join(err, outbox.Enqueue(tx, e, e.EnqueuedAt))
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unowe removes an effect that was just owed.
func unowe(tx state.Tx, e outbox.Effect) error {
	err := tx.Delete(effectKey + e.ID)
	for _, prefix := range []string{"outbox/lane/", "outbox/bytime/", "outbox/due/"} {
		for item, fault := range tx.Scan(prefix) {
			if err = errors.Join(err, fault); string(item.Value) == e.ID {
				err = errors.Join(err, tx.Delete(item.Key))
			}
		}
	}
	return err
}

// TestTortureSees gives the bot one bug after another: none may get past the verdict. It
// needs no fault but them. Three are drawn at each run, and all of them with make torture.
func TestTortureSees(t *testing.T) {
	wants := map[string]string{
		seedNoLeave: "past its end", seedNoNotice: "lost", seedNoCard: "lost", seedNoJoin: "lost",
		seedAgain: "doubled", seedTwice: "doubled", seedLog: "chain", seedForge: "chain", seedDead: "lost",
		seedLate: "past its end", seedIndex: "state",
	}
	seeds := slices.Collect(maps.Keys(wants)) // in no order
	if os.Getenv("LATCHKEY_TORTURE") == "" {
		seeds = seeds[:3]
	}
	for _, seed := range seeds {
		want := wants[seed]
		t.Run(strings.ReplaceAll(seed, " ", "_"), func(t *testing.T) {
			t.Parallel()
			m := newMix(t, fault{name: seed, trap: trap{Seed: seed}})
			m.patience = 6 * time.Second
			func() {
				defer func() {
					if p := recover(); p != nil {
						if _, ok := p.(inVain); !ok {
							panic(p)
						}
						t.Logf("nobody saw that: %v", p)
						m.rest()
					}
				}()
				m.play()
			}()
			if v := m.collect().verdict(); !strings.Contains(v.String(), "\n"+want+": ") {
				t.Errorf("a bot that %s gets past: %v", seed, v)
			} else {
				t.Logf("seen: %s", v)
			}
		})
	}
}
