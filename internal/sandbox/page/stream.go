package page

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/chat/chattest"
)

type streamView struct {
	Here     where
	Key      string // of person and conversation, safe in an HTML id
	Title    string
	Icon     string
	What     string
	Members  []string
	Messages []messageView
	Home     *homeView
}

type messageView struct {
	Here      where // of the forms around its buttons
	ID, TS    string
	Author    string
	Team      string // set when the author is from elsewhere
	Initials  string
	Tint      int
	App       bool
	At        time.Time
	Day       string        // set on the first message of a day
	HTML      template.HTML // when there are no blocks
	Blocks    []blockView
	Files     []fileView
	Edited    bool
	Ephemeral bool
	System    bool
	Joined    bool // goes on from the message before
	Replies   int
	Thread    string // address with the thread open; "" where there can be none
}

// stream draws the middle column: the conversation as the person sees it.
func (s *scene) stream() streamView {
	v := streamView{Here: s.where, Key: safeID(s.As + "/" + s.In), Title: "No conversation"}
	if s.In == homeTab {
		v.Title, v.Home = "Home", s.homeView()
		return v
	}
	i := slices.IndexFunc(s.channels, func(c chattest.Channel) bool { return c.ID == s.In })
	if i < 0 {
		return v
	}
	c := s.channel(s.channels[i])
	v.Title, v.Icon, v.What = c.Name, c.Icon, c.What
	for _, id := range s.channels[i].Members {
		v.Members = append(v.Members, s.name(id))
	}
	list := s.h.Slack.Messages(s.Me.User, s.In)
	replies := repliesTo(list)
	guided := s.guidedMessage(list)
	for _, m := range list {
		if isReply(m) {
			continue
		}
		next := s.message(m, "m", m.TS == guided)
		next.Replies = replies[m.TS]
		if n := len(v.Messages); n > 0 {
			next.Joined = joined(v.Messages[n-1], next)
		}
		if day := next.At.Format(time.DateOnly); len(v.Messages) == 0 || v.Messages[len(v.Messages)-1].At.Format(time.DateOnly) != day {
			next.Day, next.Joined = day, false
		}
		v.Messages = append(v.Messages, next)
	}
	return v
}

func isReply(m chattest.Message) bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

func repliesTo(list []chattest.Message) map[string]int {
	replies := make(map[string]int)
	for _, m := range list {
		if isReply(m) {
			replies[m.ThreadTS]++
		}
	}
	return replies
}

// message draws one message. The prefix keeps its ids apart where it is drawn
// twice on the page.
func (s *scene) message(m chattest.Message, prefix string, guided bool) messageView {
	u := s.users[m.User]
	id := prefix + strings.ReplaceAll(m.TS, ".", "-")
	v := messageView{
		Here: s.where, ID: id, TS: m.TS, Author: orElse(s.name(m.User), "Slack"), Tint: tint(m.User),
		App: u.Bot, At: s.h.Clock.At(stamp(m.TS)), Edited: m.Edited, Ephemeral: m.Ephemeral, System: m.Client != "",
	}
	v.Initials = initials(v.Author)
	if m.User != "" && u.Team != s.user.Team {
		v.Team = s.teamName(u.Team)
	}
	if !m.Ephemeral && !v.System && prefix == "m" {
		v.Thread = s.thread(m.TS).address()
	}
	v.Files = s.files(m)
	d := s.drawing(id)
	d.guided = guided
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

type threadView struct {
	Here     where
	Title    string
	Back     string
	Messages []messageView // the first is what the others reply to
	Key      string        // of the reply's field; changes when it is to be empty again
}

// threadPane draws the open thread, or returns nil.
func (s *scene) threadPane() *threadView {
	if s.Thread == "" {
		return nil
	}
	v := &threadView{Here: s.where, Title: "Thread", Back: s.thread("").address()}
	own := 0
	for _, m := range s.h.Slack.Messages(s.Me.User, s.In) {
		if m.TS == s.Thread || isReply(m) && m.ThreadTS == s.Thread {
			v.Messages = append(v.Messages, s.message(m, "t", false))
			if m.User == s.Me.User {
				own++
			}
		}
	}
	v.Key = fmt.Sprint(s.As, s.Thread, own)
	if len(v.Messages) == 0 || v.Messages[0].TS != s.Thread {
		return nil
	}
	return v
}
