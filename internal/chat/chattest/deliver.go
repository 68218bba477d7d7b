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
	ErrUnsigned      = errors.New("what comes over a socket is not signed")
)

// What can go wrong with an acknowledgement. The texts are the error names that
// the person sees.
var (
	ErrTimeout     = errors.New("operation_timeout")
	ErrUnreachable = errors.New("app_unreachable")
	ErrService     = errors.New("http_service_error")
	ErrDispatch    = errors.New("dispatch_failed") // Socket Mode, and no socket is open
)

const (
	pathCommands     = "/slack/commands"
	pathInteractions = "/slack/interactions"
	pathOptions      = "/slack/options"
	pathEvents       = "/slack/events"

	// A deprecated field that is still sent; nothing may rely on it.
	legacyToken = "not-a-secret-any-more"
)

// The kinds of deliveries, as Socket Mode names them.
const (
	typeCommand     = "slash_commands"
	typeInteraction = "interactive"
	typeEvent       = "events_api"
)

// maxRedirects is how many redirects are followed for an event; other
// deliveries follow none.
const maxRedirects = 2

// A Delivery is one attempt to hand something to the app and what came of it.
// Path is where it goes over HTTP; over a socket it only names the kind. Err is
// nil, or wraps ErrTimeout, ErrUnreachable, ErrService or ErrDispatch, or is
// the error of the caller's context.
type Delivery struct {
	ID, User, Channel, Path string // ID: the trigger id or the event id, where there is one

	Type        string      // slash_commands, interactive or events_api
	Event       string      // the type of the event; "" for others
	Retry       int         // which repeat of an event this is; 0 is the first attempt
	RetryReason string      // why it is repeated
	Duplicate   bool        // sent again by a fault of the network
	Header      http.Header // nil over a socket
	Body        []byte      // a form, or JSON; over a socket the whole frame

	Status   int // 200 also for an acknowledgement over a socket
	Response []byte
	Took     time.Duration
	Err      error

	answerType string // media type of Response
	noRetry    bool   // the app does not want this event again
	envelope   string // its id on the socket
	answerable bool   // an acknowledgement over the socket may carry an answer
}

// again is the same delivery without its outcome.
func (d Delivery) again() Delivery {
	d.Header, d.Body = d.Header.Clone(), bytes.Clone(d.Body)
	d.Status, d.Response, d.Took, d.Err = 0, nil, 0, nil
	d.answerType, d.noRetry = "", false
	return d
}

// Replay sends the very same bytes and headers again, as somebody would who had
// captured them. The answer changes nothing in the world.
func (s *Server) Replay(ctx context.Context, d Delivery) (Delivery, error) {
	if d.Path == "" {
		return Delivery{}, ErrNotSent
	}
	return s.send(ctx, d.again()), nil
}

// Forge sends the same body with a fresh timestamp, signed with a wrong secret.
// The answer changes nothing in the world. Over Socket Mode there is nothing to
// forge: ErrUnsigned.
func (s *Server) Forge(ctx context.Context, d Delivery) (Delivery, error) {
	switch {
	case d.Path == "":
		return Delivery{}, ErrNotSent
	case s.opt.SocketMode:
		return Delivery{}, ErrUnsigned
	}
	f := d.again()
	s.sign(&f, "forged "+s.opt.SigningSecret)
	return s.send(ctx, f), nil
}

// deliver sends something to the app and waits for its answer. The lock is not
// held: the app may call back before it answers.
func (s *Server) deliver(ctx context.Context, d Delivery, kind string, payload object) Delivery {
	d.Type = kind
	s.pack(&d, payload)
	return s.send(ctx, d)
}

// interact delivers an interaction payload.
func (s *Server) interact(ctx context.Context, d Delivery, payload object) Delivery {
	return s.deliver(ctx, d, typeInteraction, payload)
}

// pack writes what is sent: a frame for a socket, or a signed form or JSON
// body. A command's payload holds strings only.
func (s *Server) pack(d *Delivery, payload any) {
	if s.opt.SocketMode {
		d.frame(payload)
		return
	}
	content := "application/x-www-form-urlencoded"
	switch d.Type {
	case typeCommand:
		d.Body = []byte(flatten(payload.(object)).Encode())
	case typeInteraction:
		d.Body = []byte(url.Values{"payload": {string(encode(payload))}}.Encode())
	default:
		content, d.Body = "application/json", encode(payload)
	}
	d.Header = http.Header{
		"Content-Type": {content},
		"Accept":       {"application/json,*/*"},
		"User-Agent":   {"Slackbot 1.0 (+https://api.slack.com/robots)"},
	}
	if d.Retry > 0 {
		d.Header.Set("X-Slack-Retry-Num", strconv.Itoa(d.Retry))
		d.Header.Set("X-Slack-Retry-Reason", d.RetryReason)
	}
	s.sign(d, s.opt.SigningSecret)
}

// sign sets the two headers of the version 0 signature.
func (s *Server) sign(d *Delivery, secret string) {
	at := strconv.FormatInt(s.opt.Signed().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", at, d.Body)
	d.Header.Set("X-Slack-Request-Timestamp", at)
	d.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// send is the one way by which anything reaches the app. It carries out the
// fault plan for deliveries: one that is held back goes after the next, and
// duplicates follow the answer, which is that of the first.
func (s *Server) send(ctx context.Context, d Delivery) Delivery {
	fault, _ := s.strike("deliver:" + d.Path)
	n := s.number()
	if fault.Reorder {
		s.holdBack(ctx, n)
	}
	d = s.attempt(ctx, d, fault)
	s.arrive(n)
	for range fault.Duplicate {
		again := d.again()
		again.Duplicate = true
		s.attempt(ctx, again, Fault{})
	}
	return d
}

// attempt sends a delivery once. The time that the app has for its
// acknowledgement includes the delay of a fault.
func (s *Server) attempt(ctx context.Context, d Delivery, fault Fault) Delivery {
	started := time.Now()
	within, cancel := context.WithTimeout(ctx, s.opt.AckWithin)
	defer cancel()
	err := context.DeadlineExceeded
	if pause(within, fault.Delay) {
		err = s.exchange(within, &d, fault)
	}
	switch {
	case err == nil, errors.Is(err, ErrService):
	case ctx.Err() != nil:
		err = ctx.Err()
	case within.Err() != nil:
		err = ErrTimeout
	}
	d.Err = err
	d.Took = time.Since(started)
	s.record(d)
	return d
}

// exchange hands a delivery over, unless a fault is in the way, and fills in
// the answer, unless a fault loses it.
func (s *Server) exchange(ctx context.Context, d *Delivery, fault Fault) error {
	if s.opt.SocketMode {
		if fault.Status != 0 {
			fault.Drop = DropBefore // a socket has no status to answer with
		}
		return s.overSocket(ctx, d, fault.Drop)
	}
	switch {
	case fault.Status != 0:
		d.Status = fault.Status
		return fmt.Errorf("%w: status %d", ErrService, d.Status)
	case fault.Drop == DropBefore:
		return fmt.Errorf("%w: the connection was cut", ErrUnreachable)
	}
	err := s.overHTTP(ctx, d)
	if fault.Drop == DropAfter && err == nil {
		d.Status, d.Response, d.answerType = 0, nil, ""
		err = fmt.Errorf("%w: the connection was cut", ErrUnreachable)
	}
	return err
}

// overHTTP makes the request and fills in the answer.
func (s *Server) overHTTP(ctx context.Context, d *Delivery) error {
	s.mu.Lock()
	to := s.appURL + d.Path
	s.mu.Unlock()
	for redirects := 0; ; redirects++ {
		next, err := s.request(ctx, to, d)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		switch {
		case d.Status >= 200 && d.Status <= 299:
			return nil
		case next == "" || d.Type != typeEvent:
			return fmt.Errorf("%w: status %d", ErrService, d.Status)
		case redirects == maxRedirects:
			return fmt.Errorf("%w: %w", ErrService, errRedirects)
		}
		to = next
	}
}

// request posts a delivery to one address and returns where the answer sends
// it on to, or "".
func (s *Server) request(ctx context.Context, to string, d *Delivery) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(d.Body))
	if err != nil {
		return "", err
	}
	req.Header = d.Header.Clone()
	resp, err := s.opt.Client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	d.Status, d.answerType = resp.StatusCode, mediaType(resp.Header)
	d.noRetry = resp.Header.Get("X-Slack-No-Retry") == "1"
	if d.Response, err = io.ReadAll(io.LimitReader(resp.Body, maxBody)); err != nil {
		return "", err
	}
	if d.Status < 300 || d.Status > 399 {
		return "", nil
	}
	next, err := resp.Location()
	if err != nil {
		return "", nil // a redirect to nowhere is an error of the service
	}
	return next.String(), nil
}

// shown is the name of a failed delivery as the person sees it, or "" when
// there is nobody left to show it to.
func shown(err error) string {
	for _, known := range []error{ErrTimeout, ErrUnreachable, ErrService, ErrDispatch} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return ""
}
