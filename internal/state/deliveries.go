package state

import (
	"errors"
	"strings"
	"time"
)

const (
	// DeliveryKept is how long a delivery is remembered. A signature is good for five
	// minutes, and Slack repeats an event within minutes, or hourly for a day where an app
	// has that switched on.
	DeliveryKept = 26 * time.Hour
	// NotificationKept is how long a notification of Partner Center is remembered.
	// It must be longer than the oldest one that is taken can be.
	NotificationKept = 26 * time.Hour
)

// MarkDelivery remembers a delivery by its key and reports whether it is new.
// It belongs in the transaction that does what the delivery asks for, so that
// a delivery is remembered exactly when it had its effect. It forgets up to two
// old ones for each new, so memory stays bounded without a job.
func MarkDelivery(tx Tx, key string, now time.Time) (isNew bool, err error) {
	return mark(tx, "delivery", key, now, DeliveryKept)
}

// MarkNotification is [MarkDelivery] for notifications of Partner Center, whose key
// is a digest of the body.
func MarkNotification(tx Tx, key string, now time.Time) (isNew bool, err error) {
	return mark(tx, "notification", key, now, NotificationKept)
}

func mark(tx Tx, space, key string, now time.Time, kept time.Duration) (isNew bool, err error) {
	if !safe(key) {
		return false, errors.New("a delivery without a usable key")
	}
	if _, err := tx.Get(Path(space, key)); err == nil {
		return false, nil
	} else if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err := forgetMarks(tx, space, now.Add(-kept)); err != nil {
		return false, err
	}
	at := TimeKey(now)
	if err := tx.Put(Path(space, key), []byte(at)); err != nil {
		return false, err
	}
	return true, tx.Put(Path("idx/"+space, at, key), nil)
}

// forgetMarks forgets the two oldest, if they are of that time or before.
func forgetMarks(tx Tx, space string, until time.Time) error {
	old := make([]string, 0, 2)
	for item, err := range tx.Scan("idx/" + space + "/") {
		if err != nil {
			return err
		}
		at, err := ParseTimeKey(strings.Split(item.Key, "/")[2])
		if err != nil {
			return err
		}
		if len(old) == cap(old) || at.After(until) {
			break
		}
		old = append(old, item.Key)
	}
	for _, key := range old {
		if err := tx.Delete(key); err != nil {
			return err
		}
		if err := tx.Delete(Path(space, strings.SplitN(key, "/", 4)[3])); err != nil {
			return err
		}
	}
	return nil
}
