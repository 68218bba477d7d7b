package access_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

const oldOne = access.RelationshipID("rel-0")

// replacingIn is an active offer whose replacement stands in the state.
func replacingIn(t testing.TB, offer access.OfferState, s access.ReplaceState) access.Offer {
	t.Helper()
	o := offerIn(t, offer)
	o.Replaces = access.Replacement{Relationship: oldOne, Name: "Old", Roles: o.Roles, State: s}
	return o
}

// TestReplacementEdges holds every edge of the state table, and that nothing
// else moves a replacement.
func TestReplacementEdges(t *testing.T) {
	t.Parallel()
	overruled := func(t *testing.T) access.Offer {
		o := offerIn(t, access.OfferDeclined).Seen(seenAs(access.RelationshipActive), start)
		o.Replaces = access.Replacement{Relationship: oldOne, Name: "Old", State: access.ReplaceWaiting}
		return o
	}
	for _, tt := range []struct {
		name  string
		offer func(*testing.T) access.Offer
		from  access.ReplaceState
		s     access.Standing
		want  access.ReplaceState
	}{
		{"not approved yet", asOffer(access.OfferSent), access.ReplaceWaiting, access.Standing{}, access.ReplaceWaiting},
		{"approved, not active yet", asOffer(access.OfferApproved), access.ReplaceWaiting, access.Standing{}, access.ReplaceWaiting},
		{"declined", asOffer(access.OfferDeclined), access.ReplaceWaiting, access.Standing{}, access.ReplaceWaiting},
		{"lapsed", asOffer(access.OfferLapsed), access.ReplaceWaiting, access.Standing{}, access.ReplaceWaiting},
		{"could not be sent", asOffer(access.OfferFailed), access.ReplaceWaiting, access.Standing{}, access.ReplaceWaiting},
		{"active, something to move", asOffer(access.OfferActive), access.ReplaceWaiting, access.Standing{ToMove: 1}, access.ReplaceMoving},
		{"active, nothing to move", asOffer(access.OfferActive), access.ReplaceWaiting, access.Standing{}, access.ReplaceEnding},
		{"active, all of it is lacking", asOffer(access.OfferActive), access.ReplaceWaiting, access.Standing{Lacking: 1}, access.ReplaceHeld},
		{"active, the old one gone", asOffer(access.OfferActive), access.ReplaceWaiting, access.Standing{OldOver: true}, access.ReplaceDone},
		{"approved after a no", overruled, access.ReplaceWaiting, access.Standing{ToMove: 1}, access.ReplaceKept},
		{"still moving", asOffer(access.OfferActive), access.ReplaceMoving, access.Standing{ToMove: 1, Lacking: 1}, access.ReplaceMoving},
		{"moved", asOffer(access.OfferActive), access.ReplaceMoving, access.Standing{}, access.ReplaceEnding},
		{"moved, but for what is lacking", asOffer(access.OfferActive), access.ReplaceMoving, access.Standing{Lacking: 1}, access.ReplaceHeld},
		{"moved, the old one gone", asOffer(access.OfferActive), access.ReplaceMoving, access.Standing{OldOver: true, Lacking: 1}, access.ReplaceDone},
		{"moving, the old one gone", asOffer(access.OfferActive), access.ReplaceMoving, access.Standing{OldOver: true, ToMove: 1}, access.ReplaceMoving},
		{"moving, the new one gone", asOffer(access.OfferEnded), access.ReplaceMoving, access.Standing{NewOver: true, ToMove: 1}, access.ReplaceKept},
		{"held, and held", asOffer(access.OfferActive), access.ReplaceHeld, access.Standing{Lacking: 1}, access.ReplaceHeld},
		{"held, and free", asOffer(access.OfferActive), access.ReplaceHeld, access.Standing{}, access.ReplaceEnding},
		{"held, more to move", asOffer(access.OfferActive), access.ReplaceHeld, access.Standing{ToMove: 1, Lacking: 1}, access.ReplaceMoving},
		{"held, the old one gone", asOffer(access.OfferActive), access.ReplaceHeld, access.Standing{OldOver: true, Lacking: 1}, access.ReplaceDone},
		{"held, the new one gone", asOffer(access.OfferTerminating), access.ReplaceHeld, access.Standing{NewOver: true, Lacking: 1}, access.ReplaceKept},
		{"ending", asOffer(access.OfferActive), access.ReplaceEnding, access.Standing{Lacking: 1, ToMove: 1}, access.ReplaceEnding},
		{"ended", asOffer(access.OfferActive), access.ReplaceEnding, access.Standing{OldOver: true}, access.ReplaceDone},
		{"done is final", asOffer(access.OfferActive), access.ReplaceDone, access.Standing{NewOver: true, ToMove: 1}, access.ReplaceDone},
		{"kept is final", asOffer(access.OfferActive), access.ReplaceKept, access.Standing{ToMove: 1}, access.ReplaceKept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := tt.offer(t)
			before.Replaces = access.Replacement{Relationship: oldOne, Name: "Old", State: tt.from}
			after := before.Replace(tt.s)
			if after.Replaces.State != tt.want {
				t.Errorf("%s became %s, want %s", tt.from, after.Replaces.State, tt.want)
			}
			if (after.Rev != before.Rev) != (tt.want != tt.from) {
				t.Errorf("Rev went from %d to %d", before.Rev, after.Rev)
			}
			if tt.want == access.ReplaceKept && tt.from != access.ReplaceKept && after.Replaces.Note == "" {
				t.Error("nobody is told why the old one stays")
			}
			if after.State != before.State {
				t.Errorf("the offer went from %s to %s", before.State, after.State)
			}
		})
	}
}

func asOffer(s access.OfferState) func(*testing.T) access.Offer {
	return func(t *testing.T) access.Offer { return offerIn(t, s) }
}

func TestNothingIsReplacedUnasked(t *testing.T) {
	t.Parallel()
	o := offerIn(t, access.OfferActive)
	if after := o.Replace(access.Standing{}); after.Rev != o.Rev || after.Replaces.Any() || after.ReplaceSentence().String() != "" {
		t.Errorf("an offer that replaces nothing became %+v", after)
	}
	if after := o.Keep("why"); after.Rev != o.Rev {
		t.Errorf("what replaces nothing is kept: %+v", after)
	}
}

// TestKeep holds from where a replacement can be given up.
func TestKeep(t *testing.T) {
	t.Parallel()
	for _, s := range access.ReplaceStates() {
		o := replacingIn(t, access.OfferActive, s)
		after := o.Keep("It cannot be.")
		open := s != access.ReplaceDone && s != access.ReplaceKept
		if (after.Replaces.State == access.ReplaceKept && after.Replaces.Note == "It cannot be.") != open {
			t.Errorf("%s became %+v", s, after.Replaces)
		}
	}
}

// TestReplaceSentence has something to say of each state, for every state of the
// offer, that names the old relationship.
func TestReplaceSentence(t *testing.T) {
	t.Parallel()
	for _, offer := range access.OfferStates() {
		for _, s := range access.ReplaceStates() {
			text := replacingIn(t, offer, s).ReplaceSentence().String()
			if !strings.Contains(text, "“Old”") || !strings.HasSuffix(strings.TrimSpace(text), ".") {
				t.Errorf("%s, %s: %q", offer, s, text)
			}
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	asked := offerTerms()
	asked.Groups = []access.GroupAccess{{Group: "g1", Name: "Desk", Roles: []access.RoleID{helpdesk}}, {Group: "g2", Name: "Readers", Roles: []access.RoleID{reader}}}
	o, err := access.NewOffer(asked, start)
	if err != nil {
		t.Fatal(err)
	}
	if o.GivesGroups() || o.Sent(related, start).GivesGroups() {
		t.Error("groups receive access before the customer has approved it")
	}
	o = o.Sent(related, start).Seen(seenAs(access.RelationshipActive), start)
	if !o.GivesGroups() || o.GroupsDone() {
		t.Errorf("active: gives %t, done %t", o.GivesGroups(), o.GroupsDone())
	}
	ready := o.GroupReady("g1", "as-1")
	if ready.Rev != o.Rev+1 || ready.Groups[0].Assignment != "as-1" || o.Groups[0].Assignment != "" {
		t.Errorf("ready: %+v, and before %+v", ready.Groups, o.Groups)
	}
	if again := ready.GroupReady("g1", "as-1"); again.Rev != ready.Rev {
		t.Error("the same again is a change")
	}
	refused := ready.GroupRefused("g2", "It is gone.")
	if refused.Groups[1].Open() || refused.GroupsDone() || refused.Groups[1].Problem == "" {
		t.Errorf("refused: %+v", refused.Groups)
	}
	if done := refused.GroupReady("g2", "as-2"); !done.GroupsDone() {
		t.Errorf("done: %+v", done.Groups)
	}
	if other := o.GroupReady("g9", "as-9"); other.Rev != o.Rev {
		t.Error("a group that nobody named has access")
	}
	overruled := offerIn(t, access.OfferDeclined).Seen(seenAs(access.RelationshipActive), start)
	if overruled.GivesGroups() {
		t.Error("groups receive access although the customer said no")
	}
}

// TestReduced: a role that has left the relationship leaves the offer and its
// groups, and none is ever added.
func TestReduced(t *testing.T) {
	t.Parallel()
	o := offerIn(t, access.OfferActive)
	o.Groups = []access.GroupAccess{{Group: "g1", Roles: []access.RoleID{helpdesk, reader}}}
	seen := seenAs(access.RelationshipActive)
	seen.Roles = []access.RoleID{reader, "another"}
	after := o.Seen(seen, start.Add(time.Hour))
	if !slices.Equal(after.Roles, []access.RoleID{reader}) || !slices.Equal(after.Groups[0].Roles, []access.RoleID{reader}) || after.Rev != o.Rev+1 {
		t.Errorf("became %v, groups %v", after.Roles, after.Groups)
	}
	if len(o.Groups[0].Roles) != 2 || len(o.Roles) != 2 {
		t.Error("the value it was called on changed")
	}
	if again := after.Seen(seen, start); again.Rev != after.Rev {
		t.Error("seen again, it is a change again")
	}
}
