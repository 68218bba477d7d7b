package chattest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// What a person cannot do. Nothing is sent to the app then.
var (
	ErrExternal      = errors.New("commands of the app are not offered to members of other teams")
	ErrNotMember     = errors.New("not in that conversation")
	ErrNoSuchUser    = errors.New("no such person")
	ErrNoSuchChannel = errors.New("no such conversation")
	ErrNoSuchElement = errors.New("no such element in what this person sees")
	ErrNoSuchView    = errors.New("that modal is not on top of this person's screen")
	ErrIncomplete    = errors.New("the modal does not submit: a field is missing or too long")
	ErrNotSent       = errors.New("the delivery was never sent")
)

// What can go wrong with an acknowledgement. The texts are the error names that
// the person sees.
var (
	ErrTimeout     = errors.New("operation_timeout")
	ErrUnreachable = errors.New("app_unreachable")
	ErrService     = errors.New("http_service_error")
)

const (
	pathCommands     = "/slack/commands"
	pathInteractions = "/slack/interactions"
	pathOptions      = "/slack/options"

	// A deprecated field that is still sent; nothing may rely on it.
	legacyToken = "not-a-secret-any-more"
)

// A Delivery is one request to the app and what came of it. Err is nil, or
// wraps ErrTimeout, ErrUnreachable or ErrService, or is the error of the
// caller's context. ID is the trigger id, where the request carries one.
type Delivery struct {
	ID, User, Channel, Path string
	Header                  http.Header
	Body                    []byte
	Status                  int
	Response                []byte
	Took                    time.Duration
	Err                     error

	answerType string // media type of Response
}

// A trigger lets the app open one modal within three seconds.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// newTrigger mints a trigger for a person's act. The lock is held.
func (s *Server) newTrigger(user string) string {
	now := s.opt.Now()
	id := fmt.Sprintf("%d.%d.%s", now.UnixMilli(), s.next(), secretID())
	s.triggers[id] = &trigger{user: user, at: now}
	return id
}

// Replay sends the very same bytes and headers again, as somebody would who had
// captured them. The answer changes nothing in the world.
func (s *Server) Replay(ctx context.Context, d Delivery) (Delivery, error) {
	if d.Path == "" {
		return Delivery{}, ErrNotSent
	}
	return s.send(ctx, Delivery{ID: d.ID, User: d.User, Channel: d.Channel, Path: d.Path,
		Header: d.Header.Clone(), Body: bytes.Clone(d.Body)}), nil
}

// Forge sends the same body with a fresh timestamp, signed with a wrong secret.
// The answer changes nothing in the world.
func (s *Server) Forge(ctx context.Context, d Delivery) (Delivery, error) {
	if d.Path == "" {
		return Delivery{}, ErrNotSent
	}
	f := Delivery{ID: d.ID, User: d.User, Channel: d.Channel, Path: d.Path,
		Header: d.Header.Clone(), Body: bytes.Clone(d.Body)}
	s.sign(&f, "forged "+s.opt.SigningSecret)
	return s.send(ctx, f), nil
}

// deliver sends a signed form to the app and waits for its answer. The lock is
// not held: the app may call back before it answers.
func (s *Server) deliver(ctx context.Context, d Delivery, form url.Values) Delivery {
	d.Body = []byte(form.Encode())
	d.Header = http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {"application/json,*/*"},
		"User-Agent":   {"Slackbot 1.0 (+https://api.slack.com/robots)"},
	}
	s.sign(&d, s.opt.SigningSecret)
	return s.send(ctx, d)
}

// interact delivers an interaction payload.
func (s *Server) interact(ctx context.Context, d Delivery, payload object) Delivery {
	return s.deliver(ctx, d, url.Values{"payload": {string(encode(payload))}})
}

// sign sets the two headers of the version 0 signature.
func (s *Server) sign(d *Delivery, secret string) {
	at := strconv.FormatInt(s.opt.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", at, d.Body)
	d.Header.Set("X-Slack-Request-Timestamp", at)
	d.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

func (s *Server) send(ctx context.Context, d Delivery) Delivery {
	s.mu.Lock()
	app := s.appURL
	s.mu.Unlock()
	started := time.Now()
	d.Err = s.exchange(ctx, app+d.Path, &d)
	d.Took = time.Since(started)
	return d
}

// exchange makes the request and fills in the answer.
func (s *Server) exchange(ctx context.Context, to string, d *Delivery) error {
	within, cancel := context.WithTimeout(ctx, s.opt.AckWithin)
	defer cancel()
	failed := func(err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case within.Err() != nil:
			return ErrTimeout
		}
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	req, err := http.NewRequestWithContext(within, http.MethodPost, to, bytes.NewReader(d.Body))
	if err != nil {
		return failed(err)
	}
	req.Header = d.Header.Clone()
	resp, err := s.opt.Client.Do(req)
	if err != nil {
		return failed(err)
	}
	defer resp.Body.Close()
	d.Status, d.answerType = resp.StatusCode, mediaType(resp.Header)
	if d.Response, err = io.ReadAll(io.LimitReader(resp.Body, maxBody)); err != nil {
		return failed(err)
	}
	if d.Status < 200 || d.Status > 299 {
		return fmt.Errorf("%w: status %d", ErrService, d.Status)
	}
	return nil
}

// shown is the name of a failed delivery as the person sees it, or "" when
// there is nobody left to show it to.
func shown(err error) string {
	for _, known := range []error{ErrTimeout, ErrUnreachable, ErrService} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return ""
}
