package stream

import (
	"errors"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Source is what is sent to a place.
type Source struct {
	// Next returns pieces after the one with that number, in their order, at most so many.
	Next func(tx state.Tx, after uint64, most int) ([]Piece, error)
	// Hash is that of the piece with that number, or [state.ErrNotFound].
	Hash func(tx state.Tx, seq uint64) (string, error)
}

// Events has the events of the log in a format. Version is that of this program.
func Events(f audit.Format, version string) Source {
	return Source{
		Hash: func(tx state.Tx, seq uint64) (string, error) {
			e, err := audit.At(tx, seq)
			return e.Hash, err
		},
		Next: func(tx state.Tx, after uint64, most int) (out []Piece, err error) {
			items, err := audit.Since(tx, after, most)
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				e, err := state.Decode[access.Event](item.Key, item.Value)
				if err != nil {
					return nil, err
				}
				line, err := audit.Line(f, item, version)
				if err != nil {
					return nil, err
				}
				out = append(out, Piece{e.Seq, e.Hash, e.At, string(e.Kind), line})
			}
			return out, nil
		},
	}
}

// Checkpoints has the signed checkpoints of the log.
func Checkpoints() Source {
	return Source{
		Hash: func(tx state.Tx, size uint64) (string, error) {
			c, err := audit.CheckpointAt(tx, size)
			return c.Root.String(), err
		},
		Next: func(tx state.Tx, after uint64, most int) (out []Piece, err error) {
			all, err := audit.CheckpointsSince(tx, after, most)
			for _, c := range all {
				out = append(out, Piece{uint64(c.Size), c.Root.String(), c.At, "checkpoint", []byte(c.Note)})
			}
			return out, err
		},
	}
}

// another reports whether what was sent last is not what is there.
func (s Source) another(tx state.Tx, last audit.Mark) (bool, error) {
	if last.Seq == 0 {
		return false, nil
	}
	hash, err := s.Hash(tx, last.Seq)
	if errors.Is(err, state.ErrNotFound) {
		return true, nil
	}
	return err == nil && last.Hash != "" && hash != last.Hash, err
}
