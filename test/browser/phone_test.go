package browser_test

import "testing"

// TestPhone plays the main job on the narrow page of a phone, where people,
// conversation and tenant are behind tabs.
func TestPhone(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.look(narrow, light)
	pane := func(name string) {
		t.Helper()
		p.press(".panes a", name)
		p.see(".panes a[aria-current]", name)
	}
	here := func(state string) {
		t.Helper()
		for _, scheme := range []string{dark, light} {
			p.look(narrow, scheme)
			p.judgeOne(state + ", on a phone, " + scheme)
		}
	}
	pane("People")
	here("people")
	p.press(".rail a", "Ana")
	p.wait("Ana acts", `document.querySelector('.rail a[aria-current]').textContent.includes('Ana')`)
	pane("People")
	p.press(".side a", "contoso")
	p.press(".chip", "/access request contoso")
	p.press("#send", "")
	p.see(".message", "INC-4711")
	pane("People")
	p.press(".rail a", "Carol")
	p.wait("Carol acts", `document.querySelector('.rail a[aria-current]').textContent.includes('Carol')`)
	pane("Chat")
	p.press(".message button", "Approve access request")
	here("the question")
	p.press("dialog button", "Approve")
	p.see(".message", "access in force")
	here("in force")
	pane("Tenant")
	p.press(".tabs a", "Groups")
	p.see(".tenant", "Ana Trujillo")
	here("the tenant")
	p.press(".clock button", "4 h")
	p.miss(".tenant", "Ana Trujillo")
	pane("Chat")
	p.see(".message", "access ended")
}
