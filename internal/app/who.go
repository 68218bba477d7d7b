package app

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
)

const (
	// whoFor is for how long the logs are asked who made a change: they lag behind.
	whoFor = time.Hour
	// whoSoon and whoLate are how long is waited between two questions: as long as has
	// been waited altogether, within these.
	whoSoon = 5 * time.Second
	whoLate = 5 * time.Minute
	// whoBack is how long before a change was seen it may have been made: nobody could
	// read it then, perhaps.
	whoBack = 24 * time.Hour
	// directoryPause is how far apart the directory's log is asked: it takes five
	// questions in ten seconds, and one too many would have everything else wait.
	directoryPause = 3 * time.Second
	// recordsKept is how long the answer about a day serves: many changes at once make
	// one question.
	recordsKept = 15 * time.Second

	centerLog    = "Partner Center's audit log"
	directoryLog = "your tenant's audit log"
)

// operations are what Partner Center's audit log calls each change: who asked for an end,
// and not who carried it out. Of assignments it names neither group nor relationship in
// a form that is documented, so nobody is named for those.
var operations = map[access.ChangeKind]struct {
	resource string
	names    []string
}{
	access.ChangeEnding:     {partnercenter.ResourceRelationship, []string{"granular_admin_relationship_termination_requested"}},
	access.ChangeTerminated: {partnercenter.ResourceRelationship, []string{"granular_admin_relationship_termination_requested"}},
	access.ChangeDAPGone:    {partnercenter.ResourceDAP, []string{"dap_admin_relationship_terminated", byMicrosoft}},
	access.ChangeDAPHeld:    {partnercenter.ResourceDAP, []string{"dap_admin_relationship_approved"}},
	access.ChangeLeft:       {partnercenter.ResourceCustomer, []string{"remove_partner_customer_relationship"}},
}

// byMicrosoft is the removal of legacy administration that nobody has used for long.
const byMicrosoft = "dap_admin_relationship_terminated_by_microsoft"

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
	switch about {
	case access.AboutMember:
		return true
	case access.AboutRelationship, access.AboutCustomer:
		return l.center() != nil
	case access.AboutAssignment:
	}
	return false
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
	if !l.knows(a.About()) { // Partner Center was switched off since
		return nil, nil
	}
	result := outbox.WhoResult{Source: centerLog}
	if a.About() == access.AboutMember {
		result.Source = directoryLog
		result.By, err = l.inDirectory(ctx, a, p)
	} else {
		result.By, err = l.inCenter(ctx, a, p)
	}
	age := l.now().Sub(p.At)
	switch status := partnercenter.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, age >= whoFor:
		return json.Marshal(outbox.WhoResult{By: result.By, Source: result.Source})
	case err != nil:
		if wait := partnercenter.RetryAfter(err); wait > 0 {
			err = outbox.RetryAfter(err, wait)
		}
		return nil, err
	case result.By == "":
		return nil, outbox.NotYet(min(max(age, whoSoon), whoLate))
	}
	return json.Marshal(result)
}

func (l *logs) inDirectory(ctx context.Context, a access.Alert, p outbox.WhoPayload) (string, error) {
	if wait := l.wait(time.Now()); wait > 0 {
		return "", outbox.NotYet(wait)
	}
	by, _, err := l.microsoft.WhoMoved(ctx, a.Group, a.Member.ID, p.Change == access.ChangeStranger, p.At.Add(-whoBack))
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
	since := p.At.Add(-whoBack)
	all, err := l.records(ctx, asked.resource, since)
	if err != nil {
		return "", err
	}
	var newest partnercenter.Record
	for _, r := range all {
		if slices.Contains(asked.names, r.Operation) && about(r, a) && !r.At.Before(since) && !r.At.Before(newest.At) {
			newest = r
		}
	}
	return whoIn(newest), nil
}

// about reports whether a record is about what the alert is. One that does not say of
// which relationship it is may be of another one.
func about(r partnercenter.Record, a access.Alert) bool {
	if a.About() == access.AboutRelationship {
		return strings.EqualFold(r.Resource, string(a.Relationship))
	}
	return strings.EqualFold(string(r.Customer), string(a.Customer))
}

// whoIn names who made a record; empty when it names nobody.
func whoIn(r partnercenter.Record) string {
	switch {
	case r.Operation == byMicrosoft:
		return "Microsoft"
	case r.By == "" && r.App != "":
		return "the application " + r.App
	}
	return r.By
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
