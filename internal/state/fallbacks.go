package state

import (
	"errors"
	"time"
)

func fallBackKey(what string) string { return Path("fallback", what) }

// MarkFallBack records what makes grants fall back. It reports whether that was not
// known yet.
func MarkFallBack(tx Tx, what string, at time.Time) (news bool, err error) {
	if _, err := tx.Get(fallBackKey(what)); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	return Save(tx, fallBackKey(what), at)
}

// ForgetFallBacks records that these do not make any fall back any more.
func ForgetFallBacks(tx Tx, what ...string) error {
	var err error
	for _, one := range what {
		err = errors.Join(err, tx.Delete(fallBackKey(one)))
	}
	return err
}
