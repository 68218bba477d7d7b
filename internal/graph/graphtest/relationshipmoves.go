package graphtest

import "time"

// moveKept is how long, by the world's clock, a relationship stays in a status
// in between that nobody reads it out of. Of an approval the documents say that
// it typically takes up to five minutes.
const moveKept = 5 * time.Minute

// followedBy are the statuses through which a relationship goes by itself, once
// it has been approved, terminated, or has reached its end.
var followedBy = map[string]string{
	statusApproved:             statusActivating,
	statusActivating:           statusActive,
	statusTerminationRequested: statusTerminating,
	statusTerminating:          statusTerminated,
	statusExpiring:             statusExpired,
}

// move puts a relationship into a status on the way to another, or the last. An
// administrator's act is what sets it off: what follows happens by itself.
func (s *Server) move(rel *relationship, status string, now time.Time) {
	if p := s.realm.acting; p != nil && !rel.moving {
		s.record(now, actor{user: p.ObjectID, upn: p.UPN, name: p.Name}, gdapActivity("Update delegated admin relationship", "Update", rel))
	}
	s.setStatus(rel, status, now)
	rel.moving = followedBy[status] != ""
	rel.left = s.opt.Lag
}

// goOn takes a moving relationship to its next status and, where the service
// does not lag, through to the last one at once.
func (s *Server) goOn(rel *relationship, now time.Time) {
	s.move(rel, followedBy[rel.Status], now)
	for rel.moving && s.opt.Lag <= 0 {
		s.move(rel, followedBy[rel.Status], now)
	}
}

// approve is the customer's yes: the relationship becomes active, at once or
// through the statuses in between as the service lags behind.
func (s *Server) approve(rel *relationship, now time.Time) {
	s.move(rel, statusApproved, now)
	if s.opt.Lag <= 0 {
		s.goOn(rel, now)
	}
}

// expire ends a relationship whose time is over, likewise.
func (s *Server) expire(rel *relationship, now time.Time) {
	s.move(rel, statusExpiring, now)
	if s.opt.Lag <= 0 {
		s.goOn(rel, now)
	}
}

// read brings a relationship closer to where it goes, as each read does that is
// about to show it. Each status in between is shown by as many reads as the
// service lags behind.
func (s *Server) read(rel *relationship, now time.Time) {
	rel.unready = max(0, rel.unready-1)
	if !rel.moving {
		return
	}
	if rel.left <= 0 {
		s.goOn(rel, now)
	}
	rel.left = max(0, rel.left-1)
}

// settleMove takes a relationship on that has been on its way for long. It
// reports whether it was on its way.
func (s *Server) settleMove(rel *relationship, now time.Time) bool {
	if !rel.moving {
		return false
	}
	for rel.moving && !rel.modified.Add(moveKept).After(now) {
		since := rel.modified
		s.goOn(rel, since.Add(moveKept))
	}
	return rel.moving
}
