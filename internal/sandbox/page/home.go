package page

import "net/http"

type homeView struct {
	Here   where
	ID     string // of the published view; "" when there is none
	DOM    string
	Blocks []blockView
}

// homeView draws what the app published to the person's Home.
func (s *scene) homeView() *homeView {
	v := &homeView{Here: s.where}
	view, ok := s.h.Slack.Home(s.Me.User)
	if !ok {
		return v
	}
	def := definition(view)
	d := s.drawing("home")
	d.held = def.State.Values
	v.ID, v.DOM, v.Blocks = view.ID, "home", d.blocks(def.Blocks)
	return v
}

// openHome opens the app's Home, of which the app is told. What it publishes
// may come later.
func (h *handler) openHome(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	if _, err := h.Slack.OpenHome(r.Context(), s.Me.User); err != nil {
		return because(err), false
	}
	s.where = s.to(s.As, homeTab)
	return "", false
}
