package approvals_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// heard are the words to the operators that are owed now.
func (w *world) heard(t *testing.T) (out []string) {
	t.Helper()
	for _, e := range w.pending(t) {
		if e.Kind != outbox.SlackNotice {
			continue
		}
		p, err := outbox.Payload[outbox.NoticePayload](e)
		if err != nil {
			t.Fatal(err)
		}
		if p.Channel == operations {
			out = append(out, p.Text)
		}
	}
	return out
}

// TestPolicyInForce holds that another policy is told once, at a start or while the bot
// runs, and the first one of all is not.
func TestPolicyInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	take := func(version string) []string {
		t.Helper()
		p := *w.policy
		p.Version = version
		w.policy = &p
		if err := w.PolicyInForce(t.Context()); err != nil {
			t.Fatal(err)
		}
		said := w.heard(t)
		w.drain(t)
		return said
	}
	if said := take("one"); len(said) > 0 {
		t.Errorf("of the first is said %q", said)
	}
	if said := take("one"); len(said) > 0 {
		t.Errorf("of the same is said %q", said)
	}
	if said := take("two"); len(said) != 1 || !strings.Contains(said[0], "version two, before it one") {
		t.Errorf("of the second is said %q", said)
	}
	if said := take("one"); len(said) != 1 {
		t.Errorf("of the first, again, is said %q", said)
	}
	var loaded []string
	for _, e := range w.events(t) {
		if e.Kind == access.EventPolicy {
			loaded = append(loaded, e.Detail["from"]+">"+e.Detail["to"])
		}
	}
	if got := strings.Join(loaded, " "); got != ">one one>two two>one" {
		t.Errorf("the log has %q", got)
	}
	if err := w.PolicyRefused(t.Context(), strings.Repeat("policy.yml:1:1: Wrong.\n", 9)); err != nil {
		t.Fatal(err)
	}
	if said := w.heard(t); len(said) != 1 || strings.Count(said[0], "Wrong.") != 5 || !strings.Contains(said[0], "… and 4 more") {
		t.Errorf("of what is not right is said %q", said)
	}
}

// TestStillAllowed holds that a request is granted only if it may still be asked for, on
// the terms of its own time; it can be denied in any case.
func TestStillAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.asked(t)
	ask := anAsk()
	r, err := w.Submit(t.Context(), w.by(bo, ""), ask)
	if err != nil {
		t.Fatal(err)
	}
	second := r.ID
	p := *w.policy
	p.Rules = []policy.Rule{{Name: "Frozen", Refuse: "Nothing is done this week."}}
	w.policy = &p
	w.refuses(t, access.Conflict, "policy.yml has changed since", func() error {
		_, err := w.decide(carol, first, access.Approve)
		return err
	})
	if _, err := w.decide(carol, first, access.Deny); err != nil {
		t.Errorf("a denial is refused: %v", err)
	}
	p.Rules, p.Rule.MaxDuration = nil, 0
	w.policy = &p
	w.refuses(t, access.Conflict, "at most", func() error {
		_, err := w.decide(carol, second, access.Approve)
		return err
	})
	p.Rule.MaxDuration, p.Rule.Approvals = 100*w.request(t, second).Duration, 3
	w.policy = &p
	r, err = w.decide(carol, second, access.Approve)
	if err != nil || r.State != access.Approved {
		t.Errorf("on its own terms it is %s, %v", r.State, err)
	}
}
