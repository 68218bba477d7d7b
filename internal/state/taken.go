package state

import (
	"errors"
	"time"
)

// MarkTaken records that something was taken away at that moment, so that what the
// mirror still shows of it is not ordered again.
func MarkTaken(tx Tx, what string, at time.Time) error {
	_, err := Save(tx, Path("taken", what), at)
	return err
}

// TakenAt returns when it was taken away last; zero when never.
func TakenAt(tx Tx, what string) (time.Time, error) {
	at, err := Load[time.Time](tx, Path("taken", what))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}
