package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Keeps reports whether the key is of the outbox.
func Keeps(key string) bool { return strings.HasPrefix(key, "outbox/") }

// Owing is what [Check] found in the outbox.
type Owing struct {
	Owed, Dead int
	Oldest     time.Time // when the oldest effect was owed; zero when none is
}

// Check reads the whole outbox and tells of each fault in it.
func Check(tx state.Tx, found func(state.Fault)) (Owing, error) {
	c := &checking{tx: tx, found: found, kinds: Kinds()}
	raw, err := tx.Get(seqKey)
	if err == nil {
		c.last, err = strconv.ParseUint(string(raw), 10, 64)
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		c.say(state.FaultUnreadable, seqKey, "Effects cannot be numbered: %v.", err)
	}
	for item, err := range tx.Scan("outbox/") {
		if err == nil {
			err = c.item(item)
		}
		if err != nil {
			return c.owing, err
		}
	}
	return c.owing, nil
}

type checking struct {
	tx    state.Tx
	found func(state.Fault)
	kinds []string
	last  uint64
	owing Owing
}

func (c *checking) say(kind state.FaultKind, key, format string, args ...any) {
	c.found(state.Fault{Kind: kind, Key: key, What: fmt.Sprintf(format, args...)})
}

func (c *checking) stale(key, what string) {
	c.found(state.Fault{Kind: state.FaultStale, Key: key, What: what, Entry: &state.Entry{Item: state.Item{Key: key}, None: true}})
}

func (c *checking) item(item state.Item) error {
	switch {
	case strings.HasPrefix(item.Key, effectPrefix), strings.HasPrefix(item.Key, deadPrefix):
		return c.effect(item)
	case strings.HasPrefix(item.Key, lanePrefix):
		return c.queued(item, func(e Effect) bool { return laneKey(e) == item.Key })
	case strings.HasPrefix(item.Key, byTimePrefix):
		return c.queued(item, func(e Effect) bool { return e.Timed && byTimeKey(e) == item.Key })
	case strings.HasPrefix(item.Key, duePrefix):
		return c.queued(item, func(e Effect) bool {
			id, _, _, err := head(c.tx, e.Lane)
			return err == nil && id == e.ID && dueKey(e) == item.Key
		})
	case item.Key != seqKey:
		c.say(state.FaultUnknown, item.Key, "It is kept under a name that this program does not use.")
	}
	return nil
}

// effect checks one that is owed or dead, and what it is about.
func (c *checking) effect(item state.Item) error {
	e, err := state.Decode[Effect](item.Key, item.Value)
	prefix := effectPrefix
	if strings.HasPrefix(item.Key, deadPrefix) {
		prefix = deadPrefix
		c.owing.Dead++
	} else {
		c.owing.Owed++
	}
	switch {
	case state.Sealed(item.Value):
		return nil
	case err != nil:
		c.say(state.FaultUnreadable, item.Key, "It cannot be decoded: %v.", errors.Unwrap(err))
		return nil
	case prefix+e.ID != item.Key:
		c.say(state.FaultMisplaced, item.Key, "It is the effect %s.", e.ID)
		return nil
	case !slices.Contains(c.kinds, e.Kind):
		c.say(state.FaultOwed, item.Key, "This program does not know how to do a %s.", e.Kind)
	}
	if err := c.about(item.Key, e); err != nil || prefix == deadPrefix {
		return err
	}
	if e.Seq > c.last {
		c.say(state.FaultOwed, item.Key, "It has the number %d, and the last one was %d.", e.Seq, c.last)
	}
	if c.owing.Oldest.IsZero() || e.EnqueuedAt.Before(c.owing.Oldest) {
		c.owing.Oldest = e.EnqueuedAt
	}
	if err := c.finds(item.Key, laneKey(e), e.ID, undone); err != nil {
		return err
	}
	if e.Timed {
		if err := c.finds(item.Key, byTimeKey(e), e.ID, "Nobody who waits behind it takes it along"); err != nil {
			return err
		}
	}
	first, _, ok, err := head(c.tx, e.Lane)
	if err != nil || ok && first != e.ID {
		return err
	}
	return c.finds(item.Key, dueKey(e), e.ID, undone)
}

const undone = "It will not be done"

// finds checks an entry by which the effect is found, and tells what comes of it when it is not.
func (c *checking) finds(key, at, id, otherwise string) error {
	raw, err := c.tx.Get(at)
	switch {
	case errors.Is(err, state.ErrNotFound):
		c.found(state.Fault{
			Kind: state.FaultOwed, Key: key, What: otherwise + ": " + at + " is missing.",
			Entry: &state.Entry{Item: state.Item{Key: at, Value: []byte(id)}},
		})
	case err == nil && string(raw) != id:
		c.say(state.FaultOwed, key, "%s: %s tells of %q instead.", otherwise, at, raw)
	case err != nil:
		return err
	}
	return nil
}

// queued checks that an entry is that of an effect which is there.
func (c *checking) queued(item state.Item, has func(Effect) bool) error {
	e, err := state.Load[Effect](c.tx, effectPrefix+string(item.Value))
	if _, bad := state.Unreadable(err); bad {
		return nil // which is told of where it is
	}
	switch {
	case errors.Is(err, state.ErrNotFound):
		c.stale(item.Key, "It tells of the effect "+string(item.Value)+", which is not there.")
	case err != nil:
		return err
	case !has(e):
		c.stale(item.Key, "The effect "+e.ID+" does not have it.")
	}
	return nil
}

// about checks that the records are there that the effect is about.
func (c *checking) about(key string, e Effect) error {
	records, err := e.about()
	if err != nil {
		c.say(state.FaultUnreadable, key, "What it is to do cannot be decoded: %v.", err)
		return nil
	}
	for _, record := range records {
		if _, err := c.tx.Get(record); errors.Is(err, state.ErrNotFound) {
			c.say(state.FaultOrphan, key, "It is about %s, which is not there.", record)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// about lists the records that the payload names. All payloads name them alike.
func (e Effect) about() ([]string, error) {
	var p struct {
		Request   access.RequestID
		Offer     access.OfferID
		Alert     access.AlertID
		Storm     access.StormID
		Review    access.ReviewID
		Container access.ContainerID
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return nil, err
	}
	var out []string
	for _, one := range [][2]string{
		{"request", string(p.Request)}, {"offer", string(p.Offer)}, {"alert", string(p.Alert)},
		{"storm", string(p.Storm)}, {"review", string(p.Review)}, {"container", string(p.Container)},
	} {
		if one[1] != "" {
			out = append(out, state.Path(one[:]...))
		}
	}
	return out, nil
}

// Concerned are the keys of the records that effects are about, owed or dead.
func Concerned(tx state.Tx) (map[string]bool, error) {
	out := map[string]bool{}
	for _, prefix := range []string{effectPrefix, deadPrefix} {
		all, _, err := state.Readable[Effect](tx, prefix)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			about, err := e.about()
			if err != nil {
				continue // it will never be done
			}
			for _, key := range about {
				out[key] = true
			}
		}
	}
	return out, nil
}

// Bury deletes the dead that were owed by that moment or before, and returns how many.
func Bury(tx state.Tx, by time.Time) (int, error) {
	dead, _, err := state.Readable[Effect](tx, deadPrefix)
	n := 0
	for _, e := range dead {
		if e.EnqueuedAt.After(by) {
			continue
		}
		if err := tx.Delete(deadPrefix + e.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}
