package chat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

const (
	benchSenders = 32
	benchStaff   = 4096
	benchTenant  = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")
	benchPolicy  = `
admins: [U024BE7LH]
operations_channel: C0OPS4FAB
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    domains: [contoso.com]
    slack: {team: T2CONTOSO, channel: C0CONTOSO}
bundles:
  - name: Mail
    roles: [Exchange Administrator]
rule:
  max_duration: 8h
  approvals: 1
  other_roles: true
`
)

// BenchmarkAck measures what a person waits for: from the sending of a signed
// request for access until its acknowledgement, which comes when the request is
// on the disk. BenchmarkEmptyHandler is the floor under it.
func BenchmarkAck(b *testing.B) {
	handler, asks, made := partner(b)
	senders(b, handler, asks, func(body []byte) bool { return bytes.Contains(body, []byte("was sent to the contacts")) })
	if got := made(); got != b.N {
		b.Errorf("%d requests are stored, want %d", got, b.N)
	}
}

// BenchmarkEmptyHandler measures the same requests over the same loopback, with
// a handler that does nothing with them.
func BenchmarkEmptyHandler(b *testing.B) {
	_, asks, _ := partner(b)
	empty := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // the client sees it fail
	})
	senders(b, empty, asks, func(body []byte) bool { return len(body) == 0 })
}

// senders sends b.N requests, so many at a time, and reports how long the
// answers took.
func senders(b *testing.B, handler http.Handler, asks func(i int) string, good func(body []byte) bool) {
	b.Helper()
	srv := httptest.NewServer(handler)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchSenders}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var all sync.WaitGroup
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for range benchSenders {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				var err error
				if took[i], err = send(b.Context(), client, srv.URL, asks(i), good); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[min(int(share*float64(b.N)), b.N-1)]) / float64(time.Millisecond)
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// send makes one request and returns how long its answer took.
func send(ctx context.Context, client *http.Client, url, body string, good func([]byte) bool) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+chat.PathCommands, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sign(req.Header, body, secret, time.Now())
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err == nil && (res.StatusCode != http.StatusOK || !good(answer)) {
		err = fmt.Errorf("answer %s %s", res.Status, answer)
	}
	return took, err
}

// partner is the whole way from the intake to a store on the disk, with a staff
// of thousands. Each of its asks is another one; made counts what came of them.
func partner(b *testing.B) (handler http.Handler, asks func(i int) string, made func() int) {
	b.Helper()
	p, err := policy.Parse("policy.yml", []byte(benchPolicy))
	if err != nil {
		b.Fatal(err)
	}
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() }) //nolint:errcheck // not what is measured
	ids := requestable()
	if err := store.Update(b.Context(), func(tx state.Tx) error { return settleIn(tx, ids) }); err != nil {
		b.Fatal(err)
	}
	w := newWorld(b)
	quiet := slog.New(slog.DiscardHandler)
	thePolicy := func() *policy.Policy { return p }
	service := &approvals.Service{
		Store: store, Policy: thePolicy, Now: time.Now, Protocol: time.Now, Team: w.client.Team,
		NewID:    func() (access.RequestID, error) { return access.NewRequestID(rand.Reader) },
		NewNonce: nonce,
	}
	d := &chat.Dispatcher{Client: w.client, Log: quiet, Router: commands.New(commands.Env{
		Approvals: service, Policy: thePolicy, Team: w.client.Team(), Log: quiet, Ref: func(context.Context) string { return "none" },
	})}
	asks = func(i int) string {
		form := slashForm(fmt.Sprintf("request contoso %s for 4h because mailbox migration, INC-%d", ids[i/benchStaff%len(ids)], i))
		form.Set("user_id", string(benchUser(i%benchStaff)))
		form.Set("trigger_id", fmt.Sprint("1.2.", i))
		return form.Encode()
	}
	made = func() int {
		var n int
		err := store.View(context.Background(), func(tx state.Tx) error {
			all, err := state.RequestsOfCustomer(tx, benchTenant)
			n = len(all)
			return err
		})
		if err != nil {
			b.Error(err)
		}
		return n
	}
	return (&chat.Intake{Dispatcher: d, Secret: secret, Now: time.Now}).Handler(), asks, made
}

func requestable() []access.RoleID {
	var ids []access.RoleID
	for _, r := range roles.All() {
		if roles.Requestable(r.ID) && r.ID != roles.GlobalAdministrator {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// settleIn binds the staff and a contact, and mirrors a relationship that
// carries everything.
func settleIn(tx state.Tx, ids []access.RoleID) error {
	now := time.Now().UTC()
	for i := range benchStaff {
		err := state.PutStaff(tx, access.Staff{
			Person:    access.Person{Team: "T1", User: benchUser(i), Name: "Somebody"},
			Principal: access.PrincipalID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)), LinkedAt: now,
		})
		if err != nil {
			return err
		}
	}
	contact := access.Contact{Person: access.Person{Team: "T2CONTOSO", User: "U0CARLA", Name: "Carla Weiss"}, Customer: benchTenant, LinkedAt: now}
	if err := state.PutContact(tx, contact); err != nil {
		return err
	}
	_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: access.Relationship{
		ID: "relationship", Customer: benchTenant, Status: access.RelationshipActive, Roles: ids, Start: now, End: now.AddDate(1, 0, 0),
	}})
	if err != nil {
		return err
	}
	return state.PutMirror(tx, state.MirrorInfo{ReadAt: now})
}

func benchUser(i int) access.UserID { return access.UserID(fmt.Sprintf("U0STAFF%05d", i)) }

func nonce() (string, error) {
	raw := make([]byte, 16)
	_, err := rand.Read(raw)
	return hex.EncodeToString(raw), err
}
