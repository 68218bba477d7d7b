package seal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"latchkey/internal/state"
)

const (
	metaKey = "meta/seal"
	// batch is how many values one transaction seals anew, and most how many are looked
	// for in one pass.
	batch = 200
	most  = 50_000
)

// meta says of a store with which keys its values may be sealed.
type meta struct {
	Keys []string // their ids; none: nothing is sealed
	Done bool     // all that can be sealed is sealed with the only one of them
	// By is the key of whoever wrote this, and Proof shows that they had it: or somebody who
	// can write the file could have values be taken that were never sealed.
	By, Proof string
}

var (
	errPlain = errors.New("it is plain where all is sealed: somebody without the key has written it")
	errNote  = errors.New("the state's note of how it is sealed was changed, or taken away, by somebody without the key: restore a backup")
)

// MissingKeyError means that a store is sealed with a key that was not given.
type MissingKeyError struct {
	IDs   []string // of the keys that are missing
	Given bool     // whether any key was given
}

func (e *MissingKeyError) Error() string {
	ids := strings.Join(e.IDs, ", ")
	if !e.Given {
		return fmt.Sprintf("the state is sealed with the key %s, and no key was given: set STATE_KEY, or STATE_KEY_FILE, to it; nothing was changed", ids)
	}
	return fmt.Sprintf("the state is sealed with the key %s, which is not among those in STATE_KEY: add it after the others; nothing was changed", ids)
}

// Pass is what [Open] had to do.
type Pass struct {
	Renewed int      // values that are sealed otherwise than before, or not any more
	Aside   []string // places of values that do not open; they were left as they are
}

// Open returns the store as one whose values are opened and sealed with the keys. A nil
// first one has everything written plain again, and the others open what is sealed.
// Without keys it returns the store itself, unless that is sealed: then, and when
// a key that it is sealed with is not given, its error is a [*MissingKeyError].
//
// When something was sealed anew the store owes to be rewritten (see
// [state.OweRewrite]), for a file keeps what was overwritten in its free pages.
func Open(ctx context.Context, below state.Store, secrets [][]byte) (state.Store, Pass, error) {
	var was meta
	if err := below.View(ctx, func(tx state.Tx) (err error) {
		was, err = read(tx)
		return err
	}); err != nil {
		return nil, Pass{}, err
	}
	if len(secrets) == 0 {
		if len(was.Keys) > 0 {
			return nil, Pass{}, &MissingKeyError{IDs: was.Keys}
		}
		return below, Pass{}, nil
	}
	s, err := with(below, was, secrets)
	if err != nil {
		return nil, Pass{}, err
	}
	if len(was.Keys) == 0 {
		if err := s.untouched(ctx); err != nil {
			return nil, Pass{}, err
		}
	}
	done, err := s.renew(ctx, was)
	return s, done, err
}

// Renews reports whether [Open] with these keys would seal the store otherwise than it is.
// Who has it open with other keys could not read it from then on, and what they write
// could not be read. Its errors are those of Open.
func Renews(ctx context.Context, below state.Store, secrets [][]byte) (bool, error) {
	if len(secrets) == 0 {
		return false, nil // Open changes nothing then
	}
	var was meta
	if err := below.View(ctx, func(tx state.Tx) (err error) {
		was, err = read(tx)
		return err
	}); err != nil {
		return false, err
	}
	s, err := with(below, was, secrets)
	return err == nil && !was.is(s.wanted()), err
}

// untouched refuses a store that has sealed values and no note of it: that was taken away.
func (s *Store) untouched(ctx context.Context) error {
	return s.Store.View(ctx, func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			if sealed(item.Key, item.Value) {
				return errNote
			}
		}
		return nil
	})
}

// OpenToRead returns the store as one whose values are opened with the keys, and changes
// nothing in it. Without keys it returns the store itself, in which what is sealed stays
// so.
func OpenToRead(ctx context.Context, below state.Store, secrets [][]byte) (state.Store, error) {
	if len(secrets) == 0 {
		return below, nil
	}
	var was meta
	if err := below.View(ctx, func(tx state.Tx) (err error) {
		was, err = read(tx)
		return err
	}); err != nil {
		return nil, err
	}
	return with(below, was, secrets)
}

// with returns the store with the keys, among which all must be that it is sealed with.
func with(below state.Store, was meta, secrets [][]byte) (*Store, error) {
	s := &Store{Store: below}
	for i, secret := range secrets {
		if i == 0 && secret == nil {
			s.keys = append(s.keys, key{})
			continue
		}
		k, err := newKey(secret)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, k)
	}
	missing := slices.DeleteFunc(slices.Clone(was.Keys), func(id string) bool {
		return slices.ContainsFunc(s.keys, func(k key) bool { return k.id == id })
	})
	if len(missing) > 0 {
		return nil, &MissingKeyError{IDs: missing, Given: true}
	}
	if len(was.Keys) > 0 && !slices.ContainsFunc(s.keys, func(k key) bool {
		return k.id != "" && k.id == was.By && hmac.Equal([]byte(k.vouch(was)), []byte(was.Proof))
	}) {
		return nil, errNote
	}
	s.all = was.Done
	return s, nil
}

// wanted is what the note says once everything is as the first key has it.
func (s *Store) wanted() meta {
	if id := s.keys[0].id; id != "" {
		return meta{Keys: []string{id}, Done: true}
	}
	return meta{}
}

func (m meta) is(other meta) bool { return m.Done == other.Done && slices.Equal(m.Keys, other.Keys) }

// renew has everything be as the first key has it. A crash before its last transaction
// has the next start do it again.
func (s *Store) renew(ctx context.Context, was meta) (Pass, error) {
	want := s.wanted()
	if was.is(want) {
		return Pass{}, nil
	}
	if s.keys[0].id == "" {
		s.all = false // the pass writes what is plain
	}
	under := meta{Keys: was.Keys}
	for _, id := range want.Keys {
		if !slices.Contains(under.Keys, id) {
			under.Keys = append(slices.Clone(under.Keys), id)
		}
	}
	if err := s.Store.Update(ctx, func(tx state.Tx) error { return s.write(tx, under) }); err != nil {
		return Pass{}, err
	}
	var pass Pass
	aside := map[string]bool{}
	for {
		stale, err := s.stale(ctx, aside)
		if err != nil {
			return pass, err
		}
		if len(stale) == 0 {
			break
		}
		for some := range slices.Chunk(stale, batch) {
			n := 0
			if err := s.Store.Update(ctx, func(tx state.Tx) (err error) {
				n, err = s.again(tx, some, aside)
				return err
			}); err != nil {
				return pass, fmt.Errorf("seal the state anew: %w", err)
			}
			pass.Renewed += n
		}
	}
	for place := range aside {
		pass.Aside = append(pass.Aside, place)
	}
	slices.Sort(pass.Aside)
	s.all = want.Done
	return pass, s.Store.Update(ctx, func(tx state.Tx) error { return s.write(tx, want) })
}

// right reports whether a value is as the first key has it.
func (s *Store) right(place string, raw []byte) bool {
	if isPlain(place) {
		return true
	}
	if s.keys[0].id == "" {
		return !sealed(place, raw)
	}
	return bytes.HasPrefix(raw, s.keys[0].mark())
}

func (s *Store) stale(ctx context.Context, aside map[string]bool) (out []string, err error) {
	err = s.Store.View(ctx, func(tx state.Tx) error {
		out = out[:0]
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			if !aside[item.Key] && !s.right(item.Key, item.Value) {
				out = append(out, item.Key)
			}
			if len(out) == most {
				break
			}
		}
		return nil
	})
	return out, err
}

// again seals some values anew, and notes those that do not open.
func (s *Store) again(under state.Tx, some []string, aside map[string]bool) (n int, err error) {
	for _, place := range some {
		raw, err := under.Get(place)
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return n, err
		}
		logical, value, err := s.opened(place, raw)
		if err != nil {
			aside[place] = true
			continue
		}
		if err := (&tx{under, s}).Put(logical, value); err != nil {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, state.OweRewrite(under)
}

func read(tx state.Tx) (m meta, err error) {
	raw, err := tx.Get(metaKey)
	if errors.Is(err, state.ErrNotFound) {
		return m, nil
	}
	if err == nil && json.Unmarshal(raw, &m) != nil {
		return m, errors.New("the state's note of how it is sealed cannot be read: restore a backup")
	}
	return m, err
}

func (s *Store) write(tx state.Tx, m meta) error {
	if len(m.Keys) == 0 {
		return tx.Delete(metaKey)
	}
	i := slices.IndexFunc(s.keys, func(k key) bool { return k.id != "" })
	m.By, m.Proof = s.keys[i].id, s.keys[i].vouch(m)
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.Put(metaKey, raw)
}
