package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Effects performs the effects that concern Graph. Its methods are what a
// handler of the outbox does: they read the store and never write to it, and
// each may run again after any of its steps.
//
// Nothing is reported that was not read back from Graph.
type Effects struct {
	Client *Client
	Store  state.Store
	Now    func() time.Time
	Log    *slog.Logger
	// Rules returns the policy in force; without one nothing is given. See rule.go.
	Rules func() Rules
	// Unit is the administrative unit in which our groups are; empty: in none.
	Unit access.UnitID
	// Misses is how many looks in a row must find no group, where an earlier try
	// may have made one, before one is made; zero for what Entra needs.
	Misses int
	// MailFrom is the mailbox that mails are sent from, and Letters says what they say;
	// both are empty where none are sent. Mailer sends them; nil: Client does. Exchange
	// counts its calls by itself, so mails need not wait where the directory is throttled.
	MailFrom string
	Letters  Letters
	Mailer   *Client

	missed missed
}

// none is the result of an effect that there was nothing to report of.
var none = json.RawMessage("null")

// job is what the store knows of a grant when its effect runs.
type job struct {
	grant     access.Grant
	container access.Container
	customer  string // its name, for groups and messages
}

// until is the moment up to which a grant that begins now needs its access.
func (f *Effects) until(j job) time.Time {
	if !j.grant.Until.IsZero() {
		return j.grant.Until
	}
	return f.Now().Add(j.grant.Duration)
}

// load reads a grant with its container, and whatever else fn needs, in one
// view. A record that is not there never will be.
func (f *Effects) load(ctx context.Context, id access.RequestID, fn func(state.Tx, job) error) (job, error) {
	var j job
	err := f.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if j.grant, err = state.Grant(tx, id); err != nil {
			return err
		}
		if j.container, err = state.Container(tx, j.grant.Container); err != nil {
			return err
		}
		if j.customer, err = customerName(tx, j.grant); err != nil {
			return err
		}
		return fn(tx, j)
	})
	if errors.Is(err, state.ErrNotFound) {
		return j, outbox.Permanent(err)
	}
	return j, err
}

func customerName(tx state.Tx, g access.Grant) (string, error) {
	r, err := state.Request(tx, g.Request)
	if errors.Is(err, state.ErrNotFound) || err == nil && r.CustomerName == "" {
		return string(g.Customer), nil
	}
	return r.CustomerName, err
}

func result(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	return raw, nil
}
