package access

import (
	"regexp"
	"strings"
	"time"
)

// Rule is what policy demanded when the request was made. It is stored with the
// request, so that a later change of the policy cannot lower the bar.
type Rule struct {
	Name          string        // how policy.yml calls it
	PolicyVersion string        // of the file it came from
	MaxDuration   time.Duration // the longest grant
	Approvals     int           // how many of the customer's contacts must agree
	// Peers is how many of the partner's own people must agree, before the customer is
	// asked, and PeersOf the staff groups, one a line, of each of which they must be;
	// empty: anybody of the linked staff.
	Peers   int    `json:",omitempty"`
	PeersOf string `json:",omitempty"`
	// SignedIn means that a contact approves only after signing in to the customer's
	// tenant, on the bot's page.
	SignedIn bool `json:",omitempty"`
	// Auto means that nobody is asked.
	Auto          bool          `json:",omitempty"`
	DecideWithin  time.Duration // then the request lapses
	RemindAfter   time.Duration `json:",omitempty"` // when those who were asked are reminded; zero: half way
	EscalateAfter time.Duration `json:",omitempty"` // when others hear that nobody answers; zero: near the end
	Ticket        string        `json:",omitempty"` // patterns, one a line, each of which the justification must hold
	Justification int           `json:",omitempty"` // how many characters it must have
	// BreakGlass is the longest access that may be taken at once in an emergency; zero:
	// none may.
	BreakGlass  time.Duration `json:",omitempty"`
	StartWithin time.Duration `json:",omitempty"` // how far ahead a start may be; zero: as soon as approved only
	Recurring   time.Duration `json:",omitempty"` // for how long windows may come again; zero: they may not
	Extensions  int           `json:",omitempty"` // how often the access may be extended
}

// explained refuses a justification that the rule does not take.
func (r Rule) explained(why string) error {
	if n := len([]rune(why)); n < r.Justification {
		return Refuse(Invalid, "Say why in at least %d characters; these are %d.", r.Justification, n).In("justification")
	}
	if r.Ticket == "" {
		return nil
	}
	for form := range strings.SplitSeq(r.Ticket, "\n") {
		// Policy has compiled it before. What cannot be compiled now fits nothing.
		if ticket, err := regexp.Compile(form); err != nil || !ticket.MatchString(why) {
			return Refuse(Invalid, "Name the ticket in the reason, for example `because mailbox of Kim, INC-4711`; policy asks for one of the form %s.", form).In("justification")
		}
	}
	return nil
}
