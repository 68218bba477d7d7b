package access

import "strings"

// Person is somebody as the store knows them: in Slack, in Entra, by a mail address
// that was verified, or by several of these. Team is the workspace they belong to,
// which in Slack Connect may be another than the one that delivered the click.
type Person struct {
	Team TeamID
	User UserID
	Name string
	// Entra is the account with which they have signed in, or to which they are bound.
	Entra Account `json:",omitzero"`
	// Mail is an address of theirs that Slack, Entra or a mail to it has verified.
	Mail string `json:",omitempty"`
}

// Account is a user of an Entra tenant. The object id alone says nothing: the same
// could be given in another tenant.
type Account struct {
	Tenant TenantID
	Object PrincipalID
}

// Known reports whether it says whose account it is.
func (a Account) Known() bool { return a.Tenant != "" && a.Object != "" }

// Same reports whether two persons are certainly one, so that what one may do the
// other may. Slack's ids must be known and equal, or Entra's.
func (p Person) Same(q Person) bool {
	if p.User != "" && q.User != "" {
		return p.User == q.User && p.Team == q.Team
	}
	return p.Entra.Known() && p.Entra == q.Entra
}

// Known reports whether there is something by which the person can be told from
// others: a mail address alone does not, for one person has several.
func (p Person) Known() bool { return p.User != "" || p.Entra.Known() }

// Told reports whether something is known of both by which two persons can be told
// apart, if they are two.
func (p Person) Told(q Person) bool {
	return p.User != "" && q.User != "" || p.Entra.Known() && q.Entra.Known()
}

// CouldBe reports whether two persons may be one, so that one must not stand for a
// second pair of eyes. They are held for one if anything that is known of both is
// equal: the user in Slack, whatever the workspace, for one person may be known by a
// workspace and an organisation; the account in Entra; the mail address. And they are
// held for one if nothing is known by which they could be told apart.
func (p Person) CouldBe(q Person) bool {
	switch {
	case p.User != "" && p.User == q.User, p.Entra.Known() && p.Entra == q.Entra:
		return true
	case p.Mail != "" && strings.EqualFold(p.Mail, q.Mail):
		return true
	}
	return !p.Told(q)
}
