package state_test

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	current := strconv.Itoa(state.Version)
	newer := strconv.Itoa(state.Version + 1)
	tests := []struct {
		name, mark, after string
		newer             bool
		want              string // part of the error
	}{
		{name: "Fresh", after: current},
		{name: "Same", mark: current, after: current},
		{name: "Newer", mark: newer, after: newer, newer: true, want: "newer version"},
		{name: "Garbage", mark: "one", after: "one", want: "restore a backup"},
		{name: "Zero", mark: "0", after: "0", want: "restore a backup"},
		{name: "Negative", mark: "-1", after: "-1", want: "restore a backup"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := statetest.Memory()
			update(t, s, func(tx state.Tx) error {
				if test.mark == "" {
					return nil
				}
				return errors.Join(tx.Put("meta/version", []byte(test.mark)), state.PutRequest(tx, sampleRequest))
			})
			want := statetest.Contents(t, s)
			want["meta/version"] = test.after
			err := state.Migrate(t.Context(), s)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("Migrate = %v, want an error with %q", err, test.want)
			}
			if _, ok := errors.AsType[*state.NewerError](err); ok != test.newer {
				t.Errorf("Migrate = %v; is a NewerError: %t, want %t", err, ok, test.newer)
			}
			if got := statetest.Contents(t, s); !maps.Equal(got, want) {
				t.Errorf("Migrate left %v, want %v", got, want)
			}
		})
	}
}

// TestDecodeRefuses gives stored bytes that this version cannot have written.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		newer     bool
	}{
		{"Empty", "", false},
		{"NotJSON", "what", false},
		{"CutOff", `{"v":1,"d":{"Request":"R-`, false},
		{"NoVersion", `{"d":{}}`, false},
		{"NoData", `{"v":1}`, false},
		{"OtherType", `{"v":1,"d":{"Rev":"three"}}`, false},
		{"Trailing", `{"v":1,"d":{}}{}`, false},
		{"Newer", `{"v":2,"d":{}}`, true},
	}
	for _, test := range tests {
		_, err := state.Decode[access.Grant]("grant/R-1", []byte(test.raw))
		if err == nil || !strings.Contains(err.Error(), "grant/R-1") {
			t.Errorf("%s: Decode = %v, want an error that names the key", test.name, err)
		}
		if _, ok := errors.AsType[*state.NewerError](err); ok != test.newer {
			t.Errorf("%s: Decode = %v; is a NewerError: %t, want %t", test.name, err, ok, test.newer)
		}
	}
}

func FuzzDecode(f *testing.F) {
	raw, err := state.Encode(sampleRequest)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"v":1,"d":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := state.Decode[access.Request]("request/x", raw)
		if err != nil {
			return
		}
		again, err := state.Encode(r)
		if err != nil {
			t.Fatalf("a record that was read cannot be written: %v", err)
		}
		if _, err := state.Decode[access.Request]("request/x", again); err != nil {
			t.Fatalf("a record that was written cannot be read: %v", err)
		}
	})
}
