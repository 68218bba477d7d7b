package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// refusal is Graph's error answer. It is read more tolerantly than the model of
// the SDK, which panics or hides the status when a part is missing.
type refusal struct {
	abs.ApiError
	code      string
	duplicate bool // the message says that the reference exists already
}

var refusals = abs.ErrorMappings{"4XX": newRefusal, "5XX": newRefusal}

func newRefusal(serialization.ParseNode) (serialization.Parsable, error) { return &refusal{}, nil }

// GetFieldDeserializers implements the interface of what can be parsed.
func (e *refusal) GetFieldDeserializers() fields {
	return fields{"error": func(n serialization.ParseNode) error {
		e.code = token(child(n, "code"))
		// The service gives this case no code of its own.
		e.duplicate = strings.Contains(child(n, "message"), "already exist")
		return nil
	}}
}

// Serialize writes nothing: refusals are only read.
func (e *refusal) Serialize(serialization.SerializationWriter) error { return nil }

// Error names the status, the code and the id by which Microsoft finds the
// request. The message is left out, for it may name people.
func (e *refusal) Error() string {
	text := fmt.Sprintf("graph answered %d", e.ResponseStatusCode)
	if e.code != "" {
		text += " " + e.code
	}
	if id := token(header(e.ResponseHeaders).Get("request-id")); id != "" {
		text += " (request " + id + ")"
	}
	return text
}

// header rebuilds the headers that a decision depends on.
func header(h *abs.ResponseHeaders) http.Header {
	out := http.Header{}
	if h == nil {
		return out
	}
	for _, name := range []string{"Retry-After", "Date", "request-id"} {
		if values := h.Get(name); len(values) > 0 {
			out.Set(name, values[0])
		}
	}
	return out
}

// token keeps a word of the service's and nothing that is text.
func token(s string) string {
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r))
	}
	if len(s) > 64 || strings.ContainsFunc(s, odd) {
		return ""
	}
	return s
}

// failed says what err means for the caller, who was doing something such as
// "read the group". It is the one place where answers are classified:
//
//   - 404 is [access.NotFound], 403 [access.Forbidden];
//   - 401, 429, 5xx and no answer are [access.Unavailable];
//   - a wait that Graph asks for is marked for the outbox;
//   - what the wall holds back is Forbidden for good;
//   - anything else is internal.
func failed(doing string, err error) error {
	if r := refused(err); r != nil {
		return r.classify(doing)
	}
	if e, ok := errors.AsType[*signInError](err); ok {
		return unavailable(doing, e, "Latchkey could not sign in to Microsoft Entra. "+
			"An operator must check the credential of its app registration.")
	}
	if errors.Is(err, errWall) {
		return outbox.Permanent(refuse(access.Forbidden, doing, errWall, "Latchkey's own rule does not let it %s. "+
			"That is a fault of the program: please report it.", doing))
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	if e, ok := errors.AsType[*url.Error](err); ok { // without the address, which may name a person
		return unavailable(doing, e.Err, "Microsoft Graph did not answer. Latchkey keeps trying.")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// refused finds the answer that refused a request.
func refused(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if e, ok := errors.AsType[*abs.ApiError](err); ok { // it had no body
		return &refusal{ApiError: *e}
	}
	return nil
}

func (e *refusal) classify(doing string) error {
	var out error
	switch status := e.ResponseStatusCode; {
	case status == http.StatusNotFound:
		return refuse(access.NotFound, doing, e, "Microsoft Entra does not know it (any more): Latchkey tried to %s.", doing)
	case status == http.StatusForbidden:
		return refuse(access.Forbidden, doing, e, "Latchkey is not allowed to %s: "+
			"its app registration lacks a permission or the consent of an admin.", doing)
	case status == http.StatusUnauthorized:
		return unavailable(doing, e, "Microsoft Graph does not accept Latchkey's sign-in. "+
			"An operator must check its app registration.")
	case status == http.StatusTooManyRequests || status >= 500:
		out = unavailable(doing, e, "Microsoft Graph is busy. Latchkey keeps trying.")
	default:
		return fmt.Errorf("%s: %w", doing, e)
	}
	// A shorter wait is no wait: the caller's own backoff is better.
	if wait, ok := retryAfter(header(e.ResponseHeaders)); ok && wait >= time.Second {
		return outbox.RetryAfter(out, wait)
	}
	return out
}

func refuse(code access.Code, doing string, cause error, format string, args ...any) error {
	e := access.Refuse(code, format, args...)
	e.Err = fmt.Errorf("%s: %w", doing, cause)
	return e
}

func unavailable(doing string, cause error, message string) error {
	return refuse(access.Unavailable, doing, cause, "%s", message)
}

// status returns the status of the answer that refused a request, or 0.
func status(err error) int {
	if r := refused(err); r != nil {
		return r.ResponseStatusCode
	}
	return 0
}

func isNotFound(err error) bool { return status(err) == http.StatusNotFound }

// never is for a state of affairs that trying again does not mend.
func never(code access.Code, format string, args ...any) error {
	return outbox.Permanent(access.Refuse(code, format, args...))
}
