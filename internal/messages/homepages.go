package messages

import (
	"encoding/json"
	"strconv"

	"github.com/slack-go/slack"
)

const (
	// mostHomeBlocks is how many blocks a Home tab takes.
	mostHomeBlocks = 100
	// homeFrame is what each of several pages has beside its part: a title, the number
	// of the page, and the buttons.
	homeFrame = 3
	// mostHomeBytes keeps a page below the 250 kB that a view takes, its frame included.
	mostHomeBytes = 200_000
	// mostHomePages is more than there can be.
	mostHomePages = 1000
)

// mayBreak says that what follows may begin another page.
func (p *page) mayBreak() { p.breaks = append(p.breaks, len(p.blocks)) }

// homePages cuts the blocks into pages, each of which is shown whole. What must stay
// together stays so.
func homePages(blocks []slack.Block, breaks []int) [][]slack.Block {
	var out [][]slack.Block
	from, upTo, size := 0, 0, 0 // the page that is being filled, up to the last place where it may end
	for _, at := range append(breaks, len(blocks)) {
		part := sizeOf(blocks[upTo:at])
		if upTo > from && (at-from > mostHomeBlocks-homeFrame || size+part > mostHomeBytes) {
			out = append(out, blocks[from:upTo])
			from, size = upTo, 0
		}
		upTo, size = at, size+part
	}
	return append(out, blocks[from:])
}

func sizeOf(blocks []slack.Block) int {
	raw, err := json.Marshal(blocks)
	if err != nil {
		return mostHomeBytes // unreachable: they are ours
	}
	return len(raw)
}

// homePage is the page of the tab that somebody turned to: the last one, when there are
// not so many any more.
func (p *page) homePage(wanted int) HomeTab {
	pages := homePages(p.blocks, p.breaks)
	at := max(0, min(wanted, len(pages)-1))
	tab := HomeTab{slack.HomeTabViewRequest{Type: slack.VTHomeTab}}
	if at > 0 {
		tab.PrivateMetadata = strconv.Itoa(at)
	}
	if len(pages) == 1 {
		tab.Blocks.BlockSet = pages[0][:min(len(pages[0]), mostHomeBlocks)]
		return tab
	}
	out := &page{prefix: "home.page", in: p.in}
	if at > 0 {
		out.header("Latchkey")
	}
	foot := &page{prefix: "home.foot", in: p.in}
	foot.context(p.in.Say("Page %d of %d", at+1, len(pages)))
	var turn []*slack.ButtonBlockElement
	if at > 0 {
		turn = append(turn, button(ActionHomeBack, strconv.Itoa(at-1), p.in.Say("Previous page"), p.in.Say("Previous page")))
	}
	if at < len(pages)-1 {
		turn = append(turn, button(ActionHomeNext, strconv.Itoa(at+1), p.in.Say("Next page"), p.in.Say("Next page")))
	}
	foot.buttons(turn...)
	tab.Blocks.BlockSet = append(append(out.blocks, pages[at]...), foot.blocks...)
	return tab
}

// HomePage is the page that a Home tab says it shows; the first when it says none.
func HomePage(metadata string) int {
	at, err := strconv.Atoi(metadata)
	if err != nil || at < 0 || at > mostHomePages {
		return 0
	}
	return at
}
