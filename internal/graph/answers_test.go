package graph_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph"
)

// TestAnyAnswer has Microsoft answer anything to every read, whole and with some of its
// bytes turned or lost. It is no fuzz target, whose coverage would have Microsoft's models
// compiled once more, which takes minutes: nothing panics, nothing waits,
// and no error holds the token. What is read of one relationship is of no other.
func TestAnyAnswer(t *testing.T) {
	t.Parallel()
	seeds := []string{
		`{"value":[{"id":"` + relA + `","displayName":"A","status":"active","customer":{"tenantId":"` + contoso + `"},"duration":"P730D","accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"}]}}]}`,
		`{"id":"` + relA + `","status":"active","autoExtendDuration":"PT0S","endDateTime":"2028-01-02T09:00:00Z"}`,
		`{"value":[{"@odata.type":"#microsoft.graph.user","id":"` + ana + `","userPrincipalName":"ana@partner.test","accountEnabled":true}]}`,
		`{"value":[{"id":"x","status":"active","accessContainer":{"accessContainerId":"x","accessContainerType":"securityGroup"}}]}`,
		`{"value":[],"@odata.nextLink":"https://elsewhere.test/v1.0/x"}`, `{"value":null}`, `{"value":[null]}`, `{"value":{}}`, `{"id":null}`, `{"id":7}`,
		`{"error":{"code":"TooManyRequests","message":"Wait.","innerError":{"request-id":"x"}}}`, `{"error":null}`, `{"error":[]}`,
		`{"responses":[{"id":"0","status":200,"body":{"value":[]}},{"id":"7","status":"x"},null]}`, `null`, `[]`, `"x"`, `{`, ``, "\x00", "\xef\xbb\xbf{}",
	}
	var now answered
	client, err := graph.New(graph.Options{BaseURL: "https://graph.test/v1.0", HTTP: &http.Client{Transport: &now}, Credential: token("planted-token"), Now: patient()})
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a failure must be repeatable
	for n := range 100 * len(seeds) {
		body, status := spoil(r, seeds[n%len(seeds)], n/len(seeds)), []int{200, 200, 200, 404, 429, 503}[r.IntN(6)]
		now = answered{status: status, body: body, wait: "0"}
		ctx := t.Context()
		var errs []error
		note := func(err error) { errs = append(errs, err) }
		for _, err := range client.Relationships(ctx) {
			note(err)
		}
		rel, err := client.Relationship(ctx, relA)
		if note(err); err == nil && rel.ID != "" && !strings.EqualFold(string(rel.ID), relA) {
			t.Errorf("%q was taken for the relationship that was asked for: %+v", body, rel)
		}
		_, err = client.Assignments(ctx, relA)
		note(err)
		_, err = client.Group(ctx, decodeGroup)
		note(err)
		_, _, err = client.GroupByNickname(ctx, "latchkey-x")
		note(err)
		_, err = client.Members(ctx, decodeGroup)
		note(err)
		_, err = client.User(ctx, "ana@partner.test")
		note(err)
		note(client.Enabled(ctx, []access.PrincipalID{ana, bo}, func(access.PrincipalID, bool, error) {}))
		for _, err := range client.Contracts(ctx) {
			note(err)
		}
		for _, err := range errs {
			if err != nil && strings.Contains(err.Error(), "planted-token") {
				t.Errorf("the error holds the token: %v", err)
			}
		}
	}
}

// spoil turns and drops so many bytes, five at most.
func spoil(r *rand.Rand, body string, n int) string {
	raw := []byte(body)
	for range min(n, 5) {
		if len(raw) == 0 {
			break
		}
		if i := r.IntN(len(raw)); r.IntN(3) > 0 {
			raw[i] = byte(r.IntN(256))
		} else {
			raw = slices.Delete(raw, i, min(i+1+r.IntN(8), len(raw)))
		}
	}
	return string(raw)
}

// answered is a network on which everything is answered in one way.
type answered struct {
	status     int
	body, wait string
	calls      int
}

func (a *answered) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.calls++; a.calls > 60 { // one page may name itself as the next
		return nil, errors.New("the connection was lost")
	}
	out := answer(a.status, a.body, "Retry-After", a.wait)
	out.Request = r
	return out, nil
}
