package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
	"latchkey/internal/watch"
)

const (
	// whoFor is for how long the logs are asked who made a change: they lag behind.
	whoFor = time.Hour
	// directoryPause is how far apart the directory's log is asked: it takes five
	// questions in ten seconds, and one too many would have everything else wait.
	directoryPause = 3 * time.Second
	// recordsKept is how long the answer about a day serves: many changes at once make
	// one question.
	recordsKept = 15 * time.Second

	centerLog    = "Partner Center's audit log"
	directoryLog = "your tenant's audit log"
)

// operations are what Partner Center's audit log calls each change, in the order in
// which they tell most: who asked for an end is not who carried it out.
var operations = map[access.ChangeKind]struct {
	resource string
	names    []string
}{
	access.ChangeEnding:     {"granular_admin_relationship", []string{"granular_admin_relationship_termination_requested"}},
	access.ChangeTerminated: {"granular_admin_relationship", []string{"granular_admin_relationship_termination_requested", "granular_admin_relationship_terminated"}},
	access.ChangeAssigned:   {"granular_admin_access_assignment", []string{"granular_admin_access_assignment_created"}},
	access.ChangeReassigned: {"granular_admin_access_assignment", []string{"granular_admin_access_assignment_updated"}},
	access.ChangeUnassigned: {"granular_admin_access_assignment", []string{"granular_admin_access_assignment_deleted"}},
	access.ChangeDAPGone:    {"partner_customer_dap", []string{"dap_admin_relationship_terminated", "dap_admin_relationship_terminated_by_microsoft"}},
	access.ChangeDAPHeld:    {"partner_customer_dap", []string{"dap_admin_relationship_approved"}},
	access.ChangeLeft:       {"partner_customer_relationship", []string{"remove_partner_customer_relationship"}},
}

// logs are where it is asked who made a change.
type logs struct {
	store     state.Store
	microsoft *graph.Client
	now       func() time.Time             // that of the alerts
	center    func() *partnercenter.Client // returns nil where Partner Center is not asked

	mu   sync.Mutex
	kept map[string]records
	last time.Time // when the directory's log was asked
}

type records struct {
	all []partnercenter.Record
	at  time.Time
}

// knows reports whether there is a log about such subjects.
func (l *logs) knows(about access.AlertSubject) bool {
	return about == access.AboutMember || l.center() != nil
}

// who asks who made a change. What no log says after a while is not known.
func (l *logs) who(ctx context.Context, e outbox.Effect) (rawResult, error) {
	p, err := outbox.Payload[outbox.WhoPayload](e)
	if err != nil {
		return nil, err
	}
	var a access.Alert
	err = l.store.View(ctx, func(tx state.Tx) (err error) {
		a, err = state.Alert(tx, p.Alert)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	result := outbox.WhoResult{Source: centerLog}
	if a.About() == access.AboutMember {
		result.Source = directoryLog
		result.By, err = l.inDirectory(ctx, a, p)
	} else {
		result.By, err = l.inCenter(ctx, a, p)
	}
	switch status := partnercenter.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, l.now().Sub(p.At) >= whoFor:
		return json.Marshal(outbox.WhoResult{By: result.By, Source: result.Source})
	case err != nil:
		if wait := partnercenter.RetryAfter(err); wait > 0 {
			err = outbox.RetryAfter(err, wait)
		}
		return nil, err
	case result.By == "":
		return nil, errNotYet
	}
	return json.Marshal(result)
}

var errNotYet = errors.New("no log tells yet who did it")

func (l *logs) inDirectory(ctx context.Context, a access.Alert, p outbox.WhoPayload) (string, error) {
	if wait := l.wait(time.Now()); wait > 0 {
		return "", outbox.RetryAfter(errNotYet, wait)
	}
	by, _, err := l.microsoft.WhoMoved(ctx, a.Group, a.Member.ID, p.Change == access.ChangeStranger, watch.SinceFor(p.At))
	return by, err
}

// wait returns zero to one who may ask the directory's log now, and to everybody else
// how long to leave it alone: not the same for all, or they would come together again.
func (l *logs) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := directoryPause - now.Sub(l.last); wait > 0 {
		return wait + rand.N(10*directoryPause)
	}
	l.last = now
	return 0
}

func (l *logs) inCenter(ctx context.Context, a access.Alert, p outbox.WhoPayload) (string, error) {
	asked, ok := operations[p.Change]
	if !ok {
		return "", nil
	}
	since := watch.SinceFor(p.At)
	all, err := l.records(ctx, asked.resource, since)
	if err != nil {
		return "", err
	}
	for _, name := range asked.names {
		best := partnercenter.Record{}
		for _, r := range all {
			if r.Operation == name && about(r, a) && !r.At.Before(since) && !r.At.Before(best.At) {
				best = r
			}
		}
		if best.ID != "" {
			return whoIn(best), nil
		}
	}
	return "", nil
}

// about reports whether a record is about what the alert is. One of an assignment
// names the assignment, which the alert does not know; the customer must do.
func about(r partnercenter.Record, a access.Alert) bool {
	if a.About() == access.AboutRelationship && r.Resource != "" {
		return strings.EqualFold(r.Resource, string(a.Relationship))
	}
	return a.Customer != "" && strings.EqualFold(string(r.Customer), string(a.Customer))
}

func whoIn(r partnercenter.Record) string {
	if strings.HasSuffix(r.Operation, "_by_microsoft") {
		return "Microsoft"
	}
	if r.By == "" && r.App != "" {
		return "the application " + r.App
	}
	return cmp.Or(r.By, "Microsoft")
}

func (l *logs) records(ctx context.Context, resource string, since time.Time) ([]partnercenter.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := resource + since.Format(time.DateOnly)
	if known, ok := l.kept[key]; ok && time.Since(known.at) < recordsKept {
		return known.all, nil
	}
	all, err := l.center().Records(ctx, resource, since)
	if err != nil {
		return nil, err
	}
	l.kept = map[string]records{key: {all, time.Now()}}
	return all, nil
}
