package audit_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// event is the n'th event of a test.
func event(n int) access.Event {
	return access.Event{
		At: start.Add(time.Duration(n) * time.Second), Actor: access.Person{Team: "T0HOME", User: "U0ANA", Name: "Ana Ito", Mail: "ana@partner.test"},
		Kind: access.EventRefused, Customer: "contoso", Request: access.RequestID(fmt.Sprintf("R-%05d", n%2)),
		Detail: map[string]string{"act": "request", "code": "forbidden", "n": fmt.Sprint(n)},
	}
}

func add(t *testing.T, s state.Store, events ...access.Event) (out []access.Event) {
	t.Helper()
	for _, e := range events {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			e, err := audit.Append(tx, e)
			out = append(out, e)
			return err
		})
		if err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
	return out
}

// filled returns a store with n events.
func filled(t *testing.T, n int) state.Store {
	t.Helper()
	s := statetest.Memory()
	for i := range n {
		add(t, s, event(i+1))
	}
	return s
}

func verify(t *testing.T, s state.Store) (n uint64, err error) {
	t.Helper()
	viewErr := s.View(t.Context(), func(tx state.Tx) error {
		n, err = audit.Verify(tx)
		return nil
	})
	if viewErr != nil {
		t.Fatal(viewErr)
	}
	return n, err
}

func TestAppend(t *testing.T) {
	t.Parallel()
	bolt, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer bolt.Close() //nolint:errcheck // a test's
	for name, s := range map[string]state.Store{"Memory": statetest.Memory(), "Bolt": bolt} {
		if n, err := verify(t, s); n != 0 || err != nil {
			t.Errorf("%s: Verify of nothing = %d, %v", name, n, err)
		}
		var got []access.Event
		for i := range 12 { // past 9, so that the order is not that of texts
			got = append(got, add(t, s, event(i+1))...)
		}
		for i, e := range got {
			want := event(i + 1)
			want.Actor.Name, want.Actor.Mail = "", "" // it keeps ids alone
			want.Seq, want.Hash = uint64(i+1), e.Hash
			if i > 0 {
				want.Prev = got[i-1].Hash
			}
			if !reflect.DeepEqual(e, want) || len(e.Hash) != 64 {
				t.Errorf("%s: event %d is %+v, want %+v", name, i+1, e, want)
			}
		}
		if n, err := verify(t, s); n != 12 || err != nil {
			t.Errorf("%s: Verify = %d, %v", name, n, err)
		}
	}
}

// TestWhatIsAppendedHolds appends what people may send. Whatever it is, the log
// that was written must be the one that is read.
func TestWhatIsAppendedHolds(t *testing.T) {
	t.Parallel()
	tests := map[string]access.Event{
		"Nothing":     {},
		"EmptyDetail": {Detail: map[string]string{}},
		"NotUTF8":     {Detail: map[string]string{"path": "/slack/\xff\xfe", "\xc3": "\xed\xa0\x80"}},
		"ActorNotUTF": {Actor: access.Person{Team: "T\xff", User: "U\xff"}, Customer: "\x80"},
		"Markup":      {Detail: map[string]string{"act": "<!channel> & \u2028 \x00 \\ \""}},
		"OtherZone":   {At: start.In(time.FixedZone("east", 9*3600))},
		"Nanoseconds": {At: start.Add(1)},
		"Monotonic":   {At: time.Now()},
		"Long":        {Detail: map[string]string{"act": strings.Repeat("ä", 100_000)}},
	}
	for name, e := range tests {
		s := filled(t, 1)
		added := add(t, s, e, event(3))
		if n, err := verify(t, s); n != 3 || err != nil {
			t.Errorf("%s: Verify = %d, %v", name, n, err)
		}
		err := s.View(t.Context(), func(tx state.Tx) error {
			tail, err := audit.Tail(tx, 2)
			if !reflect.DeepEqual(tail, added) {
				t.Errorf("%s: read %+v, appended %+v", name, tail, added)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	s := filled(t, 5)
	seqs := func(events []access.Event) (out []uint64) {
		for _, e := range events {
			out = append(out, e.Seq)
		}
		return out
	}
	err := s.View(t.Context(), func(tx state.Tx) error {
		var errs []error
		for n, want := range map[int][]uint64{0: nil, 1: {5}, 3: {3, 4, 5}, 5: {1, 2, 3, 4, 5}, 99: {1, 2, 3, 4, 5}} {
			got, err := audit.Tail(tx, n)
			if !slices.Equal(seqs(got), want) {
				t.Errorf("Tail(%d) = %v, want %v", n, seqs(got), want)
			}
			errs = append(errs, err)
		}
		for id, want := range map[access.RequestID][]uint64{"R-00000": {2, 4}, "R-00001": {1, 3, 5}, "R-0000": nil, "": nil} {
			got, err := audit.Of(tx, id)
			if !slices.Equal(seqs(got), want) {
				t.Errorf("Of(%q) = %v, want %v", id, seqs(got), want)
			}
			errs = append(errs, err)
		}
		var all []access.Event
		for e, err := range audit.All(tx) {
			errs = append(errs, err)
			if all = append(all, e); len(all) == 4 {
				break
			}
		}
		if !slices.Equal(seqs(all), []uint64{1, 2, 3, 4}) {
			t.Errorf("All = %v", seqs(all))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Error(err)
	}
	err = statetest.Memory().View(t.Context(), func(tx state.Tx) error {
		tail, err := audit.Tail(tx, 3)
		if len(tail) != 0 {
			t.Errorf("Tail of nothing = %v", tail)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range [][2]string{{"salt", "why"}, {"salt", "why "}, {"other", "why"}, {"", "why"}, {"saltw", "hy"}, {"salt", ""}} {
		d := audit.Digest(c[0], c[1])
		if other, twice := seen[d]; twice {
			t.Errorf("%v has the digest of %s", c, other)
		}
		seen[d] = c[0] + "/" + c[1]
		if d != audit.Digest(c[0], c[1]) || strings.Contains(d, "why") || !strings.HasPrefix(d, "hmac-sha256:") || len(d) != 12+64 {
			t.Errorf("the digest of %v is %s", c, d)
		}
	}
}

// TestForgets has text about people nowhere: the log is no place for it.
func TestForgets(t *testing.T) {
	t.Parallel()
	for key, value := range statetest.Contents(t, filled(t, 2)) {
		if strings.Contains(value, "Ana") {
			t.Errorf("%s holds a name: %s", key, value)
		}
	}
}

// TestRollback has an event go with the change that it tells of.
func TestRollback(t *testing.T) {
	t.Parallel()
	s := filled(t, 2)
	before := statetest.Contents(t, s)
	failed := errors.New("the change failed")
	err := s.Update(t.Context(), func(tx state.Tx) error {
		if _, err := audit.Append(tx, event(3)); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) || !maps.Equal(statetest.Contents(t, s), before) {
		t.Errorf("after %v the store is changed", err)
	}
}
