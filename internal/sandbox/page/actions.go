package page

import (
	"context"
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
	"nohome":     "An app's Home is shown only to members of the workspace that installed it.",
	"shut":       "Microsoft does not let them in: no group of theirs has a role there.",
	"fault":      "This trouble does not go with that call.",
	"thread":     "Slash commands cannot be used in threads. Type it in the conversation.",
	"empty":      "Choose something first.",
	"failed":     "That did not work.",
}

// An action does what a person asked for with a form. It returns the code of a
// notice, or "", and whether it has answered the request itself. It may change
// the scene's place to lead elsewhere.
type action func(w http.ResponseWriter, r *http.Request, s *scene) (notice string, answered bool)

// post reads the form, lets the action act and leads back to the page.
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
		if !answered {
			more := append([]string{"notice", notice}, s.ask.fields()...)
			http.Redirect(w, r, s.address(more...), http.StatusSeeOther)
		}
	}
}

// because is the notice for an error of the stand-in.
func because(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, chattest.ErrExternal):
		return "external"
	case errors.Is(err, chattest.ErrNoHome):
		return "nohome"
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

// reply says something in the open thread.
func (h *handler) reply(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	text := strings.TrimSpace(r.PostForm.Get("text"))
	if text == "" {
		return "", false
	}
	if strings.HasPrefix(text, "/") {
		return "thread", false
	}
	_, err := h.Slack.Reply(s.Me.User, r.PostForm.Get("in"), s.Thread, text)
	return because(err), false
}

// offers reports whether the app has a command, which the suggestions tell.
func (h *handler) offers(command string) bool {
	return len(h.Suggestions) == 0 || slices.ContainsFunc(h.Suggestions, func(s string) bool {
		known, _, _ := strings.Cut(s, " ")
		return known == command
	})
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

// suggest asks the app what an external select offers, and draws the page with
// that and with all that was entered so far; the script takes the offers only.
func (h *handler) suggest(w http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	name := r.PostForm.Get("suggest")
	blockID, actionID, ok := fieldIDs(name)
	if !ok {
		return "gone", false
	}
	typed := r.PostForm.Get(fieldName("q", blockID, actionID))
	in, at := r.PostForm.Get("in"), r.PostForm.Get("ts")
	view := r.PostForm.Get("view")
	if view != "" {
		in, at = "", view
	}
	found, err := h.Slack.SuggestIn(r.Context(), s.Me.User, in, at, blockID, actionID, typed)
	if err != nil {
		return because(err), false
	}
	choices := make([]choice, len(found))
	for i, o := range found {
		choices[i] = offer(o.Value, o.Text, o.Description, false)
	}
	s.offered = map[string][]choice{name: choices}
	if view != "" {
		s.posted = r.PostForm
	}
	h.draw(w, r, s)
	return "", true
}

// openDM opens the conversation with the app.
func (h *handler) openDM(_ http.ResponseWriter, _ *http.Request, s *scene) (string, bool) {
	room, err := h.Slack.OpenDM(s.Me.User)
	if err == nil {
		s.where = s.to(s.As, room.ID)
	}
	return because(err), false
}
