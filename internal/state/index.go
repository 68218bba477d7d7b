package state

import "slices"

// reindex replaces the index keys that a record had by those that it has now.
// Each holds the id of its record. Keys that stay are not written again, so a
// change costs what changed.
func reindex(tx Tx, id string, had, has []string) error {
	for _, key := range had {
		if !slices.Contains(has, key) {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
	}
	for _, key := range has {
		if !slices.Contains(had, key) {
			if err := tx.Put(key, []byte(id)); err != nil {
				return err
			}
		}
	}
	return nil
}
