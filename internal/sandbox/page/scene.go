package page

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"latchkey/internal/chat/chattest"
)

// A scene is who looks at what: everything a part of the page needs to know
// about the request. It is read afresh for each one.
type scene struct {
	where
	h        *handler
	Me       Persona
	user     chattest.User
	channels []chattest.Channel
	users    map[string]chattest.User
	teams    map[string]chattest.Team
	home     string // the team that installed the app
	app      string // the app's bot user
	draft    string
	notice   string
	ask      question
	tour     tourState
	posted   url.Values          // see drawing
	offered  map[string][]choice // see drawing
}

// scene reads who and what from a query or a form. Somebody or something
// unknown is replaced by the first that is known: addresses outlive worlds.
func (h *handler) scene(q url.Values) *scene {
	s := &scene{
		where: whereIn(q), h: h, users: make(map[string]chattest.User), teams: make(map[string]chattest.Team),
		draft: q.Get("draft"), notice: notices[q.Get("notice")],
		ask: question{in: q.Get("ask-in"), at: q.Get("ask-at"), press: q.Get("ask")},
	}
	for _, u := range h.Slack.Users() {
		s.users[u.ID] = u
		if u.Bot && s.home == "" {
			s.home, s.app = u.Team, u.ID
		}
	}
	for _, t := range h.Slack.Teams() {
		s.teams[t.ID] = t
	}
	if len(h.People) == 0 {
		return s
	}
	s.Me = h.People[0]
	if p, ok := h.persona(s.As); ok {
		s.Me = p
	}
	s.As = s.Me.User
	s.user = s.users[s.Me.User]
	s.channels = h.Slack.ChannelsOf(s.Me.User)
	s.In = roomFor(s.channels, s.In)
	return s
}

func (h *handler) persona(id string) (Persona, bool) {
	i := slices.IndexFunc(h.People, func(p Persona) bool { return p.User == id })
	if i < 0 {
		return Persona{}, false
	}
	return h.People[i], true
}

// roomFor is the wanted conversation, or the first when it is not among them.
func roomFor(channels []chattest.Channel, wanted string) string {
	if wanted == homeTab || slices.ContainsFunc(channels, func(c chattest.Channel) bool { return c.ID == wanted }) {
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

// drawing starts the drawing of a message or view under an id that is unique on
// the page.
func (s *scene) drawing(id string) *drawing {
	return &drawing{directory: s.directory(), id: id, people: s.peopleChoices, rooms: s.roomChoices, offered: s.offered}
}

func (s *scene) peopleChoices() []choice {
	var list []choice
	for _, u := range s.h.Slack.Users() {
		if !u.Bot && !u.Deleted {
			list = append(list, choice{Value: u.ID, Label: s.name(u.ID)})
		}
	}
	return list
}

func (s *scene) roomChoices() []choice {
	var list []choice
	for _, c := range s.channels {
		room := s.channel(c)
		list = append(list, choice{Value: c.ID, Label: room.Icon + " " + room.Name})
	}
	return list
}

// teamName is shown beside people from elsewhere.
func (s *scene) teamName(id string) string {
	t := s.teams[id]
	return orElse(t.Name, orElse(t.Domain, id))
}

// wholeView is what the template of the page shows.
type wholeView struct {
	Here     where
	Title    string
	Notice   string
	People   peopleView
	Stream   streamView
	Composer composerView
	Thread   *threadView
	Modal    modalView
	Ask      *askView
	Clock    clockView
	Tenant   tenantView
	Tour     *tourView
	PeopleTo string // addresses of the panes on a phone
	TalkTo   string
	TenantTo string
}

func (h *handler) whole(w http.ResponseWriter, r *http.Request) {
	h.draw(w, r, h.scene(r.URL.Query()))
}

// draw writes the whole page of a scene.
func (h *handler) draw(w http.ResponseWriter, r *http.Request, s *scene) {
	s.follow(w, r)
	write(w, "whole", s.view(r.Context()))
}

func (s *scene) view(ctx context.Context) wholeView {
	stream := s.stream()
	return wholeView{
		Here: s.where, Title: stream.Title + " as " + s.Me.Name, Notice: s.notice,
		People: s.people(), Stream: stream, Composer: s.composer(), Thread: s.threadPane(), Modal: s.modal(), Ask: s.asked(),
		Clock: s.clock(ctx), Tenant: s.tenant(ctx), Tour: s.tourView(),
		PeopleTo: s.pane(panePeople).address(), TalkTo: s.pane(paneTalk).address(), TenantTo: s.pane(paneTenant).address(),
	}
}
