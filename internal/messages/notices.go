package messages

import (
	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// Active tells the requester that the access is there.
func Active(v CardView) Message {
	r := v.Request
	until := access.FormatDuration(r.Duration)
	if v.Grant != nil && !v.Grant.ExpiresAt.IsZero() {
		return notice("✅ Your access to *"+name(r.CustomerName)+"* is in place until "+when(v.Grant.ExpiresAt)+" ("+string(r.ID)+").",
			"Your access to "+name(r.CustomerName)+" is in place until "+access.FormatTime(v.Grant.ExpiresAt)+" ("+string(r.ID)+").",
			"It holds "+rolesIn(v.Roles, 6)+". A portal that is already open may need a new sign-in to show it.")
	}
	return notice("✅ Your access to *"+name(r.CustomerName)+"* is in place for "+until+" ("+string(r.ID)+").",
		"Your access to "+name(r.CustomerName)+" is in place for "+until+" ("+string(r.ID)+").",
		"It holds "+rolesIn(v.Roles, 6)+".")
}

// Ended tells the customer's channel that the access is gone, or that the grant
// is over and another one keeps the access.
func Ended(v CardView) Message {
	in, r := v.in(), v.Request
	over := in.saying("The access of %s to *%s* under %s has ended.", r.Requester, name(r.CustomerName), r.ID)
	if stays(v) {
		over = in.saying("The access of %s to *%s* under %s has ended, but the access itself goes on.", r.Requester, name(r.CustomerName), r.ID)
	}
	return in.told(grantStatus(v), over.after("🔒"), in.Say("It held %s.", in.rolesIn(v.Roles, 6)))
}

// EndedRequester tells the requester the same.
func EndedRequester(v CardView) Message {
	r := v.Request
	over, next := " has ended.", "Ask again with `/access request` when you need it."
	if stays(v) {
		over, next = " has ended, but the access itself goes on.", ""
	}
	return told(grantStatus(v), "🔒 Your access to *"+name(r.CustomerName)+"* under "+string(r.ID)+over,
		"Your access to "+name(r.CustomerName)+" under "+string(r.ID)+over, next)
}

// stays reports whether another grant keeps the access that this one gave.
func stays(v CardView) bool { return v.Grant != nil && v.Grant.HeldBy != "" }

// Failed tells the requester that the access was never there to be used.
func Failed(v CardView) Message {
	r := v.Request
	now, never := standing(v), "* never came into force."
	if _, again := r.Next(); again {
		never = "* did not come into force this time."
	}
	line := string(r.ID) + " was approved, but its access to *" + name(r.CustomerName) + never
	return told(now, "⚠️ "+line, unmarked(line), now.next)
}

// Decided tells the requester that the request was denied or has lapsed.
func Decided(v CardView) Message {
	r := v.Request
	now := standing(v)
	return told(now, now.emoji+" Your request "+string(r.ID)+" for *"+name(r.CustomerName)+"* was not granted: "+now.word+".",
		"Your request "+string(r.ID)+" for "+name(r.CustomerName)+" was not granted: "+now.word+".", now.next)
}

// Reminder calls those who may still decide on a request.
func Reminder(v CardView, who []access.Person) Message {
	in, r := v.in(), v.Request
	shown, aloud := make([]string, len(who)), make([]string, len(who))
	for i, p := range who {
		shown[i], aloud[i] = mention(p), called(p)
	}
	waits := saying{in.fold(shown, 6, in.Say("somebody")), in.fold(aloud, 6, in.Say("somebody"))}
	left := in.Say("Nobody has decided yet.")
	if n := r.Approvals(); n > 0 {
		left = in.Say("%d of %d have approved.", n, r.Rule.Approvals)
	}
	p := &page{in: in}
	p.tell(in.saying("%s waits for %s: %s asks for %s for %s.", r.ID, waits, r.Requester, in.rolesIn(v.Roles, 3), r.Duration).and(plain(left)).after("⏰"))
	p.mutter(in.saying("It lapses on %s. The card above has the buttons, and so has the app's Home.", r.DecideBy))
	p.buttons(in.away(r.Customer))
	return p.message()
}

// Unanswered tells the requester that nobody has answered, and that time runs out.
func Unanswered(v CardView) Message {
	r := v.Request
	said, next := "Your request "+string(r.ID)+" for "+name(r.CustomerName)+" still waits for an answer and lapses ", " Call somebody there; its contacts have been reminded twice."
	if r.Stage() == access.ByPeers {
		next = " Call a colleague who may let it through; they have been reminded twice."
	}
	return notice("⏰ "+said+"on "+when(r.DecideBy)+"."+next, said+"at "+access.FormatTime(r.DecideBy)+"."+next)
}

// UnansweredToAll tells the operators the same, and calls on who looks after the customer,
// if policy.yml names somebody.
func UnansweredToAll(v CardView, owner access.UserID) Message {
	r := v.Request
	said, next := name(r.CustomerName)+" has not answered ", " Its contacts have been reminded twice."
	if r.Stage() == access.ByPeers {
		said, next = "Nobody has let through ", " Those who may have been reminded twice."
	}
	if userID.MatchString(string(owner)) {
		next += " <@" + string(owner) + "> looks after " + name(r.CustomerName) + "."
	}
	said += string(r.ID) + " of "
	return notice("⏰ "+said+mention(r.Requester)+", which lapses on "+when(r.DecideBy)+"."+next,
		said+called(r.Requester)+", which lapses at "+access.FormatTime(r.DecideBy)+"."+next)
}

// TroubleView is what the operators must look at.
type TroubleView struct {
	Request  access.RequestID // optional
	Customer string           // optional
	Text     string           // what happened and what to do, as sentences
	Effect   string           // optional: what is tried again when a bot admin says so
}

// Trouble tells the operators that something needs a human.
func Trouble(v TroubleView) Message {
	about := ""
	if v.Request != "" {
		about += " " + string(v.Request)
	}
	if v.Customer != "" {
		about += " (" + name(v.Customer) + ")"
	}
	if about != "" {
		about = ":" + about
	}
	line, aloud := "⚠️ *Please look at this*"+about+"\n"+sentence(v.Text), "Please look at this"+about+". "+sentence(v.Text)
	if v.Effect == "" {
		return notice(line, aloud)
	}
	p := &page{}
	p.section(line)
	p.say("%s", aloud)
	p.buttons(button(ActionRevive, v.Effect, "Try again", "Try again what could not be done"))
	return p.message()
}

// ContactView is a change of who may decide for a customer.
type ContactView struct {
	Language lang.Tag // of the customer
	Tenant   access.TenantID
	Customer string
	Person   access.Person
	By       access.Person
	Page     bool   // there is a page on which they can sign in
	Role     string // with which they have signed in
}

// ContactLinked tells the customer's channel who may decide from now on, so
// that a wrong one does not go unseen.
func ContactLinked(v ContactView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("%s is now a contact of *%s*, and approves, denies and ends access. Linked by %s.", v.Person, name(v.Customer), v.By).after("👤"))
	p.mutter(in.saying("If that is wrong, tell your partner now: every access that this person approves is given."))
	if !v.Page {
		p.mutter(in.saying("Not verified: they cannot approve or deny anything before a day has passed.").after("❔"))
		p.buttons(in.away(v.Tenant))
		return p.message()
	}
	p.mutter(in.saying("Not verified yet: they cannot approve or deny anything before a day has passed. At once, if they show that they belong to the organisation: by signing in with Microsoft, as an administrator of it.").after("❔"))
	p.buttons(in.verify(v.Tenant, v.Customer), in.away(v.Tenant))
	return p.message()
}

// ContactVerified tells the customer's channel that a contact is who they are said to be.
func ContactVerified(v ContactView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("%s is verified as a contact of *%s*: signed in to its tenant as %s.", v.Person, name(v.Customer), escape(v.Role, maxName)).after("👤"))
	p.buttons(in.evidence(v.Tenant))
	return p.message()
}

// ContactRemoved tells the customer's channel who may no longer decide.
func ContactRemoved(v ContactView) Message {
	in := tongue{v.Language}
	return in.notice(in.saying("%s can no longer decide on access to *%s*. Removed by %s.", v.Person, name(v.Customer), v.By).after("👤"),
		in.Say("Access that was given before stays until its end."))
}

// Reply is one sentence or more to one person. Mentions of users stay.
func Reply(text string) Message {
	s := orElse(mentions.ReplaceAllString(sentence(text), "<@$1>"), "Done.")
	return notice(s, s)
}

// Refusal tells a person no, and what they can do instead.
func Refusal(text string) Message { return RefusalIn(lang.English, text) }

// RefusalIn is [Refusal] in the language that the text is in.
func RefusalIn(language lang.Tag, text string) Message {
	s := orElse(sentence(text), language.Say("That is not possible."))
	return tongue{language}.notice(saying{s, s}.after("🚫"))
}

// notice is a short message: one line, perhaps a smaller one below it.
func notice(line, aloud string, small ...string) Message {
	return english.notice(saying{line, aloud}, small...)
}

func (in tongue) notice(s saying, small ...string) Message {
	p := &page{in: in}
	p.tell(s)
	for _, s := range small {
		if s != "" {
			p.context(s)
			p.say("%s", s)
		}
	}
	return p.message()
}

// told is a notice that says where the request stands now.
func told(now status, line, aloud, small string) Message {
	return english.told(now, saying{line, aloud}, small)
}

func (in tongue) told(now status, s saying, small string) Message {
	p := &page{in: in}
	p.section(append([]string{s.shown}, now.lines...)...)
	p.say("%s", s.aloud)
	for _, s := range now.text {
		p.say("%s", s)
	}
	if now.quoted != "" {
		p.quote(in.Say("Reason"), now.quoted)
	}
	if small != "" {
		p.context(small)
		p.say("%s", small)
	}
	return p.message()
}
