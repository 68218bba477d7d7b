package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"latchkey/internal/app"
	"latchkey/internal/checkup"
	"latchkey/internal/config"
	"latchkey/internal/local"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// stateCmd looks at the state: "state check" reads it whole, "state compact" writes it
// anew without what is free, "state copy" moves it into another store, "state archive"
// compares with it what was written before it was deleted.
func stateCmd(ctx context.Context, in invocation) error {
	if len(in.args) > 0 {
		switch verb := in.args[0]; verb {
		case "check":
			in.args = in.args[1:]
			return stateCheck(ctx, in)
		case "compact":
			in.args = in.args[1:]
			return stateCompact(ctx, in)
		case "copy":
			in.args = in.args[1:]
			return stateCopy(ctx, in)
		case "archive":
			in.args = in.args[1:]
			return stateArchive(ctx, in)
		}
	}
	return errUsage{"say check, compact, copy or archive"}
}

func stateCheck(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("state check", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON, mend := flags.Bool("json", false, ""), flags.Bool("mend", false, "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() > 1 || *mend && flags.NArg() > 0 {
		return errUsage{"the arguments are not understood"}
	}
	if *mend {
		if err := mendIndexes(ctx, in); err != nil {
			return err
		}
	}
	r, err := looked(ctx, in, flags.Arg(0))
	if err != nil {
		return err
	}
	if *asJSON {
		if err := in.json(r); err != nil {
			return err
		}
	} else {
		tell(in.stdout, r)
	}
	if !r.Good {
		return errFaults
	}
	return nil
}

// looked reads a file, or the state: through the bot that runs, or by itself.
func looked(ctx context.Context, in invocation, file string) (checkup.Report, error) {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return checkup.Report{}, err
	}
	if file != "" {
		return inspect(ctx, c, file)
	}
	if c.InCluster() {
		return reading(ctx, c)
	}
	path, err := filePath(c)
	if err != nil {
		return checkup.Report{}, err
	}
	var r checkup.Report
	if err := local.Check(ctx, local.Path(path), &r); !errors.Is(err, local.ErrNobody) {
		return r, err
	}
	s, err := stopped(path)
	if err != nil {
		return r, err
	}
	if err := s.Close(); err != nil {
		return r, err
	}
	return reading(ctx, c)
}

// reading reads the store of these settings whole.
func reading(ctx context.Context, c config.Config) (r checkup.Report, err error) {
	s, err := app.OpenToRead(ctx, c)
	if err != nil {
		return r, err
	}
	r, err = checkup.Of(ctx, s)
	return r, errors.Join(err, s.Close())
}

// mendIndexes opens the state as the bot would, so that it cannot run meanwhile.
func mendIndexes(ctx context.Context, in invocation) error {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	path, err := filePath(c)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no state to mend: %w", err)
	}
	s, err := app.OpenStore(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	n, err := checkup.Mend(ctx, s)
	fmt.Fprintf(in.stderr, "%d entries of indexes were written anew.\n", n)
	return errors.Join(err, s.Close())
}

func stateCompact(ctx context.Context, in invocation) error {
	if len(in.args) > 0 {
		return errUsage{"the arguments are not understood"}
	}
	path, err := statePath(ctx, in)
	if err != nil {
		return err
	}
	before, after, err := boltstore.Compact(ctx, path)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s takes %d bytes; it took %d.\n", path, after, before)
	return nil
}

// tell prints a report for people, each finding with what to do below it.
func tell(w io.Writer, r checkup.Report) {
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(r.Records)) {
		if kind == state.SealedRecords {
			continue
		}
		counts = append(counts, fmt.Sprintf("%d %s", r.Records[kind], kind))
	}
	if len(counts) == 0 {
		counts = []string{"none"}
	}
	fmt.Fprintf(w, "Records: %s.\n", strings.Join(counts, ", "))
	fmt.Fprintf(w, "Effects: %d owed, %d that could not be done.\n", r.Owed, r.Dead)
	if r.Events > 0 {
		fmt.Fprintf(w, "Audit log: %d events, the last at %s.\n", r.Events, r.Last.UTC().Format("2006-01-02 15:04:05Z"))
	} else {
		fmt.Fprint(w, "Audit log: no events.\n")
	}
	if n := r.Records[state.SealedRecords]; n > 0 {
		fmt.Fprintf(w, "%d records are sealed and were not looked into: set STATE_KEY to have them opened.\n", n)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-10s  %s: %s\n%-10s  → %s\n", f.Kind, f.Key, f.What, "", f.Do)
	}
	total := 0
	for _, n := range r.Count {
		total += n
	}
	switch {
	case total > len(r.Findings):
		fmt.Fprintf(w, "%d faults, of which the first %d are above.\n", total, len(r.Findings))
	case total > 0:
		fmt.Fprintf(w, "%d faults.\n", total)
	default:
		fmt.Fprint(w, "No faults.\n")
	}
}
