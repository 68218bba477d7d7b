package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"latchkey/internal/chat/chattest"
)

// A Tour says with whom and where the product's story is told.
type Tour struct {
	Requester string // id of the persona that asks
	Approver  string // id of the persona that decides
	Channel   string // in which both are
	Command   string // what the requester types: a request for four hours
}

// The seven clicks of the tour. Each is over when the world shows that it was
// done, not when a button of the tour was pressed.
const (
	tourOff = iota
	tourRequest
	tourBecome
	tourPress
	tourApprove
	tourClock
	tourBack
	tourAudit
	tourEnd
)

// tourState is how far the tour went. It is in a cookie, with what the world was
// like when the tour began.
type tourState struct {
	at      int
	answer  bool // the reader has said whether they want the tour
	since   string
	members int
	people  *Tour
}

const tourCookie = "latchkey-tour"

// wants is the persona who makes a click of the tour, or whom it is to become.
func (t tourState) wants() string {
	switch t.at {
	case tourRequest, tourBack:
		return t.people.Requester
	case tourBecome, tourPress, tourApprove:
		return t.people.Approver
	}
	return ""
}

// follow reads how far the tour went and takes it on by what has happened.
func (s *scene) follow(w http.ResponseWriter, r *http.Request) {
	if s.h.Tour == nil {
		return
	}
	s.tour.people = s.h.Tour
	c, err := r.Cookie(tourCookie)
	if err != nil {
		return
	}
	s.tour.read(c.Value, s.h.world)
	before := s.tour.at
	if asks, _ := s.card(); s.tour.at == tourApprove && s.ask.press == "" && asks != "" {
		s.tour.at = tourPress // the question was answered with no
	}
	for s.tour.at > tourOff && s.tour.at < tourEnd && s.happened(s.tour.at) {
		s.tour.at++
	}
	if s.tour.at != before {
		s.tour.write(w, s.h.world)
	}
}

func (t *tourState) read(value, world string) {
	if value == "off" {
		t.answer = true
		return
	}
	parts := strings.Split(value, "-")
	if len(parts) != 4 || parts[0] != world {
		return // of another world, or of nobody
	}
	at, err1 := strconv.Atoi(parts[1])
	members, err2 := strconv.Atoi(parts[3])
	if err1 == nil && err2 == nil && at > tourOff && at <= tourEnd {
		t.at, t.since, t.members, t.answer = at, parts[2], members, true
	}
}

func (t tourState) write(w http.ResponseWriter, world string) {
	value := "off"
	if t.at != tourOff {
		value = fmt.Sprintf("%s-%d-%s-%d", world, t.at, t.since, t.members)
	}
	http.SetCookie(w, &http.Cookie{Name: tourCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 30 * 24 * 3600})
}

// guide starts the tour, also again, or leaves it.
func (h *handler) guide(w http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	var t tourState
	if h.Tour != nil && r.PostForm.Get("do") == "start" {
		t = tourState{at: tourRequest, since: "0", members: h.members()}
		if list := h.Slack.Messages(h.Tour.Approver, h.Tour.Channel); len(list) > 0 {
			t.since = list[len(list)-1].TS
		}
		s.where = where{As: h.Tour.Requester, In: h.Tour.Channel}
	}
	t.write(w, h.world)
	return "", false
}

// happened reports whether what a click of the tour is for has come about.
func (s *scene) happened(click int) bool {
	switch click {
	case tourRequest:
		asks, _ := s.card()
		return asks != ""
	case tourBecome:
		return s.As == s.h.Tour.Approver
	case tourPress:
		return s.ask.press != "" || s.h.members() > s.tour.members
	case tourApprove: // who was a member already is none more
		_, open := s.card()
		return s.h.members() > s.tour.members || open
	case tourClock:
		asks, open := s.card()
		return s.h.members() <= s.tour.members && asks == "" && !open
	case tourBack:
		return s.As == s.h.Tour.Requester
	case tourAudit:
		return s.Tab == tabAudit
	}
	return false
}

// members counts the memberships of all groups.
func (h *handler) members() int {
	n := 0
	for _, g := range h.Graph.Groups() {
		n += len(g.Members)
	}
	return n
}

// card looks for what the tour's request became, since its start and as the
// approver sees it: the message on which they can say yes, or "", and whether
// there is one on which access can still be ended.
func (s *scene) card() (asks string, open bool) {
	list := s.h.Slack.Messages(s.h.Tour.Approver, s.h.Tour.Channel)
	for i := len(list) - 1; i >= 0 && list[i].TS > s.tour.since; i-- {
		if !s.users[list[i].User].Bot {
			continue
		}
		primary, danger := buttons(list[i])
		if primary {
			return list[i].TS, false
		}
		open = open || danger
	}
	return "", open
}

// buttons tells what the message offers: to say yes, and to end something. What else there
// is to press changes nothing.
func buttons(m chattest.Message) (primary, danger bool) {
	for _, raw := range blocksOf(m.Blocks) {
		var b block
		if json.Unmarshal(raw, &b) == nil {
			b.each(func(e element) {
				primary = primary || e.Type == "button" && e.Style == "primary"
				danger = danger || e.Type == "button" && e.Style == "danger"
			})
		}
	}
	return primary, danger
}

// guidedMessage is the message whose button the tour asks to press, or "".
func (s *scene) guidedMessage(list []chattest.Message) string {
	if s.tour.at != tourPress || s.As != s.h.Tour.Approver || s.In != s.h.Tour.Channel || len(list) == 0 {
		return ""
	}
	asks, _ := s.card()
	return asks
}
