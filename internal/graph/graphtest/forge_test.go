package graphtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"latchkey/internal/graph/graphtest"
)

// TestForgeIDTokens holds that a library refuses each forgery for its own reason, so that
// what is forged is what it says; and that a token is right again afterwards.
func TestForgeIDTokens(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	provider, config := e.config(partner)
	verifier := provider.Verifier(&oidc.Config{ClientID: client, Now: func() time.Time { return e.now }})
	verify := func() error {
		token, err := config.Exchange(e.context(), e.browser().signIn(config.AuthCodeURL("s"), "ana@partner.test").code(t))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := token.Extra("id_token").(string)
		_, err = verifier.Verify(e.context(), raw)
		return err
	}
	signed := func(how graphtest.Signing) func(*graphtest.Forgery) {
		return func(f *graphtest.Forgery) { f.Signed = how }
	}
	for _, row := range []struct {
		name  string
		forge func(*graphtest.Forgery)
		says  string
	}{
		{"Right", signed(graphtest.SignedRight), ""},
		{"ByNobody", signed(graphtest.SignedByNobody), "none"},
		{"ByHMAC", signed(graphtest.SignedByHMAC), "HS256"},
		{"ByAnother", signed(graphtest.SignedByAnother), "failed to verify signature"},
		{"Altered", signed(graphtest.SignedAltered), "failed to verify signature"},
		{"Audience", func(f *graphtest.Forgery) { f.Claims["aud"] = "other" }, "audience"},
		{"Kid", func(f *graphtest.Forgery) { f.Header["kid"] = "other" }, "failed to verify signature"},
	} {
		e.s.ForgeIDTokens(row.forge)
		if err := verify(); (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", row.name, err, row.says)
		}
	}
	e.s.ForgeIDTokens(nil)
	if err := verify(); err != nil {
		t.Errorf("after all: %v", err)
	}
}
