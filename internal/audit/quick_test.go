package audit

import "latchkey/internal/access"

// Quick is what is read of an event without decoding it.
func Quick(body []byte) (seq uint64, customer access.TenantID, ok bool) {
	l, _, ok := quick(body)
	return l.seq, l.customer, ok
}
