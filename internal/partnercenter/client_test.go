package partnercenter_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/partnercenter"
)

const contoso access.TenantID = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// center answers every call in the same way and remembers the last one.
type center struct {
	status int
	body   string
	header map[string]string
	got    string
}

func (c *center) client(t *testing.T) *partnercenter.Client {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		c.got = strings.TrimSpace(r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(raw))
		for k, v := range c.header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(c.status)
		io.WriteString(w, c.body) //nolint:errcheck // the client has gone
	}))
	t.Cleanup(srv.Close)
	return partnercenter.New(partnercenter.Options{
		BaseURL: srv.URL, HTTP: srv.Client(), Now: func() time.Time { return now },
		Token: func(context.Context) (string, error) { return "app", nil },
	})
}

func TestCustomer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		c    center
		dap  bool
		err  string
	}{
		{"Held", center{status: 200, body: `{"id":"` + string(contoso) + `","allowDelegatedAccess":true,"relationshipToPartner":"reseller"}`}, true, ""},
		{"Gone", center{status: 200, body: `{"id":"` + strings.ToUpper(string(contoso)) + `","allowDelegatedAccess":false}`}, false, ""},
		{"ByteOrderMark", center{status: 200, body: "\xef\xbb\xbf" + `{"id":"` + string(contoso) + `","allowDelegatedAccess":true}`}, true, ""},
		{"Silent", center{status: 200, body: `{"id":"` + string(contoso) + `"}`}, false, "does not say"},
		{"OtherCustomer", center{status: 200, body: `{"id":"x","allowDelegatedAccess":true}`}, false, "does not say"},
		{"NotJSON", center{status: 200, body: `<html>`}, false, "not the JSON"},
		{"Forbidden", center{status: 403, body: `{"code":7,"description":"planted"}`}, false, "answered 403 (code 7)"},
		{"NoBody", center{status: 500}, false, "answered 500"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := row.c.client(t).Customer(t.Context(), contoso)
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Fatalf("error = %v, want %q", err, row.err)
			}
			if got.DAP != row.dap {
				t.Errorf("= %+v", got)
			}
			if want := "GET /v1/customers/" + string(contoso) + " Bearer app"; row.c.got != want {
				t.Errorf("called %q, want %q", row.c.got, want)
			}
			if err != nil && strings.Contains(err.Error(), "planted") {
				t.Errorf("the error repeats what was answered: %v", err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Seconds", "60", time.Minute}, {"Date", now.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		{"Past", now.Add(-time.Minute).Format(http.TimeFormat), 0}, {"Nonsense", "soon", 0}, {"TooLong", "999999999", 24 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := center{status: 429, header: map[string]string{"Retry-After": row.value}}
			_, err := c.client(t).Customer(t.Context(), contoso)
			if got := partnercenter.RetryAfter(err); got != row.want || partnercenter.StatusOf(err) != 429 {
				t.Errorf("RetryAfter = %v, want %v", got, row.want)
			}
		})
	}
	if partnercenter.RetryAfter(errors.New("x")) != 0 || partnercenter.StatusOf(errors.New("x")) != 0 {
		t.Error("an error of another kind has a status")
	}
}

func TestRemoveDAP(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		c      center
		status int
	}{
		{"Done", center{status: 200, body: `{"id":"` + string(contoso) + `","allowDelegatedAccess":false}`}, 0},
		{"DoneWithoutAWord", center{status: 200, body: `{}`}, 0},
		{"Refused", center{status: 401}, 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := row.c.client(t).RemoveDAP(t.Context(), "person", contoso)
			if (err != nil) != (row.status != 0) || partnercenter.StatusOf(err) != row.status {
				t.Errorf("error = %v", err)
			}
			want := "PATCH /v1/customers/" + string(contoso) + ` Bearer person {"allowDelegatedAccess":false,"attributes":{"objectType":"Customer"}}`
			if row.c.got != want {
				t.Errorf("called %q, want %q", row.c.got, want)
			}
		})
	}
}

func TestResellerLink(t *testing.T) {
	t.Parallel()
	const link = "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=x&DAP=false#/BillingAccounts"
	for _, row := range []struct {
		name string
		c    center
		ok   bool
	}{
		{"Link", center{status: 200, body: `{"url":"` + link + `"}`}, true},
		{"Elsewhere", center{status: 200, body: `{"url":"https://evil.test/"}`}, false},
		{"Clear", center{status: 200, body: `{"url":"http://admin.microsoft.com/"}`}, false},
		{"None", center{status: 200, body: `{}`}, false},
		{"Refused", center{status: 403}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := row.c.client(t).ResellerLink(t.Context(), "person")
			if (err == nil) != row.ok || row.ok && got != link {
				t.Errorf("= %q, %v", got, err)
			}
		})
	}
}

// TestNoToken holds that nothing is called without a token.
func TestNoToken(t *testing.T) {
	t.Parallel()
	c := partnercenter.New(partnercenter.Options{Token: func(context.Context) (string, error) { return "", errors.New("no token") }})
	if _, err := c.Customer(t.Context(), contoso); err == nil || !strings.Contains(err.Error(), "no token") {
		t.Errorf("error = %v", err)
	}
}
