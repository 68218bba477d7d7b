package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"latchkey/internal/access"
)

// What customers' own logs tell of the partner's people is kept as sums, one for each
// request and, of what is by none, for each person and day; and how far each log is read.

func activityCursorKey(tenant access.TenantID) string { return Path("activitylog", string(tenant)) }

// ActivityCursor returns how far the logs of a tenant are read; nothing where nobody has
// tried, or where that is damaged: then they are read anew.
func ActivityCursor(tx Tx, tenant access.TenantID) (access.ActivityCursor, error) {
	c, err := Load[access.ActivityCursor](tx, activityCursorKey(tenant))
	if err != nil {
		return access.ActivityCursor{Tenant: tenant}, orNew(err)
	}
	return c, nil
}

// PutActivityCursor writes it.
func PutActivityCursor(tx Tx, c access.ActivityCursor) error {
	if !safe(string(c.Tenant)) {
		return errors.New("the logs of no tenant")
	}
	_, err := Save(tx, activityCursorKey(c.Tenant), c)
	return err
}

// ActivityCursors lists those that can be read, of all tenants.
func ActivityCursors(tx Tx) ([]access.ActivityCursor, error) {
	out, _, err := Readable[access.ActivityCursor](tx, "activitylog/")
	return out, err
}

// doingsID names the record of the doings, from the beginning of its key on.
func doingsID(d access.Doings) string {
	where := string(d.Request)
	if where == "" {
		where = string(d.Basis) + "-" + string(d.Day)
	}
	who := string(d.Who.ID)
	if !safe(who) { // the log says only how they are called
		sum := sha256.Sum256([]byte(strings.ToLower(d.Who.Name)))
		who = "n-" + hex.EncodeToString(sum[:8])
	}
	return Path(string(d.Customer), where, who)
}

// DoingsLike returns the doings of the same person on the same ground, or [ErrNotFound].
func DoingsLike(tx Tx, d access.Doings) (access.Doings, error) {
	return Load[access.Doings](tx, Path("activity", doingsID(d)))
}

// PutDoings writes doings and their index, also in place of damaged ones.
func PutDoings(tx Tx, d access.Doings) error {
	if !safe(string(d.Customer)) || d.Request != "" && !safe(string(d.Request)) {
		return errors.New("doings at no customer")
	}
	old, err := DoingsLike(tx, d)
	if err := orNew(err); err != nil {
		return err
	}
	id := doingsID(d)
	if _, err := Save(tx, Path("activity", id), d); err != nil {
		return err
	}
	return reindex(tx, id, doingsIndexes(old), doingsIndexes(d))
}

func doingsIndexes(d access.Doings) []string {
	if d.Customer == "" {
		return nil
	}
	return endedAt(nil, true, d.Last, "activity", doingsID(d))
}

// Doings lists what was done at a customer, as far as it can be read.
func Doings(tx Tx, tenant access.TenantID) (out []access.Doings, unread int, err error) {
	out, aside, err := Readable[access.Doings](tx, Path("activity", string(tenant))+"/")
	return out, len(aside), err
}

// DoingsUnder lists what was done under a request.
func DoingsUnder(tx Tx, tenant access.TenantID, id access.RequestID) ([]access.Doings, error) {
	out, _, err := Readable[access.Doings](tx, Path("activity", string(tenant), string(id))+"/")
	return out, err
}

// GrantsSince lists the grants for a customer that can be read and were not over before
// the moment.
func GrantsSince(tx Tx, tenant access.TenantID, at time.Time) ([]access.Grant, error) {
	ids, err := lastParts(tx, Path("idx/customer", string(tenant))+"/")
	if err != nil {
		return nil, err
	}
	var out []access.Grant
	for _, id := range ids {
		g, err := Grant(tx, id)
		if _, bad := Unreadable(err); bad || errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !g.Final() || !g.EndedAt.Before(at) {
			out = append(out, g)
		}
	}
	return out, nil
}

// ToldOfActivity counts on how many notices of a day something was told that nothing
// allowed.
type ToldOfActivity struct {
	Day   access.Day
	Count int
}

// On is the count of a day, which begins anew with each.
func (t ToldOfActivity) On(day access.Day) ToldOfActivity {
	if t.Day != day {
		return ToldOfActivity{Day: day}
	}
	return t
}

const toldOfActivityKey = "activitytold"

// ActivityTold returns it.
func ActivityTold(tx Tx) (ToldOfActivity, error) {
	t, err := Load[ToldOfActivity](tx, toldOfActivityKey)
	return t, orNew(err)
}

// PutActivityTold writes it.
func PutActivityTold(tx Tx, t ToldOfActivity) error {
	_, err := Save(tx, toldOfActivityKey, t)
	return err
}
