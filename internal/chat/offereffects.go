package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// OfferCard has a card of an offer show the current state, as [Effects.Card]
// does for a request.
func (f *Effects) OfferCard(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.OfferCardPayload](e)
	if err != nil {
		return nil, err
	}
	post, err := f.Render.OfferCard(ctx, p)
	if err != nil {
		return nil, err
	}
	card := state.OfferCard{Offer: p.Offer, Name: p.Card}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		known, err := state.CardOfOffer(tx, p.Offer, p.Card)
		card.Ref = known.Ref
		return unlessNotFound(err)
	})
	if err != nil {
		return nil, err
	}
	if card.Ref, err = f.draw(ctx, e, card.Ref, string(p.Offer)+"/"+p.Card, post); err != nil {
		return nil, err
	}
	f.Homes.follow(ctx, post.User)
	return json.Marshal(card)
}

// OfferCardPosted stores where the card is.
func (f *Effects) OfferCardPosted(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
	var card state.OfferCard
	if err := json.Unmarshal(result, &card); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	return state.PutOfferCard(tx, card)
}

// OfferNotice says something about an offer or a relationship once.
func (f *Effects) OfferNotice(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.OfferNoticePayload](e)
	if err != nil {
		return nil, err
	}
	post, err := f.Render.OfferNotice(ctx, p)
	if err != nil {
		return nil, err
	}
	return nil, f.say(ctx, e, post)
}
