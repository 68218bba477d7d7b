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
	label := in.Say("See the request")
	if r.State == access.Pending {
		label = in.Say("See the request and decide")
		lines = append(lines, in.Say("To decide, open the page and sign in with Microsoft with your own account. Opening it decides nothing, and the link works for nobody else."))
	}
	return write(v.Language, line(string(r.ID)+": "+subject, 200), lines, label, v.Page)
}

// LinkedLetter tells contacts who are not in Slack who can decide for their organisation.
func LinkedLetter(v ContactView) Letter {
	in := tongue{v.Language}
	return write(v.Language, line(in.Say("You can decide on access to %s", v.Customer), 200), []string{
		in.Say("%s of your partner has linked you as a contact of %s: you are asked before anybody of your partner gets access to your Microsoft 365, and approve or deny it.", v.By.Name, v.Customer),
		in.Say("You get a mail for each request, with a link to a page on which you sign in with Microsoft. If you did not expect this, or should not decide, tell your partner."),
	}, "", "")
}

// spoken is a message's text as it is read: without what Slack wants escaped.
func spoken(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

var letterTemplate = template.Must(template.New("letter").Parse(`<!doctype html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{{.Subject}}</title></head>
<body style="font-family: system-ui, 'Segoe UI', sans-serif; line-height: 1.5; max-width: 36rem; margin: 0 auto; padding: 1rem">
<h1 style="font-size: 1.25rem">{{.Subject}}</h1>
{{range .Lines}}<p>{{.}}</p>
{{end}}{{if .Page}}<p><a href="{{.Page}}" style="display: inline-block; padding: .6rem 1rem; border-radius: 8px; background: #00705a; color: #ffffff; text-decoration: none; font-weight: 600">{{.Label}}</a></p>
<p>{{.Page}}</p>
{{end}}</body></html>
`))

func write(language lang.Tag, subject string, lines []string, label, page string) Letter {
	var b bytes.Buffer
	err := letterTemplate.Execute(&b, map[string]any{
		"Language": language.HTML(), "Subject": subject, "Lines": lines, "Label": label, "Page": page,
	})
	if err != nil { // unreachable: strings alone
		return Letter{}
	}
	text := strings.Join(lines, "\n\n")
	if page != "" {
		text += "\n\n" + label + ": " + page
	}
	return Letter{Subject: subject, Text: text + "\n", HTML: b.String()}
}
