package state

import "latchkey/internal/access"

// ContainersOf lists the containers of a customer.
func ContainersOf(tx Tx, customer access.TenantID) ([]access.Container, error) {
	return All[access.Container](tx, Path("container", string(customer))+".")
}

// Leaving returns how far each relationship of the customer has come that is
// being replaced. Nothing new goes through one of them.
func Leaving(tx Tx, customer access.TenantID) (map[access.RelationshipID]access.ReplaceState, error) {
	offers, err := OffersTo(tx, customer)
	if err != nil {
		return nil, err
	}
	out := map[access.RelationshipID]access.ReplaceState{}
	for _, o := range offers {
		if o.Replaces.Under() {
			out[o.Replaces.Relationship] = o.Replaces.State
		}
	}
	return out, nil
}
