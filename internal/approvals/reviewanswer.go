package approvals

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// ReviewRef is what a button of a review says: which row, and with which terms it was
// shown. Row 0 is the whole review.
type ReviewRef struct {
	Review access.ReviewID
	Row    int
	Terms  int
}

// AnswerReview records a word on one row: of a contact of the customer or, when the
// customer's time is over and policy has the partner decide, of a bot admin. What is to
// go is removed at once. A row that is not any more what was shown is told instead.
func (s *Service) AnswerReview(ctx context.Context, o Origin, ref ReviewRef, a access.Answer) (access.Review, error) {
	return s.answerReview(ctx, o, ref, "review "+string(a), func(r access.Review, by access.Person, now time.Time) (access.Review, error) {
		return r.Answer(ref.Row, ref.Terms, a, by, now)
	})
}

// KeepReview keeps all that no contact of the customer has answered.
func (s *Service) KeepReview(ctx context.Context, o Origin, ref ReviewRef) (access.Review, error) {
	ref.Row = 0
	return s.answerReview(ctx, o, ref, "review keep", func(r access.Review, by access.Person, now time.Time) (access.Review, error) {
		return r.KeepRest(ref.Terms, by, now)
	})
}

func (s *Service) answerReview(
	ctx context.Context, o Origin, ref ReviewRef, act string, change func(access.Review, access.Person, time.Time) (access.Review, error),
) (access.Review, error) {
	var out access.Review
	var told error
	about := subject{act: act}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		told = nil
		r, by, err := s.answering(tx, o, ref, now)
		if err != nil {
			return err
		}
		fresh, err := refreshed(tx, r, now)
		if err != nil {
			return err
		}
		answered, err := change(fresh, by, now)
		if access.CodeOf(err) != "" && fresh.Rev != r.Rev { // the card is of what is not so any more
			told, answered = err, fresh
		} else if err != nil {
			return err
		}
		if fresh, err = s.reviewMoved(tx, r, fresh, access.Person{}, now); err != nil || told != nil {
			return err
		}
		out, err = s.reviewMoved(tx, fresh, answered, by, now)
		return err
	})
	if err == nil && told != nil {
		err = s.audited(ctx, o, about, told)
	}
	return out, err
}

// answering loads a review for whoever may answer the row.
func (s *Service) answering(tx state.Tx, o Origin, ref ReviewRef, now time.Time) (access.Review, access.Person, error) {
	r, err := loadReview(tx, ref.Review)
	if err != nil {
		return r, access.Person{}, err
	}
	row, _ := r.Row(ref.Row)
	if row.State == access.RowHanded && (s.isAdmin(o.Actor) || o.Actor.Team == s.Team()) {
		return r, named(tx, o.Actor), s.admin(o.Actor)
	}
	c, err := s.contact(tx, o, r.Customer, r.CustomerName)
	if err == nil {
		err = c.MayDecide(now)
	}
	if err == nil && row.State == access.RowHanded {
		err = access.RefuseAnyone(access.Conflict, "%s could be answered until %s. Your partner decides about the rest now.", r.ID, r.DueBy)
	}
	return r, c.Person, err
}

func loadReview(tx state.Tx, id access.ReviewID) (access.Review, error) {
	r, err := state.Review(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return r, access.RefuseAnyone(access.NotFound, "There is no access review %s.", id)
	}
	return r, err
}

// ReviewRemoval is what a row's removal would do.
type ReviewRemoval struct {
	Review access.Review
	Row    access.ReviewRow
	Grants []Entry // access that ends before it
}

// MayRemove makes the checks of [Service.AnswerReview] without answering, and tells
// what would end.
func (s *Service) MayRemove(ctx context.Context, o Origin, ref ReviewRef) (ReviewRemoval, error) {
	var out ReviewRemoval
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, _, err := s.answering(tx, o, ref, now)
		if err != nil {
			return err
		}
		if r, err = refreshed(tx, r, now); err != nil {
			return err
		}
		out.Review = r
		if out.Row, err = r.MayAnswer(ref.Row, ref.Terms, now); err != nil {
			return err
		}
		out.Grants, err = endsWith(tx, r, out.Row)
		return err
	})
	return out, s.audited(ctx, o, subject{act: "review remove", customer: out.Review.Customer}, err)
}

// refreshed brings the rows that wait to what the mirror has now.
func refreshed(tx state.Tx, r access.Review, now time.Time) (access.Review, error) {
	if r.State != access.ReviewOpen {
		return r, nil
	}
	current, err := reviewRows(tx, r.Customer)
	return r.Refresh(current.rows, current.unread, now), err
}

// endsWith lists the access in force, or on its way, that hangs on a row.
func endsWith(tx state.Tx, r access.Review, row access.ReviewRow) ([]Entry, error) {
	if row.Group == "" {
		return grantsThrough(tx, r.Customer, row.Relationship)
	}
	if !row.Own {
		return nil, nil
	}
	id, err := state.ContainerOfGroup(tx, row.Group)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids, err := state.GrantsOf(tx, r.Customer)
	if err != nil {
		return nil, err
	}
	all, _, err := entries(tx, ids)
	var out []Entry
	for _, e := range all {
		if e.Grant != nil && e.Grant.Container == id {
			out = append(out, e)
		}
	}
	return out, err
}
