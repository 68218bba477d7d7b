package cards_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// TestEvidence holds that a customer's evidence goes to its own channel and no other, as
// files of one message.
func TestEvidence(t *testing.T) {
	t.Parallel()
	r := renderer()
	o := outbox.EvidenceOrder{ID: "E-00001", Customer: contoso, Period: "2026-10", Made: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	f, err := r.File(t.Context(), outbox.FilePayload{Evidence: o})
	if err != nil || f.Channel != "C1" || f.Name != "latchkey-E-00001-2026-10.pdf" || len(f.With) != 2 || f.With[0].Name != "latchkey-E-00001-2026-10.html" ||
		!strings.HasSuffix(f.With[1].Title, "(CSV)") || len(f.Digest) != 64 || !strings.Contains(f.Words, f.Digest) {
		t.Errorf("the files are %q in %s with %d others, %q, %v", f.Name, f.Channel, len(f.With), f.Words, err)
	}
	post, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeEvidence, Customer: contoso, Evidence: o})
	check(t, post, err, "C1/", "has asked for the evidence of access", false)
	failed := outbox.NoticePayload{Notice: outbox.NoticeEvidenceFailed, Customer: contoso, User: "U1", Evidence: o, Text: "invalid"}
	post, err = r.Notice(t.Context(), failed)
	check(t, post, err, "/U1", "too large for Slack", false)
	failed.User = ""
	post, err = r.Notice(t.Context(), failed)
	check(t, post, err, "/", "", true)
	o.Customer = adatum // which is not in policy.yml any more
	if _, err := r.File(t.Context(), outbox.FilePayload{Evidence: o}); !outbox.IsPermanent(err) {
		t.Errorf("for a customer that is gone: %v", err)
	}
	o.Customer = contoso
	r.Policy = func() *policy.Policy {
		return &policy.Policy{Operations: "C0OPS", Customers: []policy.Customer{{Name: "Contoso", Tenant: contoso}}}
	}
	if _, err := r.File(t.Context(), outbox.FilePayload{Evidence: o}); !outbox.IsPermanent(err) {
		t.Errorf("for a customer without a channel: %v", err)
	}
}
