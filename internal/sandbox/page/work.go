package page

import (
	"net/http"
	"slices"
	"strings"

	"latchkey/internal/graph/graphtest"
)

// deeds are what can be done in a customer's tenant; of the first nothing but the sign-in
// is in a log.
var deeds = []string{"", "Reset user password", "Update user", "Add member to role"}

// workView is what the partner's people did in customers' tenants, as the customers' own
// logs have it, and how to do something there.
type workView struct {
	Here      where
	Who       string // whom the reader of the page is; empty: nobody of the partner
	Customers []customerView
	Deeds     []string
	Lines     []lineView
}

type customerView struct{ Tenant, Name string }

func (s *scene) work(l look) *workView {
	if s.h.Works == nil {
		return nil
	}
	v := &workView{Here: s.where, Deeds: deeds[1:]}
	if s.h.Works(s.Me.User) != "" {
		v.Who = s.Me.Name
	}
	names := map[string]string{}
	for _, rel := range s.h.Graph.Relationships() {
		if rel.CustomerTenant != "" && names[rel.CustomerTenant] == "" {
			names[rel.CustomerTenant] = orElse(rel.CustomerName, rel.CustomerTenant)
			v.Customers = append(v.Customers, customerView{rel.CustomerTenant, names[rel.CustomerTenant]})
		}
	}
	var lines []AuditLine
	for _, e := range s.h.Graph.Entries() {
		line := AuditLine{At: e.At.UTC(), Kind: orElse(names[e.Tenant], e.Tenant), Who: e.Who, What: "signed in to " + e.App}
		if e.What != "" {
			line.What = strings.TrimSpace(e.What + " " + e.Target)
		}
		if e.Failed {
			line.What += ", refused"
		}
		lines = append(lines, line)
	}
	v.Lines = newest(l, tabWork, lines)
	return v
}

// doWork has the persona do something in a customer's tenant.
func (h *handler) doWork(_ http.ResponseWriter, r *http.Request, s *scene) (string, bool) {
	if h.Works == nil {
		return "failed", false
	}
	w := graphtest.Work{Tenant: r.PostForm.Get("tenant"), Person: h.Works(s.Me.User), Does: r.PostForm.Get("does")}
	known := slices.ContainsFunc(h.Graph.Relationships(), func(rel graphtest.Relationship) bool {
		return w.Tenant != "" && rel.CustomerTenant == w.Tenant
	})
	if w.Person == "" || !known || !slices.Contains(deeds, w.Does) {
		return "failed", false
	}
	if w.Does != "" {
		w.Target = "Pat Example"
	}
	if r.PostForm.Has("otherwise") {
		return because(h.Graph.Sneak(w)), false
	}
	in, err := h.Graph.Work(w)
	if err == nil && !in {
		return "shut", false
	}
	return because(err), false
}
