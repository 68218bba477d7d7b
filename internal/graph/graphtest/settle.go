package graphtest

import (
	"slices"
	"time"
)

const (
	// approvalKept is how long a relationship waits for the customer.
	approvalKept = 90 * 24 * time.Hour
	// endedYears is how long a relationship is remembered that has ended.
	endedYears = 1
)

// settle lets time do its part, by the world's clock.
func (s *Server) settle(now time.Time) {
	for _, rel := range slices.Clone(s.relationships.order) {
		s.settleRelationship(rel, now)
	}
	s.settleSchedules(now)
	s.forgetRecords(now)
}

// settleRelationship extends a relationship past its end when that was agreed,
// and otherwise lets it expire with its assignments. One that was never
// approved, and one that ended long ago, is removed.
func (s *Server) settleRelationship(rel *relationship, now time.Time) {
	if s.settleMove(rel, now) {
		return
	}
	switch rel.Status {
	case statusApprovalPending:
		if !rel.modified.Add(approvalKept).After(now) {
			s.forgetRelationship(rel)
		}
		return
	case statusExpired, statusTerminated:
		if !rel.ended.AddDate(endedYears, 0, 0).After(now) {
			s.forgetRelationship(rel)
		}
		return
	}
	if rel.End.IsZero() || rel.End.After(now) {
		return
	}
	switch rel.Status {
	case statusActive:
		if rel.AutoExtend != autoExtendOn {
			s.expire(rel, now)
			return
		}
		for !rel.End.After(now) {
			rel.End = rel.End.AddDate(0, 0, 180)
		}
		s.touch(rel, now)
	case statusExpiring, statusTerminationRequested, statusTerminating: // seeded so
		s.setStatus(rel, statusExpired, now)
	}
}

func (s *Server) forgetRelationship(rel *relationship) {
	for _, a := range slices.Clone(s.assignments.order) {
		if same(a.Relationship, rel.ID) {
			s.assignments.remove(a.ID)
		}
	}
	s.relationships.remove(rel.ID)
	s.bump()
}
