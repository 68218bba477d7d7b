package graph_test

import (
	"os"
	"sync/atomic"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

// TestSecretReplaced signs in with another secret as soon as there is one, without a
// restart.
func TestSecretReplaced(t *testing.T) {
	ms := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Permissions: usual})
	id := access.GroupID(ms.AddGroup(graphtest.Group{MailNickname: "g"}))
	var now atomic.Value
	now.Store("ended")
	o := graph.CredentialOptions{Secret: "ended", Fresh: func() (string, string) { return now.Load().(string), "" }}
	c := signIn(t, ms, o)
	if _, err := c.Members(t.Context(), id); access.CodeOf(err) != access.Unavailable {
		t.Fatalf("with the old secret: %v", err)
	}
	if form, err := o.Proof(t.Context(), "https://x.test"); err != nil || form.Get("client_secret") != "ended" {
		t.Errorf("the proof of a person's sign-in: %v", err)
	}
	now.Store(secret)
	if _, err := c.Members(t.Context(), id); err != nil {
		t.Errorf("with the new secret: %v", err)
	}
	if form, err := o.Proof(t.Context(), "https://x.test"); err != nil || form.Get("client_secret") != secret {
		t.Errorf("the proof of a person's sign-in holds the old secret: %v", err)
	}
}

// TestCertificateReplaced signs in with another certificate when its file is written, and
// goes on with the one before while that is half written or gone.
func TestCertificateReplaced(t *testing.T) {
	_, old := selfSigned(t, t.TempDir())
	certificate, next := selfSigned(t, t.TempDir())
	ms := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: clientID, Certificate: certificate, Permissions: usual})
	id := access.GroupID(ms.AddGroup(graphtest.Group{MailNickname: "g"}))
	c := signIn(t, ms, graph.CredentialOptions{CertificateFile: old})
	if _, err := c.Members(t.Context(), id); access.CodeOf(err) != access.Unavailable {
		t.Fatalf("with the old certificate: %v", err)
	}
	good, err := os.ReadFile(next)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		do   func() error
		ok   bool
	}{
		{"HalfWritten", func() error { return os.WriteFile(old, good[:len(good)/2], 0o600) }, false},
		{"Written", func() error { return os.WriteFile(old, good, 0o600) }, true},
		{"HalfWrittenAgain", func() error { return os.WriteFile(old, good[:10], 0o600) }, true},
		{"Gone", func() error { return os.Remove(old) }, true},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Members(t.Context(), id); (err == nil) != step.ok {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}
