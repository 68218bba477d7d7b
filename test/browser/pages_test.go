package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// enter puts the focus on the last element under the selector, as the Tab key
// would, and presses Enter.
func (p *tab) enter(selector string) {
	p.t.Helper()
	p.wait(selector+" takes the focus", `((found) => {
		const el = found[found.length - 1];
		el?.focus();
		return el && document.activeElement === el;
	})(`+within(selector, "")+`)`)
	p.do("press Enter", chromedp.KeyEvent(kb.Enter))
}

// TestForm fills in the form with the keyboard and the mouse.
func TestForm(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.become("Ana")
	p.press(".side a", "contoso")
	p.see(".where", "contoso")
	p.write("#text", "/access request")
	p.press("#send", "")
	p.see("dialog", "Ask for access")
	p.judge("the form")
	p.press("dialog .end button.primary", "")
	p.see("dialog .error", "")
	p.judge("the form says what is missing")
	p.do("press Escape", chromedp.KeyEvent(kb.Escape))
	p.miss("dialog", "")
}

// TestCompletion types a command with the help of the list over the composer.
func TestCompletion(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.become("Ana")
	p.press(".side a", "contoso")
	p.write("#text", "/access l")
	p.see("#offers [role=option]", "/access list")
	p.judge("the completion")
	p.do("choose the first", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Tab))
	p.wait("the command is completed", `document.querySelector('#text').value.startsWith('/access list')`)
	p.do("send it", chromedp.KeyEvent(kb.Enter))
	p.see(".message.private", "Only visible to you")
	p.judge("the list of what is there")
}

// TestRooms looks at what the story does not pass: the Home tab, a thread, the
// direct message, and each part of the tenant.
func TestRooms(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.ask()
	p.press(".message a", "thread")
	p.see("aside", "Thread")
	p.judge("a thread")
	p.write("#reply", "who is it?")
	p.press("aside button", "Reply")
	p.see("aside", "who is it?")
	p.see("aside", "1 reply")
	p.judge("a thread with a reply")
	p.press("aside a", "Close")
	p.see("aside", "Microsoft tenant")
	for _, part := range value[[]string](p, `[...document.querySelectorAll('.tabs a')].map((el) => el.innerText.trim().split('\n')[0])`) {
		p.tenant(part)
		p.judge("the tenant: " + part)
	}
	p.press("#home-tab", "")
	p.see(".home", "no access")
	p.judge("the Home tab")
}

// TestSkipLink is the first stop of the keyboard.
func TestSkipLink(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.do("press Tab", chromedp.KeyEvent(kb.Tab))
	p.wait("the skip link is seen", `document.activeElement.matches('.skip') && document.activeElement.checkVisibility()`)
	p.do("press Enter", chromedp.KeyEvent(kb.Enter))
	p.wait("the conversation has the focus", `document.activeElement.closest('main')`)
}
