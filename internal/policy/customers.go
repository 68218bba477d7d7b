package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/roles"
)

var (
	domain   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	language = regexp.MustCompile(`^[a-z]{2,3}(-([A-Z]{2}|[0-9]{3}))?$`)
)

// taken is what one customer has and no other may have.
type taken struct {
	names, tenants, domains, channels names
	tags                              names // each where it was first given
}

func (r *reader) customers(n ast.Node, p *Policy) []Customer {
	t := taken{names{}, names{}, names{}, names{}, names{}}
	var out []Customer
	for _, v := range r.items(n, "customers") {
		if c, ok := r.customer(v, p, t); ok {
			out = append(out, c)
		}
	}
	for key, v := range t.tags {
		if _, both := t.names[key]; both {
			r.at(v, "a tag must not be called as a customer is; choose another.")
		}
	}
	return out
}

func (r *reader) customer(n ast.Node, p *Policy, t taken) (Customer, bool) {
	o, ok := r.object(n, "a customer", "name", "tenant", "domains", "slack", "language", "timezone", "driver", "summary", "owner", "tags", "contact_roles")
	if !ok {
		return Customer{}, false
	}
	c := Customer{
		Name:     r.name(o.need("name", "say how your staff call it"), "name", "customer", t.names),
		Tenant:   r.tenant(o.need("tenant", "give the id of its Microsoft Entra tenant"), t.tenants),
		Domains:  r.domains(o.get("domains"), t.domains),
		Language: r.language(o.get("language")),
		TimeZone: r.zone(o.get("timezone"), p.TimeZone),
		Summary:  r.boolean(o.get("summary"), "summary"),
		Owner:    r.owner(o.get("owner")),
		Tags:     r.tags(o.get("tags"), t.tags),
		Driver:   r.driver(o.get("driver"), p.Driver),
	}
	if c.ContactRoles = r.roles(o.get("contact_roles"), "contact_roles"); len(c.ContactRoles) == 0 {
		c.ContactRoles = []access.RoleID{roles.GlobalAdministrator, roles.RelationshipAdministrator}
	}
	if v := o.get("slack"); v != nil { // its contacts are known by mail, else
		c.Team, c.Channel = r.slack(v, p.staffChannels(), t.channels)
	}
	return c, true
}

// name reads a name that others are told apart by. Two names that differ only
// in case, spaces or marks are one.
func (r *reader) name(n ast.Node, what, of string, seen names) string {
	name := r.text(n, what)
	if name == "" {
		return ""
	}
	key := fold(name)
	switch {
	case key == "":
		r.at(n, "%q has no letter or digit; give a name that can be typed.", name)
		return ""
	case guid.MatchString(strings.ToLower(name)):
		r.at(n, "%q is an id; give a name that people use.", name)
		return ""
	case !seen.unique(r, n, of, key, name):
		return ""
	}
	return name
}

func (r *reader) tenant(n ast.Node, seen names) access.TenantID {
	id := r.text(n, "tenant")
	if id == "" {
		return ""
	}
	lower := strings.ToLower(id)
	if !guid.MatchString(lower) || strings.Trim(lower, "0-") == "" {
		r.at(n, "%q is not a tenant id, which has the form 8-4-4-4-12 hexadecimal digits; copy it from the tenant's overview in Microsoft Entra.", id)
		return ""
	}
	seen.unique(r, n, "tenant", lower, id)
	return access.TenantID(lower)
}

func (r *reader) domains(n ast.Node, seen names) []string {
	var out []string
	for _, v := range r.items(n, "domains") {
		d := r.text(v, "a domain")
		lower := strings.ToLower(d)
		switch {
		case d == "":
		case len(lower) > 253 || !domain.MatchString(lower):
			r.at(v, "%q is not a domain such as contoso.com; write letters outside ASCII in the xn-- form.", d)
		case seen.unique(r, v, "domain", lower, d):
			out = append(out, lower)
		}
	}
	return out
}

func (r *reader) slack(n ast.Node, staff []access.ChannelID, seen names) (access.TeamID, access.ChannelID) {
	o, ok := r.object(n, "slack", "team", "channel")
	if !ok {
		return "", ""
	}
	v := o.need("team", "give the id of the customer's own workspace")
	team := r.text(v, "team")
	if team != "" && !teamID.MatchString(team) {
		r.at(v, "%q is not a Slack workspace id, which looks like T024BE7LD; copy it from the address of the customer's workspace.", team)
		team = ""
	}
	v = o.need("channel", "give the id of the channel that you share with the customer")
	channel := r.channel(v, "channel")
	switch {
	case channel == "":
	case slices.Contains(staff, channel):
		r.at(v, "%q is a channel of your own staff, which no customer may read; give the channel that you share with this customer.", channel)
	default:
		seen.unique(r, v, "channel", string(channel), string(channel))
	}
	return access.TeamID(team), channel
}

func (r *reader) owner(n ast.Node) access.UserID {
	id := r.text(n, "owner")
	if id == "" || !r.isUser(n, id) {
		return ""
	}
	return access.UserID(id)
}

// tags reads by which names rules may name the customer together with others.
func (r *reader) tags(n ast.Node, first names) []string {
	var out []string
	seen := names{}
	for _, v := range r.items(n, "tags") {
		tag := r.name(v, "a tag", "tag", seen)
		if tag == "" {
			continue
		}
		if out = append(out, tag); first[fold(tag)] == nil {
			first[fold(tag)] = v
		}
	}
	return out
}

func (r *reader) language(n ast.Node) lang.Tag {
	tag := r.text(n, "language")
	switch {
	case tag == "":
	case !language.MatchString(tag):
		r.at(n, "%q is not a language; write one of %s, or one of their regions as in de-AT.", tag, strings.Join(lang.Known(), ", "))
	case !lang.Tag(tag).Has():
		r.at(n, "%q is none of the languages in which customers can be written to, which are %s and their regions as in de-AT.",
			tag, strings.Join(lang.Known(), ", "))
	default:
		return lang.Tag(tag)
	}
	return lang.English
}
