// Command bot is Latchkey: delegated access to customers' Microsoft tenants,
// asked for, approved and taken back in Slack.
//
// Run "bot help" for its subcommands.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // wrong arguments or settings: nothing was started
	exitFaults = 3 // it was done, and the state has faults
)

func main() { os.Exit(start()) }

func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return run(ctx, os.Args[1:], envconfig.OsLookuper(), os.Stdout, os.Stderr)
}

// command is one subcommand.
type command struct {
	name, usage, short string
	run                func(context.Context, invocation) error
}

type invocation struct {
	args           []string
	env            envconfig.Lookuper
	stdout, stderr io.Writer
}

// json prints a report for programs.
func (in invocation) json(report any) error {
	e := json.NewEncoder(in.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// commands are in the order in which a new user meets them.
func commands() []command {
	return []command{
		{"sandbox", "sandbox [-addr host:port] [-keep dir] [-world-only file]", "Try everything on this machine, with stand-ins for Slack and Microsoft.", sandboxCmd},
		{"doctor", "doctor [-json] [-within 1m] [-settings file]", "Check the installation: settings, Slack, Microsoft, mail, pages. Changes nothing.", doctorCmd},
		{"serve", "serve [-settings file] [-world file]", "Run the bot. It is configured from the environment, and a file of NAME=value.", serveCmd},
		{"policy", "policy check|schema|explain [-who -groups -customer -role -for -at -from] [file]", "Check policy.yml, or tell which of its rules decides a request.", policyCmd},
		{"partnercenter", "partnercenter register [-check | -replace] [-settings file]", "Have Partner Center notify the bot of changes. One address per partner.", partnerCenterCmd},
		{"audit", "audit verify [-key -checkpoint] [proof] | prove -customer [-from -to] [file] | export [-since -until -customer -format] [file] | list | checkpoint | key [-new]", "Check the audit log or a proof of it, prove it for one customer, print it, or its public key.", auditCmd},
		{"report", "report <customer> | -partner [period] [-policy file] [-state file] [-out dir] [-zone z] [-language l]", "Write a customer's evidence of a time, or your own report of all customers: PDF, HTML, CSV. The bot must be stopped, or -state name a backup.", reportCmd},
		{"backup", "backup <file> | <directory> | -", "Copy the state of a bot, running or stopped, and verify the copy.", backupCmd},
		{"restore", "restore [-replace] [-faulty] <file>", "Put a backup in the place of the state of a stopped bot, which is kept.", restoreCmd},
		{"state", "state check [-json] [-mend] [file] | compact | copy <from> <to> | archive [-log backup] <file>...", "Check that the state is whole, make its file small, move it (from and to are like STATE_URL), or compare archives with its log.", stateCmd},
		{"person", "person forget [-yes] [-settings file] <user, object or address>", "Delete a person's data at their request; first say what would go.", personCmd},
		{"version", "version", "Print the version.", versionCmd},
	}
}

// errUsage is an error that the usage text mends.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

func run(ctx context.Context, args []string, env envconfig.Lookuper, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		return report(c.run(ctx, invocation{args[1:], env, stdout, stderr}), c, stderr)
	}
	fmt.Fprintf(stderr, "bot: there is no subcommand %q. Run \"bot help\".\n", args[0])
	return exitUsage
}

func report(err error, c command, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, new(errUsage)):
		fmt.Fprintf(stderr, "bot %s: %v\nusage: bot %s\n", c.name, err, c.usage)
		return exitUsage
	case errors.As(err, new(config.Problems)):
		fmt.Fprintf(stderr, "bot %s: the settings are not complete:\n%v\n", c.name, err)
		return exitUsage
	case errors.Is(err, errFaults):
		fmt.Fprintf(stderr, "bot %s: %v\n", c.name, err)
		return exitFaults
	default:
		fmt.Fprintf(stderr, "bot %s: %v\n", c.name, err)
		return exitFailed
	}
}

func help(w io.Writer) {
	fmt.Fprint(w, "Latchkey gives staff timed access to customers' Microsoft tenants, with the customer's word.\n\nSubcommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-60s %s\n", c.usage, c.short)
	}
	fmt.Fprint(w, "\nSettings of serve, from the environment:\n")
	for _, s := range config.Settings() {
		need := ""
		switch {
		case s.Required != "no":
			need = " (" + s.Required + ")"
		case s.Default != "":
			need = " (default " + s.Default + ")"
		}
		fmt.Fprintf(w, "  %-27s %s%s\n", s.Name, s.What, need)
	}
}
