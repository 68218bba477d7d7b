package state

import "latchkey/internal/access"

func groupPeopleKey(of access.StaffSource) string { return Path("staffgroup", string(of)) }

// GroupPeople returns who was in a staff group when it was read last, or [ErrNotFound].
func GroupPeople(tx Tx, of access.StaffSource) (access.GroupPeople, error) {
	return Load[access.GroupPeople](tx, groupPeopleKey(of))
}

// PutGroupPeople writes who is in a staff group.
func PutGroupPeople(tx Tx, g access.GroupPeople) error {
	_, err := Save(tx, groupPeopleKey(g.Source), g)
	return err
}

// DeleteGroupPeople forgets a staff group; one that is not there is no error.
func DeleteGroupPeople(tx Tx, of access.StaffSource) error { return tx.Delete(groupPeopleKey(of)) }

// AllGroupPeople lists every staff group that was ever read. A damaged one has nobody.
func AllGroupPeople(tx Tx) ([]access.GroupPeople, error) {
	out, _, err := Readable[access.GroupPeople](tx, "staffgroup/")
	return out, err
}
