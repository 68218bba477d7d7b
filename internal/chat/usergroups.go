package chat

import (
	"context"
	"fmt"

	"latchkey/internal/access"
)

// Usergroup lists the people of a usergroup of the installing workspace. What cannot be
// mended by trying again is an [access.Error] that says how it can.
func (c *Client) Usergroup(ctx context.Context, id string) ([]string, error) {
	people, err := c.API.GetUserGroupMembersContext(ctx, id)
	switch {
	case err == nil:
		return people, nil
	case refusedWith(err, "no_such_subteam"):
		return nil, access.Refuse(access.NotFound, "Slack has no usergroup %s, or it was disabled. Enable it there, or give policy.yml another id.", id)
	case refusedWith(err, "missing_scope", "not_allowed_token_type"):
		return nil, access.Refuse(access.Forbidden, "The app lacks the scope usergroups:read. Add it to its bot scopes at api.slack.com/apps, and install the app anew.")
	case refusedWith(err, "plan_upgrade_required"):
		return nil, access.Refuse(access.Forbidden, "The plan of the workspace has no usergroups. Name the people in policy.yml, or a group in Entra.")
	}
	return nil, &access.Error{Code: access.Unavailable, Message: "Slack did not answer.", Err: fmt.Errorf("list a usergroup: %w", err)}
}
