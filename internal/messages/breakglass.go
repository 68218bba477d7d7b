package messages

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// BreakGlassView is an access that was taken without anybody's word.
type BreakGlassView struct {
	CardView                 // with its Review
	Contacts []access.Person // of the customer, who are called upon
	Owner    access.UserID   // who looks after the customer; empty when nobody is named
	ByMail   bool            // the customer has no channel
}

// BreakGlassCard tells the customer's channel, as loudly as a message can, what was
// taken without its approval, and has the button that ends it. It shows how that stands
// until somebody has signed it off.
func BreakGlassCard(v BreakGlassView) Message {
	in := v.in()
	p := newGlassCard("g", v.CardView)
	live := v.Grant != nil && v.Grant.Live()
	switch {
	case live:
		p.shout("🚨", in.Say("BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL"), v.Request.ID)
	case v.Grant != nil && v.Grant.State == access.Failed:
		p.shout("⚠️", in.Say("Break-glass access could not be given"), v.Request.ID)
	default:
		p.shout("🔒", in.Say("Break-glass access is over"), v.Request.ID)
	}
	p.taken(v)
	p.standing(grantStatus(v.CardView))
	if live {
		p.tell(in.saying("*If this is not all right, end it now with the button.* It ends at once, and you need nobody for it. A second person at your partner has to review this access in any case."))
	}
	p.reviewed(v)
	p.calls(v)
	p.buttons(breakGlassButtons(v)...)
	return p.message()
}

func newGlassCard(kind string, v CardView) *page {
	p := newCard(kind, v)
	if v.Review != nil {
		p.prefix += fmt.Sprintf(".%d", v.Review.Rev)
	}
	return p
}

// shout is what a notification shows first.
func (p *page) shout(emoji, what string, id access.RequestID) {
	p.header(emoji + " " + what + " (" + string(id) + ")")
	p.say("%s (%s).", what, id)
}

// taken says who took what, where, when and why.
func (p *page) taken(v BreakGlassView) {
	r := v.Request
	p.tell(p.in.saying("%s of your partner has taken access to *%s* WITHOUT YOUR APPROVAL on %s, for at most %s, because of an emergency.",
		r.Requester, name(r.CustomerName), r.BrokenAt, r.Duration))
	p.section(p.in.roleLines(v.Roles, v.Bundle)...)
	p.say("%s", p.in.Say("Roles: %s.", p.in.rolesIn(v.Roles, 200)))
	p.quote(p.in.Say("Why"), r.Justification)
}

// reviewed says whether a second person has looked at it, and who says that it was not
// all right.
func (p *page) reviewed(v BreakGlassView) {
	if v.Review == nil {
		return
	}
	for _, o := range v.Review.Objections {
		p.tell(p.in.saying("%s says that this was not all right, on %s.", o.By, o.At).after("❗"))
	}
	if v.Review.Open() {
		p.tell(p.in.saying("Its review is open: nobody at your partner has signed it off yet."))
		return
	}
	p.tell(p.in.saying("Reviewed and signed off by %s on %s.", v.Review.SignedBy, v.Review.SignedAt).after("✅"))
}

// calls calls upon the customer's contacts while there is something to end.
func (p *page) calls(v BreakGlassView) {
	if len(v.Contacts) == 0 || v.Grant == nil || !v.Grant.Live() {
		return
	}
	shown, aloud := make([]string, len(v.Contacts)), make([]string, len(v.Contacts))
	for i, c := range v.Contacts {
		shown[i], aloud[i] = mention(c), called(c)
	}
	p.mutter(p.in.saying("For %s.", saying{p.in.fold(shown, 10, ""), p.in.fold(aloud, 10, "")}))
}

func breakGlassButtons(v BreakGlassView) []*slack.ButtonBlockElement {
	in, id := v.in(), v.Request.ID
	var out []*slack.ButtonBlockElement
	if v.Grant != nil && v.Grant.Live() {
		out = append(out, endAny(v.CardView))
	}
	if v.Review != nil {
		label := in.Say("This was not all right")
		out = append(out, button(ActionObject, Ref(id, v.Request.Terms), label, label+": "+string(id)))
	}
	return out
}

// BreakGlassInPerson tells a contact what their channel could not be told. It has no
// button: who acts is known by the channel in which they do.
func BreakGlassInPerson(v BreakGlassView) Message {
	in := v.in()
	p := &page{in: in}
	p.shout("🚨", in.Say("BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL"), v.Request.ID)
	p.taken(v)
	p.tell(in.saying("You hear this in person because the channel that you share with your partner cannot be written to. To have the access ended at once, call your partner."))
	return p.message()
}

// BreakGlassReviewCard is the task of a second person, in the operators' channel.
func BreakGlassReviewCard(v BreakGlassView) Message {
	r := v.Request
	p := newGlassCard("v", v.CardView)
	p.header(breakGlassTitle(v))
	p.say("%s.", breakGlassTitle(v))
	rest := ", without anybody's approval, for at most " + access.FormatDuration(r.Duration) + "."
	p.section(mention(r.Requester) + " took access to *" + name(r.CustomerName) + "* by break-glass on " + when(r.BrokenAt) + rest)
	p.say("%s took access to %s by break-glass at %s%s", called(r.Requester), name(r.CustomerName), access.FormatTime(r.BrokenAt), rest)
	p.section(english.roleLines(v.Roles, v.Bundle)...)
	p.say("Roles: %s.", rolesIn(v.Roles, 200))
	p.quote("Why", r.Justification)
	p.standing(grantStatus(v.CardView))
	p.words(v)
	if v.Owner != "" && v.Review != nil && v.Review.Open() {
		p.contextBoth("For " + mention(access.Person{User: v.Owner}) + ", who looks after " + name(r.CustomerName) + ".")
	}
	p.buttons(breakGlassTasks(v)...)
	return p.message()
}

func breakGlassTitle(v BreakGlassView) string {
	if v.Review == nil || v.Review.Open() {
		return "🚨 BREAK-GLASS: " + string(v.Request.ID) + " must be reviewed"
	}
	return "✅ Break-glass " + string(v.Request.ID) + ": signed off"
}

// words shows what was said about it, and by whom.
func (p *page) words(v BreakGlassView) {
	if v.Review == nil {
		p.both("Its review cannot be read.")
		return
	}
	if at := v.Review.UnheardAt; !at.IsZero() {
		said := "The customer could not be told in its channel at once; its contacts were written to in person. Call them."
		if v.ByMail {
			said = "The customer has no channel and could not be told by mail at once. Call them."
		}
		p.both("⚠️ " + said)
	}
	for _, o := range v.Review.Objections {
		who := "a bot admin"
		if o.Contact {
			who = "a contact of " + name(v.Request.CustomerName)
		}
		p.section("❗ *NOT ALL RIGHT*, says " + mention(o.By) + ", " + who + ", on " + when(o.At) + ":")
		p.say("NOT ALL RIGHT, says %s, %s, at %s:", called(o.By), who, access.FormatTime(o.At))
		p.quote("Their word", o.Note)
	}
	if v.Review.Open() {
		p.both("It stays open until a bot admin other than " + called(v.Request.Requester) + " has looked at it and signs it off. It is called to mind daily.")
		return
	}
	p.section("Signed off by " + mention(v.Review.SignedBy) + " on " + when(v.Review.SignedAt) + ".")
	p.say("Signed off by %s at %s.", called(v.Review.SignedBy), access.FormatTime(v.Review.SignedAt))
	p.quote("What they found", v.Review.Note)
}

// breakGlassTasks are there while something is to be done.
func breakGlassTasks(v BreakGlassView) []*slack.ButtonBlockElement {
	if v.Review == nil || !v.Review.Open() {
		return nil
	}
	return []*slack.ButtonBlockElement{signOff(v.Request), button(ActionObject, Ref(v.Request.ID, v.Request.Terms), "Not all right", "Not all right: "+string(v.Request.ID)).WithStyle(slack.StyleDanger)}
}

func signOff(r access.Request) *slack.ButtonBlockElement {
	return button(ActionSignOff, Ref(r.ID, r.Terms), "Sign off", "Sign off the review of "+string(r.ID)).WithStyle(slack.StylePrimary)
}

// BreakGlassOpen tells the operators that nobody has signed it off, with the button that does.
func BreakGlassOpen(v BreakGlassView) Message {
	r := v.Request
	n := 1
	if v.Review != nil {
		n = max(n, v.Review.Reminded)
	}
	days := count(n, "day", "days")
	said := " to *" + name(r.CustomerName) + "* was taken " + days + " ago, and nobody has reviewed it: "
	p := &page{}
	p.section("⏰ The break-glass access of " + mention(r.Requester) + said + "*" + string(r.ID) + "*")
	p.say("The break-glass access of %s%s%s.", called(r.Requester), unmarked(said), r.ID)
	if n >= int(access.ReviewWithin/(24*time.Hour)) {
		p.contextBoth("Until it is signed off " + called(r.Requester) + " cannot break glass again.")
	}
	p.buttons(signOff(r))
	return p.message()
}

// BreakGlassObjection alarms the operators: somebody says that a break-glass access was not all
// right.
func BreakGlassObjection(v BreakGlassView) Message {
	r := v.Request
	p := &page{}
	p.section("🚨 *THE BREAK-GLASS ACCESS " + string(r.ID) + " OF* " + mention(r.Requester) + " *TO " + name(r.CustomerName) + " WAS NOT ALL RIGHT*")
	p.say("THE BREAK-GLASS ACCESS %s OF %s TO %s WAS NOT ALL RIGHT.", r.ID, called(r.Requester), name(r.CustomerName))
	if v.Review != nil && len(v.Review.Objections) > 0 {
		o := v.Review.Objections[len(v.Review.Objections)-1]
		p.quote("Says "+line(o.By.Name, 60), o.Note)
	}
	owner := ""
	if v.Owner != "" {
		owner = " For " + mention(access.Person{User: v.Owner}) + ", who looks after the customer."
	}
	p.contextBoth("Talk to them, and write down on its card what came of it." + owner)
	return p.message()
}

// breakGlass is the button that takes the access at once; nil where it is not allowed.
// Its dialog says what will happen.
func breakGlass(v CardView) *slack.ButtonBlockElement {
	r := v.Request
	if r.State != access.Pending || r.Rule.BreakGlass <= 0 || r.Scheduled() || r.Extends != "" {
		return nil
	}
	what := fmt.Sprintf("Take %s in %s for %s at once, without approval? %s is told NOW, with your name and reason, and can end it. A second person must review it.",
		plainRoles(v.Roles), line(r.CustomerName, 50), access.FormatDuration(min(r.Duration, r.Rule.BreakGlass)), orElse(line(r.CustomerName, 50), "The customer"))
	return button(ActionBreakGlass, Ref(r.ID, r.Terms), "Break glass", "Break glass for access request "+string(r.ID)).
		WithStyle(slack.StyleDanger).
		WithConfirm(dialog("In an emergency only", what, "Break glass", slack.StyleDanger))
}

// SignOffModal asks what a second person found.
func SignOffModal(v access.BreakGlassReview) Modal {
	note := slack.NewPlainTextInputBlockElement(plainText("Called Kim at Contoso; the mailboxes were restored, INC-9"), "breakglass.note").
		WithMultiline(true).WithMaxLength(maxQuote)
	what := mention(v.Requester) + " took access to *" + name(v.CustomerName) + "* on " + when(v.OpenedAt) + " without anybody's approval. By signing off you say that you have looked at what was done, and that it was all right, or has been dealt with."
	return modal(ViewSignOff, Ref(v.Request, 1), "Sign off "+string(v.Request), "Sign off", "Cancel",
		slack.NewSectionBlock(formatted(what), nil, nil),
		slack.NewInputBlock(BlockReason, plainText("What you found"), plainText("It is kept with the request. The customer reads that you signed it off, not this."), note))
}

// ObjectModal asks what was not all right.
func ObjectModal(v access.BreakGlassReview, language lang.Tag) Modal {
	in := tongue{language}
	note := slack.NewPlainTextInputBlockElement(plainText(in.Say("Nobody called us")), "breakglass.objection").
		WithMultiline(true).WithMaxLength(maxQuote)
	what := in.saying("The access *%s* of %s to *%s*: the partner's administrators are alarmed, and the review stays open.", v.Request, v.Requester, name(v.CustomerName))
	return modal(ViewObject, Ref(v.Request, 1), in.Say("Not all right"), in.Say("Send"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(what.shown), nil, nil),
		slack.NewInputBlock(BlockReason, plainText(in.Say("What was not all right")), nil, note))
}

// unreviewed lists what waits for a second person.
func (p *page) unreviewed(v SummaryView) {
	listed(p, "Break-glass access that nobody has reviewed", v.Unreviewed, func(c CardView) (string, string) {
		r := c.Request
		return "🚨 " + mention(r.Requester) + v.about(c) + ", taken on " + when(r.BrokenAt) + " (" + string(r.ID) + ")",
			fmt.Sprintf("%s%s, taken at %s (%s)", called(r.Requester), unmarked(v.about(c)), access.FormatTime(r.BrokenAt), r.ID)
	})
}

// homeReviews shows a bot admin what waits for a second person; nothing when nothing does.
func (p *page) homeReviews(all []CardView) {
	if len(all) == 0 {
		return
	}
	p.header("Break-glass access to review")
	for i, v := range all {
		if i == mostHomeRows {
			p.context(fmt.Sprintf("… and %d more: see the cards in the operations channel.", len(all)-i))
			return
		}
		if i > 0 {
			p.mayBreak()
		}
		r := v.Request
		p.row("🚨 *"+name(r.CustomerName)+"*: "+rolesIn(v.Roles, 3)+"\n"+string(r.ID)+", taken by "+mention(r.Requester)+" on "+when(r.BrokenAt), signOff(r))
	}
}
