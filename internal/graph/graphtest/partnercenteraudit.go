package graphtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	auditDays    = 30 // back from today when no start is given
	maxAuditDays = 90
)

// auditFilter is the filter of a search of audit records.
type auditFilter struct{ Field, Value, Operator string }

func (f auditFilter) valid() bool {
	switch strings.ToLower(f.Field) {
	case "customerid", "resourcetype":
		return same(f.Operator, "equals")
	case "companyname":
		return same(f.Operator, "substring") || same(f.Operator, "equals")
	}
	return false
}

func (f auditFilter) keeps(o operationRecord) bool {
	switch strings.ToLower(f.Field) {
	case "customerid":
		return same(o.CustomerID, f.Value)
	case "resourcetype":
		return same(o.ResourceType, strings.ReplaceAll(f.Value, "-", "_"))
	case "companyname":
		if same(f.Operator, "equals") {
			return same(o.CustomerName, f.Value)
		}
		return strings.Contains(strings.ToLower(o.CustomerName), strings.ToLower(f.Value))
	}
	return true
}

// centerAudit is the search of audit records by day, newest first.
func (s *Server) centerAudit(q centerRequest) (int, object, *centerError) {
	today := q.now.Truncate(24 * time.Hour)
	from, until := today.AddDate(0, 0, -auditDays), today
	bad := &centerError{http.StatusBadRequest, 9, "The dates must be days, in order and of the last 90 days.", 0}
	values := q.URL.Query()
	for name, into := range map[string]*time.Time{"startDate": &from, "endDate": &until} {
		if text := values.Get(name); text != "" {
			day, err := time.Parse(time.DateOnly, text)
			if err != nil {
				return 0, nil, bad
			}
			*into = day
		}
	}
	if from.After(until) || from.Before(today.AddDate(0, 0, -maxAuditDays)) {
		return 0, nil, bad
	}
	var f auditFilter
	if text := values.Get("filter"); text != "" && (json.Unmarshal([]byte(text), &f) != nil || !f.valid()) {
		return 0, nil, &centerError{http.StatusBadRequest, 10, "The filter is not one that can be used here.", 0}
	}
	items := []object{}
	for i := len(s.realm.operations) - 1; i >= 0; i-- {
		o := s.realm.operations[i]
		if !o.At.Before(from) && o.At.Before(until.AddDate(0, 0, 1)) && f.keeps(o) {
			items = append(items, o.wire(s.opt.PartnerTenant))
		}
	}
	return http.StatusOK, object{
		"totalCount": len(items), "items": items,
		"links":      object{"self": object{"uri": "/auditrecords?" + values.Encode(), "method": "GET", "headers": []string{}}},
		"attributes": object{"objectType": "Collection"},
	}, nil
}

// centerAuditRecord is one record, by the address that an event gives.
func (s *Server) centerAuditRecord(q centerRequest) (int, object, *centerError) {
	for _, o := range s.realm.operations {
		if same(o.ID, q.PathValue("id")) {
			return http.StatusOK, o.wire(s.opt.PartnerTenant), nil
		}
	}
	return 0, nil, &centerError{http.StatusNotFound, 11, "There is no such audit record.", 0}
}
