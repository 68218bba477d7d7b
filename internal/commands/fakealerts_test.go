package commands_test

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// alertA is an alert that the fake knows, and stormA a card of many.
const (
	alertA access.AlertID = "A-0123456789"
	stormA access.StormID = "S-0123456789"
)

func (s *service) onAlert(o approvals.Origin, id access.AlertID, what string) (access.Alert, error) {
	if err := s.admin(o); err != nil {
		return access.Alert{}, err
	}
	if id != alertA {
		return access.Alert{}, access.Refuse(access.NotFound, "This alert is not known.")
	}
	s.log("%s %s", what, id)
	return access.Alert{ID: id}, nil
}

func (s *service) AcknowledgeAlert(_ context.Context, o approvals.Origin, id access.AlertID) (access.Alert, error) {
	return s.onAlert(o, id, "acknowledge")
}

func (s *service) MuteAlert(_ context.Context, o approvals.Origin, id access.AlertID) (access.Alert, error) {
	return s.onAlert(o, id, "mute")
}

func (s *service) OpenStorm(_ context.Context, o approvals.Origin, id access.StormID, c access.TenantID) ([]access.Alert, error) {
	if id != stormA {
		return nil, access.Refuse(access.NotFound, "These alerts are not known.")
	}
	a, err := s.onAlert(o, alertA, "show "+string(c))
	return []access.Alert{a, a}, err
}

func (s *service) AskAgain(_ context.Context, o approvals.Origin, id access.AlertID) (access.Offer, error) {
	_, err := s.onAlert(o, id, "ask again")
	return s.offer(), err
}
