package state_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestUnansweredOffers finds the few offers that somebody may still answer among many that
// nobody can, without reading those.
func TestUnansweredOffers(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	states := map[access.OfferID]access.OfferState{
		"O-DRAFT": access.OfferDrafted, "O-SENT0": access.OfferSent, "O-NO000": access.OfferDeclined,
		"O-YES00": access.OfferApproved, "O-ACT00": access.OfferActive, "O-ENDS0": access.OfferTerminating,
		"O-OVER0": access.OfferEnded, "O-LATE0": access.OfferLapsed, "O-BAD00": access.OfferFailed,
	}
	update(t, s, func(tx state.Tx) error {
		for id, st := range states {
			o := access.Offer{ID: id, Customer: contoso, Roles: []access.RoleID{access.RoleID(id)}, State: st}
			if err := state.PutOffer(tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx state.Tx) error {
		var ids, read []string
		offers, err := state.UnansweredOffers(noting{tx, &read})
		for _, o := range offers {
			ids = append(ids, string(o.ID))
		}
		slices.Sort(ids)
		if want := []string{"O-DRAFT", "O-NO000", "O-SENT0"}; !slices.Equal(ids, want) {
			t.Errorf("unanswered are %q, want %q", ids, want)
		}
		for _, over := range []string{"offer/O-ACT00", "offer/O-OVER0", "offer/O-LATE0", "offer/O-BAD00"} {
			if slices.Contains(read, over) {
				t.Errorf("%s was read, which nobody can answer", over)
			}
		}
		return err
	})
}

// noting notes which offers are read.
type noting struct {
	state.Tx
	read *[]string
}

func (n noting) Get(key string) ([]byte, error) {
	if strings.HasPrefix(key, "offer/") {
		*n.read = append(*n.read, key)
	}
	return n.Tx.Get(key)
}
