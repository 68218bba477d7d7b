package page

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"

	"latchkey/internal/chat/chattest"
)

type peopleView struct {
	Here     where
	Me       string
	Team     string
	People   []personView
	Sections []sectionView
	HasHome  bool
	AtHome   bool
	CanOpen  bool // the direct message with the app is not there yet
	AppName  string
}

type personView struct {
	ID, Name, What, Link, Initials string
	Tint                           int
	Current                        bool
	Guided                         bool
	Counts                         string // JSON: how many messages they see, by channel
}

// A sectionView is a part of the list of conversations.
type sectionView struct {
	Name  string
	Rooms []channelView
}

type channelView struct {
	ID, Name, What, Link string
	Icon                 string
	Current              bool
	Guided               bool
	Key                  string // person and channel, under which the browser remembers what was read
	Count                int
}

// people draws who one can be, and where that person is.
func (s *scene) people() peopleView {
	v := peopleView{
		Here: s.where, Me: s.Me.Name, Team: s.teamName(s.user.Team), CanOpen: s.Me.User != "",
		HasHome: s.user.ID != "" && !s.external(), AtHome: s.In == homeTab, AppName: orElse(s.name(s.app), "the bot"),
	}
	for _, p := range s.h.People {
		v.People = append(v.People, s.person(p))
	}
	sections := []sectionView{{Name: "Channels"}, {Name: "Shared with others"}, {Name: "Direct messages"}}
	for _, c := range s.channels {
		room, at := s.channel(c), 0
		switch {
		case c.DM:
			at = 2
			v.CanOpen = v.CanOpen && !s.withApp(c)
		case len(c.Connected) > 1:
			at = 1
		}
		sections[at].Rooms = append(sections[at].Rooms, room)
	}
	for _, section := range sections {
		if len(section.Rooms) > 0 {
			v.Sections = append(v.Sections, section)
		}
	}
	return v
}

func (s *scene) person(p Persona) personView {
	rooms := s.h.Slack.ChannelsOf(p.User)
	counts := make(map[string]int)
	for _, c := range rooms {
		counts[p.User+"/"+c.ID] = len(s.h.Slack.Messages(p.User, c.ID))
	}
	data, err := json.Marshal(counts)
	if err != nil {
		data = []byte("{}") // unreachable: strings and numbers always marshal
	}
	in := s.In
	if in == homeTab {
		in = ""
	}
	return personView{
		ID: p.User, Name: p.Name, What: p.What, Link: s.to(p.User, roomFor(rooms, in)).address(),
		Initials: initials(p.Name), Tint: tint(p.User), Current: p.User == s.Me.User, Counts: string(data), Guided: p.User == s.tour.wants() && p.User != s.Me.User,
	}
}

func (s *scene) channel(c chattest.Channel) channelView {
	v := channelView{
		ID: c.ID, Name: c.Name, Icon: "#", Link: s.to(s.As, c.ID).address(), Current: c.ID == s.In,
		Key: s.Me.User + "/" + c.ID, Count: len(s.h.Slack.Messages(s.Me.User, c.ID)),
		Guided: s.astray() && c.ID == s.h.Tour.Channel,
	}
	switch {
	case c.DM:
		v.Icon, v.Name, v.What = "@", s.partner(c), "direct message"
	case len(c.Connected) > 1:
		v.What = "shared with " + s.sharedWith(c)
	case c.Private:
		v.What = "private"
	}
	return v
}

// partner names who else is in a direct message.
func (s *scene) partner(c chattest.Channel) string {
	var names []string
	for _, id := range c.Members {
		if id != s.Me.User {
			names = append(names, s.name(id))
		}
	}
	return strings.Join(names, ", ")
}

func (s *scene) sharedWith(c chattest.Channel) string {
	var names []string
	for _, id := range c.Connected {
		if id != s.user.Team {
			names = append(names, s.teamName(id))
		}
	}
	return strings.Join(names, ", ")
}

func (s *scene) withApp(c chattest.Channel) bool {
	return slices.ContainsFunc(c.Members, func(id string) bool { return s.users[id].Bot })
}

// initials stand for a picture.
func initials(name string) string {
	var b strings.Builder
	for i, word := range strings.Fields(name) {
		if i == 2 {
			break
		}
		for _, r := range word {
			b.WriteRune(r)
			break
		}
	}
	return strings.ToUpper(b.String())
}

// tint picks one of the colours of the style sheet for an id.
func tint(id string) int {
	const colours = 6
	sum := fnv.New32a()
	sum.Write([]byte(id)) // never fails
	return int(sum.Sum32() % colours)
}
