package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const (
	// forgetBatch is how many records one transaction takes the person out of, and
	// forgetPass how many are looked for at a time.
	forgetBatch = 50
	forgetPass  = 2000
)

// ForgetReceipt proves what was deleted, to whoever has the salt: the log holds the digest
// alone, of the first id or address by which the person was known.
type ForgetReceipt struct {
	As      access.UserID // what stands in their place
	Digest  string
	Salt    string
	Records int
}

// ForgetReport is what whoever runs the bot is told of a deletion.
type ForgetReport struct {
	Plan    ForgetPlan
	Receipt *ForgetReceipt // nil when nothing was deleted
}

// ForgetAsked says what the deletion of a person's data would do and, with yes, does it
// where nothing stands against it and there is something. What was begun before is ended first.
func (s *Service) ForgetAsked(ctx context.Context, who string, yes bool) (ForgetReport, error) {
	if err := s.GoOnForgetting(ctx); err != nil {
		return ForgetReport{}, err
	}
	plan, err := s.PlanForget(ctx, who)
	report := ForgetReport{Plan: plan}
	if err != nil || !yes || len(plan.Unless) > 0 || len(plan.Records) == 0 {
		return report, err
	}
	done, err := s.Forget(ctx, who)
	report.Receipt = &done
	return report, err
}

// Forget deletes the data of a person, on their request, for good: what they wrote, their
// names and their addresses. It is done in transactions of a bounded size; after a crash
// the next start of the bot goes on (see [Service.GoOnForgetting]). It refuses a person who
// still may do something, or has something. Cards in Slack are drawn anew.
func (s *Service) Forget(ctx context.Context, who string) (ForgetReceipt, error) {
	plan, err := s.PlanForget(ctx, who)
	if err != nil {
		return ForgetReceipt{}, err
	}
	var f state.Forgetting
	err = s.Store.Update(ctx, func(tx state.Tx) error {
		unless, err := s.unless(tx, plan.Person)
		if err != nil {
			return err
		}
		if len(unless) > 0 {
			return access.Refuse(access.Conflict, "Nothing was deleted: %s", strings.Join(unless, " "))
		}
		f = state.Forgetting{Person: plan.Person}
		id, err := s.freeID(tx)
		if err != nil {
			return err
		}
		f.Person.As = access.UserID("P-" + strings.TrimPrefix(string(id), "R-"))
		if f.Salt, err = s.NewNonce(); err != nil {
			return err
		}
		return state.PutForgetting(tx, f)
	})
	if err != nil {
		return ForgetReceipt{}, err
	}
	return s.forget(ctx, f)
}

// GoOnForgetting ends what a crash has left of a deletion.
func (s *Service) GoOnForgetting(ctx context.Context) error {
	var begun []state.Forgetting
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		begun, err = state.AllForgetting(tx)
		return err
	})
	for _, f := range begun {
		if _, forgetErr := s.forget(ctx, f); !errors.Is(forgetErr, state.ErrNotFound) { // else another replica has done it
			err = errors.Join(err, forgetErr)
		}
	}
	return err
}

// forget takes the person out of one record after another, until there is none.
func (s *Service) forget(ctx context.Context, f state.Forgetting) (ForgetReceipt, error) {
	for {
		keys, err := s.toForget(ctx, f.Person)
		if err != nil {
			return ForgetReceipt{}, err
		}
		if len(keys) == 0 {
			break
		}
		for len(keys) > 0 {
			n := min(len(keys), forgetBatch)
			if f, err = s.forgetSome(ctx, f, keys[:n]); err != nil {
				return ForgetReceipt{}, err
			}
			keys = keys[n:]
		}
	}
	return s.forgotten(ctx, f)
}

func (s *Service) toForget(ctx context.Context, f access.Forgotten) (keys []string, err error) {
	err = s.Store.View(ctx, func(tx state.Tx) error {
		_, err := forgettable(tx, f, func(_ state.Personal, key string) bool {
			keys = append(keys, key)
			return len(keys) < forgetPass
		})
		return err
	})
	return keys, err
}

// forgetSome is one transaction of a deletion.
func (s *Service) forgetSome(ctx context.Context, f state.Forgetting, keys []string) (state.Forgetting, error) {
	now := s.now()
	next := f
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		var err error
		if next, err = state.ForgettingOf(tx, f.Person.As); err != nil {
			return err
		}
		var changed []string
		for _, key := range keys {
			did, err := s.strip(tx, key, f.Person, now)
			if err != nil {
				return err
			}
			if did {
				changed = append(changed, key)
			}
		}
		if len(changed) == 0 {
			return nil
		}
		next.Done += len(changed)
		ev, err := s.forgetEvent(tx, access.EventForgetting, next, len(changed), now, changed...)
		if err != nil {
			return err
		}
		for _, key := range changed {
			err = errors.Join(err, s.oweAnew(tx, ev, key))
		}
		return errors.Join(err, state.PutForgetting(tx, next), state.OweRewrite(tx))
	})
	return next, err
}

// strip takes the person out of a record. When what somebody wrote went, so does the salt:
// with it the digest in the log could be tried against guesses. Another one takes its place,
// for what may still be written.
func (s *Service) strip(tx state.Tx, key string, f access.Forgotten, now time.Time) (changed bool, err error) {
	stripped, err := state.Strip(tx, key, f)
	if _, damaged := state.Unreadable(err); damaged {
		return false, nil
	}
	if err != nil || !stripped.Words {
		return stripped.Changed, err
	}
	kind, id, _ := strings.Cut(key, "/")
	if kind == "offer" {
		o, err := state.Offer(tx, access.OfferID(id))
		if err != nil {
			return true, err
		}
		o.ForgottenAt = now
		if o.Salt, err = s.NewNonce(); err != nil {
			return true, err
		}
		return true, state.PutOffer(tx, o)
	}
	if kind != "request" && kind != "grant" && kind != "breakglass" {
		return true, nil
	}
	r, err := state.Request(tx, access.RequestID(id))
	if absent(err) {
		return true, nil
	}
	if err != nil {
		return true, err
	}
	r.ForgottenAt = now
	if r.Salt, err = s.NewNonce(); err != nil {
		return true, err
	}
	return true, state.PutRequest(tx, r)
}

// oweAnew has the cards of a record show it as it is now, where it has any.
func (s *Service) oweAnew(tx state.Tx, cause access.Event, key string) error {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "request", "grant", "breakglass":
		return s.oweAnewOf(tx, cause, access.RequestID(id))
	case "offer":
		o, err := state.Offer(tx, access.OfferID(id))
		for _, card := range []string{outbox.RequesterCard, outbox.CustomerCard} {
			if _, cardErr := state.CardOfOffer(tx, o.ID, card); cardErr == nil && err == nil {
				err = s.owe(tx, cause, fmt.Sprintf("%s/%s", o.ID, card), outbox.SlackOfferCard, fmt.Sprintf("%s/slack/%s", o.ID, card),
					outbox.OfferCardPayload{Offer: o.ID, Card: card})
			}
		}
		return err
	case "alert":
		a, err := state.Alert(tx, access.AlertID(id))
		if err != nil {
			return err
		}
		return s.oweAlert(tx, cause, a)
	case "review":
		for card := 0; ; card++ {
			_, err := state.CardOfReview(tx, access.ReviewID(id), card)
			if err == nil {
				err = s.oweReviewCard(tx, cause, access.ReviewID(id), card)
			} else if absent(err) && card == 0 { // operators may have none
				continue
			} else if absent(err) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) oweAnewOf(tx state.Tx, cause access.Event, id access.RequestID) error {
	for _, card := range []string{
		outbox.CustomerCard, outbox.RequesterCard, outbox.PeersCard, outbox.BreakGlassCard, outbox.BreakGlassReviewCard,
	} {
		_, err := state.CardOf(tx, id, card)
		if absent(err) {
			continue
		}
		if err == nil {
			err = s.owe(tx, cause, fmt.Sprintf("%s/%s", id, card), outbox.SlackCard, cardLane(id, card), outbox.CardPayload{Request: id, Card: card})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgotten ends a deletion.
func (s *Service) forgotten(ctx context.Context, f state.Forgetting) (ForgetReceipt, error) {
	now := s.now()
	var receipt ForgetReceipt
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		done, err := state.ForgettingOf(tx, f.Person.As)
		if err != nil {
			return err
		}
		_, dead, err := outbox.Naming(tx, f.Person)
		if err != nil {
			return err
		}
		for _, e := range dead {
			err = errors.Join(err, outbox.Drop(tx, e))
		}
		done.Done += len(dead)
		_, eventErr := s.forgetEvent(tx, access.EventForgotten, done, done.Done, now)
		receipt = ForgetReceipt{As: f.Person.As, Digest: forgetDigest(done), Salt: f.Salt, Records: done.Done}
		return errors.Join(err, eventErr, state.DeleteForgetting(tx, f.Person.As), state.OweRewrite(tx))
	})
	return receipt, err
}

// forgetEvent tells the log of a deletion, and of which requests and offers something may
// be missing from now on: nothing else explains that.
func (s *Service) forgetEvent(tx state.Tx, kind access.EventKind, f state.Forgetting, records int, now time.Time, keys ...string) (access.Event, error) {
	detail := map[string]string{"person": forgetDigest(f), "as": string(f.Person.As), "records": strconv.Itoa(records)}
	if of := spoken(keys); kind == access.EventForgetting {
		detail["of"] = cmp.Or(strings.Join(of, " "), "none")
	}
	return audit.Append(tx, access.Event{At: now, Kind: kind, Detail: detail})
}

// spoken are the ids of the requests and offers to which the records belong, each once.
func spoken(keys []string) []string {
	var ids []string
	for _, key := range keys {
		switch kind, id, _ := strings.Cut(key, "/"); kind {
		case "request", "grant", "breakglass", "offer":
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// forgetDigest stands for the person in the log.
func forgetDigest(f state.Forgetting) string {
	who := ""
	switch p := f.Person; {
	case len(p.Users) > 0:
		who = string(p.Users[0])
	case len(p.Objects) > 0:
		who = string(p.Objects[0])
	case len(p.Mails) > 0:
		who = p.Mails[0]
	}
	return audit.Digest(f.Salt, who)
}
