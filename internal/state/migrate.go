package state

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Version is the version of the stored form that this program writes.
const Version = 1

const versionKey = "meta/version"

// NewerError means that a later version of the program wrote the store.
type NewerError struct{ Found, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the state was written by a newer version (format %d, this program knows up to %d): "+
		"start that version again, or restore a backup made before it", e.Found, e.Known)
}

// migrations[i] turns format i+1 into format i+2, inside the transaction that
// raises the version.
var migrations []func(Tx) error

// Migrate brings the store to [Version]. A new store is only stamped. It returns
// a [*NewerError] for a store it does not understand, and what [Usable] says of one that
// was moved, and changes nothing then.
func Migrate(ctx context.Context, s Store) error {
	return s.Update(ctx, func(tx Tx) error {
		if err := Usable(tx); err != nil {
			return err
		}
		found := Version
		raw, err := tx.Get(versionKey)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		default:
			if found, err = strconv.Atoi(string(raw)); err != nil || found < 1 {
				return fmt.Errorf("the state's version mark %q cannot be read: restore a backup", raw)
			}
		}
		if found > Version {
			return &NewerError{Found: found, Known: Version}
		}
		for v := found; v < Version; v++ {
			if err := migrations[v-1](tx); err != nil {
				return fmt.Errorf("migrate the state from format %d: %w", v, err)
			}
		}
		if string(raw) == strconv.Itoa(Version) {
			return nil
		}
		return tx.Put(versionKey, []byte(strconv.Itoa(Version)))
	})
}
