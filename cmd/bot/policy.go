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
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// policyCmd looks at a policy file: "policy check [file]" checks it, "policy explain"
// tells which of its rules decides a request, "policy schema" prints its schema.
func policyCmd(_ context.Context, in invocation) error {
	if len(in.args) == 0 {
		return errUsage{"say what to do"}
	}
	switch in.args[0] {
	case "check":
		return policyCheck(in.args[1:], in.stdout)
	case "explain":
		return policyExplain(in.args[1:], in.stdout)
	case "schema":
		if len(in.args) > 1 {
			return errUsage{"the arguments are not understood"}
		}
		_, err := in.stdout.Write(policy.Schema())
		return err
	}
	return errUsage{"say what to do"}
}

// policyFile loads the file that the arguments name, or policy.yml.
func policyFile(args []string) (*policy.Policy, string, error) {
	file := "policy.yml"
	switch len(args) {
	case 0:
	case 1:
		file = args[0]
	default:
		return nil, "", errUsage{"the arguments are not understood"}
	}
	p, err := policy.Load(file)
	if problems := new(policy.Problems); errors.As(err, &problems) {
		return nil, file, fmt.Errorf("%s is not right:\n%w", file, err)
	}
	return p, file, err
}

func policyCheck(args []string, out io.Writer) error {
	p, file, err := policyFile(args)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is right: %s, %s, %s (version %s).\n",
		file, counted(len(p.Customers), "customer"), counted(len(p.Bundles), "bundle"), counted(len(p.Admins), "admin"), p.Version)
	for _, c := range p.Careful() {
		fmt.Fprintln(out, c)
	}
	return nil
}

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func policyExplain(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("policy explain", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	who, customer, role := flags.String("who", "", ""), flags.String("customer", "", ""), flags.String("role", "", "")
	length, when, from := flags.String("for", "1h", ""), flags.String("at", "", ""), flags.String("from", "", "")
	groups := flags.String("groups", "", "")
	if err := flags.Parse(args); err != nil || *who == "" || *customer == "" || *role == "" {
		return errUsage{"say -who, -customer and -role, and the file last"}
	}
	p, _, err := policyFile(flags.Args())
	if err != nil {
		return err
	}
	ask := policy.Ask{Requester: access.Person{Team: "staff"}, At: time.Now()}
	var ok bool
	if ask.Requester.User, ask.In, ok = p.Person(*who); !ok {
		return errUsage{*who + " is neither a staff group nor a Slack user id"}
	}
	if err := assume(p, &ask, flags, *groups); err != nil {
		return err
	}
	if ask.Customer, err = p.TenantOf(*customer); err != nil {
		return err
	}
	if ask.Roles, err = p.FindRoles(*role); err != nil {
		return err
	}
	if ask.Duration, ok = policy.ParseDuration(*length); !ok {
		return errUsage{*length + " is no length of time; write it as in 4h"}
	}
	if ask.At, err = momentAt(p, *when, ask.At); err != nil {
		return err
	}
	if starts, err := momentAt(p, *from, time.Time{}); err != nil {
		return err
	} else if !starts.IsZero() {
		ask.Starts = []time.Time{starts}
	}
	_, err = io.WriteString(out, p.Explain(ask))
	return err
}

// assume takes the groups that were named, and no others, for those of Slack and Entra in
// which the person is. Without the flag nothing more is known.
func assume(p *policy.Policy, ask *policy.Ask, flags *flag.FlagSet, groups string) error {
	said := false
	flags.Visit(func(f *flag.Flag) { said = said || f.Name == "groups" })
	if !said {
		return nil
	}
	names := slices.Collect(maps.Keys(ask.In))
	for name := range strings.SplitSeq(groups, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	in, unknown := p.Assume(names...)
	if unknown != "" {
		return errUsage{unknown + " is no staff group that Slack or Entra keeps"}
	}
	ask.In = in
	return nil
}

// momentAt reads a moment by the clock of the file; nothing written is otherwise.
func momentAt(p *policy.Policy, text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, p.Zone())
	if err != nil {
		return at, errUsage{text + " is no time; write it as in 2026-11-30 20:00"}
	}
	return at, nil
}
