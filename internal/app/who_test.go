package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

const (
	whoRelation = "72a7ae7e-4887-4e34-9755-2e1e9b26b943-63f017cb-9e0d-4f14-94bd-4871902b3409"
	whoCustomer = "0c0a0d0e-0000-4000-8000-000000000001"
)

var whoSeen = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// rec is an audit record, so many minutes before the change was seen.
func rec(operation, resource, by, app string, before int) string {
	return fmt.Sprintf(`{"id":"r%d","customerId":%q,"operationType":%q,"userPrincipalName":%q,"applicationId":%q,"operationDate":%q,"resourceNewValue":%q}`,
		before, whoCustomer, operation, by, app, whoSeen.Add(-time.Duration(before)*time.Minute).Format(time.RFC3339Nano), `{"Id":"`+resource+`"}`)
}

func TestWhoInPartnerCenter(t *testing.T) {
	t.Parallel()
	relation := access.Alert{ID: "A-0123456789", Relationship: whoRelation, Customer: whoCustomer}
	group := relation
	group.Group = "g"
	customer := access.Alert{ID: "A-0123456789", Customer: whoCustomer}
	const asked, done = "granular_admin_relationship_termination_requested", "granular_admin_relationship_terminated"
	for _, row := range []struct {
		name    string
		alert   access.Alert
		change  access.ChangeKind
		status  int
		records []string
		after   time.Duration
		want    string // "?" is an error: it is tried again
	}{
		{"Customer", relation, access.ChangeTerminated, 200, []string{rec(done, whoRelation, "", "", 1), rec(asked, whoRelation, "carol@contoso.test", "", 5)}, 0, "carol@contoso.test"},
		{"NewestOfTwo", relation, access.ChangeTerminated, 200, []string{rec(asked, whoRelation, "old@x", "", 60), rec(asked, whoRelation, "new@x", "", 5)}, 0, "new@x"},
		{"Application", relation, access.ChangeEnding, 200, []string{rec(asked, strings.ToUpper(whoRelation), "", "app-1", 5)}, 0, "the application app-1"},
		{"OnlyCarriedOut", relation, access.ChangeTerminated, 200, []string{rec(done, whoRelation, "", "", 1)}, 0, "?"},
		{"NobodyNamed", relation, access.ChangeTerminated, 200, []string{rec(asked, whoRelation, "", "", 1)}, 0, "?"},
		{"OfNothing", relation, access.ChangeTerminated, 200, []string{rec(asked, "", "carol@contoso.test", "", 1)}, 0, "?"},
		{"AnotherRelationship", relation, access.ChangeTerminated, 200, []string{rec(asked, "x", "carol@contoso.test", "", 5)}, 0, "?"},
		{"TooOld", relation, access.ChangeTerminated, 200, []string{rec(asked, whoRelation, "carol@contoso.test", "", 25*60)}, 0, "?"},
		{"NotYet", relation, access.ChangeTerminated, 200, nil, whoFor - time.Second, "?"},
		{"Never", relation, access.ChangeTerminated, 200, nil, whoFor, ""},
		{"Assignment", group, access.ChangeUnassigned, 200, []string{rec("granular_admin_access_assignment_deleted", "as-1", "dan@x", "", 2)}, whoFor, ""}, // of which group, nobody says
		{"DAP", customer, access.ChangeDAPGone, 200, []string{rec("dap_admin_relationship_terminated", whoCustomer, "signe@x", "", 2)}, 0, "signe@x"},
		{"DAPByMicrosoft", customer, access.ChangeDAPGone, 200, []string{rec("dap_admin_relationship_terminated_by_microsoft", whoCustomer, "svc@microsoft", "", 2)}, 0, "Microsoft"},
		{"NobodysDoing", relation, access.ChangeExpired, 200, nil, whoFor, ""},
		{"NotLetIn", relation, access.ChangeTerminated, 403, nil, 0, ""},
		{"Busy", relation, access.ChangeTerminated, 429, nil, 0, "?"},
		{"Down", relation, access.ChangeTerminated, 500, nil, 0, "?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(row.status)
				fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(row.records, ","))
			}))
			defer srv.Close()
			client := partnercenter.New(partnercenter.Options{BaseURL: srv.URL, Token: func(context.Context) (string, error) { return "t", nil }})
			l := &logs{
				store: statetest.Memory(), center: func() *partnercenter.Client { return client },
				now: func() time.Time { return whoSeen.Add(row.after) },
			}
			if err := l.store.Update(t.Context(), func(tx state.Tx) error { return state.PutAlert(tx, row.alert, false) }); err != nil {
				t.Fatal(err)
			}
			payload, err := json.Marshal(outbox.WhoPayload{Alert: row.alert.ID, Change: row.change, At: whoSeen})
			if err != nil {
				t.Fatal(err)
			}
			raw, err := l.who(t.Context(), outbox.Effect{Kind: outbox.Who, Payload: payload, Attempts: 1})
			var result outbox.WhoResult
			if err == nil && raw != nil {
				err = json.Unmarshal(raw, &result)
			}
			got := result.By
			if err != nil {
				got = "?"
			}
			if row.status == 200 && row.want == "?" && (outbox.Wait(err) < whoSoon || outbox.Wait(err) > whoLate) {
				t.Errorf("asks again after %v", outbox.Wait(err))
			}
			if got != row.want {
				t.Errorf("= %q (%v), want %q", got, err, row.want)
			}
		})
	}
}

// TestWhoOfNoAlert is done at once.
func TestWhoOfNoAlert(t *testing.T) {
	t.Parallel()
	l := &logs{store: statetest.Memory(), center: func() *partnercenter.Client { return nil }}
	raw, err := l.who(t.Context(), outbox.Effect{Kind: outbox.Who, Payload: json.RawMessage(`{"Alert":"A-0000000000"}`)})
	if raw != nil || err != nil {
		t.Errorf("= %s, %v", raw, err)
	}
	if l.knows(access.AboutCustomer) || !l.knows(access.AboutMember) {
		t.Error("where Partner Center is not asked, only the directory's log is")
	}
	if err := l.store.Update(t.Context(), func(tx state.Tx) error {
		return state.PutAlert(tx, access.Alert{ID: "A-0123456789", Relationship: whoRelation, Customer: whoCustomer}, false)
	}); err != nil {
		t.Fatal(err)
	}
	raw, err = l.who(t.Context(), outbox.Effect{Kind: outbox.Who, Payload: json.RawMessage(`{"Alert":"A-0123456789","Change":"terminated"}`)})
	if raw != nil || err != nil {
		t.Errorf("where Partner Center is not asked any more: %s, %v", raw, err)
	}
	if _, err := l.who(t.Context(), outbox.Effect{Kind: outbox.Who, Payload: json.RawMessage(`7`)}); !outbox.IsPermanent(err) {
		t.Errorf("a payload that cannot be read is %v", err)
	}
}

// TestWait lets one ask the directory's log in a while, and has the others come at
// different times.
func TestWait(t *testing.T) {
	t.Parallel()
	l := &logs{}
	if wait := l.wait(whoSeen); wait != 0 {
		t.Errorf("the first waits %v", wait)
	}
	waits := map[time.Duration]bool{}
	for range 20 {
		wait := l.wait(whoSeen.Add(time.Second))
		if wait < 2*time.Second || wait > 40*time.Second {
			t.Errorf("the next waits %v", wait)
		}
		waits[wait] = true
	}
	if len(waits) < 10 {
		t.Errorf("20 wait for %d different times", len(waits))
	}
	if wait := l.wait(whoSeen.Add(directoryPause)); wait != 0 {
		t.Errorf("after the pause one waits %v", wait)
	}
}
