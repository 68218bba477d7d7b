package chattest_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"latchkey/internal/chat/chattest"
)

func (w *world) saved() string {
	w.t.Helper()
	var b bytes.Buffer
	if err := w.Save(&b); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// lived is a world in which everything that a snapshot holds has happened.
func lived(t *testing.T) *world {
	w := newFullWorld(t, nil)
	w.must("chat.postMessage", "channel", "U-ANA", "text", "a <b> & c", "blocks", card, "metadata", `{"event_type":"card","event_payload":{"n":1.50}}`)
	ts := w.must("chat.postMessage", "channel", "C-OPEN", "text", "one")["ts"].(string)
	w.must("chat.postMessage", "channel", "C-OPEN", "text", "two", "thread_ts", ts, "reply_broadcast", "true")
	w.must("chat.update", "channel", "C-OPEN", "ts", ts, "text", "edited")
	w.must("chat.postEphemeral", "channel", "C-OPEN", "user", "U-BO", "text", "psst")
	gone := w.must("chat.postMessage", "channel", "C-OPEN", "text", "gone")["ts"].(string)
	w.must("chat.delete", "channel", "C-OPEN", "ts", gone)
	w.must("views.publish", "user_id", "U-ANA", "view", home)
	w.file("C-SHARED")
	if _, err := w.Share("G-PLAN", "T-CUST"); err != nil {
		t.Fatal(err)
	}
	w.RevokeToken()
	return w
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	old := lived(t)
	file := old.saved()
	w := newWorld(t, nil)
	w.AddUser(chattest.User{ID: "U-NEW", Team: "T-OWN", Name: "new"})
	open(w, "U-CARLA", modal)
	before := w.Version()
	if err := w.Load(iotest.OneByteReader(strings.NewReader(file))); err != nil {
		t.Fatal(err)
	}
	if again := w.saved(); again != file {
		t.Errorf("saved again:\n%s\nwant\n%s", again, file)
	}
	same(t, "users", w.Users(), old.Users())
	same(t, "teams", w.Teams(), old.Teams())
	same(t, "channels", w.Channels(), old.Channels())
	same(t, "usergroups", w.Usergroups(), old.Usergroups())
	for _, c := range old.Channels() {
		same(t, "what bo sees in "+c.ID, w.Messages("U-BO", c.ID), old.Messages("U-BO", c.ID))
	}
	oldHome, _ := old.Home("U-ANA")
	newHome, ok := w.Home("U-ANA")
	if !ok || newHome.ID != oldHome.ID || newHome.Hash != oldHome.Hash || !bytes.Equal(newHome.Raw, oldHome.Raw) {
		t.Errorf("Home = %+v, want %+v", newHome, oldHome)
	}
	if _, ok := w.View("U-CARLA"); ok || w.Version() <= before {
		t.Errorf("the modal of the world before is still open, or nobody was woken")
	}
	w.refused("token_revoked", "auth.test")
	w.Reinstall()
	last := w.last("U-ANA", "C-OPEN").TS
	if ts := w.must("chat.postMessage", "channel", "C-OPEN", "text", "later")["ts"].(string); ts <= last {
		t.Errorf("a message after the load has the timestamp %s, want more than %s", ts, last)
	}
	w.must("conversations.history", "channel", "C-OPEN", "include_all_metadata", "true")
	w.must("views.publish", "user_id", "U-ANA", "view", home, "hash", newHome.Hash)
}

// TestLoadKeepsChoices has two people choose in one message. After a load each
// finds their own choice there, and the app is told it.
func TestLoadKeepsChoices(t *testing.T) {
	t.Parallel()
	old := newWorld(t, nil)
	channel, ts := shown(old, "message", menu+","+silent)
	for user, option := range map[string]string{"U-ANA": "a", "U-CARLA": "b"} {
		if _, err := old.Choose(t.Context(), user, channel, ts, "static", option); err != nil {
			t.Fatal(err)
		}
		if _, err := old.Choose(t.Context(), user, channel, ts, "still", "by "+user); err != nil {
			t.Fatal(err)
		}
	}
	file := old.saved()
	w := newWorld(t, nil)
	if err := w.Load(strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if again := w.saved(); again != file {
		t.Errorf("saved again:\n%s\nwant\n%s", again, file)
	}
	for user, option := range map[string]string{"U-ANA": "a", "U-CARLA": "b"} {
		payload := heard(w)
		if _, err := w.Click(t.Context(), user, channel, ts, "button"); err != nil {
			t.Fatal(err)
		}
		values := at(*payload, "state", "values")
		same(t, user+" chose", at(values, "row", "static", "selected_option", "value"), option)
		same(t, user+" wrote", at(values, "quiet", "still", "value"), "by "+user)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	w := lived(t)
	file := w.saved()
	swap := func(from, to string) string {
		changed := strings.Replace(file, from, to, 1)
		if changed == file {
			t.Fatalf("the snapshot holds no %s", from)
		}
		return changed
	}
	tests := map[string]string{
		"Empty":         "",
		"NoJSON":        "latchkey",
		"List":          "[]",
		"Nothing":       "{}",
		"CutOff":        file[:len(file)/2],
		"Trailing":      file + "{}",
		"Unknown":       swap(`{"Version":1`, `{"Surprise":1,"Version":1`),
		"Version":       swap(`"Version":1`, `"Version":2`),
		"Installation":  swap(`"BotTeam":"T-OWN"`, `"BotTeam":"T-CUST"`),
		"UserTwice":     swap(`"ID":"U-BO"`, `"ID":"U-ANA"`),
		"NoTeamID":      swap(`"ID":"T-CUST"`, `"ID":""`),
		"NoBot":         swap(`"ID":"U-BOT"`, `"ID":"U-BAT"`),
		"NoBotTeam":     swap(`"Teams":[{"ID":"T-OWN"`, `"Teams":[{"ID":"T-WON"`),
		"RoomTwice":     swap(`"ID":"C-QUIET"`, `"ID":"C-OPEN"`),
		"OtherRoom":     swap(`"Channel":"C-OPEN"`, `"Channel":"C-QUIET"`),
		"BadTimestamp":  swap(`"Channel":"C-OPEN","TS":"`, `"Channel":"C-OPEN","TS":"x`),
		"Future":        swap(`"LastTS":1`, `"LastTS":`),
		"BlocksNoList":  swap(`"Text":"edited","Blocks":null`, `"Text":"edited","Blocks":{}`),
		"NoFile":        swap(`"Files":["F`, `"Files":["E`),
		"HomeOfNobody":  swap(`"Homes":[{"ID":"V`, `"Homes":[{"ID":"","User":"U-ANA"},{"ID":"V`),
		"HomeIsNoHome":  swap(`"type":"home"`, `"type":"modal"`),
		"UsergroupsBad": swap(`"Usergroups":[`, `"Usergroups":[{},`),
	}
	for name, text := range tests {
		if err := w.Load(strings.NewReader(text)); !errors.Is(err, chattest.ErrBadSnapshot) {
			t.Errorf("%s: Load = %v, want %v", name, err, chattest.ErrBadSnapshot)
		}
	}
	if w.saved() != file {
		t.Errorf("a refused snapshot changed the world")
	}
	if err := w.Save(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("Save = %v, want %v", err, errBroken)
	}
	if err := w.Load(iotest.ErrReader(errBroken)); !errors.Is(err, errBroken) {
		t.Errorf("Load = %v, want %v", err, errBroken)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// FuzzLoad reads any file. What is taken can be saved and taken again.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"Version":1,"BotTeam":"T-OWN","BotUser":"U-BOT","Teams":[{"ID":"T-OWN"}],"Users":[{"ID":"U-BOT","Team":"T-OWN","Bot":true}]}`))
	f.Add([]byte(`{"Version":1,"BotTeam":"T-OWN","BotUser":"U-BOT","LastTS":5,"Rooms":[{"ID":"C","Log":[{"Channel":"C","TS":"0.000001","Blocks":[]}]}]}`))
	f.Add([]byte(`{"Version":-1,"Homes":[{"View":{"type":"home","blocks":[[]]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := chattest.New(chattest.Options{BotTeam: "T-OWN", BotUser: "U-BOT"})
		t.Cleanup(s.Close)
		if err := s.Load(bytes.NewReader(data)); err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := s.Save(&first); err != nil {
			t.Fatal(err)
		}
		if err := s.Load(bytes.NewReader(first.Bytes())); err != nil {
			t.Fatalf("a saved world is refused: %v: %s", err, first.Bytes())
		}
		if err := s.Save(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("saved again: %v\n%s\nwant\n%s", err, second.Bytes(), first.Bytes())
		}
		for _, c := range s.Channels() {
			for _, m := range c.Members {
				s.Messages(m, c.ID)
			}
		}
		for _, u := range s.Users() {
			s.Home(u.ID)
		}
	})
}
