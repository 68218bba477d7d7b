package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/graph"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/watch"
)

// hugeTenant plays a partner with n customers, each with one active relationship
// whose roles one group has. It makes up its answers as they are asked for, so
// that what is measured is the bot.
type hugeTenant struct {
	n     int
	url   string
	calls atomic.Int64
	moved atomic.Int64 // the first so many relationships have another name now
}

func (h *hugeTenant) id(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i) }

func (h *hugeTenant) relationship(i int) string {
	name := "care"
	if int64(i) < h.moved.Load() {
		name = "moved"
	}
	return fmt.Sprintf(`{"@odata.etag":"W/\"%d\"","id":"%s-%s","displayName":"Fabrikam_%s_%d","duration":"P730D","customer":{"tenantId":%q,"displayName":"Customer %d"},`+
		`"status":"active","autoExtendDuration":"PT0S","createdDateTime":"2026-01-01T09:00:00Z","activatedDateTime":"2026-01-02T09:00:00Z","endDateTime":"2028-01-02T09:00:00Z",`+
		`"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"29232cdf-9323-42fd-ade2-1d097af3e4de"},{"roleDefinitionId":"729827e3-9c14-49f7-bb1b-9608f156bbb8"}]}}`,
		i, h.id(i), h.id(i), name, i, h.id(i), i)
}

var number = regexp.MustCompile(`/([0-9a-f]{8})-`)

// one answers a request of a batch.
func (h *hugeTenant) one(path string) string {
	i, err := strconv.ParseInt(number.FindStringSubmatch(path)[1], 16, 64)
	if err != nil {
		return `{}`
	}
	switch {
	case strings.Contains(path, "/accessAssignments"):
		return fmt.Sprintf(`{"value":[{"id":%q,"status":"active","accessContainer":{"accessContainerId":%q,"accessContainerType":"securityGroup"},`+
			`"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"29232cdf-9323-42fd-ade2-1d097af3e4de"}]}}]}`, h.id(int(i)), h.id(int(i)))
	case strings.Contains(path, "/members"):
		return `{"value":[{"@odata.type":"#microsoft.graph.user","id":"bbbbbbbb-0000-4000-8000-000000000000","displayName":"Bo Lind","userPrincipalName":"bo@fabrikam.example"}]}`
	}
	return fmt.Sprintf(`{"id":%q,"displayName":"GDAP %d"}`, h.id(int(i)), i)
}

func (h *hugeTenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/"+partner+"/") {
		h.signIn(w, r)
		return
	}
	h.calls.Add(1)
	if strings.HasSuffix(r.URL.Path, "/$batch") {
		h.batch(w, r)
		return
	}
	size, item := 300, h.relationship
	switch {
	case strings.HasSuffix(r.URL.Path, "/groups"):
		fmt.Fprint(w, `{"value":[]}`)
		return
	case strings.HasSuffix(r.URL.Path, "/contracts"):
		size, item = 999, func(i int) string {
			return fmt.Sprintf(`{"customerId":%q,"displayName":"Customer %d","defaultDomainName":"c%d.example"}`, h.id(i), i, i)
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	to := min(from+size, h.n)
	io.WriteString(w, `{"value":[`) //nolint:errcheck // the client sees what is missing
	for i := from; i < to; i++ {
		if i > from {
			io.WriteString(w, ",") //nolint:errcheck // as above
		}
		io.WriteString(w, item(i)) //nolint:errcheck // as above
	}
	io.WriteString(w, "]") //nolint:errcheck // as above
	if to < h.n {
		next := h.url + r.URL.Path + "?" + url.Values{"$skiptoken": {strconv.Itoa(to)}}.Encode()
		fmt.Fprintf(w, `,"@odata.nextLink":%q`, next)
	}
	io.WriteString(w, "}") //nolint:errcheck // as above
}

func (h *hugeTenant) batch(w http.ResponseWriter, r *http.Request) {
	var body struct{ Requests []struct{ ID, URL string } }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Requests) > 20 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	parts := make([]string, len(body.Requests))
	for i, q := range body.Requests {
		parts[i] = fmt.Sprintf(`{"id":%q,"status":200,"body":%s}`, q.ID, h.one(q.URL))
	}
	fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(parts, ","))
}

// signIn plays the partner's token endpoint.
func (h *hugeTenant) signIn(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		io.WriteString(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"x"}`) //nolint:errcheck // as above
		return
	}
	fmt.Fprintf(w, `{"issuer":"%[1]s/%[2]s/v2.0","authorization_endpoint":"%[1]s/%[2]s/authorize","token_endpoint":"%[1]s/%[2]s/oauth2/v2.0/token"}`, h.url, partner)
}

const partner = "11111111-1111-4111-8111-111111111111"

// TestScale reads a large tenant into the store, twice, and once more after one in
// a thousand has changed. What it holds in memory must stay within bounds, the
// calls must be as few as the pages and the batches, and the writes must grow with
// what changed. LATCHKEY_RELATIONSHIPS makes it larger.
func TestScale(t *testing.T) {
	n := 2000
	if text := os.Getenv("LATCHKEY_RELATIONSHIPS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	changed := 0
	h, s, _ := reconciler(t, n, &changed)
	const most = 200 << 20
	for _, pass := range []struct {
		name    string
		moved   int
		changed int
	}{{"First", 0, n}, {"Unchanged", 0, 0}, {"OneInAThousand", n / 1000, n / 1000}} {
		h.moved.Store(int64(pass.moved))
		h.calls.Store(0)
		changed = 0
		began := time.Now()
		above := peak(func() {
			if err := s.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %d relationships in %s: %d calls, %.1f MiB above idle at the peak, %d told of as changed",
			pass.name, n, time.Since(began).Round(time.Millisecond), h.calls.Load(), float64(above)/(1<<20), changed)
		if above > most {
			t.Errorf("%s: %d MiB above idle, want at most %d", pass.name, above>>20, most>>20)
		}
		if got, want := int(h.calls.Load()), calls(n); (pass.name == "First" || n <= swept) && got != want {
			t.Errorf("%s: %d calls, want %d", pass.name, got, want)
		} else if pass.name != "First" && got > callsAfter(n) {
			t.Errorf("%s: %d calls, want at most %d", pass.name, got, callsAfter(n))
		}
		if changed != pass.changed {
			t.Errorf("%s: %d were told of as changed, want %d", pass.name, changed, pass.changed)
		}
	}
}

// reconciler is what mirrors a tenant of n relationships into a store that counts
// what is written. It counts what it tells of as changed.
func reconciler(tb testing.TB, n int, changed *int) (*hugeTenant, *schedule.Sync, *atomic.Int64) {
	tb.Helper()
	h := &hugeTenant{n: n}
	srv := httptest.NewTLSServer(h)
	tb.Cleanup(srv.Close)
	h.url = srv.URL
	credential, err := graph.NewCredential(graph.CredentialOptions{
		Tenant: partner, ClientID: partner, Secret: "secret", Authority: srv.URL, HTTP: srv.Client(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	client, err := graph.New(graph.Options{BaseURL: srv.URL + "/v1.0", HTTP: srv.Client(), Credential: credential})
	if err != nil {
		tb.Fatal(err)
	}
	bolt, err := boltstore.Open(filepath.Join(tb.TempDir(), "state.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { bolt.Close() }) //nolint:errcheck // the folder goes with it
	store := &counting{Store: bolt}
	return h, &schedule.Sync{
		Store: store, Graph: app.NewReader(client), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Watch: &watch.Service{
			Now: time.Now, Protocol: time.Now, Log: slog.New(slog.DiscardHandler),
			Operations: func() access.ChannelID { return "C0OPS" },
			Follow:     func(state.Tx, access.Relationship) error { *changed++; return nil },
		},
	}, &store.writes
}

// counting is a store that counts what is written to it.
type counting struct {
	state.Store
	writes atomic.Int64
}

func (c *counting) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error { return fn(countingTx{tx, c}) })
}

type countingTx struct {
	state.Tx
	c *counting
}

func (t countingTx) Put(key string, value []byte) error {
	t.c.writes.Add(1)
	return t.Tx.Put(key, value)
}

func (t countingTx) Delete(key string) error {
	t.c.writes.Add(1)
	return t.Tx.Delete(key)
}

// BenchmarkReconcile makes passes over a tenant of which one relationship in a
// thousand has changed since the pass before. Beside the time of a pass it tells the
// memory above idle at its peak, its calls, and what it wrote.
func BenchmarkReconcile(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			told := 0
			h, s, writes := reconciler(b, n, &told)
			if err := s.Once(b.Context()); err != nil { // what there is, taken as known
				b.Fatal(err)
			}
			h.calls.Store(0)
			writes.Store(0)
			told = 0
			moved, most := int64(0), uint64(0)
			for b.Loop() {
				moved = int64(n/1000) - moved // there, and back again
				h.moved.Store(moved)
				most = max(most, peak(func() {
					if err := s.Once(b.Context()); err != nil {
						b.Fatal(err)
					}
				}))
			}
			if told != b.N*n/1000 {
				b.Errorf("%d were told of as changed in %d passes, want %d in each", told, b.N, n/1000)
			}
			b.ReportMetric(float64(h.calls.Load())/float64(b.N), "calls/op")
			b.ReportMetric(float64(writes.Load())/float64(b.N), "writes/op")
			b.ReportMetric(float64(most)/(1<<20), "MiB-peak")
		})
	}
}

// callsAfter is how many a pass over very many needs at the most: it reads one by one
// what changed, and a turn's share, which is not the same for all.
func callsAfter(n int) int { return lists(n) + calls(swept+swept/5+n/1000) }

// swept is about how many a pass reads one by one.
const swept = 5000

func lists(n int) int { return pages(n, 300) + pages(n, 999) }

func pages(n, by int) int { return (n + by - 1) / by }

// calls is how many a whole pass needs: the pages of both lists, a batch for every 20
// assignments, names and members of the 200 that are held at a time, and one for
// each group of Partner Center's.
func calls(n int) int {
	batches := n / 200 * 10
	batches += pages(n%200, 20)
	return lists(n) + 3*batches + len(access.AgentGroups())
}

// peak is how much memory fn held at the most, above what was held before.
func peak(fn func()) uint64 {
	runtime.GC()
	before := held()
	var most atomic.Uint64
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			if now := held(); now > most.Load() {
				most.Store(now)
			}
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	fn()
	close(stop)
	watching.Wait()
	if most.Load() < before {
		return 0
	}
	return most.Load() - before
}

// held is the memory that the program has from the system and has not given back,
// and what the runtime itself needs of it.
func held() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
