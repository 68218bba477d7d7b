package policy

import (
	_ "embed"
	"slices"
)

//go:embed policy.schema.json
var schema []byte

// Schema is a JSON schema of the file, for editors that help to write it. It takes every
// file that is right; what it takes may still be refused, see [Parse].
func Schema() []byte { return slices.Clone(schema) }
