package approvals

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// reviewMoved stores what has become of a review, logs each row that moved, has what
// is to go be removed, and has everybody see it. By is who answered; nobody when it
// was time, or an outcome.
func (s *Service) reviewMoved(tx state.Tx, before, after access.Review, by access.Person, now time.Time) (access.Review, error) {
	if after.Rev == before.Rev {
		return after, nil
	}
	if err := state.PutReview(tx, after); err != nil {
		return after, err
	}
	next := after
	cards := map[int]bool{}
	for i, row := range after.Rows {
		was := before.Rows[i]
		if was.State == row.State && was.Terms == row.Terms {
			continue
		}
		cards[outbox.ReviewCardOf(row.N)] = true
		if err := s.rowEvent(tx, after, row, by, now); err != nil {
			return after, err
		}
		if row.State != access.RowRemoving {
			continue
		}
		ends, done, err := s.removeRow(tx, after, row, now)
		refusal, refused := errors.AsType[*access.Error](err)
		switch {
		case refused && !by.Known(): // nobody waits for the answer
			next = next.Failed(row.N, refusal.Message, now)
		case err != nil:
			return after, err
		case done:
			next = next.Removed(row.N, now)
		default:
			next = next.Ends(row.N, ends)
		}
	}
	if len(cards) == 0 && after.State == before.State { // only what it waits for is known now
		return after, nil
	}
	cards[1] = true // the first one counts
	cause, err := s.reviewEnd(tx, before, after, now)
	if err != nil {
		return after, err
	}
	if after.Count(access.RowHanded) > 0 || before.Count(access.RowHanded) > 0 || after.State == access.ReviewClosed {
		cards[0] = true
	}
	for card := range outbox.ReviewCards(len(after.Rows)) + 1 {
		if cards[card] {
			err = errors.Join(err, s.oweReviewCard(tx, cause, after.ID, card))
		}
	}
	if err != nil {
		return after, err
	}
	return s.reviewMoved(tx, after, next, access.Person{}, now)
}

// reviewEnd logs the end of a review, and shows the operators what came of it as a
// table. It returns the cause of what is owed to the cards.
func (s *Service) reviewEnd(tx state.Tx, before, after access.Review, now time.Time) (access.Event, error) {
	cause := access.Event{Seq: uint64(after.Rev)} //nolint:gosec // counts from 1
	if after.State != access.ReviewClosed || before.State == access.ReviewClosed {
		return cause, nil
	}
	detail := map[string]string{}
	for _, state := range access.RowStates() {
		if n := after.Count(state); n > 0 {
			detail[string(state)] = strconv.Itoa(n)
		}
	}
	ev, err := s.reviewEvent(tx, access.EventReviewClosed, after, access.Person{}, now, detail)
	if err != nil || s.Policy().Operations == "" {
		return cause, err
	}
	table := outbox.FilePayload{Review: after.ID}
	return cause, s.owe(tx, ev, string(after.ID), outbox.SlackFile, table.Lane(), table)
}

// rowEvent logs what became of a row, and tells the operators of one that could not
// be removed.
func (s *Service) rowEvent(tx state.Tx, r access.Review, row access.ReviewRow, by access.Person, now time.Time) error {
	detail := map[string]string{"row": strconv.Itoa(row.N), "relationship": string(row.Relationship)}
	if row.Group != "" {
		detail["assignment"], detail["group"] = string(row.Assignment), string(row.Group)
	}
	kind := access.EventReviewChanged
	switch row.State {
	case access.RowOpen:
		detail["terms"] = strconv.Itoa(row.Terms)
	case access.RowGone, access.RowHanded:
		detail["state"] = string(row.State)
	case access.RowKept, access.RowRemoving:
		kind, detail["answer"] = access.EventReviewAnswered, string(access.AnswerKeep)
		if row.State == access.RowRemoving {
			detail["answer"] = string(access.AnswerRemove)
		}
		if !row.By.Known() {
			detail["unanswered"] = string(r.Unanswered)
		}
	case access.RowRemoved:
		kind = access.EventReviewRemoved
	case access.RowFailed:
		kind = access.EventReviewFailed
	}
	ev, err := s.reviewEvent(tx, kind, r, by, now, detail)
	if err != nil || row.State != access.RowFailed {
		return err
	}
	return s.troubleOf(tx, ev, string(r.ID)+"/"+strconv.Itoa(row.N), fmt.Sprintf(
		"%s of %s should go as the access review %s says, and could not be removed: %s", row.Called(), r.CustomerName, r.ID, row.Note))
}

// remover is whoever a removal is told of: the review itself, where nobody answered.
func remover(r access.Review, row access.ReviewRow) access.Person {
	if !row.By.Known() {
		return access.Person{Name: string(r.ID)}
	}
	return row.By
}

// removeRow carries out what a row's answer wants, as our own act. Access in force
// that hangs on it is ended first. Done means that there is nothing left to remove;
// ends is the access that must be gone for that.
func (s *Service) removeRow(tx state.Tx, r access.Review, row access.ReviewRow, now time.Time) (ends []access.RequestID, done bool, err error) {
	by := remover(r, row)
	if row.Group != "" && !row.Own {
		_, err := s.unassign(tx, r.Customer, row.Relationship, row.Assignment, by, now)
		return nil, false, err
	}
	var story RelationshipStory
	var ended access.Offer
	if row.Group == "" {
		if story, err = s.known(tx, r.Customer, row.Relationship); err != nil {
			return nil, access.CodeOf(err) == access.NotFound, quietNotFound(err)
		}
		if ended, err = story.terminable(by); err != nil {
			return nil, false, err
		}
	}
	hangs, err := endsWith(tx, r, row)
	if err != nil {
		return nil, false, err
	}
	for _, e := range hangs {
		ends = append(ends, e.Request.ID)
		if !e.Grant.Live() {
			continue
		}
		g, err := e.Grant.End(access.Revoked, by, string(r.ID))
		if err != nil {
			return nil, false, err
		}
		if err := s.ending(tx, e.Request, g, row.By, now); err != nil {
			return nil, false, err
		}
	}
	if row.Group == "" {
		return ends, false, s.terminate(tx, story, row.Relationship, ended, by, now)
	}
	return ends, len(ends) == 0, nil
}

// quietNotFound drops the refusal that says there is nothing: then it is gone.
func quietNotFound(err error) error {
	if access.CodeOf(err) == access.NotFound {
		return nil
	}
	return err
}

// rowOf finds a row by what it shows.
type rowOf func(access.ReviewRow) bool

func relationshipRow(id access.RelationshipID) rowOf {
	return func(row access.ReviewRow) bool { return row.Group == "" && row.Relationship == id }
}

func assignmentRow(id access.RelationshipID, aid access.AssignmentID) rowOf {
	return func(row access.ReviewRow) bool { return row.Relationship == id && row.Assignment == aid && !row.Own }
}

// reviewRemoved has the row that is being removed say that it is gone.
func (s *Service) reviewRemoved(tx state.Tx, customer access.TenantID, of rowOf) error {
	return s.reviewOutcome(tx, customer, of, func(r access.Review, n int, now time.Time) access.Review { return r.Removed(n, now) })
}

// reviewFailed has it say that it cannot be removed.
func (s *Service) reviewFailed(tx state.Tx, customer access.TenantID, of rowOf, why string) error {
	return s.reviewOutcome(tx, customer, of, func(r access.Review, n int, now time.Time) access.Review { return r.Failed(n, why, now) })
}

func (s *Service) reviewOutcome(tx state.Tx, customer access.TenantID, of rowOf, change func(access.Review, int, time.Time) access.Review) error {
	r, err := state.OpenReview(tx, customer)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return nil // a damaged review holds up no removal
	}
	if err != nil {
		return err
	}
	now, after := s.now(), r
	for _, row := range r.Rows {
		if row.State == access.RowRemoving && of(row) {
			after = change(after, row.N, now)
		}
	}
	_, err = s.reviewMoved(tx, r, after, access.Person{}, now)
	return err
}

// reviewLeft tells the row of the bot's own group through which a grant went that it
// is over. When no grant is left, nobody reaches anything by it.
func (s *Service) reviewLeft(tx state.Tx, g access.Grant) error {
	over := func(id access.RequestID) bool {
		other, err := state.Grant(tx, id)
		return err == nil && other.Final()
	}
	return s.reviewRemoved(tx, g.Customer, func(row access.ReviewRow) bool {
		return row.Own && slices.Contains(row.Grants, g.Request) && !slices.ContainsFunc(row.Grants, func(id access.RequestID) bool { return !over(id) })
	})
}

// reviewSeen brings the customer's review to what the mirror has now, in the
// transaction that writes the mirror.
func (s *Service) reviewSeen(tx state.Tx, customer access.TenantID, now time.Time) error {
	if customer == "" {
		return nil
	}
	r, err := state.OpenReview(tx, customer)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	fresh, err := refreshed(tx, r, now)
	if err != nil {
		return err
	}
	_, err = s.reviewMoved(tx, r, fresh, access.Person{}, now)
	return err
}
