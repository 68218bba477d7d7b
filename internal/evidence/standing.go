package evidence

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
)

// relationships lists those of the time, of which Microsoft, our offers or the alerts
// tell.
func relationships(in Input) []Relationship {
	var out []Relationship
	seen := map[access.RelationshipID]bool{}
	offers := map[access.RelationshipID]access.Offer{}
	for _, o := range in.Offers {
		if o.Relationship != "" {
			offers[o.Relationship] = o
		}
	}
	for _, m := range in.Relationships {
		seen[m.ID] = true
		r := Relationship{ID: m.ID, Name: m.Name, Status: string(m.Status), Roles: m.Roles, From: m.Start, To: m.End, Renews: m.AutoExtends(), Offer: offers[m.ID].ID}
		if o := offers[m.ID]; m.Ending() && !o.EndedAt.IsZero() {
			r.To, r.Renews = o.EndedAt, false
		} else if at := overAt(in.Alerts, m.ID); m.Ending() && !at.IsZero() {
			r.To, r.Renews = at, false
		}
		out = append(out, r)
	}
	for _, o := range in.Offers {
		if !seen[o.Relationship] && o.Relationship != "" && !o.ActiveAt.IsZero() {
			seen[o.Relationship] = true
			out = append(out, Relationship{
				ID: o.Relationship, Name: o.Name, Status: string(o.State), Roles: o.Roles, From: o.ActiveAt, To: o.End, Renews: o.AutoExtend, Offer: o.ID,
			})
			if !o.EndedAt.IsZero() {
				out[len(out)-1].To, out[len(out)-1].Renews = o.EndedAt, false
			}
		}
	}
	for _, a := range in.Alerts {
		if at := overAt(in.Alerts, a.Relationship); a.About() == access.AboutRelationship && !seen[a.Relationship] && !at.IsZero() {
			seen[a.Relationship] = true
			out = append(out, Relationship{ID: a.Relationship, Name: a.Name, Status: string(access.RelationshipTerminated), Roles: a.Roles, To: at})
		}
	}
	out = slices.DeleteFunc(out, func(r Relationship) bool {
		return !r.From.IsZero() && !r.From.Before(in.Span.To) || !r.To.IsZero() && r.To.Before(in.Span.From) && !r.Renews
	})
	slices.SortStableFunc(out, func(a, b Relationship) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// overAt is when an alert told that the relationship was over; zero: none did.
func overAt(alerts []access.Alert, id access.RelationshipID) time.Time {
	for _, a := range alerts {
		if a.Relationship != id || a.About() != access.AboutRelationship {
			continue
		}
		for _, c := range a.History {
			switch c.Kind {
			case access.ChangeTerminated, access.ChangeExpired, access.ChangeVanished:
				return c.At
			}
		}
	}
	return time.Time{}
}

// standing lists the groups whose people have roles all the time.
func standing(in Input) []Standing {
	var out []Standing
	for _, m := range in.Relationships {
		if m.Status != access.RelationshipActive && m.Status != access.RelationshipExpiring {
			continue
		}
		for _, a := range m.Assignments {
			if in.Ours[a.Group] || a.Status != access.AssignmentActive && a.Status != access.AssignmentPending {
				continue
			}
			g, read := in.Groups[a.Group]
			s := Standing{Relationship: m.Name, Group: cmp.Or(g.Name, a.GroupName, string(a.Group)), Roles: a.Roles, Unseen: !read || g.Unseen != ""}
			for _, p := range g.Members {
				s.Members = append(s.Members, cmp.Or(p.Name, p.UPN, string(p.ID)))
			}
			slices.Sort(s.Members)
			out = append(out, s)
		}
		if m.Unseen != "" {
			out = append(out, Standing{Relationship: m.Name, Unseen: true})
		}
	}
	return out
}

// changes lists what alerts told of in the time.
func (f *folding) changes() []Change {
	var out []Change
	for _, a := range f.in.Alerts {
		for _, c := range a.History {
			if !f.in.Span.Holds(c.At) || c.At.After(f.in.Made) {
				continue
			}
			out = append(out, Change{
				Change: c, Name: a.Name, Group: a.GroupName, Who: cmp.Or(a.Member.Name, a.Member.UPN, string(a.Member.ID)), Roles: a.Roles,
				State: a.State, AckBy: f.person(a.AckBy), AckAt: a.AckAt,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return a.At.Compare(b.At) })
	return out
}
