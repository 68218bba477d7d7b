package audit_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// rewritings are what somebody may make of the events of a log, who then writes all hashes
// anew, so that the chain holds.
var rewritings = map[string]func([]access.Event) []access.Event{
	"Change": func(all []access.Event) []access.Event {
		all[4].Actor.User = "U0OTHER"
		return all
	},
	"ChangeLast": func(all []access.Event) []access.Event {
		all[len(all)-1].Detail = nil
		return all
	},
	"Delete":      func(all []access.Event) []access.Event { return slices.Delete(all, 4, 5) },
	"DeleteFirst": func(all []access.Event) []access.Event { return all[1:] },
	"Insert":      func(all []access.Event) []access.Event { return slices.Insert(all, 4, mixed(99)) },
	"InsertFirst": func(all []access.Event) []access.Event { return slices.Insert(all, 0, mixed(99)) },
	"Reorder": func(all []access.Event) []access.Event {
		all[4], all[5] = all[5], all[4]
		return all
	},
	"Replace": func(all []access.Event) []access.Event {
		all[4] = mixed(99)
		return all
	},
	"Truncate":    func(all []access.Event) []access.Event { return all[:len(all)-1] },
	"TruncateAll": func(all []access.Event) []access.Event { return all[:1] },
	"Fork": func(all []access.Event) []access.Event {
		return append(all[:6], mixed(91), mixed(92), mixed(93), mixed(94), mixed(95), mixed(96), mixed(97), mixed(98))
	},
	"OtherCustomer": func(all []access.Event) []access.Event {
		all[4].Customer = "adatum"
		return all
	},
}

// forgers are how far they go.
var forgers = map[string]func(t *testing.T, s state.Store, was map[string]string, private string){
	// The events and the chain of them are written anew, and all else is left.
	"Chain": func(t *testing.T, s state.Store, was map[string]string, _ string) {
		update(t, s, func(tx state.Tx) error {
			var errs []error
			for key, value := range was {
				if strings.HasPrefix(key, "audit/") && key != "audit/head" {
					errs = append(errs, tx.Put(key, []byte(value)))
				}
			}
			return errors.Join(errs...)
		})
	},
	// The trees, too, and checkpoints are signed with a key of their own.
	"OwnKey": func(t *testing.T, s state.Store, _ map[string]string, _ string) {
		private, _ := aKey(t, "latchkey.test/log")
		sign(t, s, private)
	},
	// They have the key of the log.
	"TheKey": func(t *testing.T, s state.Store, _ map[string]string, private string) { sign(t, s, private) },
	// There is no tree and no checkpoint any more.
	"None": func(*testing.T, state.Store, map[string]string, string) {},
}

// TestForgedLogs writes the log anew in many ways, by somebody who may do more and more.
// Whoever kept a checkpoint finds each; who has the key alone finds those that were not
// signed with it.
func TestForgedLogs(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 12, 8, 12)
	kept, was := lastNote(t, s), statetest.Contents(t, s)
	found := 0
	for name, rewriting := range rewritings {
		for who, forger := range forgers {
			var all []access.Event
			view(t, s, func(tx state.Tx) error {
				for e, err := range audit.All(tx) {
					if err != nil {
						return err
					}
					all = append(all, e)
				}
				return nil
			})
			forged := statetest.Memory()
			add(t, forged, rewriting(all)...)
			forger(t, forged, maps.Clone(was), private)
			_, err := verifyBy(t, forged, audit.Trust{Keys: []string{public}, Notes: []string{kept}})
			if broken, ok := errors.AsType[*audit.BrokenError](err); !ok || broken.Why == "" {
				if _, unsound := errors.AsType[*audit.UnsoundError](err); !unsound {
					t.Errorf("%s by %s against a checkpoint that was kept: %v", name, who, err)
				}
			}
			if err != nil {
				found++
			}
			if _, err := verifyBy(t, forged, audit.Trust{Keys: []string{public}}); (err == nil) != (who == "TheKey") {
				t.Errorf("%s by %s with the key alone: %v", name, who, err)
			}
			if who == "Chain" {
				if _, err := verify(t, forged); err == nil {
					t.Errorf("%s by %s holds", name, who)
				}
			}
		}
	}
	t.Logf("%d forged logs, all found", found)
}

// TestDamagedTrees changes what is kept beside the events, one key after the other.
func TestDamagedTrees(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 300, 100, 300)
	all := statetest.Contents(t, s)
	n := 0
	for key, value := range all {
		if !strings.HasPrefix(key, "audit/") || strings.HasPrefix(key, "audit/salt/") {
			continue
		}
		n++
		changed := maps.Clone(all)
		changed[key] = value[:len(value)/2] + string(value[len(value)/2]^1) + value[len(value)/2+1:]
		gone := maps.Clone(all)
		delete(gone, key)
		for what, contents := range map[string]map[string]string{"changed": changed, "gone": gone} {
			replace(t, s, contents)
			if held, err := verifyBy(t, s, audit.Trust{Keys: []string{public}}); err == nil && !(what == "gone" && strings.HasPrefix(key, "audit/checkpoint/")) && !(what == "gone" && key == "audit/tree") {
				t.Errorf("%s is %s: %+v", key, what, held)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d keys are kept beside the events", n)
	}
}

// TestSignsNothingBroken refuses to sign what does not hold.
func TestSignsNothingBroken(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	for name, tamper := range map[string]func(map[string]string) error{
		"New":       rewrite(14, func(e *access.Event) { e.Kind = access.EventApproved }),
		"Gone":      removeFrom(15, 15),
		"Truncated": func(all map[string]string) error { return errors.Join(removeFrom(10, 99)(all), headOf(t, all, 9)) },
		"Tile": func(all map[string]string) error {
			all["audit/tile/00/000000000000"] = strings.Repeat("x", 32*13)
			return nil
		},
		"SignedLast": func(all map[string]string) error { // the last that is signed, and those behind it, are written anew
			others := signedLog(t, private, 11, 11)
			add(t, others, mixed(99), mixed(13), mixed(14), mixed(15))
			for key, value := range statetest.Contents(t, others) {
				if strings.HasPrefix(key, "event/") || key == "audit/head" {
					all[key] = value
				}
			}
			return nil
		},
		"Root": func(all map[string]string) error {
			all["audit/tree"] = strings.Replace(all["audit/tree"], `"Size":13`, `"Size":12`, 1)
			return nil
		},
	} {
		s := signedLog(t, private, 12, 12)
		add(t, s, mixed(13), mixed(14), mixed(15))
		all := statetest.Contents(t, s)
		before := maps.Clone(all)
		if err := tamper(all); err != nil {
			t.Fatal(err)
		}
		if maps.Equal(all, before) {
			t.Fatal("nothing was changed")
		}
		replace(t, s, all)
		err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := audit.Grow(tx, private, start)
			return err
		})
		if err == nil {
			t.Errorf("%s: it is signed", name)
		}
	}
}

// headOf has the log end at the n'th event.
func headOf(t *testing.T, all map[string]string, n int) error {
	t.Helper()
	e, err := state.Decode[access.Event](keyOf(n), []byte(all[keyOf(n)]))
	if err != nil {
		return err
	}
	raw, err := state.Encode(struct {
		Seq  uint64
		Hash string
	}{e.Seq, e.Hash})
	all["audit/head"] = string(raw)
	return err
}
