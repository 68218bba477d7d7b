package page_test

import (
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

func guided(o *page.Options) {
	o.Tour = &page.Tour{Requester: ana, Approver: carla, Channel: shared, Command: "/access card"}
	o.Suggestions = append(o.Suggestions, "/access card")
}

func TestTourIsOfferedOnce(t *testing.T) {
	w := newWorld(t, guided)
	_, body := w.get("/")
	mustContain(t, body, "New here?", "Take the tour")
	_, body = w.post("/tour", "as", ana, "do", "leave")
	mustNotContain(t, body, "New here?", `id="tour"`)
	_, body = w.get("/")
	mustNotContain(t, body, "New here?")
	mustContain(t, body, `value="start">Tour</button>`)

	w = newWorld(t, nil)
	_, body = w.get("/")
	mustNotContain(t, body, `id="tour"`)
}

// TestTourFollowsWhatHappens goes through the seven clicks, each of which is a
// control of the page itself.
func TestTourFollowsWhatHappens(t *testing.T) {
	w := newWorld(t, guided)
	group := w.graph.AddGroup(graphtest.Group{DisplayName: "LK"})
	user := w.graph.AddUser(graphtest.User{DisplayName: "Ana"})
	_, body := w.post("/tour", "as", carla, "do", "start")
	mustContain(t, body, "1 of 7", `value="/access card"`, `id="send" class="primary guided"`)

	_, body = w.post("/send", "as", ana, "in", shared, "text", "/access card")
	mustContain(t, body, "2 of 7", "Contoso decides.")
	if n := strings.Count(body, "guided\""); n != 1 {
		t.Errorf("%d controls are pointed at", n)
	}
	place := []string{"as", carla, "in", shared, "ts", w.last(carla).TS, "press", "a/1/approve"}
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "3 of 7", `id="guided"`)
	_, body = w.post("/click", place...)
	mustContain(t, body, "4 of 7", "Tour, 4 of 7", `id="ask-yes"`)
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "3 of 7") // the question was answered with no

	w.post("/click", place...)
	w.post("/click", append(place, "confirmed", "1")...)
	w.graph.AddMember(group, user)
	look := object{"type": "button", "action_id": "look", "text": text("What was done"), "value": "R-1"}
	w.api("chat.update", object{"channel": shared, "ts": place[5], "text": "ended", "blocks": []object{{"type": "actions", "elements": []object{look}}}})
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "5 of 7", `class="small guided" id="by-4h"`)
	w.post("/clock", "as", carla, "in", shared, "by", "4h")
	w.graph.RemoveMember(group, user)
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "6 of 7")
	_, body = w.get("/?as=" + ana + "&in=" + shared)
	mustContain(t, body, "7 of 7")
	_, body = w.get("/?as=" + ana + "&in=" + shared + "&tab=audit")
	mustContain(t, body, "That was the whole story.", "Once more")
	_, body = w.post("/tour", "as", ana, "do", "start")
	mustContain(t, body, "1 of 7")
}

func TestTourBringsBackWhoGoesAstray(t *testing.T) {
	w := newWorld(t, guided)
	w.post("/tour", "as", ana, "do", "start")
	_, body := w.get("/?as=" + ana + "&in=home")
	mustContain(t, body, "Go back there.", `aria-label="Guided tour"`)
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "1 of 7", "Become Ana")
}

func TestTourCookieOfAnotherWorldIsNone(t *testing.T) {
	w := newWorld(t, guided)
	w.post("/tour", "as", ana, "do", "start")
	other := newWorld(t, guided)
	here, err := url.Parse(w.page.URL)
	if err != nil {
		t.Fatal(err)
	}
	there, err := url.Parse(other.page.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookies := w.browser.Jar.Cookies(here)
	for _, value := range []string{cookies[0].Value, "x-1-2-3", "-", "a-b-c-d", strings.Repeat("9", 300)} {
		cookies[0].Value = value
		other.browser.Jar.SetCookies(there, cookies)
		_, body := other.get("/")
		mustContain(t, body, "New here?")
	}
}
