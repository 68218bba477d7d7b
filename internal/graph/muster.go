package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// mirrorLooks is how often a muster looks, a second apart, whether the mirror tells whose
// tenant a group reaches that the state does not know.
const mirrorLooks = 15

// Muster reads who is in every group that bears our mark, and in those of the containers
// that are known, whatever they bear. Its result is an [outbox.MusterResult]. It changes
// nothing, so any try may be repeated.
//
// The customer of a group that the state does not know is found in the mirror, and hears
// of what is done. So it waits for that to be read; but not for long, for nobody may keep
// access because of it.
func (f *Effects) Muster(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	marked, err := f.Client.markedGroups(ctx)
	if err != nil {
		return nil, err
	}
	all := map[access.GroupID]outbox.MusteredGroup{}
	for _, g := range marked {
		all[g.ID] = outbox.MusteredGroup{Group: g.ID, Name: g.Name}
	}
	strange := 0
	err = f.Store.View(ctx, func(tx state.Tx) (err error) {
		strange, err = knownGroups(tx, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	if strange > 0 && e.Term < mirrorLooks {
		return nil, outbox.NotYet(time.Second)
	}
	return f.membersOf(ctx, all)
}

// knownGroups adds the groups of containers, and counts those of which neither they nor
// the mirror tell whose tenant they reach.
func knownGroups(tx state.Tx, all map[access.GroupID]outbox.MusteredGroup) (strange int, err error) {
	known, err := state.AllContainers(tx)
	if err != nil {
		return 0, err
	}
	ours := map[access.GroupID]bool{}
	for _, c := range known {
		ours[c.Group] = true
		if _, listed := all[c.Group]; c.Group != "" && !listed {
			all[c.Group] = outbox.MusteredGroup{Group: c.Group}
		}
	}
	for id := range all {
		if ours[id] {
			continue
		}
		assigned, err := state.AssignedTo(tx, id)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return 0, err
		}
		if len(assigned) == 0 {
			strange++
		}
	}
	return strange, nil
}

// membersOf reads who is in the groups.
func (f *Effects) membersOf(ctx context.Context, all map[access.GroupID]outbox.MusteredGroup) (json.RawMessage, error) {
	ids := slices.Sorted(maps.Keys(all))
	var out outbox.MusterResult
	var failed error
	err := f.Client.MembersOf(ctx, ids, func(id access.GroupID, members []access.Member, err error) {
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
