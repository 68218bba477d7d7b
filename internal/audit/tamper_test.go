package audit_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func keyOf(n int) string { return fmt.Sprintf("event/%020d", n) }

// rewrite stores a changed form of the n'th event, with its old hash.
func rewrite(n int, change func(*access.Event)) func(map[string]string) error {
	return func(all map[string]string) error {
		e, err := state.Decode[access.Event](keyOf(n), []byte(all[keyOf(n)]))
		if err != nil {
			return err
		}
		change(&e)
		raw, err := state.Encode(e)
		all[keyOf(n)] = string(raw)
		return err
	}
}

func removeFrom(first, last int) func(map[string]string) error {
	return func(all map[string]string) error {
		maps.DeleteFunc(all, func(key, _ string) bool { return key >= keyOf(first) && key <= keyOf(last) })
		return nil
	}
}

// with returns the n'th event of a log that is the same as the other one up to
// there, with hashes that hold.
func with(t *testing.T, n int, change func(*access.Event)) (raw string) {
	t.Helper()
	s := filled(t, n-1)
	e := event(n)
	change(&e)
	add(t, s, e)
	return statetest.Contents(t, s)[keyOf(n)]
}

const events = 5

// A tampering changes the stored bytes. Seq is the event from which on the log
// does not hold.
type tampering struct {
	name   string
	tamper func(map[string]string) error
	seq    uint64
}

// changes are to one event.
var changes = []tampering{
	{"At", rewrite(3, func(e *access.Event) { e.At = e.At.Add(1) }), 3},
	{"ActorUser", rewrite(3, func(e *access.Event) { e.Actor.User = "U0BO" }), 3},
	{"ActorTeam", rewrite(3, func(e *access.Event) { e.Actor.Team = "" }), 3},
	{"ActorName", rewrite(3, func(e *access.Event) { e.Actor.Name = "Bo" }), 3},
	{"Kind", rewrite(3, func(e *access.Event) { e.Kind = access.EventApproved }), 3},
	{"Customer", rewrite(3, func(e *access.Event) { e.Customer = "fabrikam" }), 3},
	{"Request", rewrite(3, func(e *access.Event) { e.Request = "R-ZZZZZ" }), 3},
	{"DetailValue", rewrite(3, func(e *access.Event) { e.Detail["code"] = "" }), 3},
	{"DetailMore", rewrite(3, func(e *access.Event) { e.Detail["x"] = "" }), 3},
	{"DetailGone", rewrite(3, func(e *access.Event) { e.Detail = nil }), 3},
	{"Hash", rewrite(3, func(e *access.Event) { e.Hash = strings.Repeat("0", 64) }), 3},
	{"NoHash", rewrite(3, func(e *access.Event) { e.Hash = "" }), 3},
	{"Prev", rewrite(3, func(e *access.Event) { e.Prev = "" }), 3},
	{"Seq", rewrite(3, func(e *access.Event) { e.Seq = 4 }), 3},
	{"First", rewrite(1, func(e *access.Event) { e.Kind = access.EventApproved }), 1},
	{"FirstPrev", rewrite(1, func(e *access.Event) { e.Prev = "0" }), 1},
	{"Last", rewrite(events, func(e *access.Event) { e.Kind = access.EventApproved }), events},
}

func set(key, value string) func(map[string]string) error {
	return func(all map[string]string) error {
		all[key] = value
		return nil
	}
}

// moves are of whole events.
func moves(t *testing.T) []tampering {
	t.Helper()
	return []tampering{
		{"NotReadable", set(keyOf(2), "{"), 2},
		{"OfTheFuture", set(keyOf(2), `{"v":99,"d":{}}`), 2},
		{"Emptied", set(keyOf(2), ""), 2},
		{"DeleteFirst", removeFrom(1, 1), 1},
		{"DeleteMiddle", removeFrom(3, 3), 3},
		{"DeleteLast", removeFrom(events, events), events},
		{"Truncate", removeFrom(3, events), 3},
		{"DeleteAll", removeFrom(1, events), 1},
		{"DeleteAllButTheLast", removeFrom(1, events-1), 1},
		{"Swap", func(all map[string]string) error {
			all[keyOf(2)], all[keyOf(3)] = all[keyOf(3)], all[keyOf(2)]
			return nil
		}, 2},
		{"SwapAndRenumber", func(all map[string]string) error {
			all[keyOf(2)], all[keyOf(3)] = all[keyOf(3)], all[keyOf(2)]
			return errors.Join(
				rewrite(2, func(e *access.Event) { e.Seq = 2 })(all),
				rewrite(3, func(e *access.Event) { e.Seq = 3 })(all))
		}, 2},
		{"Duplicate", func(all map[string]string) error {
			all[keyOf(events+1)] = all[keyOf(events)]
			return nil
		}, events + 1},
		{"Insert", set(keyOf(2)+"5", "{}"), 3},
		{"InsertBefore", set(keyOf(0), "{}"), 1},
		{"InsertAtTheEnd", set("event/x", "{}"), events + 1},
		{"ForkInTheMiddle", set(keyOf(3), with(t, 3, func(e *access.Event) { e.Kind = access.EventApproved })), 4},
		{"ForkAtTheEnd", set(keyOf(events), with(t, events, func(e *access.Event) { e.Kind = access.EventApproved })), events + 1},
		{"GoOn", set(keyOf(events+1), with(t, events+1, func(*access.Event) {})), events + 2},
		{"NoHead", func(all map[string]string) error {
			delete(all, "audit/head")
			return nil
		}, events + 1},
	}
}

// TestVerifyFindsTampering changes the stored bytes in every way that came to
// mind.
func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	for _, test := range append(moves(t), changes...) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := filled(t, events)
			all := statetest.Contents(t, s)
			before := maps.Clone(all)
			if err := test.tamper(all); err != nil {
				t.Fatal(err)
			}
			if maps.Equal(all, before) {
				t.Fatal("nothing was changed")
			}
			replace(t, s, all)
			_, err := verify(t, s)
			if broken, ok := errors.AsType[*audit.BrokenError](err); !ok || broken.Seq != test.seq || broken.Why == "" {
				t.Errorf("Verify = %v, want it broken at %d", err, test.seq)
			}
			replace(t, s, before)
			if n, err := verify(t, s); n != events || err != nil {
				t.Errorf("Verify of the log as it was = %d, %v", n, err)
			}
		})
	}
}

// TestVerifyFindsAnotherHead puts the head of another log on the log.
func TestVerifyFindsAnotherHead(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, events - 1, events + 1} {
		s := filled(t, events)
		all := statetest.Contents(t, s)
		all["audit/head"] = statetest.Contents(t, filled(t, n))["audit/head"]
		replace(t, s, all)
		_, err := verify(t, s)
		if _, ok := errors.AsType[*audit.BrokenError](err); !ok {
			t.Errorf("with the head of %d events Verify = %v", n, err)
		}
	}
	s := filled(t, events)
	all := statetest.Contents(t, s)
	all["audit/head"] = "{"
	replace(t, s, all)
	if _, err := verify(t, s); err == nil {
		t.Error("Verify takes a head that cannot be read")
	}
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		_, err := audit.Append(tx, event(9))
		return err
	}); err == nil {
		t.Error("Append goes on from a head that cannot be read")
	}
}

// TestReadersSayWhatIsBroken has the readers fail rather than leave out what
// cannot be read.
func TestReadersSayWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(map[string]string){
		"NotReadable": func(all map[string]string) { all[keyOf(3)] = "{" },
		"Gone":        func(all map[string]string) { delete(all, keyOf(3)) },
	} {
		s := filled(t, events)
		all := statetest.Contents(t, s)
		tamper(all)
		replace(t, s, all)
		err := s.View(t.Context(), func(tx state.Tx) error {
			if _, err := audit.Tail(tx, events); err == nil {
				t.Errorf("%s: Tail leaves it out", name)
			}
			if _, err := audit.Of(tx, "R-00001"); err == nil {
				t.Errorf("%s: Of leaves it out", name)
			}
			failed := 0
			for _, err := range audit.All(tx) {
				if err != nil {
					failed++
				}
			}
			if name == "NotReadable" && failed != 1 {
				t.Errorf("All failed %d times", failed)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// replace makes all the content of the store.
func replace(t *testing.T, s state.Store, all map[string]string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx state.Tx) error {
		var errs []error
		for key := range statetest.Contents(t, s) {
			errs = append(errs, tx.Delete(key))
		}
		for _, key := range slices.Sorted(maps.Keys(all)) {
			errs = append(errs, tx.Put(key, []byte(all[key])))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}
