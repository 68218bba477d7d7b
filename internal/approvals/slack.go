package approvals

import (
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// shortly is how long a card may go on showing what was so a moment ago.
const shortly = 2 * time.Second

// oweCards has the cards of the request show the state that the transaction leaves.
func (s *Service) oweCards(tx state.Tx, cause access.Event, id access.RequestID) error {
	return s.oweCardsIn(tx, cause, id, func(string) time.Duration { return 0 })
}

// oweCardsShortly is oweCards for a state that is likely to be over in a moment: access is
// being given, or taken away. Who acted sees it at once on their card; the others show it
// only if it lasts, and else the next one instead. Nobody acted where time did.
func (s *Service) oweCardsShortly(tx state.Tx, cause access.Event, r access.Request, by access.Person) error {
	return s.oweCardsIn(tx, cause, r.ID, func(card string) time.Duration {
		if by.Known() && (card == outbox.RequesterCard) == r.Requester.Same(by) {
			return 0
		}
		return shortly
	})
}

func (s *Service) oweCardsIn(tx state.Tx, cause access.Event, id access.RequestID, wait func(card string) time.Duration) error {
	cards, err := cardsOf(tx, id)
	if err != nil {
		return err
	}
	for _, card := range cards {
		lane := cardLane(id, card)
		scope := fmt.Sprintf("%s/%s", id, card)
		if err := s.oweIn(tx, wait(card), cause, scope, outbox.SlackCard, lane, outbox.CardPayload{Request: id, Card: card}); err != nil {
			return err
		}
	}
	return s.oweRequestLetters(tx, cause, id)
}

// cardLane is where everything queues that is said on a card, and after it.
func cardLane(id access.RequestID, card string) string { return fmt.Sprintf("%s/slack/%s", id, card) }

// cardsOf are the cards that the request has, or ought to have.
func cardsOf(tx state.Tx, id access.RequestID) ([]string, error) {
	r, err := state.Request(tx, id)
	if absent(err) { // a damaged record holds up nothing; its cards wait for its repair
		return []string{outbox.CustomerCard, outbox.RequesterCard}, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	// What was shown to the customer and waits for colleagues again must not look as if
	// it waited for the customer.
	switch _, err := state.CardOf(tx, id, outbox.CustomerCard); {
	case r.Shown(), err == nil:
		out = append(out, outbox.CustomerCard)
	case !absent(err):
		return nil, err
	}
	out = append(out, outbox.RequesterCard)
	if r.Rule.Peers > 0 {
		out = append(out, outbox.PeersCard)
	}
	switch _, err := state.BreakGlassReview(tx, id); {
	case err == nil:
		out = append(out, outbox.BreakGlassCard, outbox.BreakGlassReviewCard)
	case !absent(err):
		return nil, err
	}
	return out, nil
}

// oweNotice says something once. Notices about a request follow its cards, in
// the lane of the card that the reader has. What the operators are told must not wait
// for a customer's channel.
func (s *Service) oweNotice(tx state.Tx, cause access.Event, n outbox.NoticePayload) error {
	to := string(n.User) + string(n.Channel)
	scope, lane := "notice/"+to, "notice/"+to
	if n.Request != "" {
		scope = fmt.Sprintf("%s/%s", n.Request, to)
		switch {
		case n.User != "":
			lane = fmt.Sprintf("%s/slack/%s", n.Request, outbox.RequesterCard)
		case n.Notice == outbox.NoticeTrouble:
		case n.Channel == s.Policy().Operations:
			lane = fmt.Sprintf("%s/slack/%s", n.Request, outbox.PeersCard)
		default:
			lane = fmt.Sprintf("%s/slack/%s", n.Request, outbox.CustomerCard)
		}
	}
	return s.owe(tx, cause, scope+"/"+string(n.Notice), outbox.SlackNotice, lane, n)
}

// oweTrouble tells the operators, where policy.yml names a channel for them.
func (s *Service) oweTrouble(tx state.Tx, cause access.Event, id access.RequestID, text string) error {
	channel := s.Policy().Operations
	if channel == "" {
		return nil
	}
	return s.oweNotice(tx, cause, outbox.NoticePayload{
		Notice: outbox.NoticeTrouble, Channel: channel, Request: id, Customer: cause.Customer, Text: text,
	})
}

// reply tells one person how their act ended.
func (s *Service) reply(tx state.Tx, cause access.Event, to access.UserID, text string) error {
	return s.oweNotice(tx, cause, outbox.NoticePayload{Notice: outbox.NoticeReply, User: to, Text: text})
}

// answer tells whoever acted how it ended, where they are of our own staff. A customer
// hears of it in its channel, and nobody has to be told what was done as policy says.
func (s *Service) answer(tx state.Tx, cause access.Event, by access.Person, text string) error {
	if by.User == "" || by.Team != s.Team() {
		return nil
	}
	return s.reply(tx, cause, by.User, text)
}
