package state

import (
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
)

// UnreadableError says which record could not be decoded: its bytes are damaged,
// or a newer version wrote them. What reads many records sets such a one aside
// and goes on with the others.
type UnreadableError struct {
	Key string
	Err error
}

func (e *UnreadableError) Error() string { return "read " + e.Key + ": " + e.Err.Error() }

func (e *UnreadableError) Unwrap() error { return e.Err }

// Unreadable returns the fault when err says that a record could not be decoded.
func Unreadable(err error) (*UnreadableError, bool) {
	return errors.AsType[*UnreadableError](err)
}

// orNew passes err on, unless the record is missing or unreadable: then what is
// written takes its place.
func orNew(err error) error {
	if _, bad := Unreadable(err); bad || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Readable reads the records below prefix, in the order of their keys, and
// returns those that cannot be read as errors that name them.
func Readable[T any](tx Tx, prefix string) (out []T, aside []error, err error) {
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return nil, nil, err
		}
		v, err := Decode[T](item.Key, item.Value)
		if err != nil {
			aside = append(aside, err)
			continue
		}
		out = append(out, v)
	}
	return out, aside, nil
}

// ReadableRelationships lists the mirrored relationships of a customer that can
// be read, and how many cannot. The next whole read of the mirror mends those.
func ReadableRelationships(tx Tx, customer access.TenantID) (out []MirroredRelationship, unread int, err error) {
	out, aside, err := Readable[MirroredRelationship](tx, Path("mirror/relationship", string(customer))+"/")
	return out, len(aside), err
}

// ReadableMirror lists the relationships of all customers that can be read, and counts the
// others.
func ReadableMirror(tx Tx) (out []MirroredRelationship, unread int, err error) {
	out, aside, err := Readable[MirroredRelationship](tx, "mirror/relationship/")
	return out, len(aside), err
}

// UnreadableMirror returns an error for each record of the mirror that cannot be
// read.
func UnreadableMirror(tx Tx) (aside []error, err error) {
	for prefix, decode := range map[string]func(key string, raw []byte) error{
		"mirror/relationship/": decodes[MirroredRelationship], "mirror/customer/": decodes[Known], "mirror/group/": decodes[MirroredGroup],
	} {
		for item, err := range tx.Scan(prefix) {
			if err != nil {
				return nil, err
			}
			if err := decode(item.Key, item.Value); err != nil {
				aside = append(aside, err)
			}
		}
	}
	return aside, nil
}

func decodes[T any](key string, raw []byte) error {
	_, err := Decode[T](key, raw)
	return err
}

// MendMirror removes what cannot be read of the mirror. Of relationships, after a
// whole read, that is what Graph does not list any more: the read has written all
// else anew.
func MendMirror(tx Tx) error {
	aside, err := UnreadableMirror(tx)
	for _, fault := range aside {
		if bad, ok := Unreadable(fault); ok {
			err = errors.Join(err, tx.Delete(bad.Key))
		}
	}
	return err
}

// NextDueAfter returns the moment of the first thing that is due after now, and
// false when nothing is.
func NextDueAfter(tx Tx, now time.Time) (time.Time, bool, error) {
	for item, err := range tx.Scan("idx/due/") {
		if err != nil {
			return time.Time{}, false, err
		}
		d, err := parseDue(item.Key)
		if err != nil {
			return time.Time{}, false, err
		}
		if d.At.After(now) {
			return d.At, true, nil
		}
	}
	return time.Time{}, false, nil
}

// MirroredThatEnd lists the active relationships that end by then and do not
// renew themselves. What cannot be read is left out.
func MirroredThatEnd(tx Tx, by time.Time) ([]MirroredRelationship, error) {
	all, _, err := Readable[MirroredRelationship](tx, "mirror/relationship/")
	return slices.DeleteFunc(all, func(m MirroredRelationship) bool {
		return m.Status != access.RelationshipActive && m.Status != access.RelationshipExpiring ||
			m.End.IsZero() || m.End.After(by) || m.AutoExtends()
	}), err
}
