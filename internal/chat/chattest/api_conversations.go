package chattest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultPage = 100
	maxPage     = 999
)

func (s *Server) conversationsInfo(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	c := s.wireChannel(r)
	if a.flag("include_num_members") {
		c["num_members"] = len(r.Members)
	}
	return object{"channel": c}, nil
}

// wireChannel is a conversation as Slack writes it for the bot.
func (s *Server) wireChannel(r *room) object {
	c := object{
		"id": r.ID, "created": r.created, "is_archived": false, "is_org_shared": false,
		"is_im": r.DM, "is_mpim": false, "context_team_id": s.opt.BotTeam,
	}
	if r.DM {
		for _, id := range r.Members {
			if id != s.opt.BotUser {
				c["user"] = id
			}
		}
		c["is_open"], c["is_private"] = true, true
		return c
	}
	c["name"], c["name_normalized"] = r.Name, r.Name
	c["is_private"], c["is_group"] = r.Private, r.Private && !r.shared()
	c["is_channel"] = !r.Private || r.shared()
	c["is_general"], c["is_member"] = false, r.has(s.opt.BotUser)
	c["is_shared"], c["is_ext_shared"] = r.shared(), r.shared()
	c["is_pending_ext_shared"] = false
	c["pending_shared"], c["pending_connected_team_ids"] = []string{}, []string{}
	c["conversation_host_id"] = r.Host
	c["internal_team_ids"] = []string{}
	c["shared_team_ids"] = []string{r.Host}
	if r.shared() {
		c["connected_team_ids"] = slices.Clone(r.Connected)
		c["shared_team_ids"] = slices.Clone(r.Connected)
	}
	c["topic"] = object{"value": "", "creator": "", "last_set": 0}
	c["purpose"] = object{"value": "", "creator": "", "last_set": 0}
	return c
}

func (s *Server) conversationsMembers(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	limit, err := pageLimit(a)
	if err != nil {
		return nil, err
	}
	from := 0
	if cursor := a.Get("cursor"); cursor != "" {
		id, ok := cursorValue(cursor, "user:")
		if from = slices.Index(r.Members, id); !ok || from < 0 {
			return nil, refuse("invalid_cursor")
		}
	}
	to, next := min(from+limit, len(r.Members)), ""
	if to < len(r.Members) {
		next = cursorFor("user:" + r.Members[to])
	}
	page := append([]string{}, r.Members[from:to]...)
	return object{"members": page, "response_metadata": object{"next_cursor": next}}, nil
}

// conversationsOpen opens or resumes a direct message with one person.
func (s *Server) conversationsOpen(a args) (object, error) {
	if id := a.Get("channel"); id != "" {
		r, err := s.readable(id)
		if err != nil {
			return nil, err
		}
		if !r.DM {
			return nil, refuse("method_not_supported_for_channel_type")
		}
		return s.opened(r, true, a), nil
	}
	id := a.Get("users")
	if id == "" {
		return nil, refuse("users_list_not_supplied")
	}
	if strings.Contains(id, ",") {
		return nil, refuse("method_not_supported_for_channel_type") // the world has no group messages
	}
	u, ok := s.users.get(id)
	switch {
	case !ok || u.Bot:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case !s.reachable(u):
		return nil, refuse("user_not_visible")
	}
	r, already := s.openDM(u)
	return s.opened(r, already, a), nil
}

func (s *Server) opened(r *room, already bool, a args) object {
	answer := object{"channel": object{"id": r.ID}}
	if a.flag("return_im") {
		answer["channel"] = s.wireChannel(r)
	}
	if already {
		answer["no_op"], answer["already_open"] = true, true
	}
	return answer
}

// conversationsHistory lists what stands in a conversation, newest first,
// without ephemeral messages and without replies in threads.
func (s *Server) conversationsHistory(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	if !r.has(s.opt.BotUser) {
		return nil, refuse("not_in_channel")
	}
	limit, err := pageLimit(a)
	if err != nil {
		return nil, err
	}
	within, err := historyRange(a)
	if err != nil {
		return nil, err
	}
	messages, next := []object{}, ""
	for _, m := range slices.Backward(r.log) {
		reply := m.ThreadTS != "" && m.ThreadTS != m.TS
		if m.Deleted || m.Ephemeral || reply || !within(m.TS) {
			continue
		}
		if len(messages) == limit {
			next = cursorFor("next_ts:" + m.TS)
			break
		}
		messages = append(messages, s.wire(m, a.flag("include_all_metadata")))
	}
	answer := object{"messages": messages, "has_more": next != "", "pin_count": 0}
	if next != "" {
		answer["response_metadata"] = object{"next_cursor": next}
	}
	if latest := a.Get("latest"); latest != "" {
		answer["latest"] = latest
	}
	return answer, nil
}

// historyRange tells which timestamps a call asks for. A cursor only moves the
// upper bound down to where the page before it ended.
func historyRange(a args) (func(ts string) bool, error) {
	latest, ok := parseTS(a.Get("latest"), 1<<62)
	if !ok {
		return nil, refuse("invalid_ts_latest")
	}
	oldest, ok := parseTS(a.Get("oldest"), 0)
	if !ok {
		return nil, refuse("invalid_ts_oldest")
	}
	upTo := int64(1) << 62
	if cursor := a.Get("cursor"); cursor != "" {
		ts, ok := cursorValue(cursor, "next_ts:")
		if !ok {
			return nil, refuse("invalid_cursor")
		}
		if upTo, ok = parseTS(ts, 0); !ok {
			return nil, refuse("invalid_cursor")
		}
	}
	inclusive := a.flag("inclusive")
	return func(ts string) bool {
		at, _ := parseTS(ts, 0)
		if inclusive && (at == latest || at == oldest) {
			return at <= upTo
		}
		return at < latest && at > oldest && at <= upTo
	}, nil
}

// parseTS reads a timestamp such as 1476909142.000007 as microseconds.
func parseTS(ts string, missing int64) (int64, bool) {
	if ts == "" {
		return missing, true
	}
	seconds, fraction, _ := strings.Cut(ts, ".")
	if len(fraction) > 6 {
		fraction = fraction[:6]
	}
	if seconds == "" || len(seconds) > 12 || strings.Trim(seconds+fraction, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(seconds+fraction+strings.Repeat("0", 6-len(fraction)), 10, 64)
	return n, err == nil
}

func pageLimit(a args) (int, error) {
	raw := a.Get("limit")
	if raw == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 || n > maxPage {
		return 0, refuse("invalid_limit")
	}
	if n == 0 {
		return defaultPage, nil
	}
	return n, nil
}

func cursorFor(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }

func cursorValue(cursor, prefix string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(raw), prefix)
}
