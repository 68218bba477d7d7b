package chat_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// files lists what the bot shows in a channel, as "name in the thread: title".
func (o *owed) files(channel string) string {
	var out []string
	for _, m := range o.Messages("U0CARLA", channel) {
		for _, id := range m.Files {
			f, _ := o.File(id)
			where := ""
			if m.ThreadTS != "" {
				where = " under " + m.ThreadTS
			}
			out = append(out, f.Name+where+": "+f.Title+"/"+f.AltText+"/"+string(f.Content))
		}
	}
	return strings.Join(out, "; ")
}

// A file is shown once, whatever goes wrong.
func TestFileFaults(t *testing.T) {
	const storm = access.StormID("S-0123456789")
	for _, row := range []struct {
		name    string
		faults  []fault
		crashes int
	}{
		{"NoFault", nil, 0},
		{"AddressFails", []fault{{"files.getUploadURLExternal", chattest.Before, 1}}, 0},
		{"AddressLost", []fault{{"files.getUploadURLExternal", chattest.After, 1}}, 0},
		{"CompletionFails", []fault{{"files.completeUploadExternal", chattest.Before, 2}}, 0},
		{"AnswerLost", []fault{{"files.completeUploadExternal", chattest.After, 1}}, 0},
		{"CrashAfter", nil, 1},
		{"LookFails", []fault{{"files.completeUploadExternal", chattest.After, 1}, {"conversations.history", chattest.Before, 1}, {"conversations.replies", chattest.Before, 1}}, 0},
	} {
		for _, card := range []string{"", outbox.SlackAlertCard, outbox.SlackReviewCard} {
			name, p := row.name, outbox.FilePayload{Day: "2026-11-24"}
			var of any = outbox.AlertCardPayload{Storm: storm}
			threaded := card != ""
			switch card {
			case outbox.SlackAlertCard:
				name, p = row.name+"UnderItsCard", outbox.FilePayload{Storm: storm}
			case outbox.SlackReviewCard:
				name, p, of = row.name+"UnderItsReview", outbox.FilePayload{Review: "V-7K3M2"}, outbox.ReviewCardPayload{Review: "V-7K3M2"}
			}
			t.Run(name, func(t *testing.T) {
				o := newOwed(t, newWorld(t))
				under := ""
				if threaded {
					o.render.post = inChannel("storm")
					o.owe(card, of)
					o.settle()
					under = " under " + o.expect("U0CARLA", "C0SHARED", "storm")[0].TS
				}
				o.render.file = cards.File{Channel: "C0SHARED", Name: "other.png", Title: "Other", Content: []byte("png")}
				o.owe(outbox.SlackFile, outbox.FilePayload{Day: "2026-11-23"})
				o.settle()
				faults := row.faults
				if threaded {
					faults = dropFault(faults, "conversations.history")
				} else {
					faults = dropFault(faults, "conversations.replies")
				}
				left := o.arm(faults...)
				o.crashes = row.crashes
				o.render.file = cards.File{Channel: "C0SHARED", Name: "week.png", Title: "A week", Alt: "Bars", Content: []byte("drawn")}
				o.owe(outbox.SlackFile, p)
				o.settle()
				if got, want := o.files("C0SHARED"), "other.png: Other//png; week.png"+under+": A week/Bars/drawn"; got != want {
					t.Errorf("shown is %q, want %q", got, want)
				}
				if n := left(); n > 0 || o.crashes > 0 || len(o.pending())+len(o.dead()) > 0 {
					t.Errorf("%d faults and %d crashes did not happen; owed is %+v, %+v", n, o.crashes, o.pending(), o.dead())
				}
			})
		}
	}
}

// TestEvidenceFaults shows a customer's evidence once, all of its files in one message, and
// tells the log what was shown.
func TestEvidenceFaults(t *testing.T) {
	for _, row := range []struct {
		name    string
		faults  []fault
		crashes int
		known   bool // what was shown is known: no earlier try had shown it
	}{
		{"NoFault", nil, 0, true},
		{"AddressFails", []fault{{"files.getUploadURLExternal", chattest.Before, 2}}, 0, true},
		{"AddressLost", []fault{{"files.getUploadURLExternal", chattest.After, 1}}, 0, true},
		{"CompletionFails", []fault{{"files.completeUploadExternal", chattest.Before, 2}}, 0, true},
		{"AnswerLost", []fault{{"files.completeUploadExternal", chattest.After, 1}}, 0, false},
		{"CrashAfter", nil, 1, false},
		{"LookFails", []fault{{"files.completeUploadExternal", chattest.After, 1}, {"conversations.history", chattest.Before, 1}}, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.file = cards.File{
				Channel: "C0SHARED", Name: "e.pdf", Title: "PDF", Content: []byte("%PDF"), Words: "Here it is", Digest: "d1",
				With: []cards.File{{Name: "e.html", Title: "HTML", Content: []byte("<p>")}, {Name: "e.csv", Title: "CSV", Content: []byte("a,b")}},
			}
			left := o.arm(row.faults...)
			o.crashes = row.crashes
			o.owe(outbox.SlackFile, outbox.FilePayload{Evidence: outbox.EvidenceOrder{ID: "E-00001", Customer: "t", Period: "2026-10"}})
			o.settle()
			if got, want := o.files("C0SHARED"), "e.pdf: PDF//%PDF; e.html: HTML//<p>; e.csv: CSV//a,b"; got != want {
				t.Errorf("shown is %q, want %q", got, want)
			}
			n := 0
			for _, m := range o.Messages("U0CARLA", "C0SHARED") {
				if len(m.Files) == 3 && m.Text == "Here it is" {
					n++
				}
			}
			if n != 1 || left() > 0 || o.crashes > 0 || len(o.pending())+len(o.dead()) > 0 {
				t.Errorf("%d messages have all; owed is %+v, %+v", n, o.pending(), o.dead())
			}
			if known := len(o.shown) == 1 && o.shown[0] != ""; known != row.known {
				t.Errorf("the log is told %q", o.shown)
			}
		})
	}
}

// TestEvidenceUploadFaults does so where the content of a file does not arrive, its answer
// is lost, or Slack has had too many calls.
func TestEvidenceUploadFaults(t *testing.T) {
	for name, plan := range map[string]chattest.Fault{
		"Fails": {On: chattest.OnUpload, Times: 1, After: 1, Drop: chattest.DropBefore}, "Lost": {On: chattest.OnUpload, Times: 1, Drop: chattest.DropAfter},
		"Refused": {On: chattest.OnUpload, Times: 2, Status: 500}, "TooMany": {On: "files.completeUploadExternal", Times: 1, RetryAfter: 3},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.file = cards.File{
				Channel: "C0SHARED", Name: "e.pdf", Title: "PDF", Content: []byte("%PDF"), Digest: "d1",
				With: []cards.File{{Name: "e.csv", Title: "CSV", Content: []byte("a,b")}},
			}
			if err := o.SetFaults(plan); err != nil {
				t.Fatal(err)
			}
			o.owe(outbox.SlackFile, outbox.FilePayload{Evidence: outbox.EvidenceOrder{ID: "E-00001", Customer: "t", Period: "2026-10"}})
			o.settle()
			if got, want := o.files("C0SHARED"), "e.pdf: PDF//%PDF; e.csv: CSV//a,b"; got != want || len(o.pending())+len(o.dead()) > 0 {
				t.Errorf("shown is %q, want %q; owed is %+v, %+v", got, want, o.pending(), o.dead())
			}
		})
	}
}

// TestEvidenceIsPrivate holds that evidence is not shown where others read, or where the
// customer does not.
func TestEvidenceIsPrivate(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.file = cards.File{Channel: "C0SHARED", Team: "T0OTHERS", Name: "e.pdf", Title: "PDF", Content: []byte("%PDF"), Digest: "d1"}
	o.owe(outbox.SlackFile, outbox.FilePayload{Evidence: outbox.EvidenceOrder{ID: "E-00001", Customer: "t", Period: "2026-10"}})
	o.once()
	if got := o.files("C0SHARED"); got != "" || len(o.dead()) != 1 {
		t.Errorf("shown is %q, set aside %+v", got, o.dead())
	}
}

func dropFault(all []fault, method string) (out []fault) {
	for _, f := range all {
		if f.method != method {
			out = append(out, f)
		}
	}
	return out
}

// TestFileRefused holds that what Slack refuses is set aside, that what only waits is
// not, and that nothing is shown that has no content.
func TestFileRefused(t *testing.T) {
	for _, row := range []struct {
		method, answer string
		gone           bool
		says           string
	}{
		{"files.getUploadURLExternal", `{"ok":false,"error":"missing_scope"}`, true, "install it again"},
		{"files.getUploadURLExternal", `{"ok":false,"error":"file_upload_size_restricted"}`, true, "ask for a shorter time"},
		{"files.getUploadURLExternal", `{"ok":false,"error":"storage_limit_reached"}`, true, "no room left"},
		{"files.getUploadURLExternal", `{"ok":false,"error":"file_uploads_disabled"}`, true, "Slack takes no files there"},
		{"files.completeUploadExternal", `{"ok":false,"error":"posting_to_channel_denied"}`, true, "Slack takes no files there"},
		{"files.completeUploadExternal", `{"ok":false,"error":"not_in_channel"}`, true, "gone or closed"},
		{"files.completeUploadExternal", `{"ok":false,"error":"channel_not_found"}`, true, "gone or closed"},
		{"files.completeUploadExternal", `{"ok":false,"error":"is_archived"}`, true, "gone or closed"},
		{"files.completeUploadExternal", `{"ok":false,"error":"something_new"}`, true, ""},
		{"files.completeUploadExternal", `{"ok":false,"error":"internal_error"}`, false, ""},
		{"files.completeUploadExternal", `{"ok":false,"error":"ratelimited"}`, false, ""},
		{"files.completeUploadExternal", `not json`, false, ""},
	} {
		t.Run(row.method+row.answer, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.answers(row.method, row.answer, 1)
			o.render.file = cards.File{Channel: "C0SHARED", Name: "week.png", Title: "A week", Content: []byte("drawn")}
			o.owe(outbox.SlackFile, outbox.FilePayload{Day: "2026-11-24"})
			o.settle()
			if gone := len(o.dead()) == 1; gone != row.gone || gone == (o.files("C0SHARED") != "") {
				t.Errorf("set aside is %v, shown is %q", gone, o.files("C0SHARED"))
			}
			if row.gone && !strings.Contains(o.dead()[0].LastError, row.says) {
				t.Errorf("the reason is %q", o.dead()[0].LastError)
			}
		})
	}
	o := newOwed(t, newWorld(t))
	o.owe(outbox.SlackFile, outbox.FilePayload{Day: "2026-11-24"})
	o.settle()
	if got := o.files("C0SHARED"); got != "" || len(o.dead()) > 0 {
		t.Errorf("of nothing is shown %q, %+v", got, o.dead())
	}
}

// TestFileWhileTheTokenIsRefused holds that a file waits, like everything else, for a token
// that Slack takes.
func TestFileWhileTheTokenIsRefused(t *testing.T) {
	for _, method := range []string{"files.getUploadURLExternal", "files.completeUploadExternal"} {
		t.Run(method, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.answers(method, `{"ok":false,"error":"token_revoked"}`, 1)
			o.render.file = cards.File{Channel: "C0SHARED", Name: "week.png", Title: "A week", Content: []byte("drawn")}
			o.owe(outbox.SlackFile, outbox.FilePayload{Day: "2026-11-24"})
			o.moveTo(o.once())
			if dead := o.dead(); len(dead) > 0 {
				t.Fatalf("set aside is %+v", dead)
			}
			if err := o.client.Use(t.Context(), botToken); err != nil {
				t.Fatal(err)
			}
			o.settle()
			if o.files("C0SHARED") == "" {
				t.Error("the file is not shown")
			}
		})
	}
}

// TestFileWithoutItsCard holds that a table is shown in the channel when its card was
// deleted before an earlier try could be looked for.
func TestFileWithoutItsCard(t *testing.T) {
	const storm = access.StormID("S-0123456789")
	o := newOwed(t, newWorld(t))
	if err := o.store.Update(t.Context(), func(tx state.Tx) error {
		return state.PutAlertCard(tx, state.AlertCard{Storm: storm, Ref: access.MessageRef{Channel: "C0SHARED", TS: "1700000000.000100"}})
	}); err != nil {
		t.Fatal(err)
	}
	left := o.arm(fault{"files.getUploadURLExternal", chattest.Before, 1})
	o.render.file = cards.File{Channel: "C0SHARED", Name: "storm.csv", Title: "All", Content: []byte("a,b")}
	o.owe(outbox.SlackFile, outbox.FilePayload{Storm: storm})
	o.settle()
	if got, want := o.files("C0SHARED"), "storm.csv: All//a,b"; got != want || left() > 0 {
		t.Errorf("shown is %q, want %q", got, want)
	}
}

// TestFileWaits holds that a file comes after what it goes with, in the thread of a
// storm's card, and that what it goes with does not wait for it.
func TestFileWaits(t *testing.T) {
	const storm = access.StormID("S-0123456789")
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("storm")
	o.render.file = cards.File{Channel: "C0SHARED", Name: "storm.csv", Title: "All", Content: []byte("a,b")}
	table := outbox.FilePayload{Storm: storm}
	card := func(id string) {
		o.enqueue(outbox.Effect{ID: id + "/" + outbox.SlackAlertCard, Lane: outbox.StormLane(storm), Kind: outbox.SlackAlertCard}, outbox.AlertCardPayload{Storm: storm})
	}
	o.enqueue(outbox.Effect{ID: string(storm) + "/" + outbox.SlackFile, Lane: table.Lane(), Kind: outbox.SlackFile}, table)
	card(string(storm))
	left := o.arm(fault{"chat.postMessage", chattest.Before, 3})
	o.settle()
	said := o.Messages("U0CARLA", "C0SHARED")
	if len(said) != 2 || said[0].Text != "storm" || said[1].ThreadTS != said[0].TS || left() > 0 {
		t.Errorf("said is %+v", said)
	}

	// The files' addresses do not answer; the card goes on.
	o.answers("files.getUploadURLExternal", "down", 1000)
	o.enqueue(outbox.Effect{ID: "other/" + outbox.SlackFile, Lane: table.Lane(), Kind: outbox.SlackFile}, table)
	o.once()
	o.render.post = inChannel("settled")
	card(string(storm) + "/again")
	o.once()
	if said := o.Messages("U0CARLA", "C0SHARED"); said[0].Text != "settled" || len(o.pending()) != 1 {
		t.Errorf("said is %+v, owed %+v", said, o.pending())
	}
}
