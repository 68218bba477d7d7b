package state

import (
	"errors"
	"strings"
	"time"
)

// DeliveryKept is how long a delivery is remembered. Slack accepts a signature
// for five minutes, and repeats an event within one hour at the latest.
const DeliveryKept = 2 * time.Hour

// MarkDelivery remembers a delivery by its key and reports whether it is new.
// It belongs in the transaction that does what the delivery asks for, so that
// a delivery is remembered exactly when it had its effect. It forgets up to two
// old ones for each new, so memory stays bounded without a job.
func MarkDelivery(tx Tx, key string, now time.Time) (isNew bool, err error) {
	if !safe(key) {
		return false, errors.New("a delivery without a usable key")
	}
	if _, err := tx.Get(Path("delivery", key)); err == nil {
		return false, nil
	} else if !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err := forgetDeliveries(tx, now); err != nil {
		return false, err
	}
	at := TimeKey(now)
	if err := tx.Put(Path("delivery", key), []byte(at)); err != nil {
		return false, err
	}
	return true, tx.Put(Path("idx/delivery", at, key), nil)
}

func forgetDeliveries(tx Tx, now time.Time) error {
	old := make([]string, 0, 2)
	for item, err := range tx.Scan("idx/delivery/") {
		if err != nil {
			return err
		}
		at, err := ParseTimeKey(strings.Split(item.Key, "/")[2])
		if err != nil {
			return err
		}
		if len(old) == cap(old) || now.Sub(at) < DeliveryKept {
			break
		}
		old = append(old, item.Key)
	}
	for _, key := range old {
		if err := tx.Delete(key); err != nil {
			return err
		}
		if err := tx.Delete(Path("delivery", strings.SplitN(key, "/", 4)[3])); err != nil {
			return err
		}
	}
	return nil
}
