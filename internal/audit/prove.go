package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// proofForm names the form of a proof, and its version. In the form before it what was not of
// the period was left to the times of single events, and could hide others.
const (
	proofForm  = "latchkey audit proof 2"
	formerForm = "latchkey audit proof 1"
)

// proofHead is the first line of a proof. One line for each event of the customer up to
// the checkpoint follows, in their order.
type proofHead struct {
	Form       string          `json:"form"`
	Customer   access.TenantID `json:"customer"`
	From       time.Time       `json:"from,omitzero"` // zero: from the first event
	To         time.Time       `json:"to,omitzero"`   // zero: to the last one
	Events     int64           `json:"events"`
	Path       []tlog.Hash     `json:"path"`       // beside the way to the customer in the map of the checkpoint
	Checkpoint string          `json:"checkpoint"` // signed
	Grown      []grown         `json:"grown,omitempty"`
}

// proofLine is one event with its way in the tree of all events, from the bottom. Where the
// way goes on as that of the line before, it is left out.
type proofLine struct {
	Event json.RawMessage `json:"event"`
	Path  []tlog.Hash     `json:"path"`
}

// Period is a time of which a proof tells: from its first moment, to before its last. A
// zero time is no bound.
type Period struct{ From, To time.Time }

// Before and after it.
func (p Period) before(t time.Time) bool { return t.Before(p.From) }
func (p Period) after(t time.Time) bool  { return !p.To.IsZero() && !t.Before(p.To) }

// Proven is what a proof proves.
type Proven struct {
	Customer   access.TenantID
	Period     Period
	Events     int // of the period
	All        int // of this customer up to the checkpoint
	Kept       int // checkpoints that somebody has kept, and that agree with it
	PutBack    PutBack
	Checkpoint Checkpoint
}

// ErrNoEvents means that the log has no event of a customer that a checkpoint has signed.
var ErrNoEvents = errors.New("no event of this customer is under a checkpoint")

// Prove writes all events of a customer up to the newest checkpoint, and the proof that these
// are all, with the period of which it is asked: what [CheckProof] reads. Those of other times
// are there as well, for what is left out could be of any time. Nothing of another customer
// is in it but hashes, out of which nothing can be read. Where there is no checkpoint, or no event
// of the customer under it, the error is an [ErrNoEvents].
func Prove(tx state.Tx, customer access.TenantID, p Period, w io.Writer) (Proven, error) {
	c, err := LastCheckpoint(tx)
	if errors.Is(err, state.ErrNotFound) {
		return Proven{}, ErrNoEvents
	}
	if err != nil {
		return Proven{}, err
	}
	own, posted, err := eventsOf(tx, customer, c)
	if err != nil {
		return Proven{}, err
	}
	all, err := holdingsAt(tx, c)
	if err != nil {
		return Proven{}, err
	}
	path, _ := mapPath(all, placeOf(customer))
	hashes := remembered{tx: tx, known: map[int64]tlog.Hash{}}
	grown, err := grownFrom(tx, c, posted, hashes)
	if err != nil {
		return Proven{}, err
	}
	out := json.NewEncoder(w)
	if err := out.Encode(proofHead{proofForm, customer, p.From, p.To, int64(len(own)), path, c.Note, grown}); err != nil {
		return Proven{}, err
	}
	proven := Proven{Customer: customer, Period: p, Checkpoint: c}
	var before []tlog.Hash
	for _, e := range own {
		line, err := whole(tx, e, c, hashes)
		if err != nil {
			return Proven{}, err
		}
		way := line.Path
		line.Path = way[:len(way)-shared(before, way)]
		if err := out.Encode(line); err != nil {
			return Proven{}, err
		}
		before = way
		proven.add(e.seq, e.at)
	}
	return proven, nil
}

// add counts an event.
func (p *Proven) add(seq uint64, at time.Time) {
	p.All++
	p.PutBack.next(seq, at)
	if !p.Period.before(at) && !p.Period.after(at) {
		p.Events++
	}
}

// shared is how many hashes two ways have in common at their upper ends.
func shared(a, b []tlog.Hash) (n int) {
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// placed is an event of a customer.
type placed struct {
	seq    uint64
	at     time.Time
	record tlog.Hash
}

// eventsOf lists the events of a customer that are under the checkpoint, and the sizes of
// those of which it was told.
func eventsOf(tx state.Tx, customer access.TenantID, c Checkpoint) (own []placed, posted []int64, err error) {
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return nil, nil, err
		}
		body, err := state.Body(item.Key, item.Value)
		if err != nil {
			return nil, nil, err
		}
		if l, _, ok := quick(body); ok && (l.customer != customer || l.seq > uint64(c.Size)) {
			continue
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil {
			return nil, nil, err
		}
		if e.Customer == customer && e.Seq <= uint64(c.Size) {
			own, posted = append(own, placed{e.Seq, e.At, tlog.RecordHash(body)}), append(posted, postedIn(e))
		}
	}
	if len(own) == 0 {
		return nil, nil, ErrNoEvents
	}
	return own, posted, nil
}

// holdingsAt is what a checkpoint says of each customer. The trees may have more events by
// now; then it is made anew.
func holdingsAt(tx state.Tx, c Checkpoint) ([]holding, error) {
	t, err := loadTree(tx)
	if err != nil {
		return nil, err
	}
	all, err := holdings(tx)
	if err != nil || t.Size == c.Size {
		return all, err
	}
	customers := map[access.TenantID]*edge{}
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return nil, err
		}
		if item.Key > key(uint64(c.Size)) {
			break
		}
		body, err := state.Body(item.Key, item.Value)
		if err != nil {
			return nil, err
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil {
			return nil, err
		}
		if e.Customer != "" {
			if customers[e.Customer] == nil {
				customers[e.Customer] = &edge{}
			}
			customers[e.Customer].add(tlog.RecordHash(body), unheard)
		}
	}
	all = all[:0]
	for customer, e := range customers {
		all = append(all, holdingOf(customer, e.Size, e.root()))
	}
	return sorted(all), nil
}

// whole is the line of an event as it is.
func whole(tx state.Tx, e placed, c Checkpoint, hashes tlog.HashReader) (proofLine, error) {
	raw, err := tx.Get(key(e.seq))
	if err != nil {
		return proofLine{}, err
	}
	body, err := state.Body(key(e.seq), raw)
	if err != nil {
		return proofLine{}, err
	}
	path, err := tlog.ProveRecord(c.Size, int64(e.seq)-1, hashes)
	if err != nil {
		return proofLine{}, unsound(err)
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, int64(e.seq)-1, e.record); err != nil {
		return proofLine{}, &BrokenError{e.seq, "it is not what the checkpoint of " + access.FormatTime(c.At) + " has signed"}
	}
	return proofLine{Event: body, Path: path}, nil
}

// BadProofError says why a proof proves nothing.
type BadProofError struct {
	Line int // of the file, from 1
	Why  string
}

func (e *BadProofError) Error() string {
	return fmt.Sprintf("the proof does not hold at line %d: %s", e.Line, e.Why)
}
