package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

const (
	anaID access.PrincipalID = "p-ana"
	boID  access.PrincipalID = "p-bo"
)

// TestActOn holds each act against who had access at that moment.
func TestActOn(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	over := access.Hold{Request: "R-00001", Person: anaID, From: at(0), To: at(60)}
	open := access.Hold{Request: "R-00002", Person: anaID, From: at(30)}
	broken := access.Hold{Request: "R-00003", Person: boID, From: at(0), To: at(10), BrokeGlass: true}
	standing := access.Hold{Person: anaID}
	for _, row := range []struct {
		name  string
		who   access.PrincipalID
		at    time.Time
		holds []access.Hold
		want  access.Ground
	}{
		{"Inside", anaID, at(30), []access.Hold{over}, access.Ground{Basis: access.ByRequest, Request: "R-00001"}},
		{"AtItsBeginning", anaID, at(0), []access.Hold{over}, access.Ground{Basis: access.ByRequest, Request: "R-00001"}},
		{"ClocksDiffer", anaID, at(-1), []access.Hold{over}, access.Ground{Basis: access.ByRequest, Request: "R-00001"}},
		{"Before", anaID, at(-2), []access.Hold{over}, access.Ground{Basis: access.ByNobody}},
		{"AtItsEnd", anaID, at(60), []access.Hold{over}, access.Ground{Basis: access.ByRequest, Request: "R-00001"}},
		{"Tokens", anaID, at(61), []access.Hold{over}, access.Ground{Basis: access.ByTokens, Request: "R-00001"}},
		{"LastToken", anaID, at(150), []access.Hold{over}, access.Ground{Basis: access.ByTokens, Request: "R-00001"}},
		{"After", anaID, at(151), []access.Hold{over}, access.Ground{Basis: access.ByNobody}},
		{"InForce", anaID, at(9000), []access.Hold{over, open}, access.Ground{Basis: access.ByRequest, Request: "R-00002"}},
		{"TheLastThatBegan", anaID, at(40), []access.Hold{over, open}, access.Ground{Basis: access.ByRequest, Request: "R-00002"}},
		{"OfAnother", boID, at(30), []access.Hold{over, standing}, access.Ground{Basis: access.ByNobody}},
		{"BreakGlass", boID, at(5), []access.Hold{broken}, access.Ground{Basis: access.ByRequest, Request: "R-00003"}},
		{"Standing", anaID, at(-9000), []access.Hold{standing}, access.Ground{Basis: access.ByStanding}},
		{"RequestBeforeStanding", anaID, at(30), []access.Hold{standing, over}, access.Ground{Basis: access.ByRequest, Request: "R-00001"}},
		{"StandingBeforeTokens", anaID, at(70), []access.Hold{over, standing}, access.Ground{Basis: access.ByStanding}},
		{"NobodyHeldIt", anaID, at(0), nil, access.Ground{Basis: access.ByNobody}},
		{"UnnamedWhileSomebodyHad", "", at(100), []access.Hold{over}, access.Ground{Basis: access.Unclear}},
		{"UnnamedWhileNobodyHad", "", at(200), []access.Hold{over}, access.Ground{Basis: access.ByNobody}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := (access.Act{Person: row.who, At: row.at}).On(row.holds); got != row.want {
				t.Errorf("On = %+v, want %+v", got, row.want)
			}
		})
	}
}

// TestActOnAlways lets acts and holds fall as they may: what is said of an act does not
// depend on the order, is never by a request of somebody else, and never calls outside what
// a hold of theirs holds, or inside what none does.
func TestActOnAlways(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same walk every time
	people := []access.PrincipalID{anaID, boID, ""}
	for n := range 3000 {
		var holds []access.Hold
		for i := range random.IntN(6) {
			h := access.Hold{Request: access.RequestID(fmt.Sprintf("R-%05d", i)), Person: people[random.IntN(2)], From: start.Add(time.Duration(random.IntN(300)) * time.Minute)}
			if random.IntN(3) > 0 {
				h.To = h.From.Add(time.Duration(random.IntN(120)) * time.Minute)
			}
			if random.IntN(8) == 0 {
				h = access.Hold{Person: h.Person}
			}
			holds = append(holds, h)
		}
		act := access.Act{Person: people[random.IntN(3)], At: start.Add(time.Duration(random.IntN(600)) * time.Minute)}
		got := act.On(holds)
		random.Shuffle(len(holds), func(i, j int) { holds[i], holds[j] = holds[j], holds[i] })
		if again := act.On(holds); again != got {
			t.Fatalf("case %d: %+v in one order, %+v in another", n, got, again)
		}
		inside, near := false, false
		for _, h := range holds {
			if h.Person != act.Person || act.At.Before(h.From) {
				continue
			}
			inside = inside || h.To.IsZero() || !act.At.After(h.To)
			near = near || h.To.IsZero() || !act.At.After(h.To.Add(access.TokenLife))
		}
		by := slices.IndexFunc(holds, func(h access.Hold) bool { return h.Request == got.Request && h.Person == act.Person })
		switch {
		case got.Request != "" && by < 0:
			t.Fatalf("case %d: %+v is by a request that %s does not have", n, got, act.Person)
		case inside && got.Basis != access.ByRequest && got.Basis != access.ByStanding:
			t.Fatalf("case %d: %+v, and it was inside", n, got)
		case got.Basis == access.ByNobody && near:
			t.Fatalf("case %d: outside, and access had hardly ended", n)
		case got.Basis == access.ByTokens && !near:
			t.Fatalf("case %d: %+v, and no access was near", n, got)
		}
	}
}

// TestDoings sums acts, and keeps no more than it may.
func TestDoings(t *testing.T) {
	t.Parallel()
	outside := access.Ground{Basis: access.ByNobody}
	act := access.Act{ID: "1", Log: access.ActSignIn, At: start, Tenant: "t", Person: anaID, Name: "ana@partner.example", What: "Portal"}
	d := access.DoingsOf(act, outside)
	refused := act
	refused.Failed = true
	if d = d.Add(refused, outside); d.Found() || len(d.Flagged) > 0 {
		t.Errorf("what Microsoft refused is a finding: %+v", d)
	}
	for i := range 100 {
		one := act
		one.ID, one.What, one.At = fmt.Sprint(i), fmt.Sprint("app ", i%40), start.Add(-time.Duration(i)*time.Second)
		d = d.Add(one, outside)
	}
	if d.Count != 101 || d.Failed != 1 || !d.Found() || !d.Last.Equal(start) || !d.First.Equal(start.Add(-99*time.Second)) {
		t.Errorf("the sum is %+v", d)
	}
	total := d.Other
	for _, one := range d.Done {
		total += one.Count
	}
	if total != 101 || len(d.Done) != 25 || len(d.Flagged) != 10 {
		t.Errorf("%d of 101 are told, as %d kinds and %d single ones", total, len(d.Done), len(d.Flagged))
	}
	late := access.DoingsOf(act, access.Ground{Basis: access.ByTokens, Request: "R-00001"}).Add(act, access.Ground{Basis: access.ByTokens, Request: "R-00001"})
	if late.Basis != access.ByRequest || late.Late != 1 || late.Day != "" || late.Found() {
		t.Errorf("after the end of access: %+v", late)
	}
	long := access.Act{What: strings.Repeat("ä", 5000), Name: "\xff"}.Bounded()
	if n := len([]rune(long.What)); n != 200 || long.Name != "�" {
		t.Errorf("%d letters are kept, and the name %q", n, long.Name)
	}
}

// TestActivityCursor holds what is taken once, and what may be said of a time.
func TestActivityCursor(t *testing.T) {
	t.Parallel()
	c := access.ActivityCursor{SignIns: access.LogCursor{State: access.ActivityRead, Since: start, Until: start.Add(time.Hour), Seen: []string{"a"}}}
	act := func(log access.ActLog, id string, after time.Duration) access.Act {
		return access.Act{Log: log, ID: id, At: start.Add(after)}
	}
	got := c.Fresh([]access.Act{act(access.ActSignIn, "c", 3), act(access.ActSignIn, "a", 1), act(access.ActAudit, "a", 2), act(access.ActSignIn, "c", 3)})
	if len(got) != 2 || got[0].Log != access.ActAudit || got[1].ID != "c" {
		t.Errorf("Fresh = %+v", got)
	}
	for _, row := range []struct {
		from, to time.Duration
		want     bool
	}{{0, time.Hour, true}, {-1, time.Hour, false}, {0, time.Hour + 1, false}, {time.Minute, time.Minute, true}} {
		if got := c.SignIns.Covers(start.Add(row.from), start.Add(row.to)); got != row.want {
			t.Errorf("Covers(%v, %v) = %v", row.from, row.to, got)
		}
	}
	if c.State() != access.ActivityRead || !c.Until().Equal(start.Add(time.Hour)) {
		t.Errorf("with one log read: %q until %v", c.State(), c.Until())
	}
	c.Audits = access.LogCursor{State: access.ActivityRead, Since: start, Until: start.Add(time.Minute)}
	if !c.Until().Equal(start.Add(time.Minute)) {
		t.Errorf("read until %v", c.Until())
	}
	c.SignIns.State, c.Audits.State = access.ActivityNoLicence, access.ActivityNotAllowed
	if c.State() != access.ActivityNoLicence || !c.Until().IsZero() || c.SignIns.Covers(start, start) {
		t.Errorf("with no log read: %q until %v", c.State(), c.Until())
	}
	if (access.ActivityCursor{}).State() != access.ActivityUnknown {
		t.Error("nobody has tried, and yet it is known")
	}
}
