package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Used says when access was last given through a relationship.
type Used struct {
	Relationship access.RelationshipID
	At           time.Time
}

func usedKey(id access.RelationshipID) string { return Path("used", string(id)) }

// PutUsed records that access was given through the relationship.
func PutUsed(tx Tx, u Used) error {
	if !safe(string(u.Relationship)) {
		return errors.New("a relationship without a usable id")
	}
	_, err := Save(tx, usedKey(u.Relationship), u)
	return err
}

// LastUsed returns when access was last given through the relationship; zero when
// never.
func LastUsed(tx Tx, id access.RelationshipID) (time.Time, error) {
	u, err := Load[Used](tx, usedKey(id))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return u.At, err
}
