package graphtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxBody = 4 << 20 // as Graph has it

// call is one authorised request on its way through a handler.
type call struct {
	r     *http.Request
	base  string    // of this server, without /v1.0
	now   time.Time // by the world's clock, one instant for the whole call
	query query
	body  []byte
	// tenant is whose directory the token is for.
	tenant string
}

// url is the absolute address of a path below /v1.0.
func (c *call) url(path string) string { return c.base + "/v1.0" + path }

// object is a JSON object on the wire.
type object map[string]any

// enum is the value of an enumeration that was added to it late: a client that
// does not say that it can read such values gets a placeholder.
func (c *call) enum(value string) string {
	for _, preference := range c.r.Header.Values("Prefer") {
		if strings.Contains(strings.ToLower(preference), "include-unknown-enum-members") {
			return value
		}
	}
	return "unknownFutureValue"
}

// reply is a successful answer. A nil body sends none.
type reply struct {
	status     int
	location   string
	retryAfter string
	body       object
}

// apiError is a refusal in Graph's form.
type apiError struct {
	status        int
	code, message string
	retryAfter    int // seconds; 0: not said
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func fail(status int, code, message string) error {
	return &apiError{status: status, code: code, message: message}
}

// badRequest is the 400 of the delegated administration service, which spells
// its codes in another way than the directory.
func badRequest(message string) error { return fail(http.StatusBadRequest, "badRequest", message) }
func notFound(message string) error   { return fail(http.StatusNotFound, "notFound", message) }
func conflict(message string) error   { return fail(http.StatusConflict, "conflict", message) }

// badDirectory and noObject are the 400 and 404 of the directory.
func badDirectory(message string) error {
	return fail(http.StatusBadRequest, "Request_BadRequest", message)
}

func noObject() error {
	return fail(http.StatusNotFound, "Request_ResourceNotFound", "The resource does not exist, or one of the objects that it refers to is not present.")
}

func denied(message string) error {
	return fail(http.StatusForbidden, "Authorization_RequestDenied", message)
}

func unsupported(message string) error {
	return fail(http.StatusBadRequest, "Request_UnsupportedQuery", message)
}

// nowhere refuses a path that leads to no resource.
func nowhere() error {
	return fail(http.StatusNotFound, "ResourceNotFound", "No resource has this address.")
}

// readBody returns the decoded body of a write. It may be compressed with gzip
// and sent in chunks; the limit holds for what travels and for what comes out.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	whole := t == "text/plain" && strings.HasSuffix(r.URL.Path, "/sendMail") // a message as MIME, in base64
	if err != nil || t != "application/json" && !whole {
		return nil, fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The body must be application/json.")
	}
	var in io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, bodyError(err, "The body is not what its Content-Encoding says.")
		}
		in = z
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "This Content-Encoding is not supported.")
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err != nil {
		return nil, bodyError(err, "The body could not be read.")
	}
	if len(body) > maxBody {
		return nil, tooLarge()
	}
	return body, nil
}

func bodyError(err error, message string) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge()
	}
	return fail(http.StatusBadRequest, "BadRequest", message)
}

func tooLarge() error {
	return fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The body is too large.")
}

// decode reads the body into v. A property that v does not have is refused,
// type annotations apart.
func (c *call) decode(v any) error {
	malformed := fail(http.StatusBadRequest, "BadRequest", "The body is not a JSON object of the expected form.")
	var raw map[string]any
	if err := json.Unmarshal(c.body, &raw); err != nil || raw == nil {
		return malformed
	}
	dropTypes(raw)
	clean, err := json.Marshal(raw)
	if err != nil {
		return malformed
	}
	d := json.NewDecoder(bytes.NewReader(clean))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fail(http.StatusBadRequest, "Request_BadRequest", "The body has a property that cannot be set here, or a value of the wrong type.")
	}
	return nil
}

func dropTypes(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "@odata.type")
		for _, inner := range v {
			dropTypes(inner)
		}
	case []any:
		for _, inner := range v {
			dropTypes(inner)
		}
	}
}

const contentType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

func (s *Server) writeReply(w http.ResponseWriter, r *http.Request, a reply) {
	requestIDs(w, r)
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	writeJSON(w, a.status, contentType, a.body)
}

func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*apiError](err)
	if !ok { // unreachable: handlers refuse with apiError only
		refusal = &apiError{status: http.StatusInternalServerError, code: "InternalServerError", message: "Something went wrong."}
	}
	if refusal.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(refusal.retryAfter))
	}
	request, client := requestIDs(w, r)
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm=""`)
	}
	writeJSON(w, refusal.status, contentType, object{"error": object{
		"code":    refusal.code,
		"message": refusal.message,
		"innerError": object{
			"date":              s.opt.Now().UTC().Format("2006-01-02T15:04:05"),
			"request-id":        request,
			"client-request-id": client,
		},
	}})
}

func writeJSON(w http.ResponseWriter, status int, kind string, body object) {
	out, err := json.Marshal(body)
	if err != nil { // unreachable: objects hold strings, numbers, booleans and each other
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	// An answer that cannot be sent has nobody to be reported to.
	_, _ = w.Write(out)
}

// requestIDs names the answer. The client's own id is repeated when it is one.
func requestIDs(w http.ResponseWriter, r *http.Request) (request, client string) {
	request = newGUID()
	client = r.Header.Get("client-request-id")
	if !isGUID(client) {
		client = request
	}
	w.Header().Set("request-id", request)
	w.Header().Set("client-request-id", client)
	return request, client
}

// stamp is an instant on the wire: null when there is none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// text is an optional string on the wire: null when empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func same(a, b string) bool { return strings.EqualFold(a, b) }
