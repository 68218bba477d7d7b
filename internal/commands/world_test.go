package commands_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cause"
	"latchkey/internal/commands"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

// The use cases are what commands are made for.
var _ commands.Approvals = (*approvals.Service)(nil)

// world is a router on a service whose state can be looked at.
type world struct {
	*service
	router *commands.Router
	log    *bytes.Buffer
	policy *policy.Policy
}

func newWorld(t *testing.T) *world {
	t.Helper()
	role := func(text string) access.RoleID {
		found, match := roles.Find(text)
		if match != roles.Exact {
			t.Fatalf("no role %q", text)
		}
		return found[0].ID
	}
	w := &world{service: newService(), log: &bytes.Buffer{}}
	w.policy = &policy.Policy{
		Admins: []access.UserID{"U0ADMIN"},
		Customers: []policy.Customer{
			{Name: "Contoso", Tenant: contoso, Domains: []string{"contoso.com"}, Team: "T2", Channel: "C1"},
			{Name: "Contoso Deutschland", Tenant: contosoDE, Domains: []string{"contoso.de"}, Team: "T3", Channel: "C2"},
		},
		Bundles: []policy.Bundle{
			{Name: "Helpdesk", Roles: []access.RoleID{role("Helpdesk Administrator"), role("User Administrator")}, What: "First line"},
			{Name: "Mail", Roles: []access.RoleID{role("Exchange Administrator")}},
		},
		Rule: policy.Rule{Name: "rule", MaxDuration: 8 * time.Hour, Approvals: 1, DecideWithin: time.Hour},
	}
	w.router = commands.New(commands.Env{
		Approvals: w.service,
		Policy:    func() *policy.Policy { return w.policy },
		Team:      "T1",
		LetIn:     func(t access.TenantID) string { return "https://login.test/" + string(t) },
		Activity:  func(t access.TenantID) string { return "https://consent.example/" + string(t) },
		Log:       slog.New(cause.Handler(slog.NewTextHandler(w.log, nil))),
		Ref:       func(ctx context.Context) string { return cause.Of(ctx).Ref },
		Now:       func() time.Time { return now },
		Zone:      w.zoneOf,
	})
	return w
}

// zoneOf is the clock of a person; that of Bo's colleagues Slack does not tell.
func (w *world) zoneOf(_ context.Context, p access.Person) *time.Location {
	if p.User != ana.User {
		return nil
	}
	return time.FixedZone("Asia/Kolkata", 5*3600+1800)
}

// asked puts a request of Ana's into the store.
func (w *world) asked(t *testing.T) access.RequestID {
	t.Helper()
	r, err := w.Submit(t.Context(), approvals.Origin{Actor: ana}, approvals.Ask{
		Customer: contoso, Roles: w.policy.Bundles[1].Roles, Duration: time.Hour, Justification: "why",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.did = nil
	return r.ID
}

// given puts an access of Ana's into the store.
func (w *world) given(t *testing.T) access.RequestID {
	t.Helper()
	id := w.asked(t)
	if _, err := w.Decide(t.Context(), approvals.Origin{Actor: bo}, id, 1, access.Approve, ""); err != nil {
		t.Fatal(err)
	}
	w.did = nil
	return id
}

func (w *world) slash(ctx context.Context, text string) commands.Reply {
	return w.router.Slash(ctx, commands.Invocation{Origin: approvals.Origin{Actor: ana, Channel: "C9"}, Text: text})
}

func (w *world) click(ctx context.Context, by access.Person, action, value string) commands.Reply {
	return w.router.Click(ctx, commands.Invocation{
		Origin: approvals.Origin{Actor: by, Channel: "C1"}, External: by.Team != "T1", Action: action, Value: value,
	})
}

// heard is all that the reply says, and how.
func heard(r commands.Reply) string {
	switch {
	case r.Message != nil:
		return "message: " + r.Message.Text
	case r.Modal != nil:
		var said []string
		for _, b := range r.Modal.Blocks.BlockSet {
			said = append(said, b.ID())
		}
		return "modal " + r.Modal.CallbackID + " " + r.Modal.PrivateMetadata + ": " + strings.Join(said, " ")
	case r.Errors != nil:
		out := "errors:"
		for _, block := range []string{"customer", "roles", "duration", "start", "justification", "reason", "confirm", "period"} {
			if e, ok := r.Errors[block]; ok {
				out += " " + block + "=" + e
			}
		}
		return out
	}
	return "silence"
}

// expect compares what was heard and done. Both are looked for as parts.
func (w *world) expect(t *testing.T, r commands.Reply, says, does string) {
	t.Helper()
	if got := heard(r); !strings.Contains(got, says) {
		t.Errorf("heard %q, want %q in it", got, says)
	}
	if got := strings.Join(w.did, "; "); got != does {
		t.Errorf("did %q, want %q", got, does)
	}
}
