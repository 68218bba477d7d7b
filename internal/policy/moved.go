package policy

import (
	"maps"
	"slices"

	"latchkey/internal/access"
)

// Moved returns the policy with its channels under the ids by which Slack calls them now.
// The file keeps its own, until somebody writes the new ones in it.
func (p *Policy) Moved(to map[access.ChannelID]access.ChannelID) *Policy {
	now := func(c access.ChannelID) access.ChannelID {
		if is, ok := to[c]; ok && c != "" {
			return is
		}
		return c
	}
	out := *p
	out.Operations = now(p.Operations)
	out.Customers = slices.Clone(p.Customers)
	for i, c := range out.Customers {
		out.Customers[i].Channel = now(c.Channel)
	}
	out.Alerts.Channels = maps.Clone(p.Alerts.Channels)
	for s, c := range out.Alerts.Channels {
		out.Alerts.Channels[s] = now(c)
	}
	return &out
}

// Channel says whose channel it is: a customer's, with its tenant and name, or our own.
func (p *Policy) Channel(c access.ChannelID) (tenant access.TenantID, name string, ok bool) {
	if c == "" {
		return "", "", false
	}
	for _, one := range p.Customers {
		if one.Channel == c {
			return one.Tenant, one.Name, true
		}
	}
	if slices.Contains(p.staffChannels(), c) {
		return "", "the partner's own people", true
	}
	return "", "", false
}
