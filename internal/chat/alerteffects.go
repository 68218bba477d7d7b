package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// AlertCard has a card of an alert, or of many, show the current state, as
// [Effects.Card] does for a request.
func (f *Effects) AlertCard(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.AlertCardPayload](e)
	if err != nil {
		return nil, err
	}
	post, err := f.Render.AlertCard(ctx, p)
	if err != nil {
		return nil, err
	}
	card := state.AlertCard{Alert: p.Alert, Storm: p.Storm, Card: p.Card}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		known, err := state.PostedAlert(tx, card)
		card.Ref = known.Ref
		return unlessNotFound(err)
	})
	if err != nil {
		return nil, err
	}
	mark := fmt.Sprintf("%s%s/%d", p.Alert, p.Storm, p.Card)
	if card.Ref, err = f.draw(ctx, e, card.Ref, mark, post); err != nil {
		return nil, err
	}
	return json.Marshal(card)
}

// AlertCardPosted stores where the card is.
func (f *Effects) AlertCardPosted(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
	var card state.AlertCard
	if err := json.Unmarshal(result, &card); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	return state.PutAlertCard(tx, card)
}
