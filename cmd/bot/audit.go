package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/audit"
	"latchkey/internal/config"
	"latchkey/internal/local"
	"latchkey/internal/state"
)

// auditCmd reads the audit log of a bot, running or stopped, or of a backup.
func auditCmd(ctx context.Context, in invocation) error {
	verbs := map[string]func(context.Context, invocation) error{
		"verify": auditVerify, "list": auditList, "prove": auditProve, "export": auditExport, "checkpoint": auditCheckpoint, "key": auditKey,
	}
	if len(in.args) == 0 || verbs[in.args[0]] == nil {
		return errUsage{"say verify, prove, export, list, checkpoint or key"}
	}
	run := verbs[in.args[0]]
	in.args = in.args[1:]
	return run(ctx, in)
}

// auditFlags are the flags of one verb, which says itself what is wrong with them.
func auditFlags(verb string) *flag.FlagSet {
	flags := flag.NewFlagSet("audit "+verb, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

var errArguments = errUsage{"the arguments are not understood"}

// readLog calls fn with the log as it is at one moment. Where a bot runs on a file, it makes
// a copy, which is read in its stead.
func readLog(ctx context.Context, in invocation, fn func(state.Tx) error) error {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	if !c.InCluster() {
		var done func()
		if c, done, err = stillLog(ctx, c); err != nil {
			return err
		}
		defer done()
	}
	store, err := app.OpenToRead(ctx, c)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	return store.View(ctx, fn)
}

// stillLog is where the state can be read that the settings name, which the caller gives
// back by calling done.
func stillLog(ctx context.Context, c config.Config) (still config.Config, done func(), err error) {
	path, err := filePath(c)
	if err != nil {
		return c, nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return c, nil, fmt.Errorf("there is no state at %s: set STATE_URL to the bot's", path)
	}
	dir, err := os.MkdirTemp("", "latchkey-audit-*")
	if err != nil {
		return c, nil, err
	}
	done = func() { os.RemoveAll(dir) } //nolint:errcheck // what is left of it is private
	f, err := os.OpenFile(filepath.Join(dir, "state.db"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		done()
		return c, nil, err
	}
	err = local.Copy(ctx, local.Path(path), f)
	nobody := errors.Is(err, local.ErrNobody)
	if nobody {
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil {
		done()
		return c, nil, err
	}
	if !nobody {
		c.StateURL = (&url.URL{Scheme: "bolt", Path: f.Name()}).String()
	}
	return c, done, nil
}

// statePath needs one setting only: an auditor has no tokens.
func statePath(ctx context.Context, in invocation) (string, error) {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return "", err
	}
	return filePath(c)
}

func auditList(ctx context.Context, in invocation) error {
	if len(in.args) > 0 {
		return errArguments
	}
	return readLog(ctx, in, func(tx state.Tx) error {
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
	})
}

// auditCheckpoint prints the newest checkpoint, to be kept where the bot cannot write.
func auditCheckpoint(ctx context.Context, in invocation) error {
	if len(in.args) > 0 {
		return errArguments
	}
	return readLog(ctx, in, func(tx state.Tx) error {
		c, err := audit.LastCheckpoint(tx)
		if errors.Is(err, state.ErrNotFound) {
			return errors.New("no checkpoint has been signed yet: a bot of this version signs one when it starts")
		}
		if err != nil {
			return err
		}
		_, err = io.WriteString(in.stdout, c.Note)
		return err
	})
}

// auditKey prints the public key of the log, or makes a private one.
func auditKey(ctx context.Context, in invocation) error {
	flags := auditFlags("key")
	name := flags.String("new", "", "")
	if flags.Parse(in.args) != nil || flags.NArg() > 0 {
		return errArguments
	}
	if *name != "" {
		private, public, err := audit.NewKey(*name)
		if err != nil {
			return err
		}
		fmt.Fprintln(in.stdout, private)
		fmt.Fprintf(in.stderr, "Above is the private key: put it into the file that AUDIT_KEY_FILE names. The public one is\n%s\n", public)
		return nil
	}
	return readLog(ctx, in, func(tx state.Tx) error {
		public, err := audit.KeyInForce(tx)
		if errors.Is(err, state.ErrNotFound) {
			return errors.New("the log has no key yet: a bot of this version draws one when it starts")
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(in.stdout, public)
		return nil
	})
}

// day reads a moment, or a day or month, of which it returns the first moment, and the
// first after it.
func day(s string) (first, after time.Time, err error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, t, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, t.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return t, t, errUsage{fmt.Sprintf("%q is no time; write it as in 2026-10-01, 2026-10 or 2026-10-01T14:00:00Z", s)}
	}
	return t, t.AddDate(0, 1, 0), nil
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
