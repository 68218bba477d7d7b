// Package seal keeps what a store holds of people encrypted: a [Store] above any
// other, of which nothing above it knows.
//
// Everything is sealed but what the list below names: indexes, marks and the audit log, which
// hold ids and digests only, so that a new record is sealed by itself and an auditor needs
// no key. A value is sealed for its place: one that was changed, or moved to another
// record, does not open, and counts as damaged; so does a plain one once all is sealed, which
// somebody without the key has put there. A key of the store that would tell a mail
// address is replaced by its keyed hash.
//
// There may be several keys: the first seals, all of them open. [Open] seals anew, in
// transactions of a bounded size, whatever is not sealed with the first; a crash leaves some of each,
// all of which opens, and the next start goes on. A store that is sealed is not opened
// without its key, and nothing is written to it then.
package seal

import (
	"bytes"
	"context"
	"strings"

	"latchkey/internal/state"
)

// plain are the prefixes of what is not sealed: it holds ids, digests and times.
var plain = []string{
	"audit/", "event/", "idx/", "meta/", "delivery/", "notification/", "outbox/bytime/", "outbox/due/", "outbox/lane/", "outbox/seq",
}

func isPlain(place string) bool {
	for _, p := range plain {
		if strings.HasPrefix(place, p) {
			return true
		}
	}
	return false
}

// folder returns the part of the key before the mail address in it, and false for a key
// that has none.
func folder(logical string) (string, bool) {
	rest, ok := strings.CutPrefix(logical, "contact/")
	if !ok {
		return "", false
	}
	customer, rest, _ := strings.Cut(rest, "/")
	if !strings.HasPrefix(rest, "mail/") {
		return "", false
	}
	return "contact/" + customer + "/mail/", true
}

// Store seals what it is given and opens what it returns. Its own methods are those of
// the store below.
type Store struct {
	state.Store
	keys []key // the first seals; one without an id writes plain
	all  bool  // everything is sealed that can be
}

var _ state.Store = (*Store)(nil)

// View runs fn on opened values.
func (s *Store) View(ctx context.Context, fn func(state.Tx) error) error {
	return s.Store.View(ctx, func(under state.Tx) error { return fn(&tx{under, s}) })
}

// Update runs fn, whose values are sealed.
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	return s.Store.Update(ctx, func(under state.Tx) error { return fn(&tx{under, s}) })
}

// Below returns the store as it is on the disk.
func (s *Store) Below() state.Store { return s.Store }

// opened returns what the value at a place is, and of which key. A value that was never
// sealed is what it is, while there may be such.
func (s *Store) opened(place string, raw []byte) (logical string, value []byte, err error) {
	if !sealed(place, raw) {
		if s.all && !isPlain(place) {
			return "", nil, errPlain
		}
		return place, raw, nil
	}
	_, named := folder(place)
	for _, k := range s.keys {
		if k.id != "" && bytes.HasPrefix(raw, k.mark()) {
			return k.open(place, named, raw)
		}
	}
	return "", nil, errNotOpened
}

func sealed(place string, raw []byte) bool {
	return !isPlain(place) && bytes.HasPrefix(raw, []byte(state.SealMark))
}

// place is where the first key has the value of a logical key.
func (k key) place(logical string) string {
	dir, ok := folder(logical)
	if !ok || k.id == "" {
		return logical
	}
	return dir + k.name(logical)
}

// places are all where it may be.
func (s *Store) places(logical string) []string {
	if _, ok := folder(logical); !ok {
		return []string{logical}
	}
	out := make([]string, 0, len(s.keys)+1)
	for _, k := range s.keys {
		if k.id != "" {
			out = append(out, k.place(logical))
		}
	}
	return append(out, logical)
}
