package graph_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
)

// TestWall sends every request that could change something with every pass there is. It
// leaves only with the pass for exactly what it says; with any other, and with none,
// nothing reaches the network.
func TestWall(t *testing.T) {
	const (
		group  = "d0000000-0000-4000-8000-0000000000d1"
		object = `"@odata.id":"BASE/directoryObjects/`
		made   = `"@odata.type":"#microsoft.graph.group","displayName":"n","description":"d","mailNickname":"latchkey-k3m2p9x7w4","securityEnabled":true,"mailEnabled":false`
		pimOf  = `"accessId":"member","groupId":"` + group + `","principalId":"` + ana + `","justification":"x","ticketInfo":{"ticketNumber":"1","ticketSystem":"x"}`
		during = `,"scheduleInfo":{"startDateTime":"2026-01-01T08:00:00Z","expiration":{"type":"afterDateTime","endDateTime":"2026-01-01T09:00:00Z"}}`
		roleOf = `"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"}]}`
		into   = `"accessContainer":{"accessContainerId":"` + group + `","accessContainerType":"securityGroup"}`
		with   = `"customer":{"tenantId":"` + contoso + `","displayName":"Contoso"},"displayName":"n","duration":"P30D"`
	)
	var relationships = []string{"tenantRelationships", "delegatedAdminRelationships"}
	of := func(more ...string) []string { return slices.Concat(relationships, []string{relA}, more) }
	members := []string{"groups", group, "members", "$ref"}
	pim := []string{"identityGovernance", "privilegedAccess", "group", "assignmentScheduleRequests"}
	passes := graph.Passes(mark, group, ana, contoso, relA, []access.RoleID{exchange})
	all := slices.Sorted(maps.Keys(passes))
	for _, tt := range []struct {
		name, method string
		path         []string
		body         string
		by           []string // the passes that let it out
	}{
		{"Group", "POST", []string{"groups"}, "{" + made + "}", []string{"makes"}},
		{"GroupWithAnotherMark", "POST", []string{"groups"}, "{" + strings.Replace(made, "latchkey-k3", "latchkey-k4", 1) + "}", nil},
		{"GroupInAUnit", "POST", []string{"directory", "administrativeUnits", string(unit), "members"}, "{" + made + "}", nil},
		{"GroupIntoAUnit", "POST", []string{"directory", "administrativeUnits", string(unit), "members", "$ref"}, "{" + object + agents + `"}`, nil},
		{"GroupWithMembers", "POST", []string{"groups"}, "{" + made + `,"members@odata.bind":["BASE/users/` + ana + `"]}`, nil},
		{"GroupWithOwners", "POST", []string{"groups"}, "{" + made + `,"owners@odata.bind":["BASE/users/` + ana + `"]}`, nil},
		{"GroupForRoles", "POST", []string{"groups"}, "{" + made + `,"isAssignableToRole":true}`, nil},
		{"DynamicGroup", "POST", []string{"groups"}, "{" + made + `,"groupTypes":["DynamicMembership"]}`, nil},
		{"Member", "POST", members, "{" + object + ana + `"}`, []string{"admits"}},
		{"MemberOfAdminAgents", "POST", []string{"groups", agents, "members", "$ref"}, "{" + object + ana + `"}`, nil},
		{"AnotherMember", "POST", members, "{" + object + bo + `"}`, nil},
		{"MemberElsewhere", "POST", members, `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + ana + `"}`, nil},
		{"Owner", "POST", []string{"groups", group, "owners", "$ref"}, "{" + object + ana + `"}`, nil},
		{"MembersByChange", "PATCH", []string{"groups", group}, `{"members@odata.bind":["BASE/directoryObjects/` + ana + `"]}`, nil},
		{"Schedule", "POST", pim, `{"action":"adminAssign",` + pimOf + during + "}", []string{"admits"}},
		{"ScheduleWithoutAnEnd", "POST", pim, `{"action":"adminAssign",` + pimOf + "}", nil},
		{"ScheduleOfAnOwner", "POST", pim, strings.Replace(`{"action":"adminAssign",`+pimOf+during+"}", `"member"`, `"owner"`, 1), nil},
		{"ScheduleInAdminAgents", "POST", pim, strings.Replace(`{"action":"adminAssign",`+pimOf+during+"}", group, agents, 1), nil},
		{"ScheduleOfAnother", "POST", pim, strings.Replace(`{"action":"adminAssign",`+pimOf+during+"}", ana, bo, 1), nil},
		{"AnotherEnd", "POST", pim, `{"action":"adminUpdate",` + pimOf + during + "}", []string{"admits", "holds"}},
		{"AnotherEndInAdminAgents", "POST", pim, strings.Replace(`{"action":"adminUpdate",`+pimOf+during+"}", group, agents, 1), nil},
		{"NoSchedule", "POST", pim, `{"action":"adminRemove",` + pimOf + "}", all},
		{"SelfActivate", "POST", pim, `{"action":"selfActivate",` + pimOf + during + "}", nil},
		{"Eligible", "POST", []string{"identityGovernance", "privilegedAccess", "group", "eligibilityScheduleRequests"}, `{"action":"adminAssign",` + pimOf + during + "}", nil},
		{"Roles", "POST", of("accessAssignments"), "{" + into + "," + roleOf + "}", []string{"assigns"}},
		{"RolesForAdminAgents", "POST", of("accessAssignments"), strings.Replace("{"+into+","+roleOf+"}", group, agents, 1), nil},
		{"OtherRoles", "POST", of("accessAssignments"), strings.Replace("{"+into+","+roleOf+"}", exchange, globalAdmin, 1), nil},
		{"MoreRoles", "POST", of("accessAssignments"), strings.Replace("{"+into+","+roleOf+"}", `[{`, `[{"roleDefinitionId":"`+globalAdmin+`"},{`, 1), nil},
		{"RolesElsewhere", "POST", slices.Concat(relationships, []string{relB, "accessAssignments"}), "{" + into + "," + roleOf + "}", nil},
		{"RolesByChange", "PATCH", of("accessAssignments", "x"), "{" + roleOf + "}", nil},
		{"Relationship", "POST", relationships, "{" + with + "," + roleOf + "}", []string{"offers"}},
		{"RelationshipWithOtherRoles", "POST", relationships, strings.Replace("{"+with+","+roleOf+"}", exchange, globalAdmin, 1), nil},
		{"RelationshipWithAnother", "POST", relationships, strings.Replace("{"+with+","+roleOf+"}", contoso, fabrikam, 1), nil},
		{"Send", "POST", of("requests"), `{"action":"lockForApproval"}`, []string{"sends"}},
		{"SendAnother", "POST", slices.Concat(relationships, []string{relB, "requests"}), `{"action":"lockForApproval"}`, nil},
		{"End", "POST", of("requests"), `{"action":"terminate"}`, all},
		{"Approve", "POST", of("requests"), `{"action":"approve"}`, []string{"consents to"}},
		{"Reject", "POST", of("requests"), `{"action":"reject"}`, []string{"consents"}},
		{"ApproveAnother", "POST", slices.Concat(relationships, []string{relB, "requests"}), `{"action":"approve"}`, nil},
		{"Unknown", "POST", of("requests"), `{"action":"escalate"}`, nil},
		{"FewerRoles", "PATCH", of(), "{" + roleOf + "}", []string{"reduces"}},
		{"OtherRolesByChange", "PATCH", of(), strings.Replace("{"+roleOf+"}", exchange, globalAdmin, 1), nil},
		{"Extension", "PATCH", of(), `{"autoExtendDuration":"P180D"}`, []string{"extends on"}},
		{"NoExtension", "PATCH", of(), `{"autoExtendDuration":"PT0S"}`, []string{"extends"}},
		{"LongerExtension", "PATCH", of(), `{"autoExtendDuration":"P730D"}`, nil},
		{"ExtensionOfAnother", "PATCH", slices.Concat(relationships, []string{relB}), `{"autoExtendDuration":"P180D"}`, nil},
		{"RoleOfTheTenant", "POST", []string{"roleManagement", "directory", "roleAssignments"}, `{"principalId":"` + ana + `"}`, nil},
		{"Password", "PATCH", []string{"users", ana}, `{"passwordProfile":{"password":"x"}}`, nil},
		{"AppSecret", "POST", []string{"applications", clientID, "addPassword"}, `{}`, nil},
		{"Unknown method", "PUT", []string{"groups", group}, `{}`, nil},
		{"BatchOfReads", "POST", []string{"$batch"}, `{"requests":[{"id":"1","method":"GET","url":"/users"}]}`, all},
		{"BatchWithAWrite", "POST", []string{"$batch"}, `{"requests":[{"id":"1","method":"GET","url":"/users"},{"id":"2","method":"POST","url":"/groups/` + agents + `/members/$ref"}]}`, nil},
		{"Remove", "DELETE", []string{"groups", group, "members", ana, "$ref"}, "", all},
		{"RemoveThePerson", "DELETE", []string{"groups", group, "members", ana}, "", nil},
		{"RemoveTheUser", "DELETE", []string{"users", ana}, "", nil},
		{"RemoveTheGroup", "DELETE", []string{"groups", group}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int32
			base := server(t, func(w http.ResponseWriter, _ *http.Request) { reached.Add(1); w.WriteHeader(http.StatusNoContent) }) + "/v1.0"
			c, err := graph.New(graph.Options{BaseURL: base, Credential: token("planted-token")})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range all {
				reached.Store(0)
				err := c.Send(t.Context(), tt.method, strings.ReplaceAll(tt.body, "BASE", base), passes[name], tt.path...)
				if want := slices.Contains(tt.by, name); want != (err == nil && reached.Load() == 1) {
					t.Errorf("with the pass %q: %v, and %d requests left; want that it leaves: %t", name, err, reached.Load(), want)
				}
				if err != nil && (access.CodeOf(err) != access.Forbidden || !outbox.IsPermanent(err) || reached.Load() != 0) {
					t.Errorf("with the pass %q: %v, and %d requests left; want it forbidden for good", name, err, reached.Load())
				}
			}
		})
	}
}

// builds says which functions make requests that change something, and no others may.
var builds = []string{
	"addMember", "askPIM", "ask", "assign", "batch", "createGroup", "DeleteCreated", "post", "propose",
	"RemoveMember", "SendMail", "setExtension", "setRoles", "unassign",
}

// TestOneWayOut reads the package: a request that changes something is built in the
// functions that are named above alone, a pass is made in rule.go alone, the requests
// that give are sent from one place each, and everything goes through the client that
// has the wall.
func TestOneWayOut(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string][]string{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(gotoken.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				for _, fault := range oneWay(file.Name(), fn.Name.Name, n, sent) {
					t.Errorf("%s, %s: %s", file.Name(), fn.Name.Name, fault)
				}
				return true
			})
		}
	}
	for name, want := range map[string][]string{
		"addMember": {"give"}, "askPIM": {"ask"}, "createGroup": {"group"}, "assign": {"assignment", "given"},
		"propose": {"proposed"}, "lock": {"locked"}, "setRoles": {"Reduce"},
		"setExtension": {"Extend"}, "consent": {"Consent"},
	} {
		if got := slices.Sorted(slices.Values(sent[name])); !slices.Equal(got, want) {
			t.Errorf("%s is called in %v, want %v", name, got, want)
		}
	}
}

// oneWay says what is wrong with a node of a function, and notes which calls are made.
func oneWay(file, fn string, n ast.Node, sent map[string][]string) (faults []string) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if id, ok := n.Type.(*ast.Ident); ok && id.Name == "pass" && len(n.Elts) > 0 && file != "rule.go" {
			faults = append(faults, "makes a pass")
		}
	case *ast.SelectorExpr:
		switch name := n.Sel.Name; {
		case changes(name) && !slices.Contains(builds, fn):
			faults = append(faults, "builds a request that changes something ("+name+")")
		case slices.Contains([]string{"Post", "Patch", "Put", "Delete"}, name) && !named(n.X, "slices"):
			faults = append(faults, "has the SDK send something ("+name+")")
		case slices.Contains([]string{"Send", "SendNoContent", "SendPrimitive"}, name) && !slices.Contains([]string{"receive", "perform", "batch"}, fn):
			faults = append(faults, "sends something by itself")
		case name == "Client" && file != "client.go" && named(n.X, "http") && fn != "client":
			faults = append(faults, "makes a client of its own")
		}
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
			sent[sel.Sel.Name] = append(sent[sel.Sel.Name], fn)
		}
	}
	return faults
}

// changes reports whether the name is that of a method, or of what makes a request with
// one, that does more than read.
func changes(name string) bool {
	switch name {
	case "POST", "PATCH", "PUT", "DELETE", "ToPostRequestInformation", "ToPatchRequestInformation", "ToPutRequestInformation", "ToDeleteRequestInformation", "post":
		return true
	}
	return false
}

func named(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}
