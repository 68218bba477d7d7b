package approvals

import (
	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Awaits reports whether a request waits for the person's word, and they would be let say
// it now. It decides nothing, and audits no refusal.
func (s *Service) Awaits(tx state.Tx, who access.Person, r access.Request) (bool, error) {
	now := s.now()
	by, instead, err := s.decider(tx, Origin{Actor: who}, r, now)
	if _, damaged := state.Unreadable(err); damaged || access.CodeOf(err) != "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = r.Decide(access.Decision{By: by, For: instead, Verdict: access.Deny}, r.Terms, now)
	return err == nil, nil
}
