package access

// ReplaceState is how far a replacement has come. Done and Kept are final.
type ReplaceState string

const (
	ReplaceWaiting ReplaceState = "waiting" // the new relationship is not active yet
	ReplaceMoving  ReplaceState = "moving"  // access is being given on the new one
	ReplaceHeld    ReplaceState = "held"    // the old one still carries access that the new one cannot
	ReplaceEnding  ReplaceState = "ending"  // all is on the new one; the old one is being ended
	ReplaceDone    ReplaceState = "done"    // the old one is over
	ReplaceKept    ReplaceState = "kept"    // the old one stays, for good
)

// ReplaceStates lists every state of a replacement.
func ReplaceStates() []ReplaceState {
	return []ReplaceState{ReplaceWaiting, ReplaceMoving, ReplaceHeld, ReplaceEnding, ReplaceDone, ReplaceKept}
}

// Replacement is the relationship whose place an offer is to take. It is zero
// where the offer replaces none.
type Replacement struct {
	Relationship RelationshipID
	Name         string   // what the old one is called
	Roles        []RoleID // what it held when the new one was asked for
	State        ReplaceState
	Note         string // why the old one stays
}

// Any reports whether there is a relationship to be replaced.
func (r Replacement) Any() bool { return r.Relationship != "" }

// Under reports whether the replacement has begun and is not over.
func (r Replacement) Under() bool {
	return r.State == ReplaceMoving || r.State == ReplaceHeld || r.State == ReplaceEnding
}

// Open reports whether the old relationship may still be ended by it.
func (r Replacement) Open() bool { return r.State == ReplaceWaiting || r.Under() }

// Replacing reports whether the offer is going to take another's place, or is
// about to. One that was declined or lapsed is not.
func (o Offer) Replacing() bool {
	switch o.State {
	case OfferDrafted, OfferSent, OfferApproved, OfferActive:
		return o.Replaces.Open()
	case OfferDeclined, OfferTerminating, OfferEnded, OfferLapsed, OfferFailed:
	}
	return false
}

// Standing is what a step of a replacement is decided on.
type Standing struct {
	OldOver bool // the old relationship carries nothing any more
	NewOver bool // the new one is over, or on its way there
	ToMove  int  // accesses that are to be given on the new one, and are not yet
	Lacking int  // accesses in force through the old one that the new one cannot carry
}

// Replace takes the replacement one step further. A step that there is no
// reason for changes nothing.
func (o Offer) Replace(s Standing) Offer {
	r := o.Replaces
	if !r.Any() {
		return o
	}
	switch r.State {
	case ReplaceWaiting:
		switch {
		case o.State != OfferActive:
			return o
		case o.Overruled():
			return o.Keep("It was declined, and somebody approved it all the same.")
		}
		return o.replaced(ReplaceMoving).Replace(s)
	case ReplaceMoving, ReplaceHeld:
		switch {
		case s.NewOver:
			return o.Keep("The relationship that was to take its place is over.")
		case s.ToMove > 0:
			return o.replaced(ReplaceMoving)
		case s.OldOver:
			return o.replaced(ReplaceDone)
		case s.Lacking > 0:
			return o.replaced(ReplaceHeld)
		}
		return o.replaced(ReplaceEnding)
	case ReplaceEnding:
		if s.OldOver {
			return o.replaced(ReplaceDone)
		}
	case ReplaceDone, ReplaceKept:
	}
	return o
}

// Keep ends a replacement that cannot be completed: the old relationship stays.
func (o Offer) Keep(why string) Offer {
	if !o.Replaces.Open() {
		return o
	}
	o.Replaces.Note = why
	return o.replaced(ReplaceKept)
}

func (o Offer) replaced(s ReplaceState) Offer {
	if o.Replaces.State == s {
		return o
	}
	o.Replaces.State = s
	return o.next()
}
