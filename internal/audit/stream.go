package audit

import (
	"encoding/json"
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

// Mark is how far something has been sent: the number of the last piece, and by what one
// knows it.
type Mark struct {
	Seq  uint64
	Hash string // empty: it is of a version that kept the number alone
}

// UnmarshalJSON reads the number alone as well.
func (m *Mark) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &m.Seq) == nil {
		return nil
	}
	type whole Mark
	return json.Unmarshal(raw, (*whole)(m))
}

// Sent returns how far the log has been sent to the place.
func Sent(tx state.Tx, place string) (Mark, error) {
	m, err := state.Load[Mark](tx, streamPrefix+place)
	if errors.Is(err, state.ErrNotFound) {
		return Mark{}, nil
	}
	return m, err
}

// PutSent says how far it has been sent, by whoever knew before how far it was. Of two who
// send, the one that has not heard of the other changes nothing.
func PutSent(tx state.Tx, place string, before, now Mark) error {
	stands, err := Sent(tx, place)
	if err != nil || stands != before {
		return err
	}
	_, err = state.Save(tx, streamPrefix+place, now)
	return err
}

// CheckpointAt returns the checkpoint of so many events, or [state.ErrNotFound].
func CheckpointAt(tx state.Tx, size uint64) (Checkpoint, error) {
	signed, err := state.Load[string](tx, checkpointPrefix+number(size))
	if err != nil {
		return Checkpoint{}, err
	}
	return readCheckpoint(signed)
}
