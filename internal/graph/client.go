// Package graph is the only part of the program that talks to Microsoft Graph.
//
// [Client] reads delegated admin relationships, access assignments, security
// groups, users and contracts, and makes the few changes that giving and taking
// access needs. It sends its token to one host only, follows no redirect, reads
// what the service writes tolerantly (a status or a date that it does not know
// breaks nothing and carries nothing), and tells refusals apart by status, not
// by text. Its errors hold no token, no address and no body.
//
// [Effects] performs the effects of the outbox that concern Graph. Each looks
// before it acts and reads back what it did, so that a crash at any point is
// repaired by doing the same again: there is one group, one assignment and one
// membership, however often an effect runs. The package keeps no state of its
// own and never writes to the store.
package graph

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	khttp "github.com/microsoft/kiota-http-go"
	kjson "github.com/microsoft/kiota-serialization-json-go"
)

// Where Graph is, and what a token for it is asked for, unless Options says.
const (
	DefaultBaseURL = "https://graph.microsoft.com/v1.0"
	DefaultScope   = "https://graph.microsoft.com/.default"
)

// callTimeout bounds one call with its repeats, where the caller's context does
// not.
const callTimeout = time.Minute

// Options say how Graph is reached. Only Credential is required.
type Options struct {
	BaseURL    string       // default [DefaultBaseURL]; https, or http on loopback
	HTTP       *http.Client // its transport is used; nil: the default one
	Credential azcore.TokenCredential
	Scope      string       // default [DefaultScope]
	Log        *slog.Logger // nil: nothing is logged
	// Now is the clock of the waits that Graph asks for; nil for the real one.
	Now func() time.Time
}

// Client calls Microsoft Graph. It is safe for concurrent use.
type Client struct {
	adapter *khttp.NetHttpRequestAdapter
	base    *url.URL
	gate    *gate
	rights  *Rights
}

// New returns a client. It makes no call yet.
func New(o Options) (*Client, error) {
	if o.Credential == nil {
		return nil, errors.New("graph: a credential is required")
	}
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.Scope == "" {
		o.Scope = DefaultScope
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	rights := &Rights{inner: o.Credential, scope: o.Scope}
	auth, err := newAuth(base, rights, o.Scope)
	if err != nil {
		return nil, err
	}
	budget := &gate{now: o.Now}
	adapter, err := khttp.NewNetHttpRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		auth, parsers(), writers(), newHTTP(o, base, budget))
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	adapter.SetBaseUrl(base.String())
	return &Client{adapter: adapter, base: base, gate: budget, rights: rights}, nil
}

func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("graph: the base URL must be like " + DefaultBaseURL)
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()):
		return u, nil
	}
	return nil, errors.New("graph: the base URL must begin with https://")
}

// newHTTP builds the client with an explicit, ordered list of middleware. The
// default list has a random order, in which a repeated request may announce a
// compression that its body does not have.
func newHTTP(o Options, base *url.URL, budget *gate) *http.Client {
	var transport http.RoundTripper
	if o.HTTP != nil {
		transport = o.HTTP.Transport
	}
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: khttp.NewCustomTransportWithParentTransport(transport,
			khttp.NewParametersNameDecodingHandler(), // $top, not %24top
			resend{gate: budget, log: o.Log.With("component", "graph")},
			guard{},
			wall{base: base},
		),
	}
}

// parsers and writers are this client's own, so that it depends on no
// registration of global defaults.
func parsers() serialization.ParseNodeFactory {
	r := serialization.NewParseNodeFactoryRegistry()
	r.ContentTypeAssociatedFactories["application/json"] = kjson.NewJsonParseNodeFactory()
	return r
}

func writers() serialization.SerializationWriterFactory {
	r := serialization.NewSerializationWriterFactoryRegistry()
	r.ContentTypeAssociatedFactories["application/json"] = kjson.NewJsonSerializationWriterFactory()
	return r
}
