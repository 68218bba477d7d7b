package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// RelationshipStoryView is one relationship with what is known here about it.
type RelationshipStoryView struct {
	Customer     string
	Tenant       access.TenantID
	Relationship *RelationshipView // nil when Graph has not shown it yet
	Offer        *OfferView        // nil when nobody asked for it here
	Grants       []CardView        // access through it that is not over
	ID           access.RelationshipID
	MayEnd       bool       // it is active, so the button makes sense
	ReplacedBy   *OfferView // the offer that is to take its place; nil when there is none
	MayConsent   bool       // the provider made it, and our own word is awaited
	MayReduce    bool       // it holds Global Administrator, which can be taken out
}

// Relationship shows one relationship.
func Relationship(v RelationshipStoryView) Message {
	p := &page{}
	p.header("A relationship with " + orElse(line(v.Customer, maxName), "(no name)"))
	p.say("A relationship with %s.", name(v.Customer))
	if v.Offer != nil {
		now, o := offerStatus(*v.Offer), v.Offer.Offer
		p.section("*"+string(o.ID)+"*: "+now.word, "Asked for by "+mention(o.Requester)+" on "+when(o.CreatedAt)+", for "+access.FormatDays(o.Days)+".")
		p.say("%s: %s. Asked for by %s at %s, for %s.", o.ID, now.word, called(o.Requester), access.FormatTime(o.CreatedAt), access.FormatDays(o.Days))
		p.standing(now)
		if now.next != "" {
			p.contextBoth(now.next)
		}
		if v.Relationship == nil {
			p.offerTerms(*v.Offer)
		} else {
			p.standingGroups(*v.Offer)
			p.replacement(*v.Offer)
		}
	}
	if v.Relationship != nil {
		shown := *v.Relationship
		shown.Answerable = v.MayConsent
		p.relationship(shown)
	}
	if v.ReplacedBy != nil {
		o := v.ReplacedBy.Offer
		p.both("🔁 It is to be replaced by *" + string(o.ID) + "*, which is " + offerStatus(*v.ReplacedBy).word + ". " + code("/access relationship show "+string(o.ID)) + " tells how far that is.")
	}
	p.grants(v.Grants)
	if v.ID != "" {
		p.contextBoth("Its id is " + code(string(v.ID)) + ".")
	}
	if v.MayConsent && v.Relationship != nil {
		p.buttons(consents(v.Customer, v.Tenant, v.ID, *v.Relationship)...)
	}
	if v.MayEnd {
		p.buttons(endings(v)...)
	}
	return p.message()
}

func endings(v RelationshipStoryView) []*slack.ButtonBlockElement {
	out := []*slack.ButtonBlockElement{terminate(v.Tenant, v.ID, "")}
	if v.MayReduce {
		out = append(out, button(ActionReduce, Target(v.Tenant, v.ID), "Take out Global Administrator", "Take out Global Administrator of the relationship"))
	}
	return out
}
