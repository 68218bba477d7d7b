package state

import (
	"bytes"
	"errors"
)

// SealMark begins a value that package seal has encrypted.
const SealMark = "lk1:"

// SealedRecords is how [Check] counts records that are sealed and were not opened.
const SealedRecords = "sealed"

// Sealed reports whether the value of a record is one that package seal has encrypted.
func Sealed(value []byte) bool { return bytes.HasPrefix(value, []byte(SealMark)) }

// ErrSealed means that a value is sealed and does not open.
var ErrSealed = errors.New("it is sealed, and does not open: it was changed or moved, or its key is not here")

const rewriteKey = "meta/rewrite"

// OweRewrite says that the store holds, in places that nothing refers to, what must not
// be kept: a store in a file is rewritten when it is opened next.
func OweRewrite(tx Tx) error { return tx.Put(rewriteKey, []byte("owed")) }

// OwesRewrite reports whether that is still to be done.
func OwesRewrite(tx Tx) (bool, error) {
	_, err := tx.Get(rewriteKey)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Rewritten says that it was done.
func Rewritten(tx Tx) error { return tx.Delete(rewriteKey) }
