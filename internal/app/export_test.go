package app

import (
	"latchkey/internal/graph"
	"latchkey/internal/schedule"
)

// NewReader is what the mirror reads Graph through.
func NewReader(c *graph.Client) schedule.Reader { return reader{c} }
