package audit

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Between returns the numbers of the events from a moment on: the first, and the last. There
// are none where the first is the greater. It reads a few events, and goes by that times
// rise with the numbers, as they do but for a clock that was put back.
func Between(tx state.Tx, begin time.Time) (first, last uint64, err error) {
	h, err := state.Load[head](tx, headKey)
	if errors.Is(err, state.ErrNotFound) {
		return 1, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	i := sort.Search(int(h.Seq), func(i int) bool { //nolint:gosec // fewer than 2^63
		e, err2 := state.Load[access.Event](tx, key(uint64(i)+1)) //nolint:gosec // not negative
		if err2 != nil {
			err = err2
		}
		return err != nil || !e.At.Before(begin)
	})
	return uint64(i) + 1, h.Seq, err //nolint:gosec // not negative
}

// OfSince lists the numbers of the events of a request from a number on, without reading
// them.
func OfSince(tx state.Tx, id access.RequestID, first uint64) ([]uint64, error) {
	var out []uint64
	for item, err := range tx.Scan(state.Path("idx/event", string(id)) + "/") {
		if err != nil {
			return nil, err
		}
		seq, err := strconv.ParseUint(item.Key[strings.LastIndexByte(item.Key, '/')+1:], 10, 64)
		if err != nil {
			return nil, err
		}
		if seq >= first {
			out = append(out, seq)
		}
	}
	return out, nil
}

// At returns the event of a number, or [state.ErrNotFound].
func At(tx state.Tx, seq uint64) (access.Event, error) {
	return state.Load[access.Event](tx, key(seq))
}
