package graphtest

import (
	_ "embed"
	"net/http"
	"strings"
)

// The built-in roles of the directory: name, template id, whether privileged,
// from Microsoft's reference of January 2026.
//
//go:embed roles.tsv
var roleTable string

type roleDefinition struct {
	name, id   string
	privileged bool
}

var roleDefinitions = readRoles(roleTable)

func readRoles(table string) []roleDefinition {
	var out []roleDefinition
	for line := range strings.Lines(table) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
			out = append(out, roleDefinition{f[0], f[1], f[2] == "true"})
		}
	}
	return out
}

// roleName is the name of a built-in role, "" when there is no such role.
func roleName(id string) string {
	for _, r := range roleDefinitions {
		if same(r.id, id) {
			return r.name
		}
	}
	return ""
}

func (r roleDefinition) wire() object {
	return object{
		"id": r.id, "templateId": r.id, "displayName": r.name, "description": r.name + ".",
		"isBuiltIn": true, "isEnabled": true, "version": "1",
		"resourceScopes": []string{"/"}, "rolePermissions": []object{},
	}
}

var definitionListing = listing{
	context: "roleManagement/directory/roleDefinitions", page: 500, limit: 999,
	filters: map[string]string{"id": opEq, "templateId": opEq, "displayName": opBoth, "isBuiltIn": opEq},
}

func (s *Server) listDefinitions(c *call) (reply, error) {
	var entries []entry
	for i, r := range roleDefinitions {
		entries = append(entries, entry{uint64(i + 1), r.wire()})
	}
	return c.list(definitionListing, entries)
}

func (s *Server) getDefinition(c *call) (reply, error) {
	for _, r := range roleDefinitions {
		if same(r.id, c.r.PathValue("rid")) {
			return c.one(http.StatusOK, "/$metadata#roleManagement/directory/roleDefinitions/$entity", r.wire()), nil
		}
	}
	return reply{}, noObject()
}
