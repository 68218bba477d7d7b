package main

import (
	"context"
	"errors"
	"fmt"

	"latchkey/internal/policy"
)

// policyCmd checks a policy file: "policy check [file]".
func policyCmd(_ context.Context, in invocation) error {
	if len(in.args) < 1 || len(in.args) > 2 || in.args[0] != "check" {
		return errUsage{"say what to check"}
	}
	file := "policy.yml"
	if len(in.args) == 2 {
		file = in.args[1]
	}
	p, err := policy.Load(file)
	if problems := new(policy.Problems); errors.As(err, &problems) {
		return fmt.Errorf("%s is not right:\n%w", file, err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s is right: %d customers, %d bundles, %d admins (version %s).\n",
		file, len(p.Customers), len(p.Bundles), len(p.Admins), p.Version)
	for _, c := range p.Careful() {
		fmt.Fprintln(in.stdout, c)
	}
	return nil
}
