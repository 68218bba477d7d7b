package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Recheck is a member of a group of whom one read of the groups told something
// that is to be looked at again in a later one before anybody hears of it.
type Recheck struct {
	Group  access.GroupID
	Member access.Member
	At     time.Time
}

func recheckKey(g access.GroupID, p access.PrincipalID) string {
	return Path("watch/recheck", string(g), string(p))
}

// RecheckOf returns what is to be looked at again of a member, and false when
// nothing is.
func RecheckOf(tx Tx, g access.GroupID, p access.PrincipalID) (Recheck, bool, error) {
	r, err := Load[Recheck](tx, recheckKey(g, p))
	if errors.Is(err, ErrNotFound) {
		return Recheck{}, false, nil
	}
	return r, err == nil, err
}

// PutRecheck has a member looked at again, in place of what stood there.
func PutRecheck(tx Tx, r Recheck) error {
	_, err := Save(tx, recheckKey(r.Group, r.Member.ID), r)
	return err
}

// DropRecheck forgets a member who was looked at again.
func DropRecheck(tx Tx, g access.GroupID, p access.PrincipalID) error {
	return tx.Delete(recheckKey(g, p))
}

// Rechecks lists the members who are to be looked at again, and can be read.
func Rechecks(tx Tx) ([]Recheck, error) {
	all, _, err := Readable[Recheck](tx, "watch/recheck/")
	return all, err
}
