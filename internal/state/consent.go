package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Consent is a relationship of an indirect provider's that waits, or waited, for
// our own consent: since when that is known here, and what was answered.
type Consent struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	SeenAt       time.Time
	// Answered is zero while nobody has answered here.
	Answered time.Time
	Approve  bool // the answer; else it was rejected
	By       access.Person
}

func consentKey(id access.RelationshipID) string { return Path("consent", string(id)) }

// PutConsent writes what is known of our consent to a relationship.
func PutConsent(tx Tx, c Consent) error {
	if !safe(string(c.Relationship)) {
		return errors.New("a relationship without a usable id")
	}
	_, err := Save(tx, consentKey(c.Relationship), c)
	return err
}

// ConsentOf returns what is known of our consent to the relationship, or
// [ErrNotFound].
func ConsentOf(tx Tx, id access.RelationshipID) (Consent, error) {
	return Load[Consent](tx, consentKey(id))
}

// DeleteConsent forgets a relationship that does not wait any more.
func DeleteConsent(tx Tx, id access.RelationshipID) error { return tx.Delete(consentKey(id)) }
