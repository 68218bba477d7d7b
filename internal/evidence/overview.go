package evidence

import (
	"slices"
	"time"

	"latchkey/internal/access"
)

// Overview tells the partner itself how delegated access was used in one time, at all of
// its customers. What it counts is made of the log, by the same folding as a [Report].
type Overview struct {
	Span access.Span
	Made time.Time
	Upto time.Time // of what it tells the last: the end of its time, or when it was made
	Zone *time.Location

	Sum       Use   // of all of it
	Teams     []Use // staff groups of policy.yml; somebody may be in several, or in none
	People    []Use
	Roles     []Use
	Customers []Use
	Served    int    // customers that are known at all
	Steps     []Step // the time, piece by piece
	Step      string // what a piece is: "day", "week" or "month"

	Outcomes Outcomes
	Waits    [len(WaitBounds) + 1]int // how many words came within each of the bounds, and later
	Waiting  []Open                   // for somebody's word at the end of the time, the longest first
	Denials  []Denial
	Glass    []Taken

	Trend    []Standings // at the ends of weeks, the oldest first
	Known    time.Time   // since when changes at Microsoft are watched; zero: they are not
	Groups   []GroupNow
	DAP      []string // customers that still have legacy administration
	ReadAt   time.Time
	Policy   string   // version of the file that says who is in which team; empty: none was at hand
	Unmapped []string // teams of which nothing was read, so nobody is counted for them
	First    uint64   // the first and the last event that were looked at
	Last     uint64
	Unread   int // damaged records, of which nothing could be told
}

// WaitBounds are those between which approval times are counted.
var WaitBounds = [...]time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

// Use is how much somebody, or something, had to do with access.
type Use struct {
	Name string
	Key  string // by which it is told from others of that name
	None bool   // it stands for what has none: people without a team

	Asked  int // requests of the time
	Given  int // times of access in force at some moment of the time
	Denied int
	Glass  int // taken by break-glass
	// Held is for how long a person could act at a customer, added up: two accesses at one
	// customer at once count once, and of a role only those with that role.
	Held      time.Duration
	People    int // who had access
	Customers int // at which
	Waits     Waits
}

// Waits are times from when something was asked for until somebody's word decided it.
type Waits struct {
	Count          int
	Median, Ninety time.Duration // half of them were not longer, and nine of ten
}

// NewWaits counts the times. A median of an even number is the lower of the two.
func NewWaits(all []time.Duration) Waits {
	if len(all) == 0 {
		return Waits{}
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := func(percent int) time.Duration { return sorted[(percent*len(sorted)+99)/100-1] }
	return Waits{Count: len(sorted), Median: rank(50), Ninety: rank(90)}
}

// Step is a piece of the time.
type Step struct {
	From, To             time.Time
	Asked, Given, Denied int // Given: came into force
	Glass                int
	Held                 time.Duration
}

// Outcomes are what became of the requests on which something was decided in the time, and
// of those that waited at its end.
type Outcomes struct {
	Approved, ByRule, Glass, Denied, Withdrawn, Lapsed, Failed, Waiting int
	Turned                                                              int // acts that were refused before they were requests
}

// Open is a request that waits.
type Open struct {
	Request  access.RequestID
	Who      Person
	Customer string
	Roles    []access.RoleID
	Since    time.Time
	For      time.Duration
}

// Denial is a no.
type Denial struct {
	Request  access.RequestID
	At       time.Time
	Who, By  Person
	Customer string
	Roles    []access.RoleID
	Peer     bool // a colleague of whoever asked said it
	Note     Text
}

// Taken is an access that was taken by break-glass in the time.
type Taken struct {
	Request    access.RequestID
	At         time.Time
	Who        Person
	Customer   string
	Roles      []access.RoleID
	Held       time.Duration
	Open       bool // nobody has signed it off
	By         Person
	SignedAt   time.Time
	Objections int
}

// Standings are what gave access for good at a moment.
type Standings struct {
	At            time.Time
	Relationships int // in force
	Groups        int // that are not the bot's, with roles on these
	Privileged    int // of them, with roles that are privileged
	DAP           int // customers with legacy administration
}

// GroupNow is a group that has roles at a customer for good, as it was read last.
type GroupNow struct {
	Customer   string
	Group      string
	Roles      []access.RoleID
	Privileged bool
	Members    int
	Unseen     bool // who is in it could not be read
}

// Empty reports whether nothing happened, and nothing waits.
func (o Overview) Empty() bool {
	return o.Sum.Asked+o.Sum.Given == 0 && o.Outcomes == Outcomes{} && len(o.Glass) == 0
}
