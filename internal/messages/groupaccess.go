package messages

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// GroupView is a security group with standing access, and what it holds.
type GroupView struct {
	Access access.GroupAccess
	Roles  []Role
}

// bySelf says what the relationship gives without anybody being asked.
func (in tongue) bySelf(o access.Offer) saying {
	if len(o.Groups) == 0 {
		return in.saying("Approving it gives nobody access yet: each time one of our people needs access they ask here, for a limited time, and you decide.")
	}
	return in.saying("Apart from the standing access above it gives nobody access: everybody else asks here, for one person and a limited time, and you decide.")
}

// standingGroups names the security groups that receive roles for good, and what
// that means.
func (p *page) standingGroups(v OfferView) {
	if len(v.Groups) == 0 {
		return
	}
	means := p.in.standingMeans(v.Offer)
	lines := []string{means.shown}
	p.say("%s", means.aloud)
	for _, g := range v.Groups {
		line := p.in.Say("%s: %s.", name(g.Access.Name), p.in.rolesIn(g.Roles, 20)) + p.in.groupState(v.Offer, g.Access)
		lines = append(lines, "• "+line)
		p.say("%s", line)
	}
	p.section(lines...)
}

func (in tongue) standingMeans(o access.Offer) saying {
	switch {
	case o.State == access.OfferActive && !o.Overruled():
		return in.saying("*Standing access* for these security groups of the partner's: everybody in them holds the roles for as long as the relationship lasts, " +
			"at any time, without being asked for here and without your word for each access. Who is in a group, the partner decides.")
	case o.Overruled(), o.State == access.OfferDeclined, o.State == access.OfferLapsed, o.State == access.OfferFailed:
		return in.saying("*Standing access* was to go to these security groups. The bot gives them nothing.")
	case o.State == access.OfferTerminating, o.State == access.OfferEnded:
		return in.saying("*Standing access* of these security groups ends with the relationship.")
	}
	return in.saying("*Standing access* for these security groups of the partner's: everybody in them will hold the roles once it is approved, for as long as the relationship lasts, " +
		"at any time, without being asked for here and without your word for each access. Who is in a group, the partner decides.")
}

// groupState goes on after what a group has.
func (in tongue) groupState(o access.Offer, g access.GroupAccess) string {
	switch {
	case o.State != access.OfferActive || o.Overruled():
		return ""
	case g.Problem != "":
		return " ⚠️ " + in.Say("Not in force: %s", escape(g.Problem, 300))
	case g.Assignment != "":
		return " ✅ " + in.Say("In force.")
	}
	return " 🔄 " + in.Say("Being given.")
}

// ungiven goes on in an alert about an offer that was overruled.
func ungiven(o access.Offer) string {
	if len(o.Groups) == 0 && !o.Replaces.Any() {
		return ""
	}
	return " No security group was given access through it, and nothing was moved to it."
}

// replacement says whose place the relationship takes, how far that is, and what
// is different.
func (p *page) replacement(v OfferView) {
	if !v.Offer.Replaces.Any() {
		return
	}
	how := sentence(p.in.Sentence(v.Offer.ReplaceSentence()))
	lines := []string{p.in.Say("*Replacement*"), how}
	p.say("%s", how)
	if v.Offer.Replaces.State != access.ReplaceDone {
		for _, l := range p.in.differences(v) {
			lines = append(lines, "• "+l)
			p.say("%s", l)
		}
	}
	p.section(lines...)
}

func (in tongue) differences(v OfferView) []string {
	var out []string
	if len(v.Fewer) > 0 {
		out = append(out, in.Say("Only in the old one: %s.", in.rolesIn(v.Fewer, 10)))
	}
	if len(v.More) > 0 {
		out = append(out, in.Say("Only in the new one: %s.", in.rolesIn(v.More, 10)))
	}
	if len(out) == 0 {
		out = append(out, in.Say("Both hold the same roles."))
	}
	return out
}

// receiptTail says what else there is to know about what is being asked for.
func receiptTail(v OfferView) string {
	out := english.renewal(v.Offer).shown
	if n := len(v.Groups); n > 0 {
		names := make([]string, n)
		for i, g := range v.Groups {
			names[i] = name(g.Access.Name)
		}
		out += " Once it is active, " + fold(names, 5, "", "more") + " " + map[bool]string{true: "receives", false: "receive"}[n == 1] +
			" standing access; the customer reads so before it approves."
	}
	if v.Offer.Replaces.Any() {
		out += " " + sentence(v.Offer.ReplaceSentence().String())
		if len(v.Fewer) > 0 {
			out += " Not in it any more: " + rolesIn(v.Fewer, 6) + ". Access in force that needs one of these runs to its end first."
		}
	}
	return out
}

// mailStanding is what a mail says of standing access and of what is replaced.
func mailStanding(v OfferView) string {
	var b strings.Builder
	if len(v.Groups) > 0 {
		b.WriteString("\n\n" + v.in().Say("Standing access: everybody in these security groups of ours will hold roles at any time, without asking you each time:") + "\n")
		for _, g := range v.Groups {
			names := make([]string, len(g.Roles))
			for i, r := range g.Roles {
				names[i] = line(r.Name, maxName)
			}
			fmt.Fprintf(&b, "- %s: %s\n", line(g.Access.Name, maxName), line(strings.Join(names, ", "), 200))
		}
	}
	if v.Offer.Replaces.Any() {
		b.WriteString("\n\n" + line(v.in().Sentence(v.Offer.ReplaceSentence()), 600))
	}
	return cut(strings.TrimRight(b.String(), "\n"), mostStanding)
}

// mostStanding is the room that a mail has for what it says of standing access.
const mostStanding = 900

// ReduceView is a relationship that Global Administrator is to leave.
type ReduceView struct {
	Customer     string
	Tenant       access.TenantID
	Relationship access.RelationshipID
	Name         string
	Left         []Role   // what it holds then
	Groups       []string // security groups that have the role through it
}

// ReduceModal says what it means to take Global Administrator out.
func ReduceModal(v ReduceView) Modal {
	groups := "No security group has that role through it right now."
	if len(v.Groups) > 0 {
		names := make([]string, len(v.Groups))
		for i, g := range v.Groups {
			names[i] = name(orElse(g, "a security group without a name"))
		}
		groups = "Security groups that lose the role: " + fold(names, 6, "none", "more") + "."
	}
	lines := []string{
		"*" + name(v.Name) + "* with *" + name(v.Customer) + "* holds Global Administrator. Take it out?",
		"• " + groups + " " + tokensLast,
		"• It keeps " + rolesIn(v.Left, 6) + ".",
		"• The customer does not have to approve it, and is told in its channel.",
		"• It cannot be undone: to have the role again you need a new relationship and the customer's approval.",
		"• After that the relationship can be made to renew itself.",
	}
	return modal(ViewReduce, Target(v.Tenant, v.Relationship), "Global Administrator", "Take it out", "Cancel",
		slack.NewSectionBlock(formatted(strings.Join(lines, "\n")), nil, nil))
}

// ReplaceView is a replacement that is to be confirmed.
type ReplaceView struct {
	Offer   OfferView // as it would be asked for
	Losing  []string  // groups whose standing access ends with the old one
	Moving  int       // accesses in force that move
	Stuck   int       // accesses in force that keep the old one for a while
	Private string    // what the modal carries
}

// ReplaceModal says what a replacement would come to, and has the name of the
// customer typed: it ends a relationship.
func ReplaceModal(v ReplaceView) Modal {
	o := v.Offer.Offer
	old := "“" + name(o.Replaces.Name) + "”"
	lines := []string{
		old + " with *" + name(o.CustomerName) + "* is to be replaced by a relationship of " + access.FormatDays(o.Days) + " with " + rolesIn(v.Offer.Roles, 6) + ".",
		"• The customer is asked to approve it. Until then nothing changes, and if it does not, " + old + " stays.",
	}
	for _, l := range english.differences(v.Offer) {
		lines = append(lines, "• "+l)
	}
	if v.Moving > 0 {
		lines = append(lines, "• "+count(v.Moving, "access in force moves without a gap.", "accesses in force move without a gap."))
	}
	if v.Stuck > 0 {
		lines = append(lines, "• "+count(v.Stuck, "access in force needs what only "+old+" holds, which is not ended before that is over.",
			"accesses in force need what only "+old+" holds, which is not ended before they are over."))
	}
	keep, lose := make([]string, len(v.Offer.Groups)), make([]string, len(v.Losing))
	for i, g := range v.Offer.Groups {
		keep[i] = name(g.Access.Name)
	}
	for i, g := range v.Losing {
		lose[i] = name(orElse(g, "a security group without a name"))
	}
	if len(keep) > 0 {
		lines = append(lines, "• With standing access through the new one: "+fold(keep, 6, "none", "more")+".")
	}
	if len(lose) > 0 {
		lines = append(lines, "• ⚠️ Lose their standing access: "+fold(lose, 6, "none", "more")+".")
	}
	lines = append(lines, "• "+english.renewal(o).shown, "• Then "+old+" is ended, which cannot be undone.")
	typed := slack.NewPlainTextInputBlockElement(plainText(orElse(line(o.CustomerName, 100), "The customer's name")), "replace.confirm").WithMaxLength(200)
	var blocks []slack.Block
	for _, part := range chunks(lines, maxSection) {
		blocks = append(blocks, slack.NewSectionBlock(formatted(part), nil, nil))
	}
	blocks = append(blocks, slack.NewInputBlock(BlockConfirm, plainText("Type the name of the customer to confirm"), nil, typed))
	return modal(ViewReplace, v.Private, "Replace relationship", "Ask the customer", "Cancel", blocks...)
}
