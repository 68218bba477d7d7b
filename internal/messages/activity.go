package messages

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// ActivityView is what the logs of a customer's tenant tell of the partner's people.
type ActivityView struct {
	Language lang.Tag
	External bool // it is shown to the customer's own people
	Customer string
	Request  access.RequestID // of which alone it is; empty: of all
	Days     int              // for how long back it is
	Cursor   access.ActivityCursor
	// Connected says that there is an application that customers can let in, and Consent is
	// where this one does.
	Connected bool
	Consent   string

	Outside, Standing, Unclear []DeedView
	Under                      []DeedsUnderView
	Unused                     []CardView
	Damaged                    int
}

// DeedView is what one person did on one day, or under one request.
type DeedView struct {
	access.Doings
	By access.Person
}

// DeedsUnderView is what was done under one request.
type DeedsUnderView struct {
	CardView
	Deeds []DeedView
}

// ActivityAllView is the same of all customers, in a line each.
type ActivityAllView struct {
	Connected bool
	Days      int
	Customers []ActivityCountView
	Unread    []ActivityCountView // who have not let the bot read, or whose logs cannot be read
}

// ActivityCountView is how much there was at one customer.
type ActivityCountView struct {
	Customer string
	Tenant   access.TenantID
	Cursor   access.ActivityCursor
	Outside  int
	Others   int
	Unused   int
	Last     time.Time
	Consent  string // where it lets the bot read
}

const (
	mostDeeds      = 8  // of each kind; each is a line or two
	fewDone        = 3  // kinds of acts in a line
	mostConsenting = 10 // customers with their link
)

// Activity shows what was done at one customer, or under one request.
func Activity(v ActivityView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	title := in.Say("What was done at %s", orElse(line(v.Customer, 80), "?"))
	if v.Request != "" {
		title = in.Say("What was done under %s at %s", v.Request, orElse(line(v.Customer, 80), "?"))
	}
	p.header(title)
	p.say("%s.", escape(title, maxHeader))
	if !v.Cursor.Log(access.ActSignIn).Begun() && !v.Cursor.Log(access.ActAudit).Begun() {
		p.activityUnread(v)
		return p.message()
	}
	p.deeds(in.Say("*Outside of any access*"), "🔴", v.Outside)
	if len(v.Outside) > 0 {
		p.mutter(in.saying("Nothing that is known here allowed it: no request and no standing access. Ask whoever it was. A guest account, a group inside a group or another tool may be the way."))
	}
	p.underRequests(v)
	p.unusedAccess(v)
	p.deeds(in.Say("*By standing access*"), "🟠", v.Standing)
	p.deeds(in.Say("*Somebody whom the log does not name, while access was in force*"), "❔", v.Unclear)
	if len(v.Outside)+len(v.Under)+len(v.Unused)+len(v.Standing)+len(v.Unclear) == 0 {
		if v.Request != "" {
			p.tell(in.saying("The tenant's logs tell of nothing that was done under %s, as far as they are read.", v.Request))
		} else {
			p.tell(in.saying("The tenant's logs tell of nothing that people of the partner did in the last %d days, as far as they are read.", v.Days))
		}
	}
	p.activityRead(v)
	if v.Cursor.State() == access.ActivityNotAllowed {
		p.consent(v)
	}
	return p.message()
}

// listed shows lines below a title, the first of them.
func (p *page) listed(title string, all []saying) {
	if len(all) == 0 {
		return
	}
	lines := []string{title}
	p.say("%s:", unmarked(title))
	for i, s := range all {
		if i == mostDeeds && len(all) > mostDeeds+1 {
			more := p.in.Say("… and %d more", len(all)-i)
			lines = append(lines, more)
			p.say("%s.", more)
			break
		}
		lines = append(lines, s.shown)
		p.say("%s.", s.aloud)
	}
	p.section(lines...)
}

// deeds lists what people did on days, the newest first.
func (p *page) deeds(title, sign string, all []DeedView) {
	lines := make([]saying, len(all))
	for i, d := range all {
		lines[i] = p.in.saying("%s: %s. Last: %s", d.By, p.in.done(d.Doings), d.Last).after(sign)
	}
	p.listed(title, lines)
}

// underRequests lists what was done by request, with the roles that were given.
func (p *page) underRequests(v ActivityView) {
	in := p.in
	var lines []saying
	for _, u := range v.Under {
		roles := in.rolesIn(u.Roles, 2)
		if len(u.Roles) == 0 {
			roles = in.Say("roles that are not on record any more")
		}
		sign := "🟢"
		if u.CardView.Request.BrokeGlass() {
			sign = "🚨"
		}
		for _, d := range u.Deeds {
			s := in.saying("*%s*, %s, %s: %s. Last: %s", u.CardView.Request.ID, d.By, roles, in.done(d.Doings), d.Last)
			if d.Late > 0 {
				s = saying{s.shown + ".", s.aloud + "."}.and(in.saying("After its end, while tokens live on: %d", d.Late))
			}
			lines = append(lines, s.after(sign))
		}
	}
	p.listed(in.Say("*By request*"), lines)
	if v.Request == "" {
		return
	}
	for _, u := range v.Under {
		for _, d := range u.Deeds {
			p.each(d.Doings)
		}
	}
}

// each lists every kind of act.
func (p *page) each(d access.Doings) {
	lines := make([]string, len(d.Done))
	for i, one := range d.Done {
		s := p.in.saying("%s, last: %s", p.in.one(one), one.Last)
		lines[i] = "• " + s.shown
		p.say("%s.", s.aloud)
	}
	p.section(lines...)
}

// unusedAccess lists what was given and not used.
func (p *page) unusedAccess(v ActivityView) {
	in := p.in
	lines := make([]saying, len(v.Unused))
	for i, u := range v.Unused {
		lines[i] = in.saying("*%s*, %s, %s: from %s to %s", u.Request.ID, u.Request.Requester, in.rolesIn(u.Roles, 2), u.Grant.ActiveAt, u.Grant.EndedAt).after("⚪")
	}
	p.listed(in.Say("*Given, and never used*"), lines)
	if len(lines) > 0 {
		p.mutter(in.saying("No sign-in to the tenant shows in that time, as far as its log tells."))
	}
}

// one is one kind of act, with how often it was.
func (in tongue) one(d access.Done) string {
	what := escape(orElse(d.What, "?"), 60)
	if d.Log == access.ActSignIn {
		what = in.Say("sign-in to %s", what)
	}
	return what + " ×" + strconv.Itoa(d.Count)
}

// done says how often what was done, and what of it Microsoft refused.
func (in tongue) done(d access.Doings) string {
	var parts []string
	rest := d.Other
	for i, one := range d.Done {
		if i >= fewDone && len(d.Done) > fewDone+1 {
			rest += one.Count
			continue
		}
		parts = append(parts, in.one(one))
	}
	out := strings.Join(parts, ", ")
	if rest > 0 {
		out = in.Say("%s … and %d more", out, rest)
	}
	if d.Failed > 0 {
		out += "; " + in.Say("of these refused by Microsoft: %d", d.Failed)
	}
	return out
}

// activityRead says how far the logs are read, and what is not.
func (p *page) activityRead(v ActivityView) {
	in := p.in
	if until := v.Cursor.Until(); !until.IsZero() {
		s := in.saying("Read from the tenant's own logs, complete until %s.", until)
		if !v.Cursor.NextAt.IsZero() {
			s = s.and(in.saying("Next read: %s.", v.Cursor.NextAt))
		}
		p.mutter(s)
	}
	for _, l := range []struct {
		log  access.ActLog
		name string
	}{{access.ActSignIn, in.Say("sign-ins")}, {access.ActAudit, in.Say("changes in the directory")}} {
		c := v.Cursor.Log(l.log)
		if !c.Begun() && c.State == access.ActivityNotAllowed {
			c.State = access.ActivityUnknown
		}
		switch c.State {
		case access.ActivityNoLicence:
			p.mutter(in.saying("The log of %s cannot be read: the tenant has no licence for Microsoft Entra ID P1 or P2, which that needs.", l.name).after("⚠️"))
		case access.ActivityNotAllowed:
			p.mutter(in.saying("The log of %s was read until %s, and is not any more: the consent was taken back.", l.name, c.Until).after("⚠️"))
		case access.ActivityRefused:
			p.mutter(in.saying("The log of %s could not be read in the last attempt.", l.name).after("⚠️"))
		case access.ActivityUnknown:
			p.mutter(in.saying("The log of %s has not been read yet.", l.name).after("⚠️"))
		case access.ActivityRead:
		}
	}
	if v.Cursor.Problem != "" && !v.External {
		p.contextBoth("⚠️ " + sentence(v.Cursor.Problem))
	}
	if v.Damaged > 0 {
		p.mutter(in.saying("Damaged records, which are left out: %d.", v.Damaged).after("⚠️"))
	}
}

// activityUnread says why nothing is known, and what would change that.
func (p *page) activityUnread(v ActivityView) {
	in := p.in
	state := v.Cursor.State()
	switch {
	case !v.Connected:
		p.tell(in.saying("The bot does not read the logs of customers, so nothing is known of what was done."))
		if !v.External {
			p.contextBoth("Whoever runs the bot can set ACTIVITY_CLIENT_ID: an app registration of its own, which can read logs and nothing else.")
		}
	case state == access.ActivityNoLicence || state == access.ActivityRefused:
		p.tell(in.saying("The tenant's logs could not be read, so nothing is known of what was done."))
		p.activityRead(v)
	case state == access.ActivityUnknown && v.Cursor.TriedAt.IsZero():
		p.tell(in.saying("The tenant's logs have not been read yet. Look again in a few minutes."))
		p.consent(v)
	default:
		p.tell(in.saying("%s has not let the bot read the logs of its tenant, so nothing is known of what was done.", name(v.Customer)))
		p.consent(v)
	}
}

// consent leads to where the customer lets the bot read.
func (p *page) consent(v ActivityView) {
	if v.Consent == "" {
		return
	}
	in := p.in
	p.tell(in.saying("An administrator of the customer who may consent to applications (such as a Global Administrator) opens this page and is shown the one permission: AuditLog.Read.All, read the audit log. Nothing can be changed by it."))
	if v.External {
		p.buttons(leads(button(ActionLetIn, "activity", in.Say("Review at Microsoft"), in.Say("Review at Microsoft what the bot may read")), v.Consent))
		return
	}
	p.section(code(v.Consent))
	p.say("%s", v.Consent)
}

// ActivityAll shows what was done at all customers, in a line each.
func ActivityAll(v ActivityAllView) Message {
	p := &page{}
	p.header("What was done at customers")
	p.say("What was done at customers.")
	if !v.Connected {
		p.activityUnread(ActivityView{})
		return p.message()
	}
	quiet := 0
	shown := 0
	for _, c := range v.Customers {
		switch {
		case c.Outside+c.Others+c.Unused == 0:
			quiet++
		case shown == mostCounted:
			shown++
			p.both("… and more customers. Name one: `/access activity contoso`.")
		case shown < mostCounted:
			shown++
			text := activityLine(c)
			p.row(text.shown, button(ActionActivity, string(c.Tenant), "Look", "Look what was done at "+c.Customer))
			p.say("%s", text.aloud)
		}
	}
	if shown == 0 && len(v.Customers) > 0 {
		p.both(fmt.Sprintf("🟢 The logs that are read tell of nothing in the last %d days.", v.Days))
	} else if quiet > 0 {
		p.contextBoth("Nothing at " + count(quiet, "other customer", "other customers") + " whose logs are read.")
	}
	p.unread(v.Unread)
	p.context(fmt.Sprintf("Of the last %d days.", v.Days))
	p.say("Of the last %d days.", v.Days)
	return p.message()
}

func activityLine(c ActivityCountView) saying {
	sign := "🟢"
	var parts []string
	if c.Outside > 0 {
		sign = "🔴"
		parts = append(parts, count(c.Outside, "act that nothing allowed", "acts that nothing allowed"))
	}
	if c.Others > 0 {
		parts = append(parts, count(c.Others, "act by access", "acts by access"))
	}
	if c.Unused > 0 {
		parts = append(parts, count(c.Unused, "access never used", "accesses never used"))
	}
	s := saying{"*" + name(c.Customer) + "*: " + list(parts) + ".", name(c.Customer) + ": " + list(parts) + "."}
	if !c.Last.IsZero() {
		s = s.and(saying{"Last: " + when(c.Last) + ".", "Last: " + access.FormatTime(c.Last) + "."})
	}
	if until := c.Cursor.Until(); !until.IsZero() {
		s = s.and(saying{"Read until " + when(until) + ".", "Read until " + access.FormatTime(until) + "."})
	}
	return s.after(sign)
}

// unread lists the customers of whom nothing is known, with what each can do.
func (p *page) unread(all []ActivityCountView) {
	if len(all) == 0 {
		return
	}
	p.divider()
	p.section("*Not read*")
	p.say("Not read:")
	for i, c := range all {
		if i == mostConsenting && len(all) > mostConsenting+1 {
			p.both("… and " + count(len(all)-i, "more customer", "more customers") + ". Name one: `/access activity contoso`.")
			return
		}
		why := "has not consented."
		switch c.Cursor.State() {
		case access.ActivityNoLicence:
			why = "has no licence for Microsoft Entra ID P1 or P2, and its other log could not be read."
		case access.ActivityRefused:
			why = "could not be read. " + sentence(c.Cursor.Problem)
		case access.ActivityUnknown:
			why = "has not been read yet."
		case access.ActivityRead, access.ActivityNotAllowed:
		}
		text := name(c.Customer) + ": " + why
		if c.Consent != "" && (c.Cursor.State() == access.ActivityNotAllowed || c.Cursor.State() == access.ActivityUnknown) {
			text += " Its admin consents here: " + code(c.Consent)
		}
		p.section("• " + text)
		p.say("%s", strings.ReplaceAll(text, "`", ""))
	}
}

// activity is the button on the card of access that is over.
func (v CardView) activity() []*slack.ButtonBlockElement {
	if !v.Activity || v.Grant == nil || !v.Grant.Final() {
		return nil
	}
	in := v.in()
	return []*slack.ButtonBlockElement{button(ActionActivity, string(v.Request.ID), in.Say("What was done"), in.Say("What was done under %s", v.Request.ID))}
}
