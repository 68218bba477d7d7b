package state

import (
	"errors"
	"strings"

	"latchkey/internal/access"
)

// Staff returns the binding of a member of the installing workspace, or
// [ErrNotFound].
func Staff(tx Tx, u access.UserID) (access.Staff, error) {
	return Load[access.Staff](tx, Path("staff", string(u)))
}

// PutStaff writes the binding and its index by principal.
func PutStaff(tx Tx, s access.Staff) error {
	id := string(s.Person.User)
	old, err := Staff(tx, s.Person.User)
	if err := orNew(err); err != nil {
		return err
	}
	if _, err := Save(tx, Path("staff", id), s); err != nil {
		return err
	}
	return reindex(tx, id, staffIndexes(old), staffIndexes(s))
}

// DeleteStaff removes the binding; one that is not there is no error.
func DeleteStaff(tx Tx, u access.UserID) error {
	old, err := Staff(tx, u)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.Delete(Path("staff", string(u))); err != nil {
		return err
	}
	return reindex(tx, string(u), staffIndexes(old), nil)
}

func staffIndexes(s access.Staff) []string {
	if s.Principal == "" {
		return nil
	}
	return []string{Path("idx/principal", string(s.Principal), string(s.Person.User))}
}

// StaffOf lists the Slack users that are bound to a principal. Binding refuses
// a second one.
func StaffOf(tx Tx, p access.PrincipalID) ([]access.UserID, error) {
	var out []access.UserID
	for item, err := range tx.Scan(Path("idx/principal", string(p)) + "/") {
		if err != nil {
			return nil, err
		}
		out = append(out, access.UserID(item.Value))
	}
	return out, nil
}

// AllStaff lists every binding of the staff. A damaged one binds nobody.
func AllStaff(tx Tx) ([]access.Staff, error) {
	out, _, err := Readable[access.Staff](tx, "staff/")
	return out, err
}

// contactKey is keyed by workspace and user together: a user id alone says
// nothing about who somebody is.
func contactKey(customer access.TenantID, team access.TeamID, u access.UserID) string {
	return Path("contact", string(customer), string(team), string(u))
}

// Contact returns the binding of a person to the customer, or [ErrNotFound].
func Contact(tx Tx, customer access.TenantID, team access.TeamID, u access.UserID) (access.Contact, error) {
	return Load[access.Contact](tx, contactKey(customer, team, u))
}

// keyOf is where the binding of a contact is: who is not in Slack is known by mail.
func keyOf(c access.Contact) (string, error) {
	switch {
	case c.Person.User != "":
		return contactKey(c.Customer, c.Person.Team, c.Person.User), nil
	case safe(c.Person.Mail):
		return Path("contact", string(c.Customer), "mail", strings.ToLower(c.Person.Mail)), nil
	}
	return "", errors.New("a contact without a usable name")
}

// PutContact writes the binding of a contact.
func PutContact(tx Tx, c access.Contact) error {
	key, err := keyOf(c)
	if err != nil {
		return err
	}
	_, err = Save(tx, key, c)
	return err
}

// DeleteContact removes the binding; one that is not there is no error.
func DeleteContact(tx Tx, c access.Contact) error {
	key, err := keyOf(c)
	if err != nil {
		return err
	}
	return tx.Delete(key)
}

// ContactByMail returns the binding of somebody who is not in Slack, or [ErrNotFound].
func ContactByMail(tx Tx, customer access.TenantID, mail string) (access.Contact, error) {
	if !safe(mail) {
		return access.Contact{}, ErrNotFound
	}
	return Load[access.Contact](tx, Path("contact", string(customer), "mail", strings.ToLower(mail)))
}

// ContactByAccount returns the binding of whoever has signed in with the account, or
// [ErrNotFound].
func ContactByAccount(tx Tx, customer access.TenantID, a access.Account) (access.Contact, error) {
	all, err := ContactsOf(tx, customer)
	if err != nil {
		return access.Contact{}, err
	}
	for _, c := range all {
		if a.Known() && c.Person.Entra == a {
			return c, nil
		}
	}
	return access.Contact{}, ErrNotFound
}

// PutEnrolment writes that somebody would like to be bound. It reports false where that
// was written before.
func PutEnrolment(tx Tx, e access.Enrolment) (isNew bool, err error) {
	if !safe(string(e.Customer)) || !safe(string(e.Person.Entra.Object)) {
		return false, errors.New("an enrolment without a usable id")
	}
	key := Path("enrolled", string(e.Customer), string(e.Person.Entra.Object))
	_, err = Load[access.Enrolment](tx, key)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return false, err
	}
	_, err = Save(tx, key, e)
	return true, err
}

// DeleteEnrolment removes it; one that is not there is no error.
func DeleteEnrolment(tx Tx, customer access.TenantID, who access.PrincipalID) error {
	return tx.Delete(Path("enrolled", string(customer), string(who)))
}

// EnrolmentsOf lists who would like to be bound.
func EnrolmentsOf(tx Tx, customer access.TenantID) ([]access.Enrolment, error) {
	out, _, err := Readable[access.Enrolment](tx, Path("enrolled", string(customer))+"/")
	return out, err
}

// ContactsOf lists the contacts of a customer. A damaged binding binds nobody.
func ContactsOf(tx Tx, customer access.TenantID) ([]access.Contact, error) {
	out, _, err := Readable[access.Contact](tx, Path("contact", string(customer))+"/")
	return out, err
}

// Container returns the record of a container, or [ErrNotFound].
func Container(tx Tx, id access.ContainerID) (access.Container, error) {
	return Load[access.Container](tx, Path("container", string(id)))
}

// AllContainers lists the containers that can be read.
func AllContainers(tx Tx) ([]access.Container, error) {
	out, _, err := Readable[access.Container](tx, "container/")
	return out, err
}

// PutContainer writes the record of a container and its index by group.
func PutContainer(tx Tx, c access.Container) error {
	old, err := Container(tx, c.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("container", string(c.ID)), c); err != nil {
		return err
	}
	return reindex(tx, string(c.ID), containerIndexes(old), containerIndexes(c))
}

func containerIndexes(c access.Container) []string {
	if c.Group == "" {
		return nil
	}
	return []string{Path("idx/group", string(c.Group))}
}

// ContainerOfGroup returns the container whose group it is, or [ErrNotFound]
// for a group that is not ours.
func ContainerOfGroup(tx Tx, g access.GroupID) (access.ContainerID, error) {
	id, err := tx.Get(Path("idx/group", string(g)))
	return access.ContainerID(id), err
}

// Card is a message that shows the state of one request and is kept current.
type Card struct {
	Request access.RequestID
	Name    string // which of the request's cards: "customer" or "requester"
	Ref     access.MessageRef
}

// CardOf returns where a card was posted, or [ErrNotFound].
func CardOf(tx Tx, id access.RequestID, name string) (Card, error) {
	return Load[Card](tx, Path("card", string(id), name))
}

// PutCard writes where a card was posted.
func PutCard(tx Tx, c Card) error {
	_, err := Save(tx, Path("card", string(c.Request), c.Name), c)
	return err
}

// RequestsOfCustomer lists the ids of every request for the customer.
func RequestsOfCustomer(tx Tx, customer access.TenantID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/customer", string(customer))+"/")
}

// RequestsOf lists the ids of every request that a person made.
func RequestsOf(tx Tx, u access.UserID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/requester", string(u))+"/")
}

// safe reports whether an id can stand in a key without being read as two parts.
func safe(id string) bool { return id != "" && !strings.ContainsAny(id, "/\x00") }
