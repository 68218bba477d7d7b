package state

import (
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
)

// Reported is when contacts of a customer have asked for its evidence of late.
type Reported struct{ At []time.Time }

// Since returns how many of these were since a moment, and the first of them.
func (r Reported) Since(t time.Time) (n int, first time.Time) {
	for _, at := range r.At {
		if at.Before(t) {
			continue
		}
		if n++; n == 1 {
			first = at
		}
	}
	return n, first
}

func reportedKey(customer access.TenantID) string { return Path("reported", string(customer)) }

// ReportedTo returns when contacts of the customer have asked of late; never, where there
// is no record of that.
func ReportedTo(tx Tx, customer access.TenantID) (Reported, error) {
	r, err := Load[Reported](tx, reportedKey(customer))
	if errors.Is(err, ErrNotFound) {
		return Reported{}, nil
	}
	return r, err
}

// Report remembers that one has asked, and forgets what was before a moment.
func Report(tx Tx, customer access.TenantID, at, since time.Time) error {
	if !safe(string(customer)) {
		return errors.New("a report to no customer")
	}
	r, err := ReportedTo(tx, customer)
	if err != nil {
		return err
	}
	r.At = append(slices.DeleteFunc(r.At, func(t time.Time) bool { return t.Before(since) }), at)
	_, err = Save(tx, reportedKey(customer), r)
	return err
}
