package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// auditExport writes events for other programs.
func auditExport(ctx context.Context, in invocation) error {
	flags := auditFlags("export")
	since, until, customer := flags.String("since", "", ""), flags.String("until", "", ""), flags.String("customer", "", "")
	format := flags.String("format", string(audit.FormatJSONL), "")
	if flags.Parse(in.args) != nil || flags.NArg() > 1 {
		return errArguments
	}
	if !slices.Contains(audit.Formats(), audit.Format(*format)) {
		return errUsage{fmt.Sprintf("there is no format %q: say jsonl, csv, cef or ocsf", *format)}
	}
	period, err := periodOf(*since, *until)
	if err != nil {
		return err
	}
	return writeNew(flags.Arg(0), in.stdout, func(w io.Writer) error {
		return readLog(ctx, in, func(tx state.Tx) error {
			var tenant access.TenantID
			if *customer != "" {
				if tenant, err = customerNamed(tx, *customer); err != nil {
					return err
				}
			}
			n, err := audit.Export(tx, audit.Format(*format), audit.Filter{Period: period, Customer: tenant}, strings.Fields(version())[1], w)
			fmt.Fprintf(in.stderr, "%s\n", events(n))
			return err
		})
	})
}
