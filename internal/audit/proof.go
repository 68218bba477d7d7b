package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// longestLine bounds a line of a proof, of which one at a time is held.
const longestLine = 16 << 20

// CheckProof reads what [Prove] wrote, with nothing but the public keys and the checkpoints
// that somebody has kept, and tells each event of the period. Until it returns nothing is
// proven. Whatever is wrong with the proof itself is a [*BadProofError].
func CheckProof(r io.Reader, trust Trust, tell func(access.Event)) (Proven, error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, longestLine)
	head, err := readHead(in)
	if err != nil {
		return Proven{}, err
	}
	c, err := OpenCheckpoint(head.Checkpoint, trust.Keys)
	if err != nil {
		return Proven{}, err
	}
	if head.Events < 1 || head.Events > c.Size || len(head.Path) > 8*len(holding{}.place) {
		return Proven{}, &BadProofError{1, "it speaks of more events than there are"}
	}
	kept, err := head.agree(c, trust)
	if err != nil {
		return Proven{}, err
	}
	p := proving{head: head, c: c, tell: tell, proven: Proven{Customer: head.Customer, Period: Period{head.From, head.To}, Kept: kept, Checkpoint: c}}
	for p.tree.Size < head.Events {
		var line proofLine
		if !in.Scan() || !readLine(in.Bytes(), &line) {
			return Proven{}, p.bad("it cannot be read, or is missing")
		}
		if err := p.line(line); err != nil {
			return Proven{}, err
		}
	}
	if in.Scan() || in.Err() != nil {
		return Proven{}, p.bad("there is more than the proof speaks of")
	}
	return p.proven, p.end()
}

func readHead(in *bufio.Scanner) (head proofHead, err error) {
	var of struct{ Form string }
	if !in.Scan() || json.Unmarshal(in.Bytes(), &of) != nil || !strings.HasPrefix(of.Form, strings.TrimRight(proofForm, "0123456789")) {
		return head, &BadProofError{1, "it does not begin as a proof does"}
	}
	switch {
	case of.Form == formerForm:
		return head, &BadProofError{1, "it is of the form of a former version, in which events of the period could be left out: ask for a new one"}
	case of.Form != proofForm:
		return head, &BadProofError{1, "it is of a form that this version does not know: take a newer one"}
	case !readLine(in.Bytes(), &head):
		return head, &BadProofError{1, "it does not begin as a proof does"}
	}
	return head, nil
}

// readLine reads a line that must be written as [Prove] writes it, so that no reader finds
// something else in it.
func readLine(line []byte, into any) bool {
	if json.Unmarshal(line, into) != nil {
		return false
	}
	again, err := json.Marshal(into)
	return err == nil && bytes.Equal(again, line)
}

// proving goes through the lines of a proof.
type proving struct {
	head   proofHead
	c      Checkpoint
	tell   func(access.Event)
	proven Proven
	tree   edge        // of the customer's events
	seq    uint64      // of the last event
	way    []tlog.Hash // of it, whole
}

func (p *proving) bad(format string, args ...any) error {
	return &BadProofError{int(p.tree.Size) + 2, fmt.Sprintf(format, args...)}
}

func (p *proving) line(l proofLine) error {
	record, e, err := p.event(l)
	if err != nil {
		return err
	}
	p.seq = e.Seq
	p.tree.add(record, unheard)
	within := p.proven.Events
	if p.proven.add(e.Seq, e.At); p.proven.Events > within {
		p.tell(e)
	}
	return nil
}

// event checks one event by itself, and its place in the tree of all.
func (p *proving) event(l proofLine) (record tlog.Hash, e access.Event, err error) {
	if e, err = state.Decode[access.Event]("an event", wrapped(l.Event)); err != nil {
		return record, e, p.bad("there is no event in it")
	}
	link, err := check(l.Event, e.Seq, e.Prev)
	switch {
	case err != nil:
		return record, e, p.bad("%v", err)
	case e.Customer != p.head.Customer:
		return record, e, p.bad("it is of another customer")
	case e.Seq <= p.seq || e.Seq > uint64(p.c.Size):
		return record, e, p.bad("it is not in its order")
	case !p.goes(l.Path, int64(e.Seq)-1, link.record):
		return record, e, p.bad("event %d is not what the checkpoint has signed", e.Seq)
	}
	return link.record, e, nil
}

// goes reports whether a way leads from a record to the root of the tree of all. Its upper
// part is that of the way before it.
func (p *proving) goes(way []tlog.Hash, at int64, record tlog.Hash) bool {
	missing := wayLength(p.c.Size, at) - len(way)
	if missing < 0 || missing > len(p.way) {
		return false
	}
	p.way = append(way[:len(way):len(way)], p.way[len(p.way)-missing:]...)
	return tlog.CheckRecord(p.way, p.c.Size, p.c.Root, at, record) == nil
}

// wayLength is how many hashes lead from a record to the root of a tree of so many.
func wayLength(size, at int64) (n int) {
	for ; size > 1; n++ {
		left := int64(1) << (bits.Len64(uint64(size-1)) - 1)
		if at < left {
			size = left
		} else {
			size, at = size-left, at-left
		}
	}
	return n
}

// end compares all that was read with what the checkpoint says of the customer.
func (p *proving) end() error {
	if mapRootBy(holdingOf(p.head.Customer, p.tree.Size, p.tree.root()), p.head.Path) != p.c.Customers {
		return &BadProofError{1, "these are not all the events that the checkpoint has of this customer, or not as they were"}
	}
	return nil
}
