package graphtest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

// notified is a notification as it arrived.
type notified struct {
	header http.Header
	body   []byte
}

// receiver answers notifications with a status, which may change.
func (e *estate) receiver(status *atomic.Int32) (string, chan notified) {
	got := make(chan notified, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			e.t.Error(err)
		}
		got <- notified{r.Header, body}
		w.WriteHeader(int(status.Load()))
	}))
	e.t.Cleanup(srv.Close)
	return srv.URL + "/hook", got
}

func (e *estate) register(address string, more string, events ...string) {
	e.t.Helper()
	names, err := json.Marshal(events)
	if err != nil {
		e.t.Fatal(err)
	}
	body := `{"WebhookUrl":"` + address + `","WebhookEvents":` + string(names) + more + `}`
	if a := e.center("POST", "/webhooks/v1/registration", e.centerToken(""), body); a.status != 200 || a.text("WebhookUrl") != address {
		e.t.Fatalf("register = %d %v", a.status, a.body)
	}
}

// verify does what the documents tell a receiver to do.
func (e *estate) verify(n notified, header string) error {
	value, ok := strings.CutPrefix(n.header.Get(header), "Signature ")
	if !ok {
		return errors.New("no signature")
	}
	signature, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return err
	}
	if n.header.Get("X-MS-Signature-Algorithm") != "rsa-sha256" {
		return errors.New("another algorithm")
	}
	r, err := http.NewRequestWithContext(e.t.Context(), "GET", n.header.Get("X-MS-Certificate-Url"), nil)
	if err != nil {
		return err
	}
	resp, err := e.app.Client().Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(e.s.WebhookRoot())
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: e.now}); err != nil {
		return err
	}
	if !strings.Contains(cert.Issuer.String(), "O=Microsoft Corporation") {
		return errors.New("another issuer")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("not an RSA key")
	}
	digest := sha256.Sum256(n.body)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
}

func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ more, header string }{
		"Authorization": {"", "Authorization"},
		"OtherHeader":   {`,"SignatureTokenToMsSignatureHeader":true`, "X-Ms-Signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, nil)
			e.withRelationships()
			var status atomic.Int32
			status.Store(204)
			address, got := e.receiver(&status)
			e.register(address, row.more, "granular-admin-relationship-terminated", "dap-admin-relationship-terminated")
			if err := e.s.TerminateRelationship(relID, carolID); err != nil {
				t.Fatal(err)
			}
			n := <-got
			if err := e.verify(n, row.header); err != nil {
				t.Errorf("verify: %v", err)
			}
			tampered := notified{n.header, append([]byte(" "), n.body...)}
			if e.verify(tampered, row.header) == nil {
				t.Error("a changed body verifies")
			}
			var event struct{ EventName, ResourceUri, ResourceName, AuditUri, ResourceChangeUtcDate string }
			if err := json.Unmarshal(n.body, &event); err != nil {
				t.Fatal(err)
			}
			if event.EventName != "granular-admin-relationship-terminated" || event.ResourceName != "GranularAdminRelationship" || !strings.HasSuffix(event.ResourceUri, "/granularAdminRelationships/"+relID) {
				t.Errorf("event = %+v", event)
			}
			if a := e.call("GET", strings.TrimPrefix(event.AuditUri, e.app.URL), e.centerToken(""), ""); a.text("operationType") != "granular_admin_relationship_terminated" {
				t.Errorf("audit record = %d %v", a.status, a.body)
			}
			if err := e.s.RemoveDAP(contoso, carolID); err != nil {
				t.Fatal(err)
			}
			var dap map[string]any
			if err := json.Unmarshal((<-got).body, &dap); err != nil || dap["ResourceUri"] != nil || dap["ResourceName"] != "PartnerCustomerDap" {
				t.Errorf("event of delegated administration = %v, %v", dap, err)
			}
		})
	}
}

// TestWebhookEvents follows a relationship's life.
func TestWebhookEvents(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	group := e.s.AddGroup(graphtest.Group{DisplayName: "G", MailNickname: "g"})
	var status atomic.Int32
	status.Store(200)
	address, got := e.receiver(&status)
	const r, a = "granular-admin-relationship-", "granular-admin-access-assignment-"
	e.register(address, "", r+"approved", r+"activated", r+"expired", a+"created", a+"updated", a+"activated", a+"deleted")
	if err := e.s.ApproveRelationship(pendingRel, carolID); err != nil {
		t.Fatal(err)
	}
	graph := e.tokens(partner, tokenForm(nil)).text("access_token")
	made := e.call("POST", "/v1.0"+assignments, graph, assignmentBody(group, exchange))
	assigned := "/v1.0" + assignments + "/" + made.text("id")
	read := e.call("GET", assigned, graph, "")
	if x := e.call("PATCH", assigned, graph, "{"+roles(helpdesk)+"}", "If-Match", read.text("@odata.etag")); x.status != 202 {
		t.Fatalf("update = %d %v", x.status, x.body)
	}
	e.due = e.due.AddDate(0, 0, 31)
	e.s.Relationships()
	var names []string
	for range 7 {
		var event struct{ EventName string }
		if err := json.Unmarshal((<-got).body, &event); err != nil {
			t.Fatal(err)
		}
		names = append(names, event.EventName)
	}
	want := strings.Join([]string{r + "approved", r + "activated", a + "created", a + "activated", a + "updated", r + "expired", a + "deleted"}, " ")
	if got := strings.Join(names, " "); got != want {
		t.Errorf("events = %s\nwant %s", got, want)
	}
}

// settled waits until the one delivery is done or given up.
func (e *estate) settled() graphtest.Delivery {
	e.t.Helper()
	var version uint64
	for {
		if all := e.s.Deliveries(); len(all) > 0 && (all[0].Done || all[0].GivenUp) {
			return all[0]
		}
		var err error
		if version, err = e.s.Wait(e.t.Context(), version); err != nil {
			e.t.Fatal(err)
		}
	}
}

func TestWebhookRetry(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		recovers int // after so many failures
		attempts int
		done     bool
	}{
		"AtOnce":     {0, 1, true},
		"Recovers":   {3, 4, true},
		"NeverAgain": {100, 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var status atomic.Int32
			status.Store(500)
			e := newEstate(t, func(o *graphtest.Options) {
				o.WebhookPause = func(failed int) time.Duration {
					if failed >= row.recovers {
						status.Store(200)
					}
					return 0
				}
			})
			if row.recovers == 0 {
				status.Store(200)
			}
			address, got := e.receiver(&status)
			e.register(address, "", "dap-admin-relationship-terminated")
			if err := e.s.RemoveDAP(contoso, carolID); err != nil {
				t.Fatal(err)
			}
			d := e.settled()
			if d.Attempts != row.attempts || d.Done != row.done || d.GivenUp == row.done || len(got) != row.attempts {
				t.Errorf("delivery = %+v, %d arrived", d, len(got))
			}
		})
	}
}

func TestWebhookValidation(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	var status atomic.Int32
	status.Store(200)
	address, got := e.receiver(&status)
	e.register(address, "", "test-created")
	token := e.centerToken("")
	first := e.center("POST", "/webhooks/v1/registration/validationEvents", token, `{}`)
	if n := <-got; !strings.Contains(string(n.body), "test-created") {
		t.Errorf("test event = %s", n.body)
	}
	e.settled()
	if a := e.center("GET", "/webhooks/v1/registration/validationEvents/"+first.text("correlationId"), token, ""); a.text("status") != "completed" {
		t.Errorf("validation = %v", a.body)
	}
	e.center("POST", "/webhooks/v1/registration/validationEvents", token, `{}`)
	if a := e.center("POST", "/webhooks/v1/registration/validationEvents", token, `{}`); a.status != 429 || a.header.Get("Retry-After") != "60" {
		t.Errorf("the third in a minute = %d", a.status)
	}
	if a := e.center("GET", "/webhooks/v1/registration/events", token, ""); a.status != 200 || a.body["totalCount"] == 0.0 {
		t.Errorf("events = %v", a.body)
	}
	if a := e.center("PUT", "/webhooks/v1/registration", token, `{"WebhookUrl":"`+address+`2","WebhookEvents":["invoice-ready"]}`); a.text("WebhookUrl") != address+"2" {
		t.Errorf("update = %v", a.body)
	}
	if a := e.center("GET", "/webhooks/v1/registration", token, ""); a.text("WebhookUrl") != address+"2" {
		t.Errorf("registration = %v", a.body)
	}
}

// TestCloseEndsDelivery closes the server while a delivery waits for its next
// attempt.
func TestCloseEndsDelivery(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{})
	e := newEstate(t, func(o *graphtest.Options) {
		o.WebhookPause = func(int) time.Duration { close(waiting); return time.Hour }
	})
	var status atomic.Int32
	status.Store(503)
	address, _ := e.receiver(&status)
	e.register(address, "", "dap-admin-relationship-terminated")
	if err := e.s.RemoveDAP(contoso, carolID); err != nil {
		t.Fatal(err)
	}
	<-waiting
	e.s.Close()
	if d := e.s.Deliveries(); len(d) != 1 || d[0].Done || d[0].Attempts != 1 {
		t.Errorf("deliveries = %+v", d)
	}
}
