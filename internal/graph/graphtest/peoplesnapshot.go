package graphtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// savedRealm is the realm's part of a snapshot. Sessions, codes, tokens, keys
// and deliveries are not part of it.
type savedRealm struct {
	Tenants    []Tenant
	People     []Person
	Redirects  []string
	Consents   []string
	Operations []operationRecord
	HookURL    string
	HookEvents []string
	HookOther  bool
}

func init() { parts["realm"] = part{save: saveRealm, load: loadRealm} }

func saveRealm(s *Server) any {
	out := savedRealm{
		Redirects: s.realm.redirects, Consents: slices.Sorted(maps.Keys(s.realm.consents)), Operations: s.realm.operations,
		HookURL: s.realm.hook.url, HookEvents: s.realm.hook.events, HookOther: s.realm.hook.otherName,
	}
	for _, t := range s.realm.tenants.order {
		out.Tenants = append(out.Tenants, *t)
	}
	for _, p := range s.realm.people.order {
		out.People = append(out.People, *p)
	}
	return out
}

func loadRealm(s *Server, raw json.RawMessage) (func(), error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	var saved savedRealm
	if err := d.Decode(&saved); err != nil {
		return nil, err
	}
	return func() {
		r := &s.realm
		r.tenants, r.people, r.consents = table[Tenant]{}, table[Person]{}, map[string]bool{}
		for _, t := range saved.Tenants {
			r.tenants.put(t.ID, &t)
		}
		for _, p := range saved.People {
			r.people.put(p.key(), &p)
		}
		for _, key := range saved.Consents {
			r.consents[key] = true
		}
		r.redirects, r.operations = saved.Redirects, saved.Operations
		r.hook.url, r.hook.events, r.hook.otherName = saved.HookURL, saved.HookEvents, saved.HookOther
	}, nil
}
