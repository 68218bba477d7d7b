package app

import (
	"context"
	"errors"
	"testing"

	"latchkey/internal/access"
)

// TestAccounts holds whom a look at the staff's accounts takes for gone: who is disabled
// at once, who is not found when another look does not find them either, and nobody of
// whom nothing can be read.
func TestAccounts(t *testing.T) {
	t.Parallel()
	missing := map[access.PrincipalID]bool{}
	staff := map[access.PrincipalID]access.Person{"on": {User: "U0ON"}, "off": {User: "U0OFF"}, "lost": {User: "U0LOST"}, "back": {User: "U0BACK"}, "dark": {User: "U0DARK"}}
	notFound := access.Refuse(access.NotFound, "There is no such user.")
	look := func(back error) (out string, fault error) {
		gone, fault := endedAccounts(t.Context(), staff, missing, func(_ context.Context, ids []access.PrincipalID, each func(access.PrincipalID, bool, error)) error {
			for _, id := range ids {
				switch id {
				case "on":
					each(id, true, nil)
				case "off":
					each(id, false, nil)
				case "lost":
					each(id, false, notFound)
				case "back":
					each(id, back == nil, back)
				case "dark":
					each(id, false, errors.New("the connection was lost"))
				}
			}
			return nil
		})
		for _, p := range gone {
			out += string(p.User) + " "
		}
		return out, fault
	}
	for i, row := range []struct {
		back error
		want string
	}{{notFound, "U0OFF "}, {nil, "U0LOST U0OFF "}, {notFound, "U0LOST U0OFF "}, {notFound, "U0BACK U0LOST U0OFF "}} {
		if got, fault := look(row.back); got != row.want || fault == nil {
			t.Errorf("look %d: gone are %q, %v, want %q and a fault", i+1, got, fault, row.want)
		}
	}
}
