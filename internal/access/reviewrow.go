package access

import "time"

// RowState is where a row of a review stands. Open and handed rows wait for an
// answer; kept, removed, failed and gone are final.
type RowState string

const (
	RowOpen     RowState = "open"     // the customer has not answered
	RowHanded   RowState = "handed"   // nor did it in time: a bot admin decides
	RowKept     RowState = "kept"     // it stays
	RowRemoving RowState = "removing" // it is being removed
	RowRemoved  RowState = "removed"  // it is gone, read back
	RowFailed   RowState = "failed"   // it could not be removed
	RowGone     RowState = "gone"     // it was over before anybody answered
)

// RowStates lists every state of a row.
func RowStates() []RowState {
	return []RowState{RowOpen, RowHanded, RowKept, RowRemoving, RowRemoved, RowFailed, RowGone}
}

// ReviewRow is a relationship, or the access that a security group has through one,
// as it was when the review was started or when the row last changed.
type ReviewRow struct {
	N            int // from 1, in the order in which they are shown
	Relationship RelationshipID
	Name         string    // of the relationship
	Roles        []RoleID  // sorted
	End          time.Time // of the relationship; zero when nobody knows one
	AutoExtend   bool      // the relationship renews itself
	// These are set where the row is about a group.
	Group      GroupID
	GroupName  string
	Assignment AssignmentID
	Own        bool     // it is one of the bot's, in which people are for a time
	Members    []string // who is in it, as far as that is known
	Count      int      // how many that are; more than are named
	Unseen     bool     // who is in it could not be read

	Terms   int // +1 whenever the row shows another thing than before
	State   RowState
	By      Person    // who answered; zero when nobody did
	At      time.Time // when it was answered, or handled as policy says
	Grants  []RequestID
	Note    string // why it could not be removed
	EndedAt time.Time
}

// Waits reports whether the row wants an answer.
func (r ReviewRow) Waits() bool { return r.State == RowOpen || r.State == RowHanded }

// Called is what people call what the row shows.
func (r ReviewRow) Called() string {
	if r.Group == "" {
		return "The relationship " + r.Name
	}
	return "The group " + r.GroupName
}

// shows reports whether the row says the same of what it shows as another. Who is in a
// group comes and goes, and changes no question.
func (r ReviewRow) shows(o ReviewRow) bool {
	return SameRoles(r.Roles, o.Roles) && r.Name == o.Name && r.End.Equal(o.End) && r.AutoExtend == o.AutoExtend && r.Own == o.Own
}

// unanswered settles a row that nobody answered in time.
func (r *ReviewRow) unanswered(as Unanswered, now time.Time) {
	r.At = now
	switch as {
	case UnansweredKeep:
		r.State = RowKept
	case UnansweredRemove:
		r.State = RowRemoving
	case UnansweredAsk:
		r.State, r.At = RowHanded, time.Time{}
	}
}

// removedWith settles a row whose relationship is gone.
func (r *ReviewRow) removedWith(all []ReviewRow, now time.Time) {
	for _, whole := range all {
		if whole.Group == "" && whole.Relationship == r.Relationship {
			r.State, r.By, r.At, r.EndedAt = RowRemoved, whole.By, whole.At, now
		}
	}
}

// settled tells a latecomer where the row stands.
func (r ReviewRow) settled(id ReviewID) *Error {
	switch r.State {
	case RowKept:
		if !r.By.Known() {
			return RefuseAnyone(Conflict, "Row %d of %s was kept at %s, since nobody had answered in time.", r.N, id, r.At)
		}
		return RefuseAnyone(Conflict, "Row %d of %s was already kept by %s at %s.", r.N, id, r.By.Name, r.At)
	case RowRemoving:
		return RefuseAnyone(Conflict, "Row %d of %s is being removed already.", r.N, id)
	case RowRemoved:
		return RefuseAnyone(Conflict, "Row %d of %s was already removed at %s.", r.N, id, r.EndedAt)
	case RowFailed:
		return RefuseAnyone(Conflict, "Row %d of %s could not be removed. The partner's bot admins know of it.", r.N, id)
	case RowGone, RowOpen, RowHanded:
	}
	return RefuseAnyone(Conflict, "What row %d of %s is about is not there any more, so nothing has to be answered.", r.N, id)
}
