package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// auditProve writes the events of one customer with the proof that they are all.
func auditProve(ctx context.Context, in invocation) error {
	flags := auditFlags("prove")
	customer, from, to := flags.String("customer", "", ""), flags.String("from", "", ""), flags.String("to", "", "")
	if flags.Parse(in.args) != nil || flags.NArg() > 1 || *customer == "" {
		return errUsage{"say of which customer: -customer"}
	}
	period, err := periodOf(*from, *to)
	if err != nil {
		return err
	}
	return writeNew(flags.Arg(0), in.stdout, func(w io.Writer) error {
		return readLog(ctx, in, func(tx state.Tx) error { return prove(tx, in, *customer, period, w) })
	})
}

func prove(tx state.Tx, in invocation, customer string, period audit.Period, w io.Writer) error {
	tenant, err := customerNamed(tx, customer)
	if err != nil {
		return err
	}
	p, err := audit.Prove(tx, tenant, period, w)
	if err != nil {
		return err
	}
	key, err := audit.KeyInForce(tx)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stderr, "%s of %s %s, out of %d up to the checkpoint. Whoever has them checks them by\n  bot audit verify -key %s proof.jsonl\n",
		events(p.Events), p.Customer, timeOf(p), p.All, key)
	return nil
}

// writeNew has fn write a file that is not there yet, or the standard output where none is
// named. Of what fails no file is left.
func writeNew(file string, stdout io.Writer, fn func(io.Writer) error) error {
	if file == "" || file == "-" {
		w := bufio.NewWriter(stdout)
		return errors.Join(fn(w), w.Flush())
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err = errors.Join(fn(w), w.Flush(), f.Close()); err != nil {
		os.Remove(file) //nolint:errcheck // it is not whole
	}
	return err
}

// periodOf reads a period. A day or a month at its end belongs to it.
func periodOf(from, to string) (p audit.Period, err error) {
	if from != "" {
		if p.From, _, err = day(from); err != nil {
			return p, err
		}
	}
	if to != "" {
		if _, p.To, err = day(to); err != nil {
			return p, err
		}
		if !p.From.Before(p.To) {
			return p, errUsage{"the period ends before it begins"}
		}
	}
	return p, nil
}

// customerNamed finds a customer by its tenant, or by its name or domain, which may be
// sealed.
func customerNamed(tx state.Tx, said string) (access.TenantID, error) {
	known, err := state.KnownCustomers(tx)
	if err != nil {
		return "", err
	}
	var found []access.TenantID
	for _, k := range known {
		if strings.EqualFold(k.Name, said) || strings.EqualFold(k.Domain, said) {
			found = append(found, k.Tenant)
		}
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("%d customers are called %q: give the tenant's id", len(found), said)
	case len(found) == 1:
		return found[0], nil
	}
	return access.TenantID(strings.ToLower(said)), nil
}
