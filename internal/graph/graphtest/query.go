package graphtest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is the OData part of an address, as far as it is understood.
type query struct {
	values url.Values
	top    int // 0: not given
	fields []string
	filter []clause
	count  bool
	after  uint64 // where the page starts; 0: at the beginning
	last   string // what the page before ended with, by the order asked for
	order  string // property to sort by; "": as the listing has it
	desc   bool
}

// later tells a page after the first from a fresh read.
func (q query) later() bool { return q.after > 0 }

// parseQuery refuses system options that this stand-in does not know, so that
// a client which relies on one notices. Other parameters are ignored.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, badDirectory("The query cannot be read.")
	}
	q := query{values: values}
	for name, given := range values {
		if !strings.HasPrefix(name, "$") {
			continue
		}
		if len(given) != 1 {
			return query{}, badDirectory("A query option is given more than once.")
		}
		if err := q.set(name, given[0]); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func (q *query) set(name, value string) error {
	switch name {
	case "$top":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return badDirectory("The value of $top must be a positive number.")
		}
		q.top = n
	case "$select":
		for field := range strings.SplitSeq(value, ",") {
			if field = strings.TrimSpace(field); field == "" {
				return badDirectory("The value of $select names an empty property.")
			}
			q.fields = append(q.fields, field)
		}
	case "$filter":
		filter, err := parseFilter(value)
		if err != nil {
			return err
		}
		q.filter = filter
	case "$count":
		if value != "true" && value != "false" {
			return badDirectory("The value of $count must be true or false.")
		}
		q.count = value == "true"
	case "$orderby":
		property, direction, _ := strings.Cut(strings.TrimSpace(value), " ")
		if property == "" || direction != "" && direction != "asc" && direction != "desc" {
			return badDirectory("The value of $orderby must be one property, with asc or desc if need be.")
		}
		q.order, q.desc = property, direction == "desc"
	case "$skiptoken":
		after, last, err := parseSkipToken(value)
		if err != nil {
			return badDirectory("The value of $skiptoken is not one that was given out.")
		}
		q.after, q.last = after, last
	default:
		return unsupported("This query option is not supported.")
	}
	return nil
}

func skipToken(seq uint64, last string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "after:%d:%s", seq, last))
}

func parseSkipToken(token string) (uint64, string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, "", err
	}
	rest, ok := strings.CutPrefix(string(raw), "after:")
	number, last, split := strings.Cut(rest, ":")
	if !ok || !split {
		return 0, "", strconv.ErrSyntax
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, last, err
}

// entry is an element of a collection. seq orders it and is where a page may
// start, so what comes or goes between two pages moves nothing else.
type entry struct {
	seq  uint64
	body object
}

// listing says how a collection may be read.
type listing struct {
	context string            // what follows $metadata in @odata.context
	root    string            // what precedes it, below /v1.0
	page    int               // entries of a page when $top is not given
	limit   int               // greatest $top
	filters map[string]string // property path → operators it may be filtered by
	orders  []string          // properties it may be sorted by
	newest  string            // property that sorts it, newest first, unless asked otherwise
	// advanced: $count is answered only under eventual consistency.
	advanced bool
}

// allows refuses a query that the collection does not answer.
func (l listing) allows(c *call) error {
	if c.query.top > l.limit {
		return badRequest(fmt.Sprintf("The value of $top may be at most %d.", l.limit))
	}
	if l.advanced && c.query.count && !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
		return unsupported("$count needs the ConsistencyLevel header with the value eventual.")
	}
	if c.query.order != "" && !slices.Contains(l.orders, c.query.order) {
		return unsupported("This property is not supported in $orderby.")
	}
	for _, f := range c.query.filter {
		operators := l.filters[f.path]
		if !slices.Contains(strings.Fields(operators), f.operator) || f.instant != (operators == opInstant) {
			return unsupported("This property or operator is not supported in $filter.")
		}
	}
	return nil
}

// list answers with the entries that the query asks for; they are in order.
func (c *call) list(l listing, entries []entry) (reply, error) {
	if err := l.allows(c); err != nil {
		return reply{}, err
	}
	if c.query.order == "" && l.newest != "" {
		c.query.order, c.query.desc = l.newest, true
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return c.query.compare(a.place(c.query), b.place(c.query)) })
	size := l.page
	if c.query.top > 0 {
		size = c.query.top
	}
	out := object{"@odata.context": c.url(l.root + "/$metadata#" + l.context)}
	total, value, last, more := 0, []object{}, place{}, false
	for _, e := range entries {
		if !matches(c.query.filter, e.body) {
			continue
		}
		total++
		switch at := e.place(c.query); {
		case c.query.later() && c.query.compare(at, place{c.query.last, c.query.after}) <= 0:
		case len(value) < size:
			value = append(value, c.pick(e.body))
			last = at
		default:
			more = true
		}
	}
	out["value"] = value
	if more {
		out["@odata.nextLink"] = c.nextLink(last)
	}
	if c.query.count {
		out["@odata.count"] = total
	}
	return reply{status: 200, body: out}, nil
}

// place is where an entry stands in the order asked for: by a property, and
// among equals as they came.
type place struct {
	by  string
	seq uint64
}

func (e entry) place(q query) place {
	if q.order == "" {
		return place{"", e.seq}
	}
	by, _ := lookup(e.body, q.order)
	if at, err := time.Parse(time.RFC3339, by); err == nil {
		by = at.UTC().Format("2006-01-02T15:04:05.000000000Z") // sorts as text
	}
	return place{strings.ToLower(by), e.seq}
}

func (q query) compare(a, b place) int {
	order := cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.seq, b.seq))
	if q.desc {
		return -order
	}
	return order
}

func (c *call) nextLink(last place) string {
	values := maps.Clone(c.query.values)
	values["$skiptoken"] = []string{skipToken(last.seq, last.by)}
	return c.url(c.r.URL.EscapedPath()) + "?" + values.Encode()
}

// one answers with a single entity.
func (c *call) one(status int, context string, body object) reply {
	out := c.pick(body)
	out["@odata.context"] = c.url(context)
	return reply{status: status, body: out}
}

// pick applies $select. The id and annotations always stay.
func (c *call) pick(body object) object {
	if len(c.query.fields) == 0 {
		return maps.Clone(body)
	}
	out := object{}
	for name, value := range body {
		if name == "id" || strings.HasPrefix(name, "@odata.") {
			out[name] = value
		}
	}
	for _, name := range c.query.fields {
		if value, ok := body[name]; ok {
			out[name] = value
		}
	}
	return out
}
