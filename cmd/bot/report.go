package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/config"
	proof "latchkey/internal/evidence"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// reportAsk is what the command line says of a report.
type reportAsk struct {
	policy, state, out, zone, language string
	customer, period                   string
}

// reportCmd writes the evidence of one customer and time, out of the state of a stopped
// bot or out of a backup.
func reportCmd(ctx context.Context, in invocation) error {
	var a reportAsk
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&a.policy, "policy", "", "")
	flags.StringVar(&a.state, "state", "", "")
	flags.StringVar(&a.out, "out", ".", "")
	flags.StringVar(&a.zone, "zone", "", "")
	flags.StringVar(&a.language, "language", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() < 1 || flags.NArg() > 2 {
		return errUsage{"say of which customer, and of which time: 2026-10, 2026-Q4, 2026, or 2026-10-05..2026-10-16"}
	}
	a.customer, a.period = flags.Arg(0), flags.Arg(1)
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	if a.state != "" {
		whole, err := filepath.Abs(a.state)
		if err != nil {
			return err
		}
		c.StateURL = (&url.URL{Scheme: "bolt", Path: whole}).String()
	}
	if path, err := c.StatePath(); err == nil {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no state at %s: set STATE_URL to the bot's, or name a backup with -state", path)
		}
	}
	p, err := policyAtHand(a, c)
	if err != nil {
		return err
	}
	store, err := app.OpenToRead(ctx, c)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	var r proof.Report
	if err := store.View(ctx, func(tx state.Tx) error {
		o, err := a.order(tx, p)
		if err != nil {
			return err
		}
		found, err := proof.Read(tx, o)
		r = proof.Of(found)
		if err != nil {
			return err
		}
		r.Log.Proof, err = proof.Prove(tx, r)
		return err
	}); err != nil {
		return err
	}
	return writeReport(in.stdout, a.out, r)
}

// policyAtHand is the file that is named, else the one of the settings, if it is there.
func policyAtHand(a reportAsk, c config.Config) (*policy.Policy, error) {
	p, err := policy.Load(cmp.Or(a.policy, c.PolicyFile))
	if a.policy == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return p, err
}

// order finds out what is wanted: the policy knows the customer's name, its clock and its
// language; without one the state knows the names.
func (a reportAsk) order(tx state.Tx, p *policy.Policy) (proof.Order, error) {
	o := proof.Order{Policy: p, Made: time.Now().UTC().Truncate(time.Second)}
	zone := "UTC"
	if p != nil {
		tenant, err := p.TenantOf(a.customer)
		if err != nil {
			return o, err
		}
		c, _ := p.Customer(tenant)
		o.Customer, o.Name, o.Language, zone = c.Tenant, c.Name, c.Language, c.TimeZone
	} else if err := a.known(tx, &o); err != nil {
		return o, err
	}
	if a.language != "" {
		if o.Language = lang.Tag(a.language); !o.Language.Has() {
			return o, errUsage{a.language + " is none of the languages: " + strings.Join(lang.Known(), ", ")}
		}
	}
	var err error
	if o.Zone, err = time.LoadLocation(cmp.Or(a.zone, zone)); err != nil {
		return o, errUsage{a.zone + " is no time zone; write it as in Europe/Berlin"}
	}
	o.Span = access.LastMonth(o.Made, o.Zone)
	if a.period != "" {
		var ok bool
		if o.Span, ok = access.ParseSpan(a.period, o.Zone); !ok {
			return o, errUsage{a.period + " is no time; write 2026-10, 2026-Q4, 2026, or 2026-10-05..2026-10-16"}
		}
	}
	if !o.Span.From.Before(o.Made) {
		return o, errUsage{a.period + " has not begun yet"}
	}
	return o, nil
}

// known finds the customer among those that Microsoft names.
func (a reportAsk) known(tx state.Tx, o *proof.Order) error {
	all, err := state.KnownCustomers(tx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if strings.EqualFold(k.Name, a.customer) || strings.EqualFold(k.Domain, a.customer) || strings.EqualFold(string(k.Tenant), a.customer) {
			o.Customer, o.Name = k.Tenant, k.Name
			return nil
		}
	}
	return fmt.Errorf("%s is no customer that the state knows; name it as Microsoft does, or by the id of its tenant, or give -policy", a.customer)
}

// writeReport writes the forms beside each other, each whole or not at all.
func writeReport(out io.Writer, dir string, r proof.Report) error {
	forms, err := paper.Forms(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s: %s of access, %s without, out of %s of this customer.\n",
		r.Name, r.Span.Name, counted(len(r.Accesses), "time"), counted(len(r.Refused), "request"), counted(r.Log.Own, "event"))
	for _, f := range forms {
		path := filepath.Join(dir, f.Name)
		if err := os.WriteFile(path+".part", f.Content, 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".part", path); err != nil {
			return err
		}
		fmt.Fprintf(out, "%x  %s\n", sha256.Sum256(f.Content), path)
	}
	if key := r.Log.Proof.Key; key != "" {
		fmt.Fprintf(out, "Whoever has the proof checks it by\n  bot audit verify -key %s %s\n"+
			"It proves what the newest checkpoint has signed. A running bot signs what came later within the hour.\n", key, paper.ProofName(r))
	}
	switch l := r.Log; {
	case l.Proof.Broken != "":
		return fmt.Errorf("the log does not hold, so there is no proof: %s", l.Proof.Broken)
	case !r.Sound():
		return fmt.Errorf("%s and %s are not what the log was told, and are marked in the report: somebody else than the bot has written into the state",
			counted(l.Altered, "text"), counted(l.Differs, "record"))
	}
	return nil
}
