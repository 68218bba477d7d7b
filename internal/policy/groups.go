package policy

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// mostGroups bounds the groups of one bundle: a customer has to read them all.
const mostGroups = 10

// groups reads the security groups that receive a bundle's roles for good.
func (r *reader) groups(n ast.Node) []Group {
	if n == nil {
		return nil
	}
	var out []Group
	called, ids := names{}, names{}
	for _, v := range r.items(n, "groups") {
		o, ok := r.object(v, "a group", "name", "id")
		if !ok {
			continue
		}
		g := Group{
			Name: r.name(o.need("name", "say how your people call it; your customers read it"), "name", "group", called),
			ID:   r.groupID(o.need("id", "give the object id of the security group in your own tenant"), ids),
		}
		if out = append(out, g); len(out) == mostGroups+1 {
			r.at(v, "A bundle has at most %d groups; make one group of several.", mostGroups)
		}
	}
	return out
}

func (r *reader) groupID(n ast.Node, seen names) access.GroupID {
	id := r.text(n, "id")
	if id == "" {
		return ""
	}
	lower := strings.ToLower(id)
	if !guid.MatchString(lower) || strings.Trim(lower, "0-") == "" {
		r.at(n, "%q is not the id of a group, which has the form 8-4-4-4-12 hexadecimal digits; copy the object id from the group's overview in Microsoft Entra.", id)
		return ""
	}
	seen.unique(r, n, "group", lower, id)
	return access.GroupID(lower)
}

// GroupsFor returns the security groups that receive standing access on a
// relationship with exactly these roles: those of every bundle that holds them.
func (p *Policy) GroupsFor(ids []access.RoleID) []access.GroupAccess {
	var out []access.GroupAccess
	seen := map[access.GroupID]bool{}
	for _, b := range p.Bundles {
		if !access.SameRoles(b.Roles, ids) {
			continue
		}
		for _, g := range b.Groups {
			if !seen[g.ID] {
				seen[g.ID] = true
				out = append(out, access.GroupAccess{Group: g.ID, Name: g.Name, Roles: access.SortRoles(b.Roles)})
			}
		}
	}
	return out
}

// Care is why a bundle needs care.
type Care struct {
	Bundle Bundle
	// Privileged are the roles that can raise their own rights or those of others.
	Privileged []roles.Role
	// Global means that Global Administrator is among them. A relationship that
	// holds it cannot renew itself.
	Global bool
}

// Careful lists the bundles that hold privileged roles, in the file's order.
func (p *Policy) Careful() []Care {
	var out []Care
	for _, b := range p.Bundles {
		c := Care{Bundle: b}
		for _, id := range b.Roles {
			if role, ok := roles.ByID(id); ok && role.Privileged {
				c.Privileged = append(c.Privileged, role)
				c.Global = c.Global || id == roles.GlobalAdministrator
			}
		}
		if len(c.Privileged) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// String is the flag in a sentence.
func (c Care) String() string {
	held := make([]string, len(c.Privileged))
	for i, r := range c.Privileged {
		held[i] = r.Name
	}
	text := "The bundle " + c.Bundle.Name + " holds privileged roles: " + strings.Join(held, ", ") + "."
	if c.Global {
		text += " With Global Administrator a relationship cannot renew itself, so auto-extend is refused for it."
	}
	if len(c.Bundle.Groups) > 0 {
		text += " Its groups hold them all the time, without a request."
	}
	if !c.Bundle.Dual {
		text += " One person's word may be enough for it; dual_control: true asks for two."
	}
	return text
}
