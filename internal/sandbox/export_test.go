package sandbox

import "latchkey/internal/sandbox/page"

// FaultsOf is what the page of a world plans trouble with.
func FaultsOf(w *World) page.Faults { return &faults{slack: w.Slack, graph: w.Graph} }
