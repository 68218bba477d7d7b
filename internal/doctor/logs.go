package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"latchkey/internal/signin"
)

const (
	logPermission = "AuditLog.Read.All"
	// logsTried is of how many customers the logs are tried; the rest are as they are.
	logsTried = 20
)

// notLetIn are what Entra answers an application that the tenant has not let in, or has
// disabled.
var notLetIn = []string{"AADSTS700016", "AADSTS65001", "AADSTS7000229", "AADSTS7000112"}

func reads(_ context.Context, f *facts) string {
	if f.LogsToken == nil {
		return "ACTIVITY_CLIENT_ID is not set: customers' logs are not read."
	}
	return ""
}

// customersLogs looks which customers let their logs be read, and whether the application
// that does so can do nothing else.
func customersLogs(ctx context.Context, f *facts) []Finding {
	p, err := f.policy()
	if err != nil {
		return nil // unreachable: the check needs it
	}
	var in int
	var out []string
	more := map[string]bool{}
	for _, c := range p.Customers[:min(len(p.Customers), logsTried)] {
		t, err := tokenBy(ctx, func(ctx context.Context) (string, error) { return f.LogsToken(ctx, string(c.Tenant)) })
		if err != nil {
			e, known := signin.Application(err.Error())
			switch {
			case known && slices.Contains(notLetIn, e.Code):
				out = append(out, c.Name)
				continue
			case known && len(e.Next) > 0:
				return []Finding{fail(e.Next[0], "Microsoft Entra turns the application that reads logs (ACTIVITY_CLIENT_ID) away at %s: %s (%s)", c.Name, e.What, e.Code)}
			case known:
				return []Finding{fail("Look it up at login.microsoftonline.com/error.", "Microsoft Entra turns the application that reads logs (ACTIVITY_CLIENT_ID) away at %s (%s).", c.Name, e.Code)}
			}
			return []Finding{notKnown("Run it again in a minute.", "Whether %s lets its logs be read was not told.", c.Name)}
		}
		if t.read && !slices.Contains(t.roles, logPermission) {
			out = append(out, c.Name)
			continue
		}
		in++
		for _, role := range t.roles {
			if role != logPermission {
				more[role] = true
			}
		}
	}
	return logsFound(in, out, more)
}

func logsFound(in int, out []string, more map[string]bool) []Finding {
	var found []Finding
	if len(more) > 0 {
		names := strings.Join(slices.Sorted(maps.Keys(more)), ", ")
		found = append(found, warn(take(names), "The application that reads logs (ACTIVITY_CLIENT_ID) holds more than "+logPermission+": %s. Customers let it in to read their logs and nothing else.", names))
	}
	const ask = "/access activity lists them with the link by which their admin consents. Nothing is wrong while they do not."
	switch {
	case len(out) > 0:
		found = append(found, warn(ask, "What was done is not known at %s: they have not let their logs be read.", strings.Join(out, ", ")))
	case len(found) == 0:
		found = append(found, good("%d customers let their logs be read.", in))
	}
	return found
}
