package approvals_test

import (
	"context"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// mayBreakGlass has policy let the roles of the desk be taken at once, in half of the
// worlds.
func (m *model) mayBreakGlass(rt *rapid.T) {
	if !rapid.Bool().Draw(rt, "break glass") {
		return
	}
	m.policy.Admins = append(m.policy.Admins, bo.User)
	desk := m.policy.Rule
	desk.Name, desk.Bundles, desk.BreakGlass = "Desk", []string{"Helpdesk"}, time.Hour
	m.policy.Rules = []policy.Rule{desk}
}

func (m *model) breaksGlass(rt *rapid.T) {
	m.rt = rt
	id, terms := m.target(access.Pending), rapid.IntRange(1, 2).Draw(rt, "terms")
	m.tries(m.person(ana, bo), "", func(o approvals.Origin) error {
		_, err := m.BreakGlass(context.Background(), o, id, terms)
		return err
	})
}

func (m *model) reviews(rt *rapid.T) {
	m.rt = rt
	id, sign := m.target(access.Approved), !m.chance("object")
	m.tries(m.person(dee, bo, ana, carol), "", func(o approvals.Origin) (err error) {
		if sign {
			_, err = m.SignOff(context.Background(), o, id, "seen")
		} else {
			_, err = m.Object(context.Background(), o, id, "no")
		}
		return err
	})
}

// checkReviews holds that what nobody approved has a review, which none but a bot admin
// who is not the requester has closed.
func (m *model) checkReviews(requests map[access.RequestID]access.Request) {
	for id, r := range requests {
		var v access.BreakGlassReview
		m.look(m.t, func(tx state.Tx) (err error) {
			if v, err = state.BreakGlassReview(tx, id); r.BrokeGlass() {
				return err
			}
			return nil
		})
		switch {
		case !r.BrokeGlass() && v.Request != "":
			m.rt.Fatalf("a review of %s, which was not taken by break-glass", id)
		case r.BrokeGlass() && !v.Open() && (v.SignedBy.User == r.Requester.User || !m.policy.Admin(v.SignedBy.User)):
			m.rt.Fatalf("the access of %s was signed off by %s", r.Requester.User, v.SignedBy.User)
		}
	}
}

// brokeGlass checks a request that nobody has decided.
func brokeGlass(r access.Request, deciding, denials int) error {
	if r.State == access.Approved && deciding == 1 && denials == 0 && r.Approvals() < r.Rule.Approvals && r.Rule.BreakGlass > 0 && r.Duration <= r.Rule.BreakGlass {
		return nil
	}
	return fmt.Errorf("%s by break-glass after %+v and %d decisions that decide", r.State, r.Decisions, deciding)
}
