package state

import (
	"errors"

	"latchkey/internal/access"
)

// Offer returns the offer, or [ErrNotFound].
func Offer(tx Tx, id access.OfferID) (access.Offer, error) {
	return Load[access.Offer](tx, Path("offer", string(id)))
}

// PutOffer writes the offer and its indexes.
func PutOffer(tx Tx, o access.Offer) error {
	old, err := Offer(tx, o.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("offer", string(o.ID)), o); err != nil {
		return err
	}
	return reindex(tx, string(o.ID), offerIndexes(old), offerIndexes(o))
}

func offerIndexes(o access.Offer) []string {
	if o.ID == "" {
		return nil
	}
	keys := []string{Path("idx/offer/customer", string(o.Customer), string(o.ID))}
	if o.Relationship != "" {
		keys = append(keys, Path("idx/offer/relationship", string(o.Relationship)))
	}
	if o.Open() {
		keys = append(keys, Path("idx/offer/open", string(o.Customer), string(access.ContainerOf(o.Customer, o.Roles))))
	}
	if o.Followed() {
		keys = append(keys, Path("idx/offer/followed", string(o.ID)))
	}
	if at, ok := o.Due(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueOffer, Offer: o.ID}))
	}
	return endedAt(keys, overOffer(o), o.EndedAt, "offer", string(o.ID))
}

// OfferTwin returns the offer of the same roles to the same customer that is on
// its way or waits for a word, and false when there is none.
func OfferTwin(tx Tx, o access.Offer) (access.OfferID, bool, error) {
	id, err := tx.Get(Path("idx/offer/open", string(o.Customer), string(access.ContainerOf(o.Customer, o.Roles))))
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	return access.OfferID(id), err == nil, err
}

// OfferOf returns the offer that the relationship came of, or [ErrNotFound] for
// a relationship that nobody asked for here.
func OfferOf(tx Tx, id access.RelationshipID) (access.Offer, error) {
	offer, err := tx.Get(Path("idx/offer/relationship", string(id)))
	if err != nil {
		return access.Offer{}, err
	}
	return Offer(tx, access.OfferID(offer))
}

// OffersTo lists the offers to the customer. One that cannot be read is an error:
// what is decided by all of them must not miss one.
func OffersTo(tx Tx, customer access.TenantID) ([]access.Offer, error) {
	out, aside, err := offersAt(tx, Path("idx/offer/customer", string(customer))+"/", -1)
	return out, errors.Join(append(aside, err)...)
}

// ReadableOffersTo lists the offers to the customer that can be read.
func ReadableOffersTo(tx Tx, customer access.TenantID) ([]access.Offer, error) {
	out, _, err := offersAt(tx, Path("idx/offer/customer", string(customer))+"/", -1)
	return out, err
}

// FollowedOffers lists offers that Microsoft may move on at any moment, at most
// limit of them. What cannot be read is set aside.
func FollowedOffers(tx Tx, limit int) (out []access.Offer, aside []error, err error) {
	return offersAt(tx, "idx/offer/followed/", limit)
}

// UnansweredOffers lists the offers that are on their way or wait, and those that were
// declined and may be approved all the same, as far as they can be read.
func UnansweredOffers(tx Tx) ([]access.Offer, error) {
	out, _, err := offersAt(tx, "idx/offer/open/", -1)
	if err != nil {
		return nil, err
	}
	followed, _, err := FollowedOffers(tx, -1)
	for _, o := range followed {
		if o.State == access.OfferDeclined {
			out = append(out, o)
		}
	}
	return out, err
}

func offersAt(tx Tx, prefix string, limit int) (out []access.Offer, aside []error, err error) {
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return nil, nil, err
		}
		if len(out) == limit {
			break
		}
		o, err := Offer(tx, access.OfferID(item.Value))
		if _, bad := Unreadable(err); bad {
			aside = append(aside, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		out = append(out, o)
	}
	return out, aside, nil
}

// OfferCard is a message that shows the state of one offer and is kept current.
type OfferCard struct {
	Offer access.OfferID
	Name  string // which of the offer's cards: "customer" or "requester"
	Ref   access.MessageRef
}

// CardOfOffer returns where a card was posted, or [ErrNotFound].
func CardOfOffer(tx Tx, id access.OfferID, name string) (OfferCard, error) {
	return Load[OfferCard](tx, Path("card", string(id), name))
}

// PutOfferCard writes where a card was posted.
func PutOfferCard(tx Tx, c OfferCard) error {
	_, err := Save(tx, Path("card", string(c.Offer), c.Name), c)
	return err
}
