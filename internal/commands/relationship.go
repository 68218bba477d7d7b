package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

func init() {
	register(Command{
		Name:  "relationship",
		Usage: "relationship request|show|terminate|extend|replace|reduce <customer or relationship> [roles for how long]",
		Short: "Ask a customer for a relationship (GDAP), look at one, end it.",
		Long: []string{
			"`request <customer> <roles> for <how long>` makes a relationship and asks the customer to approve it in Microsoft's admin center. It lasts from `1 day` to `2 years`, as in `1y`, `6 months` or `90 days`; a month counts 30 days. With `auto-extend` at the end it renews itself.",
			"`show`, `terminate`, `extend on|off`, `replace` and `reduce` take the id of an offer such as `O-7K3M2`, the name or id of a relationship, or a customer that has only one.",
			"The roles of a relationship are fixed once it was sent. `replace <relationship> with <roles> for <how long>` asks for another one, larger or smaller: once the customer has approved it, the access in force moves to it, and then the old one is ended. `reduce` takes Global Administrator out of one, the only role that can leave.",
			"A relationship gives nobody access by itself, unless the bundle that it is asked for names security groups in policy.yml: these receive its roles as standing access, and the customer reads so before it approves.",
		},
		Who: "bot admins; linked staff may `show`",
		Examples: []string{
			"relationship request contoso helpdesk for 1y auto-extend",
			"relationship show O-7K3M2",
			"relationship terminate O-7K3M2",
			"relationship extend off contoso",
			"relationship replace O-7K3M2 with helpdesk for 1y",
			"relationship reduce O-7K3M2",
		},
		Run: runRelationship,
	})
}

func runRelationship(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 {
		return Reply{}, access.Refuse(access.Invalid,
			"Say what to do, as in `/access relationship request contoso helpdesk for 1y`, or `show`, `terminate`, `extend`, `replace` or `reduce` one.")
	}
	verb, words := words[0], words[1:]
	switch {
	case verb.is("request"):
		return requestRelationship(ctx, env, inv, words)
	case verb.is("show"):
		return showRelationship(ctx, env, inv, words)
	case verb.is("terminate"):
		return terminateRelationship(ctx, env, inv, words)
	case verb.is("extend"):
		return extendRelationship(ctx, env, inv, words)
	case verb.is("replace"):
		return replaceRelationship(ctx, env, inv, words)
	case verb.is("reduce"):
		return reduceRelationship(ctx, env, inv, words)
	}
	return Reply{}, access.Refuse(access.Invalid,
		"“%s” is not something to do with a relationship: use `request`, `show`, `terminate`, `extend`, `replace` or `reduce`.", short(verb.Text))
}

func requestRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	rest, days, extend, err := takeDays(words)
	if err != nil {
		return Reply{}, err
	}
	if len(rest) == 0 {
		return Reply{}, access.Refuse(access.Invalid, "Name a customer, by its name, domain or tenant id.").In("customer")
	}
	c, ids, err := env.customerAndRoles(ctx, inv.Origin, rest)
	if err != nil {
		return Reply{}, err
	}
	o, err := env.Approvals.Offer(ctx, inv.Origin, approvals.OfferAsk{Customer: c.Tenant, Roles: ids, Days: days, AutoExtend: extend})
	if err != nil {
		return Reply{}, err
	}
	return say(messages.OfferReceipt(env.offerView(o))), nil
}

func showRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	story, err := env.relationship(ctx, inv, words)
	if err != nil {
		return Reply{}, err
	}
	v := messages.RelationshipStoryView{
		Customer: story.Customer.Name, Tenant: story.Customer.Tenant, Grants: env.views(story.Grants),
	}
	v.ID, v.MayEnd = relationshipID(story), endable(story) && env.Policy().Admin(inv.Origin.Actor.User)
	v.MayReduce = v.MayEnd && slices.Contains(story.Held(), roles.GlobalAdministrator)
	v.MayConsent = story.WaitsForUs() && env.Policy().Admin(inv.Origin.Actor.User)
	if story.Offer != nil {
		offer := env.offerView(*story.Offer)
		v.Offer = &offer
	}
	if story.ReplacedBy != nil {
		by := env.offerView(*story.ReplacedBy)
		v.ReplacedBy = &by
	}
	if story.Mirrored != nil {
		one := cards.StoryView(story)
		v.Relationship = &one
	}
	return say(messages.Relationship(v)), nil
}

func terminateRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	story, err := env.relationship(ctx, inv, words)
	if err != nil {
		return Reply{}, err
	}
	id := relationshipID(story)
	if id == "" {
		return Reply{}, access.Refuse(access.Conflict,
			"%s has not been sent, so there is nothing to end. What cannot be sent is given up by itself within a day.", story.Name())
	}
	return env.confirmTermination(ctx, inv, story.Customer.Tenant, id)
}

// confirmTermination asks for the customer's name, but only somebody who may
// end the relationship.
func (e Env) confirmTermination(ctx context.Context, inv Invocation, customer access.TenantID, id access.RelationshipID) (Reply, error) {
	story, err := e.Approvals.MayTerminate(ctx, inv.Origin, customer, id)
	if err != nil {
		return Reply{}, err
	}
	v := messages.TerminateView{
		Customer: story.Customer.Name, Tenant: customer, Relationship: id, Name: story.Name(), InForce: len(story.Grants),
	}
	switch {
	case story.Mirrored != nil:
		v.Roles = cards.Roles(story.Mirrored.Roles)
	case story.Offer != nil:
		v.Roles = cards.Roles(story.Offer.Roles)
	}
	return open(messages.TerminateModal(v)), nil
}

func extendRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	if len(words) == 0 || !words[0].is("on") && !words[0].is("off") {
		return Reply{}, access.Refuse(access.Invalid, "Say `on` or `off`, as in `/access relationship extend off contoso`.")
	}
	on := words[0].is("on")
	story, err := env.relationship(ctx, inv, words[1:])
	if err != nil {
		return Reply{}, err
	}
	id := relationshipID(story)
	if id == "" {
		return Reply{}, access.Refuse(access.Conflict, "%s has not been sent yet. It can be changed once it is active.", story.Name())
	}
	if _, err := env.Approvals.Extend(ctx, inv.Origin, story.Customer.Tenant, id, on); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"Microsoft is asked to change whether %s renews itself. You hear from me when it is done, and so does the customer's channel.", story.Name()))), nil
}

// relationship finds the one that the words name.
func (e Env) relationship(ctx context.Context, inv Invocation, words []Word) (approvals.RelationshipStory, error) {
	if len(words) == 0 {
		return approvals.RelationshipStory{}, access.Refuse(access.Invalid,
			"Name a relationship, by its name or the id of its offer, as in `/access relationship show O-7K3M2`.")
	}
	return e.Approvals.Relationship(ctx, inv.Origin, join(words))
}

func relationshipID(story approvals.RelationshipStory) access.RelationshipID {
	switch {
	case story.Mirrored != nil:
		return story.Mirrored.ID
	case story.Offer != nil:
		return story.Offer.Relationship
	}
	return ""
}

func endable(story approvals.RelationshipStory) bool {
	if story.Offer != nil {
		return story.Offer.State == access.OfferActive
	}
	return story.Mirrored != nil && story.Mirrored.Status == access.RelationshipActive
}

// takeDays takes how long a relationship is to last, and whether it is to renew
// itself, off the words.
func takeDays(words []Word) (rest []Word, days int, extend bool, err error) {
	for i, w := range words {
		two := i+1 < len(words) && w.is("auto") && (words[i+1].is("extend") || words[i+1].is("extension"))
		if w.is("auto-extend") || w.is("autoextend") || two {
			extend = true
			skip := 1
			if two {
				skip = 2
			}
			words = append(append([]Word{}, words[:i]...), words[i+skip:]...)
			break
		}
	}
	for i := len(words) - 1; i >= 0; i-- {
		if !words[i].is("for") {
			continue
		}
		after := words[i+1:]
		for n := len(after); n > 0; n-- {
			if d, e := ParseDays(join(after[:n])); e == nil {
				return append(append([]Word{}, words[:i]...), after[n:]...), d, extend, nil
			}
		}
		_, err = ParseDays(join(after))
		return nil, 0, false, err
	}
	_, err = ParseDays("")
	return nil, 0, false, err
}

// dayUnits is how many days each unit has, from the longest to the shortest.
var dayUnits = []struct {
	names string
	days  int
}{
	{" y yr yrs year years ", 365}, {" mo month months ", 30}, {" w week weeks ", 7}, {" d day days ", 1},
}

// ParseDays reads how long a relationship is to last: "1y", "6 months", "90
// days", "1 year 30 days". The error is an [*access.Error] for "duration".
func ParseDays(text string) (int, error) {
	rest := strings.ToLower(strings.TrimSpace(text))
	if rest == "" {
		return 0, access.Refuse(access.Invalid, "Say how long it is to last, for example `for 1y`.").In("duration")
	}
	sum, next := 0, 0
	for rest != "" {
		n, digits := 0, 0
		for digits < len(rest) && digits < 4 && rest[digits] >= '0' && rest[digits] <= '9' {
			n = n*10 + int(rest[digits]-'0')
			digits++
		}
		rest = strings.TrimLeft(rest[digits:], " ")
		end := strings.IndexFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })
		if end < 0 {
			end = len(rest)
		}
		unit := next
		for unit < len(dayUnits) && !strings.Contains(dayUnits[unit].names, " "+rest[:end]+" ") {
			unit++
		}
		if digits == 0 || end == 0 || unit == len(dayUnits) {
			return 0, access.Refuse(access.Invalid,
				"“%s” is not how long a relationship can last. Write it as in `1y`, `6 months` or `90 days`.", short(text)).In("duration")
		}
		sum, next = sum+n*dayUnits[unit].days, unit+1
		rest = strings.TrimLeft(rest[end:], " ")
	}
	return sum, nil
}
