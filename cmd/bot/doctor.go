package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/config"
	"latchkey/internal/doctor"
)

// doctorWithin bounds the whole look. Slack tells of some fifty channels a minute.
const doctorWithin = time.Minute

// doctorCmd looks at the installation. What is wrong with the settings is a finding like
// any other.
func doctorCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON, within, world := flags.Bool("json", false, ""), flags.Duration("within", doctorWithin, ""), flags.String("world", "", "")
	file := flags.String("settings", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() > 0 || *within <= 0 {
		return errUsage{"the arguments are not understood"}
	}
	o, err := options(ctx, *world, *file, in)
	if err != nil && !errors.As(err, new(config.Problems)) {
		return err
	}
	r := doctor.Look(ctx, app.Patient(o, err), *within)
	if *asJSON {
		if err := in.json(r); err != nil {
			return err
		}
	} else {
		told(in.stdout, r)
	}
	if !r.Good {
		return errors.New("something is not right; see above what to do")
	}
	return nil
}

// told prints a report for people, each finding with what to do below it.
func told(w io.Writer, r doctor.Report) {
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-9s  %s: %s\n", f.State, f.Check, f.What)
		if f.Do != "" {
			fmt.Fprintf(w, "%-9s  → %s\n", "", f.Do)
		}
	}
	warnings := "warnings"
	if r.Count(doctor.Warning) == 1 {
		warnings = "warning"
	}
	fmt.Fprintf(w, "\n%d failed, %d %s, %d not known, %d ok, %d skipped.\n", r.Count(doctor.Failed), r.Count(doctor.Warning), warnings,
		r.Count(doctor.NotKnown), r.Count(doctor.Good), r.Count(doctor.Skipped))
}
