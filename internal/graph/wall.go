package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	khttp "github.com/microsoft/kiota-http-go"

	"latchkey/internal/access"
)

// wall is what a request meets last. It knows each request that may change something,
// by its method, its path and its body, and lets no other through; of those that give
// something, only what the pass says that they carry. What only reads passes.
type wall struct{ base *url.URL }

// errWall is a fault of the program: a request that no rule was asked about.
var errWall = errors.New("the standing rule does not let this request out")

// Intercept implements the middleware interface.
func (w wall) Intercept(next khttp.Pipeline, index int, req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return next.Next(req, index)
	}
	body, err := readAll(req.Body)
	if err != nil {
		return nil, err
	}
	if p, _ := req.Context().Value(passKey).(pass); !w.lets(req, body, p) {
		return nil, errWall
	}
	return next.Next(withBody(req, body), index)
}

// writing is a request that may change something.
type writing struct {
	method, path string // a star stands for an id
	lets         func(w wall, ids []string, body []byte, p pass) bool
}

const relationshipsPath = "tenantRelationships/delegatedAdminRelationships"

var writings = []writing{
	// These take away.
	{http.MethodDelete, "groups/*/members/*/$ref", free}, // without $ref it would be the person
	{http.MethodDelete, relationshipsPath + "/*/accessAssignments/*", free},
	{http.MethodDelete, relationshipsPath + "/*", free}, // Graph takes it of one that was never sent
	// These give nobody anything.
	{http.MethodPost, "$batch", onlyReads},
	{http.MethodPost, "users/*/sendMail", free},
	// These give.
	{http.MethodPost, "groups", makesGroup},
	{http.MethodPost, "directory/administrativeUnits/*/members", makesGroup},
	{http.MethodPost, "groups/*/members/$ref", admitsMember},
	{http.MethodPost, strings.Join(pimPath, "/") + "/assignmentScheduleRequests", schedules},
	{http.MethodPost, relationshipsPath + "/*/accessAssignments", assignsRoles},
	{http.MethodPost, relationshipsPath, makesRelationship},
	{http.MethodPost, relationshipsPath + "/*/requests", asksOfRelationship},
	{http.MethodPatch, relationshipsPath + "/*", changesRelationship},
}

func (w wall) lets(req *http.Request, body []byte, p pass) bool {
	below, ok := strings.CutPrefix(req.URL.EscapedPath(), w.base.EscapedPath()+"/")
	if !ok || req.URL.RawQuery != "" {
		return false
	}
	for _, known := range writings {
		if ids, ok := match(known.path, below); ok && known.method == req.Method {
			return known.lets(w, ids, body, p)
		}
	}
	return false
}

// match returns what stands in the path where the pattern has stars.
func match(pattern, escaped string) (ids []string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(escaped, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i := range want {
		part, err := url.PathUnescape(got[i])
		switch {
		case err != nil:
			return nil, false
		case want[i] == "*" && part != "" && part != "$ref":
			ids = append(ids, part)
		case want[i] != part:
			return nil, false
		}
	}
	return ids, true
}

func free(wall, []string, []byte, pass) bool { return true }

// read reads a body that has nothing but what v knows.
func read(body []byte, v any) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(v) == nil && !d.More()
}

// onlyReads looks into a batch.
func onlyReads(_ wall, _ []string, body []byte, _ pass) bool {
	var v struct {
		Requests []batchRequest `json:"requests"`
	}
	return read(body, &v) && !slices.ContainsFunc(v.Requests, func(r batchRequest) bool { return r.Method != http.MethodGet })
}

const groupType = "#microsoft.graph.group" // in a unit it tells a new group from one that is there

// madeGroup is all that is said of a group of ours: neither owners nor members, and
// nothing that would make it another kind of group.
type madeGroup struct {
	Type            string `json:"@odata.type"`
	DisplayName     string `json:"displayName"`
	Description     string `json:"description"`
	MailNickname    string `json:"mailNickname"`
	SecurityEnabled bool   `json:"securityEnabled"`
	MailEnabled     bool   `json:"mailEnabled"`
}

// makesGroup knows both ways to make one: in the unit of the pass, and, where there is
// none, in the tenant.
func makesGroup(_ wall, ids []string, body []byte, p pass) bool {
	var v madeGroup
	var unit string
	if len(ids) > 0 {
		unit = ids[0]
	}
	return p.act == makes && read(body, &v) && v.Type == groupType && unit == string(p.unit) &&
		v.MailNickname == p.mark && p.mark != "" && v.SecurityEnabled && !v.MailEnabled
}

func admitsMember(w wall, ids []string, body []byte, p pass) bool {
	var v struct {
		Type string `json:"@odata.type"`
		ID   string `json:"@odata.id"`
	}
	return p.act == admits && read(body, &v) && ids[0] == string(p.group) && v.ID == w.object(p.who)
}

// object is the address of a person, as a membership names it.
func (w wall) object(who access.PrincipalID) string {
	return w.base.JoinPath("directoryObjects", url.PathEscape(string(who))).String()
}

func schedules(_ wall, _ []string, body []byte, p pass) bool {
	var v pimAsk
	if !read(body, &v) || v.AccessID != "member" {
		return false
	}
	theirs := v.GroupID == string(p.group) && v.PrincipalID == string(p.who) && v.Schedule != nil
	switch v.Action {
	case pimRemove: // takes away, like the removal of a member
		return true
	case pimAssign:
		return p.act == admits && theirs
	case pimUpdate:
		return (p.act == admits || p.act == holds) && theirs
	}
	return false
}

// saidRoles are roles as the body of a request has them.
type saidRoles struct {
	Type  string `json:"@odata.type"`
	Roles []struct {
		Type string        `json:"@odata.type"`
		ID   access.RoleID `json:"roleDefinitionId"`
	} `json:"unifiedRoles"`
}

func (s saidRoles) are(want []access.RoleID) bool {
	var ids []access.RoleID
	for _, r := range s.Roles {
		ids = append(ids, r.ID)
	}
	return len(ids) > 0 && access.SameRoles(ids, want)
}

func assignsRoles(_ wall, ids []string, body []byte, p pass) bool {
	var v struct {
		Type      string `json:"@odata.type"`
		Container struct {
			Type string `json:"@odata.type"`
			ID   string `json:"accessContainerId"`
			Kind string `json:"accessContainerType"`
		} `json:"accessContainer"`
		Details saidRoles `json:"accessDetails"`
	}
	return p.act == assigns && read(body, &v) && ids[0] == string(p.relationship) &&
		v.Container.ID == string(p.group) && v.Container.Kind == "securityGroup" && v.Details.are(p.roles)
}

func makesRelationship(_ wall, _ []string, body []byte, p pass) bool {
	var v struct {
		Type       string `json:"@odata.type"`
		Name       string `json:"displayName"`
		Duration   string `json:"duration"`
		AutoExtend string `json:"autoExtendDuration"`
		Customer   struct {
			Type   string `json:"@odata.type"`
			Tenant string `json:"tenantId"`
			Name   string `json:"displayName"`
		} `json:"customer"`
		Details saidRoles `json:"accessDetails"`
	}
	return p.act == offers && read(body, &v) && v.Customer.Tenant == string(p.customer) && p.customer != "" && v.Details.are(p.roles)
}

// asksOfRelationship knows what may be asked of a relationship: to send it is to ask for
// something, and so is our own word on one that a provider made. To end it takes away.
func asksOfRelationship(_ wall, ids []string, body []byte, p pass) bool {
	var v struct {
		Type   string `json:"@odata.type"`
		Action string `json:"action"`
	}
	if !read(body, &v) {
		return false
	}
	switch v.Action {
	case "terminate":
		return true
	case "approve", "reject":
		return p.act == consents && ids[0] == string(p.relationship) && p.yes == (v.Action == "approve")
	case "lockForApproval":
		return p.act == sends && ids[0] == string(p.relationship)
	}
	return false
}

func changesRelationship(_ wall, ids []string, body []byte, p pass) bool {
	var v struct {
		Type       string     `json:"@odata.type"`
		AutoExtend *string    `json:"autoExtendDuration"`
		Details    *saidRoles `json:"accessDetails"`
	}
	switch {
	case !read(body, &v):
		return false
	case v.Details == nil:
		return p.act == extends && ids[0] == string(p.relationship) && v.AutoExtend != nil && *v.AutoExtend == extension(p.yes)
	}
	return p.act == reduces && v.AutoExtend == nil && ids[0] == string(p.relationship) && v.Details.are(p.roles)
}
