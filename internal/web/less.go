package web

import (
	"net/url"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// Less is what somebody leaves of a request whom it asks for more: these roles, and so
// long, as they write it.
type Less struct {
	Roles  []access.RoleID
	Length string
}

// less is the part of the form by which less is approved than is asked for. What nobody
// touches leaves all of it.
type less struct {
	Summary, Roles, Length, Hint string
	Choices                      []choice
	Asked                        string // for how long
}

// choice is a role that can be taken out.
type choice struct{ ID, Name string }

// less is nil where nothing could be taken out. Access that is there already keeps its
// roles; it may be given less time.
func (q Request) less(in lang.Tag) *less {
	l := &less{
		Summary: in.Say("Approve less…"), Roles: in.Say("Roles"), Length: in.Say("For how long"), Asked: access.FormatDuration(q.Duration),
		Hint: in.Say("That or less, as in 4h, 90m or 1h30m; it counts from when the access is in place."),
	}
	for _, r := range q.Roles {
		if q.Extends == "" {
			l.Choices = append(l.Choices, choice{string(r.ID), r.Name})
		}
	}
	return l
}

// left reads what was left. A form without this part leaves all; of one with it, a role
// that is not there was taken out.
func left(form url.Values) *Less {
	if form.Get("less") == "" {
		return nil
	}
	l := &Less{Length: form.Get("for")}
	for _, id := range form["role"] {
		if !slices.Contains(l.Roles, access.RoleID(id)) {
			l.Roles = append(l.Roles, access.RoleID(id))
		}
	}
	return l
}
