package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/partnercenter"
)

// hooks plays Partner Center's registration.
type hooks struct {
	now      partnercenter.Registration
	fates    []string // of the test notification, one look after another
	refuse   error
	changes  []string // what was registered, and how
	validate int
}

func (h *hooks) Registration(context.Context) (partnercenter.Registration, bool, error) {
	return h.now, h.now.URL != "", nil
}

func (h *hooks) Events(context.Context) ([]string, error) { return []string{"b", "a"}, nil }

func (h *hooks) Register(_ context.Context, r partnercenter.Registration, replace bool) error {
	h.changes = append(h.changes, fmt.Sprintf("%s %v %t", r.URL, r.Events, replace))
	return h.refuse
}

func (h *hooks) Validate(context.Context) (string, error) { h.validate++; return "id", nil }

func (h *hooks) Validation(context.Context, string) (partnercenter.Validation, error) {
	v := partnercenter.Validation{Status: h.fates[0]}
	if v.Status == "failed" {
		v.Results = []struct{ ResponseCode json.Number }{{"502"}}
	}
	if len(h.fates) > 1 {
		h.fates = h.fates[1:]
	}
	return v, nil
}

func TestRegister(t *testing.T) {
	t.Parallel()
	const here = "https://bot.example/partnercenter/notifications"
	ours := partnercenter.Registration{URL: here, Events: []string{"a", "b", "invoice-ready"}}
	fewer := partnercenter.Registration{URL: here, Events: []string{"a"}}
	other := partnercenter.Registration{URL: "https://tool.example/hook?code=secret", Events: []string{"a"}}
	arrives := []string{"pending", "pending", "completed"}
	for _, row := range []struct {
		name           string
		h              hooks
		check, replace bool
		says, fails    string
		changes        []string
	}{
		{"First", hooks{fates: arrives}, false, false, "It arrived", "", []string{here + " [a b] false"}},
		{"FirstLook", hooks{}, true, false, "notifies nobody", "", nil},
		{"Again", hooks{now: ours, fates: arrives}, false, false, "notifies this bot already", "", nil},
		{"MoreEvents", hooks{now: fewer, fates: arrives}, false, false, "not of 1 events: [b]", "", []string{here + " [a b] true"}},
		{"Other", hooks{now: other}, false, false, "somebody else: https://tool.example/hook.", "another tool's", nil},
		{"OtherLook", hooks{now: other}, true, false, "somebody else: https://tool.example/hook.", "", nil},
		{"OtherReplaced", hooks{now: other, fates: arrives}, false, true, "It arrived", "", []string{here + " [a b] true"}},
		{"Refused", hooks{refuse: errors.New("no")}, false, false, "", "register: no", []string{here + " [a b] false"}},
		{"NotTaken", hooks{now: ours, fates: []string{"pending", "failed"}}, false, false, "", "not taken (answer 502)", nil},
		{"NeverArrives", hooks{now: ours, fates: []string{"pending"}}, false, false, "", "has not arrived yet (no answer)", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := hook{hookClient: &row.h, address: here, out: &out}.register(t.Context(), row.check, row.replace)
			if row.fails == "" && err != nil || row.fails != "" && (err == nil || !strings.Contains(err.Error(), row.fails)) {
				t.Errorf("error = %v, want %q", err, row.fails)
			}
			if !strings.Contains(out.String(), row.says) || strings.Contains(out.String(), "secret") {
				t.Errorf("says %q, want %q", out.String(), row.says)
			}
			if !slices.Equal(row.h.changes, row.changes) {
				t.Errorf("registered %q, want %q", row.h.changes, row.changes)
			}
			if row.check && row.h.validate > 0 {
				t.Error("a look sends a notification")
			}
		})
	}
}
