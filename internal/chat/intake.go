package chat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/flood"
)

// The paths at which Slack delivers, as manifest.yml names them.
const (
	PathCommands     = "/slack/commands"
	PathInteractions = "/slack/interactions"
	PathOptions      = "/slack/options"
	PathEvents       = "/slack/events"
)

// maxBody bounds a delivery. Slack's largest hold a message of 50 blocks.
const maxBody = 1 << 20

// Intake takes deliveries over HTTP.
type Intake struct {
	Dispatcher *Dispatcher
	Secret     string
	// Fresh is the signing secret of now; nil: it is always Secret.
	Fresh  func() string
	Forged Forged
	Now    func() time.Time

	reports flood.Reports
	signing signing
}

// Handler serves the paths at which Slack delivers.
func (in *Intake) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+PathCommands, in.verified("command", form(in.command)))
	mux.HandleFunc("POST "+PathInteractions, in.verified("interaction", form(in.interaction)))
	mux.HandleFunc("POST "+PathOptions, in.verified("options", form(in.interaction)))
	mux.HandleFunc("POST "+PathEvents, in.verified("event", in.event))
	return mux
}

// verified reads the body of a delivery whose signature holds, and turns every
// other away: Slack signs the time and the exact bytes of the body.
func (in *Intake) verified(kind string, next func(context.Context, []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the body is too large or was cut off", http.StatusRequestEntityTooLarge)
			return
		}
		if !in.signed(r.Header, body) {
			in.forged(r.Context(), r.URL.Path)
			http.Error(w, "this request was not signed by Slack, or too long ago", http.StatusUnauthorized)
			return
		}
		ctx, end := in.Dispatcher.begin(r.Context(), "http", kind)
		ack, err := next(ctx, body)
		switch {
		case errors.Is(err, errNotRecorded), errors.Is(err, errLate):
			http.Error(w, err.Error(), http.StatusServiceUnavailable) // Slack sends an event again
			end(notRecorded)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			end(notReadable)
		default:
			write(w, ack)
			end(acknowledged)
		}
	}
}

// form reads the body as a form, which is how all but events come.
func form(next func(context.Context, url.Values) (any, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, body []byte) (any, error) {
		f, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errors.New("the body is no form")
		}
		return next(ctx, f)
	}
}

func verify(h http.Header, body []byte, secret string) error {
	v, err := slack.NewSecretsVerifier(h, secret)
	if err != nil {
		return err
	}
	if _, err := io.Copy(&v, bytes.NewReader(body)); err != nil {
		return err
	}
	return v.Ensure()
}

func (in *Intake) command(ctx context.Context, form url.Values) (any, error) {
	if form.Get("ssl_check") == "1" {
		return nil, nil
	}
	return in.Dispatcher.slash(ctx, slashFromForm(form)), nil
}

func (in *Intake) interaction(ctx context.Context, form url.Values) (any, error) {
	i, err := decodeInteraction([]byte(form.Get("payload")))
	if err != nil {
		return nil, errors.New("the payload cannot be read")
	}
	return in.Dispatcher.interaction(ctx, i)
}

// event takes an event, or proves to Slack that this address is ours.
func (in *Intake) event(ctx context.Context, body []byte) (any, error) {
	e, err := decodeEvent(body)
	if err != nil {
		return nil, errors.New("the event cannot be read")
	}
	if e.Type == "url_verification" {
		return challenge{e.Challenge}, nil
	}
	return nil, in.Dispatcher.event(ctx, e)
}

// write sends the acknowledgement. An empty one must have no body at all.
func write(w http.ResponseWriter, ack any) {
	raw, err := encode(ack)
	switch {
	case err != nil:
		http.Error(w, "the answer could not be written", http.StatusInternalServerError)
	case raw == nil:
		w.WriteHeader(http.StatusOK)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(raw) //nolint:errcheck // Slack has hung up; nothing is lost by it
	}
}

// forged reports a delivery that is not Slack's. Anybody can send these, so a
// flood of them becomes one report in a while, with their number.
func (in *Intake) forged(ctx context.Context, path string) {
	if in.Forged == nil {
		return
	}
	if report, suppressed := in.reports.Admit(in.Now()); report {
		in.Forged(ctx, path, suppressed)
	}
}
