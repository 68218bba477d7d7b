package hygiene_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/hygiene"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

const (
	exchange access.RoleID = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	helpdesk access.RoleID = "729827e3-9c14-49f7-bb1b-9608f156bbb8" // privileged
)

var (
	now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	eve = access.Member{ID: "p-eve", Name: "Eve"}
)

// care is an active relationship of half a year that holds two roles, both given
// to a group of ours, and was used yesterday: there is nothing to find.
func care(changes ...func(*hygiene.Relationship)) hygiene.Relationship {
	r := hygiene.Relationship{
		MirroredRelationship: state.MirroredRelationship{
			Relationship: access.Relationship{
				ID: "rel-1", Name: "Care", Customer: "contoso", Status: access.RelationshipActive, Roles: []access.RoleID{exchange, helpdesk},
				Start: now.AddDate(0, -6, 0), End: now.AddDate(1, 0, 0), AutoExtend: "PT0S",
			},
			Assignments: []access.Assignment{{ID: "as-1", Group: "g-ours", Roles: []access.RoleID{exchange, helpdesk}, Status: access.AssignmentActive}},
		},
		Used:   now.AddDate(0, 0, -1),
		Groups: map[access.GroupID]hygiene.Group{"g-ours": {ID: "g-ours", Name: "Latchkey Contoso", Ours: true}},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

// stands gives roles to a group that is not ours.
func stands(members []access.Member, ids ...access.RoleID) func(*hygiene.Relationship) {
	return func(r *hygiene.Relationship) {
		r.Assignments = append(r.Assignments, access.Assignment{ID: "as-2", Group: "g-theirs", GroupName: "GDAP", Roles: ids, Status: access.AssignmentActive})
		r.Groups["g-theirs"] = hygiene.Group{ID: "g-theirs", Name: "GDAP", Outside: members}
	}
}

func ends(in time.Duration) func(*hygiene.Relationship) {
	return func(r *hygiene.Relationship) { r.End = now.Add(in) }
}

func TestOf(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	people := []access.Member{eve}
	tests := []struct {
		name string
		r    hygiene.Relationship
		want string // kind:severity, in order
	}{
		{"Clean", care(), ""},
		{"Over", care(stands(people, helpdesk), func(r *hygiene.Relationship) { r.Status = access.RelationshipTerminated }), ""},
		{"MicrosoftsOwnEnds", care(ends(day), func(r *hygiene.Relationship) { r.Name = "MLT_1_2_3" }), ""},
		{"OutsideOfAnyGrant", care(func(r *hygiene.Relationship) {
			g := r.Groups["g-ours"]
			g.Outside = []access.Member{eve, {ID: "p-2"}}
			r.Groups["g-ours"] = g
		}), "outside:0 outside:0"},
		{"HoldsGlobal", care(func(r *hygiene.Relationship) {
			r.Roles = append(r.Roles, roles.GlobalAdministrator)
			r.Assignments[0].Roles = r.Roles
		}), "global:1"},
		{"StandingGlobal", care(stands(people, roles.GlobalAdministrator)), "privileged:0"},
		{"StandingPrivileged", care(stands(people, exchange, helpdesk)), "privileged:1"},
		{"StandingUnknownRole", care(stands(people, "00000000-0000-4000-8000-000000000000")), "privileged:1"},
		{"Standing", care(stands(people, exchange)), "standing:2"},
		{"StandingForNobody", care(stands(nil, helpdesk)), ""},
		{"StandingNotActive", care(stands(people, helpdesk), func(r *hygiene.Relationship) { r.Assignments[1].Status = "deleted" }), ""},
		{"StandingNotRead", care(stands(nil, exchange), func(r *hygiene.Relationship) { r.Groups["g-theirs"] = hygiene.Group{Unseen: true} }), "standing:2"},
		{"StandingUnknownGroup", care(stands(nil, exchange), func(r *hygiene.Relationship) { delete(r.Groups, "g-theirs") }), "standing:2"},
		{"EndsIn31Days", care(ends(31 * day)), ""},
		{"EndsIn30Days", care(ends(30 * day)), "ending:2"},
		{"EndsIn7Days", care(ends(7 * day)), "ending:1"},
		{"EndsTomorrow", care(ends(day)), "ending:0"},
		{"HasEndedByTheClock", care(ends(-day)), "ending:0"},
		{"Renews", care(ends(day), func(r *hygiene.Relationship) { r.AutoExtend = "P180D" }), ""},
		{"NoEnd", care(func(r *hygiene.Relationship) { r.End = time.Time{} }), ""},
		{"Expiring", care(ends(day), func(r *hygiene.Relationship) { r.Status = access.RelationshipExpiring }), "ending:0"},
		{"Unused", care(func(r *hygiene.Relationship) { r.Used = now.Add(-hygiene.Idle) }), "unused:2"},
		{"NeverUsed", care(func(r *hygiene.Relationship) { r.Used = time.Time{} }), "unused:2"},
		{"NeverUsedButYoung", care(func(r *hygiene.Relationship) { r.Used, r.Start = time.Time{}, now.AddDate(0, 0, -89) }), ""},
		{"UnusedButStanding", care(stands(people, exchange), func(r *hygiene.Relationship) { r.Used = time.Time{} }), "standing:2"},
		{"Broad", care(func(r *hygiene.Relationship) { r.Assignments[0].Roles = []access.RoleID{exchange} }), "broad:2"},
		{"BroadButUnseen", care(func(r *hygiene.Relationship) { r.Assignments, r.Unseen = nil, "It could not be read." }), ""},
		{"All", care(stands(people, helpdesk), ends(day), func(r *hygiene.Relationship) {
			g := r.Groups["g-ours"]
			g.Outside = people
			r.Groups["g-ours"] = g
			r.Roles = append(r.Roles, roles.GlobalAdministrator)
		}), "outside:0 ending:0 global:1 privileged:1 broad:2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range hygiene.Of([]hygiene.Relationship{test.r}, now) {
				got = append(got, fmt.Sprintf("%s:%d", f.Kind, f.Severity))
				if f.Relationship != "rel-1" || f.Customer != "contoso" || f.Name != "Care" {
					t.Errorf("%s does not say where it is: %+v", f.Kind, f)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("found %v, want %s", got, test.want)
			}
		})
	}
}

// TestRoles holds which roles a finding names.
func TestRoles(t *testing.T) {
	t.Parallel()
	both := hygiene.Of([]hygiene.Relationship{care(stands([]access.Member{eve}, exchange, helpdesk))}, now)
	if len(both) != 1 || !slices.Equal(both[0].Roles, []access.RoleID{helpdesk}) {
		t.Errorf("of two roles it names %v, want the privileged one", both)
	}
	broad := hygiene.Of([]hygiene.Relationship{care(func(r *hygiene.Relationship) { r.Assignments[0].Roles = []access.RoleID{exchange} })}, now)
	if len(broad) != 1 || !slices.Equal(broad[0].Roles, []access.RoleID{helpdesk}) {
		t.Errorf("it names %v, want what was never given", broad)
	}
}

func TestOfAgents(t *testing.T) {
	t.Parallel()
	got := hygiene.OfAgents([]state.MirroredGroup{
		{ID: "g1", Name: "SalesAgents", Agents: access.SalesAgents, Members: []access.Member{eve}},
		{ID: "g2", Name: "AdminAgents", Agents: access.AdminAgents, Members: []access.Member{eve}},
		{ID: "g3", Name: "HelpdeskAgents", Agents: access.HelpdeskAgents},
		{ID: "g4", Name: "GDAP", Members: []access.Member{eve}},
	})
	if len(got) != 2 || got[0].Agents != access.AdminAgents || got[0].Severity != hygiene.Care || got[1].Severity != hygiene.Note {
		t.Errorf("found %+v, want AdminAgents and then SalesAgents", got)
	}
}

// FuzzOf has any input give the same findings in whatever order it is, the
// gravest first.
func FuzzOf(f *testing.F) {
	seed, err := json.Marshal([]hygiene.Relationship{care(stands([]access.Member{eve}, helpdesk))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, int64(0))
	f.Fuzz(func(t *testing.T, raw []byte, at int64) {
		var all []hygiene.Relationship
		if json.Unmarshal(raw, &all) != nil {
			return
		}
		when := now.Add(time.Duration(at % int64(4*hygiene.Idle)))
		got := hygiene.Of(all, when)
		if !slices.IsSortedFunc(got, func(a, b hygiene.Finding) int { return int(a.Severity - b.Severity) }) {
			t.Error("the gravest is not the first")
		}
		if again := hygiene.Of(all, when); !reflect.DeepEqual(got, again) {
			t.Error("the same input gives other findings")
		}
	})
}

func TestWith(t *testing.T) {
	t.Parallel()
	found := hygiene.Of([]hygiene.Relationship{care(ends(time.Hour))}, now)
	if got := hygiene.With(found, state.DAP{Customer: "contoso"}); len(got) != 1 {
		t.Errorf("of a customer without it there are %v", got)
	}
	got := hygiene.With(found, state.DAP{Customer: "contoso", Held: true, ReadAt: now})
	if len(got) != 2 || got[0].Kind != hygiene.Ending || got[1].Kind != hygiene.Legacy || got[1].Customer != "contoso" {
		t.Errorf("of a customer with it there are %+v", got)
	}
}

// TestWithGiven finds what was given more than once and never used, and nothing else.
func TestWithGiven(t *testing.T) {
	t.Parallel()
	given := func(times, used int) hygiene.Given {
		return hygiene.Given{Customer: "contoso", Roles: []access.RoleID{exchange}, To: []access.Member{eve}, Times: times, Used: used, Since: now}
	}
	other := []hygiene.Finding{{Kind: hygiene.Legacy, Severity: hygiene.Care, Customer: "contoso"}}
	got := hygiene.WithGiven(other, []hygiene.Given{given(1, 0), given(5, 1), given(2, 0), given(0, 0)})
	want := append(slices.Clone(other), hygiene.Finding{
		Kind: hygiene.NotUsed, Severity: hygiene.Note, Customer: "contoso", Roles: []access.RoleID{exchange}, Members: []access.Member{eve}, Times: 2, Since: now,
	})
	if !reflect.DeepEqual(got, want) || len(other) != 1 {
		t.Errorf("WithGiven = %+v, want %+v", got, want)
	}
}
