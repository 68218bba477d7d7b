package graphtest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
)

const (
	// maxCustomers is the largest page of customers.
	maxCustomers = 500
	// continuationToken is the header that asks for the page after another.
	continuationToken = "MS-ContinuationToken"
)

// centerCustomers lists the customers by pages. As in all paged answers of
// Partner Center, totalCount is that of the page, and links.next tells the
// address of the next page and the header to send with it.
func (s *Server) centerCustomers(q centerRequest) (int, object, *centerError) {
	values := q.URL.Query()
	size := maxCustomers
	if values.Has("size") {
		n, err := strconv.Atoi(values.Get("size"))
		if err != nil || n < 1 || n > maxCustomers {
			return 0, nil, &centerError{http.StatusBadRequest, 2, "The size must be from 1 to 500.", 0}
		}
		size = n
	}
	all := s.centerList()
	switch seek := values.Get("seekOperation"); {
	case same(seek, "next"):
		rest, refusal := after(all, q.Header.Get(continuationToken))
		if refusal != nil {
			return 0, nil, refusal
		}
		all = rest
	case seek != "" && !same(seek, "first"):
		return 0, nil, &centerError{http.StatusBadRequest, 2, "The seekOperation must be First or Next.", 0}
	}
	self := "/customers?size=" + strconv.Itoa(size)
	links := object{"self": object{"uri": self, "method": "GET", "headers": []string{}}}
	if len(all) > size {
		all = all[:size]
		links["next"] = object{
			"uri": self + "&seekOperation=Next", "method": "GET",
			"headers": []object{{"key": continuationToken, "value": base64.StdEncoding.EncodeToString([]byte(all[size-1].ID))}},
		}
	}
	items := make([]object, 0, len(all))
	for _, t := range all {
		items = append(items, t.wire(q.base, false))
	}
	return http.StatusOK, object{
		"totalCount": len(items), "items": items, "links": links, "attributes": object{"objectType": "Collection"},
	}, nil
}

// after is what comes after the customer that a token names. A token is good
// as long as its customer is one.
func after(all []*Tenant, token string) ([]*Tenant, *centerError) {
	id, err := base64.StdEncoding.DecodeString(token)
	i := slices.IndexFunc(all, func(t *Tenant) bool { return same(t.ID, string(id)) })
	if err != nil || i < 0 {
		return nil, &centerError{http.StatusBadRequest, 2, "The header " + continuationToken + " must be the one of the page before.", 0}
	}
	return all[i+1:], nil
}
