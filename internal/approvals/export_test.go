package approvals

import (
	"maps"
	"slices"
)

// ActsWithPowers are the acts that need a power.
func ActsWithPowers() []string { return slices.Sorted(maps.Keys(powers)) }
