package graph

import (
	"net/url"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"

	"latchkey/internal/access"
)

const lookInUnit = "look for the group in the administrative unit"

func (c *Client) readingUnit(unit access.UnitID, group access.GroupID) (*abs.RequestInformation, error) {
	return c.request(abs.GET, url.Values{"$select": {"id"}}, "directory", "administrativeUnits", string(unit), "members", string(group))
}

// inside is what the answer means: a unit that is not there has nothing in it.
func inside(id string, group access.GroupID, err error) (bool, error) {
	switch {
	case isNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	}
	return strings.EqualFold(id, string(group)), nil
}
