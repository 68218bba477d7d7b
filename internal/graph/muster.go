package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Muster reads who is in every group that bears our mark, and in those of the containers
// that are known, whatever they bear. Its result is an [outbox.MusterResult]. It changes
// nothing, so any try may be repeated.
func (f *Effects) Muster(ctx context.Context, _ outbox.Effect) (json.RawMessage, error) {
	marked, err := f.Client.markedGroups(ctx)
	if err != nil {
		return nil, err
	}
	all := map[access.GroupID]outbox.MusteredGroup{}
	for _, g := range marked {
		all[g.ID] = outbox.MusteredGroup{Group: g.ID, Name: g.Name}
	}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		known, err := state.AllContainers(tx)
		for _, c := range known {
			if _, listed := all[c.Group]; c.Group != "" && !listed {
				all[c.Group] = outbox.MusteredGroup{Group: c.Group}
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	ids := make([]access.GroupID, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var out outbox.MusterResult
	var failed error
	err = f.Client.MembersOf(ctx, ids, func(id access.GroupID, members []access.Member, err error) {
		switch g := all[id]; {
		case isNotFound(err): // no group, no member
		case err != nil:
			failed = err
		default:
			g.Members = members
			out.Groups = append(out.Groups, g)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return result(out)
}

// markedGroups lists the groups that bear our mark, of the kind that we make.
func (c *Client) markedGroups(ctx context.Context) ([]Group, error) {
	const doing = "list the groups that bear our mark"
	query := url.Values{"$filter": {"startswith(mailNickname,'" + markPrefix + "')"}, "$select": {groupFields}, "$top": {"999"}}
	r, err := c.request(abs.GET, query, "groups")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var out []Group
	for m, err := range list[models.Groupable](ctx, c, doing, r, models.CreateGroupFromDiscriminatorValue) {
		if err != nil {
			return nil, err
		}
		if g := groupOf(m); marked(g) {
			out = append(out, g)
		}
	}
	return out, nil
}

// marked reports whether a group bears a mark of ours, whichever.
func marked(g Group) bool {
	nonce, ok := strings.CutPrefix(g.Nickname, markPrefix)
	return ok && g.Plain && nonceForm.MatchString(nonce)
}
