package chattest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// args are the arguments of a call, whatever form they came in. Lists and
// objects are JSON text, as in a form.
type args struct{ url.Values }

func (a args) flag(key string) bool { return truth(a.Get(key)) }

// An apiError is a documented refusal.
type apiError struct {
	code       string
	messages   []string // for response_metadata
	more       object
	retryAfter int // seconds to wait; 0 for refusals that have nothing to do with time
}

func (e *apiError) Error() string {
	return strings.Join(append([]string{e.code}, e.messages...), "; ")
}

func refuse(code string, messages ...string) error {
	return &apiError{code: code, messages: messages}
}

// retryAfter returns the seconds to wait that a refusal names, or 0.
func retryAfter(err error) int {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.retryAfter
	}
	return 0
}

// failure is the answer that tells about a refusal.
func failure(err error) object {
	answer := object{"ok": false, "error": "internal_error"}
	var e *apiError
	if !errors.As(err, &e) {
		return answer // unreachable: every refusal is an apiError
	}
	answer["error"] = e.code
	for key, v := range e.more {
		answer[key] = v
	}
	if len(e.messages) > 0 {
		marked := make([]string, len(e.messages))
		for i, m := range e.messages {
			marked[i] = "[ERROR] " + m
		}
		answer["errors"] = e.messages
		answer["response_metadata"] = object{"messages": marked}
	}
	return answer
}

// A method of the Web API.
type method struct {
	read  bool                                // may be called with GET too
	app   bool                                // takes the app-level token instead of the bot's
	paced bool                                // under the posting limit of the channel argument
	tier  int                                 // how many calls a minute are answered; 0: no such limit
	scope func(*Server, args) string          // one of which is needed, with commas between; see granted
	do    func(*Server, args) (object, error) // the lock is held
}

// takes reports whether a method may be called with an HTTP method.
func (m method) takes(verb string) bool {
	return verb == http.MethodPost || verb == http.MethodGet && m.read
}

// verbs are the HTTP methods that a method takes, as the Allow header has them.
func (m method) verbs() string {
	if m.read {
		return "GET, POST"
	}
	return "POST"
}

// methods lists what is answered; anything else is unknown_method.
var methods = map[string]method{
	"apps.connections.open": {app: true, do: (*Server).connectionsOpen},
	"auth.test":             {read: true, do: (*Server).authTest},

	"chat.delete":        {tier: tier3, scope: always("chat:write"), do: (*Server).chatDelete},
	"chat.postEphemeral": {tier: tier4, scope: always("chat:write"), do: (*Server).chatPostEphemeral},
	"chat.postMessage":   {tier: postsAMinute, paced: true, scope: always("chat:write"), do: (*Server).chatPostMessage},
	"chat.update":        {tier: tier3, scope: always("chat:write"), do: (*Server).chatUpdate},

	"chat.getPermalink": {read: true, do: (*Server).chatGetPermalink},

	"conversations.history":      {tier: tier3, read: true, scope: byKind("history"), do: (*Server).conversationsHistory},
	"conversations.info":         {tier: tier3, read: true, scope: byKind("read"), do: (*Server).conversationsInfo},
	"conversations.invite":       {tier: tier3, scope: forMembers("channels:manage,channels:write.invites", "groups:write,groups:write.invites"), do: (*Server).conversationsInvite},
	"conversations.inviteShared": {tier: tier2, read: true, scope: always("conversations.connect:write"), do: (*Server).conversationsInviteShared},
	"conversations.join":         {tier: tier3, scope: always("channels:join"), do: (*Server).conversationsJoin},
	"conversations.leave":        {tier: tier3, scope: forMembers("channels:manage", "groups:write"), do: (*Server).conversationsLeave},
	"conversations.list":         {tier: tier2, read: true, scope: forList, do: (*Server).conversationsList},
	"conversations.members":      {tier: tier4, read: true, scope: byKind("read"), do: (*Server).conversationsMembers},
	"conversations.open":         {tier: tier3, scope: forOpen, do: (*Server).conversationsOpen},
	"conversations.replies":      {tier: tier3, read: true, scope: byKind("history"), do: (*Server).conversationsReplies},

	"files.completeUploadExternal": {tier: tier4, scope: always("files:write"), do: (*Server).filesCompleteUploadExternal},
	"files.getUploadURLExternal":   {tier: tier4, read: true, scope: always("files:write"), do: (*Server).filesGetUploadURLExternal},
	"files.info":                   {tier: tier4, read: true, scope: always("files:read"), do: (*Server).filesInfo},

	"bots.info":             {tier: tier3, read: true, scope: always("users:read"), do: (*Server).botsInfo},
	"team.info":             {tier: tier3, read: true, scope: always("team:read"), do: (*Server).teamInfo},
	"usergroups.list":       {tier: tier2, read: true, scope: always("usergroups:read"), do: (*Server).usergroupsList},
	"usergroups.users.list": {tier: tier2, read: true, scope: always("usergroups:read"), do: (*Server).usergroupsUsersList},
	"users.info":            {tier: tier4, read: true, scope: always("users:read"), do: (*Server).usersInfo},
	"users.list":            {tier: tier2, read: true, scope: always("users:read"), do: (*Server).usersList},
	"users.lookupByEmail":   {tier: tier3, read: true, scope: always("users:read.email"), do: (*Server).usersLookupByEmail},

	// The methods for views ask for no scope.
	"views.open":    {tier: tier4, do: (*Server).viewsOpen},
	"views.publish": {tier: tier4, do: (*Server).viewsPublish},
	"views.push":    {tier: tier4, do: (*Server).viewsPush},
	"views.update":  {tier: tier4, do: (*Server).viewsUpdate},
}

// Methods returns the names of the Web API methods that are answered, sorted.
func Methods() []string { return slices.Sorted(maps.Keys(methods)) }

func always(scope string) func(*Server, args) string {
	return func(*Server, args) string { return scope }
}

// byKind asks for the scope that fits the kind of the channel argument.
func byKind(right string) func(*Server, args) string {
	return func(s *Server, a args) string {
		r, ok := s.rooms.get(a.Get("channel"))
		switch {
		case ok && r.DM:
			return "im:" + right
		case ok && r.Private:
			return "groups:" + right
		}
		return "channels:" + right
	}
}

func forOpen(_ *Server, a args) string {
	if strings.Contains(a.Get("users"), ",") {
		return "mpim:write"
	}
	return "im:write"
}

// forMembers asks for the right to change who is in a channel of that kind.
func forMembers(public, private string) func(*Server, args) string {
	return func(s *Server, a args) string {
		if r, ok := s.rooms.get(a.Get("channel")); ok && r.Private {
			return private
		}
		return public
	}
}

// forList asks for the right to read each of the kinds that are listed, and
// returns the first that is not granted.
func forList(s *Server, a args) string {
	kinds := listKinds(a)
	for _, kind := range kinds {
		if scope, ok := kindScopes[kind]; ok && !s.granted(scope) {
			return scope
		}
	}
	if scope, ok := kindScopes[kinds[0]]; ok {
		return scope
	}
	return "channels:read" // the kind itself is refused as unknown
}

// granted reports whether the app has one of the scopes, which are separated by
// commas.
func (s *Server) granted(scopes string) bool {
	return slices.ContainsFunc(strings.Split(scopes, ","), func(one string) bool {
		return slices.Contains(s.opt.Scopes, one)
	})
}

// scopes are those that the app has, as a header lists them.
func (s *Server) scopes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.opt.Scopes, ",")
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	m, ok := methods[name]
	if !ok {
		writeJSON(w, http.StatusOK, failure(&apiError{code: "unknown_method", more: object{"req_method": name}}))
		return
	}
	if !m.takes(r.Method) {
		// Slack documents no error for this, and has been seen to let a GET
		// write. A status and a body that the Web API does not use keep a client
		// from passing here on what the method's page does not promise.
		w.Header().Set("Allow", m.verbs())
		http.Error(w, "use "+m.verbs(), http.StatusMethodNotAllowed)
		return
	}
	s.mu.Lock()
	s.calls[name]++
	s.mu.Unlock()
	a, token, err := readArgs(w, r, m.app)
	if err == nil {
		err = s.authenticate(m, token)
	}
	if err != nil {
		writeJSON(w, http.StatusOK, failure(err))
		return
	}
	w.Header().Set("X-OAuth-Scopes", s.scopes())
	answered, finish := s.suffer(w, r, name)
	if answered {
		return
	}
	s.observe(Before, name, a.Values)
	answer, err := s.apply(w, name, m, a)
	s.observe(After, name, a.Values)
	finish()
	if err != nil {
		writeRefusal(w, http.StatusOK, err)
		return
	}
	answer["ok"] = true
	writeJSON(w, http.StatusOK, answer)
}

// apply runs a method under the lock, once its scope is found to be granted.
// What the answer shares with the world is never changed in place, so it may be
// written after the lock is let go.
func (s *Server) apply(w http.ResponseWriter, name string, m method, a args) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.scope != nil {
		needed := m.scope(s, a)
		w.Header().Set("X-Accepted-OAuth-Scopes", needed)
		if !s.granted(needed) {
			return nil, &apiError{code: "missing_scope", more: object{
				"needed": needed, "provided": strings.Join(s.opt.Scopes, ","),
			}}
		}
	}
	if wait := s.tiered(name, m.tier); wait > 0 {
		return nil, limited(wait)
	}
	if m.paced {
		return s.paced(a, m.do)
	}
	return m.do(s, a)
}

func (s *Server) authenticate(m method, token string) error {
	s.mu.Lock()
	want, prefix, dead := s.opt.BotToken, "xoxb-", s.dead
	if m.app {
		want, prefix = s.opt.AppToken, "xapp-"
	}
	s.mu.Unlock()
	switch {
	case token == "":
		return refuse("not_authed")
	case token == want && dead != "" && !m.app:
		return refuse(dead)
	case token == want:
		return nil
	case !strings.HasPrefix(token, prefix) && (strings.HasPrefix(token, "xoxb-") || strings.HasPrefix(token, "xapp-")):
		return refuse("not_allowed_token_type")
	}
	return refuse("invalid_auth")
}

// readArgs returns the arguments and, apart from them, the token. A token may
// be in the body too, but an app-level token counts in the header only.
func readArgs(w http.ResponseWriter, r *http.Request, app bool) (args, string, error) {
	a := args{r.URL.Query()}
	delete(a.Values, "token") // Slack no longer takes tokens from the query
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return args{}, "", refuse("request_timeout") // "missing or truncated"
		}
		form, err := parseBody(r.Header.Get("Content-Type"), body)
		if err != nil {
			return args{}, "", err
		}
		for key, v := range form {
			a.Values[key] = v
		}
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok && app:
		token = "" // of another scheme
	case !ok:
		token = a.Get("token")
	}
	delete(a.Values, "token")
	for key := range a.Values {
		switch {
		case strings.HasSuffix(key, "[]"):
			return args{}, "", refuse("invalid_array_arg")
		case !argName.MatchString(key):
			return args{}, "", refuse("invalid_arg_name")
		}
	}
	return a, strings.TrimSpace(token), nil
}

// argName is what the name of an argument may look like. How long is too long
// is not documented.
var argName = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)

func parseBody(contentType string, body []byte) (url.Values, error) {
	if contentType == "" {
		if len(body) == 0 {
			return nil, nil
		}
		return nil, refuse("missing_post_type")
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, refuse("invalid_post_type")
	}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "iso-8859-1":
	default:
		return nil, refuse("invalid_charset")
	}
	switch kind {
	case "application/json":
		if len(body) == 0 {
			return nil, nil // clients post nothing where a method takes no arguments
		}
		var o any
		if err := decode(body, &o); err != nil {
			return nil, refuse("invalid_json")
		}
		fields, ok := o.(object)
		if !ok {
			return nil, refuse("json_not_object")
		}
		return flatten(fields), nil
	case "application/x-www-form-urlencoded", "text/plain":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, refuse("invalid_form_data")
		}
		return form, nil
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(maxBody)
		if err != nil {
			return nil, refuse("invalid_form_data")
		}
		defer form.RemoveAll()
		return form.Value, nil
	}
	return nil, refuse("invalid_post_type")
}

// flatten turns a JSON object into form fields.
func flatten(fields object) url.Values {
	form := make(url.Values, len(fields))
	for key, v := range fields {
		switch v := v.(type) {
		case nil:
		case string:
			form.Set(key, v)
		default:
			form.Set(key, string(encode(v)))
		}
	}
	return form
}

// authTest tells the app who it is.
func (s *Server) authTest(args) (object, error) {
	answer := object{
		"team_id": s.opt.BotTeam, "user_id": s.opt.BotUser, "bot_id": BotID, "is_enterprise_install": false,
		"url": fmt.Sprintf("https://%s.slack.com/", s.teamDomain(s.opt.BotTeam)),
	}
	if t, ok := s.teams.get(s.opt.BotTeam); ok {
		answer["team"] = t.Name
	}
	if u, ok := s.users.get(s.opt.BotUser); ok {
		answer["user"] = u.Name
	}
	return answer, nil
}
