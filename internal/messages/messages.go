// Package messages words everything that the bot says: cards, notices, lists,
// replies and modals.
//
// Each function is pure: it turns a view, in which all names and times are
// already found, into Block Kit blocks and the same facts as plain text, which
// is what notifications show and screen readers read. It reads no clock and
// calls nobody, so the same view always gives the same message and a crash
// leaves nothing behind.
//
// Everything that a person or another system wrote is hostile until proven
// otherwise: it is flattened to one line, stripped of what cannot be seen, cut,
// and either put into a plain text object or escaped so that it can neither
// format, nor mention, nor link, nor imitate a line of ours.
package messages

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"latchkey/internal/lang"
)

// Message is what is posted. Text says all that the blocks say.
type Message struct {
	Text   string
	Blocks []slack.Block
	// Language is the one it is in, for the modal that may show it.
	Language lang.Tag
}

// Modal is a view to be opened, or to take the place of the one that was
// submitted.
type Modal struct{ slack.ModalViewRequest }

// Role is a role as people know it.
type Role struct {
	Name       string
	Privileged bool // it can raise its own rights, so it is pointed out
	// Allows says in a sentence what it lets its holder do; optional, and shown
	// only where somebody decides on the role for long.
	Allows string
}

// Option is an entry of a list in a modal.
type Option struct {
	Value       string // what comes back when it is chosen; at most 150 characters
	Text        string
	Description string // optional
}

// Object returns the option as Slack wants it, cut to what Slack allows.
func (o Option) Object() *slack.OptionBlockObject {
	var what *slack.TextBlockObject
	if d := line(o.Description, 75); d != "" {
		what = plainText(d)
	}
	return slack.NewOptionBlockObject(o.Value, plainText(orElse(line(o.Text, 75), "?")), what)
}

const (
	maxSection = 3000
	maxText    = 3900 // bytes; an update refuses more than 4000
	maxHeader  = 150
)

// A page collects the blocks of a message and the text that says the same. With
// a prefix, every block gets an id that is unique in the message and in each of
// its iterations.
type page struct {
	prefix string
	in     tongue
	blocks []slack.Block
	text   []string
	size   int // characters in sections so far
	// breaks are the blocks at which another page may begin, where there may be several.
	breaks []int
}

func (p *page) id() string {
	if p.prefix == "" {
		return ""
	}
	return fmt.Sprintf("%s.%d", p.prefix, len(p.blocks))
}

// say adds a sentence to the text. Its parts must be escaped already.
func (p *page) say(format string, args ...any) {
	p.text = append(p.text, fmt.Sprintf(format, args...))
}

func (p *page) header(s string) {
	p.blocks = append(p.blocks, slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, cut(s, maxHeader), true, false),
		slack.HeaderBlockOptionBlockID(p.id())))
}

// section adds formatted text, over several blocks when it is long. A single
// line must fit into one.
func (p *page) section(lines ...string) {
	for _, chunk := range chunks(lines, maxSection) {
		p.size += utf8.RuneCountInString(chunk)
		p.blocks = append(p.blocks, slack.NewSectionBlock(formatted(chunk), nil, nil, slack.SectionBlockOptionBlockID(p.id())))
	}
}

// quote adds what a person wrote. It is a plain text object, in which Slack
// interprets nothing.
func (p *page) quote(label, s string) {
	s = p.in.words(s)
	p.blocks = append(p.blocks, slack.NewSectionBlock(plainText(p.in.Say("%s: “%s”", label, line(s, maxQuote))), nil, nil,
		slack.SectionBlockOptionBlockID(p.id())))
	p.say("%s", p.in.Say("%s: “%s”", label, escape(s, maxQuote)))
}

// row adds text with one button beside it.
func (p *page) row(text string, button *slack.ButtonBlockElement) {
	var beside *slack.Accessory
	if button != nil {
		beside = slack.NewAccessory(button)
	}
	p.blocks = append(p.blocks, slack.NewSectionBlock(formatted(text), nil, beside, slack.SectionBlockOptionBlockID(p.id())))
}

func (p *page) context(lines ...string) {
	for _, chunk := range chunks(lines, maxSection) {
		p.blocks = append(p.blocks, slack.NewContextBlock(p.id(), formatted(chunk)))
	}
}

func (p *page) divider() {
	d := slack.NewDividerBlock()
	d.BlockID = p.id()
	p.blocks = append(p.blocks, d)
}

func (p *page) buttons(buttons ...*slack.ButtonBlockElement) {
	if len(buttons) == 0 {
		return
	}
	elements := make([]slack.BlockElement, len(buttons))
	for i, b := range buttons {
		elements[i] = b
	}
	p.blocks = append(p.blocks, slack.NewActionBlock(p.id(), elements...))
}

func (p *page) message() Message {
	return Message{Text: cutText(strings.Join(p.text, " "), maxText), Blocks: p.blocks, Language: p.in.Tag}
}

// formatted makes text with formatting of ours. It is verbatim: Slack links
// nothing by itself.
func formatted(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, true)
}

// plainText makes text in which nothing is interpreted, not even emoji codes.
func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}
