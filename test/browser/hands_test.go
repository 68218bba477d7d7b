package browser_test

import (
	"github.com/chromedp/chromedp"
)

// within makes an expression of the elements under a selector that can be seen
// and say the text; an empty text is said by all.
func within(selector, text string) string {
	return `[...document.querySelectorAll(` + quote(selector) + `)].filter((el) => el.checkVisibility() &&
		((el.getAttribute('aria-label') || '') + ' ' + el.innerText).replace(/\s+/g, ' ').includes(` + quote(text) + `))`
}

// place is where the last of some elements can be hit with the mouse, or null
// while it cannot: it is not there, disabled, or under something else.
const place = `((found) => {
	const el = found[found.length - 1];
	if (!el || el.disabled) return null;
	el.scrollIntoView({block: 'center', behavior: 'instant'});
	const box = el.getBoundingClientRect();
	const x = box.x + Math.min(box.width / 2, 60), y = box.y + box.height / 2;
	const hit = document.elementFromPoint(x, y);
	return hit && (el.contains(hit) || hit.contains(el)) ? {x, y} : null;
})`

// press clicks with the mouse on the last element under the selector that says
// the text, as soon as it can be hit; and again where the page moved under the mouse, so
// that something else was hit.
func (p *tab) press(selector, text string) {
	p.t.Helper()
	for range 5 {
		at, err := poll[struct{ X, Y float64 }](p, place+`(`+within(selector, text)+`)`)
		if err != nil {
			p.fail("%s %q cannot be pressed: %v", selector, text, err)
		}
		value[bool](p, `(() => {
			window.missed = false;
			document.addEventListener('click', (e) => {
				window.missed = !`+within(selector, text)+`.some((el) => el.contains(e.target) || e.target.contains(el) && e.target.matches('label, summary'));
			}, {capture: true, once: true});
			return true;
		})()`)
		p.do("press "+selector+" "+text, chromedp.MouseClickXY(at.X, at.Y))
		if end, err := poll[string](p, `window.missed ? 'missed' : 'hit'`); err != nil { // a new page has missed nothing
			p.fail("%s %q was pressed: %v", selector, text, err)
		} else if end == "hit" {
			return
		}
	}
	p.fail("%s %q cannot be hit", selector, text)
}

// write puts the focus on a field with the mouse and types into it.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.press(selector, "")
	p.wait(selector+" has the focus", `document.activeElement?.matches(`+quote(selector)+`)`)
	p.do("type", chromedp.KeyEvent(text))
}

// see waits until an element under the selector says the text.
func (p *tab) see(selector, text string) {
	p.t.Helper()
	p.wait(selector+" says "+quote(text), within(selector, text)+`.length`)
}

// miss waits until no element under the selector says the text.
func (p *tab) miss(selector, text string) {
	p.t.Helper()
	p.wait(selector+" no longer says "+quote(text), `!`+within(selector, text)+`.length`)
}

// choose chooses the first option that says the text, as the arrow keys would.
func (p *tab) choose(selector, text string) {
	p.t.Helper()
	p.wait(quote(text)+" is chosen", `((list) => {
		const option = [...list?.options ?? []].find((o) => o.text.includes(`+quote(text)+`));
		if (!option) return false;
		if (list.value !== option.value) {
			list.value = option.value;
			list.dispatchEvent(new Event('input', {bubbles: true}));
			list.dispatchEvent(new Event('change', {bubbles: true}));
		}
		return list.selectedOptions[0].text.includes(`+quote(text)+`);
	})(document.querySelector(`+quote(selector)+`))`)
}
