package messages

import (
	"latchkey/internal/access"
)

// Scheduled tells the requester that what they asked for is approved, and when it begins.
func Scheduled(v CardView) Message {
	r := v.Request
	w, ok := r.Next()
	if !ok {
		return Decided(v)
	}
	return notice("✅ "+string(r.ID)+" is approved. Your access to *"+name(r.CustomerName)+"* begins on "+when(w.Start)+" and ends on "+when(w.End)+".",
		string(r.ID)+" is approved. Your access to "+name(r.CustomerName)+" begins at "+access.FormatTime(w.Start)+" and ends at "+access.FormatTime(w.End)+".",
		"When its time comes it is checked anew whether it is still allowed.")
}

// NotBegun tells the customer's channel that access which it had approved did not begin.
func NotBegun(v CardView) Message {
	r := v.Request
	why := ""
	if v.Grant != nil {
		why = v.Grant.EndNote
	}
	in := v.in()
	return in.notice(in.saying("%s: the access of %s to *%s* did not begin. Nothing was given.", r.ID, r.Requester, name(r.CustomerName)).then(sentence(why)).after("⚠️"))
}

// Stopped tells the requester that none of their access begins any more.
func Stopped(v CardView) Message {
	r := v.Request
	return notice("🔒 "+string(r.ID)+" was ended by "+mention(r.Stopped.By)+": no more access to *"+name(r.CustomerName)+"* begins.",
		string(r.ID)+" was ended by "+called(r.Stopped.By)+": no more access to "+name(r.CustomerName)+" begins.",
		"Ask again with `/access request` when you need it.")
}

// StoppedCustomer tells the customer's channel the same.
func StoppedCustomer(v CardView) Message {
	r := v.Request
	in := v.in()
	return in.notice(in.saying("%s was ended by %s: no more access of %s to *%s* begins.", r.ID, r.Stopped.By, r.Requester, name(r.CustomerName)).after("🔒"))
}

// AccessEndsSoon tells the requester that their access ends soon.
func AccessEndsSoon(v CardView) Message {
	r, g := v.Request, *v.Grant
	p := &page{}
	p.section("⏰ Your access to *" + name(r.CustomerName) + "* ends on " + when(g.ExpiresAt) + " (" + string(r.ID) + ").")
	p.say("Your access to %s ends at %s (%s).", name(r.CustomerName), access.FormatTime(g.ExpiresAt), r.ID)
	return p.message()
}

// Extended tells the requester that their access ends later than before.
func Extended(v CardView) Message {
	r, g := v.Request, *v.Grant
	return notice("✅ Your access to *"+name(r.CustomerName)+"* now lasts until "+when(g.ExpiresAt)+" ("+string(r.ID)+").",
		"Your access to "+name(r.CustomerName)+" now lasts until "+access.FormatTime(g.ExpiresAt)+" ("+string(r.ID)+").")
}
