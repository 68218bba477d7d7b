package archive

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Report is what an archive holds.
type Report struct {
	Entries   int      // different ones
	Again     int      // lines of what was there already
	Events    int      // of the requests, all of which the log has
	Originals int      // reasons of requests that are what the log was told
	Torn      bool     // the last line is not there to its end
	Faults    []string // what does not fit, each with its line
}

// Check reads an archive and compares it with the log in the store: every event must be in
// it, as it is in the archive, none of a request may be missing, and the reason of a request
// must be the one of which the log has the digest.
func Check(tx state.Tx, r io.Reader) (Report, error) {
	c := &checking{tx: tx, seen: map[string]bool{}}
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			c.Torn = len(line) > 0
			return c.Report, nil
		}
		if err != nil {
			return c.Report, err
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil || e.V != Version {
			c.fault(n, "it is no line of an archive, or of a newer version")
			continue
		}
		if err := c.entry(n, e); err != nil {
			return c.Report, err
		}
	}
}

type checking struct {
	Report
	tx   state.Tx
	seen map[string]bool
}

func (c *checking) fault(line int, format string, args ...any) {
	c.Faults = append(c.Faults, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
}

func (c *checking) entry(n int, e Entry) error {
	place, before := state.Path(e.Kind, e.ID), c.Report
	if !c.seen[place] {
		c.seen[place] = true
		c.Entries++
	} else {
		defer func() { c.Again, c.Events, c.Originals = before.Again+1, before.Events, before.Originals }()
	}
	if e.Kind != "request" {
		return nil
	}
	log, err := audit.Of(c.tx, access.RequestID(e.ID))
	if err != nil {
		return err
	}
	at := map[uint64]access.Event{}
	for _, ev := range log {
		at[ev.Seq] = ev
	}
	digest := "" // of the reason that counts: it may have been changed
	for _, ev := range e.Events {
		if d := ev.Detail["justification"]; d != "" {
			digest = d
		}
		is, ok := at[ev.Seq]
		held, err := audit.Holds(ev)
		if err != nil {
			return err
		}
		delete(at, ev.Seq)
		if !ok || is.Hash != ev.Hash || !held || string(ev.Request) != e.ID {
			c.fault(n, "event %d of %s is not the one of the log", ev.Seq, e.ID)
			continue
		}
		c.Events++
	}
	for seq := range at {
		c.fault(n, "event %d of %s is missing", seq, e.ID)
	}
	c.reason(n, e, digest)
	return nil
}

// reason compares the reason of a request with its digest. One that was deleted on request
// has none.
func (c *checking) reason(n int, e Entry, digest string) {
	key := state.Path("request", e.ID)
	r, err := state.Decode[access.Request](key, e.Records[key])
	switch {
	case err != nil:
		c.fault(n, "the record of %s cannot be read", e.ID)
	case !r.ForgottenAt.IsZero():
	case string(r.ID) != e.ID || audit.Digest(r.Salt, r.Justification) != digest:
		c.fault(n, "the reason of %s is not what the log was told", e.ID)
	default:
		c.Originals++
	}
}
