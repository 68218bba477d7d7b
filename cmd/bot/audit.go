package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/audit"
	"latchkey/internal/config"
	"latchkey/internal/state"
)

// auditCmd reads the audit log of a stopped bot.
func auditCmd(ctx context.Context, in invocation) error {
	if len(in.args) != 1 || (in.args[0] != "verify" && in.args[0] != "list") {
		return errUsage{"say verify or list"}
	}
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	if path, err := c.StatePath(); err == nil {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("there is no state at %s: set STATE_URL to the bot's", path)
		}
	}
	store, err := app.OpenToRead(ctx, c)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	return store.View(ctx, func(tx state.Tx) error {
		if in.args[0] == "list" {
			return list(tx, in)
		}
		return verify(tx, in.stdout)
	})
}

// verify checks the chain of events, and the texts of which they have digests.
func verify(tx state.Tx, w io.Writer) error {
	n, err := audit.Verify(tx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The audit log holds: %d events, each following the one before it.\n", n)
	texts, err := audit.VerifyTexts(tx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, texts)
	if len(texts.Altered) > 0 {
		return fmt.Errorf("the reason given for %s is not what the log was told: somebody else than the bot has written into the state", strings.Join(spelled(texts.Altered), ", "))
	}
	return nil
}

// statePath needs one setting only: an auditor has no tokens.
func statePath(ctx context.Context, in invocation) (string, error) {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return "", err
	}
	return filePath(c)
}

func list(tx state.Tx, in invocation) error {
	out := json.NewEncoder(in.stdout)
	for e, err := range audit.All(tx) {
		if err != nil {
			return err
		}
		if err := out.Encode(line(e)); err != nil {
			return err
		}
	}
	return nil
}

// line is how an event is printed: one JSON object a line.
func line(e access.Event) any {
	return struct {
		Seq      uint64            `json:"seq"`
		At       string            `json:"at"`
		Kind     access.EventKind  `json:"kind"`
		Team     access.TeamID     `json:"team,omitempty"`
		User     access.UserID     `json:"user,omitempty"`
		Customer access.TenantID   `json:"customer,omitempty"`
		Request  access.RequestID  `json:"request,omitempty"`
		Ref      string            `json:"ref,omitempty"`
		Detail   map[string]string `json:"detail,omitempty"`
		Hash     string            `json:"hash"`
	}{e.Seq, e.At.Format("2006-01-02T15:04:05.000Z07:00"), e.Kind, e.Actor.Team, e.Actor.User, e.Customer, e.Request, e.Ref, e.Detail, e.Hash}
}
