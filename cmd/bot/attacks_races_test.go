package main

import (
	"errors"
	"strings"
	"sync"
)

// doubled makes what is decided in the races: for each one request, of Ana and Bo.
func doubled(s *siege) {
	s.asks("R5", "bo", "#contoso", `request contoso "Exchange Administrator" for 1h because mailbox of Lou`)
	s.asks("R6", "bo", "#contoso", `request contoso "Exchange Administrator + Service Support Administrator" for 1h because mailbox of Lou`)
	s.asks("R7", "bo", "#adatum", `request adatum "Exchange Administrator" for 1h because mailbox of Tom`)
	s.asks("R8", "bo", "#contoso", `request contoso "User Administrator" for 1h because account of Lou`)
	for id, who := range map[string]string{"R5": "carol", "R6": "carol", "R7": "amir", "R8": "carol"} {
		s.raced[s.ids[id]] = true
		must(s.t, s.sees(who, s.ids[id]+".*waiting for a decision"))
	}
	var err error
	s.desks["carol"], err = s.arrives("$R8", "carol@contoso.com")
	must(s.t, err)
}

// race does all of it at the same moment, and waits until the request is decided and
// nothing more comes of it. It returns how the card says that it was decided.
func race(who, channel, request string, all ...func(*siege) error) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		var group sync.WaitGroup
		begin, errs := make(chan struct{}), make([]error, len(all))
		for i, do := range all {
			group.Go(func() {
				<-begin
				errs[i] = do(s)
			})
		}
		close(begin)
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return "", err
		}
		card := ""
		err := s.wait(request+" to be decided", func() bool {
			for _, m := range s.Slack.Messages(people[who], channels[channel]) {
				if strings.Contains(m.Text, s.ids[request]+", access request") {
					card = m.Text
				}
			}
			return strings.Contains(card, "access in force") || strings.Contains(card, ": denied") || strings.Contains(card, ": withdrawn")
		})
		s.held = s.holdings() // what was decided may be given
		return card, err
	}
}

// presses sends the press of a button, whatever comes of it.
func presses(who, channel, action, value string) func(*siege) error {
	return func(s *siege) error {
		d, err := s.Slack.ClickInvented(s.t.Context(), person(who), channels[channel], action, s.fill(value))
		return errors.Join(err, d.Err)
	}
}

func denies(who, request string) func(*siege) error {
	return func(s *siege) error {
		_, err := submits(who, "request.deny", request, reason("not today"))(s)
		return err
	}
}

// decidedOnce is what the card says of a request on which one word counted.
const decidedOnce = `(?s)^(?:.*: access in force\..*Approved by [^.]*|.*: denied\..*Denied by [^.]*|.*: withdrawn\..*)`

var raceAttacks = []attack{
	{"ApproveAndDenyAtOnce", race("carol", "#contoso", "R5", presses("carol", "#contoso", "request.approve", "$R5/1"), denies("carol", "$R5/1")), decidedOnce, "carol", ""},
	{"ApproveEightTimesAtOnce", race("carol", "#contoso", "R6",
		presses("carol", "#contoso", "request.approve", "$R6/1"), presses("carol", "#contoso", "request.approve", "$R6/1"),
		presses("carol", "#contoso", "request.approve", "$R6/1"), presses("carol", "#contoso", "request.approve", "$R6/1"),
		presses("carol", "#contoso", "request.approve", "$R6/1"), presses("carol", "#contoso", "request.approve", "$R6/1"),
		presses("carol", "#contoso", "request.approve", "$R6/1"), presses("carol", "#contoso", "request.approve", "$R6/1")), "access in force", "carol", ""},
	{"ApproveAndWithdrawAtOnce", race("amir", "#adatum", "R7", presses("amir", "#adatum", "request.approve", "$R7/1"), presses("bo", "#adatum", "request.withdraw", "$R7/1")), decidedOnce, "", ""},
	{"PageAndSlackAtOnce", race("carol", "#contoso", "R8", presses("carol", "#contoso", "request.approve", "$R8/1"), denies("carol", "$R8/1"), func(s *siege) error {
		_, err := sends("carol", "$R8", form("csrf of carol", "approve", "1"))(s)
		return err
	}), decidedOnce, "carol", ""},
	{"PostedAgain", sends("carol", "$R8", form("csrf of carol", "approve", "1")), "^410 .*$R8 was already", "Carol Weber", ""},
}
