package policy

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

// driver reads how access is given and ended.
func (r *reader) driver(n ast.Node, otherwise access.Driver) access.Driver {
	word := r.text(n, "driver")
	switch {
	case word == "":
		return otherwise
	case !slices.Contains(access.Drivers(), access.Driver(word)):
		r.at(n, "%q is not a driver; write membership (the bot takes access away at its end) or pim (Entra does as well; your tenant needs the licence).", word)
		return otherwise
	}
	return access.Driver(word)
}
