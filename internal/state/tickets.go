package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// A TicketAct is what a person wants to do that Microsoft takes from a signed-in
// person only.
type TicketAct string

// The acts.
const (
	TicketDAP    TicketAct = "dap.remove"    // remove legacy delegated administration
	TicketInvite TicketAct = "reseller.link" // fetch the link by which a customer accepts the reseller
	// TicketVerify is for a contact: to prove that they belong to the customer.
	TicketVerify TicketAct = "contact.verify"
)

// Ticket is the permission to sign in once for one act. It is found by a digest
// of the secret in its link, which is kept nowhere.
type Ticket struct {
	ID        string
	Act       TicketAct
	Customer  access.TenantID
	By        access.Person
	Principal access.PrincipalID // who must be the one that signs in
	CreatedAt time.Time
	ExpiresAt time.Time
	// TakenAt is when the sign-in was accepted: from then on the act may have
	// been done. Zero before.
	TakenAt time.Time
	// SettledAt is when it was known what became of the act. Zero before.
	SettledAt time.Time
}

// Underway reports whether the act may have been done and nobody knows yet.
func (t Ticket) Underway() bool { return !t.TakenAt.IsZero() && t.SettledAt.IsZero() }

// TicketOf returns the ticket, or [ErrNotFound].
func TicketOf(tx Tx, id string) (Ticket, error) { return Load[Ticket](tx, Path("ticket", id)) }

// PutTicket writes the ticket.
func PutTicket(tx Tx, t Ticket) error {
	if !safe(t.ID) {
		return errors.New("a ticket without a usable id")
	}
	_, err := Save(tx, Path("ticket", t.ID), t)
	return err
}

// DeleteTicket removes the ticket; one that is not there is no error.
func DeleteTicket(tx Tx, id string) error { return tx.Delete(Path("ticket", id)) }

// AllTickets lists every ticket.
func AllTickets(tx Tx) ([]Ticket, error) { return All[Ticket](tx, "ticket/") }

// DAPAsk is somebody who waits for legacy delegated administration to be read.
type DAPAsk struct {
	Customer access.TenantID
	By       access.Person
	At       time.Time
}

// PutDAPAsk writes that somebody waits.
func PutDAPAsk(tx Tx, a DAPAsk) error {
	if !safe(string(a.Customer)) || !safe(string(a.By.User)) {
		return errors.New("a question without a usable id")
	}
	_, err := Save(tx, Path("dap/asked", string(a.Customer), string(a.By.User)), a)
	return err
}

// DeleteDAPAsk removes it; one that is not there is no error.
func DeleteDAPAsk(tx Tx, a DAPAsk) error {
	return tx.Delete(Path("dap/asked", string(a.Customer), string(a.By.User)))
}

// DAPAsks lists who waits.
func DAPAsks(tx Tx) ([]DAPAsk, error) { return All[DAPAsk](tx, "dap/asked/") }
