package access

import (
	"slices"
	"strings"
	"time"
)

// ReviewID names an access review: "V-7K3M2".
type ReviewID string

// ParseReviewID reads an id as a person types it, in any case and with the
// look-alikes forgiven. The "V-" must be there. It reports false when the text cannot
// be an id.
func ParseReviewID(text string) (ReviewID, bool) {
	t := strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	rest, ok := strings.CutPrefix(t, "V-")
	if !ok || len(rest) != 5 {
		return "", false
	}
	id, ok := ParseRequestID(rest)
	return ReviewID("V-" + strings.TrimPrefix(string(id), "R-")), ok
}

// ReviewState is where a review stands. Closed is final.
type ReviewState string

const (
	ReviewOpen   ReviewState = "open"   // a row waits for an answer, or for its removal
	ReviewClosed ReviewState = "closed" // every row is settled
)

// Unanswered says what becomes of rows that nobody answered in time.
type Unanswered string

const (
	UnansweredKeep   Unanswered = "keep"
	UnansweredRemove Unanswered = "remove"
	UnansweredAsk    Unanswered = "ask partner" // a bot admin decides
)

// Answer is a word on one row.
type Answer string

const (
	AnswerKeep   Answer = "keep"
	AnswerRemove Answer = "remove"
)

// Review has one customer look at everything that gives its partner access for good,
// and say of each whether it stays.
type Review struct {
	ID           ReviewID
	Customer     TenantID
	CustomerName string
	StartedBy    Person // zero: the bot, as policy says
	StartedAt    time.Time
	DueBy        time.Time
	Unanswered   Unanswered // as policy said when it was started
	Rows         []ReviewRow
	Unread       []string // relationships whose assignments could not be read, and so are no rows
	State        ReviewState
	ClosedAt     time.Time
	Reminded     int  // how many reminders there were
	Overdue      bool // its time is over, and what nobody answered was handled
	Terms        int  // +1 whenever a row shows another thing than before
	Rev          int  // +1 per transition
}

// NewReview returns a review of the rows, which it numbers. Each assignment must come
// after its relationship. Who may start one is checked by the caller.
func NewReview(r Review, within time.Duration, now time.Time) (Review, error) {
	if len(r.Rows) == 0 {
		return Review{}, Refuse(Conflict, "%s has no active relationship, so there is nothing to review.", r.CustomerName)
	}
	rows := slices.Clone(r.Rows)
	for i := range rows {
		rows[i].N, rows[i].State, rows[i].Terms = i+1, RowOpen, 1
	}
	return Review{
		ID: r.ID, Customer: r.Customer, CustomerName: r.CustomerName, StartedBy: r.StartedBy, StartedAt: now, DueBy: now.Add(within),
		Unanswered: r.Unanswered, Rows: rows, Unread: slices.Clone(r.Unread), State: ReviewOpen, Terms: 1, Rev: 1,
	}, nil
}

// Row returns the row of the number, and false when there is none.
func (r Review) Row(n int) (ReviewRow, bool) {
	if n < 1 || n > len(r.Rows) {
		return ReviewRow{}, false
	}
	return r.Rows[n-1], true
}

// Covered reports whether the row waits for what becomes of its relationship, which
// is being removed: then it goes, too.
func (r Review) Covered(row ReviewRow) bool {
	return row.Waits() && row.Group != "" && r.whole(row) == RowRemoving
}

// whole is where the relationship of an assignment stands; empty when it is no row.
func (r Review) whole(row ReviewRow) RowState {
	for _, one := range r.Rows {
		if one.Group == "" && one.Relationship == row.Relationship {
			return one.State
		}
	}
	return ""
}

// Waiting lists the rows that somebody has to answer: the customer, or after its time
// a bot admin.
func (r Review) Waiting() []ReviewRow {
	return slices.DeleteFunc(slices.Clone(r.Rows), func(row ReviewRow) bool { return !row.Waits() || r.Covered(row) })
}

// Count is how many rows are in the state.
func (r Review) Count(state RowState) int {
	n := 0
	for _, row := range r.Rows {
		if row.State == state {
			n++
		}
	}
	return n
}

// MayAnswer checks that the row takes an answer now, from whoever saw it with these
// terms. Who may say it is checked by the caller.
func (r Review) MayAnswer(n, terms int, now time.Time) (ReviewRow, error) {
	row, ok := r.Row(n)
	switch {
	case !ok:
		return row, RefuseAnyone(NotFound, "%s has no row %d. Look for a newer card.", r.ID, n)
	case !row.Waits():
		return row, row.settled(r.ID)
	case r.Covered(row):
		return row, RefuseAnyone(Conflict, "It goes with its relationship %s, which is being removed.", row.Name)
	case row.State == RowOpen && !now.Before(r.DueBy):
		return row, RefuseAnyone(Conflict, "%s could be answered until %s.", r.ID, r.DueBy)
	case row.Terms != terms:
		return row, RefuseAnyone(Conflict, "Row %d of %s has changed since the card said so; nothing was recorded. Look at the card again.", n, r.ID)
	}
	return row, nil
}

// Answer records a word on one row. What is to be removed is removed by the caller.
func (r Review) Answer(n, terms int, a Answer, by Person, now time.Time) (Review, error) {
	row, err := r.MayAnswer(n, terms, now)
	if err != nil {
		return r, err
	}
	state := RowKept
	switch a {
	case AnswerKeep:
	case AnswerRemove:
		state = RowRemoving
	default:
		return r, RefuseAnyone(Invalid, "Say keep or remove.")
	}
	return r.with(row.N, now, func(row *ReviewRow) { row.State, row.By, row.At = state, by, now }), nil
}

// KeepRest keeps every row that waits for the customer. The terms are those of the
// review as it was seen.
func (r Review) KeepRest(terms int, by Person, now time.Time) (Review, error) {
	waits := func(row ReviewRow) bool { return row.State == RowOpen && !r.Covered(row) }
	switch {
	case !slices.ContainsFunc(r.Rows, waits):
		return r, RefuseAnyone(Conflict, "No row of %s waits for an answer any more.", r.ID)
	case !now.Before(r.DueBy):
		return r, RefuseAnyone(Conflict, "%s could be answered until %s.", r.ID, r.DueBy)
	case r.Terms != terms:
		return r, RefuseAnyone(Conflict, "%s has changed since the card said so; nothing was recorded. Look at the card again.", r.ID)
	}
	out := r.clone()
	for i, row := range r.Rows {
		if waits(row) {
			out.Rows[i].State, out.Rows[i].By, out.Rows[i].At = RowKept, by, now
		}
	}
	return out.next(now), nil
}

// Refresh brings the rows that wait to what there is now: what changed has other
// terms, and what is gone is over. What came after the start is not added, and nothing
// is said of groups on relationships that could not be read.
func (r Review) Refresh(current []ReviewRow, unread []RelationshipID, now time.Time) Review {
	out, changed := r.clone(), false
	for i, row := range r.Rows {
		if !row.Waits() || r.Covered(row) || row.Group != "" && slices.Contains(unread, row.Relationship) {
			continue
		}
		at := slices.IndexFunc(current, func(c ReviewRow) bool { return c.Relationship == row.Relationship && c.Assignment == row.Assignment })
		switch {
		case at < 0:
			out.Rows[i].State, out.Rows[i].EndedAt = RowGone, now
		case current[at].shows(row):
			continue
		default:
			fresh := current[at]
			fresh.N, fresh.State, fresh.Terms = row.N, row.State, row.Terms+1
			out.Rows[i] = fresh
			out.Terms++
		}
		changed = true
	}
	if !changed {
		return r
	}
	return out.next(now)
}

// Removed records that what the row shows is gone. A repeated or late word changes
// nothing.
func (r Review) Removed(n int, now time.Time) Review {
	if row, ok := r.Row(n); !ok || row.State != RowRemoving {
		return r
	}
	return r.with(n, now, func(row *ReviewRow) { row.State, row.EndedAt = RowRemoved, now })
}

// Failed records that it could not be removed, for good.
func (r Review) Failed(n int, why string, now time.Time) Review {
	if row, ok := r.Row(n); !ok || row.State != RowRemoving {
		return r
	}
	return r.with(n, now, func(row *ReviewRow) { row.State, row.Note, row.EndedAt = RowFailed, why, now })
}

// Ends remembers which access ends before the row is removed.
func (r Review) Ends(n int, grants []RequestID) Review {
	if row, ok := r.Row(n); !ok || row.State != RowRemoving || len(grants) == 0 {
		return r
	}
	out := r.clone()
	out.Rows[n-1].Grants = slices.Clone(grants)
	out.Rev++
	return out
}

// Close ends the time of the customer: what nobody answered is kept, is to be
// removed, or is for the partner to decide.
func (r Review) Close(now time.Time) (Review, error) {
	switch {
	case r.State != ReviewOpen || r.Overdue:
		return r, RefuseAnyone(Conflict, "The time of %s was over at %s.", r.ID, r.DueBy)
	case now.Before(r.DueBy):
		return r, RefuseAnyone(Conflict, "%s can be answered until %s.", r.ID, r.DueBy)
	}
	out := r.clone()
	out.Overdue = true
	return out.next(now), nil
}

// NextReminder is when the customer is reminded next, and false when it is not.
func (r Review) NextReminder() (time.Time, bool) {
	if len(r.Waiting()) == 0 || r.Overdue {
		return time.Time{}, false
	}
	return nextReminder(r.StartedAt, r.DueBy, r.Reminded)
}

// Remind counts a reminder. Of several that are due the last one stands for all.
func (r Review) Remind(now time.Time) (Review, bool) {
	due := false
	for at, ok := r.NextReminder(); ok && !at.After(now) && now.Before(r.DueBy); at, ok = r.NextReminder() {
		r.Reminded++
		r.Rev++
		due = true
	}
	return r, due
}

// LastReminder reports whether there will be no other.
func (r Review) LastReminder() bool { return r.Reminded >= mostReminded }

// Due is the moment at which time alone does something next, and false when it does
// not.
func (r Review) Due() (time.Time, bool) {
	if r.State != ReviewOpen || r.Overdue {
		return time.Time{}, false
	}
	if at, ok := r.NextReminder(); ok {
		return at, true
	}
	return r.DueBy, true
}

// with changes one row.
func (r Review) with(n int, now time.Time, change func(*ReviewRow)) Review {
	out := r.clone()
	change(&out.Rows[n-1])
	return out.next(now)
}

func (r Review) clone() Review {
	r.Rows = slices.Clone(r.Rows)
	return r
}

// next settles what follows from a change of rows that are r's own: what goes with
// its relationship, what nobody answered in time, and the end of the review.
func (r Review) next(now time.Time) Review {
	for i, row := range r.Rows {
		whole := r.whole(row)
		switch {
		case !row.Waits() || row.Group != "" && whole == RowRemoving:
		case row.Group != "" && whole == RowRemoved:
			r.Rows[i].removedWith(r.Rows, now)
		case r.Overdue && row.State == RowOpen:
			r.Rows[i].unanswered(r.Unanswered, now)
		}
	}
	if !slices.ContainsFunc(r.Rows, func(row ReviewRow) bool { return row.Waits() || row.State == RowRemoving }) {
		r.State, r.ClosedAt = ReviewClosed, now
	}
	r.Rev++
	return r
}
