package page_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey/internal/sandbox/page"
)

func TestMrkdwn(t *testing.T) {
	const link = ` target="_blank" rel="noopener noreferrer">`
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"words", "a plain line", "a plain line"},
		{"bold", "*bold* and *two words*", "<strong>bold</strong> and <strong>two words</strong>"},
		{"italic", "_it_", "<em>it</em>"},
		{"strike", "~gone~", "<s>gone</s>"},
		{"nested", "*_both_ here*", "<strong><em>both</em> here</strong>"},
		{"mark inside a word", "snake_case_name 2*3*4", "snake_case_name 2*3*4"},
		{"mark before a space", "* not* a list", "* not* a list"},
		{"mark without end", "*open _too", "*open _too"},
		{"marks do not cross lines", "*a\nb*", "*a<br>b*"},
		{"code hides marks", "`*x* <b>`", "<code>*x* &lt;b&gt;</code>"},
		{"fence", "see\n```\nline *1*\nline &lt;2&gt;\n```\ndone", "see<pre>line *1*\nline &lt;2&gt;</pre>done"},
		{"fence without end", "a ``` b", "a ``` b"},
		{"quote", "&gt; said\n> more\nreply", "<blockquote>said<br>more</blockquote>reply"},
		{"mention", "<@U1> and <@U2|bo> and <@U3>", `<span class="mention">@Ana &lt;b&gt;</span> and <span class="mention">@bo</span> and <span class="mention">@U3</span>`},
		{"channel", "<#C1|old> <#C2|there>", `<span class="mention">#general</span> <span class="mention">#there</span>`},
		{"everyone", "<!channel> <!subteam^S1|@ops>", `<span class="mention">@channel</span> <span class="mention">@ops</span>`},
		{"escaped mention is text", "&lt;!channel&gt;", "&lt;!channel&gt;"},
		{"link", "<https://example.com/?a=1&amp;b=2|here>", `<a href="https://example.com/?a=1&amp;b=2"` + link + "here</a>"},
		{"bare link", "<mailto:a@example.com>", `<a href="mailto:a@example.com"` + link + "a@example.com</a>"},
		{"no script link", "<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"},
		{"link with a quote mark", `<https://x/"onmouseover=1|x>`, `<a href="https://x/&#34;onmouseover=1"` + link + "x</a>"},
		{"mark closes after a link", "*<https://x/a*b|x>*", `<strong><a href="https://x/a*b"` + link + "x</a></strong>"},
		{"date", "<!date^1700000000^{date_short} at {time}|2023>", `<time datetime="2023-11-14T22:13:20Z" data-format="{date_short} at {time}">2023</time>`},
		{"date without fallback", "<!date^0^{time}>", `<time datetime="1970-01-01T00:00:00Z" data-format="{time}">1970-01-01 00:00 UTC</time>`},
		{"date that is none", "<!date^soon^{time}|at noon>", "at noon"},
		{"date out of range", "<!date^99999999999999^{time}|late>", "late"},
		{"emoji", ":white_check_mark: ok :nosuch: 10:30:45", `<span class="emoji" role="img" aria-label="white check mark">✅</span> ok :nosuch: 10:30:45`},
		{"emoji after a colon", "a:b:lock:", `a:b<span class="emoji" role="img" aria-label="lock">🔒</span>`},
		{"script", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"entities once", "&amp;lt;b&amp;gt; &copy;", "&amp;lt;b&amp;gt; &amp;copy;"},
		{"bad encoding", "a\xffb", "a\xffb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := page.Mrkdwn(test.in); got != test.want {
				t.Errorf("mrkdwn(%q)\n got %s\nwant %s", test.in, got, test.want)
			}
		})
	}
}

// BenchmarkMrkdwn draws texts that are full of marks without an end, where
// looking again for each would be quadratic: the figures of the two lengths, in
// bytes a second, are then far apart.
func BenchmarkMrkdwn(b *testing.B) {
	for _, piece := range []string{"*a ", "<", "`", "_*~", "*a*", ":a", "``` "} {
		for _, n := range []int{1000, 10000} {
			text := strings.Repeat(piece, n)
			b.Run(fmt.Sprintf("%q/%d", piece, n), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					page.Mrkdwn(text)
				}
			})
		}
	}
}

func FuzzMrkdwn(f *testing.F) {
	for _, seed := range []string{
		"*b* _i_ ~s~ `c` ```\nf\n``` > q\n&gt; r", "<@U1|x> <#C1> <!here> <!date^1^{time}^https://x|f>",
		"<https://x|*y*> :lock: &amp;lt;script&gt;", "*_~*_~`<`>", "<script>\"'", "*<a*b>*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if out := page.Mrkdwn(in); utf8.ValidString(in) {
			checkBalanced(t, out)
		}
	})
}

// What the renderer may write, with attribute values that hold no quote and no
// angle bracket.
var ours = regexp.MustCompile(`^<(/?)(strong|em|s|code|pre|blockquote|br|span|a|time)( [a-z-]+="[^"<>]*")*>`)

// checkBalanced fails unless every angle bracket belongs to one of our tags,
// each is closed in order and no link leads to a script.
func checkBalanced(t *testing.T, out string) {
	t.Helper()
	var open []string
	for rest := out; rest != ""; {
		i := strings.IndexAny(rest, "<>\"'")
		if i < 0 {
			break
		}
		rest = rest[i:]
		tag := ours.FindStringSubmatch(rest)
		if tag == nil {
			t.Fatalf("unescaped input at %.40q in %q", rest, out)
		}
		rest = rest[len(tag[0]):]
		_, href, linked := strings.Cut(tag[0], `href="`)
		if href = strings.ToLower(html.UnescapeString(href)); linked && !strings.HasPrefix(href, "http") && !strings.HasPrefix(href, "mailto:") {
			t.Fatalf("a link to %q", href)
		}
		switch {
		case tag[2] == "br":
		case tag[1] == "":
			open = append(open, tag[2])
		case len(open) == 0 || open[len(open)-1] != tag[2]:
			t.Fatalf("%s closes what is not open in %q", tag[0], out)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("%v left open in %q", open, out)
	}
}
