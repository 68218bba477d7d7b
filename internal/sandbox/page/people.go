package page

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"

	"latchkey/internal/chat/chattest"
)

type peopleView struct {
	As, In   string
	Me       string
	People   []personView
	Channels []channelView
	CanOpen  bool // the direct message with the app is not there yet
}

type personView struct {
	Name, What, Link, Initials string
	Tint                       int
	Current                    bool
	Counts                     string // JSON: how many messages they see, by channel
}

type channelView struct {
	Name, What, Link string
	Icon             string
	Current          bool
	Key              string // person and channel, under which the browser remembers what was read
	Count            int
}

// people draws the left column: who one can be and where that person is.
func (s *scene) people() peopleView {
	v := peopleView{As: s.Me.User, In: s.In, Me: s.Me.Name, CanOpen: s.Me.User != ""}
	for _, p := range s.h.People {
		rooms := s.h.Slack.ChannelsOf(p.User)
		counts := make(map[string]int)
		for _, c := range rooms {
			counts[p.User+"/"+c.ID] = len(s.h.Slack.Messages(p.User, c.ID))
		}
		data, err := json.Marshal(counts)
		if err != nil {
			data = []byte("{}") // unreachable: strings and numbers always marshal
		}
		v.People = append(v.People, personView{
			Name: p.Name, What: p.What, Link: address(p.User, roomFor(rooms, s.In)),
			Initials: initials(p.Name), Tint: tint(p.User), Current: p.User == s.Me.User, Counts: string(data),
		})
	}
	for _, c := range s.channels {
		v.Channels = append(v.Channels, s.channel(c))
		if c.DM && s.withApp(c) {
			v.CanOpen = false
		}
	}
	return v
}

func (s *scene) channel(c chattest.Channel) channelView {
	v := channelView{
		Name: c.Name, Icon: "#", Link: address(s.Me.User, c.ID), Current: c.ID == s.In,
		Key: s.Me.User + "/" + c.ID, Count: len(s.h.Slack.Messages(s.Me.User, c.ID)),
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
