package commands_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/commands"
)

func TestParseAsked(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		text  string
		words string // joined by |, quoted ones in brackets
		d     time.Duration
		why   string
	}{
		{"documented", `contoso "Exchange Administrator" for 4h because mailbox migration, INC-4711`, "contoso|[Exchange Administrator]", 4 * time.Hour, "mailbox migration, INC-4711"},
		{"no quotes", `contoso Exchange Administrator for 4 hours because x`, "contoso|Exchange|Administrator", 4 * time.Hour, "x"},
		{"smart quotes", `“Contoso Ltd” ‘Exchange Administrator’ for 90m because x`, "[Contoso Ltd]|[Exchange Administrator]", 90 * time.Minute, "x"},
		{"German quotes", `„Contoso Ltd“ helpdesk for 90m because x`, "[Contoso Ltd]|helpdesk", 90 * time.Minute, "x"},
		{"several roles", `contoso "Exchange Administrator", "Teams Administrator" for 1h30m because x`, "contoso|[Exchange Administrator]|,|[Teams Administrator]", 90 * time.Minute, "x"},
		{"reason first", `contoso helpdesk because reset MFA for Bob for 2h`, "contoso|helpdesk", 2 * time.Hour, "reset MFA for Bob"},
		{"for within the reason", `contoso helpdesk for 2h because Bob waits for 3h`, "contoso|helpdesk", 2 * time.Hour, "Bob waits for 3h"},
		{"for within a name", `Partners for Good helpdesk for 2h because x`, "Partners|for|Good|helpdesk", 2 * time.Hour, "x"},
		{"no for", `contoso helpdesk 2h because x`, "contoso|helpdesk", 2 * time.Hour, "x"},
		{"for first", `for 2h contoso helpdesk because x`, "contoso|helpdesk", 2 * time.Hour, "x"},
		{"long duration", `contoso helpdesk for 1 day 2 hours 30 minutes because x`, "contoso|helpdesk", 26*time.Hour + 30*time.Minute, "x"},
		{"fraction", `contoso helpdesk for 1.5h because x`, "contoso|helpdesk", 90 * time.Minute, "x"},
		{"upper case", `contoso helpdesk FOR 2H BECAUSE x`, "contoso|helpdesk", 2 * time.Hour, "x"},
		{"quoted reason", `contoso helpdesk for 2h because "x y"`, "contoso|helpdesk", 2 * time.Hour, "x y"},
		{"quotes in the reason", `contoso helpdesk for 2h because "x" and "y"`, "contoso|helpdesk", 2 * time.Hour, `"x" and "y"`},
		{"quoted keyword", `"because" "for" for 2h because x`, "[because]|[for]", 2 * time.Hour, "x"},
		{"quote without its pair", `contoso "Exchange Administrator for 2h because x`, "contoso|Exchange|Administrator", 2 * time.Hour, "x"},
		{"apostrophe", `Contoso's helpdesk for 2h because it's late`, "Contoso's|helpdesk", 2 * time.Hour, "it's late"},
		{"escaped", `A&amp;B &lt;x&gt; for 2h because 1 &lt; 2 &amp;amp; 3`, "A&B|<x>", 2 * time.Hour, "1 < 2 &amp; 3"},
		{"linked domain", `<http://contoso.com|contoso.com> helpdesk for 2h because see <https://a.example/b>`, "contoso.com|helpdesk", 2 * time.Hour, "see a.example/b"},
		{"mention", `contoso helpdesk for 2h because <@U1|ana> asked`, "contoso|helpdesk", 2 * time.Hour, "@ana asked"},
		{"line breaks and hidden", "contoso\nhelp\u200Bdesk for 2h because a\n\nb \u202Ec", "contoso|helpdesk", 2 * time.Hour, "a b c"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := commands.ParseAsked(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if w := shown(got.Words); w != row.words || got.Duration != row.d || got.Justification != row.why {
				t.Errorf("ParseAsked(%q) = %s, %s, %q, want %s, %s, %q", row.text, w, got.Duration, got.Justification, row.words, row.d, row.why)
			}
		})
	}
}

func shown(words []commands.Word) string {
	var out []string
	for _, w := range words {
		if w.Quoted {
			w.Text = "[" + w.Text + "]"
		}
		out = append(out, w.Text)
	}
	return strings.Join(out, "|")
}

func TestParseAskedRefuses(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, text, field string }{
		{"nothing", "", "customer"},
		{"only a reason", "because x", "customer"},
		{"only a duration", "for 4h because x", "customer"},
		{"no duration", "contoso helpdesk because x", "duration"},
		{"no unit", "contoso helpdesk for 4 because x", "duration"},
		{"a duration in words", "contoso helpdesk for four hours because x", "duration"},
		{"too little", "contoso helpdesk for 0.01h because x", "duration"},
		{"no reason", "contoso helpdesk for 4h", "justification"},
		{"empty reason", "contoso helpdesk for 4h because  ", "justification"},
		{"quoted nothing", `contoso helpdesk for 4h because ""`, "justification"},
		{"invisible reason", "contoso helpdesk for 4h because \u200B", "justification"},
		{"long reason", "contoso helpdesk for 4h because " + strings.Repeat("x", 501), "justification"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := commands.ParseAsked(row.text)
			e, ok := errors.AsType[*access.Error](err)
			if !ok || e.Code != access.Invalid || e.Field != row.field {
				t.Errorf("ParseAsked(%q) = %#v, want a refusal of %s", row.text, err, row.field)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`contoso "Exchange Administrator" for 4h because x`, `“a b” ‘c d’ 2h because "y"`, `a because b for 1 d 2 h`,
		`<http://x|'a> b' for 1h because z`, `'a <@U1|x y> for for 4h for because z`, "&amp;lt; \u200b \xff for 1,5h because <a|b", `a"b"c for 1m because ''`,
		"a from mon at 9:05 for 1h because x", "a every last fri of the month 22:00-01:00 for 3 months because x", "a for 2h every weekday 8:00 until 2027-01-01 because x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := commands.ParseAsked(text)
		if err != nil {
			if access.CodeOf(err) != access.Invalid {
				t.Errorf("ParseAsked(%q) = %v, want a refusal", text, err)
			}
			return
		}
		again, err := commands.ParseAsked(got.String())
		if err != nil {
			t.Fatalf("%q was written as %q and refused: %v", text, got, err)
		}
		same := func(a, b commands.Word) bool { return a.Text == b.Text && a.Quoted == b.Quoted }
		if !slices.EqualFunc(got.Words, again.Words, same) || got.Duration != again.Duration || got.Justification != again.Justification || got.When != again.When {
			t.Errorf("%q was read as\n%#v, written as %q and read as\n%#v", text, got, got, again)
		}
	})
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text string
		want time.Duration // 0: refused
	}{
		{"4h", 4 * time.Hour}, {" 4 Hours ", 4 * time.Hour}, {"90m", 90 * time.Minute}, {"90 min", 90 * time.Minute},
		{"1h30m", 90 * time.Minute}, {"1.5h", 90 * time.Minute}, {"1,5 h", 90 * time.Minute}, {"0.25h", 15 * time.Minute},
		{"2d", 48 * time.Hour}, {"2 days", 48 * time.Hour}, {"1.33h", 79 * time.Minute},
		{"5 Tage", 120 * time.Hour}, {"1 Tag 2 Stunden", 26 * time.Hour}, {"2 jours", 48 * time.Hour}, {"1,5 heures", 90 * time.Minute},
		{"3 DÍAS", 72 * time.Hour}, {"2 horas 30 minutos", 150 * time.Minute}, {"2 Wochen", 0}, {"fünf Tage", 0},
		{"", 0}, {"4", 0}, {"h", 0}, {"-4h", 0}, {"4h4h", 0}, {"30m1h", 0}, {"0h", 0}, {"0.0h", 0}, {"99999999999h", 0},
		{"half a day", 0}, {"1e3h", 0}, {"1.5.5h", 0}, {"4s", 0}, {"9999.99d", 9999*24*time.Hour + 23*time.Hour + 45*time.Minute},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			got, err := commands.ParseDuration(row.text)
			if got != row.want || (err == nil) != (row.want > 0) {
				t.Errorf("ParseDuration(%q) = %s, %v, want %s", row.text, got, err, row.want)
			}
		})
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"4h", "1.5h", "1d2h3m", "9999.99d", "x", "1 h 30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := commands.ParseDuration(text)
		if err != nil {
			if e, ok := errors.AsType[*access.Error](err); !ok || e.Field != "duration" {
				t.Errorf("ParseDuration(%q) = %v, want a refusal of the duration", text, err)
			}
			return
		}
		if again, err := commands.ParseDuration(access.FormatDuration(d)); err != nil || again != d {
			t.Errorf("%q is %s, which reads as %s, %v", text, d, again, err)
		}
	})
}
