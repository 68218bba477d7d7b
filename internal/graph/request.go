package graph

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
)

// maxPages bounds a list, so that a service that never stops cannot hold a job.
const maxPages = 2000

const jsonType = "application/json"

// fields says how each property of a JSON object is read.
type fields = map[string]func(serialization.ParseNode) error

// request makes a request to a path below the base URL. Each segment is one
// part of the path and is escaped; an empty one, or one that would climb, is
// refused, so that an id that is missing never turns into another address.
func (c *Client) request(method abs.HttpMethod, query url.Values, segments ...string) (*abs.RequestInformation, error) {
	u := *c.base
	path := []string{u.EscapedPath()}
	for _, s := range segments {
		if err := usable(s); err != nil {
			return nil, err
		}
		path = append(path, url.PathEscape(s))
	}
	raw := strings.Join(path, "/")
	plain, err := url.PathUnescape(raw)
	if err != nil { // unreachable: it was escaped above
		return nil, err
	}
	u.Path, u.RawPath = plain, raw
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	r := abs.NewRequestInformation()
	r.Method = method
	r.SetUri(u)
	r.Headers.Add("Accept", jsonType)
	return r, nil
}

// usable refuses an id that cannot stand in a path.
func usable(id string) error {
	switch id {
	case "", ".", "..":
		return errors.New("an id is missing")
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("an id has control characters")
	}
	return nil
}

// receive sends the request and reads the answer as a T.
func receive[T serialization.Parsable](
	ctx context.Context, c *Client, doing string, r *abs.RequestInformation, factory serialization.ParsableFactory,
) (T, error) {
	var zero T
	answer, err := c.adapter.Send(ctx, r, factory, refusals)
	if err != nil {
		return zero, failed(doing, err)
	}
	v, ok := answer.(T)
	if !ok {
		return zero, fmt.Errorf("%s: graph answered without the object asked for", doing)
	}
	return v, nil
}

// perform sends a request whose answer has no body.
func (c *Client) perform(ctx context.Context, doing string, r *abs.RequestInformation) error {
	if err := c.adapter.SendNoContent(ctx, r, refusals); err != nil {
		return failed(doing, err)
	}
	return nil
}

// post makes a request with a body.
func (c *Client) post(ctx context.Context, body serialization.Parsable, segments ...string) (*abs.RequestInformation, error) {
	r, err := c.request(abs.POST, nil, segments...)
	if err != nil {
		return nil, err
	}
	return r, r.SetContentFromParsable(ctx, c.adapter, jsonType, body)
}

// list reads every page of a list, beginning with the answer to first. The
// links to further pages are followed as they are, on Graph's host only. After
// an error nothing more is yielded.
func list[T serialization.Parsable](
	ctx context.Context, c *Client, doing string, first *abs.RequestInformation, factory serialization.ParsableFactory,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		r := first
		for range maxPages {
			p, err := receive[*page](ctx, c, doing, r, newPage(factory))
			if err != nil {
				yield(zero, err)
				return
			}
			if !p.whole {
				yield(zero, fmt.Errorf("%s: graph answered without a list", doing))
				return
			}
			for _, item := range p.items {
				v, ok := item.(T)
				if !ok {
					yield(zero, fmt.Errorf("%s: graph listed something else", doing))
					return
				}
				if !yield(v, nil) {
					return
				}
			}
			if p.next == "" {
				return
			}
			if r, err = c.follow(p.next); err != nil {
				yield(zero, fmt.Errorf("%s: %w", doing, err))
				return
			}
		}
		yield(zero, fmt.Errorf("%s: the list does not end", doing))
	}
}

// follow makes the request for a further page.
func (c *Client) follow(link string) (*abs.RequestInformation, error) {
	u, err := url.Parse(link)
	if err != nil || !sameHost(c.base, u) {
		return nil, errors.New("the link to the next page leads away from graph")
	}
	r := abs.NewRequestInformation()
	r.Method = abs.GET
	r.SetUri(*u)
	r.Headers.Add("Accept", jsonType)
	return r, nil
}

// page is one answer to a list.
type page struct {
	factory serialization.ParsableFactory
	items   []serialization.Parsable
	whole   bool // it had a list, be it empty
	next    string
}

func newPage(factory serialization.ParsableFactory) serialization.ParsableFactory {
	return func(serialization.ParseNode) (serialization.Parsable, error) { return &page{factory: factory}, nil }
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (p *page) GetFieldDeserializers() fields {
	return fields{
		"@odata.nextLink": text(&p.next),
		"value": func(n serialization.ParseNode) (err error) {
			p.items, err = n.GetCollectionOfObjectValues(p.factory)
			p.whole = p.items != nil
			return err
		},
	}
}

// Serialize writes nothing: pages are only read.
func (p *page) Serialize(serialization.SerializationWriter) error { return nil }

// text reads a string as it stands. Anything that is no string is left out.
func text(into *string) func(serialization.ParseNode) error {
	return func(n serialization.ParseNode) error {
		*into = raw(n)
		return nil
	}
}

// truth reads a boolean. Anything that is none is false.
func truth(into *bool) func(serialization.ParseNode) error {
	return func(n serialization.ParseNode) error {
		v, err := n.GetBoolValue()
		*into = err == nil && deref(v)
		return nil
	}
}

// ignore skips a property that the SDK would stumble over.
func ignore(serialization.ParseNode) error { return nil }

// child reads a string property of an object.
func child(n serialization.ParseNode, name string) string {
	if n == nil {
		return ""
	}
	c, err := n.GetChildNode(name)
	if err != nil {
		return ""
	}
	return raw(c)
}

func raw(n serialization.ParseNode) string {
	if n == nil {
		return ""
	}
	v, err := n.GetRawValue()
	if err != nil {
		return ""
	}
	if s, ok := v.(*string); ok && s != nil {
		return *s
	}
	return ""
}

// moment reads a date. Null, empty and the zero date are no date; ok is false
// for what cannot be read.
func moment(s string) (at time.Time, ok bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// deref returns what a property of the SDK holds, or the zero value.
func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func ptr[T any](v T) *T { return &v }
