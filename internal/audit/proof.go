package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// CheckProof reads what [Prove] wrote, with nothing but the public keys, and tells each
// event of the period. Until it returns nothing is proven. Whatever is wrong with the proof
// itself is a [*BadProofError].
func CheckProof(r io.Reader, keys []string, tell func(access.Event)) (Proven, error) {
	in := json.NewDecoder(r)
	in.DisallowUnknownFields()
	var head proofHead
	if err := in.Decode(&head); err != nil || head.Form != proofForm {
		return Proven{}, &BadProofError{1, "it does not begin as a proof does"}
	}
	c, err := OpenCheckpoint(head.Checkpoint, keys)
	if err != nil {
		return Proven{}, err
	}
	if head.Events < 1 || head.Events > c.Size || len(head.Path) > 8*len(holding{}.place) {
		return Proven{}, &BadProofError{1, "it speaks of more events than there are"}
	}
	p := proving{head: head, c: c, tell: tell, proven: Proven{head.Customer, Period{head.From, head.To}, 0, int(head.Events), c}}
	for p.tree.Size < head.Events {
		var line proofLine
		if err := in.Decode(&line); err != nil {
			return Proven{}, p.bad("it cannot be read, or is missing")
		}
		if err := p.line(line); err != nil {
			return Proven{}, err
		}
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return Proven{}, p.bad("there is more than the proof speaks of")
	}
	return p.proven, p.end()
}

// proving goes through the lines of a proof.
type proving struct {
	head   proofHead
	c      Checkpoint
	tell   func(access.Event)
	proven Proven
	tree   edge   // of the customer's events
	seq    uint64 // of the last event that is there as it is
	begun  bool   // one was
	over   bool   // and then one that is not
	// reached is whether an event after the period was seen.
	reached bool
}

func (p *proving) bad(format string, args ...any) error {
	return &BadProofError{int(p.tree.Size) + 2, fmt.Sprintf(format, args...)}
}

func (p *proving) line(l proofLine) error {
	if l.Hash != nil {
		if l.Event != nil || l.Path != nil {
			return p.bad("it is two things at once")
		}
		p.over = p.over || p.begun
		p.tree.add(*l.Hash, unheard)
		return nil
	}
	if p.over {
		return p.bad("events between this one and those before are left out")
	}
	record, e, err := p.event(l)
	if err != nil {
		return err
	}
	span := p.proven.Period
	if !p.begun && p.tree.Size > 0 && !span.before(e.At) {
		return p.bad("events of the period may have been left out before this one")
	}
	p.begun, p.seq, p.reached = true, e.Seq, span.after(e.At)
	p.tree.add(record, unheard)
	if !span.before(e.At) && !span.after(e.At) {
		p.proven.Events++
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
	case tlog.CheckRecord(l.Path, p.c.Size, p.c.Root, int64(e.Seq)-1, link.record) != nil:
		return record, e, p.bad("event %d is not what the checkpoint has signed", e.Seq)
	}
	return link.record, e, nil
}

// end compares all that was read with what the checkpoint says of the customer.
func (p *proving) end() error {
	if mapRootBy(holdingOf(p.head.Customer, p.tree.Size, p.tree.root()), p.head.Path) != p.c.Customers {
		return &BadProofError{1, "these are not all the events that the checkpoint has of this customer, or not as they were"}
	}
	if !p.begun || p.over && !p.reached {
		return &BadProofError{int(p.tree.Size) + 1, "events of the period may have been left out after the last one"}
	}
	return nil
}
