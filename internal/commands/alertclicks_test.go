package commands_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestAlertClicks(t *testing.T) {
	t.Parallel()
	show := string(stormA) + "/" + string(contoso)
	rows := []struct {
		name          string
		by            access.Person
		action, value string
		says, does    string
	}{
		{"partner center is silent", ana, messages.ActionPartnerCenter, string(alertA), "silence", ""},
		{"acknowledge is silent", dee, messages.ActionAcknowledge, string(alertA), "silence", "acknowledge " + string(alertA)},
		{"acknowledge by staff", ana, messages.ActionAcknowledge, string(alertA), "message: Only a bot admin", ""},
		{"acknowledge by a contact", bo, messages.ActionAcknowledge, string(alertA), "modal note", ""},
		{"acknowledge nonsense", dee, messages.ActionAcknowledge, "O-00001", "message: This button does not belong", "refused malformed button"},
		{"acknowledge what is gone", dee, messages.ActionAcknowledge, "A-ZZZZZZZZZZ", "message: This alert is not known", ""},
		{"mute is silent", dee, messages.ActionMute, string(alertA), "silence", "mute " + string(alertA)},
		{"mute by staff", ana, messages.ActionMute, string(alertA), "message: Only a bot admin", ""},
		{"mute nonsense", dee, messages.ActionMute, "A-0123456789/1", "message: This button does not belong", "refused malformed button"},
		{"ask again", dee, messages.ActionAskAgain, string(alertA), "message: O-00001", "ask again " + string(alertA)},
		{"ask again by staff", ana, messages.ActionAskAgain, string(alertA), "message: Only a bot admin", ""},
		{"ask again nonsense", dee, messages.ActionAskAgain, "", "message: This button does not belong", "refused malformed button"},
		{"show", dee, messages.ActionShowAlerts, show, "message: 2 cards come below", "show " + string(contoso) + " " + string(alertA)},
		{"show of no customer", dee, messages.ActionShowAlerts, string(stormA) + "/", "message: 2 cards come below", "show  " + string(alertA)},
		{"show by staff", ana, messages.ActionShowAlerts, show, "message: Only a bot admin", ""},
		{"show nonsense", dee, messages.ActionShowAlerts, string(stormA) + "/../x", "message: This button does not belong", "refused malformed button"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.click(t.Context(), row.by, row.action, row.value), row.says, row.does)
		})
	}
}
