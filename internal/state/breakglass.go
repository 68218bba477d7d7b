package state

import (
	"errors"

	"latchkey/internal/access"
)

// BreakGlassReview returns the review, or [ErrNotFound].
func BreakGlassReview(tx Tx, id access.RequestID) (access.BreakGlassReview, error) {
	return Load[access.BreakGlassReview](tx, Path("breakglass", string(id)))
}

// PutBreakGlassReview writes the review and its indexes.
func PutBreakGlassReview(tx Tx, v access.BreakGlassReview) error {
	old, err := BreakGlassReview(tx, v.Request)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("breakglass", string(v.Request)), v); err != nil {
		return err
	}
	return reindex(tx, string(v.Request), breakGlassIndexes(old), breakGlassIndexes(v))
}

func breakGlassIndexes(v access.BreakGlassReview) []string {
	if v.Request == "" || !v.Open() {
		return nil
	}
	keys := []string{Path("idx/breakglass", string(v.Principal), string(v.Request))}
	if at, ok := v.NextReminder(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueBreakGlass, Request: v.Request}))
	}
	return keys
}

// OpenBreakGlass lists the break-glass accesses that nobody has signed off.
func OpenBreakGlass(tx Tx) ([]access.RequestID, error) { return lastParts(tx, "idx/breakglass/") }

// OpenBreakGlassOf lists those of one person.
func OpenBreakGlassOf(tx Tx, p access.PrincipalID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/breakglass", string(p))+"/")
}
