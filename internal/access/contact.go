package access

import "time"

// Contact is the binding of a person to a customer for which they may decide.
type Contact struct {
	Person   Person
	Customer TenantID
	LinkedBy Person
	LinkedAt time.Time
	// VerifiedAt is when they first proved, by signing in to the customer's tenant, that
	// they hold Role there; zero: not yet.
	VerifiedAt time.Time `json:",omitzero"`
	Role       RoleID    `json:",omitempty"`
	// For is the contact in whose place they decide while that one is away, and Until
	// when that is over; zero: they decide for themselves.
	For   Person    `json:",omitzero"`
	Until time.Time `json:",omitzero"`
}

// StandsIn reports whether they decide in another contact's place.
func (c Contact) StandsIn() bool { return c.For != (Person{}) }

// Over reports whether they stood in for somebody and the time of that is over.
func (c Contact) Over(now time.Time) bool { return c.StandsIn() && !now.Before(c.Until) }

// UnverifiedWait is how long a contact whom nobody but the partner's own admin vouches
// for may not decide. Meanwhile the customer can object: it was told who was linked.
const UnverifiedWait = 24 * time.Hour

// Verified reports whether they have proved that they belong to the customer.
func (c Contact) Verified() bool { return !c.VerifiedAt.IsZero() }

// DecidesFrom is from when they may decide. Who stands in was named by somebody who could.
func (c Contact) DecidesFrom() time.Time {
	switch {
	case c.StandsIn():
		return c.LinkedAt
	case c.Verified():
		return c.VerifiedAt
	}
	return c.LinkedAt.Add(UnverifiedWait)
}

// MayDecide refuses a contact who is not verified and was linked only just now. One
// who has no account in Slack can do nothing before they have signed in.
func (c Contact) MayDecide(now time.Time) error {
	if c.Verified() || c.Person.User != "" && !now.Before(c.DecidesFrom()) {
		return nil
	}
	return RefuseAnyone(Forbidden, "You were linked only just now and are not verified yet, so you can decide from %s on; at once if you sign in first: press Verify where the channel was told of your link.",
		c.DecidesFrom())
}

// SignIn is who has signed in with Microsoft on the bot's page, as the token says.
type SignIn struct {
	Account Account
	Name    string
	UPN     string // under which they sign in; the tenant gives it to nobody else
	Mail    string // optional; as the tenant says
	// Roles are the directory roles that they hold, if the token tells of roles at all.
	Roles []RoleID
}

// Person is who has signed in.
func (s SignIn) Person() Person {
	mail := s.Mail
	if mail == "" {
		mail = s.UPN
	}
	return Person{Name: s.Name, Entra: s.Account, Mail: mail}
}

// Enrolment is somebody who has signed in with a role by which they could decide for the
// customer, and whom nobody has bound: the role alone lets nobody decide, for the
// partner's own people may hold accounts there.
type Enrolment struct {
	Customer TenantID
	Person   Person
	Role     RoleID
	At       time.Time
}
