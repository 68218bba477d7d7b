package chattest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// args are the arguments of a call, whatever form they came in. Lists and
// objects are JSON text, as in a form.
type args struct{ url.Values }

func (a args) flag(key string) bool { return truth(a.Get(key)) }

// An apiError is a documented refusal.
type apiError struct {
	code     string
	messages []string // for response_metadata
	more     object
}

func (e *apiError) Error() string {
	return strings.Join(append([]string{e.code}, e.messages...), "; ")
}

func refuse(code string, messages ...string) error {
	return &apiError{code: code, messages: messages}
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
	read  bool // may be called with GET too
	app   bool // takes the app-level token instead of the bot's
	scope func(*Server, args) string
	do    func(*Server, args) (object, error) // the lock is held
}

// methods lists what is answered; anything else is unknown_method.
var methods = map[string]method{
	"apps.connections.open": {app: true, do: (*Server).connectionsOpen},
	"auth.test":             {read: true, do: (*Server).authTest},

	"chat.delete":        {scope: always("chat:write"), do: (*Server).chatDelete},
	"chat.postEphemeral": {scope: always("chat:write"), do: (*Server).chatPostEphemeral},
	"chat.postMessage":   {scope: always("chat:write"), do: (*Server).chatPostMessage},
	"chat.update":        {scope: always("chat:write"), do: (*Server).chatUpdate},

	"conversations.history": {read: true, scope: byKind("history"), do: (*Server).conversationsHistory},
	"conversations.info":    {read: true, scope: byKind("read"), do: (*Server).conversationsInfo},
	"conversations.members": {read: true, scope: byKind("read"), do: (*Server).conversationsMembers},
	"conversations.open":    {scope: forOpen, do: (*Server).conversationsOpen},

	"users.info":          {read: true, scope: always("users:read"), do: (*Server).usersInfo},
	"users.lookupByEmail": {read: true, scope: always("users:read.email"), do: (*Server).usersLookupByEmail},

	// The methods for views ask for no scope.
	"views.open":    {do: (*Server).viewsOpen},
	"views.publish": {do: (*Server).viewsPublish},
	"views.push":    {do: (*Server).viewsPush},
	"views.update":  {do: (*Server).viewsUpdate},
}

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

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	m, ok := methods[name]
	if !ok {
		writeJSON(w, http.StatusOK, failure(&apiError{code: "unknown_method", more: object{"req_method": name}}))
		return
	}
	if r.Method != http.MethodPost && (r.Method != http.MethodGet || !m.read) {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	s.mu.Lock()
	s.calls[name]++
	s.mu.Unlock()
	a, token, err := readArgs(w, r)
	if err == nil {
		err = s.authenticate(m, token)
	}
	if err != nil {
		writeJSON(w, http.StatusOK, failure(err))
		return
	}
	w.Header().Set("X-OAuth-Scopes", strings.Join(s.opt.Scopes, ","))
	s.observe(Before, name, a.Values)
	answer, err := s.apply(w, m, a)
	s.observe(After, name, a.Values)
	if err != nil {
		writeJSON(w, http.StatusOK, failure(err))
		return
	}
	answer["ok"] = true
	writeJSON(w, http.StatusOK, answer)
}

// apply runs a method under the lock, once its scope is found to be granted.
// What the answer shares with the world is never changed in place, so it may be
// written after the lock is let go.
func (s *Server) apply(w http.ResponseWriter, m method, a args) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.scope != nil {
		needed := m.scope(s, a)
		w.Header().Set("X-Accepted-OAuth-Scopes", needed)
		if !slices.Contains(s.opt.Scopes, needed) {
			return nil, &apiError{code: "missing_scope", more: object{
				"needed": needed, "provided": strings.Join(s.opt.Scopes, ","),
			}}
		}
	}
	return m.do(s, a)
}

func (s *Server) authenticate(m method, token string) error {
	want, prefix := s.opt.BotToken, "xoxb-"
	if m.app {
		want, prefix = s.opt.AppToken, "xapp-"
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token == want:
		return nil
	case !strings.HasPrefix(token, prefix) && (strings.HasPrefix(token, "xoxb-") || strings.HasPrefix(token, "xapp-")):
		return refuse("not_allowed_token_type")
	}
	return refuse("invalid_auth")
}

// readArgs returns the arguments and, apart from them, the token.
func readArgs(w http.ResponseWriter, r *http.Request) (args, string, error) {
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
	if !ok {
		token = a.Get("token")
	}
	delete(a.Values, "token")
	return a, strings.TrimSpace(token), nil
}

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
	switch kind {
	case "application/json":
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

// connectionsOpen accepts the token only: this world speaks HTTP, not sockets.
func (s *Server) connectionsOpen(args) (object, error) {
	return nil, refuse("service_unavailable")
}
