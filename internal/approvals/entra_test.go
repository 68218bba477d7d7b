package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// entra plays the systems outside: it keeps who is a member of what, knows
// people, and can be told to fail before or after it acts.
type entra struct {
	members map[membership]bool
	people  map[access.UserID]access.Person
	upns    map[string]outbox.StaffResult
	mails   map[access.UserID]string // that Slack shows
	before  func(outbox.Effect) error
	after   func(outbox.Effect) error
	done    []string // ids of what was done, in order
	bonds   bonds
	joins   outbox.JoinResult // how Entra has the next memberships

	mustering outbox.MusterResult // who is in the groups
}

type membership struct {
	container access.ContainerID
	principal access.PrincipalID
}

func newEntra() *entra {
	e := &entra{
		bonds:   bonds{},
		members: map[membership]bool{}, people: map[access.UserID]access.Person{},
		upns: map[string]outbox.StaffResult{
			"ana@home.example": {Principal: principal(ana), UPN: "ana@home.example", Name: ana.Name},
			"zoe@home.example": {Principal: principal(zoe), UPN: "zoe@home.example", Name: zoe.Name},
		},
	}
	for _, p := range []access.Person{carol, cem, oskar, amir} {
		e.people[p.User] = p
	}
	return e
}

// runner performs the effects with the outcomes of the use cases.
func (w *world) runner(owner string) *outbox.Runner {
	handlers := w.Outcomes()
	for kind, h := range handlers {
		h.Do = func(_ context.Context, e outbox.Effect) (json.RawMessage, error) {
			if w.before != nil {
				if err := w.before(e); err != nil {
					return nil, err
				}
			}
			result, err := w.perform(e)
			if err == nil && w.after != nil {
				err = w.after(e)
			}
			if err == nil {
				w.done = append(w.done, e.ID)
			}
			return result, err
		}
		handlers[kind] = h
	}
	return &outbox.Runner{
		Store: w.store, Handlers: handlers, Owner: owner, Now: func() time.Time { return w.protocol },
		Backoff: func(int) time.Duration { return time.Second }, Lease: time.Minute, Workers: 1,
		Log: slog.New(slog.DiscardHandler),
	}
}

// once performs what is due now. What fails waits a second.
func (w *world) once(t testing.TB) {
	t.Helper()
	if _, err := w.runner("one").Once(context.Background()); err != nil {
		t.Fatalf("Once: %v", err)
	}
}

// onceOf performs effects of one kind and leaves what follows undone.
func (w *world) onceOf(t testing.TB, kind string) {
	t.Helper()
	before := w.before
	w.before = func(e outbox.Effect) error {
		if e.Kind != kind {
			return outbox.NotYet(time.Second)
		}
		if before != nil {
			return before(e)
		}
		return nil
	}
	w.protocol = w.protocol.Add(time.Second) // what was not done the last time is due
	w.once(t)
	w.before = before
}

// drain performs effects until none is left.
func (w *world) drain(t testing.TB) {
	t.Helper()
	for range 100 {
		w.once(t)
		if len(w.pending(t)) == 0 {
			return
		}
		w.protocol = w.protocol.Add(time.Second)
	}
	t.Fatalf("there is no end: %v is owed", w.pending(t))
}

func (w *world) perform(e outbox.Effect) (json.RawMessage, error) {
	switch e.Kind {
	case outbox.GraphContainer:
		p, err := outbox.Payload[outbox.ContainerPayload](e)
		if err != nil {
			return nil, err
		}
		g, _, err := w.read(p.Request)
		if err != nil || !g.Live() {
			return json.RawMessage("null"), err
		}
		return encode(outbox.ContainerResult{
			Group: access.GroupID("g-" + p.Container), Relationship: "rel", Assignment: "as",
		})
	case outbox.GraphJoin, outbox.GraphLeave:
		p, err := outbox.Payload[outbox.GrantPayload](e)
		if err != nil {
			return nil, err
		}
		g, heldBy, err := w.read(p.Request)
		m := membership{g.Container, g.Principal}
		switch {
		case err != nil:
			return nil, err
		case e.Kind == outbox.GraphLeave && heldBy == "":
			delete(w.members, m)
		case e.Kind == outbox.GraphJoin && g.State == access.Activating:
			w.members[m] = true
			return encode(w.joins)
		}
		return encode(outbox.LeaveResult{HeldBy: heldBy})
	case outbox.GraphMuster:
		return encode(w.mustering)
	case outbox.GraphOust:
		p, err := outbox.Payload[outbox.OustPayload](e)
		if err != nil {
			return nil, err
		}
		var result outbox.LeaveResult
		err = w.store.View(context.Background(), func(tx state.Tx) error {
			holders, err := state.Holders(tx, p.Container, p.Member.ID)
			if len(holders) > 0 {
				result.HeldBy = holders[0]
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		return encode(result)
	case outbox.GraphStaff:
		p, err := outbox.Payload[outbox.StaffPayload](e)
		found, ok := w.upns[p.UPN]
		if err == nil && !ok {
			err = outbox.Permanent(access.Refuse(access.NotFound, "Entra knows no such user."))
		}
		if err != nil {
			return nil, err
		}
		return encode(found)
	case outbox.SlackMail:
		p, err := outbox.Payload[outbox.MailPayload](e)
		var ok bool
		if p.Person.Mail, ok = w.mails[p.Person.User]; err == nil && !ok {
			err = outbox.Permanent(access.Refuse(access.Forbidden, "Slack shows no address."))
		}
		if err != nil {
			return nil, err
		}
		p.Person.Name = "Zoe"
		return encode(outbox.MailResult(p))
	case outbox.GraphMail:
		p, err := outbox.Payload[outbox.MailPayload](e)
		found, ok := w.upns[p.Person.Mail]
		if err == nil && !ok {
			err = outbox.Permanent(access.Refuse(access.NotFound, "Entra knows no such user."))
		}
		if err != nil {
			return nil, err
		}
		return encode(found)
	case outbox.SlackContact:
		p, err := outbox.Payload[outbox.ContactPayload](e)
		found, ok := w.people[p.User]
		if err == nil && (!ok || found.Team != p.Team) {
			err = outbox.Permanent(access.Refuse(access.Forbidden, "They are not of that workspace."))
		}
		if err != nil {
			return nil, err
		}
		return encode(outbox.ContactResult{Person: found})
	}
	return w.performOffer(e)
}

// read returns the grant and another one that needs its membership.
func (w *world) read(id access.RequestID) (g access.Grant, heldBy access.RequestID, err error) {
	err = w.store.View(context.Background(), func(tx state.Tx) error {
		var err error
		if g, err = state.Grant(tx, id); err != nil {
			return err
		}
		holders, err := state.Holders(tx, g.Container, g.Principal)
		for _, h := range holders {
			if h != id {
				heldBy = h
			}
		}
		return err
	})
	return g, heldBy, err
}

// failing makes every effect of the kind fail, in one way or for good.
func (w *world) failing(kind string, err error) {
	w.before = func(e outbox.Effect) error {
		if e.Kind == kind {
			return err
		}
		return nil
	}
}

var (
	errGone   = outbox.Permanent(access.Refuse(access.Conflict, "The group was deleted."))
	errRotten = outbox.Permanent(errors.New("HTTP 418 with a secret"))
)

func encode(v any) (json.RawMessage, error) { return json.Marshal(v) }
