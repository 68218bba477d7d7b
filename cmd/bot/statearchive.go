package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"latchkey/internal/app"
	"latchkey/internal/archive"
	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// stateArchive compares archives with the audit log: of the state, or of a backup.
func stateArchive(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("state archive", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	log := flags.String("log", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() == 0 {
		return errUsage{"say which archives"}
	}
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	if *log != "" {
		whole, err := filepath.Abs(*log)
		if err != nil {
			return err
		}
		c.StateURL = (&url.URL{Scheme: "bolt", Path: whole}).String()
	}
	s, err := app.OpenToRead(ctx, c)
	if errors.As(err, new(*boltstore.LockedError)) {
		return errors.New("a bot runs on the state: make a backup, and name it by -log")
	}
	if err != nil {
		return err
	}
	faults := 0
	for _, file := range flags.Args() {
		r, err2 := compared(ctx, s, file)
		if err = err2; err != nil {
			break
		}
		faults += len(r.Faults)
		tellArchive(in.stdout, file, r)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("%d lines do not fit: %w", faults, errFaults)
	}
	return nil
}

func compared(ctx context.Context, s state.Store, file string) (r archive.Report, err error) {
	f, err := os.Open(file)
	if err != nil {
		return r, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	err = s.View(ctx, func(tx state.Tx) error {
		r, err = archive.Check(tx, f)
		return err
	})
	return r, err
}

func tellArchive(w io.Writer, file string, r archive.Report) {
	fmt.Fprintf(w, "%s: %d records that ended, %d reasons as the log was told, %d events as in the log.\n", file, r.Entries, r.Originals, r.Events)
	if r.Again > 0 {
		fmt.Fprintf(w, "%d of them stand there again: what was archived when the bot ended before it could delete it.\n", r.Again)
	}
	if r.Torn {
		fmt.Fprintln(w, "The last line broke off. What it was of is not deleted, and is archived again.")
	}
	for _, f := range r.Faults {
		fmt.Fprintln(w, f)
	}
}
