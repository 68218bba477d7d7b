package audit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// grown shows that the log of a proof is that of an earlier checkpoint, with more behind it.
// A proof has it for each checkpoint that its customer was told of in its channel.
type grown struct {
	Size int64       `json:"size"` // of the earlier one
	Path []tlog.Hash `json:"path"`
}

// grownFrom makes it for the earlier of these sizes.
func grownFrom(tx state.Tx, c Checkpoint, sizes []int64, hashes tlog.HashReader) (out []grown, err error) {
	slices.Sort(sizes)
	for _, size := range slices.Compact(sizes) {
		if size < 1 || size >= c.Size {
			continue
		}
		path, err := tlog.ProveTree(c.Size, size, hashes)
		if err != nil {
			return nil, unsound(err)
		}
		kept, err := CheckpointAt(tx, uint64(size))
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if tlog.CheckTree(path, c.Size, c.Root, size, kept.Root) != nil {
			return nil, &BrokenError{uint64(size), "the events up to here are others than the checkpoint of " + access.FormatTime(kept.At) + " has signed"}
		}
		out = append(out, grown{size, path})
	}
	return out, nil
}

// postedIn is the size of the checkpoint of which an event says that the customer was told; 0
// for another event.
func postedIn(e access.Event) int64 {
	size, err := strconv.ParseInt(e.Detail["size"], 10, 64)
	if e.Kind != access.EventCheckpointPosted || err != nil {
		return 0
	}
	return size
}

// agree holds the checkpoints that somebody has kept against that of a proof.
func (h proofHead) agree(c Checkpoint, trust Trust) (kept int, err error) {
	for _, note := range trust.Notes {
		k, err := OpenCheckpoint(note, trust.Keys)
		if err != nil {
			return kept, err
		}
		bad := func(format string) (int, error) {
			return kept, &BadProofError{1, fmt.Sprintf(format, access.FormatTime(k.At))}
		}
		at := slices.IndexFunc(h.Grown, func(g grown) bool { return g.Size == k.Size })
		switch {
		case k.Size > c.Size:
			return bad("the checkpoint of %s that you have is of more events than its own: ask for a proof that is made after it")
		case k.Size == c.Size:
			if k.Root != c.Root || k.Customers != c.Customers {
				return bad("it is of another log than the checkpoint of %s that you have, which is of as many events")
			}
		case at < 0:
			return bad("it does not tell how the log came from the checkpoint of %s that you have: it does so for those that were shown in your channel")
		case tlog.CheckTree(h.Grown[at].Path, c.Size, c.Root, k.Size, k.Root) != nil:
			return bad("it is of another log than the checkpoint of %s that you have")
		}
		kept++
	}
	return kept, nil
}
