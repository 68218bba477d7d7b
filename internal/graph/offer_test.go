package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

const waits = offerName + " approvalPending for P365D, 2 roles, extends on"

// TestOfferFaults breaks each request of each effect once, in every way, and runs
// the effect to its end. Whatever happened, Graph then holds what it should,
// once, and doing it all again changes nothing.
func TestOfferFaults(t *testing.T) {
	conflict := struct {
		name string
		do   func(carry func() (*http.Response, error)) (*http.Response, error)
	}{"Conflict", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(409, `{"error":{"code":"conflict","message":"x"}}`), nil
	}}
	stale := conflict
	stale.name, stale.do = "Stale", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(412, `{"error":{"code":"preconditionFailed","message":"x"}}`), nil
	}
	active := strings.Replace(waits, "approvalPending", "active", 1)
	effects := []struct {
		name    string
		prepare func(*offerScene)
		run     func(*offerScene) error
		tree    string
	}{
		{"Offer", func(*offerScene) {}, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Offer, s.offerEffect())
			return err
		}, waits},
		{"Retract", func(s *offerScene) {
			s.made()
			s.is(s.offer.GiveUp("why", start))
		}, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Retract, s.retractEffect())
			return err
		}, ""},
		{"Terminate", (*offerScene).active, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Terminate, s.terminateEffect())
			return err
		}, strings.Replace(waits, "approvalPending", "terminated", 1)},
		{"Approve", (*offerScene).provided, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Consent, s.consentEffect(true))
			return err
		}, strings.Replace(provided, ", waits for us", "", 1)},
		{"Reject", (*offerScene).provided, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Consent, s.consentEffect(false))
			return err
		}, strings.Replace(strings.Replace(provided, ", waits for us", "", 1), "approvalPending", "terminated", 1)},
		{"Extend", (*offerScene).active, func(s *offerScene) error {
			_, err := settle(s.t, s.fx.Extend, s.extendEffect(false))
			return err
		}, strings.Replace(active, "extends on", "extends off", 1)},
	}
	for _, e := range effects {
		for _, lag := range []int{0, 2} {
			for _, f := range append(faults[:len(faults):len(faults)], conflict, stale) {
				t.Run(fmt.Sprintf("%s/Lag%d/%s", e.name, lag, f.name), func(t *testing.T) {
					t.Parallel()
					for at := 0; breakOffer(t, at, lag, f.do, e.prepare, e.run, e.tree); at++ {
					}
				})
			}
		}
	}
}

// breakOffer runs an effect whose request number at is struck by the fault. It
// reports false when the effect made no such request.
func breakOffer(
	t *testing.T, at, lag int, fault func(carry func() (*http.Response, error)) (*http.Response, error),
	prepare func(*offerScene), run func(*offerScene) error, tree string,
) bool {
	t.Helper()
	s := newOfferScene(t, lagging(lag), func(o *graphtest.Options) { o.Troubles.LockAfterReads = lag })
	prepare(s)
	s.wire.reset()
	struck := false
	s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		if n == at {
			struck = true
			return fault(carry)
		}
		return carry()
	}
	if err := run(s); err != nil {
		t.Errorf("fault at request %d: %v", at, err)
	}
	s.want(tree)
	s.wire.fault = nil
	if tree != "" {
		if err := run(s); err != nil {
			t.Errorf("again after a fault at request %d: %v", at, err)
		}
		s.want(tree)
	}
	return struck
}

// TestOfferOnTheWire holds the exact body: durations must not be rewritten.
func TestOfferOnTheWire(t *testing.T) {
	s := newOfferScene(t)
	raw, err := s.fx.Offer(t.Context(), s.offerEffect())
	if err != nil {
		t.Fatal(err)
	}
	got := decode[outbox.RelationshipResult](t, raw).Relationship
	if got.Status != access.RelationshipApprovalPending || got.Name != offerName || got.ID != s.one().ID {
		t.Errorf("read back %+v", got)
	}
	want := []string{
		`{"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"},{"roleDefinitionId":"` + helpdesk + `"}]},` +
			`"customer":{"displayName":"Contoso","tenantId":"` + contoso + `"},"displayName":"` + offerName + `",` +
			`"autoExtendDuration":"P180D","duration":"P365D"}`,
		`{"action":"lockForApproval"}`,
	}
	var posted []string
	for _, r := range s.wire.seen {
		if r.method == http.MethodPost {
			posted = append(posted, r.body)
		}
	}
	if len(posted) != len(want) || !sameJSON(posted[0], want[0]) || posted[1] != want[1] {
		t.Errorf("posted\n%s\nwant\n%s", strings.Join(posted, "\n"), strings.Join(want, "\n"))
	}
}

func TestExtensionOnTheWire(t *testing.T) {
	s := newOfferScene(t)
	s.active()
	for _, on := range []bool{false, true} {
		s.wire.reset()
		if _, err := s.fx.Extend(t.Context(), s.extendEffect(on)); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: `{"autoExtendDuration":"PT0S"}`, true: `{"autoExtendDuration":"P180D"}`}[on]
		for _, r := range s.wire.seen {
			if r.method == http.MethodPatch && (r.body != want || r.header.Get("If-Match") == "") {
				t.Errorf("patched %s with If-Match %q, want %s", r.body, r.header.Get("If-Match"), want)
			}
		}
	}
}

// TestOfferThatIsNotWanted makes nothing for an offer that was given up.
func TestOfferThatIsNotWanted(t *testing.T) {
	s := newOfferScene(t)
	s.is(s.offer.GiveUp("why", start))
	raw, err := s.fx.Offer(t.Context(), s.offerEffect())
	if err != nil || string(raw) != "null" || len(s.wire.seen) != 0 {
		t.Errorf("Offer = %s, %v with %d requests", raw, err, len(s.wire.seen))
	}
	e := s.offerEffect()
	e.Payload = []byte(`{"Offer":"O-ZZZZZ"}`)
	if _, err := s.fx.Offer(t.Context(), e); !outbox.IsPermanent(err) {
		t.Errorf("an offer that is not there: %v, want a permanent error", err)
	}
}

// TestOfferThatWasChanged sends nothing that is not what was asked for.
func TestOfferThatWasChanged(t *testing.T) {
	for name, change := range map[string]func(*access.Offer){
		"Roles":    func(o *access.Offer) { o.Roles = append(o.Roles, globalAdmin) },
		"Duration": func(o *access.Offer) { o.Days = 730 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newOfferScene(t)
			other := s.offer
			other.Roles = append([]access.RoleID{}, other.Roles...)
			other.AutoExtend = false
			change(&other)
			if _, err := s.client.Propose(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			e := s.offerEffect()
			e.Term = 2
			_, err := s.fx.Offer(t.Context(), e)
			refused(t, err, access.Conflict, "was changed at Microsoft")
			if s.one().Status != access.RelationshipCreated {
				t.Errorf("it is %s", s.one().Status)
			}
		})
	}
}

// TestOfferThatMicrosoftRefuses is given up at once: a bad request stays one.
func TestOfferThatMicrosoftRefuses(t *testing.T) {
	s := newOfferScene(t)
	o := s.offer
	o.Roles = []access.RoleID{globalAdmin} // with an extension
	s.is(o)
	_, err := s.fx.Offer(t.Context(), s.offerEffect())
	refused(t, err, access.Invalid, "does not accept")
	s.want("")
}

// TestApprovedBeforeItWasKnown: the customer was quicker than the answer.
func TestApprovedBeforeItWasKnown(t *testing.T) {
	s := newOfferScene(t)
	s.active()
	e := s.offerEffect()
	e.Term = 2
	raw, err := s.fx.Offer(t.Context(), e)
	if err != nil || decode[outbox.RelationshipResult](t, raw).Relationship.Status != access.RelationshipActive {
		t.Errorf("Offer = %s, %v", raw, err)
	}
}

// TestRetractOfWhatWasSent leaves it and says so.
func TestRetractOfWhatWasSent(t *testing.T) {
	s := newOfferScene(t)
	s.sent()
	s.is(s.offer.GiveUp("why", start))
	raw, err := settle(t, s.fx.Retract, s.retractEffect())
	if err != nil || decode[outbox.RelationshipResult](t, raw).Relationship.ID != s.one().ID {
		t.Errorf("Retract = %s, %v", raw, err)
	}
	s.want(waits)
}

func TestTerminateRefusals(t *testing.T) {
	s := newOfferScene(t)
	s.sent()
	_, err := s.fx.Terminate(t.Context(), s.terminateEffect())
	refused(t, err, access.Conflict, "not active yet")
	_, err = s.fx.Extend(t.Context(), s.extendEffect(false))
	refused(t, err, access.Conflict, "only while the relationship is active")
	gone := effect(t, outbox.GraphTerminate, outbox.TerminatePayload{Relationship: relA})
	if raw, err := s.fx.Terminate(t.Context(), gone); err != nil || string(raw) != "null" {
		t.Errorf("Terminate of what is gone = %s, %v", raw, err)
	}
	_, err = s.fx.Extend(t.Context(), effect(t, outbox.GraphExtend, outbox.ExtendPayload{Relationship: relA}))
	refused(t, err, access.NotFound, "does not know")
}

// TestExtendWithGlobalAdministrator is refused by Microsoft for good.
func TestExtendWithGlobalAdministrator(t *testing.T) {
	s := newOfferScene(t)
	o := s.offer
	o.Roles, o.AutoExtend = []access.RoleID{globalAdmin}, false
	s.is(o)
	s.active()
	_, err := s.fx.Extend(t.Context(), s.extendEffect(true))
	refused(t, err, access.Conflict, "Global Administrator cannot renew itself")
}

// TestTwoOffersAtOnce: one was slower than its lease. It finds what the faster
// made and sent, whichever call it was slow with.
func TestTwoOffersAtOnce(t *testing.T) {
	for name, path := range map[string]string{
		"Making": "/tenantRelationships/delegatedAdminRelationships", "Sending": "/requests",
	} {
		t.Run(name, func(t *testing.T) {
			var s *offerScene
			raced := false
			s = newOfferScene(t, func(o *graphtest.Options) {
				o.Observe = func(c graphtest.Call) {
					if c.Phase == graphtest.Before && c.Method == http.MethodPost && strings.HasSuffix(c.Path, path) && !raced {
						raced = true
						e := s.offerEffect()
						e.Term = 2
						if _, err := settle(t, s.fx.Offer, e); err != nil {
							t.Errorf("the faster: %v", err)
						}
					}
				}
			})
			if _, err := settle(t, s.fx.Offer, s.offerEffect()); err != nil {
				t.Errorf("the slower: %v", err)
			}
			s.want(waits)
			if !raced {
				t.Error("they did not race")
			}
		})
	}
}
