// Package hygiene finds what stands open without need: standing roles, roles that
// nobody uses, relationships that nobody uses or that are about to end, and people
// in groups whom no request put there.
//
// It is pure: what is known goes in, findings come out, the gravest first, in the
// same order for the same input. Whoever shows a finding checks it again when
// somebody acts on it; the mirror that it came from may be minutes old.
package hygiene

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// Kind says what was found.
type Kind string

// The kinds of findings.
const (
	Outside    Kind = "outside"    // somebody is in a group of ours outside of any grant
	Global     Kind = "global"     // a relationship holds Global Administrator
	Privileged Kind = "privileged" // a group that is not ours has privileged roles, all the time
	Legacy     Kind = "legacy"     // a customer still has legacy administration (DAP)
	Ending     Kind = "ending"     // a relationship ends soon and does not renew itself
	Standing   Kind = "standing"   // a group that is not ours has roles, all the time
	Unused     Kind = "unused"     // a relationship through which nobody went for long
	Broad      Kind = "broad"      // a relationship holds roles that nothing was ever given of
	NotUsed    Kind = "not used"   // roles that were given by request again and again, and never used
	Agents     Kind = "agents"     // people in a group of Partner Center's
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Outside, Global, Privileged, Legacy, Ending, Standing, Unused, Broad, NotUsed, Agents}
}

// Severity says how soon somebody should look. The highest comes first.
type Severity int

// The severities.
const (
	Grave Severity = iota // today
	Care                  // this week
	Note                  // when there is time
)

const (
	// Idle is how long nothing must have gone through a relationship, or a role,
	// before it counts as unused. Younger relationships are left alone.
	Idle = 90 * 24 * time.Hour

	endsSoon   = 30 * 24 * time.Hour
	endsSooner = 7 * 24 * time.Hour
	endsNow    = 24 * time.Hour
)

// Group is a group that receives roles, as far as it is known.
type Group struct {
	ID   access.GroupID
	Name string
	Ours bool // a container: only grants put people into it
	// Outside are the members whom no grant put there; of a group that is not
	// ours, all.
	Outside []access.Member
	Unseen  bool // its members could not be read
}

// Relationship is a relationship with what is known of its use.
type Relationship struct {
	state.MirroredRelationship
	Used   time.Time // when access was last given through it; zero when never
	Groups map[access.GroupID]Group
}

// Finding is one thing to mend. Which fields are set depends on its kind.
type Finding struct {
	Kind         Kind
	Severity     Severity
	Customer     access.TenantID
	Relationship access.RelationshipID
	Name         string // of the relationship
	Assignment   access.AssignmentID
	Group        access.GroupID
	GroupName    string
	Agents       access.AgentGroup
	Roles        []access.RoleID // those that it is about
	Left         []access.RoleID // of Broad: the roles that are used, if any
	Members      []access.Member // who has them; of Outside, the one; of NotUsed, who had them
	Times        int             // of NotUsed: how often
	Until        time.Time       // of Ending: the end
	Since        time.Time       // of Unused, Broad and NotUsed: since when
}

// Of returns the findings of the relationships.
func Of(all []Relationship, now time.Time) []Finding {
	var out []Finding
	for _, r := range all {
		if r.Status != access.RelationshipActive && r.Status != access.RelationshipExpiring {
			continue
		}
		for _, f := range slices.Concat(held(r), ending(r, now), groups(r), idle(r, now)) {
			f.Customer, f.Relationship, f.Name = r.Customer, r.ID, r.Name
			out = append(out, f)
		}
	}
	sortFindings(out)
	return out
}

// With adds that the customer still has legacy administration, where it is known to.
func With(found []Finding, d state.DAP) []Finding {
	if !d.Held {
		return found
	}
	out := append(slices.Clone(found), Finding{Kind: Legacy, Severity: Care, Customer: d.Customer, Since: d.ReadAt})
	sortFindings(out)
	return out
}

// Given is how often a set of roles was given by request, as far back as the customer's own
// logs are read, and how often it was used.
type Given struct {
	Customer    access.TenantID
	Roles       []access.RoleID
	To          []access.Member
	Times, Used int
	Since       time.Time // of the first
}

// WithGiven adds what was given more than once and never used. Once says little: what was
// asked for may not have been needed after all.
func WithGiven(found []Finding, all []Given) []Finding {
	out := slices.Clone(found)
	for _, g := range all {
		if g.Times > 1 && g.Used == 0 {
			out = append(out, Finding{Kind: NotUsed, Severity: Note, Customer: g.Customer, Roles: g.Roles, Members: g.To, Times: g.Times, Since: g.Since})
		}
	}
	sortFindings(out)
	return out
}

// OfAgents returns a finding for each of Partner Center's groups that has members.
func OfAgents(all []state.MirroredGroup) []Finding {
	severity := map[access.AgentGroup]Severity{access.AdminAgents: Care}
	var out []Finding
	for _, g := range all {
		if g.Agents == "" || len(g.Members) == 0 {
			continue
		}
		s, ok := severity[g.Agents]
		if !ok {
			s = Note
		}
		out = append(out, Finding{Kind: Agents, Severity: s, Group: g.ID, GroupName: g.Name, Agents: g.Agents, Members: g.Members})
	}
	sortFindings(out)
	return out
}

func held(r Relationship) []Finding {
	if !slices.Contains(r.Roles, roles.GlobalAdministrator) {
		return nil
	}
	return []Finding{{Kind: Global, Severity: Care, Roles: []access.RoleID{roles.GlobalAdministrator}}}
}

func ending(r Relationship, now time.Time) []Finding {
	left := r.End.Sub(now)
	if r.End.IsZero() || r.AutoExtends() || r.MicrosoftLed() || left > endsSoon { // Microsoft's own are meant to end
		return nil
	}
	f := Finding{Kind: Ending, Severity: Note, Until: r.End}
	switch {
	case left <= endsNow:
		f.Severity = Grave
	case left <= endsSooner:
		f.Severity = Care
	}
	return []Finding{f}
}

// groups looks at who has roles without having asked for them.
func groups(r Relationship) []Finding {
	var out []Finding
	for _, a := range r.Assignments {
		g, known := r.Groups[a.Group]
		f := Finding{Assignment: a.ID, Group: a.Group, GroupName: cmp.Or(g.Name, a.GroupName), Roles: a.Roles}
		if g.Ours && g.Unseen {
			continue // who was there may have left since
		}
		if g.Ours {
			for _, m := range g.Outside {
				f.Kind, f.Severity, f.Members = Outside, Grave, []access.Member{m}
				out = append(out, f)
			}
			continue
		}
		if known && !g.Unseen && len(g.Outside) == 0 || a.Status != access.AssignmentActive {
			continue // it gives nobody anything
		}
		f.Kind, f.Severity, f.Members = Standing, Note, g.Outside
		if risky := roles.PrivilegedOf(a.Roles); len(risky) > 0 {
			f.Kind, f.Severity, f.Roles = Privileged, Care, risky
			if slices.Contains(risky, roles.GlobalAdministrator) {
				f.Severity = Grave
			}
		}
		out = append(out, f)
	}
	return out
}

// idle looks at what nobody uses. Where assignments could not be read, nothing can
// be said.
func idle(r Relationship, now time.Time) []Finding {
	if r.Unseen != "" || r.Start.IsZero() || now.Sub(r.Start) < Idle {
		return nil
	}
	standing := false
	var given []access.RoleID
	for _, a := range r.Assignments {
		given = append(given, a.Roles...)
		g, known := r.Groups[a.Group]
		standing = standing || !g.Ours && (!known || g.Unseen || len(g.Outside) > 0)
	}
	if !standing && now.Sub(r.Used) >= Idle {
		since := r.Used
		if since.Before(r.Start) {
			since = r.Start
		}
		return []Finding{{Kind: Unused, Severity: Note, Since: since, Roles: r.Roles}}
	}
	spare := slices.DeleteFunc(slices.Clone(r.Roles), func(id access.RoleID) bool { return slices.Contains(given, id) })
	if len(spare) == 0 || len(spare) == len(r.Roles) { // all are in use, or none is and it is not for long
		return nil
	}
	return []Finding{{Kind: Broad, Severity: Note, Since: r.Start, Roles: spare, Left: slices.DeleteFunc(slices.Clone(r.Roles), func(id access.RoleID) bool { return slices.Contains(spare, id) })}}
}

func sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity),
			slices.Index(Kinds(), a.Kind)-slices.Index(Kinds(), b.Kind),
			strings.Compare(a.Name, b.Name),
			cmp.Compare(a.Relationship, b.Relationship),
			cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.Assignment, b.Assignment),
		)
	})
}
