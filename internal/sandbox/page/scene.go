package page

import (
	"net/http"
	"net/url"
	"slices"

	"latchkey/internal/chat/chattest"
)

// A scene is who looks at what: everything a part of the page needs to know
// about the request. It is read afresh for each one.
type scene struct {
	h        *handler
	Me       Persona
	user     chattest.User
	In       string // the channel shown, "" when the person is in none
	channels []chattest.Channel
	users    map[string]chattest.User
	teams    map[string]chattest.Team
	home     string // the team that installed the app
	draft    string
	notice   string
	posted   url.Values          // see drawing
	offered  map[string][]choice // see drawing
}

// scene reads who and what from a query or a form. Somebody or something
// unknown is replaced by the first that is known: addresses outlive worlds.
func (h *handler) scene(q url.Values) *scene {
	s := &scene{
		h: h, users: make(map[string]chattest.User), teams: make(map[string]chattest.Team),
		draft: q.Get("draft"), notice: notices[q.Get("notice")],
	}
	for _, u := range h.Slack.Users() {
		s.users[u.ID] = u
		if u.Bot && s.home == "" {
			s.home = u.Team
		}
	}
	for _, t := range h.Slack.Teams() {
		s.teams[t.ID] = t
	}
	if len(h.People) == 0 {
		return s
	}
	s.Me = h.People[0]
	if p, ok := h.persona(q.Get("as")); ok {
		s.Me = p
	}
	s.user = s.users[s.Me.User]
	s.channels = h.Slack.ChannelsOf(s.Me.User)
	s.In = roomFor(s.channels, q.Get("in"))
	return s
}

func (h *handler) persona(id string) (Persona, bool) {
	i := slices.IndexFunc(h.People, func(p Persona) bool { return p.User == id })
	if i < 0 {
		return Persona{}, false
	}
	return h.People[i], true
}

// roomFor is the wanted channel, or the first when it is not among them.
func roomFor(channels []chattest.Channel, wanted string) string {
	if slices.ContainsFunc(channels, func(c chattest.Channel) bool { return c.ID == wanted }) {
		return wanted
	}
	if len(channels) > 0 {
		return channels[0].ID
	}
	return ""
}

func (s *scene) external() bool { return s.user.Team != s.home }

// name is what a person is called on the page.
func (s *scene) name(id string) string {
	if p, ok := s.h.persona(id); ok {
		return p.Name
	}
	u := s.users[id]
	return orElse(u.RealName, u.Name)
}

func (s *scene) directory() directory {
	return directory{
		user: s.name,
		channel: func(id string) string {
			for _, c := range s.channels {
				if c.ID == id {
					return c.Name
				}
			}
			return ""
		},
	}
}

// teamName is shown beside people from elsewhere.
func (s *scene) teamName(id string) string {
	t := s.teams[id]
	return orElse(t.Name, orElse(t.Domain, id))
}

// address is the page of a person and a channel.
func address(as, in string) string {
	q := url.Values{"as": {as}}
	if in != "" {
		q.Set("in", in)
	}
	return "/?" + q.Encode()
}

// wholeView is what the template of the whole page shows.
type wholeView struct {
	Title    string
	As, In   string
	Notice   string
	People   peopleView
	Stream   streamView
	Composer composerView
	Modal    modalView
	Clock    clockView
	Tenant   tenantView
}

func (h *handler) whole(w http.ResponseWriter, r *http.Request) {
	h.draw(w, r, h.scene(r.URL.Query()))
}

// draw writes the whole page of a scene.
func (h *handler) draw(w http.ResponseWriter, r *http.Request, s *scene) {
	stream := s.stream()
	write(w, "whole", wholeView{
		Title: stream.Title + " as " + s.Me.Name, As: s.Me.User, In: s.In, Notice: s.notice,
		People: s.people(), Stream: stream, Composer: s.composer(), Modal: s.modal(), Clock: s.clock(), Tenant: s.tenant(r.Context()),
	})
}

// fragment serves one part of the page for the script to swap in.
func (h *handler) fragment(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := h.scene(r.URL.Query())
		var view any
		switch name {
		case "people":
			view = s.people()
		case "stream":
			view = s.stream()
		case "modal":
			view = s.modal()
		case "clock":
			view = s.clock()
		case "tenant":
			view = s.tenant(r.Context())
		}
		write(w, name, view)
	}
}
