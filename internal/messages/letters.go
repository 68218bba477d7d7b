package messages

import (
	"bytes"
	"html/template"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// Letter is a mail: the same as text and as HTML.
type Letter struct{ Subject, Text, HTML string }

// LetterView is what a mail about a request tells of.
type LetterView struct {
	CardView
	Page     string // where the request is
	Reminder bool
}

// RequestLetter tells a contact who is not in Slack where a request stands. What a person
// wrote stands in it as they wrote it: in the HTML escaped, and never as a link.
func RequestLetter(v LetterView) Letter {
	in, r := v.in(), v.Request
	subject := in.Say("%s asks for access to %s", r.Requester.Name, r.CustomerName)
	switch {
	case r.State != access.Pending:
		subject = in.Say("Access of %s to %s: %s", r.Requester.Name, r.CustomerName, standing(v.CardView).word)
	case v.Reminder:
		subject = in.Say("Reminder: %s asks for access to %s", r.Requester.Name, r.CustomerName)
	}
	lines := []string{spoken(CustomerCard(v.CardView).Text)}
	if r.State == access.Pending {
		lines = append(lines, in.times(r)...)
	}
	label := in.Say("See the request")
	if r.State == access.Pending {
		label = in.Say("See the request and decide")
		lines = append(lines, in.Say("To decide, open the page and sign in with Microsoft with your own account. Opening it decides nothing, and the link works for nobody else."))
	}
	return paper{Language: v.Language, Subject: line(string(r.ID)+": "+subject, 200), Lines: lines, Label: label, Page: v.Page}.letter()
}

// times lists when access begins that comes again and again; the first few times of it.
func (in tongue) times(r access.Request) []string {
	var out []string
	for i, at := range r.Windows {
		if n := len(r.Windows); i == mostWindows && n > mostWindows+1 {
			last := r.Windows[n-1]
			return append(out, in.saying("and %d more, the last from %s until %s", n-i, last, last.Add(r.Duration)).aloud)
		}
		out = append(out, in.saying("from %s until %s", at, at.Add(r.Duration)).aloud)
	}
	return out
}

// OfferLetter tells contacts who are not in Slack which relationship is asked of them, and
// where they approve it at Microsoft.
func OfferLetter(v OfferView) Letter {
	in, o := v.in(), v.Offer
	subject := in.Say("%s asks %s for a delegated admin relationship", o.Requester.Name, o.CustomerName)
	return paper{
		Language: v.Language, Subject: line(string(o.ID)+": "+subject, 200), Lines: []string{spoken(OfferCustomerCard(v).Text)},
		Label: in.Say("Review in Microsoft 365 admin center"), Page: reviewLink(v),
	}.letter()
}

// LinkedLetter tells contacts who are not in Slack who can decide for their organisation.
func LinkedLetter(v ContactView) Letter {
	in := tongue{v.Language}
	return paper{Language: v.Language, Subject: line(in.Say("You can decide on access to %s", v.Customer), 200), Lines: []string{
		in.Say("%s of your partner has linked you as a contact of %s: you are asked before anybody of your partner gets access to your Microsoft 365, and approve or deny it.", v.By.Name, v.Customer),
		in.Say("You get a mail for each request, with a link to a page on which you sign in with Microsoft. If you did not expect this, or should not decide, tell your partner."),
	}}.letter()
}

// AlarmLetter tells a contact who is not in Slack, as loudly as a mail can, what was taken
// without their approval, and where they end it.
func AlarmLetter(v BreakGlassView, link string) Letter {
	in, p := v.in(), newGlassCard("m", v.CardView)
	loud := paper{Language: v.Language, Page: link, Loud: v.Grant != nil && v.Grant.Live()}
	what := in.Say("Break-glass access is over")
	if loud.Loud {
		what = in.Say("BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL")
	}
	loud.Subject = line(string(v.Request.ID)+": "+what, 200)
	p.taken(v)
	switch g := v.Grant; {
	case g == nil || g.State == access.Activating:
		p.say("%s", in.Say("The access is being put in place."))
	case g.State == access.Active:
		p.say("%s", in.inForce(*g).aloud)
	default:
		p.standing(grantStatus(v.CardView))
	}
	if loud.Loud {
		loud.Label = in.Say("End it, or say that it was not all right")
		p.say("%s", in.Say("IF THIS IS NOT ALL RIGHT, END IT NOW: open the page, sign in with Microsoft with your own account, and press “%s”. It ends at once, and you need nobody for it. A second person at your partner has to review this access in any case.", in.Say("End access")))
	} else {
		loud.Label = in.Say("Say that it was not all right")
		p.say("%s", in.Say("If it was not all right, say so: open the page and sign in with Microsoft with your own account."))
	}
	p.reviewed(v)
	for _, s := range p.text {
		loud.Lines = append(loud.Lines, spoken(s))
	}
	return loud.letter()
}

// spoken is a message's text as it is read: without what Slack wants escaped.
func spoken(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

var letterTemplate = template.Must(template.New("letter").Parse(`<!doctype html>
<html lang="{{.Language.HTML}}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{{.Subject}}</title></head>
<body style="font-family: system-ui, 'Segoe UI', sans-serif; line-height: 1.5; max-width: 36rem; margin: 0 auto; padding: 1rem">
<h1 style="font-size: 1.25rem{{if .Loud}}; padding: .8rem 1rem; border-radius: 8px; background: #b3123f; color: #ffffff{{end}}">{{.Subject}}</h1>
{{range .Lines}}<p>{{.}}</p>
{{end}}{{if .Page}}<p><a href="{{.Page}}" style="display: inline-block; padding: .6rem 1rem; border-radius: 8px; background: {{if .Loud}}#b3123f{{else}}#00705a{{end}}; color: #ffffff; text-decoration: none; font-weight: 600">{{.Label}}</a></p>
<p>{{.Page}}</p>
{{end}}</body></html>
`))

// paper is what a mail is written from.
type paper struct {
	Language    lang.Tag
	Subject     string
	Lines       []string
	Label, Page string // of the link; empty without one
	Loud        bool
}

func (l paper) letter() Letter {
	var b bytes.Buffer
	if err := letterTemplate.Execute(&b, l); err != nil { // unreachable: strings alone
		return Letter{}
	}
	text := strings.Join(l.Lines, "\n\n")
	if l.Page != "" {
		text += "\n\n" + l.Label + ": " + l.Page
	}
	return Letter{Subject: l.Subject, Text: text + "\n", HTML: b.String()}
}
