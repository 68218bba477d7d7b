package messages

import (
	"fmt"
	"time"

	"latchkey/internal/access"
)

// CardView is a request and what has become of it.
type CardView struct {
	Request   access.Request
	Grant     *access.Grant             // nil until the request is approved
	HeldUntil time.Time                 // when another grant keeps the access after this one ended
	Lost      access.RelationshipStatus // in an overview: of the relationship that carried the access, when it has ended or is being ended
	Roles     []Role
	Bundle    string   // optional: what policy calls exactly these roles
	Smaller   *Smaller // what would do, while the request waits; nil when nothing is known for certain
}

// CustomerCard is the card in the customer's channel, on which its contacts
// decide and end.
func CustomerCard(v CardView) Message {
	p := newCard("c", v)
	now := standing(v)
	r := v.Request
	p.header(fmt.Sprintf("%s %s: %s", now.emoji, r.ID, now.word))
	p.say("%s, access request of %s to %s: %s.", r.ID, called(r.Requester), name(r.CustomerName), now.word)
	asks := " asked for access to *"
	if r.State == access.Pending {
		asks = " asks for access to *"
	}
	p.section(mention(r.Requester) + asks + name(r.CustomerName) + "* for *" + access.FormatDuration(r.Duration) + "*.")
	p.terms(v)
	p.smaller(v.Smaller)
	p.standing(now)
	p.approvals(v)
	p.buttons(customerButtons(v)...)
	return p.message()
}

// RequesterCard is the card in the requester's direct messages.
func RequesterCard(v CardView) Message {
	p := newCard("r", v)
	now := standing(v)
	r := v.Request
	p.header(fmt.Sprintf("%s %s: %s", now.emoji, r.ID, now.word))
	p.say("Your access request %s to %s: %s.", r.ID, name(r.CustomerName), now.word)
	p.section("You asked for access to *" + name(r.CustomerName) + "* for *" + access.FormatDuration(r.Duration) + "*.")
	p.terms(v)
	p.standing(now)
	p.approvals(v)
	if now.next != "" {
		p.context(now.next)
		p.say("%s", now.next)
	}
	p.buttons(requesterButtons(v)...)
	return p.message()
}

func newCard(kind string, v CardView) *page {
	rev := 0
	if v.Grant != nil {
		rev = v.Grant.Rev
	}
	return &page{prefix: fmt.Sprintf("%s.%s.%d.%d", kind, v.Request.ID, v.Request.Rev, rev)}
}

// terms says what is asked for and why, the shorter facts first.
func (p *page) terms(v CardView) {
	r := v.Request
	p.section(roleLines(v.Roles, v.Bundle)...)
	if r.State == access.Pending {
		p.say("For %s from when it is given; to be decided by %s.", access.FormatDuration(r.Duration), access.FormatTime(r.DecideBy))
	} else {
		p.say("For %s.", access.FormatDuration(r.Duration))
	}
	p.quote("Why", r.Justification)
	p.say("Roles: %s.", rolesIn(v.Roles, 200))
}

// standing says where the request stands.
func (p *page) standing(now status) {
	p.section(now.lines...)
	for _, s := range now.text {
		p.say("%s", s)
	}
	if now.quoted != "" {
		p.quote("Reason", now.quoted)
	}
}

// approvals names those who have already agreed while more must.
func (p *page) approvals(v CardView) {
	r := v.Request
	if r.State != access.Pending || r.Rule.Approvals < 2 {
		return
	}
	lines := []string{fmt.Sprintf("%d of %d approvals so far.", r.Approvals(), r.Rule.Approvals)}
	p.say("%s", lines[0])
	for _, d := range r.Decisions {
		lines = append(lines, "✅ "+mention(d.By)+" on "+when(d.At))
		p.say("Approved by %s at %s.", called(d.By), access.FormatTime(d.At))
	}
	p.context(lines...)
}
