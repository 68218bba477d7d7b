package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// DAP says whether a customer still has the old kind of delegated
// administration, as last read from Partner Center.
type DAP struct {
	Customer     access.TenantID
	Held         bool
	Relationship string // relationshipToPartner, as Partner Center wrote it
	ReadAt       time.Time
	Problem      string // why the last attempt failed; empty when it succeeded
	// GoneSince is since when Partner Center says that it does not know the customer
	// as the partner's; zero when it does.
	GoneSince time.Time
}

func dapKey(customer access.TenantID) string { return Path("mirror/dap", string(customer)) }

// DAPOf returns what was read of the customer, and false when nothing was yet.
func DAPOf(tx Tx, customer access.TenantID) (DAP, bool, error) {
	d, err := Load[DAP](tx, dapKey(customer))
	if errors.Is(err, ErrNotFound) {
		return DAP{}, false, nil
	}
	return d, err == nil, err
}

// PutDAP writes what was read of a customer, also in place of a damaged record.
// It reports whether that differs from what was known, apart from when it was
// read.
func PutDAP(tx Tx, d DAP) (changed bool, err error) {
	if !safe(string(d.Customer)) {
		return false, errors.New("delegated administration of no customer")
	}
	old, known, err := DAPOf(tx, d.Customer)
	if err := orNew(err); err != nil {
		return false, err
	}
	if _, err := Save(tx, dapKey(d.Customer), d); err != nil {
		return false, err
	}
	old.ReadAt = d.ReadAt
	return !known || old != d, nil
}
