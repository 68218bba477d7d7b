package doctor

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"latchkey/internal/config"
	"latchkey/internal/policy"
)

// World is what is looked at. Config and Problems are what was made of the environment;
// the addresses are for worlds other than the real one.
type World struct {
	Config config.Config
	// Problems is what is wrong with the settings; then there is no Config.
	Problems error

	SlackURL  string // of the Web API, with a slash at its end; empty for Slack itself
	GraphURL  string // of Microsoft Graph; empty for the real one
	Microsoft *http.Client
	Slack     *http.Client
	Pages     *http.Client // reaches PUBLIC_URL
	// Token returns a token of the application for Graph.
	Token func(context.Context) (string, error)
	// LogsToken returns a token, for Graph in a customer's tenant, of the application that
	// reads logs. Nil where there is none.
	LogsToken func(ctx context.Context, tenant string) (string, error)
	// PartnerCenter makes a call of Partner Center that only reads, and returns the status
	// of its refusal, or 0. Nil where Partner Center is not asked.
	PartnerCenter func(context.Context) (status int, err error)

	// Now is the real clock; nil for the machine's. Disk says what kind of file system a
	// folder is on; nil for the machine's own answer.
	Now  func() time.Time
	Disk func(folder string) (magic uint32, err error)
}

// facts is what several checks need to know, each found out once, by whichever asks
// first.
type facts struct {
	World
	policy   func() (*policy.Policy, error)
	identity func() (identity, error)
	token    func() (token, error)
	ownMail  func() (answer, error) // of the probe for MAIL_FROM, see mail.go
}

func newFacts(ctx context.Context, w World) *facts {
	if w.SlackURL == "" {
		w.SlackURL = "https://slack.com/api/"
	}
	if w.GraphURL == "" {
		w.GraphURL = "https://graph.microsoft.com/v1.0"
	}
	w.Microsoft, w.Slack, w.Pages = patient(w.Microsoft), patient(w.Slack), patient(w.Pages)
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Disk == nil {
		w.Disk = magicOf
	}
	f := &facts{World: w}
	f.policy = sync.OnceValues(func() (*policy.Policy, error) { return policy.Load(w.Config.PolicyFile) })
	f.identity = sync.OnceValues(func() (identity, error) { return f.whoami(ctx) })
	f.token = sync.OnceValues(func() (token, error) { return f.signIn(ctx) })
	f.ownMail = sync.OnceValues(func() (answer, error) { return f.probe(ctx, w.Config.MailFrom) })
	return f
}

// patience bounds one call.
const patience = 15 * time.Second

// patient is the client with a bound, which follows no redirect.
func patient(c *http.Client) *http.Client {
	var out http.Client
	if c != nil {
		out = *c
	}
	out.Timeout = patience
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

func set(_ context.Context, f *facts) string {
	if f.Problems != nil {
		return "The settings are not right."
	}
	return ""
}

func ruled(_ context.Context, f *facts) string {
	if _, err := f.policy(); err != nil {
		return "policy.yml is not right."
	}
	return ""
}

func inSlack(_ context.Context, f *facts) string {
	if _, err := f.identity(); err != nil {
		return "Slack does not let the bot in."
	}
	return ""
}

func inMicrosoft(_ context.Context, f *facts) string {
	if _, err := f.token(); err != nil {
		return "Microsoft does not let the bot in."
	}
	return ""
}

func pim(_ context.Context, f *facts) string {
	if !f.usesPIM() {
		return "No customer has driver: pim in policy.yml."
	}
	return ""
}

func mails(_ context.Context, f *facts) string {
	if f.Config.MailFrom == "" {
		return "MAIL_FROM is not set: contacts are written to in Slack only."
	}
	return ""
}

func paged(_ context.Context, f *facts) string {
	if f.Config.PublicURL == "" {
		return "PUBLIC_URL is not set: the bot has no pages."
	}
	return ""
}

func centred(_ context.Context, f *facts) string {
	if f.PartnerCenter == nil {
		return "PARTNER_CENTER is off: legacy DAP is not looked at."
	}
	return ""
}

// settings says everything that is wrong with the environment, as serve does.
func settings(_ context.Context, f *facts) []Finding {
	problems, ok := errors.AsType[config.Problems](f.Problems)
	switch {
	case f.Problems == nil:
		return []Finding{good("All settings that serve needs are there and well formed.")}
	case !ok:
		return []Finding{fail("Mend what it says and run bot doctor again.", "The settings cannot be read: %v.", f.Problems)}
	}
	var out []Finding
	for _, p := range problems {
		out = append(out, fail("Mend it where bot serve has its settings from: the environment, or the file of -settings. bot help explains each.", "%s: %s", p.Setting, p.Text))
	}
	return out
}

// policyFile says what is wrong with policy.yml, line by line.
func policyFile(_ context.Context, f *facts) []Finding {
	p, err := f.policy()
	problems, ok := errors.AsType[*policy.Problems](err)
	switch {
	case err == nil:
		return []Finding{good("%s, %s, %s (version %s).", counted(len(p.Customers), "customer"), counted(len(p.Bundles), "bundle"), counted(len(p.Admins), "admin"), p.Version)}
	case !ok:
		return []Finding{fail("Set POLICY_FILE to the path of policy.yml, which the bot's user may read.", "policy.yml cannot be read: %v.", err)}
	}
	var out []Finding
	for _, q := range problems.List {
		one := policy.Problems{File: problems.File, List: []policy.Problem{q}}
		out = append(out, fail("Mend that line; bot policy check looks at the file alone.", "%s", one.Error()))
	}
	return out
}

// counted is a number with what it counts.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// have is a number with what it counts, which has something.
func have(n int, one string) string {
	if n == 1 {
		return "1 " + one + " has"
	}
	return counted(n, one) + " have"
}
