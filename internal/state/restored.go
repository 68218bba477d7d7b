package state

import (
	"errors"
	"time"
)

// Restored says that the state was put back from a backup, and how old that was.
type Restored struct {
	At     time.Time // when it was put back
	Backup time.Time // of the last event that the backup knows; zero when it knows none
	Seq    uint64    // of that event
	Digest string    // of the backup, sha256 in hex
	// Settled is when what a backup cannot know was made safe; zero while it was not.
	Settled time.Time
}

// It is not sealed, so that whoever puts a state back needs no key.
const restoredKey = "meta/restored"

// PutRestored writes it, in place of an earlier time.
func PutRestored(tx Tx, r Restored) error {
	_, err := Save(tx, restoredKey, r)
	return err
}

// RestoredFrom returns when the state was put back last, and false when it never was.
func RestoredFrom(tx Tx) (Restored, bool, error) {
	r, err := Load[Restored](tx, restoredKey)
	if errors.Is(err, ErrNotFound) {
		return Restored{}, false, nil
	}
	return r, err == nil, err
}
