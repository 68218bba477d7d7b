package cards

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// Homes draws Home tabs. Its fields are set once, before use.
type Homes struct {
	Store  state.Store
	Policy func() *policy.Policy
	Team   func() access.TeamID // the installing workspace
	Now    func() time.Time     // by which relationships end; real time when it is nil
	// Page is where a request is approved after a sign-in; nil where there is no page.
	Page func(access.RequestID) string
	// Awaits reports whether a request waits for a person's word.
	Awaits func(tx state.Tx, who access.Person, r access.Request) (bool, error)
	// Protocol is the time that the outbox counts in; real time when it is nil.
	Protocol func() time.Time
}

// Home draws a page of the Home tab of a person from one snapshot of the store. Nobody is
// refused: who may do nothing here is told so, and what a button does is checked
// again when it is pressed. The person's workspace must be known.
func (h Homes) Home(ctx context.Context, who access.Person, page int) (messages.HomeTab, error) {
	var v messages.HomeView
	err := h.Store.View(ctx, func(tx state.Tx) (err error) {
		v, err = h.view(tx, who)
		return err
	})
	if err != nil {
		return messages.HomeTab{}, fmt.Errorf("draw the home of %s: %w", who.User, err)
	}
	v.Page, v.Now = page, h.now()
	return messages.Home(v), nil
}

func (h Homes) view(tx state.Tx, who access.Person) (messages.HomeView, error) {
	now := h.Policy()
	v := messages.HomeView{External: who.Team == "" || who.Team != h.Team()}
	if v.External {
		v.Language = now.Language("", who.Team)
	}
	if !v.External {
		b, err := state.Staff(tx, who.User)
		if err != nil && !absent(err) {
			return v, err
		}
		v.Linked = err == nil && b.Person.Same(who)
		v.Admin, v.Admins, v.ByMail = now.Admin(who.User), now.Admins, len(now.StaffByMail) > 0
		if err := h.own(tx, who, &v); err != nil {
			return v, err
		}
		if v.Linked {
			if v.Recent, err = h.recent(tx, who); err != nil {
				return v, err
			}
		}
		if v.Admin {
			if err := errors.Join(h.relationships(tx, &v.Relationships), h.health(tx, &v.Health)); err != nil {
				return v, err
			}
			if err := h.reviews(tx, &v); err != nil {
				return v, err
			}
		}
	}
	return v, h.toDecide(tx, who, &v)
}

// own fills in what the person asked for that is not over.
func (h Homes) own(tx state.Tx, who access.Person, v *messages.HomeView) error {
	ids, err := state.OpenOf(tx, who.User)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := h.card(tx, id)
		switch {
		case unreadable(err):
		case err != nil:
			return err
		case !c.Request.Requester.Same(who):
		case c.Request.State == access.Pending:
			v.Waiting = append(v.Waiting, c)
		default:
			v.Access = append(v.Access, c)
		}
	}
	return nil
}

// toDecide fills in the pending requests on which the person may say a word and
// has not, the one that lapses first at the front.
func (h Homes) toDecide(tx state.Tx, who access.Person, v *messages.HomeView) error {
	if who.Team == "" {
		return nil
	}
	for _, c := range h.Policy().Customers {
		contact, err := state.Contact(tx, c.Tenant, who.Team, who.User)
		switch {
		case absent(err), err == nil && contact.Over(h.now()):
			continue
		case err != nil:
			return err
		}
		v.ContactOf = append(v.ContactOf, c.Name)
	}
	if len(v.ContactOf) == 0 && !v.Linked {
		return nil
	}
	pending, err := state.AllPending(tx)
	if err != nil {
		return err
	}
	for _, id := range pending {
		c, err := h.card(tx, id)
		if unreadable(err) {
			continue
		}
		if err != nil {
			return err
		}
		waits, err := h.Awaits(tx, who, c.Request)
		if err != nil {
			return err
		}
		if waits {
			c.Language = v.Language
			v.ToDecide = append(v.ToDecide, c)
		}
	}
	slices.SortStableFunc(v.ToDecide, func(a, b messages.CardView) int {
		return cmp.Or(a.Request.DecideBy.Compare(b.Request.DecideBy), cmp.Compare(a.Request.ID, b.Request.ID))
	})
	return nil
}

// card reads a request and its grant. One that is open needs no other grant to
// be told of.
func (h Homes) card(tx state.Tx, id access.RequestID) (messages.CardView, error) {
	r, err := state.Request(tx, id)
	if err != nil {
		return messages.CardView{}, err
	}
	e := approvals.Entry{Request: r}
	g, err := state.Grant(tx, id)
	switch {
	case err == nil:
		e.Grant = &g
	case !errors.Is(err, state.ErrNotFound):
		return messages.CardView{}, err
	}
	return paged(View(h.Policy(), e), h.Page), nil
}

// unreadable reports whether a record could not be decoded: the tab shows the
// others.
func unreadable(err error) bool {
	_, bad := state.Unreadable(err)
	return bad
}

// absent reports whether there is no such record, or none that can be read.
func absent(err error) bool { return errors.Is(err, state.ErrNotFound) || unreadable(err) }
