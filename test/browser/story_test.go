package browser_test

import (
	"flag"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the pictures of the README and the docs again")

// picture is the README's.
const picture = "../../docs/page.png"

// become changes who acts.
func (p *tab) become(name string) {
	p.t.Helper()
	p.press(".rail a", name)
	p.see(".rail a[aria-current]", name)
}

// ask has Ana ask for access by the chip that has the command, and returns when
// the card is there.
func (p *tab) ask() {
	p.t.Helper()
	p.become("Ana")
	p.press(".side a", "contoso")
	p.see(".where", "contoso")
	p.press(".chip", "/access request contoso")
	p.wait("the command is in the composer", `document.querySelector('#text').value.startsWith('/access request contoso')`)
	p.press("#send", "")
	p.see(".message", "INC-4711")
	p.wait("the composer is empty again", `document.querySelector('#text').value === ''`)
}

// tenant shows a part of the tenant.
func (p *tab) tenant(tabName string) {
	p.t.Helper()
	p.press(".tabs a", tabName)
	p.see(".tabs a[aria-current]", tabName)
}

// TestStory is the main job: asked for, agreed to, given, and taken away at its
// end.
func TestStory(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.judge("the first visit")

	p.ask()
	p.judge("Ana asked")

	p.become("Carol")
	p.see(".message button", "Approve access request")
	if *update {
		p.shoot(picture)
	}
	p.judge("Carol sees the card")

	p.tenant("Groups")
	p.press(".message button", "Approve access request")
	p.see("dialog", "Give this access?")
	p.judge("Carol is asked whether she is sure")
	p.press("dialog button", "Approve")
	p.see(".tenant", "Ana Trujillo")
	p.see(".message", "access in force")
	p.judge("the access is in force")

	p.press(".clock button", "4 h")
	p.miss(".tenant", "Ana Trujillo")
	p.see(".message", "access ended")
	p.judge("the access has ended")

	p.become("Ana")
	p.press(".side a", "contoso")
	p.see(".message", "access ended")
	p.tenant("Audit")
	p.see(".tenant", "ended")
	p.judge("the audit trail")
}

// shoot writes a picture of the page as it is.
func (p *tab) shoot(picture string) {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(picture, png, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestDeny is the other answer: Carol says no and why, and Ana reads it.
func TestDeny(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.ask()
	p.become("Carol")
	p.press(".message button", "Deny access request")
	p.see("dialog", "The requester reads this")
	p.judge("Carol says why not")
	p.write("dialog input:not([type=hidden]), dialog textarea", "Please call us first.")
	p.press("dialog .end button.primary", "Deny")
	p.miss("dialog", "")
	p.see(".message", "Please call us first.")
	p.judge("Carol denied")
	p.become("Ana")
	p.see(".message", "Please call us first.")
	p.tenant("Groups")
	p.miss(".tenant", "Ana Trujillo")
}

// TestOutsider presses a button that is not theirs to press, and is told so
// where nobody else sees it.
func TestOutsider(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.ask()
	p.become("Oskar")
	p.press(".message button", "Approve access request")
	p.press("dialog button", "Approve")
	p.see("dialog", "Only a contact of Contoso can do this")
	p.judge("Oskar is told no")
	p.press("dialog button", "Close")
	p.miss("dialog", "")
	p.become("Carol")
	p.see(".message button", "Approve access request")
	p.tenant("Groups")
	p.miss(".tenant", "Ana Trujillo")
}
