package messages

import "latchkey/internal/access"

// Scheduled tells the requester that what they asked for is approved, and when it begins.
// The view must be of a request of which something is to begin.
func Scheduled(v CardView) Message {
	r := v.Request
	w, _ := r.Next()
	small := "When its time comes it is checked anew whether it is still allowed."
	if n := len(r.Ahead()); n > 1 {
		small = access.FormatWindows(n, r.Duration) + ". Each time it is checked anew whether it is still allowed."
	}
	return notice("✅ "+string(r.ID)+" is approved. Your access to *"+name(r.CustomerName)+"* begins on "+when(w.Start)+" and ends on "+when(w.End)+".",
		string(r.ID)+" is approved. Your access to "+name(r.CustomerName)+" begins at "+access.FormatTime(w.Start)+" and ends at "+access.FormatTime(w.End)+".",
		small)
}

// NotBegun tells the customer's channel that access which it had approved did not begin.
func NotBegun(v CardView) Message {
	in, r := v.in(), v.Request
	return in.told(standing(v), in.saying("%s: the access of %s to *%s* did not begin. Nothing was given.", r.ID, r.Requester, name(r.CustomerName)).after("⚠️"), "")
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
	in, r := v.in(), v.Request
	return in.notice(in.saying("%s was ended by %s: no more access of %s to *%s* begins.", r.ID, r.Stopped.By, r.Requester, name(r.CustomerName)).after("🔒"))
}

// AccessEndsSoon tells the requester that their access ends soon. The view must be of
// access in force.
func AccessEndsSoon(v CardView) Message {
	r, g := v.Request, *v.Grant
	p := &page{prefix: "soon." + string(r.ID)}
	p.section("⏰ Your access to *" + name(r.CustomerName) + "* ends on " + when(g.ExpiresAt) + " (" + string(r.ID) + ").")
	p.say("Your access to %s ends at %s (%s).", name(r.CustomerName), access.FormatTime(g.ExpiresAt), r.ID)
	p.buttons(prolong(v)...)
	return p.message()
}

// Extended tells the requester that their access ends later than before. The view must be
// of access in force.
func Extended(v CardView) Message {
	r, g := v.Request, *v.Grant
	return notice("✅ Your access to *"+name(r.CustomerName)+"* now lasts until "+when(g.ExpiresAt)+" ("+string(r.ID)+").",
		"Your access to "+name(r.CustomerName)+" now lasts until "+access.FormatTime(g.ExpiresAt)+" ("+string(r.ID)+").")
}
