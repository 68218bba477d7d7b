package commands_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

func TestReview(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text, says, does string
		by               access.Person
	}{
		{"review start contoso.com", "V-00001: Contoso is asked about 1 thing that gives access for good", "review " + string(contoso), dee},
		{"review start all", "1 customer is asked to review our access. Started (1): Contoso: V-00001, 1 row. Not started (1): Contoso Deutschland: It has no contact", "review all", dee},
		{"review start contoso.com", "Only a bot admin", "", ana},
		{"review start all", "Only a bot admin", "", ana},
		{"review start northwind", `No customer is called "northwind"`, "", dee},
		{"review start", "Name a customer", "", dee},
		{"review", "Say what to do", "", dee},
		{"review burn contoso", "“burn” is not something to do", "", dee},
		{"review show v-00001", "V-00001, access review of Contoso", "", ana},
		{"review show contoso.com", "The customer has until", "", ana},
		{"review show contoso.de", "There was no access review", "", ana},
		{"review show V-ZZZZZ", "There is no access review V-ZZZZZ", "", ana},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: row.by, Channel: "C9"}, Text: row.text}), row.says, row.does)
		})
	}
}

// TestReviewClicks has each button act on the row that it names, and refuse what names
// none.
func TestReviewClicks(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name          string
		by            access.Person
		action, value string
		says, does    string
	}{
		{"Keep", bo, "review.keep", "V-00001/1/1", "silence", "answer V-00001 1 1 keep"},
		{"KeepByStaff", ana, "review.keep", "V-00001/1/1", "message: You are no contact", ""},
		{"KeepNoRow", bo, "review.keep", "V-00001/2/1", "modal note", ""},
		{"KeepMalformed", bo, "review.keep", "V-00001/1", "modal note", "refused malformed button"},
		{"Remove", bo, "review.remove", "V-00001/1/1", "modal review.remove V-00001/1/1", ""},
		{"RemoveByStaff", ana, "review.remove", "V-00001/1/1", "message: You are no contact", ""},
		{"RemoveMalformed", bo, "review.remove", "R-00001/1/1", "modal note", "refused malformed button"},
		{"Rest", bo, "review.rest", "V-00001/0/1", "silence", "keep V-00001 1"},
		{"RestMalformed", bo, "review.rest", "V-00001", "modal note", "refused malformed button"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.click(t.Context(), row.by, row.action, row.value), row.says, row.does)
		})
	}
}

func TestReviewRemoveModal(t *testing.T) {
	t.Parallel()
	for private, want := range map[string][2]string{
		"V-00001/1/1": {"silence", "answer V-00001 1 1 remove"},
		"V-00002/1/1": {"modal note", ""},
		"nonsense":    {"modal note", "refused malformed button"},
	} {
		w := newWorld(t)
		got := w.router.Submit(t.Context(), commands.Invocation{
			Origin: approvals.Origin{Actor: bo}, External: true, Callback: "review.remove", Private: private,
		})
		w.expect(t, got, want[0], want[1])
	}
}
