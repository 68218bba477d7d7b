package policy_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// Channels have their ids of now wherever the policy names them, and whoever holds the
// policy as it was written keeps that.
func TestMoved(t *testing.T) {
	t.Parallel()
	written := &policy.Policy{
		Operations: "G0OPS",
		Customers:  []policy.Customer{{Name: "Contoso", Tenant: "t1", Channel: "G0CONTOSO"}, {Name: "Adatum", Tenant: "t2", Channel: "C0ADATUM"}, {Name: "Litware", Tenant: "t3"}},
		Alerts:     policy.Alerts{Channels: map[access.Severity]access.ChannelID{access.SeverityAlarm: "G0ALARMS"}},
	}
	now := written.Moved(map[access.ChannelID]access.ChannelID{"G0OPS": "C0OPS", "G0CONTOSO": "C0CONTOSO", "G0ALARMS": "C0ALARMS", "": "C0NOWHERE"})
	if now.Operations != "C0OPS" || now.Customers[0].Channel != "C0CONTOSO" || now.Customers[1].Channel != "C0ADATUM" || now.AlertChannel(access.SeverityAlarm) != "C0ALARMS" {
		t.Errorf("moved is %+v", now)
	}
	if now.Customers[2].Channel != "" {
		t.Errorf("a customer without a channel has got %s", now.Customers[2].Channel)
	}
	if written.Operations != "G0OPS" || written.Customers[0].Channel != "G0CONTOSO" || written.AlertChannel(access.SeverityAlarm) != "G0ALARMS" {
		t.Errorf("the policy as it was written has changed: %+v", written)
	}
	for channel, want := range map[access.ChannelID]string{
		"C0CONTOSO": "t1 Contoso true", "C0OPS": " the partner's own people true", "C0ALARMS": " the partner's own people true", "G0CONTOSO": "  false", "": "  false",
	} {
		tenant, name, ok := now.Channel(channel)
		if got := string(tenant) + " " + name + map[bool]string{true: " true", false: " false"}[ok]; got != want {
			t.Errorf("Channel(%q) = %q, want %q", channel, got, want)
		}
	}
}
