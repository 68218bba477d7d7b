package state

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
)

// MirrorInfoKey is the key of the [MirrorInfo].
const MirrorInfoKey = "mirror/info"

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
	m, err := Load[MirrorInfo](tx, MirrorInfoKey)
	if err != nil {
		return MirrorInfo{}, orNew(err)
	}
	return m, nil
}

// PutMirror records a read of the mirror.
func PutMirror(tx Tx, m MirrorInfo) error {
	_, err := Save(tx, MirrorInfoKey, m)
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

// owner is the customer under which the relationship is kept.
func (r MirroredRelationship) owner() access.TenantID {
	if r.Customer == "" {
		return nobody
	}
	return r.Customer
}

// PutMirrored writes what was read of a relationship, and the index by group. It
// reports whether that differs from what was known.
func PutMirrored(tx Tx, r MirroredRelationship) (bool, error) {
	if !safe(string(r.ID)) {
		return false, errors.New("a relationship without a usable id")
	}
	old, err := mirrored(tx, r.owner(), r.ID)
	if err != nil {
		return false, err
	}
	if r.Customer != "" {
		if err := tx.Delete(mirrorKey(nobody, r.ID)); err != nil {
			return false, err
		}
	}
	changed, err := Save(tx, mirrorKey(r.owner(), r.ID), r)
	if err != nil {
		return changed, err
	}
	had := slices.DeleteFunc(assignedIndexes(old), func(key string) bool { _, err := tx.Get(key); return err != nil })
	return changed, reindex(tx, string(r.ID), had, assignedIndexes(r))
}

// mirrored returns what is known of a relationship; zero when nothing is.
func mirrored(tx Tx, customer access.TenantID, id access.RelationshipID) (MirroredRelationship, error) {
	m, err := Load[MirroredRelationship](tx, mirrorKey(customer, id))
	if err != nil {
		return MirroredRelationship{}, orNew(err)
	}
	return m, nil
}

func assignedIndexes(r MirroredRelationship) []string {
	var keys []string
	for _, a := range r.Assignments {
		if key := Path("idx/assigned", string(a.Group), string(r.owner()), string(r.ID)); safe(string(a.Group)) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Mirrored reports whether exactly this is known of the relationship, and found by
// its groups.
func Mirrored(tx Tx, r MirroredRelationship) (bool, error) {
	raw, err := Encode(r)
	if err != nil {
		return false, err
	}
	old, err := tx.Get(mirrorKey(r.owner(), r.ID))
	if errors.Is(err, ErrNotFound) || err == nil && !bytes.Equal(old, raw) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, key := range assignedIndexes(r) {
		if _, err := tx.Get(key); errors.Is(err, ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

// Unmoved returns the relationship with the assignments that are known of it, and
// whether all else is exactly as it is known.
func Unmoved(tx Tx, r MirroredRelationship) (MirroredRelationship, bool, error) {
	old, err := mirrored(tx, r.owner(), r.ID)
	if err != nil || old.ID == "" {
		return r, false, err
	}
	r.Assignments, r.Unseen = old.Assignments, old.Unseen
	same, err := Mirrored(tx, r)
	return r, same, err
}

// AssignedTo lists the mirrored relationships on which the group has roles.
func AssignedTo(tx Tx, group access.GroupID) ([]MirroredRelationship, error) {
	var out []MirroredRelationship
	for item, err := range tx.Scan(Path("idx/assigned", string(group)) + "/") {
		if err != nil {
			return nil, err
		}
		parts := strings.Split(item.Key, "/")
		m, err := Load[MirroredRelationship](tx, mirrorKey(access.TenantID(parts[3]), access.RelationshipID(parts[4])))
		if errors.Is(err, ErrNotFound) {
			continue // a damaged record took its index with it into nothing
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(m.Assignments, func(a access.Assignment) bool { return a.Group == group }) {
			out = append(out, m)
		}
	}
	return out, nil
}

// DeleteMirrored removes a relationship that Graph no longer lists.
func DeleteMirrored(tx Tx, r MirroredRelationship) error {
	if err := tx.Delete(mirrorKey(r.owner(), r.ID)); err != nil {
		return err
	}
	return reindex(tx, string(r.ID), assignedIndexes(r), nil)
}

// Relationships lists the mirrored relationships of a customer.
func Relationships(tx Tx, customer access.TenantID) ([]MirroredRelationship, error) {
	return All[MirroredRelationship](tx, Path("mirror/relationship", string(customer))+"/")
}

// EachRelationship reads every mirrored relationship, one after the other.
func EachRelationship(tx Tx) iter.Seq2[MirroredRelationship, error] {
	return each[MirroredRelationship](tx, "mirror/relationship/")
}

// Known is a customer that Graph names, whether or not policy.yml does.
type Known struct {
	Tenant access.TenantID
	Name   string
	Domain string // the default domain when the contract was made
}

// CustomerKnown returns the customer as Graph names it, or [ErrNotFound].
func CustomerKnown(tx Tx, tenant access.TenantID) (Known, error) {
	return Load[Known](tx, Path("mirror/customer", string(tenant)))
}

// PutKnown writes a customer that Graph names.
func PutKnown(tx Tx, k Known) error {
	_, err := Save(tx, Path("mirror/customer", string(k.Tenant)), k)
	return err
}

// EachKnown reads every customer that Graph names, one after the other.
func EachKnown(tx Tx) iter.Seq2[Known, error] { return each[Known](tx, "mirror/customer/") }

// DeleteKnown removes a customer that Graph does not name any more.
func DeleteKnown(tx Tx, k Known) error { return tx.Delete(Path("mirror/customer", string(k.Tenant))) }

// KnownCustomers lists the customers that Graph names. One that cannot be read is
// left out, until the next whole read has written it anew.
func KnownCustomers(tx Tx) ([]Known, error) {
	known, _, err := Readable[Known](tx, "mirror/customer/")
	return known, err
}
