// Package roles is the catalogue of Microsoft Entra's built-in roles: which
// exist, what they are called, which of them are privileged, and which one a
// person means by what they typed.
//
// The catalogue is embedded in the program and never changes while it runs, so
// every function here is pure and safe for concurrent use; a crash leaves
// nothing behind. A role that is not in the catalogue is unknown to the
// product and cannot be requested.
package roles

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"latchkey/internal/access"
)

// GlobalAdministrator is the template id of the role that may do everything in
// a tenant.
const GlobalAdministrator access.RoleID = "62e90394-69f5-4237-9190-012177145e10"

// RelationshipAdministrator is the template id of the least role with which a
// customer's own person may decide about its partners.
const RelationshipAdministrator access.RoleID = "fc8ad4e2-40e4-4724-8317-bcda7503ecbf"

// A Role is a built-in role of Microsoft Entra.
type Role struct {
	ID         access.RoleID // the role's template id, the same in every tenant
	Name       string        // the display name, in English
	Privileged bool          // Microsoft marks it as able to raise its own rights
}

//go:embed roles.tsv
var table string

var (
	catalogue = parse(table)
	byID      = index(catalogue)
)

// withheld are the roles that exist but are reserved for Microsoft's own
// services and resale support: nobody may ask for them.
var withheld = map[access.RoleID]bool{
	"4ba39ca4-527c-499a-b93d-d9b492c50246": true, // Partner Tier1 Support
	"e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": true, // Partner Tier2 Support
	"d29b2b05-8046-44ba-8758-1e26182fcf32": true, // Directory Synchronization Accounts
	"00cf5c54-4693-4f59-a0ac-ab79ef0a974d": true, // Microsoft 365 Support Engineer
}

// All returns every role, sorted by name. The slice is the caller's own.
func All() []Role {
	return slices.Clone(catalogue)
}

// ByID returns the role with the template id, in whatever case it is written.
func ByID(id access.RoleID) (Role, bool) {
	r, ok := byID[fold(id)]
	return r, ok
}

// Name returns the display name of the role, or the id as it was given when
// the catalogue does not know it.
func Name(id access.RoleID) string {
	if r, ok := ByID(id); ok {
		return r.Name
	}
	return string(id)
}

// Privileged reports whether the role can raise its own rights. One that is not known here
// may be anything, so it is taken to.
func Privileged(id access.RoleID) bool {
	r, known := ByID(id)
	return r.Privileged || !known
}

// PrivilegedOf returns those of the roles that are [Privileged].
func PrivilegedOf(ids []access.RoleID) []access.RoleID {
	return slices.DeleteFunc(slices.Clone(ids), func(id access.RoleID) bool { return !Privileged(id) })
}

// Requestable reports whether the role may be asked for at all. It is false
// for a role that the catalogue does not know.
func Requestable(id access.RoleID) bool {
	_, known := ByID(id)
	return known && !withheld[fold(id)]
}

func fold(id access.RoleID) access.RoleID {
	return access.RoleID(strings.ToLower(string(id)))
}

// parse reads the embedded table and panics on a bad row, which only a faulty
// build can hold.
func parse(table string) []Role {
	var all []Role
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || (f[2] != "true" && f[2] != "false") {
			panic(fmt.Sprintf("roles.tsv: bad row %q", line))
		}
		all = append(all, Role{ID: access.RoleID(f[1]), Name: f[0], Privileged: f[2] == "true"})
	}
	slices.SortFunc(all, func(a, b Role) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return all
}

func index(all []Role) map[access.RoleID]Role {
	m := make(map[access.RoleID]Role, len(all))
	for _, r := range all {
		m[r.ID] = r
	}
	return m
}
