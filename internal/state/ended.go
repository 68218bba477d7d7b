package state

import (
	"context"
	"errors"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Ended is a record to which nothing happens any more, and since when.
type Ended struct {
	At   time.Time
	Kind string // the beginning of its key, such as "grant"
	ID   string
	key  string // of the index
}

// Key is that of the record.
func (e Ended) Key() string { return Path(e.Kind, e.ID) }

const endedPrefix = "idx/ended/"

func endedKey(at time.Time, kind, id string) string {
	return endedPrefix + Path(TimeKey(at), kind, id)
}

// endedAt is the index of a record that has ended, if it is known when.
func endedAt(keys []string, ended bool, at time.Time, kind, id string) []string {
	if !ended || at.IsZero() {
		return keys
	}
	return append(keys, endedKey(at, kind, id))
}

// endedRequest says when a request ended that has no grant, whose end is not its own.
func endedRequest(r access.Request) (at time.Time, ended bool) {
	switch r.State {
	case access.Denied, access.Withdrawn, access.Lapsed:
		return r.EndedAt, true
	case access.Approved:
		if !r.Stopped.At.IsZero() && r.Opened == 0 {
			return r.Stopped.At, true
		}
		return r.EndedAt, r.Extends != ""
	case access.Pending:
	}
	return time.Time{}, false
}

// overOffer reports whether nothing more is expected of an offer.
func overOffer(o access.Offer) bool {
	return o.State == access.OfferEnded || o.State == access.OfferLapsed || o.State == access.OfferFailed
}

// EndedUntil lists what had ended by then, the longest ago first, at most limit of them:
// those after the one before, or all for a zero one. It reads nothing that ended later.
func EndedUntil(tx Tx, by time.Time, before Ended, limit int) ([]Ended, error) {
	var out []Ended
	for item, err := range tx.Scan(endedPrefix) {
		if err != nil {
			return nil, err
		}
		e, err := parseEnded(item.Key)
		if err != nil {
			return nil, err
		}
		if e.At.After(by) || len(out) == limit {
			break
		}
		if item.Key > before.key {
			out = append(out, e)
		}
	}
	return out, nil
}

func parseEnded(key string) (Ended, error) {
	p := strings.SplitN(key, "/", 5)
	if len(p) < 5 {
		return Ended{}, errors.New("an index without a time: " + key)
	}
	at, err := ParseTimeKey(p[2])
	return Ended{At: at, Kind: p[3], ID: p[4], key: key}, err
}

// Drop deletes a record with its indexes and its cards; one that is not there is no
// error. One that cannot be read is left to whoever looks at it.
func Drop(tx Tx, key string) error {
	raw, err := tx.Get(key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s, _, err := shelfOf(kinds(), key, raw)
	if err != nil {
		return err
	}
	for _, index := range s.indexes {
		if is, err := tx.Get(index); err == nil && string(is) == s.id {
			err = tx.Delete(index)
			if err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	id := key[strings.LastIndexByte(key, '/')+1:]
	for item, err := range tx.Scan(Path("card", id) + "/") {
		if err != nil {
			return err
		}
		if err := tx.Delete(item.Key); err != nil {
			return err
		}
	}
	return errors.Join(tx.Delete(Path("idx/alert/stale", id)), tx.Delete(key))
}

// endedMark says that everything that had ended before there was the index is in it.
const endedMark = "meta/ended"

// IndexEnded has what ended before this version did so be found by its end, in
// transactions of a bounded size. After a crash it goes on; done once it does nothing.
func IndexEnded(ctx context.Context, s Store) error {
	for {
		var missing []Item
		done := false
		err := s.View(ctx, func(tx Tx) (err error) {
			if _, err = tx.Get(endedMark); !errors.Is(err, ErrNotFound) {
				done = err == nil
				return err
			}
			missing, err = unlisted(tx, 500)
			return err
		})
		if err != nil || done {
			return err
		}
		err = s.Update(ctx, func(tx Tx) error {
			for _, one := range missing {
				if err := tx.Put(one.Key, one.Value); err != nil {
					return err
				}
			}
			if len(missing) == 0 {
				return tx.Put(endedMark, []byte("1"))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// unlisted returns entries of the index that are missing.
func unlisted(tx Tx, most int) ([]Item, error) {
	var out []Item
	for _, k := range kinds() {
		for item, err := range tx.Scan(k.prefix) {
			if err != nil {
				return nil, err
			}
			s, err := k.read(item.Key, item.Value)
			if err != nil {
				continue // what cannot be read has no end
			}
			for _, key := range s.indexes {
				if !strings.HasPrefix(key, endedPrefix) {
					continue
				}
				if _, err := tx.Get(key); errors.Is(err, ErrNotFound) {
					out = append(out, Item{key, []byte(s.id)})
				} else if err != nil {
					return nil, err
				}
				if len(out) == most {
					return out, nil
				}
			}
		}
	}
	return out, nil
}

// OldStorms lists the cards of many alerts that are older than that.
func OldStorms(tx Tx, by time.Time) ([]Storm, error) {
	all, _, err := Readable[Storm](tx, "storm/")
	var out []Storm
	for _, s := range all {
		if !s.At.After(by) {
			out = append(out, s)
		}
	}
	return out, err
}

// History lists, in their order, the prefixes of the keys below which nearly everything is
// about what is over. It grows with the years; all else is what is now.
func History() []string {
	return []string{"card/", "event/", GrantKeys, "idx/customer/", endedPrefix, "idx/event/", "idx/requester/", "request/"}
}
