package page

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// A question is a button that wants to be confirmed. It stands in the address
// until it is answered.
type question struct{ in, at, press string }

func (q question) fields() []string {
	if q.press == "" {
		return nil
	}
	return []string{"ask", q.press, "ask-in", q.in, "ask-at", q.at}
}

type askView struct {
	Here    where
	At      string // of the message, or of the view
	View    bool   // the button is in a view
	Press   string
	Pick    string
	Back    string
	Confirm confirmView
	Guided  bool
}

// click works an element of a message or of a view. Slack asks for confirmation
// before anything is sent, and so does this: the button leads to the question.
func (h *handler) click(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	q := question{in: r.PostForm.Get("in"), at: r.PostForm.Get("ts"), press: r.PostForm.Get("press")}
	if view := r.PostForm.Get("view"); view != "" {
		q.in, q.at = "", view
	}
	var picked pick
	if packed := r.PostForm.Get("pick"); packed != "" {
		if json.Unmarshal([]byte(packed), &picked) != nil {
			return "gone", false
		}
		q.press = picked.Press
	}
	e, ok := s.find(q)
	switch {
	case !ok:
		return "gone", false
	case e.Confirm != nil && e.pressed() && r.PostForm.Get("confirmed") == "":
		s.ask = q
		return "", false
	case e.pressed():
		_, err := h.Slack.Click(r.Context(), s.Me.User, q.in, q.at, q.press)
		return because(err), false
	}
	return h.choose(r.Context(), s, q, e, r.PostForm, picked), false
}

// found is an element with the name that its form field has.
type found struct {
	element
	blockID string
}

// pressed reports whether an element is a button.
func (e found) pressed() bool { return e.Type == "button" || e.Type == "icon_button" }

// find looks an element up where the person sees it.
func (s *scene) find(q question) (found, bool) {
	var hit found
	ok := false
	look := func(blockID string, e element) {
		if !ok && blockID+"/"+e.ActionID == q.press {
			hit, ok = found{e, blockID}, true
		}
	}
	def := viewDef{Blocks: s.blocksAt(q)}
	def.each(look)
	return hit, ok
}

// blocksAt are the blocks of the message or view that a question is about.
func (s *scene) blocksAt(q question) []json.RawMessage {
	if q.in == "" {
		if view, ok := s.h.Slack.View(s.Me.User); ok && view.ID == q.at {
			return definition(view).Blocks
		}
		if view, ok := s.h.Slack.Home(s.Me.User); ok && view.ID == q.at {
			return definition(view).Blocks
		}
		return nil
	}
	for _, m := range s.h.Slack.Messages(s.Me.User, q.in) {
		if m.TS == q.at {
			return blocksOf(m.Blocks)
		}
	}
	return nil
}

// asked draws the question in the address, if its button is still there.
func (s *scene) asked() *askView {
	e, ok := s.find(s.ask)
	if !ok {
		return nil
	}
	c := s.drawing("ask").confirm(e.Confirm)
	if c == nil {
		return nil
	}
	return &askView{
		Here: s.where, At: s.ask.at, View: s.ask.in == "", Press: s.ask.press, Back: s.address(), Confirm: *c,
		Guided: s.tour.at == tourApprove,
	}
}

// choose sends what was chosen in an element that is no button.
func (h *handler) choose(ctx context.Context, s *scene, q question, e found, form url.Values, picked pick) string {
	value, ok := enteredValue(e.element, form[fieldName("v", e.blockID, e.ActionID)])
	if e.Type == "overflow" || e.Type == "feedback_buttons" {
		value, ok = picked.Value, true
	}
	if !ok || value == nil || value == "" {
		return "empty"
	}
	_, err := h.Slack.Choose(ctx, s.Me.User, q.in, q.at, q.press, value)
	return because(err)
}
