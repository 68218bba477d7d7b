package messages_test

import (
	"testing"

	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

// letters are the mails that contacts who are not in Slack get.
func letters(in lang.Tag) map[string]messages.Letter {
	const page = "https://latchkey.example/requests/R-7K3M2"
	out := map[string]messages.Letter{
		"linked": messages.LinkedLetter(messages.ContactView{Language: in, Customer: "Contoso", Person: bo, By: ana}),
	}
	for name, v := range views() {
		switch name {
		case "pending", "hostile", "windows-pending", "denied", "active", "expired":
			v.Language = in
			out[name] = messages.RequestLetter(messages.LetterView{CardView: v, Page: page})
			out[name+"-reminder"] = messages.RequestLetter(messages.LetterView{CardView: v, Page: page, Reminder: true})
		}
	}
	for name, v := range glassViews() {
		v.Language = in
		out["alarm-"+name] = messages.AlarmLetter(v, page)
	}
	for name, v := range offers() {
		if name == "sent" || name == "hostile" {
			v.Language = in
			out["offer-"+name] = messages.OfferLetter(v)
		}
	}
	return out
}

// TestLetters compares each mail, as text and as HTML, with what was looked at, in two
// languages.
func TestLetters(t *testing.T) {
	t.Parallel()
	for _, in := range []lang.Tag{"en", "de"} {
		for name, l := range letters(in) {
			t.Run(string(in)+"/"+name, func(t *testing.T) {
				t.Parallel()
				file := "letter-" + name
				if in != "en" {
					file += "-" + string(in)
				}
				compare(t, file+".txt", []byte("SUBJECT "+l.Subject+"\n\n"+l.Text))
				compare(t, file+".html", []byte(l.HTML))
			})
		}
	}
}
