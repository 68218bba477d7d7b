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
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// reportAsk is what the command line says of a report.
type reportAsk struct {
	policy, state, out, zone, language string
	customer, period                   string
	partner                            bool // the report is for the partner itself
}

const sayWhich = "say of which customer, or -partner for your own report, and of which time: 2026-10, 2026-Q4, 2026, or 2026-10-05..2026-10-16"

// reportCmd writes the evidence of one customer and time, or the partner's overview of all
// customers, out of the state of a stopped bot or out of a backup.
func reportCmd(ctx context.Context, in invocation) error {
	a, err := readReportAsk(in.args)
	if err != nil {
		return err
	}
	c, err := a.settings(ctx, in)
	if err != nil {
		return err
	}
	p, err := policyAtHand(a, c)
	if err != nil {
		return err
	}
	store, err := app.OpenToRead(ctx, c)
	if errors.As(err, new(*boltstore.LockedError)) {
		return fmt.Errorf("%w, or have `bot backup` write a copy and name that with -state", err)
	}
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	if a.partner {
		return a.overview(ctx, store, p, in.stdout)
	}
	var r evidence.Report
	if err := store.View(ctx, func(tx state.Tx) error {
		o, err := a.order(tx, p)
		if err != nil {
			return err
		}
		found, err := evidence.Read(tx, o)
		r = evidence.Of(found)
		if err != nil {
			return err
		}
		r.Log.Proof, err = evidence.Prove(tx, r)
		return err
	}); err != nil {
		return err
	}
	return writeReport(in.stdout, a.out, r)
}

// readReportAsk reads the command line; what is wanted may stand before the flags, too.
func readReportAsk(args []string) (reportAsk, error) {
	var a reportAsk
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&a.policy, "policy", "", "")
	flags.StringVar(&a.state, "state", "", "")
	flags.StringVar(&a.out, "out", ".", "")
	flags.StringVar(&a.zone, "zone", "", "")
	flags.StringVar(&a.language, "language", "", "")
	flags.BoolVar(&a.partner, "partner", false, "")
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return a, errUsage{err.Error() + "; " + sayWhich}
		}
		if flags.NArg() == 0 {
			break
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	switch {
	case a.partner && len(words) > 1:
		return a, errUsage{"your own report is of all customers: say only of which time"}
	case a.partner && a.language != "":
		return a, errUsage{"your own report is in English"}
	case a.partner:
		a.period = strings.Join(words, "")
		return a, nil
	case len(words) < 1 || len(words) > 2:
		return a, errUsage{sayWhich}
	}
	a.customer = words[0]
	a.period = strings.Join(words[1:], "")
	return a, nil
}

// settings says where the state is, which must be there.
func (a reportAsk) settings(ctx context.Context, in invocation) (config.Config, error) {
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return c, err
	}
	if a.state != "" {
		whole, err := filepath.Abs(a.state)
		if err != nil {
			return c, err
		}
		c.StateURL = (&url.URL{Scheme: "bolt", Path: whole}).String()
	}
	if path, err := c.StatePath(); err == nil {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return c, fmt.Errorf("there is no state at %s: set STATE_URL to the bot's, or name a backup with -state", path)
		}
	}
	return c, nil
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
func (a reportAsk) order(tx state.Tx, p *policy.Policy) (evidence.Order, error) {
	o := evidence.Order{Policy: p, Made: time.Now().UTC().Truncate(time.Second)}
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
	o.Span, o.Zone, err = a.span(zone, o.Made)
	return o, err
}

// span is the time that is wanted, by the clock that is named or by that of the reader; the
// last month where none is named.
func (a reportAsk) span(zone string, now time.Time) (access.Span, *time.Location, error) {
	at, err := time.LoadLocation(cmp.Or(a.zone, zone))
	if err != nil {
		return access.Span{}, nil, errUsage{a.zone + " is no time zone; write it as in Europe/Berlin"}
	}
	span := access.LastMonth(now, at)
	if a.period != "" {
		var ok bool
		if span, ok = access.ParseSpan(a.period, at); !ok {
			return span, at, errUsage{a.period + " is no time; write 2026-10, 2026-Q4, 2026, or 2026-10-05..2026-10-16"}
		}
	}
	if !span.From.Before(now) {
		return span, at, errUsage{a.period + " has not begun yet"}
	}
	return span, at, nil
}

// known finds the customer among those that Microsoft names.
func (a reportAsk) known(tx state.Tx, o *evidence.Order) error {
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
func writeReport(out io.Writer, dir string, r evidence.Report) error {
	forms, err := paper.Forms(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s: %s of access, %s without, out of %s of this customer.\n",
		r.Name, r.Span.Name, counted(len(r.Accesses), "time"), counted(len(r.Refused), "request"), counted(r.Log.Own, "event"))
	for _, f := range forms {
		if err := writeWhole(out, filepath.Join(dir, f.Name), f.Content); err != nil {
			return err
		}
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

// writeWhole writes a file, and its digest beside its name as sha256sum does. A crash leaves
// a part of it under another name, which the next try replaces; never under its own.
func writeWhole(out io.Writer, path string, content []byte) error {
	err := os.WriteFile(path+".part", content, 0o600)
	if err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%w: name a directory that can be written to with -out", err), ignoreAbsent(os.Remove(path+".part")))
	}
	_, err = fmt.Fprintf(out, "%x  %s\n", sha256.Sum256(content), path)
	return err
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
