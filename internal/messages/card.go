package messages

import (
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// CardView is a request and what has become of it.
type CardView struct {
	Language  lang.Tag       // of who reads it; empty for the partner's own staff
	Zone      *time.Location // of the customer, for what Slack cannot show in the reader's own; nil: UTC
	Request   access.Request
	Grant     *access.Grant             // nil until the request is approved
	HeldUntil time.Time                 // when another grant keeps the access after this one ended
	Lost      access.RelationshipStatus // in an overview: of the relationship that carried the access, when it has ended or is being ended
	Roles     []Role
	Bundle    string                   // optional: what policy calls exactly these roles
	Review    *access.BreakGlassReview // of an access that was taken by break-glass; nil for any other
	// Page is where a contact approves after signing in; empty where there is no page or
	// no need to.
	Page string
	// Unverified are the contacts who have not proved that they belong to the customer,
	// while the request waits for them.
	Unverified []access.Contact
	// Activity says that the customer's own log is read, so that what was done can be told.
	Activity bool
	Smaller  *Smaller // what would do, while the request waits; nil when nothing is known for certain
}

func (v CardView) in() tongue { return tongue{v.Language} }

// CustomerCard is the card in the customer's channel, on which its contacts
// decide and end.
func CustomerCard(v CardView) Message {
	p := newCard("c", v)
	now := standing(v)
	r := v.Request
	p.header(now.emoji + " " + p.in.Say("%s: %s", r.ID, now.word))
	p.say("%s", p.in.Say("%s, access request of %s to %s: %s.", r.ID, called(r.Requester), name(r.CustomerName), now.word))
	p.section(p.in.asks(r).shown)
	p.terms(v)
	p.smaller(v.Smaller)
	p.standing(now)
	p.approvals(v)
	p.signing(v)
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
	p.section(askedFor(r))
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
	return &page{prefix: fmt.Sprintf("%s.%s.%d.%d", kind, v.Request.ID, v.Request.Rev, rev), in: v.in()}
}

// terms says what is asked for and why, the shorter facts first.
func (p *page) terms(v CardView) {
	r := v.Request
	p.section(p.in.roleLines(v.Roles, v.Bundle)...)
	p.windows(r)
	p.spans(r)
	p.quote(p.in.Say("Why"), r.Justification)
	p.say("%s", p.in.Say("Roles: %s.", p.in.rolesIn(v.Roles, 200)))
}

// standing says where the request stands.
func (p *page) standing(now status) {
	p.section(now.lines...)
	for _, s := range now.text {
		p.say("%s", s)
	}
	if now.quoted != "" {
		p.quote(p.in.Say("Reason"), now.quoted)
	}
}

// signing says who must sign in, and who is not verified yet.
func (p *page) signing(v CardView) {
	if v.Request.State != access.Pending {
		return
	}
	if v.Request.Rule.SignedIn {
		p.mutter(p.in.saying("To approve this, a contact signs in with Microsoft, on a page of this bot. To deny it nobody has to.").after("🔑"))
	}
	for _, c := range v.Unverified {
		p.mutter(p.in.saying("%s is not verified: linked by %s on %s, may decide a day after that, or once they have signed in.",
			c.Person, c.LinkedBy, c.LinkedAt).after("❔"))
	}
}

// by names who decided, and says how that is known where it is more than Slack's word.
func (in tongue) by(d access.Decision) saying {
	if d.SignedIn {
		return in.saying("%s (signed in)", d.By)
	}
	return saying{mention(d.By), called(d.By)}
}

// approvals names those who have already agreed while more must, and says that what
// they agree to is not what was asked for at first.
func (p *page) approvals(v CardView) {
	r := v.Request
	if r.State != access.Pending {
		return
	}
	if at := r.ChangedAt; !at.IsZero() {
		p.mutter(p.in.saying("Changed on %s. Whoever had agreed before is asked anew.", at).after("✏️"))
	}
	agreed, needed := r.Agreeing(), r.Rule.Approvals
	if r.Stage() == access.ByPeers {
		needed = r.Rule.Peers
	}
	if len(agreed) == 0 && needed < 2 {
		return
	}
	var lines []string
	if needed > 1 {
		lines = []string{p.in.Say("%d of %d approvals so far.", r.Agreed(r.Stage()), needed)}
		p.say("%s", lines[0])
	}
	for _, d := range agreed {
		by := p.in.agreed(d)
		lines = append(lines, "✅ "+by.shown)
		p.say("%s", by.aloud)
	}
	p.context(lines...)
}

// agreed says who has agreed, for whom, and to what.
func (in tongue) agreed(d access.Decision) saying {
	by := in.saying("Approved by %s on %s.", in.by(d), d.At)
	switch {
	case d.Stage == access.ByPeers:
		by = in.saying("Approved by %s of the partner on %s.", in.by(d), d.At)
	case d.For != (access.Person{}):
		by = in.saying("Approved by %s in place of %s on %s.", in.by(d), d.For, d.At)
	}
	if d.Narrowed != nil {
		by = by.and(in.saying("That is less than was asked for."))
	}
	return by
}
