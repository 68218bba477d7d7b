package audit

import (
	"errors"
	"strings"

	"latchkey/internal/state"
)

const streamPrefix = "audit/stream/"

// Since returns the stored events after the seq'th, in their order, at most so many.
func Since(tx state.Tx, seq uint64, most int) ([]state.Item, error) {
	last, err := state.Load[head](tx, headKey)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []state.Item
	for seq++; seq <= last.Seq && len(out) < most; seq++ {
		raw, err := tx.Get(key(seq))
		if err != nil {
			return nil, err
		}
		out = append(out, state.Item{Key: key(seq), Value: raw})
	}
	return out, nil
}

// CheckpointsSince returns the checkpoints of more events than size, in their order, at
// most so many.
func CheckpointsSince(tx state.Tx, size uint64, most int) ([]Checkpoint, error) {
	t, err := loadTree(tx)
	if err != nil || uint64(t.Signed) <= size {
		return nil, err
	}
	var out []Checkpoint
	for item, err := range tx.Scan(checkpointPrefix) {
		if err != nil {
			return nil, err
		}
		if strings.TrimPrefix(item.Key, checkpointPrefix) <= number(size) {
			continue
		}
		signed, err := state.Decode[string](item.Key, item.Value)
		if err != nil {
			return nil, err
		}
		c, err := readCheckpoint(signed)
		if err != nil {
			return nil, err
		}
		if out = append(out, c); len(out) == most {
			break
		}
	}
	return out, nil
}

// Sent returns how far the log has been sent to the place.
func Sent(tx state.Tx, place string) (uint64, error) {
	seq, err := state.Load[uint64](tx, streamPrefix+place)
	if errors.Is(err, state.ErrNotFound) {
		return 0, nil
	}
	return seq, err
}

// PutSent says how far it has been sent. It never goes back: of two who send, the one
// that is behind changes nothing.
func PutSent(tx state.Tx, place string, seq uint64) error {
	before, err := Sent(tx, place)
	if err != nil || before >= seq {
		return err
	}
	_, err = state.Save(tx, streamPrefix+place, seq)
	return err
}
