package chattest_test

import (
	"errors"
	"fmt"
	"testing"

	"latchkey/internal/chat/chattest"
)

func TestChannelsOfSlackConnect(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	info := func(channel string, fields map[string]any) {
		t.Helper()
		c := at(w.must("conversations.info", "channel", channel), "channel")
		for field, want := range fields {
			same(t, channel+" "+field, at(c, field), want)
		}
	}
	w.must("chat.postMessage", "channel", "G-PLAN", "text", "before")
	shared, err := w.Share("G-PLAN", "T-CUST")
	if err != nil || shared.ID != "C-PLAN" {
		t.Fatalf("Share = %+v, %v, want the id C-PLAN", shared, err)
	}
	w.refused("channel_not_found", "conversations.info", "channel", "G-PLAN")
	info("C-PLAN", map[string]any{
		"is_ext_shared": false, "is_pending_ext_shared": true, "pending_shared": []string{"T-CUST"},
		"pending_connected_team_ids": []string{"T-CUST"}, "connected_team_ids": nil, "shared_team_ids": []string{"T-OWN"},
	})
	same(t, "what was said", texts(w.Messages("U-ANA", "C-PLAN")), []string{"before"})
	if err := w.Accept("C-PLAN", "T-CUST"); err != nil {
		t.Fatal(err)
	}
	info("C-PLAN", map[string]any{
		"is_ext_shared": true, "is_pending_ext_shared": false, "pending_shared": []string{},
		"connected_team_ids": []string{"T-OWN", "T-CUST"}, "internal_team_ids": []string{}, "conversation_host_id": "T-OWN",
	})
	if err := w.Join("U-DAN", "C-PLAN"); err != nil {
		t.Fatal(err)
	}
	same(t, "dan is a stranger", at(w.must("users.info", "user", "U-DAN"), "user", "is_stranger"), false)
	if err := w.Disconnect("C-PLAN", "T-CUST"); err != nil {
		t.Fatal(err)
	}
	info("C-PLAN", map[string]any{"is_ext_shared": false, "connected_team_ids": nil, "is_archived": false})
	same(t, "members", w.must("conversations.members", "channel", "C-PLAN")["members"], []string{"U-BOT", "U-ANA", "U-GUEST"})
	same(t, "dan is a stranger again", at(w.must("users.info", "user", "U-DAN"), "user", "is_stranger"), true)
}

func TestOwnTeamLeavesAChannel(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	w.AddChannel(chattest.Channel{ID: "C-THEIRS", Name: "theirs", Host: "T-CUST", Connected: []string{"T-CUST", "T-OWN"}, Members: []string{"U-CARLA", "U-BOT", "U-ANA"}})
	if err := w.Disconnect("C-THEIRS", "T-OWN"); err != nil {
		t.Fatal(err)
	}
	w.refused("channel_not_found", "conversations.info", "channel", "C-THEIRS")
	var frozen chattest.Channel
	for _, c := range w.ChannelsOf("U-ANA") {
		if c.Name == "theirs" {
			frozen = c
		}
	}
	c := at(w.must("conversations.info", "channel", frozen.ID), "channel")
	same(t, "frozen_reason", at(c, "frozen_reason"), "connection_severed")
	same(t, "members", frozen.Members, []string{"U-BOT", "U-ANA"})
	w.refused("is_archived", "chat.postMessage", "channel", frozen.ID, "text", "x")
}

func TestInviteSharedStartsASharing(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	w.must("conversations.inviteShared", "channel", "G-PLAN", "user_ids", "U-CARLA")
	c := at(w.must("conversations.info", "channel", "C-PLAN"), "channel")
	same(t, "pending", at(c, "pending_shared"), []string{"T-CUST"})
}

func TestArchivedChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if err := w.Archive("U-ANA", "C-OPEN"); err != nil {
		t.Fatal(err)
	}
	same(t, "is_archived", at(w.must("conversations.info", "channel", "C-OPEN"), "channel", "is_archived"), true)
	w.must("conversations.history", "channel", "C-OPEN")
	w.refused("is_archived", "chat.postMessage", "channel", "C-OPEN", "text", "x")
	if _, err := w.Say("U-ANA", "C-OPEN", "x"); !errors.Is(err, chattest.ErrNotPossible) {
		t.Errorf("Say in an archived channel = %v, want %v", err, chattest.ErrNotPossible)
	}
	if err := w.Unarchive("U-ANA", "C-OPEN"); err != nil {
		t.Fatal(err)
	}
	w.must("chat.postMessage", "channel", "C-OPEN", "text", "x")
}

func TestActsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	dm, err := w.OpenDM("U-ANA")
	if err != nil {
		t.Fatal(err)
	}
	_, unknownTeam := w.Share("C-OPEN", "T-NONE")
	_, already := w.Share("C-SHARED", "T-CUST")
	tests := []struct {
		name      string
		got, want error
	}{
		{"JoinTwice", w.Join("U-ANA", "C-OPEN"), chattest.ErrNotPossible},
		{"JoinOfAnotherTeam", w.Join("U-CARLA", "C-OPEN"), chattest.ErrNotPossible},
		{"JoinOfNobody", w.Join("U-NONE", "C-OPEN"), chattest.ErrNoSuchUser},
		{"JoinNothing", w.Join("U-ANA", "C-NONE"), chattest.ErrNoSuchChannel},
		{"LeaveTwice", w.Leave("U-CARLA", "C-OPEN"), chattest.ErrNotPossible},
		{"ArchiveDM", w.Archive("U-ANA", dm.ID), chattest.ErrNotPossible},
		{"ArchiveTwice", w.Archive("U-ANA", "C-OLD"), chattest.ErrNotPossible},
		{"UnarchiveOpen", w.Unarchive("U-ANA", "C-OPEN"), chattest.ErrNotPossible},
		{"ShareWithNobody", unknownTeam, chattest.ErrNotPossible},
		{"ShareTwice", already, chattest.ErrNotPossible},
		{"AcceptUninvited", w.Accept("C-OPEN", "T-CUST"), chattest.ErrNotPossible},
		{"DisconnectHost", w.Disconnect("C-SHARED", "T-OWN"), chattest.ErrNotPossible},
		{"DisconnectUnshared", w.Disconnect("C-OPEN", "T-CUST"), chattest.ErrNotPossible},
		{"DeactivateTwice", w.Deactivate("U-GONE"), chattest.ErrNotPossible},
		{"DeactivateBot", w.Deactivate("U-BOT"), chattest.ErrNotPossible},
		{"ReactivateNobody", w.Reactivate("U-NONE"), chattest.ErrNoSuchUser},
	}
	for _, tt := range tests {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s = %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestTokenThatIsGoodNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Uninstall()
	w.refused("account_inactive", "auth.test")
	w.Reinstall()
	w.must("auth.test")
	w.RevokeToken()
	w.refused("token_revoked", "chat.postMessage", "channel", "C-OPEN", "text", "x")
	w.Reinstall()
	w.must("auth.test")
}

func TestPeople(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	info := func(user string, more ...string) any {
		return at(w.must("users.info", append([]string{"user", user}, more...)...), "user")
	}
	same(t, "locale unasked", at(info("U-CY"), "locale"), nil)
	same(t, "locale", at(info("U-CY", "include_locale", "true"), "locale"), "en-GB")
	same(t, "is_restricted", at(info("U-GUEST"), "is_restricted"), true)
	same(t, "is_ultra_restricted", at(info("U-GUEST"), "is_ultra_restricted"), true)
	w.AddUser(chattest.User{ID: "U-CARLA", Team: "T-CUST", Name: "carla", Locale: "de-DE", Email: "carla@contoso.example"})
	same(t, "locale of an external member", at(info("U-CARLA", "include_locale", "true"), "locale"), nil)
	if err := w.Deactivate("U-CY"); err != nil {
		t.Fatal(err)
	}
	same(t, "deleted", at(info("U-CY"), "deleted"), true)
	if err := w.Reactivate("U-CY"); err != nil {
		t.Fatal(err)
	}
	same(t, "deleted", at(info("U-CY"), "deleted"), false)

	var ids []string
	for cursor := ""; ; {
		page := w.must("users.list", "limit", "2", "cursor", cursor)
		members, _ := page["members"].([]any)
		for _, m := range members {
			ids = append(ids, at(m, "id").(string))
		}
		if cursor = at(page, "response_metadata", "next_cursor").(string); cursor == "" {
			break
		}
	}
	same(t, "users.list", ids, []string{"U-BOT", "U-ANA", "U-BO", "U-GONE", "U-CY", "U-GUEST"})
	for i := range 1000 {
		w.AddUser(chattest.User{ID: fmt.Sprintf("U-%d", i), Team: "T-OWN"})
	}
	w.refused("limit_required", "users.list")
	w.must("users.list", "limit", "1000")
	same(t, "team", at(w.must("team.info", "domain", "contoso"), "team", "id"), "T-CUST")
	same(t, "bot", at(w.must("bots.info", "bot", chattest.BotID), "bot", "user_id"), "U-BOT")
}

func TestUsergroups(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	handles := func(args ...string) []any {
		var list []any
		groups, _ := w.must("usergroups.list", args...)["usergroups"].([]any)
		for _, g := range groups {
			list = append(list, at(g, "handle"), at(g, "users"), at(g, "user_count"))
		}
		return list
	}
	same(t, "list", handles(), []any{"duty", nil, nil})
	same(t, "full list", handles("include_disabled", "true", "include_users", "true", "include_count", "true"),
		[]any{"duty", []string{"U-ANA", "U-BO"}, 2, "old", []string{}, 0})
	same(t, "users", w.must("usergroups.users.list", "usergroup", "S-DUTY")["users"], []string{"U-ANA", "U-BO"})
	same(t, "users of a disabled one", w.must("usergroups.users.list", "usergroup", "S-OLD", "include_disabled", "1")["users"], []string{})
	if groups := w.Usergroups(); len(groups) != 2 || groups[0].Handle != "duty" {
		t.Errorf("Usergroups = %+v", groups)
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	w.must("conversations.join", "channel", "C-QUIET")
	same(t, "joined twice", w.must("conversations.join", "channel", "C-QUIET")["warning"], "already_in_channel")
	w.must("chat.postMessage", "channel", "C-QUIET", "text", "x")
	answer := w.refused("user_not_found", "conversations.invite", "channel", "C-QUIET", "users", "U-BO,U-NONE,U-BOT")
	same(t, "errors", answer["errors"], []any{
		map[string]any{"user": "U-NONE", "ok": false, "error": "user_not_found"}, map[string]any{"user": "U-BOT", "ok": false, "error": "cant_invite_self"},
	})
	same(t, "nobody came", w.must("conversations.members", "channel", "C-QUIET")["members"], []string{"U-ANA", "U-BOT"})
	w.must("conversations.invite", "channel", "C-QUIET", "users", "U-BO,U-NONE", "force", "true")
	same(t, "bo came", w.must("conversations.members", "channel", "C-QUIET")["members"], []string{"U-ANA", "U-BOT", "U-BO"})
	w.must("conversations.leave", "channel", "C-QUIET")
	same(t, "left twice", w.must("conversations.leave", "channel", "C-QUIET")["not_in_channel"], true)
	w.AddChannel(chattest.Channel{ID: "C-ALONE", Name: "alone", Host: "T-OWN", Members: []string{"U-BOT"}, Private: true})
	w.refused("last_member", "conversations.leave", "channel", "C-ALONE")
}
