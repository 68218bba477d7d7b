package checkup_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/cause"
	"latchkey/internal/checkup"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var (
	start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	ana   = access.Person{Team: "T0HOME", User: "U0ANA", Name: "Ana Ito"}
)

const (
	contoso  = access.TenantID("0c0a0d0e-0000-4000-8000-000000000001")
	helpdesk = access.RoleID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
)

// filled is a store with something of each that indexes, effects or events tell of.
func filled(t *testing.T) state.Store {
	t.Helper()
	s := statetest.Memory()
	must(t, state.Migrate(t.Context(), s))
	must(t, s.Update(t.Context(), func(tx state.Tx) error { return errors.Join(people(tx), asked(tx), watched(tx), owed(tx)) }))
	byTime := cause.With(t.Context(), cause.Cause{Timed: true})
	must(t, state.Observed{Store: s, Committed: func() {}}.Update(byTime, func(tx state.Tx) error {
		return enqueue(tx, "R-00002/1/graph.leave", "c/p-ana", outbox.GraphLeave, outbox.GrantPayload{Request: "R-00002"})
	}))
	return s
}

func request(id access.RequestID, to access.RequestState) access.Request {
	return access.Request{
		ID: id, Requester: ana, Principal: "p-ana", Customer: contoso, Roles: []access.RoleID{helpdesk}, Duration: 2 * time.Hour,
		Rule: access.Rule{Approvals: 1, DecideWithin: 24 * time.Hour}, State: to, CreatedAt: start, DecideBy: start.Add(24 * time.Hour), Terms: 1, Rev: 1,
	}
}

func people(tx state.Tx) error {
	_, delivered := state.MarkDelivery(tx, "Ev1", start)
	_, notified := state.MarkNotification(tx, "aa", start)
	return errors.Join(delivered, notified,
		state.PutStaff(tx, access.Staff{Person: ana, Principal: "p-ana"}),
		state.PutContact(tx, access.Contact{Person: access.Person{Team: "T0C", User: "U0BO"}, Customer: contoso}),
		state.PutSummaryPlan(tx, state.SummaryPlan{For: state.Partner, Next: "2026-03-03", At: start.Add(time.Hour)}))
}

func asked(tx state.Tx) error {
	pending, given := request("R-00001", access.Pending), request("R-00002", access.Approved)
	given.BrokenAt = start
	g := access.NewGrant(given, start).Joined(start)
	offer := access.Offer{ID: "O-00001", Customer: contoso, Roles: []access.RoleID{helpdesk}, State: access.OfferSent, Relationship: "rel-1", ApproveBy: start.Add(time.Hour)}
	review := access.Review{ID: "V-00001", Customer: contoso, State: access.ReviewOpen, StartedAt: start}
	return errors.Join(
		state.PutRequest(tx, pending), state.PutRequest(tx, given), state.PutGrant(tx, g),
		state.PutContainer(tx, access.Container{ID: g.Container, Customer: contoso, Roles: given.Roles, Group: "g-1"}),
		state.PutBreakGlassReview(tx, access.BreakGlassReview{Request: given.ID, Principal: "p-ana", OpenedAt: start}),
		state.PutCard(tx, state.Card{Request: pending.ID, Name: "customer", Ref: access.MessageRef{Channel: "C1", TS: "1"}}),
		state.PutOffer(tx, offer), state.PutOfferCard(tx, state.OfferCard{Offer: offer.ID, Name: "customer"}),
		state.PutReview(tx, review), state.PutReviewPlan(tx, state.ReviewPlan{Customer: contoso, At: start.Add(time.Hour)}))
}

func watched(tx state.Tx) error {
	_, err := state.PutMirrored(tx, state.MirroredRelationship{
		Relationship: access.Relationship{ID: "rel-1", Customer: contoso}, Assignments: []access.Assignment{{ID: "as-1", Group: "g-1"}},
	})
	_, groupErr := state.PutMirroredGroup(tx, state.MirroredGroup{ID: "g-2", Agents: access.AdminAgents})
	return errors.Join(err, groupErr,
		state.PutAlert(tx, access.Alert{ID: "A-1", Customer: contoso, State: access.AlertOpen}, true),
		state.PutEnding(tx, state.Ending{Relationship: "rel-1", Customer: contoso, End: start, Tell: start}),
		state.PutMirror(tx, state.MirrorInfo{ReadAt: start}))
}

func owed(tx state.Tx) error {
	for i := range 3 {
		e := access.Event{At: start.Add(time.Duration(i) * time.Second), Kind: access.EventRequested, Request: "R-00001"}
		if _, err := audit.Append(tx, e); err != nil {
			return err
		}
	}
	return errors.Join(
		enqueue(tx, "R-00001/1/slack.card", "R-00001/slack", outbox.SlackCard, outbox.CardPayload{Request: "R-00001", Card: "customer"}),
		enqueue(tx, "R-00001/2/slack.card", "R-00001/slack", outbox.SlackCard, outbox.CardPayload{Request: "R-00001", Card: "requester"}))
}

func enqueue(tx state.Tx, id, lane, kind string, payload any) error {
	raw, err := json.Marshal(payload)
	return errors.Join(err, outbox.Enqueue(tx, outbox.Effect{ID: id, Lane: lane, Kind: kind, Payload: raw}, start))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, s state.Store) checkup.Report {
	t.Helper()
	r, err := checkup.Of(t.Context(), s)
	must(t, err)
	return r
}

func TestSound(t *testing.T) {
	t.Parallel()
	r := look(t, filled(t))
	if !r.Good || len(r.Findings) > 0 {
		t.Errorf("a sound store has %v", r.Findings)
	}
	if r.Records["request"] != 2 || r.Records["grant"] != 1 || r.Records["card"] != 2 || r.Owed != 3 || r.Events != 3 || !r.Last.Equal(start.Add(2*time.Second)) {
		t.Errorf("it counts %+v", r)
	}
	if r := look(t, statetest.Memory()); !r.Good {
		t.Errorf("an empty store has %v", r.Findings)
	}
}

// damage is one thing that is done to a stored key.
type damage struct {
	name   string
	keys   string // those that begin so, each in a store of its own
	change func(all map[string]string, key string)
	want   state.FaultKind
	mends  bool
}

func drop(all map[string]string, key string) { delete(all, key) }

func garble(all map[string]string, key string) { all[key] = all[key][:len(all[key])/2] }

func age(all map[string]string, key string) {
	all[key] = strings.Replace(all[key], `{"v":1`, `{"v":9`, 1)
}

func move(all map[string]string, key string) {
	all[key[:strings.LastIndexByte(key, '/')+1]+"R-99999"] = all[key]
	delete(all, key)
}

func another(all map[string]string, key string) { all[key] = "R-99999" }

func add(extra, value string) func(map[string]string, string) {
	return func(all map[string]string, _ string) { all[extra] = value }
}

// damages are what can befall a store, with what must be found.
var damages = []damage{
	{"RecordGarbled", "request/", garble, state.FaultUnreadable, false},
	{"GrantGarbled", "grant/", garble, state.FaultUnreadable, false},
	{"StaffGarbled", "staff/", garble, state.FaultUnreadable, false},
	{"ContactGarbled", "contact/", garble, state.FaultUnreadable, false},
	{"ContainerGarbled", "container/", garble, state.FaultUnreadable, false},
	{"OfferGarbled", "offer/", garble, state.FaultUnreadable, false},
	{"ReviewGarbled", "review/", garble, state.FaultUnreadable, false},
	{"AlertGarbled", "alert/", garble, state.FaultUnreadable, false},
	{"CardGarbled", "card/", garble, state.FaultUnreadable, false},
	{"MirrorGarbled", "mirror/", garble, state.FaultUnreadable, false},
	{"EndingGarbled", "watch/", garble, state.FaultUnreadable, false},
	{"SummaryGarbled", "summary/", garble, state.FaultUnreadable, false},
	{"DeliveryGarbled", "delivery/", garble, state.FaultUnreadable, false},
	{"EffectGarbled", "outbox/effect/", garble, state.FaultUnreadable, false},
	{"RecordNewer", "request/", age, state.FaultUnreadable, false},
	{"RequestMoved", "request/", move, state.FaultMisplaced, false},
	{"GrantMoved", "grant/", move, state.FaultMisplaced, false},
	{"EffectMoved", "outbox/effect/", move, state.FaultMisplaced, false},
	{"RequestGoneOfGrant", "request/R-00002", drop, state.FaultOrphan, false},
	{"RequestGoneOfCardAndEffect", "request/R-00001", drop, state.FaultOrphan, false},
	{"ContainerGoneOfGrant", "container/", drop, state.FaultOrphan, false},
	{"OfferGoneOfCard", "offer/", drop, state.FaultOrphan, false},
	{"IndexGone", "idx/requester/", drop, state.FaultUnindexed, true},
	{"IndexOfPendingGone", "idx/pending/", drop, state.FaultUnindexed, true},
	{"IndexOfHolderGone", "idx/holder/", drop, state.FaultUnindexed, true},
	{"IndexOfGrantedGone", "idx/granted/", drop, state.FaultUnindexed, true},
	{"IndexOfOpenGone", "idx/open/", drop, state.FaultUnindexed, true},
	{"IndexOfGroupGone", "idx/group/", drop, state.FaultUnindexed, true},
	{"IndexOfPrincipalGone", "idx/principal/", drop, state.FaultUnindexed, true},
	{"IndexOfAssignedGone", "idx/assigned/", drop, state.FaultUnindexed, true},
	{"IndexOfAgentsGone", "idx/agents/", drop, state.FaultUnindexed, true},
	{"IndexOfOfferGone", "idx/offer/", drop, state.FaultUnindexed, true},
	{"IndexOfReviewGone", "idx/review/", drop, state.FaultUnindexed, true},
	{"IndexOfAlertGone", "idx/alert/open/", drop, state.FaultUnindexed, true},
	{"IndexOfBreakGlassGone", "idx/breakglass/", drop, state.FaultUnindexed, true},
	{"IndexOfDeliveryGone", "idx/delivery/", drop, state.FaultUnindexed, true},
	{"IndexOfNotificationGone", "idx/notification/", drop, state.FaultUnindexed, true},
	{"IndexOfEventGone", "idx/event/", drop, state.FaultUnindexed, true},
	{"IndexOfAnother", "idx/requester/", another, state.FaultStale, true},
	{"IndexOfDueOfAnother", "idx/due/", another, state.FaultStale, true},
	{"IndexOfNothing", "meta/", add("idx/customer/x/R-99999", "R-99999"), state.FaultStale, true},
	{"IndexOfOther", "meta/", add("idx/customer/x/R-00001", "R-00001"), state.FaultStale, true},
	{"DueOfNothing", "meta/", add("idx/due/20260302T093000.000Z/expire/R-00001", "R-00001"), state.FaultStale, true},
	{"EventIndexOfNothing", "meta/", add("idx/event/R-00001/00000000000000000009", ""), state.FaultStale, true},
	{"EventIndexOfOther", "meta/", add("idx/event/R-00002/00000000000000000001", ""), state.FaultStale, true},
	{"DeliveryIndexOfNothing", "meta/", add("idx/delivery/20260302T093000.000Z/x", ""), state.FaultStale, true},
	{"EffectLaneGone", "outbox/lane/", drop, state.FaultOwed, true},
	{"EffectDueGone", "outbox/due/", drop, state.FaultOwed, true},
	{"EffectLaneOfAnother", "outbox/lane/", another, state.FaultOwed, true},
	{"EffectByTimeGone", "outbox/bytime/", drop, state.FaultOwed, true},
	{"EffectByTimeOfNothing", "meta/", add("outbox/bytime/x|00000000000000000001", "x"), state.FaultStale, true},
	{"EffectGone", "outbox/effect/", drop, state.FaultStale, true},
	{"EffectNumbersLost", "outbox/seq", drop, state.FaultOwed, false},
	{"EffectNumbersGarbled", "outbox/seq", func(all map[string]string, key string) { all[key] = "x" }, state.FaultUnreadable, false},
	{"EffectOfNoKind", "outbox/effect/", func(all map[string]string, key string) {
		all[key] = strings.NewReplacer(`"Kind":"slack.card"`, `"Kind":"x"`, `"Kind":"graph.leave"`, `"Kind":"x"`).Replace(all[key])
	}, state.FaultOwed, false},
	{"EffectOfNoPayload", "outbox/effect/", func(all map[string]string, key string) {
		all[key] = strings.Replace(all[key], `"Payload":{"Request":"R-0000`, `"Payload":{"Request":["R-0000`, 1)
		all[key] = strings.Replace(all[key], `"},"Seq"`, `"]},"Seq"`, 1)
	}, state.FaultUnreadable, false},
	{"EventGone", "event/", drop, state.FaultChain, false},
	{"EventGarbled", "event/", garble, state.FaultChain, false},
	{"EventChanged", "event/", func(all map[string]string, key string) {
		all[key] = strings.Replace(all[key], "request.submitted", "request.approved", 1)
	}, state.FaultChain, false},
	{"HeadGone", "audit/", drop, state.FaultChain, false},
	{"HeadGarbled", "audit/", garble, state.FaultChain, false},
	{"UnknownKey", "meta/", add("theirs/1", "x"), state.FaultUnknown, false},
	{"UnknownIndex", "meta/", add("idx/theirs/1/2", "x"), state.FaultUnknown, false},
	{"UnknownDue", "meta/", add("idx/due/x/expire/R-00001", "R-00001"), state.FaultUnknown, false},
	{"UnknownInOutbox", "meta/", add("outbox/x", "x"), state.FaultUnknown, false},
	{"Moved", "meta/", add("meta/moved", "etcd://a:2379/latchkey"), state.FaultMoved, false},
	{"CopyNotFinished", "meta/", add("meta/copying", ""), state.FaultMoved, false},
	{"VersionNewer", "meta/version", func(all map[string]string, key string) { all[key] = "2" }, state.FaultVersion, false},
	{"VersionGarbled", "meta/version", func(all map[string]string, key string) { all[key] = "" }, state.FaultVersion, false},
}

// TestFinds does each damage to each key that it can befall. It must be found, with what
// to do; what is of indexes alone is mended to the same bytes as before.
func TestFinds(t *testing.T) {
	t.Parallel()
	tried := 0
	before := statetest.Contents(t, filled(t))
	for _, d := range damages {
		keys := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(key string) bool { return !strings.HasPrefix(key, d.keys) })
		if len(keys) == 0 {
			t.Errorf("%s befalls nothing", d.name)
		}
		for _, key := range keys {
			tried++
			all := maps.Clone(before)
			d.change(all, key)
			s := holding(t, all)
			r := look(t, s)
			if r.Good || r.Count[d.want] == 0 || maps.Equal(all, before) {
				t.Errorf("%s of %s: found %v, want %s", d.name, key, r.Findings, d.want)
			}
			for _, f := range r.Findings {
				if f.Do == "" || f.What == "" {
					t.Errorf("%s of %s: %+v does not say what to do", d.name, key, f)
				}
			}
			if _, err := checkup.Mend(t.Context(), s); err != nil {
				t.Errorf("%s of %s: Mend: %v", d.name, key, err)
			}
			after := statetest.Contents(t, s)
			if d.name == "EffectGone" {
				if r := look(t, s); !r.Good {
					t.Errorf("%s of %s: mended it has %v", d.name, key, r.Findings)
				}
				continue
			}
			if d.mends && !maps.Equal(after, before) {
				t.Errorf("%s of %s: mended it differs: %v", d.name, key, difference(after, before))
			}
		}
	}
	t.Logf("%d kinds of damage, done %d times", len(damages), tried)
}

// TestAccessWithoutEnd is the worst of all: nothing would end the access.
func TestAccessWithoutEnd(t *testing.T) {
	t.Parallel()
	all := statetest.Contents(t, filled(t))
	maps.DeleteFunc(all, func(key, _ string) bool {
		return strings.HasPrefix(key, "idx/due/") && strings.Contains(key, "/expire/")
	})
	r := look(t, holding(t, all))
	if r.Count[state.FaultUnended] != 1 || len(r.Findings) != 1 || r.Findings[0].Key != "grant/R-00002" || !strings.Contains(r.Findings[0].Do, "Entra") {
		t.Errorf("found %+v", r)
	}
}

// TestManyFaults names the first and counts all.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	all := statetest.Contents(t, filled(t))
	for i := range 3 * checkup.Most {
		all[fmt.Sprintf("theirs/%04d", i)] = ""
	}
	r := look(t, holding(t, all))
	if len(r.Findings) != checkup.Most || r.Count[state.FaultUnknown] != 3*checkup.Most {
		t.Errorf("%d named, %v", len(r.Findings), r.Count)
	}
}

func holding(t *testing.T, all map[string]string) state.Store {
	t.Helper()
	s := statetest.Memory()
	must(t, s.Update(t.Context(), func(tx state.Tx) error {
		for key, value := range all {
			if err := tx.Put(key, []byte(value)); err != nil {
				return err
			}
		}
		return nil
	}))
	return s
}

func difference(a, b map[string]string) (out []string) {
	for key := range maps.All(a) {
		if other, ok := b[key]; !ok || other != a[key] {
			out = append(out, "+"+key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			out = append(out, "-"+key)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out
}
