package browser_test

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// How wide the page is, and how it is coloured.
const (
	wide, narrow = 1440, 390
	light, dark  = "light", "dark"
)

// look sets how the page is looked at. Nothing moves, so that nothing is looked
// at while it is half there.
func (p *tab) look(width int64, scheme string) {
	p.t.Helper()
	height := int64(900)
	if width == narrow {
		height = 844
	}
	p.do("look at the page",
		chromedp.EmulateViewport(width, height),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
	)
}

//go:embed testdata/axe/axe.min.js
var axe string

// A violation is what axe-core found.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// judge has axe-core look at the page as it is, wide and narrow, light and dark,
// and checks that a narrow page is not wider than the window. The page is wide
// and light again when it returns.
func (p *tab) judge(state string) {
	p.t.Helper()
	for _, width := range []int64{wide, narrow} {
		for _, scheme := range []string{light, dark} {
			p.look(width, scheme)
			p.judgeOne(fmt.Sprintf("%s, %d wide, %s", state, width, scheme))
		}
	}
	p.look(wide, light)
}

func (p *tab) judgeOne(state string) {
	p.t.Helper()
	if !value[bool](p, `typeof axe === 'object'`) {
		value[bool](p, axe+"; true")
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](`
		axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations
			.filter((v) => v.impact === 'serious' || v.impact === 'critical')
			.map((v) => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes
				.map((n) => ({html: n.html, failureSummary: n.failureSummary}))})))`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail("axe-core, %s: %v", state, err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			p.blame(fmt.Sprintf("%s (%s): %s\n  %s\n    %s", v.ID, v.Impact, v.Help, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    ")), state)
		}
	}
	if over := value[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("%s: the page is %d px wider than the window", state, over)
	}
}

// blame notes where something was found. Each finding is told once, at the end,
// with the state in which it was first seen and how often it was seen since.
func (p *tab) blame(finding, state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.findings[finding]; !known {
		p.order = append(p.order, finding)
	}
	p.findings[finding] = append(p.findings[finding], state)
}
