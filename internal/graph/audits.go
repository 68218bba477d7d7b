package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"

	"latchkey/internal/access"
)

// WhoMoved tells from the partner's own directory log who last made the principal a
// member of the group or, when added is false, ended that; since bounds how far back
// is looked. It reports false when the log does not say (yet), and when the bot may
// not read it. Source: Microsoft Graph, auditLogs/directoryAudits; permission
// AuditLog.Read.All, at most 5 requests in 10 seconds.
func (c *Client) WhoMoved(ctx context.Context, group access.GroupID, p access.PrincipalID, added bool, since time.Time) (who string, ok bool, err error) {
	const doing = "read the directory log"
	activity := "Remove member from group"
	if added {
		activity = "Add member to group"
	}
	if err := usable(string(group)); err != nil {
		return "", false, fmt.Errorf("%s: %w", doing, err)
	}
	r, err := c.request(abs.GET, url.Values{"$top": {"50"}, "$filter": {fmt.Sprintf(
		"activityDisplayName eq '%s' and activityDateTime ge %s and targetResources/any(t: t/id eq '%s')",
		activity, since.UTC().Format(time.RFC3339), group)}}, "auditLogs", "directoryAudits")
	if err != nil { // unreachable: the path is fixed
		return "", false, fmt.Errorf("%s: %w", doing, err)
	}
	var at string
	for one, err := range list[*directoryAudit](ctx, c, doing, r, newDirectoryAudit) {
		if status(err) == http.StatusForbidden {
			return "", false, nil
		}
		if err != nil {
			return "", false, err
		}
		named := slices.ContainsFunc(one.targets, func(id string) bool { return strings.EqualFold(id, string(p)) })
		if named && one.at >= at { // moments of one form, which sort as text
			at, who = one.at, one.by()
		}
	}
	return who, who != "", nil
}

// directoryAudit is an entry of the directory's log: what is wanted of it.
type directoryAudit struct {
	at      string
	user    actorField
	app     actorField
	targets []string
	changed []actorField
}

// by names who did it: a person as they sign in, an application as it is called.
func (d *directoryAudit) by() string {
	if d.user.upn != "" {
		return d.user.upn
	}
	return d.app.name
}

func newDirectoryAudit(serialization.ParseNode) (serialization.Parsable, error) {
	return &directoryAudit{}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (d *directoryAudit) GetFieldDeserializers() fields {
	return fields{
		"activityDateTime": text(&d.at),
		"initiatedBy":      object(&initiator{user: &d.user, app: &d.app}),
		"targetResources": func(n serialization.ParseNode) error {
			all, err := n.GetCollectionOfObjectValues(func(serialization.ParseNode) (serialization.Parsable, error) { return &actorField{}, nil })
			for _, one := range all {
				if t, ok := one.(*actorField); ok {
					d.targets, d.changed = append(d.targets, t.id), append(d.changed, *t)
				}
			}
			return err
		},
	}
}

// Serialize writes nothing: entries are only read.
func (d *directoryAudit) Serialize(serialization.SerializationWriter) error { return nil }

// initiator is who made an entry of the log: a person or an application.
type initiator struct{ user, app *actorField }

// GetFieldDeserializers implements the interface of what can be parsed.
func (i *initiator) GetFieldDeserializers() fields {
	return fields{"user": object(i.user), "app": object(i.app)}
}

// Serialize writes nothing.
func (i *initiator) Serialize(serialization.SerializationWriter) error { return nil }

// actorField is what the log says of anybody and anything.
type actorField struct{ id, upn, name, home string }

// GetFieldDeserializers implements the interface of what can be parsed.
func (a *actorField) GetFieldDeserializers() fields {
	return fields{"id": text(&a.id), "userPrincipalName": text(&a.upn), "displayName": text(&a.name), "homeTenantId": text(&a.home)}
}

// Serialize writes nothing.
func (a *actorField) Serialize(serialization.SerializationWriter) error { return nil }

// object reads a nested object into one that is there; null leaves it as it is.
func object(into serialization.Parsable) func(serialization.ParseNode) error {
	return func(n serialization.ParseNode) error {
		_, err := n.GetObjectValue(func(serialization.ParseNode) (serialization.Parsable, error) { return into, nil })
		return err
	}
}
