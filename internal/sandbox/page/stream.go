package page

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/chat/chattest"
)

type streamView struct {
	As, In   string
	Title    string
	Icon     string
	What     string
	Members  []string
	Messages []messageView
}

type messageView struct {
	ID, TS    string
	As, In    string // of the forms around its buttons
	Author    string
	Team      string // set when the author is from elsewhere
	Initials  string
	Tint      int
	App       bool
	At        time.Time
	HTML      template.HTML // when there are no blocks
	Blocks    []blockView
	Edited    bool
	Ephemeral bool
	System    bool
	Joined    bool // goes on from the message before
}

// stream draws the middle column: the channel as the person sees it.
func (s *scene) stream() streamView {
	v := streamView{As: s.Me.User, In: s.In, Title: "No conversation"}
	i := slices.IndexFunc(s.channels, func(c chattest.Channel) bool { return c.ID == s.In })
	if i < 0 {
		return v
	}
	c := s.channel(s.channels[i])
	v.Title, v.Icon, v.What = c.Name, c.Icon, c.What
	for _, id := range s.channels[i].Members {
		v.Members = append(v.Members, s.name(id))
	}
	for _, m := range s.h.Slack.Messages(s.Me.User, s.In) {
		next := s.message(m)
		if n := len(v.Messages); n > 0 {
			next.Joined = joined(v.Messages[n-1], next)
		}
		v.Messages = append(v.Messages, next)
	}
	return v
}

func (s *scene) message(m chattest.Message) messageView {
	u := s.users[m.User]
	id := "m" + strings.ReplaceAll(m.TS, ".", "-")
	v := messageView{
		ID: id, TS: m.TS, As: s.Me.User, In: s.In, Author: orElse(s.name(m.User), "Slack"), Tint: tint(m.User),
		App: u.Bot, At: stamp(m.TS), Edited: m.Edited, Ephemeral: m.Ephemeral, System: m.Client != "",
	}
	v.Initials = initials(v.Author)
	if m.User != "" && u.Team != s.user.Team {
		v.Team = s.teamName(u.Team)
	}
	d := &drawing{directory: s.directory(), id: id}
	if list := blocksOf(m.Blocks); len(list) > 0 {
		v.Blocks = d.blocks(list)
	} else {
		v.HTML = d.mrkdwn(m.Text)
	}
	return v
}

// joined reports whether a message needs no head of its own: the same author
// goes on within a few minutes.
func joined(before, m messageView) bool {
	const pause = 5 * time.Minute
	return before.Author == m.Author && !before.System && !m.System && before.Ephemeral == m.Ephemeral &&
		m.At.Sub(before.At) < pause && len(m.Blocks) == 0
}

// stamp is the time in a message's timestamp.
func stamp(ts string) time.Time {
	whole, _, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

type composerView struct {
	As, In   string
	To       string
	Draft    string
	External bool
	Chips    []chipView
}

type chipView struct{ Text, Link string }

// composer draws the field to write in. Members of other teams are told why
// they are offered no commands.
func (s *scene) composer() composerView {
	v := composerView{As: s.Me.User, In: s.In, Draft: s.draft, External: s.external()}
	for _, c := range s.channels {
		if c.ID == s.In {
			room := s.channel(c)
			v.To = strings.TrimPrefix(room.Icon+" "+room.Name, "@ ")
		}
	}
	if v.External {
		return v
	}
	for _, text := range s.h.Suggestions {
		link := address(s.Me.User, s.In) + "&draft=" + template.URLQueryEscaper(text)
		v.Chips = append(v.Chips, chipView{Text: text, Link: link})
	}
	return v
}
