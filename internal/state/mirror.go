package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// The mirror is what was last read from Graph. Only the sync job writes it.

// MirrorInfo says when the mirror was last read whole, and what went wrong in
// the last attempt.
type MirrorInfo struct {
	ReadAt  time.Time
	Problem string // empty when the last read succeeded
}

// Mirror returns when the mirror was read; zero when never, or when that cannot
// be read.
func Mirror(tx Tx) (MirrorInfo, error) {
	m, err := Load[MirrorInfo](tx, "mirror/info")
	if err != nil {
		return MirrorInfo{}, orNew(err)
	}
	return m, nil
}

// PutMirror records a read of the mirror.
func PutMirror(tx Tx, m MirrorInfo) error {
	_, err := Save(tx, "mirror/info", m)
	return err
}

// MirroredRelationship is a relationship with its assignments as last read.
type MirroredRelationship struct {
	access.Relationship
	Assignments []access.Assignment
	// Unseen says why the assignments could not be read, and is empty when
	// they could.
	Unseen string
}

// nobody stands for the customer of an invitation that any may accept. It gets
// one when somebody does.
const nobody = access.TenantID("nobody")

func mirrorKey(customer access.TenantID, id access.RelationshipID) string {
	return Path("mirror/relationship", string(customer), string(id))
}

// PutMirrored writes what was read of a relationship. It reports whether that
// differs from what was known.
func PutMirrored(tx Tx, r MirroredRelationship) (bool, error) {
	if !safe(string(r.ID)) {
		return false, errors.New("a relationship without a usable id")
	}
	if r.Customer == "" {
		return Save(tx, mirrorKey(nobody, r.ID), r)
	}
	if err := tx.Delete(mirrorKey(nobody, r.ID)); err != nil {
		return false, err
	}
	return Save(tx, mirrorKey(r.Customer, r.ID), r)
}

// DeleteMirrored removes a relationship that Graph no longer lists.
func DeleteMirrored(tx Tx, r MirroredRelationship) error {
	customer := r.Customer
	if customer == "" {
		customer = nobody
	}
	return tx.Delete(mirrorKey(customer, r.ID))
}

// Relationships lists the mirrored relationships of a customer.
func Relationships(tx Tx, customer access.TenantID) ([]MirroredRelationship, error) {
	return All[MirroredRelationship](tx, Path("mirror/relationship", string(customer))+"/")
}

// AllRelationships lists every mirrored relationship.
func AllRelationships(tx Tx) ([]MirroredRelationship, error) {
	return All[MirroredRelationship](tx, "mirror/relationship/")
}

// Known is a customer that Graph names, whether or not policy.yml does.
type Known struct {
	Tenant access.TenantID
	Name   string
	Domain string // the default domain when the contract was made
}

// PutKnown writes a customer that Graph names.
func PutKnown(tx Tx, k Known) error {
	_, err := Save(tx, Path("mirror/customer", string(k.Tenant)), k)
	return err
}

// KnownCustomers lists the customers that Graph names. One that cannot be read is
// left out, until the next whole read has written it anew.
func KnownCustomers(tx Tx) ([]Known, error) {
	known, _, err := Readable[Known](tx, "mirror/customer/")
	return known, err
}
