package graphtest

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// deliverAll delivers one after another, in order, until the server is closed.
// Only a planned fault lets two change places.
func (s *Server) deliverAll() {
	h := &s.realm.hook
	var held *Delivery
	var why Fault
	for h.ctx.Err() == nil {
		d := s.nextDelivery()
		if d == nil {
			select {
			case <-h.ctx.Done():
			case <-h.wake:
			}
			continue
		}
		fault := s.due(OnWebhook)
		if fault.Reorder && held == nil {
			held, why = d, fault
			continue
		}
		s.deliver(d, fault)
		if held != nil {
			s.deliver(held, why)
			held = nil
		}
	}
}

func (s *Server) nextDelivery() *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &s.realm.hook
	if len(h.pending) == 0 {
		return nil
	}
	d := h.pending[0]
	h.pending = h.pending[1:]
	return d
}

// deliver tries ten times, the first time with the fault.
func (s *Server) deliver(d *Delivery, fault Fault) {
	for attempt := 1; attempt <= hookAttempts; attempt++ {
		if attempt > 1 {
			fault = s.due(OnWebhook)
		}
		status := s.deliverOnce(d, fault)
		if s.realm.hook.ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		d.Attempts, d.Status = attempt, status
		d.Done = status >= 200 && status < 300
		d.GivenUp = !d.Done && attempt == hookAttempts
		done := d.Done || d.GivenUp
		s.bump()
		s.mu.Unlock()
		if done || !pause(s.realm.hook.ctx, s.opt.WebhookPause(attempt)) {
			return
		}
	}
}

// pause reports whether the time passed before the context ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// deliverOnce posts a notification as the fault wants it and returns the status
// that the sender sees, 0 for none.
func (s *Server) deliverOnce(d *Delivery, fault Fault) int {
	if fault.Delay > 0 && !pause(s.realm.hook.ctx, fault.Delay) || fault.Drop == DropBefore {
		return 0
	}
	if fault.Status != 0 && !fault.DoThenFail {
		return fault.Status
	}
	var status int
	for range 1 + fault.Duplicate {
		status = s.post(d)
	}
	switch {
	case fault.Drop == DropAfter:
		return 0
	case fault.Status != 0:
		return fault.Status
	}
	return status
}

// post sends a notification, signed as it travels, and returns the status of
// the answer, 0 for none.
func (s *Server) post(d *Delivery) int {
	h := &s.realm.hook
	s.mu.Lock()
	address := h.url
	s.mu.Unlock()
	r, err := http.NewRequestWithContext(h.ctx, http.MethodPost, address, bytes.NewReader(d.Body))
	if err != nil {
		return 0
	}
	r.Header = s.NotificationHeaders(d.Body)
	resp, err := s.opt.WebhookClient.Do(r)
	if err != nil {
		return 0
	}
	// What the answer says beyond its status nobody asks.
	_ = resp.Body.Close()
	return resp.StatusCode
}

// NotificationHeaders are those with which a notification of this body is sent.
func (s *Server) NotificationHeaders(body []byte) http.Header {
	signer := s.realm.notifier()
	s.mu.Lock()
	defer s.mu.Unlock()
	header := "Authorization"
	if s.realm.hook.otherName {
		header = "x-ms-signature"
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set(header, signer.sign(body))
	h.Set("X-MS-Certificate-Url", s.base+partnerCenter+certificatePath)
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	return h
}
