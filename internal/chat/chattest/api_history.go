package chattest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// conversationsHistory lists what stands in a conversation, newest first,
// without ephemeral messages and without replies in threads.
func (s *Server) conversationsHistory(a args) (object, error) {
	q, err := s.readHistory(a, defaultPage, maxPage)
	if err != nil {
		return nil, err
	}
	messages, next := []object{}, ""
	for _, m := range slices.Backward(q.room.log) {
		if m.Deleted || m.Ephemeral || m.reply() && !m.Broadcast || !q.within(m.TS) {
			continue
		}
		if len(messages) == q.limit {
			next = cursorFor("next_ts:" + m.TS)
			break
		}
		messages = append(messages, q.show(m))
	}
	answer := object{"messages": messages, "has_more": next != "", "pin_count": 0}
	if next != "" {
		answer["response_metadata"] = metadata(next)
	}
	if latest := a.Get("latest"); latest != "" {
		answer["latest"] = latest
	}
	return answer, nil
}

// maxThreadPage is how many messages of a thread come at once.
const maxThreadPage = 1000

// conversationsReplies lists a thread, oldest first. Its first message comes
// with every page and is not counted.
func (s *Server) conversationsReplies(a args) (object, error) {
	q, err := s.readHistory(a, maxThreadPage, maxThreadPage)
	if err != nil {
		return nil, err
	}
	parent := q.room.byTS[a.Get("ts")]
	if parent != nil && parent.reply() {
		parent = q.room.byTS[parent.ThreadTS]
	}
	if parent == nil || parent.Ephemeral || parent.Deleted {
		return nil, refuse("thread_not_found")
	}
	var replies []*message
	for _, m := range q.room.log {
		if m.reply() && m.ThreadTS == parent.TS && !m.Deleted && !m.Ephemeral && q.within(m.TS) {
			replies = append(replies, m)
		}
	}
	page, next, err := pageOf(a, replies, q.limit, "next_ts:", func(m *message) string { return m.TS })
	if err != nil {
		return nil, err
	}
	messages := []object{q.show(parent)}
	for _, m := range page {
		w := q.show(m)
		w["parent_user_id"] = parent.User
		messages = append(messages, w)
	}
	answer := object{"messages": messages, "has_more": next != ""}
	if next != "" {
		answer["response_metadata"] = metadata(next)
	}
	return answer, nil
}

// reply reports whether a message stands in a thread and does not start it.
func (m *message) reply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// A query is what a call wants to read of a conversation.
type query struct {
	room   *room
	limit  int
	within func(ts string) bool
	show   func(*message) object
}

// readHistory reads what history and replies have in common.
func (s *Server) readHistory(a args, missing, most int) (query, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return query{}, err
	}
	if !r.has(s.opt.BotUser) {
		return query{}, refuse("not_in_channel")
	}
	q := query{room: r}
	if q.limit, err = pageLimit(a, missing, most); err != nil {
		return query{}, err
	}
	if q.within, err = historyRange(a); err != nil {
		return query{}, err
	}
	q.show, err = s.shownWith(a, r)
	return q, err
}

// shownWith returns how messages are written: with all metadata, with that of
// some types, or with none.
func (s *Server) shownWith(a args, r *room) (func(*message) object, error) {
	all := a.flag("include_all_metadata")
	var types []string
	if raw := a.Get("metadata_keys_to_include"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &types); err != nil {
			return nil, refuse("invalid_metadata_filter_keys")
		}
	}
	return func(m *message) object {
		w := s.wire(m, all)
		if !all && len(m.Metadata) > 0 && slices.Contains(types, metadataType(m)) {
			w["metadata"] = m.Metadata
		}
		r.countReplies(m, w)
		return w
	}, nil
}

func metadataType(m *message) string {
	var meta object
	if err := decode(m.Metadata, &meta); err != nil {
		return "" // unreachable: it was written by encode
	}
	return str(meta, "event_type")
}

// countReplies tells about the thread that a message has started, if it has.
func (r *room) countReplies(m *message, w object) {
	users, n, latest := []string{}, 0, ""
	for _, reply := range r.log {
		if !reply.reply() || reply.ThreadTS != m.TS || reply.Deleted || reply.Ephemeral {
			continue
		}
		n, latest = n+1, reply.TS
		if !slices.Contains(users, reply.User) {
			users = append(users, reply.User)
		}
	}
	if n == 0 {
		return
	}
	w["thread_ts"], w["reply_count"], w["latest_reply"] = m.TS, n, latest
	w["reply_users"], w["reply_users_count"] = users, len(users)
	w["is_locked"], w["subscribed"] = false, m.bot
}

// historyRange tells which timestamps a call asks for. A cursor only moves the
// upper bound down to where the page before it ended; that of a thread is read
// by pageOf as well.
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
	if cursor := a.Get("cursor"); cursor != "" && !a.Has("ts") {
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

// chatGetPermalink returns the address of a message. It asks for no scope.
func (s *Server) chatGetPermalink(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	m := r.byTS[a.Get("message_ts")]
	if m == nil || m.Deleted || m.Ephemeral {
		return nil, refuse("message_not_found")
	}
	link := "https://" + s.teamDomain(s.opt.BotTeam) + ".slack.com/archives/" + r.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.reply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + r.ID
	}
	return object{"channel": r.ID, "permalink": link}, nil
}
