package approvals

import (
	"context"
	"strings"

	"latchkey/internal/access"
)

// Power is what the bot must be able to do at Microsoft for an act to come to anything.
type Power int

// The powers.
const (
	ToGive   Power = iota + 1 // access to people
	ToChange                  // relationships, and what groups have on them
)

// powers says which acts need one. Whatever takes access away needs none: it is owed, and
// tried until it is done.
var powers = map[string]Power{
	"request": ToGive, "change": ToGive, "extend": ToGive, "break glass": ToGive,
	"relationship request": ToChange, "relationship replace": ToChange, "relationship extend": ToChange,
	"relationship reduce": ToChange, "relationship terminate": ToChange,
	"relationship approve": ToChange, "relationship reject": ToChange,
	"alert ask again": ToChange, "standing unassign": ToChange, "standing remove": ToGive, "review start": ToChange,
}

// MayAsk refuses where nothing that is asked for could be given: the bot lacks what it
// takes. Who may ask for what is looked at when it is asked for.
func (s *Service) MayAsk(ctx context.Context, o Origin) error {
	return s.might(ctx, o, subject{act: "request"}, nil)
}

// might ends the checks that are made of an act before anything is filled in for it.
func (s *Service) might(ctx context.Context, o Origin, about subject, err error) error {
	if err == nil {
		err = s.able(about.act)
	}
	return s.audited(ctx, o, about, err)
}

// able refuses an act for which the bot lacks what it takes, rather than have it fail
// after everybody has agreed.
func (s *Service) able(act string) error {
	power, needs := powers[act]
	if !needs || s.Lacks == nil {
		return nil
	}
	missing := s.Lacks(power)
	if len(missing) == 0 {
		return nil
	}
	return access.Refuse(access.Unavailable, "This bot may only look: its app registration in Microsoft Entra does not have %s, so nothing would come of it. "+
		"Whoever runs the bot can give it that; the README says what each is for.", strings.Join(missing, ", "))
}
