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

// PeopleOf lists the people of a group of the partner's tenant, those of groups within it
// included, by their object ids. A group that is not there is [access.NotFound].
func (c *Client) PeopleOf(ctx context.Context, id access.GroupID) ([]string, error) {
	const doing = "list the people of the group"
	r, err := c.request(abs.GET, url.Values{"$select": {"id"}, "$top": {"999"}}, "groups", string(id), "transitiveMembers")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var out []string
	for m, err := range list[models.DirectoryObjectable](ctx, c, doing, r, models.CreateDirectoryObjectFromDiscriminatorValue) {
		if err != nil {
			return nil, err
		}
		if _, person := m.(models.Userable); person {
			out = append(out, strings.ToLower(deref(m.GetId())))
		}
	}
	return out, nil
}
