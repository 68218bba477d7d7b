package state

import (
	"errors"
	"strconv"
	"time"

	"latchkey/internal/access"
)

// Review returns the access review, or [ErrNotFound].
func Review(tx Tx, id access.ReviewID) (access.Review, error) {
	return Load[access.Review](tx, Path("review", string(id)))
}

// PutReview writes the review and its indexes.
func PutReview(tx Tx, r access.Review) error {
	old, err := Review(tx, r.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("review", string(r.ID)), r); err != nil {
		return err
	}
	return reindex(tx, string(r.ID), reviewIndexes(old), reviewIndexes(r))
}

func reviewIndexes(r access.Review) []string {
	if r.ID == "" {
		return nil
	}
	keys := []string{Path("idx/review/customer", string(r.Customer), TimeKey(r.StartedAt), string(r.ID))}
	if r.State == access.ReviewOpen {
		keys = append(keys, Path("idx/review/open", string(r.Customer)))
	}
	if at, ok := r.Due(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueReview, Review: r.ID}))
	}
	return endedAt(keys, r.State == access.ReviewClosed, r.ClosedAt, "review", string(r.ID))
}

// OpenReview returns the customer's review that is not closed, or [ErrNotFound].
// There is at most one.
func OpenReview(tx Tx, customer access.TenantID) (access.Review, error) {
	id, err := tx.Get(Path("idx/review/open", string(customer)))
	if err != nil {
		return access.Review{}, err
	}
	return Review(tx, access.ReviewID(id))
}

// OpenReviews lists the reviews that are not closed and can be read.
func OpenReviews(tx Tx) ([]access.Review, error) {
	var out []access.Review
	for item, err := range tx.Scan("idx/review/open/") {
		if err != nil {
			return nil, err
		}
		r, err := Review(tx, access.ReviewID(item.Value))
		if _, bad := Unreadable(err); bad {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// LastReview returns the customer's newest review, or [ErrNotFound].
func LastReview(tx Tx, customer access.TenantID) (access.Review, error) {
	var id access.ReviewID
	for item, err := range tx.Scan(Path("idx/review/customer", string(customer)) + "/") {
		if err != nil {
			return access.Review{}, err
		}
		id = access.ReviewID(item.Value)
	}
	if id == "" {
		return access.Review{}, ErrNotFound
	}
	return Review(tx, id)
}

// ReviewCard is a message that shows a review, or a part of it, and is kept current.
type ReviewCard struct {
	Review access.ReviewID
	Card   int // 0 is the operators', the others are the customer's
	Ref    access.MessageRef
}

// CardOfReview returns where a card was posted, or [ErrNotFound].
func CardOfReview(tx Tx, id access.ReviewID, card int) (ReviewCard, error) {
	return Load[ReviewCard](tx, Path("card", string(id), strconv.Itoa(card)))
}

// PutReviewCard writes where a card was posted.
func PutReviewCard(tx Tx, c ReviewCard) error {
	_, err := Save(tx, Path("card", string(c.Review), strconv.Itoa(c.Card)), c)
	return err
}

// ReviewPlan says when the bot starts the next review of a customer by itself.
type ReviewPlan struct {
	Customer access.TenantID
	Since    time.Time // when policy.yml was first seen to want it
	At       time.Time
}

func reviewPlanKey(customer access.TenantID) string { return Path("reviewplan", string(customer)) }

// ReviewPlanOf returns the plan, or [ErrNotFound].
func ReviewPlanOf(tx Tx, customer access.TenantID) (ReviewPlan, error) {
	return Load[ReviewPlan](tx, reviewPlanKey(customer))
}

// PutReviewPlan writes the plan, also in place of a damaged one, and has it be due.
func PutReviewPlan(tx Tx, p ReviewPlan) error {
	old, err := ReviewPlanOf(tx, p.Customer)
	if err := orNew(err); err != nil {
		return err
	}
	if _, err := Save(tx, reviewPlanKey(p.Customer), p); err != nil {
		return err
	}
	return reindex(tx, string(p.Customer), reviewPlanIndexes(old), reviewPlanIndexes(p))
}

// DeleteReviewPlan removes the plan, if there is one.
func DeleteReviewPlan(tx Tx, customer access.TenantID) error {
	old, err := ReviewPlanOf(tx, customer)
	if err := orNew(err); err != nil {
		return err
	}
	if err := tx.Delete(reviewPlanKey(customer)); err != nil {
		return err
	}
	return reindex(tx, string(customer), reviewPlanIndexes(old), nil)
}

func reviewPlanIndexes(p ReviewPlan) []string {
	if p.Customer == "" {
		return nil
	}
	return []string{dueKey(Due{At: p.At, Kind: DueReviewPlan, Customer: p.Customer})}
}

// ReviewPlans lists the plans that can be read.
func ReviewPlans(tx Tx) ([]ReviewPlan, error) {
	out, _, err := Readable[ReviewPlan](tx, "reviewplan/")
	return out, err
}

// ReviewsOf lists the customer's reviews that can be read, the oldest first, and counts the
// others.
func ReviewsOf(tx Tx, customer access.TenantID) (out []access.Review, unread int, err error) {
	for item, err := range tx.Scan(Path("idx/review/customer", string(customer)) + "/") {
		if err != nil {
			return nil, 0, err
		}
		r, err := Review(tx, access.ReviewID(item.Value))
		if _, bad := Unreadable(err); bad || errors.Is(err, ErrNotFound) {
			unread++
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		out = append(out, r)
	}
	return out, unread, nil
}
