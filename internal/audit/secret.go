package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const (
	secretKey  = "signer/secret"
	saltPrefix = "audit/salt/"
)

// secret is what the log keeps from everybody who may read it.
type secret struct {
	Salt   string // of which the salts of customers are made
	Signer string // the private key that was drawn here
}

// Prepare draws what is drawn once in the life of a log: the key that signs its
// checkpoints where no other is set, with the name of the log, and what the salts of
// events are made of. Where that is there already it changes nothing.
func Prepare(tx state.Tx, name string) error {
	_, err := state.Load[secret](tx, secretKey)
	if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	signer, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return fmt.Errorf("draw the key of the audit log: %w", err)
	}
	_, err = state.Save(tx, secretKey, secret{Salt: rand.Text(), Signer: signer})
	return err
}

// saltOf is the salt of a customer's events. A log that was not prepared has none.
func saltOf(tx state.Tx, customer access.TenantID) (string, error) {
	if customer == "" {
		return "", nil
	}
	key := saltPrefix + string(customer)
	salt, err := state.Load[string](tx, key)
	if _, damaged := state.Unreadable(err); !damaged && !errors.Is(err, state.ErrNotFound) {
		return salt, err // one that is damaged is made again, and comes out the same
	}
	s, err := state.Load[secret](tx, secretKey)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
		return "", nil // what happens must be written down all the same
	}
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(s.Salt))
	mac.Write([]byte(customer))
	salt = hex.EncodeToString(mac.Sum(nil)[:16])
	_, err = state.Save(tx, key, salt)
	return salt, err
}

// DrawnSigner returns the private key that was drawn for the log, or
// [state.ErrNotFound].
func DrawnSigner(tx state.Tx) (string, error) {
	s, err := state.Load[secret](tx, secretKey)
	return s.Signer, err
}

// NewKey draws a private key for checkpoints of the log with this name, and returns it with
// the public one.
func NewKey(name string) (private, public string, err error) {
	return note.GenerateKey(rand.Reader, name)
}

// PublicKey returns the public half of a private key.
func PublicKey(private string) (string, error) {
	_, public, err := parseSigner(private)
	return public, err
}
