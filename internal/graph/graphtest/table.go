package graphtest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// table holds rows by id, case-insensitively, in the order they were put.
type table[T any] struct {
	order []*T
	byID  map[string]*T
}

func (t *table[T]) find(id string) (*T, bool) {
	row, ok := t.byID[strings.ToLower(id)]
	return row, ok
}

// put adds a row at the end. One that had the id is replaced.
func (t *table[T]) put(id string, row *T) {
	t.remove(id)
	if t.byID == nil {
		t.byID = map[string]*T{}
	}
	t.byID[strings.ToLower(id)] = row
	t.order = append(t.order, row)
}

func (t *table[T]) remove(id string) {
	key := strings.ToLower(id)
	if row, ok := t.byID[key]; ok {
		t.order = slices.DeleteFunc(t.order, func(r *T) bool { return r == row })
		delete(t.byID, key)
	}
}

// newGUID draws a version 4 GUID.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// isGUID accepts the 36-character form in either case.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		switch i {
		case 8, 13, 18, 23:
			if r != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
				return false
			}
		}
	}
	return true
}

func orNew(id string) string {
	if id == "" {
		return newGUID()
	}
	return id
}
