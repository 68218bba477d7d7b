package graph

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// User is a person of the partner's tenant.
type User struct {
	ID               access.PrincipalID
	UPN, DisplayName string
	Guest, Enabled   bool
}

// User reads a user by user principal name. It fails with [access.Forbidden]
// when the app may not see whether the account is enabled.
func (c *Client) User(ctx context.Context, upn string) (User, error) {
	const doing = "read the user"
	// The name is not repeated in errors, which are logged.
	if !strings.Contains(upn, "@") || strings.ContainsAny(upn, "/\\") || len(upn) > 256 {
		return User{}, access.Refuse(access.Invalid, "A user name in Entra looks like `ana@contoso.com`.")
	}
	r, err := c.request(abs.GET, url.Values{"$select": {userFields}}, "users", upn)
	if err != nil {
		return User{}, access.Refuse(access.Invalid, "A user name in Entra looks like `ana@contoso.com`.")
	}
	m, err := receive[models.Userable](ctx, c, doing, r, models.CreateUserFromDiscriminatorValue)
	if err != nil {
		return User{}, err
	}
	return userOf(m)
}

const userFields = "id,displayName,userPrincipalName,userType,accountEnabled"

func userOf(m models.Userable) (User, error) {
	if m.GetAccountEnabled() == nil {
		return User{}, access.Refuse(access.Forbidden,
			"Latchkey may not see whether that account is enabled: its app registration lacks the permission User.Read.All.")
	}
	name := deref(m.GetUserPrincipalName())
	return User{
		ID:          access.PrincipalID(strings.ToLower(deref(m.GetId()))),
		UPN:         name,
		DisplayName: deref(m.GetDisplayName()),
		// Old accounts have no type; the name of a guest's shows what it is.
		Guest:   strings.EqualFold(deref(m.GetUserType()), "Guest") || strings.Contains(strings.ToUpper(name), "#EXT#"),
		Enabled: *m.GetAccountEnabled(),
	}, nil
}

// Enabled tells of each of the users whether their account is enabled, in few calls. What
// of one cannot be read, or is not told, is its own error; the error that it returns means
// that the rest was not tried.
func (c *Client) Enabled(ctx context.Context, ids []access.PrincipalID, each func(access.PrincipalID, bool, error)) error {
	const doing = "read whether a user is enabled"
	reads := make([]*abs.RequestInformation, len(ids))
	for i, id := range ids {
		var err error
		if reads[i], err = c.request(abs.GET, url.Values{"$select": {"id,accountEnabled"}}, "users", string(id)); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return c.fetch(ctx, doing, reads, func(i int, body serialization.ParseNode, err error) {
		if err != nil {
			each(ids[i], false, err)
			return
		}
		enabled, err := told(body, "accountEnabled")
		each(ids[i], enabled, err)
	})
}

// told reads a flag that must be there.
func told(body serialization.ParseNode, name string) (bool, error) {
	n, err := body.GetChildNode(name)
	if err != nil || n == nil {
		return false, access.Refuse(access.Forbidden, "Microsoft does not tell %s: the app registration lacks the permission User.Read.All.", name)
	}
	flag, err := n.GetBoolValue()
	if err != nil || flag == nil {
		return false, access.Refuse(access.Forbidden, "Microsoft does not tell %s: the app registration lacks the permission User.Read.All.", name)
	}
	return *flag, nil
}
