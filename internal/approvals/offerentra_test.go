package approvals_test

import (
	"context"
	"encoding/json"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// bonds plays the relationships at Microsoft, by their names.
type bonds map[string]access.Relationship

// performOffer does the effects of offers and relationships.
func (w *world) performOffer(e outbox.Effect) (json.RawMessage, error) {
	switch e.Kind {
	case outbox.GraphOffer, outbox.GraphRetract:
		p, err := outbox.Payload[outbox.OfferPayload](e)
		if err != nil {
			return nil, err
		}
		o, err := w.OfferEntry(context.Background(), p.Offer)
		if err != nil {
			return nil, err
		}
		r, there := w.bonds[o.Name]
		switch {
		case e.Kind == outbox.GraphOffer && o.State == access.OfferDrafted && !there:
			r = access.Relationship{
				ID: access.RelationshipID("rel-" + o.ID), Name: o.Name, Customer: o.Customer, Roles: o.Roles, Status: access.RelationshipApprovalPending,
			}
			w.bonds[o.Name] = r
		case !there || e.Kind == outbox.GraphOffer && o.State != access.OfferDrafted:
			return json.RawMessage("null"), nil
		}
		return encode(outbox.RelationshipResult{Relationship: r})
	case outbox.GraphAssign:
		p, err := outbox.Payload[outbox.AssignPayload](e)
		if err != nil {
			return nil, err
		}
		o, err := w.OfferEntry(context.Background(), p.Offer)
		if err != nil || o.State != access.OfferActive {
			return json.RawMessage("null"), err
		}
		return encode(outbox.AssignResult{Assignment: access.AssignmentID("as-" + p.Group)})
	case outbox.GraphReduce:
		p, err := outbox.Payload[outbox.ReducePayload](e)
		if err != nil {
			return nil, err
		}
		r := w.bonds[p.Name]
		r.Roles = access.Without(r.Roles, roles.GlobalAdministrator)
		w.bonds[p.Name] = r
		return encode(outbox.RelationshipResult{Relationship: r})
	case outbox.GraphTerminate, outbox.GraphExtend:
		p, err := outbox.Payload[outbox.ExtendPayload](e)
		if err != nil {
			return nil, err
		}
		r, ok := w.bonds[p.Name]
		switch {
		case !ok:
			return json.RawMessage("null"), nil
		case e.Kind == outbox.GraphTerminate:
			r.Status = access.RelationshipTerminated
		case p.On:
			r.AutoExtend = "P180D"
		default:
			r.AutoExtend = "PT0S"
		}
		w.bonds[p.Name] = r
		return encode(outbox.RelationshipResult{Relationship: r})
	}
	return nil, nil
}

// synced has the mirror read what Microsoft says of a relationship.
func (w *world) synced(t testing.TB, name string, status access.RelationshipStatus) {
	t.Helper()
	r := w.bonds[name]
	r.Status = status
	if status == access.RelationshipActive && r.End.IsZero() {
		r.Start, r.End = w.now, w.now.AddDate(1, 0, 0)
	}
	w.bonds[name] = r
	w.put(t, func(tx state.Tx) error { return w.mirrored(tx, r) })
}

func (w *world) mirrored(tx state.Tx, r access.Relationship) error {
	if _, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: r}); err != nil {
		return err
	}
	return w.Followed(tx, r)
}

func anOffer() approvals.OfferAsk {
	return approvals.OfferAsk{Customer: contoso, Roles: []access.RoleID{exchange}, Days: 365, AutoExtend: true}
}

// offered has Dee ask Contoso, drafted before Microsoft has it.
func (w *world) drafted(t testing.TB) access.Offer {
	t.Helper()
	o, err := w.Offer(context.Background(), w.by(dee, ""), anOffer())
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	return o
}

func (w *world) sent(t testing.TB) access.Offer {
	t.Helper()
	o := w.drafted(t)
	w.drain(t)
	return w.offer(t, o.ID)
}

func (w *world) inForce(t testing.TB) access.Offer {
	t.Helper()
	o := w.sent(t)
	w.synced(t, o.Name, access.RelationshipActive)
	w.drain(t)
	return w.offer(t, o.ID)
}

func (w *world) offer(t testing.TB, id access.OfferID) access.Offer {
	t.Helper()
	o, err := w.OfferEntry(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) wantOffer(t testing.TB, id access.OfferID, want access.OfferState) access.Offer {
	t.Helper()
	o := w.offer(t, id)
	if o.State != want {
		t.Errorf("%s is %s, want %s", id, o.State, want)
	}
	return o
}
