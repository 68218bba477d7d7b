package graph

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// InUnit reports whether the group is in the administrative unit. A unit that is not
// there has nothing in it.
func (c *Client) InUnit(ctx context.Context, unit access.UnitID, group access.GroupID) (bool, error) {
	const doing = "look for the group in the administrative unit"
	r, err := c.request(abs.GET, url.Values{"$select": {"id"}}, "directory", "administrativeUnits", string(unit), "members", string(group))
	if err != nil {
		return false, fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[models.DirectoryObjectable](ctx, c, doing, r, models.CreateDirectoryObjectFromDiscriminatorValue)
	switch {
	case isNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	}
	return strings.EqualFold(deref(m.GetId()), string(group)), nil
}
