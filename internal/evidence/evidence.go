// Package evidence tells one customer, for one time, who of its partner had access to its
// tenant, why, and who allowed it: as a value, out of the records and the audit log.
//
// [Read] gathers what there is in one view of the store, and [Of] is a pure function of
// that. The log says what happened and when; the records add the names and what people
// wrote, and what was deleted since is told as deleted. Whatever is not the customer's own
// is passed over: by its tenant, and unread where that can be. An [Overview] tells the
// partner itself of all its customers, by the same folding of the log.
//
// The package writes nothing, so a crash here leaves nothing behind.
package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
)

// Report is all that a report says, in whatever form it is shown.
type Report struct {
	ID       string // of whoever asked for it; empty for one that is made by hand
	Customer access.TenantID
	Name     string // of the customer
	Span     access.Span
	// Made is when it was asked for, and what it tells of is as it was then.
	Made     time.Time
	AskedBy  Person
	Language lang.Tag
	Zone     string // in which its times are written

	Relationships []Relationship
	Accesses      []Access // in force at some moment of the time, the first first
	Refused       []Ask    // what gave no access
	Turned        []Turned // acts that were refused
	Standing      []Standing
	ReadAt        time.Time // when standing access was read from Microsoft; zero: never
	DAP           string    // of legacy administration: "on", "off", or empty: not known
	Reviews       []access.Review
	Alerts        []Change
	Contacts      []Contact
	Controls      Controls
	Log           Log
	Unread        int // damaged records, of which nothing could be told

	sum string // its digest, once it is whole
}

// Person is somebody as the report knows them: names may be gone, ids stay.
type Person struct {
	Name    string
	Mail    string
	User    access.UserID
	Team    access.TeamID
	Object  access.PrincipalID
	Deleted bool // their data was deleted on request
}

// Known reports whether there is anything to call them by.
func (p Person) Known() bool { return p != Person{} }

// Called is their name, or the least strange of the ids by which they are known; "" where
// there is none.
func (p Person) Called() string {
	return cmp.Or(p.Name, p.Mail, string(p.User), string(p.Object))
}

// Text is what somebody wrote.
type Text struct {
	Text    string
	Deleted bool // on request
	Gone    bool // with its record, whose time was over
	// Altered means that it is not what the log was told.
	Altered bool
}

// Approval is somebody's word.
type Approval struct {
	By, For  Person // For: in whose place
	Verdict  access.Verdict
	At       time.Time
	Peer     bool // a colleague of whoever asked
	SignedIn bool // for this very decision, to the customer's tenant
	// Verified is when they had proved that they belong to the customer, and Role by which
	// directory role; zero: not when they decided.
	Verified time.Time
	Role     access.RoleID
	Note     Text
	Narrowed bool
}

// Ask is a request.
type Ask struct {
	Request  access.RequestID
	Who      Person
	Roles    []access.RoleID
	Duration time.Duration
	Asked    time.Time
	Why      Text
	Tickets  []string
	Rule     string // by which it was judged
	Policy   string // version of the file that holds the rule
	// Outcome is what became of one without access: "denied", "withdrawn", "lapsed",
	// "failed", "waiting", "giving", "ahead", "extension", or "stopped".
	Outcome   string
	OutcomeAt time.Time
	OutcomeBy Person
	Note      Text
	Extends   access.RequestID
	Approvals []Approval
	Auto      bool // its rule asks nobody
	Glass     *Glass
	// First and Last are the numbers of its events in the log.
	First, Last uint64
	// Differs lists what the record says otherwise than the log. Shown is what the log says.
	Differs []access.Difference `json:",omitempty"`
}

// Glass is that an access was taken in an emergency, and what a second person found.
type Glass struct {
	At         time.Time
	Open       bool // nobody has looked at it yet
	By         Person
	SignedAt   time.Time
	Note       Text
	Objections []Objection
}

// Objection is somebody's word that it was not all right.
type Objection struct {
	By      Person
	At      time.Time
	Note    Text
	Contact bool // of the customer
}

// Access is a time for which somebody could act in the tenant.
type Access struct {
	Ask
	Window int // of a request with several; from 1
	From   time.Time
	Until  time.Time // when it was to end; moved by extensions
	To     time.Time // when its end was read back; zero: it is in force
	Ending bool      // its removal is under way
	Reason access.EndReason
	By     Person // who ended it early
	End    Text   // what they wrote
	HeldBy access.RequestID
	Longer []Longer
}

// Longer is that the end of an access was moved.
type Longer struct {
	Ask
	At, Until time.Time
}

// Relationship is a delegated admin relationship.
type Relationship struct {
	ID       access.RelationshipID
	Name     string
	Status   string // as Microsoft calls it, or as our offer does
	Roles    []access.RoleID
	From, To time.Time // either may be zero
	Renews   bool
	Offer    access.OfferID // that it came of
}

// Standing is a group that has roles for as long as a relationship lasts.
type Standing struct {
	Relationship string
	Group        string
	Roles        []access.RoleID
	Members      []string
	Unseen       bool // who is in it could not be read
}

// Change is something that an alert told of.
type Change struct {
	access.Change
	Name  string // of the relationship
	Group string
	Who   string // the member, of a group
	Roles []access.RoleID
	State access.AlertState
	AckBy Person
	AckAt time.Time
}

// Contact is somebody who may decide for the customer.
type Contact struct {
	access.Contact
	Who Person
	// Differs means that the log has them verified at another time, by another role, or not
	// at all.
	Differs bool `json:",omitempty"`
}

// Turned is an act that was refused.
type Turned struct {
	At       time.Time
	Who      Person
	Stranger bool // of neither the partner nor the customer; nothing more is told of them
	Act      string
	Request  access.RequestID
}

// Controls is what the partner's policy demands at the customer.
type Controls struct {
	Version  string // empty: there was none at hand
	Rules    []policy.Rule
	Bundles  []policy.Bundle
	Hidden   bool            // there are others, which only rules of other customers name
	Contacts []access.RoleID // of which a contact must hold one
	Driver   access.Driver
	Reviews  policy.Reviews
	Keep     time.Duration
	People   map[access.UserID]string // whom rules name
	Versions []Version                // that came into force in the time
}

// Version is that another file came into force.
type Version struct {
	At       time.Time
	From, To string
}

// Log is what is known of the audit log that this was made of.
type Log struct {
	First, Last   uint64
	Hash          string // of the last event
	Count         int
	Own           int         // events of the customer
	InSpan        int         // of these, in the time
	OwnFirst      uint64      // of these, the first and the last
	OwnLast       uint64      //
	Restored      []time.Time // the state was put back from a backup
	Altered       int         // texts that are not what the log was told
	Gone, Deleted int         // reasons that are not there: their time was over, or on request
	Differs       int         // requests and contacts whose records say otherwise than the log
	// Proof says nothing of what is reported, and so is no part of the digest.
	Proof Proof `json:"-"`
}

// Digest tells this report from every other: it changes with whatever it says. [Of] has
// made it of one that it returns, whose contents nobody changes.
func (r Report) Digest() string {
	if r.sum != "" {
		return r.sum
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return "" // unreachable: it is plain data
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Took are the accesses that were taken by break-glass.
func (r Report) Took() []Access {
	var out []Access
	for _, a := range r.Accesses {
		if a.Glass != nil {
			out = append(out, a)
		}
	}
	return out
}

// People are those whom accesses and requests name: who asked, who decided, who ended it.
func (r Report) People() []Person {
	var out []Person
	seen := map[Person]bool{}
	add := func(all ...Person) {
		for _, p := range all {
			if p.Known() && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	ask := func(a Ask) {
		add(a.Who, a.OutcomeBy)
		for _, d := range a.Approvals {
			add(d.By, d.For)
		}
		if a.Glass != nil {
			add(a.Glass.By)
			for _, o := range a.Glass.Objections {
				add(o.By)
			}
		}
	}
	for _, a := range r.Accesses {
		ask(a.Ask)
		add(a.By)
		for _, l := range a.Longer {
			ask(l.Ask)
		}
	}
	for _, a := range r.Refused {
		ask(a)
	}
	for _, t := range r.Turned {
		add(t.Who)
	}
	for _, c := range r.Contacts {
		add(c.Who)
	}
	slices.SortStableFunc(out, func(a, b Person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Mail, b.Mail), cmp.Compare(a.User, b.User), cmp.Compare(a.Object, b.Object))
	})
	return out
}
