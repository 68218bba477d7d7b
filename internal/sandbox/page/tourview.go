package page

import "fmt"

type tourView struct {
	Here     where
	At, Of   int // 0: the tour is offered, not begun
	Title    string
	Text     string
	Show     string // leads to the control to press
	Finished bool
}

// tourView tells what to press next, or returns nil.
func (s *scene) tourView() *tourView {
	t := s.h.Tour
	switch {
	case t == nil || s.tour.at == tourOff && s.tour.answer:
		return nil
	case s.tour.at == tourOff:
		return &tourView{
			Here: s.where, Title: "New here?",
			Text: "Seven clicks tell the whole story: a request, a yes, access in the tenant, and its end.",
		}
	}
	v := &tourView{Here: s.where, At: s.tour.at, Of: tourEnd - 1, Finished: s.tour.at == tourEnd}
	v.Title, v.Text = s.say(s.tour.at)
	v.Show = s.show(s.tour.at)
	if s.astray() {
		v.Text = "This happens in the channel that both share. Go back there."
		v.Show = s.pane(panePeople).address() + "#in-" + safeID(t.Channel)
	}
	return v
}

// astray reports whether the right persona looks at the wrong conversation.
func (s *scene) astray() bool {
	return s.tour.at != tourBack && s.tour.wants() == s.Me.User && s.tour.at != tourOff && s.In != s.h.Tour.Channel
}

// say is what the tour tells at a click.
func (s *scene) say(click int) (title, text string) {
	who, whom := s.name(s.h.Tour.Requester), s.name(s.h.Tour.Approver)
	team := s.teamName(s.users[s.h.Tour.Approver].Team)
	switch click {
	case tourRequest:
		if s.As != s.h.Tour.Requester {
			return who + " asks for access.", "Become " + who + " first."
		}
		return who + " asks for access.",
			fmt.Sprintf("You are %s, who looks after %s. What %s wants, for how long and why is typed already. Press Send.", who, team, who)
	case tourBecome:
		return team + " decides.", fmt.Sprintf("The card is in the channel both share. Nothing was given yet. Become %s, %s’s own admin.", whom, team)
	case tourPress:
		if s.As != s.h.Tour.Approver {
			return whom + " decides.", "Become " + whom + " again."
		}
		return whom + " sees who, what, how long and why.", "Press the green button of the newest card."
	case tourApprove:
		return "One more look.", "The question says exactly what will be given. Say yes. The tenant then follows within seconds."
	case tourClock:
		return who + " is in, for four hours.", "In the tenant there is a new member of a group that has these roles and no others. Move the clock on: press +4 h."
	case tourBack:
		return "Time is up: the member is gone.", fmt.Sprintf("Nobody had to think of it. Become %s, who was told as well.", who)
	case tourAudit:
		return "All of it is written down.", "Open the audit trail: who asked, who agreed, when it began and when it ended."
	}
	return "That was the whole story.",
		"Each line of the trail is chained to the one before; “bot audit verify” finds any that was changed. Now be anybody and try to get in uninvited."
}

// show is the address of what to press.
func (s *scene) show(click int) string {
	switch click {
	case tourRequest:
		if s.As == s.h.Tour.Requester {
			return s.pane(paneTalk).address() + "#send"
		}
		return s.pane(panePeople).address() + "#as-" + safeID(s.h.Tour.Requester)
	case tourBecome:
		return s.pane(panePeople).address() + "#as-" + safeID(s.h.Tour.Approver)
	case tourPress:
		if s.As == s.h.Tour.Approver {
			return s.pane(paneTalk).address() + "#guided"
		}
		return s.pane(panePeople).address() + "#as-" + safeID(s.h.Tour.Approver)
	case tourClock:
		return s.address() + "#by-4h"
	case tourBack:
		return s.pane(panePeople).address() + "#as-" + safeID(s.h.Tour.Requester)
	case tourAudit:
		return s.pane(paneTenant).address() + "#tab-audit"
	}
	return ""
}
