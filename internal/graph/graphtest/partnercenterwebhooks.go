package graphtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	hookAttempts      = 10
	hookPatience      = 10 * time.Second
	maxHookQueue      = 10_000
	validationsPerMin = 2
	testEvent         = "test-created"
)

// hookEventNames are the events that a webhook can be registered for.
var hookEventNames = []string{
	"azure-fraud-event-detected",
	"dap-admin-relationship-approved", "dap-admin-relationship-terminated", "dap-admin-relationship-terminated-by-microsoft",
	"granular-admin-access-assignment-activated", "granular-admin-access-assignment-created",
	"granular-admin-access-assignment-deleted", "granular-admin-access-assignment-updated",
	"granular-admin-relationship-activated", "granular-admin-relationship-approved",
	"granular-admin-relationship-expired", "granular-admin-relationship-terminated",
	"indirect-reseller-relationship-accepted-by-customer", "invoice-ready",
	"reseller-relationship-accepted-by-customer", "subscription-updated", testEvent,
}

// Delivery is a notification and what became of it.
type Delivery struct {
	Event    string
	Body     []byte
	Attempts int
	Status   int  // last answer, 0 when there was none
	Done     bool // answered with success
	GivenUp  bool // after ten attempts
}

// webhook is the one registration that a partner can have, and its deliveries.
type webhook struct {
	url       string
	events    []string
	otherName bool // the signature goes into x-ms-signature

	deliveries  []*Delivery
	pending     []*Delivery
	validations []validation

	ctx    context.Context
	stop   context.CancelFunc
	wake   chan struct{}
	worker sync.WaitGroup
	once   sync.Once
}

type validation struct {
	id       string
	at       time.Time
	delivery *Delivery
}

func (s *Server) startWebhooks() {
	h := &s.realm.hook
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.wake = make(chan struct{}, 1)
	if s.opt.WebhookClient == nil {
		s.opt.WebhookClient = &http.Client{
			Timeout:       hookPatience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if s.opt.WebhookPause == nil {
		s.opt.WebhookPause = func(failed int) time.Duration { return time.Second << (failed - 1) }
	}
}

// Close stops the delivery of notifications and waits until it has ended. What
// is not delivered stays so. The server answers on.
func (s *Server) Close() {
	s.realm.hook.stop()
	s.realm.hook.worker.Wait()
}

// Deliveries returns the notifications so far, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Delivery, 0, len(s.realm.hook.deliveries))
	for _, d := range s.realm.hook.deliveries {
		v := *d
		v.Body = slices.Clone(d.Body)
		out = append(out, v)
	}
	return out
}

// queueEvent hands a notification to the worker, if anybody has registered for
// it. The lock is held.
func (s *Server) queueEvent(name string, payload object) *Delivery {
	h := &s.realm.hook
	if h.url == "" || name != testEvent && !slices.Contains(h.events, name) || h.ctx.Err() != nil {
		return nil
	}
	d := &Delivery{Event: name, Body: []byte(jsonText(payload))}
	if len(h.deliveries) >= maxHookQueue {
		h.deliveries = h.deliveries[1:]
	}
	h.deliveries = append(h.deliveries, d)
	h.pending = append(h.pending, d)
	h.once.Do(func() { h.worker.Go(s.deliverAll) })
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return d
}

type hookBody struct {
	WebhookURL    string   `json:"WebhookUrl"`
	WebhookEvents []string `json:"WebhookEvents"`
	OtherName     bool     `json:"SignatureTokenToMsSignatureHeader"`
}

func (b hookBody) refusal() *centerError {
	u, err := url.Parse(b.WebhookURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return &centerError{http.StatusBadRequest, 12, "The WebhookUrl is not an https address.", 0}
	case !isLoopback(u.Host):
		return &centerError{http.StatusBadRequest, 12, "This stand-in notifies programs on this machine only.", 0}
	case len(b.WebhookEvents) == 0:
		return &centerError{http.StatusBadRequest, 13, "There must be at least one event.", 0}
	}
	for _, name := range b.WebhookEvents {
		if !slices.Contains(hookEventNames, name) {
			return &centerError{http.StatusBadRequest, 13, "One of the events does not exist.", 0}
		}
	}
	return nil
}

func (s *Server) hookAnswer(q centerRequest) object {
	h := &s.realm.hook
	id := s.opt.ClientID
	if p, ok := s.realm.people.find(q.who.person); ok {
		id = p.ObjectID
	}
	return object{
		"SubscriberId": id, "WebhookUrl": h.url, "WebhookEvents": h.events,
		"SignatureTokenToMsSignatureHeader": h.otherName,
	}
}

var errNoHook = &centerError{http.StatusNotFound, 14, "There is no registration.", 0}

func (s *Server) getHook(q centerRequest) (int, object, *centerError) {
	if s.realm.hook.url == "" {
		return 0, nil, errNoHook
	}
	return http.StatusOK, s.hookAnswer(q), nil
}

// postHook registers. A partner has one registration: another takes its place.
func (s *Server) postHook(q centerRequest) (int, object, *centerError) {
	var body hookBody
	if json.Unmarshal(q.body, &body) != nil {
		return 0, nil, &centerError{http.StatusBadRequest, 2, "The body is not a registration.", 0}
	}
	if refusal := body.refusal(); refusal != nil {
		return 0, nil, refusal
	}
	h := &s.realm.hook
	h.url, h.events, h.otherName = body.WebhookURL, body.WebhookEvents, body.OtherName
	s.bump()
	return http.StatusOK, s.hookAnswer(q), nil
}

// RegisterWebhook is another program of the partner registering an address.
func (s *Server) RegisterWebhook(address string, events ...string) error {
	body := hookBody{WebhookURL: address, WebhookEvents: events}
	if refusal := body.refusal(); refusal != nil {
		return errors.New(refusal.description)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.hook.url, s.realm.hook.events, s.realm.hook.otherName = address, events, false
	s.bump()
	return nil
}

func (s *Server) putHook(q centerRequest) (int, object, *centerError) {
	if s.realm.hook.url == "" {
		return 0, nil, errNoHook
	}
	return s.postHook(q)
}

func (s *Server) hookEvents(centerRequest) (int, object, *centerError) {
	return http.StatusOK, object{"items": hookEventNames, "totalCount": len(hookEventNames)}, nil
}

// validateHook sends a test event, at most twice a minute.
func (s *Server) validateHook(q centerRequest) (int, object, *centerError) {
	h := &s.realm.hook
	now := s.opt.Now()
	if h.url == "" {
		return 0, nil, errNoHook
	}
	recent := 0
	for _, v := range h.validations {
		if now.Sub(v.at) < time.Minute {
			recent++
		}
	}
	if recent >= validationsPerMin {
		return 0, nil, &centerError{http.StatusTooManyRequests, 0, "Rate limit is exceeded. Try again in 60 seconds.", 60}
	}
	v := validation{id: newGUID(), at: now}
	v.delivery = s.queueEvent(testEvent, object{
		"EventName": testEvent, "ResourceUri": s.base + partnerCenter + "/webhooks/v1/registration/test", "ResourceName": "test",
		"AuditUri": nil, "ResourceChangeUtcDate": q.now.Format("2006-01-02T15:04:05.0000000Z"),
	})
	h.validations = append(h.validations, v)
	return http.StatusOK, object{"correlationId": v.id}, nil
}

func (s *Server) hookValidation(q centerRequest) (int, object, *centerError) {
	for _, v := range s.realm.hook.validations {
		if !same(v.id, q.PathValue("id")) {
			continue
		}
		status, results := "pending", []object{}
		if d := v.delivery; d != nil && d.Attempts > 0 {
			results = append(results, object{"responseCode": d.Status, "dateTimeUtc": stamp(v.at)})
			switch {
			case d.Done:
				status = "completed"
			case d.GivenUp:
				status = "failed"
			}
		}
		return http.StatusOK, object{
			"correlationId": v.id, "partnerId": s.opt.PartnerTenant, "callbackUrl": s.realm.hook.url,
			"status": status, "results": results,
		}, nil
	}
	return 0, nil, &centerError{http.StatusNotFound, 15, "There is no such validation.", 0}
}
