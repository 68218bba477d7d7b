package state

import (
	"strconv"
	"time"

	"latchkey/internal/access"
)

// Alert returns the alert, or [ErrNotFound].
func Alert(tx Tx, id access.AlertID) (access.Alert, error) {
	return Load[access.Alert](tx, Path("alert", string(id)))
}

// PutAlert writes the alert and its indexes. Stale says that its cards do not
// show it as it is now: it is then among [StaleAlerts].
func PutAlert(tx Tx, a access.Alert, stale bool) error {
	old, err := Alert(tx, a.ID)
	if err := orNew(err); err != nil {
		return err
	}
	if _, err := Save(tx, Path("alert", string(a.ID)), a); err != nil {
		return err
	}
	if err := reindex(tx, string(a.ID), alertIndexes(old), alertIndexes(a)); err != nil {
		return err
	}
	key := Path("idx/alert/stale", string(a.ID))
	if !stale {
		return tx.Delete(key)
	}
	return tx.Put(key, []byte(a.ID))
}

func alertIndexes(a access.Alert) []string {
	if a.ID == "" {
		return nil
	}
	var keys []string
	if a.State != access.AlertResolved {
		keys = append(keys, Path("idx/alert/open", string(a.Customer), string(a.ID)))
	}
	if at, ok := a.Due(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueAlert, Alert: a.ID}))
	}
	return endedAt(keys, a.State == access.AlertResolved, a.LastAt, "alert", string(a.ID))
}

// OpenAlerts lists the alerts of a customer that are not resolved and can be read.
func OpenAlerts(tx Tx, customer access.TenantID) ([]access.Alert, error) {
	out, _, err := alertsAt(tx, Path("idx/alert/open", string(customer))+"/")
	return out, err
}

// StaleAlerts lists the alerts whose cards do not show them as they are. What
// cannot be read is set aside, and begins anew with its next change.
func StaleAlerts(tx Tx) (out []access.Alert, aside []error, err error) {
	return alertsAt(tx, "idx/alert/stale/")
}

func alertsAt(tx Tx, prefix string) (out []access.Alert, aside []error, err error) {
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return nil, nil, err
		}
		a, err := Alert(tx, access.AlertID(item.Value))
		if _, bad := Unreadable(err); bad {
			aside = append(aside, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		out = append(out, a)
	}
	return out, aside, nil
}

// Storm is a card that tells of many alerts at once.
type Storm struct {
	ID     access.StormID
	At     time.Time
	Alerts []access.AlertID
	// Severity is that of the worst of them, at that time.
	Severity access.Severity
}

// StormOf returns the storm, or [ErrNotFound].
func StormOf(tx Tx, id access.StormID) (Storm, error) {
	return Load[Storm](tx, Path("storm", string(id)))
}

// PutStorm writes a storm.
func PutStorm(tx Tx, s Storm) error {
	_, err := Save(tx, Path("storm", string(s.ID)), s)
	return err
}

// AlertCard is a message that shows an alert, or many, and is kept current.
type AlertCard struct {
	Alert access.AlertID // or
	Storm access.StormID
	Card  int // which of the alert's cards
	Ref   access.MessageRef
}

func (c AlertCard) key() string {
	return Path("card", string(c.Alert)+string(c.Storm), strconv.Itoa(c.Card))
}

// PostedAlert returns where a card was posted, or [ErrNotFound]. Of what it is
// given, all but the place must be set.
func PostedAlert(tx Tx, c AlertCard) (AlertCard, error) { return Load[AlertCard](tx, c.key()) }

// PutAlertCard writes where a card was posted.
func PutAlertCard(tx Tx, c AlertCard) error {
	_, err := Save(tx, c.key(), c)
	return err
}
