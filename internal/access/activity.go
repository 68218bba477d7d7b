package access

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ActLog is one of the two logs that Microsoft keeps of a tenant.
type ActLog string

// The logs.
const (
	ActSignIn ActLog = "sign-in"
	ActAudit  ActLog = "audit" // of changes in the directory
)

// Act is one entry of a customer tenant's own logs that tells of a person of the partner.
type Act struct {
	ID     string // Microsoft's; unique in its log and tenant
	Log    ActLog
	At     time.Time
	Tenant TenantID
	// Person is the object id in the partner's own tenant, empty where the log does not say.
	Person PrincipalID
	Name   string // as the log shows them
	What   string // the name of the application, or of what was done
	Target string // to what it was done; empty where the log does not say
	Failed bool   // Microsoft refused it, or it did not come to its end
	// Correlation is by what the customer's own log has what belongs together.
	Correlation string
}

// TokenLife is for how long somebody may still act after their access is gone: the tokens
// that Microsoft gave them live on for so long.
const TokenLife = 90 * time.Minute

// clocks is by how much the clock of a log may be behind ours.
const clocks = time.Minute

// mostText bounds what is kept of a text that a log had.
const mostText = 200

// Bounded returns the act with texts of a bounded length: what a log holds is written by
// whoever has an application, or a user, in that tenant.
func (a Act) Bounded() Act {
	for _, s := range []*string{&a.ID, &a.Name, &a.What, &a.Target, &a.Correlation} {
		*s = bounded(*s)
	}
	return a
}

func bounded(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "�")
	if utf8.RuneCountInString(s) <= mostText {
		return s
	}
	return string([]rune(s)[:mostText-1]) + "…"
}

// Basis says on what an act stands.
type Basis string

// The bases.
const (
	ByRequest  Basis = "request"  // access by request was in force
	ByTokens   Basis = "tokens"   // it had ended, and tokens may still have lived
	ByStanding Basis = "standing" // a group has roles for good, or there is legacy administration
	ByNobody   Basis = "outside"  // nothing that is known allowed it
	Unclear    Basis = "unclear"  // the log does not say who it was, and somebody had access
)

// Hold is a time for which somebody had access to a customer's tenant, or may have had it:
// from when it began to be given until it was read back as gone.
type Hold struct {
	Request    RequestID // empty: standing access
	Person     PrincipalID
	From, To   time.Time // To is zero while it lasts
	BrokeGlass bool
}

// Ground is on what an act stands, and by which request that is, if by one.
type Ground struct {
	Basis   Basis
	Request RequestID
}

// On finds on what the act stands. Of several requests it is the one that began last. The
// order of the holds does not matter.
func (a Act) On(holds []Hold) Ground {
	var best, late Hold
	standing, anybody := false, false
	for _, h := range holds {
		in := h.in(a.At, 0)
		anybody = anybody || in || h.in(a.At, TokenLife)
		switch {
		case a.Person == "" || h.Person != a.Person:
		case h.Request == "":
			standing = standing || in
		case in:
			best = later(best, h)
		case h.in(a.At, TokenLife):
			late = later(late, h)
		}
	}
	switch {
	case best.Request != "":
		return Ground{ByRequest, best.Request}
	case standing:
		return Ground{Basis: ByStanding}
	case late.Request != "":
		return Ground{ByTokens, late.Request}
	case a.Person == "" && anybody:
		return Ground{Basis: Unclear}
	}
	return Ground{Basis: ByNobody}
}

func later(a, b Hold) Hold {
	if a.Request == "" || cmp.Or(b.From.Compare(a.From), cmp.Compare(b.Request, a.Request)) > 0 {
		return b
	}
	return a
}

// in reports whether the moment is in the hold, or not longer than tail after it.
func (h Hold) in(at time.Time, tail time.Duration) bool {
	return !at.Before(h.From.Add(-clocks)) && (h.To.IsZero() || !at.After(h.To.Add(tail)))
}

// Doings sum what one person did in one customer's tenant: under one request or, where
// there is none, on one day.
type Doings struct {
	Customer TenantID
	Who      Member    // without an id where the log does not say who it was
	Basis    Basis     // of a request [ByRequest], also for what came after its end
	Request  RequestID // empty where it is by no request
	Day      Day       // where it is by none; in UTC
	Done     []Done    // in the order in which it was first done
	Other    int       // acts of further kinds, which are only counted
	// Flagged are acts that nothing allowed, the first of them.
	Flagged []Flag
	Count   int // of all acts
	Failed  int // of these, what Microsoft refused
	Late    int // of these, what was let after the end of the access
	First   time.Time
	Last    time.Time
}

// Done is how often one thing was done.
type Done struct {
	Log    ActLog
	What   string
	Count  int
	Failed int
	Last   time.Time
}

// Flag is an act that nothing allowed.
type Flag struct {
	ID          string
	Log         ActLog
	At          time.Time
	What        string
	Target      string
	Correlation string
}

const (
	mostDone    = 25
	mostFlagged = 10
)

// DoingsOf begins the sum to which the act belongs.
func DoingsOf(a Act, g Ground) Doings {
	d := Doings{Customer: a.Tenant, Who: Member{ID: a.Person, Name: a.Name}, Basis: g.Basis, Request: g.Request}
	if strings.Contains(a.Name, "@") {
		d.Who.UPN = a.Name
	}
	if g.Request == "" {
		d.Day = DayOf(a.At, time.UTC)
		return d
	}
	d.Basis = ByRequest
	return d
}

// Add counts an act on the ground.
func (d Doings) Add(a Act, g Ground) Doings {
	d.Count++
	if a.Failed {
		d.Failed++
	}
	if g.Basis == ByTokens && !a.Failed {
		d.Late++
	}
	if d.First.IsZero() || a.At.Before(d.First) {
		d.First = a.At
	}
	if a.At.After(d.Last) {
		d.Last = a.At
	}
	if g.Basis == ByNobody && !a.Failed && len(d.Flagged) < mostFlagged {
		d.Flagged = append(slices.Clone(d.Flagged), Flag{a.ID, a.Log, a.At, a.What, a.Target, a.Correlation})
	}
	return d.sum(a)
}

func (d Doings) sum(a Act) Doings {
	i := slices.IndexFunc(d.Done, func(o Done) bool { return o.Log == a.Log && o.What == a.What })
	if i < 0 && len(d.Done) == mostDone {
		d.Other++
		return d
	}
	d.Done = slices.Clone(d.Done)
	if i < 0 {
		i, d.Done = len(d.Done), append(d.Done, Done{Log: a.Log, What: a.What})
	}
	o := &d.Done[i]
	o.Count++
	if a.Failed {
		o.Failed++
	}
	if a.At.After(o.Last) {
		o.Last = a.At
	}
	return d
}

// Found reports whether something was done that nothing allowed, and that Microsoft let
// happen.
func (d Doings) Found() bool { return d.Basis == ByNobody && d.Count > d.Failed }
