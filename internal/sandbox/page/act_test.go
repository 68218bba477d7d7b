package page_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/sandbox/page"
)

func TestCommandIsSentAndItsAnswerAppears(t *testing.T) {
	w := newWorld(t, nil)
	status, body := w.post("/send", "as", ana, "in", shared, "text", "/access list <contoso> & co")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	mustContain(t, body, "heard: list &lt;contoso&gt; &amp; co", "Only visible to you")
	_, body = w.get("/?as=" + carla + "&in=" + shared)
	mustNotContain(t, body, "heard:")
}

func TestTextWithoutSlashIsSaid(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/send", "as", carla, "in", shared, "text", " hello *there* ")
	_, body := w.get("/?as=" + ana + "&in=" + shared)
	mustContain(t, body, "<b>Carla Weiss</b>", `class="tag team">Contoso<`, "hello <strong>there</strong>")
}

func TestSendIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct{ name, as, in, text, want string }{
		{"external", carla, shared, "/access help", "Slash commands are not shared with other organisations. Only"},
		{"unknown command", ana, shared, "/giphy cat", "There is no such command"},
		{"not in the channel", ana, "C-ELSEWHERE", "/access help", "not in that conversation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := w.slack.Version()
			_, body := w.post("/send", "as", test.as, "in", test.in, "text", test.text)
			mustContain(t, body, test.want)
			if w.slack.Version() != before {
				t.Error("it changed something")
			}
		})
	}
}

func TestComposerTellsWhoMayCommand(t *testing.T) {
	w := newWorld(t, nil)
	_, body := w.get("/?as=" + carla)
	mustContain(t, body, "Slash commands are not shared with other organisations")
	mustNotContain(t, body, `class="chip"`)
	_, body = w.get("/?as=" + ana)
	mustContain(t, body, `data-fill="/access request &#34;a &amp; b&#34;"`)
	_, body = w.get("/?as=" + ana + "&draft=%2Faccess+%22x")
	mustContain(t, body, `value="/access &#34;x"`, `role="combobox"`)
}

func TestCardIsDrawn(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/send", "as", ana, "in", shared, "text", "/access card")
	_, body := w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, `<h3 class="b-header">Access request</h3>`, "<strong>Ana</strong> asks", "<strong>For</strong><br>Contoso",
		`data-format="{time}">noon</time>`, "<hr>", "Ana &lt;i&gt;Ruiz&lt;/i&gt;", `<button class="primary"`, `<button class="danger"`,
		`<span class="tag">App</span>`)
}

func TestButtonAsksFirst(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/send", "as", ana, "in", shared, "text", "/access card")
	m := w.last(carla)
	form := []string{"as", carla, "in", shared, "ts", m.TS, "press", "a/1/approve"}
	_, body := w.post("/click", form...)
	mustContain(t, body, `<dialog open id="ask"`, "Give this access?", "Until noon.", "Approve it", "Not now", `name="confirmed"`)
	if w.last(carla).TS != m.TS {
		t.Fatal("it was pressed before it was confirmed")
	}
	_, body = w.post("/click", append(form, "confirmed", "1")...)
	mustNotContain(t, body, `id="ask"`)
	if got := w.last(carla).Text; got != "clicked approve R-1" {
		t.Errorf("the app says %q", got)
	}
	_, body = w.get("/?as=" + carla + "&in=" + shared + "&ask=a%2F1%2Fdeny&ask-in=" + shared + "&ask-at=" + m.TS)
	mustNotContain(t, body, `id="ask"`) // this button asks nothing
}

func TestButtonThatIsGone(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/send", "as", ana, "in", shared, "text", "/access card")
	m := w.last(carla)
	w.api("chat.update", object{"channel": shared, "ts": m.TS, "text": "decided"})
	_, body := w.post("/click", "as", carla, "in", shared, "ts", m.TS, "press", "a/1/deny")
	mustContain(t, body, "That is no longer there")
}

// openModal lets carla press Deny and returns the id of the modal.
func openModal(t *testing.T, w *world) string {
	t.Helper()
	w.post("/send", "as", ana, "in", shared, "text", "/access card")
	w.post("/click", "as", carla, "in", shared, "ts", w.last(carla).TS, "press", "a/1/deny")
	view, ok := w.slack.View(carla)
	if !ok {
		t.Fatal("no modal was opened")
	}
	return view.ID
}

func TestModalIsFilledInAndSubmitted(t *testing.T) {
	w := newWorld(t, nil)
	id := openModal(t, w)
	_, body := w.get("/?as=" + carla)
	mustContain(t, body, "<dialog", "Why not?", "because</textarea>", "The requester reads it.", "Deny it", "(optional)", `<option value="2">Second`)

	form := []string{"as", carla, "in", shared, "view", id}
	_, body = w.post("/submit", append(form, "v/why/t", "no", "v/k/k", "2")...)
	mustContain(t, body, "Say &lt;more&gt;.", "\nno</textarea>", `<option value="2" selected>`, `aria-invalid="true"`)

	_, body = w.post("/submit", append(form, "v/why/t", "")...)
	mustContain(t, body, "Some fields still need you", "required")

	_, body = w.post("/submit", append(form, "v/why/t", "too broad", "v/b%2F2/who", `{"v":"bo","t":"Bo"}`, "v/k/k", "1")...)
	mustNotContain(t, body, "<dialog open")
	if got := w.last(ana).Text; got != "denied: too broad +bo kind 1" {
		t.Errorf("the app says %q", got)
	}
	_, body = w.post("/submit", append(form, "v/why/t", "again")...)
	mustContain(t, body, "That is no longer there")
}

func TestModalSuggests(t *testing.T) {
	w := newWorld(t, nil)
	id := openModal(t, w)
	form := []string{
		"as", carla, "in", shared, "view", id, "suggest", "v/b%2F2/who", "q/b%2F2/who", "b",
		"v/why/t", "typed so far", "v/b%2F2/who", `{"v":"cy","t":"Cy"}`,
	}
	_, body := w.post("/suggest", form...)
	mustContain(t, body, "<!doctype html>", "Bo &amp; b", "typed so far</textarea>", "checked> <span>Cy</span>")
	if n := strings.Count(body, ">Cy</span>"); n != 1 {
		t.Errorf("what is chosen is offered %d times", n)
	}
	mustContain(t, body, `id="modal-1-0-found"`, `hx-select="#modal-1-0-found"`)
	_, body = w.post("/suggest", "as", carla, "view", id, "suggest", "v/nowhere/x")
	mustContain(t, body, "That is no longer there")
}

func TestModalIsClosed(t *testing.T) {
	w := newWorld(t, nil)
	id := openModal(t, w)
	w.post("/close", "as", carla, "in", shared, "view", id)
	if _, open := w.slack.View(carla); open {
		t.Error("the modal is still open")
	}
}

func TestDirectMessageIsOpened(t *testing.T) {
	w := newWorld(t, nil)
	_, body := w.get("/?as=" + carla)
	mustContain(t, body, "Message the bot")
	_, body = w.post("/dm", "as", carla, "in", shared)
	mustContain(t, body, "direct message", `<span class="icon" aria-hidden="true">@</span> Latchkey</h2>`)
	mustNotContain(t, body, "Message the bot")
}

func TestClockIsMoved(t *testing.T) {
	w := newWorld(t, nil)
	_, body := w.post("/clock", "as", ana, "by", "4h")
	mustContain(t, body, "24 Nov 2026 13:00 UTC")
	for _, by := range []string{"5m", "", "-1h", "due"} {
		_, body = w.post("/clock", "as", ana, "by", by)
		mustContain(t, body, "The clock could not be moved.")
	}
	w.clock.err = errStuck
	_, body = w.post("/clock", "as", ana, "by", "24h")
	mustContain(t, body, "The clock could not be moved.")
	if got := w.clock.Now().Sub(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)); got != 4*time.Hour {
		t.Errorf("the clock moved by %v", got)
	}
}

func TestMessagesOfOneAuthorAreJoined(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 2 {
		if _, err := w.slack.Say(ana, shared, fmt.Sprint("line ", i)); err != nil {
			t.Fatal(err)
		}
	}
	_, body := w.get("/?as=" + ana + "&in=" + shared)
	if n := strings.Count(body, " joined\""); n != 1 {
		t.Errorf("%d messages are joined", n)
	}
}

func TestAppFailureIsShown(t *testing.T) {
	w := newWorld(t, nil)
	w.app.Close()
	_, body := w.post("/send", "as", ana, "in", shared, "text", "/access help")
	mustContain(t, body, "app_unreachable", "message private system")
}

func TestPersonaWithoutConversation(t *testing.T) {
	w := newWorld(t, func(o *page.Options) {
		o.People = append(o.People, page.Persona{User: "U-NEW", Name: "Nora", What: "outsider"})
	})
	w.slack.AddUser(chattest.User{ID: "U-NEW", Team: "T-CUST", Name: "nora"})
	status, body := w.get("/?as=U-NEW")
	mustContain(t, body, "No conversation", "None yet.")
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	_, body = w.post("/dm", "as", "U-NEW")
	mustContain(t, body, "not in that conversation")
}
