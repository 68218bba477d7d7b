package approvals

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/hygiene"
	"latchkey/internal/state"
)

// Standing is what stands open without need at one customer.
type Standing struct {
	Customer Customer
	Findings []hygiene.Finding // the gravest first
	DAP      DAPStory
	Looked   int // how many active relationships were looked at
	// Unread names what could not be read, so that its silence is not taken for
	// an answer.
	Unread  []string
	ReadAt  time.Time // zero: never
	Problem string
}

// StandingAll is the same of all customers, and of the partner itself.
type StandingAll struct {
	Customers []StandingCount   // with findings, the gravest first
	Clean     int               // customers with none, of which everything could be read
	Unread    []string          // customers of which something could not
	Agents    []hygiene.Finding // who is in Partner Center's groups
	Ending    []StandingEnd     // relationships that end soon and do not renew themselves, the first to end first
	ReadAt    time.Time
	Problem   string
}

// StandingEnd is a relationship that ends soon.
type StandingEnd struct {
	Customer Customer
	Finding  hygiene.Finding
}

// StandingCount is how many findings a customer has.
type StandingCount struct {
	Customer Customer
	Worst    hygiene.Finding
	Counts   [3]int // by severity
}

// Standing looks for what stands open at a customer. Only linked staff and bot
// admins may look.
func (s *Service) Standing(ctx context.Context, o Origin, tenant access.TenantID) (Standing, error) {
	var out Standing
	err := s.view(ctx, o, subject{act: "standing", customer: tenant}, func(tx state.Tx) error {
		var err error
		if out.Customer, err = s.customer(tx, tenant); err != nil {
			return err
		}
		info, err := state.Mirror(tx)
		if err != nil {
			return err
		}
		out.ReadAt, out.Problem = info.ReadAt, info.Problem
		mirrored, err := state.Relationships(tx, tenant)
		if err != nil {
			return err
		}
		all, err := relationshipsInUse(tx, mirrored)
		if err != nil {
			return err
		}
		out.Unread, out.Looked = unreadOf(all), len(all)
		if out.DAP, err = s.dapStory(tx, tenant); err != nil {
			return err
		}
		given, err := s.givenLately(tx, tenant)
		out.Findings = hygiene.WithGiven(hygiene.With(hygiene.Of(all, s.now()), out.DAP.DAP), given)
		return err
	})
	return out, err
}

// StandingAll looks at all customers, one after the other.
func (s *Service) StandingAll(ctx context.Context, o Origin) (StandingAll, error) {
	var out StandingAll
	err := s.view(ctx, o, subject{act: "standing"}, func(tx state.Tx) (err error) {
		out, err = s.standingAll(tx)
		return err
	})
	return out, err
}

func (s *Service) standingAll(tx state.Tx) (out StandingAll, err error) {
	info, err := state.Mirror(tx)
	if err != nil {
		return out, err
	}
	out.ReadAt, out.Problem = info.ReadAt, info.Problem
	agents, err := state.MirroredAgents(tx)
	if err != nil {
		return out, err
	}
	out.Agents = hygiene.OfAgents(agents)
	customers, err := s.directory(tx)
	if err != nil {
		return out, err
	}
	now := s.now()
	for _, c := range customers {
		mirrored, err := state.Relationships(tx, c.Tenant)
		if err != nil {
			return out, err
		}
		all, err := relationshipsInUse(tx, mirrored)
		if err != nil {
			return out, err
		}
		dap, _, err := state.DAPOf(tx, c.Tenant)
		if err != nil {
			return out, err
		}
		given, err := s.givenLately(tx, c.Tenant)
		if err != nil {
			return out, err
		}
		out.count(c, hygiene.WithGiven(hygiene.With(hygiene.Of(all, now), dap), given), unreadOf(all))
	}
	slices.SortStableFunc(out.Customers, func(a, b StandingCount) int {
		for i := range a.Counts {
			if d := b.Counts[i] - a.Counts[i]; d != 0 {
				return d
			}
		}
		return cmp.Compare(fold(a.Customer.Name), fold(b.Customer.Name))
	})
	slices.SortStableFunc(out.Ending, func(a, b StandingEnd) int { return a.Finding.Until.Compare(b.Finding.Until) })
	return out, nil
}

// unreadOf names what could not be read, or not yet, of the relationships.
func unreadOf(all []hygiene.Relationship) []string {
	var out []string
	for _, r := range all {
		if r.Unseen != "" {
			out = append(out, cmp.Or(r.Name, string(r.ID)))
		}
		for _, g := range r.Groups {
			if g.Unseen {
				out = append(out, cmp.Or(g.Name, string(g.ID)))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (o *StandingAll) count(c Customer, found []hygiene.Finding, unread []string) {
	if len(unread) > 0 {
		o.Unread = append(o.Unread, c.Name)
	}
	if len(found) == 0 {
		if len(unread) == 0 {
			o.Clean++
		}
		return
	}
	n := StandingCount{Customer: c, Worst: found[0]}
	for _, f := range found {
		n.Counts[f.Severity]++
		if f.Kind == hygiene.Ending {
			o.Ending = append(o.Ending, StandingEnd{c, f})
		}
	}
	o.Customers = append(o.Customers, n)
}

// relationshipsInUse adds to the relationships that are active what is known of
// their groups and of their use.
func relationshipsInUse(tx state.Tx, mirrored []state.MirroredRelationship) ([]hygiene.Relationship, error) {
	var out []hygiene.Relationship
	for _, m := range mirrored {
		if m.Status != access.RelationshipActive && m.Status != access.RelationshipExpiring {
			continue
		}
		r := hygiene.Relationship{MirroredRelationship: m, Groups: map[access.GroupID]hygiene.Group{}}
		var err error
		if r.Used, err = state.LastUsed(tx, m.ID); err != nil {
			return nil, err
		}
		for _, a := range m.Assignments {
			g, err := groupInUse(tx, a)
			if err != nil {
				return nil, err
			}
			r.Groups[a.Group] = g
		}
		out = append(out, r)
	}
	return out, nil
}

// groupInUse tells which members of the group no grant put there.
func groupInUse(tx state.Tx, a access.Assignment) (hygiene.Group, error) {
	g := hygiene.Group{ID: a.Group, Name: a.GroupName}
	if _, err := state.ContainerOfGroup(tx, a.Group); err == nil {
		g.Ours = true
	} else if !errors.Is(err, state.ErrNotFound) {
		return g, err
	}
	m, err := state.GroupMirrored(tx, a.Group)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		g.Unseen = true // it has not been read yet
		return g, nil
	}
	if err != nil {
		return g, err
	}
	g.Name, g.Unseen = cmp.Or(m.Name, a.GroupName), m.Unseen != ""
	for _, member := range m.Members {
		_, granted, err := Membership(tx, m.ID, member.ID)
		if err != nil {
			return g, err
		}
		if !granted {
			g.Outside = append(g.Outside, member)
		}
	}
	return g, nil
}
