package state

import (
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
)

// ServiceProviders are the other organisations that have delegated administration
// of a customer's tenant, as the customer's own policy names them.
type ServiceProviders struct {
	Customer access.TenantID
	// LetIn says that the customer lets the bot read it.
	LetIn   bool
	Others  []access.TenantID // sorted, without the partner itself
	ReadAt  time.Time         // when they were last read; zero when never
	TriedAt time.Time         // when that was last tried
	Problem string            // why the last attempt failed, though the customer lets the bot in
}

func serviceProvidersKey(customer access.TenantID) string {
	return Path("mirror/serviceproviders", string(customer))
}

// ServiceProvidersOf returns what is known of the customer; the zero value when
// nothing is.
func ServiceProvidersOf(tx Tx, customer access.TenantID) (ServiceProviders, error) {
	p, err := Load[ServiceProviders](tx, serviceProvidersKey(customer))
	if errors.Is(err, ErrNotFound) {
		return ServiceProviders{Customer: customer}, nil
	}
	return p, err
}

// PutServiceProviders writes what was read of a customer, also in place of a
// damaged record.
func PutServiceProviders(tx Tx, p ServiceProviders) error {
	if !safe(string(p.Customer)) {
		return errors.New("service providers of no customer")
	}
	slices.Sort(p.Others)
	_, err := Save(tx, serviceProvidersKey(p.Customer), p)
	return err
}

// LetInAsk is a customer that was asked to let the bot read who else administers
// its tenant, and who waits for that.
type LetInAsk struct {
	Customer access.TenantID
	By       access.Person
	At       time.Time
}

func letInAskKey(customer access.TenantID) string { return Path("letin/asked", string(customer)) }

// PutLetInAsk writes that a customer was asked, in place of an earlier time.
func PutLetInAsk(tx Tx, a LetInAsk) error {
	if !safe(string(a.Customer)) {
		return errors.New("no customer was asked")
	}
	_, err := Save(tx, letInAskKey(a.Customer), a)
	return err
}

// LetInAskOf returns the question to a customer, or [ErrNotFound].
func LetInAskOf(tx Tx, customer access.TenantID) (LetInAsk, error) {
	return Load[LetInAsk](tx, letInAskKey(customer))
}

// DeleteLetInAsk removes it; one that is not there is no error.
func DeleteLetInAsk(tx Tx, customer access.TenantID) error { return tx.Delete(letInAskKey(customer)) }
