package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

func (r *reader) bundles(n ast.Node) []Bundle {
	var out []Bundle
	seen := names{}
	for _, v := range r.items(n, "bundles") {
		o, ok := r.object(v, "a bundle", "name", "roles", "description", "groups", "dual_control")
		if !ok {
			continue
		}
		out = append(out, Bundle{
			Name:  r.bundleName(o.need("name", "say how your staff call it"), seen),
			Roles: r.roles(o.need("roles", "list the roles that it holds"), "roles"),
			What:  r.paragraph(o.get("description"), "description"),

			Groups: r.groups(o.get("groups")),
			Dual:   r.boolean(o.get("dual_control"), "dual_control"),
		})
	}
	return out
}

// bundleName refuses a name that would read as something else in a request.
func (r *reader) bundleName(n ast.Node, seen names) string {
	name := r.name(n, "name", "bundle", seen)
	if strings.ContainsAny(name, ",+") {
		r.at(n, "%q holds a comma or a plus sign, which separate what is asked for; choose another name.", name)
	}
	if found, match := roles.Find(name); match == roles.Exact {
		r.at(n, "%q means the role %s; choose a name that is no role's.", name, found[0].Name)
	}
	return name
}

func (r *reader) roles(n ast.Node, what string) []access.RoleID {
	var out []access.RoleID
	seen := names{}
	for _, v := range r.items(n, what) {
		text := r.text(v, "a role")
		if text == "" {
			continue
		}
		found, match := roles.Find(text)
		switch {
		case match != roles.Exact:
			r.at(v, "%q is not a role of Microsoft Entra%s", text, didYouMean(titles(found)))
		case !roles.Requestable(found[0].ID):
			r.at(v, "%s is reserved for Microsoft and can be given to nobody; remove it.", found[0].Name)
		case seen.unique(r, v, "role", string(found[0].ID), found[0].Name):
			out = append(out, found[0].ID)
		}
	}
	return access.SortRoles(out)
}

func (r *reader) duration(n ast.Node, what string, least, most time.Duration) time.Duration {
	text := r.textAs(n, what, "a length of time such as 8h, 90m or 2d")
	if text == "" {
		return 0
	}
	d, ok := ParseDuration(text)
	switch {
	case !ok:
		r.at(n, "%s is not a length of time: %q; write it as in 4h, 90m, 2d or 1h30m.", what, text)
		return 0
	case d < least || d > most:
		r.at(n, "%s must be from %s to %s.", what, access.FormatDuration(least), access.FormatDuration(most))
		return 0
	}
	return d
}

func titles(found []roles.Role) []string {
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = f.Name
	}
	return out
}

// didYouMean ends a sentence, with suggestions if there are any.
func didYouMean(names []string) string {
	switch last := len(names) - 1; last {
	case -1:
		return "."
	case 0:
		return fmt.Sprintf("; did you mean %s?", names[0])
	default:
		return fmt.Sprintf("; did you mean %s or %s?", strings.Join(names[:last], ", "), names[last])
	}
}
