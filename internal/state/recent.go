package state

import (
	"errors"
	"slices"

	"latchkey/internal/access"
)

// mostRecent is how many customers are remembered of each person.
const mostRecent = 3

// Recent are the customers for which a person asked last, the latest first.
type Recent struct {
	User      access.UserID
	Customers []access.TenantID
}

func recentKey(u access.UserID) string { return Path("recent", string(u)) }

// RecentOf returns for which customers the person asked last; none when they never did, or
// when that cannot be read.
func RecentOf(tx Tx, u access.UserID) (Recent, error) {
	r, err := Load[Recent](tx, recentKey(u))
	if _, damaged := Unreadable(err); damaged || errors.Is(err, ErrNotFound) {
		return Recent{User: u}, nil
	}
	return r, err
}

// AskedFor remembers that the person has asked for the customer.
func AskedFor(tx Tx, u access.UserID, c access.TenantID) error {
	r, err := RecentOf(tx, u)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(r.Customers, func(id access.TenantID) bool { return id == c })
	r.Customers = append([]access.TenantID{c}, others[:min(len(others), mostRecent-1)]...)
	_, err = Save(tx, recentKey(u), r)
	return err
}
