package approvals

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// pruneMost bounds one transaction of [Service.Prune].
const pruneMost = 100

// Prune deletes what ended longer ago than policy.yml has it kept, with its cards, in
// transactions of a bounded size, and returns how many records went. The audit log is
// never pruned: it tells of everything, by ids and digests. What somebody may still come
// back to stays: what an effect is about that is owed, an emergency that nobody has signed
// off, the last review of a customer.
//
// Where there is an archive, what is to go is written there first, and nothing goes that was
// not, or that has changed since. The work grows with what is pruned, and not with what
// there is. A crash leaves the batches that were done; the next pass goes on.
func (s *Service) Prune(ctx context.Context) (int, error) {
	if err := s.forgetBrowsers(ctx); err != nil {
		return 0, err
	}
	now := s.now()
	keep := s.Policy().Retention
	if keep <= 0 {
		return 0, nil
	}
	total := 0
	for last := (state.Ended{}); ; {
		p := pruning{by: now.Add(-keep), gone: map[string]int{}}
		if s.Archive != nil {
			var err error
			if p.archived, err = s.archive(ctx, p.by, last); err != nil {
				return total, fmt.Errorf("archive what has ended: %w", err)
			}
		}
		var some []state.Ended
		err := s.Store.Update(ctx, func(tx state.Tx) (err error) {
			clear(p.gone)
			p := p // what one run changes, the next begins without
			p.tx = tx
			if some, err = state.EndedUntil(tx, p.by, last, pruneMost); err != nil {
				return err
			}
			return p.batch(some, now)
		})
		if err != nil {
			return total, fmt.Errorf("prune what has ended: %w", err)
		}
		for _, n := range p.gone {
			total += n
		}
		if len(some) < pruneMost {
			return total, nil
		}
		last = some[len(some)-1]
	}
}

// forgetBrowsers forgets what was under way in browsers and is over.
func (s *Service) forgetBrowsers(ctx context.Context) error {
	now := s.Protocol()
	for {
		var over bool
		err := s.Store.View(ctx, func(tx state.Tx) (err error) {
			over, err = state.BrowsersOver(tx, now)
			return err
		})
		if err == nil && over {
			err = s.Store.Update(ctx, func(tx state.Tx) error { return state.ForgetBrowsers(tx, now, pruneMost) })
		}
		if err != nil {
			return fmt.Errorf("forget what was under way in browsers: %w", err)
		}
		if !over {
			return nil
		}
	}
}

// pruning is one batch.
type pruning struct {
	tx   state.Tx
	by   time.Time
	gone map[string]int  // how many records of each kind
	owed map[string]bool // the records that effects are about

	// archived are the records that may go, as they were when they were archived; nil: all
	// may. While archive is set they are given to it, and stay.
	archived map[string][]byte
	archive  func(key string) error
}

func (p *pruning) batch(some []state.Ended, now time.Time) error {
	storms, err := state.OldStorms(p.tx, p.by)
	if err != nil {
		return err
	}
	dead, err := outbox.Bury(p.tx, p.by)
	if err != nil {
		return err
	}
	if len(some)+len(storms)+dead == 0 {
		return nil
	}
	if p.owed, err = outbox.Concerned(p.tx); err != nil {
		return err
	}
	for _, e := range some {
		if err := p.ended(e); err != nil {
			return fmt.Errorf("%s: %w", e.Key(), err)
		}
	}
	p.archived = nil // storms are only cards
	for _, one := range storms {
		if err := p.drop("storm/" + string(one.ID)); err != nil {
			return err
		}
	}
	if dead > 0 {
		p.gone["effect"] = dead
	}
	if len(p.gone) == 0 {
		return nil
	}
	detail := map[string]string{"until": p.by.UTC().Format(time.RFC3339)}
	for kind, n := range maps.All(p.gone) {
		detail[kind] = strconv.Itoa(n)
	}
	_, err = audit.Append(p.tx, access.Event{At: now, Kind: access.EventPruned, Detail: detail})
	return err
}

// ended deletes one record, with those that go with it, unless somebody may still come
// back to it.
func (p *pruning) ended(e state.Ended) error {
	switch e.Kind {
	case "request", "grant":
		return p.request(access.RequestID(e.ID))
	case "review":
		r, err := state.Review(p.tx, access.ReviewID(e.ID))
		if err != nil {
			return ignore(err)
		}
		last, err := state.LastReview(p.tx, r.Customer)
		if err != nil || last.ID == r.ID {
			return ignore(err)
		}
	}
	return p.drop(e.Key())
}

// request deletes a request with its grant and its review, once all of them are over for
// long enough.
func (p *pruning) request(id access.RequestID) error {
	r, err := state.Request(p.tx, id)
	if err != nil {
		return ignore(err)
	}
	if _, ahead := r.Next(); ahead || r.State == access.Pending {
		return nil
	}
	g, err := state.Grant(p.tx, id)
	given := err == nil
	if err != nil && !errors.Is(err, state.ErrNotFound) || given && (!g.Final() || g.EndedAt.After(p.by)) {
		return ignore(err)
	}
	v, err := state.BreakGlassReview(p.tx, id)
	broken := err == nil
	if err != nil && !errors.Is(err, state.ErrNotFound) || broken && (v.Open() || v.SignedAt.After(p.by)) {
		return ignore(err)
	}
	if p.owed[state.Path("request", string(id))] {
		return nil
	}
	keys := []string{state.Path("request", string(id))}
	if given {
		keys = append(keys, state.Path("grant", string(id)))
	}
	if broken {
		keys = append(keys, state.Path("breakglass", string(id)))
	}
	return p.drop(keys...)
}

// drop deletes records that go together, or none of them.
func (p *pruning) drop(keys ...string) error {
	for _, key := range keys {
		if may, err := p.may(key); err != nil || !may {
			return err
		}
	}
	for _, key := range keys {
		if p.archive != nil {
			if err := p.archive(key); err != nil {
				return err
			}
			continue
		}
		if err := state.Drop(p.tx, key); err != nil {
			return ignore(err)
		}
		kind, _, _ := strings.Cut(key, "/")
		p.gone[kind]++
	}
	return nil
}

// may reports whether a record may go: nothing is owed that is about it, and the archive
// has it as it is.
func (p *pruning) may(key string) (bool, error) {
	if p.owed[key] {
		return false, nil
	}
	if p.archived == nil {
		return true, nil
	}
	raw, err := p.tx.Get(key)
	if errors.Is(err, state.ErrNotFound) {
		return true, nil
	}
	was, ok := p.archived[key]
	return ok && bytes.Equal(was, raw), err
}

// ignore passes over what is damaged or gone: it is named elsewhere, and holds up nothing.
func ignore(err error) error {
	if absent(err) {
		return nil
	}
	return err
}
