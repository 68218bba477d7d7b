package evidence

import (
	"strings"
	"time"

	"latchkey/internal/access"
)

// proof is that a contact had signed in to the customer's tenant with a role by which they
// may decide.
type proof struct {
	at   time.Time
	role access.RoleID
}

// proofs are those that count: a contact who was removed, or is linked anew, has to sign in
// again.
type proofs struct {
	by map[string]*holder
	// unsure means that somebody who is not in Slack was removed, and that the log, which
	// was written before it said so, does not name them.
	unsure bool
}

// holder is whose proof it is, by all that they are known by.
type holder struct {
	proof
	keys []string
}

// hear takes one event of the log.
func (p *proofs) hear(e access.Event) {
	switch e.Kind {
	case access.EventVerified:
		p.drop(e.Actor)
		h := &holder{proof{e.At, access.RoleID(e.Detail["role"])}, keys(e.Actor)}
		for _, k := range h.keys {
			if p.by == nil {
				p.by = map[string]*holder{}
			}
			p.by[k] = h
		}
	case access.EventContactLinked, access.EventContactRemoved, access.EventStandIn:
		who := access.Person{Team: access.TeamID(e.Detail["team"]), User: access.UserID(e.Detail["user"])}
		if object := e.Detail["principal"]; object != "" {
			who.Entra = access.Account{Tenant: e.Customer, Object: access.PrincipalID(object)}
		}
		if p.drop(who); e.Kind == access.EventContactRemoved && !who.Known() {
			p.unsure = true
			p.dropUnseen()
		}
	}
}

func (p *proofs) drop(who access.Person) {
	for _, k := range keys(who) {
		if h := p.by[k]; h != nil {
			for _, k := range h.keys {
				delete(p.by, k)
			}
		}
	}
}

// dropUnseen takes the proofs of all who are not in Slack: one of them is none any more.
func (p *proofs) dropUnseen() {
	for k, h := range p.by {
		if len(h.keys) == 1 && strings.Contains(k, "//") {
			delete(p.by, k)
		}
	}
}

func (p *proofs) of(who access.Person) (proof, bool) {
	for _, k := range keys(who) {
		if h := p.by[k]; h != nil {
			return h.proof, true
		}
	}
	return proof{}, false
}

// agrees reports whether the log has a contact verified as their record says.
func (p *proofs) agrees(c access.Contact) bool {
	has, ok := p.of(c.Person)
	if !c.Verified() || !ok && p.unsure && c.Person.User == "" {
		return true
	}
	return ok && has.at.Equal(c.VerifiedAt) && has.role == c.Role
}
