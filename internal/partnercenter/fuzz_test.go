package partnercenter_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/partnercenter"
)

// FuzzAnswers has Partner Center answer anything: nothing panics, no error holds the token,
// and nobody's delegated administration is read off another customer.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"id":"` + string(contoso) + `","allowDelegatedAccess":true,"relationshipToPartner":"reseller"}`, `{"id":"x","allowDelegatedAccess":true}`,
		"\xef\xbb\xbf" + `{"id":"` + string(contoso) + `"}`, `{"items":[{"partnerId":"x","customerId":"y","operationDate":"2026-11-24T09:00:00Z"}],"links":{"next":null}}`,
		`{"code":7,"description":"x"}`, `{"code":"x"}`, `{"items":null}`, `{"items":[null]}`, `null`, `[]`, `"x"`, `{`, ``, "\x00",
	} {
		f.Add(200, seed, "")
		f.Add(403, seed, "")
		f.Add(429, seed, "7")
	}
	var network answered
	at := now
	c := partnercenter.New(partnercenter.Options{
		BaseURL: "https://center.test", HTTP: &http.Client{Transport: &network}, Now: func() time.Time { return at },
		Token: func(context.Context) (string, error) { return "planted-token", nil },
	})
	f.Fuzz(func(t *testing.T, status int, body, wait string) {
		if status < 200 || status > 599 || strings.ContainsAny(wait, "\r\n") {
			return
		}
		network = answered{status, body, wait}
		one, err1 := c.Customer(t.Context(), contoso)
		if err1 == nil && one.Tenant != contoso {
			t.Errorf("%q was taken for %s", body, contoso)
		}
		_, err2 := c.Record(t.Context(), "x")
		_, err3 := c.Records(t.Context(), "customer", at)
		_, err4 := c.ResellerLink(t.Context(), "planted-token")
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil && strings.Contains(err.Error(), "planted-token") {
				t.Errorf("the error holds the token: %v", err)
			}
			if wait := partnercenter.RetryAfter(err); wait < 0 {
				t.Errorf("the wait is %v", wait)
			}
		}
	})
}

// answered is a network on which everything is answered in one way.
type answered struct {
	status     int
	body, wait string
}

func (a *answered) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Retry-After": {a.wait}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}
