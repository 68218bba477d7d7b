package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// ReviewCard has a card of an access review show the current state, as [Effects.Card]
// does for a request.
func (f *Effects) ReviewCard(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.ReviewCardPayload](e)
	if err != nil {
		return nil, err
	}
	post, err := f.Render.ReviewCard(ctx, p)
	if err != nil {
		return nil, err
	}
	card := state.ReviewCard{Review: p.Review, Card: p.Card}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		known, err := state.CardOfReview(tx, p.Review, p.Card)
		card.Ref = known.Ref
		return unlessNotFound(err)
	})
	if err != nil {
		return nil, err
	}
	if card.Ref, err = f.draw(ctx, e, card.Ref, p.Scope(), post); err != nil {
		return nil, err
	}
	return json.Marshal(card)
}

// ReviewCardPosted stores where the card is.
func (f *Effects) ReviewCardPosted(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
	var card state.ReviewCard
	if err := json.Unmarshal(result, &card); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	return state.PutReviewCard(tx, card)
}
