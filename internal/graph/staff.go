package graph

import (
	"context"
	"encoding/json"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// Staff looks up the Entra user that a member of the staff is to be bound to.
// Its result is an [outbox.StaffResult]. It only reads.
//
// The name that was typed is not repeated in its errors, which are logged.
func (f *Effects) Staff(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.StaffPayload](e)
	if err != nil {
		return nil, err
	}
	u, err := f.Client.User(ctx, p.UPN)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return nil, never(access.NotFound, "There is no user with that name in your Entra tenant. "+
			"Give the user principal name, as Entra shows it.")
	case access.CodeOf(err) == access.Invalid:
		return nil, outbox.Permanent(err)
	case err != nil:
		return nil, err
	case u.Guest:
		return nil, never(access.Forbidden, "That user is a guest in your Entra tenant. "+
			"Delegated access works for members of the tenant only.")
	case !u.Enabled:
		return nil, never(access.Forbidden, "That user's account is disabled in Entra. Enable it first, then link it again.")
	case u.ID == "":
		return nil, never(access.Unavailable, "Entra did not give the id of that user.")
	}
	return result(outbox.StaffResult{Principal: u.ID, UPN: u.UPN, Name: u.DisplayName})
}
