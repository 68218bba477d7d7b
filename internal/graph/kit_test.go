package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

const (
	partner  = "11111111-1111-4111-8111-111111111111"
	clientID = "22222222-2222-4222-8222-222222222222"
	secret   = "correct-horse-battery"
	contoso  = "c0000000-0000-4000-8000-000000000001"
	fabrikam = "c0000000-0000-4000-8000-000000000002"
	relA     = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000001"
	relB     = "aaaaaaaa-0000-4000-8000-000000000002-bbbbbbbb-0000-4000-8000-000000000002"
	relF     = "aaaaaaaa-0000-4000-8000-00000000000f-bbbbbbbb-0000-4000-8000-00000000000f"
	exchange = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	helpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	ana      = "e0000000-0000-4000-8000-00000000000a"
	bo       = "e0000000-0000-4000-8000-00000000000b"
	nonce    = "k3m2p9x7w4"
	mark     = "latchkey-" + nonce
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// usual is what the product asks an admin to consent to.
var usual = []string{
	"DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "GroupMember.ReadWrite.All", "Group.Create", "User.Read.All",
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
}

// world is a stand-in Microsoft, a client of it over real TLS, and a store.
type world struct {
	t      *testing.T
	ms     *graphtest.Server
	wire   *wire
	client *graph.Client
	store  state.Store
	fx     *graph.Effects
	now    time.Time
	rules  rules
}

func newWorld(t *testing.T, change ...func(*graphtest.Options)) *world {
	t.Helper()
	w := &world{t: t, now: start, store: memory(), rules: rules{exchange, helpdesk, globalAdmin}}
	opt := graphtest.Options{
		PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Permissions: usual,
		Due: func() time.Time { return w.now },
	}
	for _, f := range change {
		f(&opt)
	}
	w.ms = graphtest.New(opt)
	srv := httptest.NewTLSServer(w.ms)
	t.Cleanup(srv.Close)
	w.ms.Serve(srv.URL)
	w.wire = &wire{base: srv.Client().Transport}

	credential, err := graph.NewCredential(graph.CredentialOptions{
		Tenant: partner, ClientID: clientID, Secret: secret, Authority: srv.URL, HTTP: srv.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client, err = graph.New(graph.Options{
		BaseURL: srv.URL + "/v1.0", HTTP: &http.Client{Transport: w.wire}, Credential: credential, Now: patient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.fx = &graph.Effects{
		Client: w.client, Store: w.store, Now: func() time.Time { return w.now }, Log: discard,
		Rules: func() graph.Rules { return w.rules },
	}
	w.ms.AddUser(graphtest.User{ID: ana, DisplayName: "Ana", UPN: "ana@partner.example"})
	w.ms.AddUser(graphtest.User{ID: bo, DisplayName: "Bo", UPN: "bo@partner.example"})
	return w
}

// patient is a clock on which every wait is over at the next look.
func patient() func() time.Time {
	var minutes atomic.Int64
	return func() time.Time { return start.Add(time.Duration(minutes.Add(10)) * time.Minute) }
}

// lagging makes reads miss fresh writes.
func lagging(reads int) func(*graphtest.Options) {
	return func(o *graphtest.Options) { o.Lag = reads }
}

// seen is one request as it left the client.
type seen struct {
	method, path string
	header       http.Header
	body         string
}

// wire is the network between the client and Graph: it notes each request and
// may do something else than carry it.
type wire struct {
	base http.RoundTripper
	// fault, when set, is asked for each request by its number from 0.
	fault func(n int, carry func() (*http.Response, error)) (*http.Response, error)

	mu   sync.Mutex
	seen []seen
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.mu.Lock()
	n := len(w.seen)
	w.seen = append(w.seen, seen{r.Method, r.URL.Path, r.Header.Clone(), string(body)})
	w.mu.Unlock()
	carry := func() (*http.Response, error) { return w.base.RoundTrip(r) }
	if w.fault == nil {
		return carry()
	}
	return w.fault(n, carry)
}

func (w *wire) reset() { w.seen = nil }

// last is the latest request.
func (w *wire) last() seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[len(w.seen)-1]
}

// answer makes a response of the service's.
func answer(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// canned is a client whose every request is answered by serve.
func canned(t *testing.T, serve http.HandlerFunc) *graph.Client {
	t.Helper()
	c, err := graph.New(graph.Options{BaseURL: server(t, serve) + "/v1.0", Credential: token("planted-token"), Now: patient()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func server(t *testing.T, serve http.HandlerFunc) (url string) {
	t.Helper()
	srv := httptest.NewServer(serve)
	t.Cleanup(srv.Close)
	return srv.URL
}

func write(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// token is a credential that always has one.
type token string

func (t token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// effect makes an effect on its first lease.
func effect(t *testing.T, kind string, payload any) outbox.Effect {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Effect{ID: "R-1/" + kind, Kind: kind, Lane: "lane", Payload: raw, Term: 1}
}

type do func(context.Context, outbox.Effect) (json.RawMessage, error)

// settle runs an effect as a runner would, lease after lease, until it is done
// or permanent.
func settle(t *testing.T, f do, e outbox.Effect) (json.RawMessage, error) {
	t.Helper()
	var err error
	for range 25 {
		var raw json.RawMessage
		raw, err = f(t.Context(), e)
		if err == nil || outbox.IsPermanent(err) {
			return raw, err
		}
		e.Term++
	}
	t.Fatalf("%s does not come to an end: %v", e.Kind, err)
	return nil, nil
}

// refused fails the test unless err is permanent, has the code and mentions
// the words.
func refused(t *testing.T, err error, code access.Code, words string) {
	t.Helper()
	e, ok := errors.AsType[*access.Error](err)
	if !ok || !outbox.IsPermanent(err) || e.Code != code || !strings.Contains(e.Message, words) {
		t.Fatalf("got error %v (permanent %t), want a permanent %s refusal with %q", err, outbox.IsPermanent(err), code, words)
	}
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("result %s: %v", raw, err)
	}
	return v
}

// rules are the roles that policy.yml names.
type rules []access.RoleID

func (r rules) Allows(ids []access.RoleID) error {
	if !access.Within(ids, r) {
		return access.Refuse(access.Forbidden, "No bundle names it.")
	}
	return nil
}

var discard = slog.New(slog.DiscardHandler)

func memory() state.Store { return statetest.Memory() }
