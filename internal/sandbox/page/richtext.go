package page

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// A richNode is any part of a rich_text block.
type richNode struct {
	Type      string          `json:"type"`
	Elements  []richNode      `json:"elements"`
	Style     json.RawMessage `json:"style"` // of a list its kind, of a text its marks
	Indent    int             `json:"indent"`
	Text      string          `json:"text"`
	URL       string          `json:"url"`
	UserID    string          `json:"user_id"`
	ChannelID string          `json:"channel_id"`
	GroupID   string          `json:"usergroup_id"`
	Range     string          `json:"range"`
	Name      string          `json:"name"`
	Value     string          `json:"value"`
	Timestamp int64           `json:"timestamp"`
	Format    string          `json:"format"`
	Fallback  string          `json:"fallback"`
}

// rich draws a rich_text block. Its text is text, without entities or marks.
func (d *drawing) rich(raw json.RawMessage) template.HTML {
	var n richNode
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil {
		return ""
	}
	var b strings.Builder
	for _, part := range n.Elements {
		d.richBlock(&b, part)
	}
	return template.HTML(b.String())
}

func (d *drawing) richBlock(b *strings.Builder, n richNode) {
	switch n.Type {
	case "rich_text_list":
		tag := "ul"
		if string(n.Style) == `"ordered"` {
			tag = "ol"
		}
		fmt.Fprintf(b, `<%s class="rich indent%d">`, tag, min(max(n.Indent, 0), 4))
		for _, item := range n.Elements {
			b.WriteString("<li>")
			d.richLine(b, item.Elements)
			b.WriteString("</li>")
		}
		fmt.Fprintf(b, "</%s>", tag)
	case "rich_text_preformatted":
		b.WriteString("<pre>")
		d.richLine(b, n.Elements)
		b.WriteString("</pre>")
	case "rich_text_quote":
		b.WriteString("<blockquote>")
		d.richLine(b, n.Elements)
		b.WriteString("</blockquote>")
	default:
		b.WriteString("<div>")
		d.richLine(b, n.Elements)
		b.WriteString("</div>")
	}
}

func (d *drawing) richLine(b *strings.Builder, parts []richNode) {
	for _, n := range parts {
		opening, closing := marks(n.Style)
		b.WriteString(opening)
		d.richPart(b, n)
		b.WriteString(closing)
	}
}

// marks are the tags around a text with a style.
func marks(style json.RawMessage) (opening, closing string) {
	var on struct{ Bold, Italic, Strike, Code, Underline bool }
	if len(style) == 0 || json.Unmarshal(style, &on) != nil {
		return "", ""
	}
	for _, m := range []struct {
		on  bool
		tag string
	}{{on.Bold, "strong"}, {on.Italic, "em"}, {on.Strike, "s"}, {on.Underline, "u"}, {on.Code, "code"}} {
		if m.on {
			opening, closing = opening+"<"+m.tag+">", "</"+m.tag+">"+closing
		}
	}
	return opening, closing
}

func (d *drawing) richPart(b *strings.Builder, n richNode) {
	switch n.Type {
	case "text":
		b.WriteString(strings.ReplaceAll(html.EscapeString(n.Text), "\n", "<br>"))
	case "link":
		if !safeURL(n.URL) {
			b.WriteString(html.EscapeString(orElse(n.Text, n.URL)))
			return
		}
		fmt.Fprintf(b, `<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>`, html.EscapeString(n.URL), html.EscapeString(orElse(n.Text, n.URL)))
	case "user":
		tag(b, "@"+orElse(d.user(n.UserID), n.UserID))
	case "channel":
		tag(b, "#"+orElse(d.channel(n.ChannelID), n.ChannelID))
	case "usergroup":
		tag(b, "@"+n.GroupID)
	case "broadcast":
		tag(b, "@"+n.Range)
	case "emoji":
		words(b, ":"+n.Name+":")
	case "date":
		date(b, "!date^"+strconv.FormatInt(n.Timestamp, 10)+"^"+n.Format, n.Fallback)
	case "color":
		b.WriteString("<code>" + html.EscapeString(n.Value) + "</code>")
	default:
		b.WriteString(html.EscapeString(n.Text))
	}
}

func tag(b *strings.Builder, name string) {
	b.WriteString(`<span class="mention">` + html.EscapeString(name) + `</span>`)
}

// rows draws the cells of a table.
func (d *drawing) rows(list [][]json.RawMessage) [][]template.HTML {
	var drawn [][]template.HTML
	for _, row := range list {
		var cells []template.HTML
		for _, raw := range row {
			var n richNode
			switch {
			case json.Unmarshal(raw, &n) != nil:
				cells = append(cells, "")
			case n.Type == "rich_text":
				cells = append(cells, d.rich(raw))
			default:
				cells = append(cells, template.HTML(html.EscapeString(n.Text)))
			}
		}
		drawn = append(drawn, cells)
	}
	return drawn
}

var (
	mdLink    = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\s]+)\)`)
	mdBold    = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	mdItalic  = regexp.MustCompile(`(^|[\s(])\*([^*\s][^*\n]*)\*`)
	mdHeading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	mdBullet  = regexp.MustCompile(`(?m)^( *)[-*+] +`)
	mdEscape  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// markdown draws the common part of Markdown by way of Slack's own format.
// Whatever else it holds comes out as it was written.
func (d *drawing) markdown(text string) template.HTML {
	const bold = "\x00" // stands for the mark until the single ones are read
	text = mdEscape.Replace(strings.ReplaceAll(text, bold, ""))
	text = mdBullet.ReplaceAllString(text, "$1• ")
	text = mdHeading.ReplaceAllString(text, bold+"$1"+bold)
	text = mdBold.ReplaceAllString(text, bold+"$1"+bold)
	text = mdItalic.ReplaceAllString(text, "${1}_${2}_")
	text = mdLink.ReplaceAllString(text, "<$2|$1>")
	return d.mrkdwn(strings.ReplaceAll(text, bold, "*"))
}
