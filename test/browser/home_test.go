package browser_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// furnish publishes the Home tab that the docs show.
func furnish(t *testing.T, slack string) {
	t.Helper()
	raw, err := os.ReadFile("../../internal/messages/testdata/home-of-a-day.json")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"user_id": "U-DEE", "view": json.RawMessage(raw)})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, slack+"/api/views.publish", "application/json", body)
}

// TestHome looks at the Home tab of a bot admin who works on customers, too.
func TestHome(t *testing.T) {
	at := gallery(t)
	p := open(t, at+"/?as=U-DEE&in=home")
	p.wait("the tab is drawn", `document.body.innerText.includes('Customers without a contact')`)
	p.judge("home")
	if *update {
		p.do("make it narrower", chromedp.EmulateViewport(1040, 900))
		height := value[int](p, `Math.max(...[...document.querySelectorAll('main, .flow, .home')].map((e) => e.scrollHeight), 900)`)
		p.do("show all of it", chromedp.EmulateViewport(1040, int64(height)+260))
		p.shoot(cardsPictures + "home.png")
		p.look(wide, light)
	}
}
