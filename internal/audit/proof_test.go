package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

func prove(t *testing.T, s state.Store, customer access.TenantID, p audit.Period) (file string, proven audit.Proven) {
	t.Helper()
	var out bytes.Buffer
	view(t, s, func(tx state.Tx) (err error) {
		proven, err = audit.Prove(tx, customer, p, &out)
		return err
	})
	return out.String(), proven
}

// after is the moment of the n'th event, and a half second before it.
func after(n int) time.Time { return start.Add(time.Duration(n)*time.Second - time.Second/2) }

// TestProof proves each customer's events for many periods, and finds in each exactly what
// the log has.
func TestProof(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 300, 40, 290) // ten more are not under the checkpoint
	periods := []audit.Period{{}}
	for _, b := range [][2]int{{-9, 500}, {-9, 0}, {400, 500}, {1, 2}, {2, 3}, {50, 51}, {50, 100}, {0, 20}, {250, 291}, {280, 300}} {
		periods = append(periods, audit.Period{From: after(b[0]), To: after(b[1])}, audit.Period{From: after(b[0])}, audit.Period{To: after(b[1])})
	}
	for _, customer := range []access.TenantID{"contoso", "fabrikam", "adatum"} {
		for i, p := range periods {
			if customer != "contoso" && i%5 != 0 {
				continue
			}
			var want []uint64
			for n := 1; n <= 290; n++ {
				e := mixed(n)
				if e.Customer == customer && !e.At.Before(p.From) && (p.To.IsZero() || e.At.Before(p.To)) {
					want = append(want, uint64(n))
				}
			}
			file, wrote := prove(t, s, customer, p)
			var got []uint64
			read, err := audit.CheckProof(strings.NewReader(file), audit.Trust{Keys: []string{public}}, func(e access.Event) {
				n := e.Seq
				if n > 41 { // the event that names the key is the 41st
					n--
				}
				got = append(got, n)
			})
			if err != nil || !slices.Equal(got, want) || read.Events != len(want) || wrote.Events != len(want) || read.All != wrote.All {
				t.Errorf("%s %v: %v, %d events, want %v; %v", customer, p, got, read.Events, want, err)
			}
		}
	}
}

// TestProofShowsNothingElse has nothing of another customer in a proof, and nobody
// recognise an event of another in it who guesses what it says.
func TestProofShowsNothingElse(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 60, 60)
	file, _ := prove(t, s, "contoso", audit.Period{})
	for _, word := range []string{"fabrikam", "adatum", "FABRIKAM", "ADATUM"} {
		if strings.Contains(file, word) {
			t.Errorf("%q is in the proof for contoso", word)
		}
	}
	salts := map[access.TenantID]string{}
	view(t, s, func(tx state.Tx) error {
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			if salts[e.Customer] = e.Salt; e.Customer == "contoso" {
				continue
			}
			if e.Customer != "" && strings.Contains(file, e.Salt) {
				t.Errorf("the salt of %s is in the proof for contoso", e.Customer)
			}
		}
		return nil
	})
	if len(salts) != 4 || len(salts["fabrikam"]) != 32 {
		t.Errorf("the salts are %v", salts)
	}
}

// TestNoProof has nothing be proven of whom the log does not know, or before it is signed.
func TestNoProof(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	unsigned := signedLog(t, private, 5)
	signed := signedLog(t, private, 5, 5)
	for s, customer := range map[state.Store]access.TenantID{unsigned: "contoso", signed: "nobody"} {
		view(t, s, func(tx state.Tx) error {
			if _, err := audit.Prove(tx, customer, audit.Period{}, new(bytes.Buffer)); !errors.Is(err, audit.ErrNoEvents) {
				t.Errorf("Prove of %s = %v", customer, err)
			}
			return nil
		})
	}
}

// bends are ways to bend the lines of a proof.
func bends(lines []string) map[string][]string {
	on := func(i int, change func(string) string) []string {
		out := slices.Clone(lines)
		out[i] = change(out[i])
		return out
	}
	old := func(a, b string) func(string) string {
		return func(line string) string { return strings.Replace(line, a, b, 1) }
	}
	last := len(lines) - 1
	swapped := slices.Clone(lines)
	swapped[4], swapped[5] = swapped[5], swapped[4]
	all := map[string][]string{
		"Nothing":       nil,
		"Empty":         {""},
		"NoHead":        lines[1:],
		"FormerForm":    on(0, old("proof 2", "proof 1")),
		"LaterForm":     on(0, old("proof 2", "proof 3")),
		"OtherCustomer": on(0, old(`"customer":"contoso"`, `"customer":"fabrikam"`)),
		"FewerEvents":   on(0, old(`"events":`, `"events":1`)),
		"OnlyHead":      lines[:1],
		"LastGone":      lines[:last],
		"Twice":         append(slices.Clone(lines), lines[last]),
		"Swapped":       swapped,
		"NoPath":        on(4, func(s string) string { return s[:strings.Index(s, `,"path"`)] + "}" }),
		"OtherPath":     on(4, old(`"path":["`, `"path":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","`)),
		"BothAtOnce":    on(4, old(`{"event"`, `{"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","event"`)),
		"TwoCustomers":  on(0, old(`"customer":`, `"customer":"fabrikam","customer":`)),
		"TwoEvents":     on(4, func(s string) string { return lines[5][:len(lines[5])-1] + "," + s[1:] }),
		"LongLine":      on(4, old(`{"event"`, `{"note":"`+strings.Repeat("x", 17<<20)+`","event"`)),
		"ShorterPath":   on(4, func(s string) string { return s[:strings.Index(s, `"path"`)] + `"path":[]}` }),
		"Unknown":       on(4, old(`{"event"`, `{"note":"trust me","event"`)),
		"NotAnEvent":    on(4, func(string) string { return `{"event":7}` }),
		"NoLine":        on(4, func(string) string { return `{}` }),
		"Size":          on(0, old(`\n`, `\n1`)),
		"Unsigned":      on(0, old(`— `, `- `)),
		"LongPath":      on(0, old(`"path":[`, `"path":[`+strings.Repeat(`"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",`, 300))),
	}
	for i := 1; i < len(lines); i++ {
		all[fmt.Sprintf("Delete/%d", i)] = slices.Delete(slices.Clone(lines), i, i+1)
		all[fmt.Sprintf("Insert/%d", i)] = slices.Insert(slices.Clone(lines), i, lines[i])
		all[fmt.Sprintf("Hash/%d", i)] = on(i, func(string) string { return `{"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` })
		all[fmt.Sprintf("Change/%d", i)] = on(i, old(`"U0ANA"`, `"U0BO"`))
		all[fmt.Sprintf("Detail/%d", i)] = on(i, old(`"code":"forbidden"`, `"code":"forbiddem"`))
	}
	return all
}

// TestBentProofs bends a proof in every way that came to mind, and hides each event of
// it behind its hash.
func TestBentProofs(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 60, 60)
	file, _ := prove(t, s, "contoso", audit.Period{From: after(10), To: after(40)})
	lines := strings.Split(strings.TrimSpace(file), "\n")
	check := func(lines []string, key string) error {
		_, err := audit.CheckProof(strings.NewReader(strings.Join(lines, "\n")), audit.Trust{Keys: []string{key}}, func(access.Event) {})
		return err
	}
	if err := check(lines, public); err != nil {
		t.Fatal(err)
	}
	bent := bends(lines)
	for name, lines := range bent {
		if err := check(lines, public); err == nil {
			t.Errorf("%s: the proof holds", name)
		}
	}
	for i, line := range lines[1:] {
		hidden := slices.Clone(lines)
		hidden[i+1] = `{"hash":"` + recordOf(t, line) + `"}`
		if err := check(hidden, public); err == nil {
			t.Errorf("line %d is hidden, and the proof holds", i+1)
		}
	}
	_, other := aKey(t, "latchkey.test/log")
	if err := check(lines, other); !errors.As(err, new(*audit.UnknownKeyError)) {
		t.Errorf("with another key: %v", err)
	}
	if err := check(lines, "nonsense"); err == nil {
		t.Error("with no key")
	}
	t.Logf("%d bent proofs, none holds", len(bent))
}

// recordOf is the hash by which a line of a proof may be hidden.
func recordOf(t *testing.T, line string) string {
	t.Helper()
	body, _, _ := strings.Cut(strings.TrimPrefix(line, `{"event":`), `,"path":`)
	return tlog.RecordHash([]byte(body)).String()
}

// TestLeftOut has the partner leave an event of a customer out of the proof, or out of
// what it signs, and be found out by the customer or by whoever reads the whole log.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 30, 30)
	kept := lastNote(t, s)
	without := prepared(t)
	for n := range 30 {
		if n+1 != 13 {
			add(t, without, mixed(n+1))
		}
	}
	sign(t, without, private)
	file, _ := prove(t, without, "contoso", audit.Period{})
	if _, err := audit.CheckProof(strings.NewReader(file), audit.Trust{Keys: []string{public}}, func(access.Event) {}); err != nil {
		t.Errorf("a log that never had it: %v", err)
	}
	if _, err := verifyBy(t, s, audit.Trust{Keys: []string{public}, Notes: []string{lastNote(t, without)}}); err == nil {
		t.Error("the log agrees with a checkpoint without the event")
	}
	if _, err := verifyBy(t, without, audit.Trust{Keys: []string{public}, Notes: []string{kept}}); err == nil {
		t.Error("a log without the event agrees with the checkpoint")
	}
}

// TestClockPutBack dates one event of a period before it, as a partner does who would hide
// what came before that event: all of it is in the proof, and where the clock went back is told.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s := prepared(t)
	var own []access.Event
	for n := range 30 {
		e := event(n + 1)
		e.At = start.Add(time.Duration(n) * time.Hour)
		if n == 20 {
			e.At = start.Add(-time.Hour)
		}
		own = append(own, add(t, s, e)...)
	}
	sign(t, s, private)
	file, wrote := prove(t, s, "contoso", audit.Period{From: start.Add(10 * time.Hour)})
	var told []uint64
	read, err := audit.CheckProof(strings.NewReader(file), audit.Trust{Keys: []string{public}}, func(e access.Event) { told = append(told, e.Seq) })
	if err != nil || read.Events != 19 || read.All != 30 || len(told) != 19 || told[0] != 11 || told[9] != 20 || told[10] != 22 {
		t.Errorf("it proves %+v, and tells of %v, %v", read, told, err)
	}
	if back := read.PutBack; back.Times != 1 || back.First != 21 || wrote.PutBack != back {
		t.Errorf("the clock was put back %+v", back)
	}
	for _, e := range own {
		if !strings.Contains(file, e.Hash) {
			t.Errorf("event %d is not in the proof", e.Seq)
		}
	}
}
