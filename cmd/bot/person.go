package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"latchkey/internal/app"
	"latchkey/internal/approvals"
	"latchkey/internal/config"
	"latchkey/internal/local"
	"latchkey/internal/sandbox"
)

// errKept is that nothing was deleted.
var errKept = errors.New("nothing was deleted")

// personCmd deletes the data of a person, at their request. Without -yes it says only
// what would go.
func personCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("person", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	yes, world, file := flags.Bool("yes", false, ""), flags.String("world", "", ""), flags.String("settings", "", "")
	if len(in.args) == 0 || in.args[0] != "forget" || flags.Parse(in.args[1:]) != nil || flags.NArg() != 1 {
		return errUsage{"say forget and whom: by their user id in Slack, their object id in Entra, or a mail address"}
	}
	o, err := recordsOf(ctx, *world, *file, in)
	if err != nil {
		return err
	}
	r, err := forget(ctx, in, o, flags.Arg(0), *yes)
	if err != nil {
		return err
	}
	planned(in.stdout, r.Plan)
	switch {
	case len(r.Plan.Unless) > 0:
		return errKept
	case len(r.Plan.Records) == 0:
		fmt.Fprintln(in.stdout, "There is nothing to delete.")
	case r.Receipt == nil:
		fmt.Fprintln(in.stdout, "Nothing was deleted. With -yes it is, and nothing brings it back.")
	default:
		fmt.Fprintf(in.stdout, "Deleted from %d records. %s stands in their place.\n", r.Receipt.Records, r.Receipt.As)
		fmt.Fprintf(in.stdout, "The audit log has it as %s.\nKeep this, to prove whom it was about; it is kept nowhere else: salt %s\n", r.Receipt.Digest, r.Receipt.Salt)
	}
	return nil
}

// recordsOf says where the records are. Who deletes from them needs no tokens.
func recordsOf(ctx context.Context, world, file string, in invocation) (app.Options, error) {
	if world != "" {
		return sandbox.Join(ctx, world)
	}
	env := in.env
	if file != "" {
		var err error
		if env, err = config.FromFile(file, in.env); err != nil {
			return app.Options{}, err
		}
	}
	c, err := config.LoadState(ctx, env)
	return app.Options{Config: c}, err
}

// forget has the bot that runs do it, or does it where none does.
func forget(ctx context.Context, in invocation, o app.Options, who string, yes bool) (r approvals.ForgetReport, err error) {
	if path, err := o.Config.StatePath(); err == nil && !o.Config.InCluster() {
		if err := local.Person(ctx, local.Path(path), who, yes, &r); !errors.Is(err, local.ErrNobody) {
			if err == nil && r.Receipt != nil {
				fmt.Fprintln(in.stdout, "The state's file keeps what was deleted in places that are free, until the bot starts next.")
			}
			return r, err
		}
	}
	o.Log = logger(o.Config, o.Config.LogLevel, in.stderr)
	records, err := app.OpenRecords(ctx, o)
	if err != nil {
		return r, err
	}
	r, err = records.ForgetAsked(ctx, who, yes)
	return r, errors.Join(err, records.Close(ctx))
}

// planned tells what would go, what stays, and what must be done first.
func planned(w io.Writer, plan approvals.ForgetPlan) {
	list := func(label string, of []string) {
		if len(of) > 0 {
			fmt.Fprintf(w, "%s %s\n", label, strings.Join(of, ", "))
		}
	}
	list("in Slack:", spelled(plan.Person.Users))
	list("in Entra:", spelled(plan.Person.Objects))
	list("addresses:", plan.Person.Mails)
	list("names:", plan.Person.Names)
	for _, what := range slices.Sorted(maps.Keys(plan.Records)) {
		fmt.Fprintf(w, "goes: %d %s\n", plan.Records[what], what)
	}
	for _, why := range plan.Stays {
		fmt.Fprintf(w, "stays: %s\n", why)
	}
	for _, why := range plan.Unless {
		fmt.Fprintf(w, "first: %s\n", why)
	}
}

func spelled[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i := range of {
		out[i] = string(of[i])
	}
	return out
}
