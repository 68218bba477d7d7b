package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"latchkey/internal/chat/chattest"
)

// notices are what the page itself says after an act, by the code that stands
// in the address. They are a closed set: an address cannot make the page say
// anything else.
var notices = map[string]string{
	"external":   "Slash commands are not shared with other organisations. Only members of the workspace that installed the app can use them.",
	"command":    "There is no such command in this workspace.",
	"member":     "This person is not in that conversation.",
	"gone":       "That is no longer there: the message or the modal has changed.",
	"incomplete": "Some fields still need you.",
	"clock":      "The clock could not be moved.",
	"failed":     "That did not work.",
}

// An action does what a person asked for with a form. It returns the code of a
// notice, or "".
type action func(w http.ResponseWriter, r *http.Request, s *scene) (notice string, answered bool)

// post reads the form, lets the action act and shows the page again: by a
// redirect, or for the script by the bare notice.
func (h *handler) post(act action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "The form could not be read.", http.StatusBadRequest)
			return
		}
		if _, ok := h.persona(r.PostForm.Get("as")); !ok {
			http.Error(w, "No such person.", http.StatusBadRequest)
			return
		}
		s := h.scene(r.PostForm)
		// Slack delivers what somebody did even when they close the window.
		r = r.WithContext(context.WithoutCancel(r.Context()))
		notice, answered := act(w, r, s)
		switch {
		case answered:
		case scripted(r):
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Write([]byte(notices[notice])) // a reader that went away is no concern of the page
		default:
			to := address(s.Me.User, s.In)
			if notice != "" {
				to += "&notice=" + notice
			}
			http.Redirect(w, r, to+"#latest", http.StatusSeeOther)
		}
	}
}

// scripted reports whether the script sent the form.
func scripted(r *http.Request) bool { return r.Header.Get("X-Sandbox") == "script" }

// because is the notice for an error of the stand-in.
func because(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, chattest.ErrExternal):
		return "external"
	case errors.Is(err, chattest.ErrNotMember), errors.Is(err, chattest.ErrNoSuchChannel), errors.Is(err, chattest.ErrNoSuchUser):
		return "member"
	case errors.Is(err, chattest.ErrNoSuchElement), errors.Is(err, chattest.ErrNoSuchView):
		return "gone"
	case errors.Is(err, chattest.ErrIncomplete):
		return "incomplete"
	}
	return "failed"
}

// send types a command, or says something.
func (h *handler) send(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	text := strings.TrimSpace(r.PostForm.Get("text"))
	in := r.PostForm.Get("in") // not the scene's, which may be another when this one is unknown
	switch {
	case text == "":
		return "", false
	case !strings.HasPrefix(text, "/"):
		_, err := h.Slack.Say(s.Me.User, in, text)
		return because(err), false
	}
	command, rest, _ := strings.Cut(text, " ")
	if !s.external() && !h.offers(command) {
		return "command", false
	}
	_, err := h.Slack.Slash(r.Context(), s.Me.User, in, command, strings.TrimSpace(rest))
	return because(err), false
}

// offers reports whether the app has a command, which the suggestions tell.
func (h *handler) offers(command string) bool {
	return len(h.Suggestions) == 0 || slices.ContainsFunc(h.Suggestions, func(s string) bool {
		known, _, _ := strings.Cut(s, " ")
		return known == command
	})
}

// click presses a button of a message, or of the modal. Slack asks for
// confirmation before anything is sent; without a script, so does this.
func (h *handler) click(w http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	press, in, at := r.PostForm.Get("press"), r.PostForm.Get("in"), r.PostForm.Get("ts")
	if view := r.PostForm.Get("view"); view != "" {
		in, at = "", view
	}
	if r.PostForm.Get("confirmed") == "" {
		if c := s.asks(in, at, press); c != nil {
			write(w, "ask", askView{As: s.Me.User, In: s.In, Place: in, At: at, Press: press, Back: address(s.Me.User, s.In), Confirm: *c})
			return "", true
		}
	}
	_, err := h.Slack.Click(r.Context(), s.Me.User, in, at, press)
	return because(err), false
}

type askView struct {
	As, In           string
	Place, At, Press string // Place is empty when the button is in a modal
	Back             string
	Confirm          confirmView
}

// asks returns the question that a button asks before it is pressed, or nil.
func (s *scene) asks(in, at, press string) *confirmView {
	var list []json.RawMessage
	if in == "" {
		if view, ok := s.h.Slack.View(s.Me.User); ok && view.ID == at {
			list = definition(view).Blocks
		}
	} else {
		for _, m := range s.h.Slack.Messages(s.Me.User, in) {
			if m.TS == at {
				list = blocksOf(m.Blocks)
			}
		}
	}
	d := &drawing{directory: s.directory(), id: "ask"}
	for _, b := range d.blocks(list) {
		for _, e := range b.Parts {
			if e.Kind == "button" && e.Press == press {
				return e.Confirm
			}
		}
	}
	return nil
}

// submit fills in and submits the modal.
func (h *handler) submit(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	id := r.PostForm.Get("view")
	view, ok := h.Slack.View(s.Me.User)
	if !ok || view.ID != id {
		return "gone", false
	}
	_, err := h.Slack.Submit(r.Context(), s.Me.User, id, entered(definition(view), r.PostForm))
	return because(err), false
}

// close dismisses the modal.
func (h *handler) close(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	return because(h.Slack.CloseView(r.Context(), s.Me.User, r.PostForm.Get("view"))), false
}

// suggest asks the app what an external select offers. The script gets the
// choices; without one the page is drawn with them and with all that was
// entered so far.
func (h *handler) suggest(w http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	name := r.PostForm.Get("suggest")
	blockID, actionID, ok := fieldIDs(name)
	if !ok {
		return "gone", false
	}
	typed := r.PostForm.Get(fieldName("q", blockID, actionID))
	found, err := h.Slack.Suggest(r.Context(), s.Me.User, r.PostForm.Get("view"), blockID, actionID, typed)
	if err != nil {
		return because(err), false
	}
	choices := make([]choice, len(found))
	for i, o := range found {
		choices[i] = offer(o.Value, o.Text, o.Description, false)
	}
	s.posted, s.offered = r.PostForm, map[string][]choice{name: choices}
	if !scripted(r) {
		h.draw(w, r, s)
		return "", true
	}
	for _, b := range s.modal().Blocks {
		for _, e := range b.Parts {
			if e.Kind == "search" && e.Name == name {
				write(w, "choices", e)
				return "", true
			}
		}
	}
	return "gone", false
}

// openDM opens the conversation with the app.
func (h *handler) openDM(_ http.ResponseWriter, _ *http.Request, s *scene) (string, bool) {
	room, err := h.Slack.OpenDM(s.Me.User)
	if err == nil {
		s.In = room.ID
	}
	return because(err), false
}
