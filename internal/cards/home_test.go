package cards_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var (
	ana  = access.Person{Team: "T1", User: "U1ANA", Name: "Ana"}
	dee  = access.Person{Team: "T1", User: "U1DEE", Name: "Dee"}
	bo   = access.Person{Team: "T2", User: "U2BO", Name: "Bo"}
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

// homes is a store with Ana, who has access to Contoso and waits for Adatum and
// Contoso, and Bo, who is a contact of Contoso.
func homes(t *testing.T) cards.Homes {
	t.Helper()
	store := statetest.Memory()
	request := func(id access.RequestID, customer access.TenantID, name string, by access.Person, within time.Duration) access.Request {
		return access.Request{
			ID: id, Requester: by, Principal: "p", Customer: customer, CustomerName: name, Roles: []access.RoleID{access.RoleID(id)},
			Duration: time.Hour, State: access.Pending, CreatedAt: noon, DecideBy: noon.Add(within), Terms: 1, Rev: 1, Rule: access.Rule{Approvals: 2},
		}
	}
	had := request("R-00001", contoso, "Contoso", ana, time.Hour)
	had.State = access.Approved
	said := request("R-00004", contoso, "Contoso", dee, time.Hour)
	said.Decisions = []access.Decision{{By: bo, Verdict: access.Approve, At: noon}}
	over := request("R-00005", contoso, "Contoso", ana, time.Hour)
	over.State = access.Denied
	fill := func(tx state.Tx) error {
		err := errors.Join(
			state.PutStaff(tx, access.Staff{Person: ana, Principal: "p"}),
			state.PutContact(tx, access.Contact{Person: bo, Customer: contoso}),
			// Somebody of another workspace has the id of Ana, and one of ours that of Bo.
			state.PutContact(tx, access.Contact{Person: access.Person{Team: "T3", User: ana.User}, Customer: adatum}),
			state.PutGrant(tx, access.NewGrant(had, noon).Joined(noon)),
		)
		for _, r := range []access.Request{
			had, said, over,
			request("R-00002", adatum, "Adatum", ana, 3*time.Hour),
			request("R-00003", contoso, "Contoso", ana, 2*time.Hour),
			request("R-00006", contoso, "Contoso", dee, time.Hour),
			request("R-00007", contoso, "Contoso", access.Person{Team: "T2", User: bo.User}, time.Hour),
		} {
			err = errors.Join(err, state.PutRequest(tx, r))
		}
		return err
	}
	if err := store.Update(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{
		Admins: []access.UserID{dee.User},
		Customers: []policy.Customer{
			{Name: "Contoso", Tenant: contoso, Channel: "C1", Team: "T2"}, {Name: "Adatum", Tenant: adatum, Channel: "C2", Team: "T3"},
		},
	}
	h := cards.Homes{Store: store, Policy: func() *policy.Policy { return p }, Team: func() access.TeamID { return "T1" }}
	s := &approvals.Service{Store: store, Policy: h.Policy, Team: h.Team, Now: func() time.Time { return noon }, Tenant: "t-home"}
	h.Awaits = s.Awaits
	return h
}

// drawnFor is the view of a person as Slack gets it.
func drawnFor(t *testing.T, h cards.Homes, who access.Person) string {
	t.Helper()
	tab, err := h.Home(t.Context(), who, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(tab.HomeTabViewRequest)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestHome(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		who  access.Person
		has  []string // in this order
		not  []string
	}{
		{"staff", ana, []string{"request.open", "Your access", `grant.end","value":"R-00001/1`,
			"Your waiting requests", "R-00002/1", "R-00003/1"}, []string{"R-00004", "R-00005", "R-00006", "request.approve", "Waiting for you"}},
		{"admin who is not linked", dee, []string{"You are a bot admin", "R-00004/1", "R-00006/1"}, []string{"request.open", "R-00001"}},
		{"not linked", access.Person{Team: "T1", User: "U1NEW"}, []string{"<@U1DEE>"}, []string{"R-0", "request.open", "Your access"}},
		{"contact", bo, []string{"You decide on access to *Contoso*", "Waiting for you", "R-00006/1", "R-00003/1"},
			[]string{"R-00001", "R-00002", "R-00004", "R-00007", "request.open"}},
		{"contact's id in our workspace", access.Person{Team: "T1", User: bo.User}, []string{"not linked"}, []string{"R-0", "Waiting for you"}},
		{"contact's id in another workspace", access.Person{Team: "T3", User: bo.User}, []string{"another organisation"}, []string{"R-0", "request.approve"}},
		{"staff's id in another workspace", access.Person{Team: "T2", User: ana.User}, []string{"another organisation"}, []string{"R-0", "request.open"}},
		{"staff's id as another's contact", access.Person{Team: "T3", User: ana.User}, []string{"You decide on access to *Adatum*", "No request waits"}, []string{"R-0"}},
		{"nobody", access.Person{}, []string{"another organisation"}, []string{"R-0"}},
		{"workspace unknown", access.Person{User: ana.User}, []string{"another organisation"}, []string{"R-0", "request.open"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := drawnFor(t, homes(t), row.who)
			rest := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(got)
			for _, part := range row.has {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("%q is not in its place in %s", part, got)
				}
				rest = after
			}
			for _, part := range row.not {
				if strings.Contains(got, part) {
					t.Errorf("%q is in %s", part, got)
				}
			}
		})
	}
}

// A customer that is no longer in the policy has nobody who decides.
func TestHomeOfContactOfNoCustomer(t *testing.T) {
	t.Parallel()
	h := homes(t)
	h.Policy = func() *policy.Policy { return &policy.Policy{} }
	if got := drawnFor(t, h, bo); strings.Contains(got, "R-0") || !strings.Contains(got, "another organisation") {
		t.Errorf("drawn %s", got)
	}
}

func TestHomeWithoutStore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := homes(t).Home(ctx, ana, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("Home() = %v, want an error", err)
	}
}

// TestHomeOfRelationships shows bot admins what waits, what was declined and what
// ends soon, and nobody else.
func TestHomeOfRelationships(t *testing.T) {
	t.Parallel()
	h := homes(t)
	h.Now = func() time.Time { return noon }
	if tab := drawnFor(t, h, dee); !strings.Contains(tab, "No relationship waits") {
		t.Errorf("Dee's home has no empty state:\n%s", tab)
	}
	of := func(id access.OfferID, st access.OfferState) access.Offer {
		return access.Offer{ID: id, Customer: contoso, CustomerName: "Contoso", Days: 30, State: st, Relationship: access.RelationshipID(id), ApproveBy: noon}
	}
	mirrored := func(tx state.Tx, id access.RelationshipID, days int, change func(*access.Relationship)) error {
		r := access.Relationship{ID: id, Name: "name-" + string(id), Customer: adatum, Status: access.RelationshipActive, End: noon.AddDate(0, 0, days), AutoExtend: "PT0S"}
		if change != nil {
			change(&r)
		}
		_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: r})
		return err
	}
	if err := h.Store.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(
			state.PutOffer(tx, of("O-SENT0", access.OfferSent)), state.PutOffer(tx, of("O-NO000", access.OfferDeclined)),
			state.PutOffer(tx, of("O-OVER0", access.OfferEnded)), state.PutOffer(tx, of("O-ACT00", access.OfferActive)),
			tx.Put("offer/O-BAD00", []byte("{")),
			mirrored(tx, "soon", 29, nil), mirrored(tx, "late", 31, nil),
			mirrored(tx, "renews", 29, func(r *access.Relationship) { r.AutoExtend = "P180D" }),
			mirrored(tx, "over", 1, func(r *access.Relationship) { r.Status = access.RelationshipTerminated }))
	}); err != nil {
		t.Fatal(err)
	}
	tab := drawnFor(t, h, dee)
	for text, want := range map[string]bool{
		"O-SENT0": true, "O-NO000": true, "O-OVER0": false, "O-ACT00": false,
		"name-soon": true, "name-late": false, "name-renews": false, "name-over": false, "*Adatum*": true,
	} {
		if strings.Contains(tab, text) != want {
			t.Errorf("Dee's home has %q: %t\n%s", text, !want, tab)
		}
	}
	if tab := drawnFor(t, h, ana); strings.Contains(tab, "O-SENT0") || strings.Contains(tab, "Relationships") {
		t.Errorf("Ana's home tells of relationships:\n%s", tab)
	}
}

// TestHomeHealth shows bot admins how the bot stands, and nobody else.
func TestHomeHealth(t *testing.T) {
	t.Parallel()
	h := homes(t)
	h.Now, h.Protocol = func() time.Time { return noon }, func() time.Time { return noon.AddDate(1, 0, 0) }
	if tab := drawnFor(t, h, dee); !strings.Contains(tab, "Relationships were never read yet") || !strings.Contains(tab, "Nothing was set aside") {
		t.Errorf("before the first read Dee's home says:\n%s", tab)
	}
	p := *h.Policy()
	p.Customers = append(slices.Clone(p.Customers), policy.Customer{Name: "Nobody Ltd", Tenant: "nobody", Channel: "C3", Team: "T4"})
	p.Staff = []policy.StaffGroup{{Name: "Desk", Source: access.SlackSource("S1")}, {Name: "Good", Source: access.SlackSource("S2")}, {Name: "New", Source: access.SlackSource("S3")}}
	h.Policy = func() *policy.Policy { return &p }
	owe := func(tx state.Tx, id, kind string, ago time.Duration) error {
		return outbox.Enqueue(tx, outbox.Effect{ID: id, Lane: id, Kind: kind, Payload: json.RawMessage("{}")}, h.Protocol().Add(-ago))
	}
	aside, err := json.Marshal(outbox.Effect{ID: "R-1/0007/slack.card", Kind: outbox.SlackCard, LastError: "channel_not_found <!here>"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(
			state.PutMirror(tx, state.MirrorInfo{ReadAt: noon.Add(-3 * time.Minute), Problem: "Microsoft did not answer."}),
			state.PutGroupsReadAt(tx, noon.Add(-2*time.Hour)),
			owe(tx, "one", outbox.SlackCard, 5*time.Minute), owe(tx, "two", outbox.SlackNotice, time.Minute),
			tx.Put("outbox/dead/R-1/0007/slack.card", append(append([]byte(`{"v":1,"d":`), aside...), '}')),
			state.PutGroupPeople(tx, access.GroupPeople{Source: access.SlackSource("S1"), Problem: "There is no such group.", Failing: noon}),
			state.PutGroupPeople(tx, access.GroupPeople{Source: access.SlackSource("S2"), ReadAt: noon}))
	}); err != nil {
		t.Fatal(err)
	}
	tab := drawnFor(t, h, dee)
	for _, want := range []string{
		"Relationships were read 3 min ago. The last read failed: Microsoft did not answer.", "Members of groups were read 2 h ago.",
		"2 steps are owed to Slack or Microsoft, the oldest for 5 min.", "staff group “Desk” cannot be read", "There is no such group.",
		"A card in Slack", `effect.revive","value":"R-1/0007/slack.card"`, "Customers without a contact", "• Nobody Ltd",
	} {
		if !strings.Contains(strings.ReplaceAll(tab, `","text"`, ""), want) {
			t.Errorf("Dee's home does not say %q:\n%s", want, tab)
		}
	}
	for _, not := range []string{"• Contoso", "Good", "“New”", "<!here>"} {
		if strings.Contains(tab, not) {
			t.Errorf("Dee's home says %q:\n%s", not, tab)
		}
	}
	if tab := drawnFor(t, h, ana); strings.Contains(tab, "Health") || strings.Contains(tab, "Set aside") {
		t.Errorf("Ana's home tells of the bot's health:\n%s", tab)
	}
}

// TestHomeOfRecent offers the customers for which somebody asked last, in their order, and
// none that policy.yml does not name any more.
func TestHomeOfRecent(t *testing.T) {
	t.Parallel()
	h := homes(t)
	if err := h.Store.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(
			state.AskedFor(tx, ana.User, contoso), state.AskedFor(tx, ana.User, "gone"), state.AskedFor(tx, ana.User, adatum),
			state.AskedFor(tx, dee.User, contoso))
	}); err != nil {
		t.Fatal(err)
	}
	tab := drawnFor(t, h, ana)
	first, second := strings.Index(tab, `"request.for.1","value":"`+string(adatum)), strings.Index(tab, `"request.for.2","value":"`+string(contoso))
	if first < 0 || second < first || strings.Contains(tab, "request.for.3") {
		t.Errorf("Ana is offered:\n%s", tab)
	}
	if tab := drawnFor(t, h, dee); strings.Contains(tab, "request.for") {
		t.Errorf("who is not linked is offered:\n%s", tab)
	}
}

// TestHomeOfColleague shows what waits for a colleague's word to whom the rule names and
// nobody else, and to the customer's contacts nothing of it.
func TestHomeOfColleague(t *testing.T) {
	t.Parallel()
	h := homes(t)
	p := *h.Policy()
	p.Staff = []policy.StaffGroup{{Name: "Leads", People: []access.UserID{dee.User}}}
	h.Policy = func() *policy.Policy { return &p }
	s := &approvals.Service{Store: h.Store, Policy: h.Policy, Team: h.Team, Now: func() time.Time { return noon }, Tenant: "t-home"}
	h.Awaits = s.Awaits
	led := access.Request{
		ID: "R-00020", Requester: ana, Principal: "p", Customer: contoso, CustomerName: "Contoso", Roles: []access.RoleID{"R-00020"},
		Duration: time.Hour, State: access.Pending, CreatedAt: noon, DecideBy: noon.Add(time.Hour), Terms: 1, Rev: 1,
		Rule: access.Rule{Approvals: 1, Peers: 1, PeersOf: "Leads"},
	}
	put := func(fn func(state.Tx) error) {
		t.Helper()
		if err := h.Store.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	put(func(tx state.Tx) error { return state.PutRequest(tx, led) })
	shows := func(who access.Person, want bool) {
		t.Helper()
		if tab := drawnFor(t, h, who); strings.Contains(tab, `"request.approve","value":"R-00020`) != want {
			t.Errorf("%s is asked for the word: %t, want %t", who.Name, !want, want)
		}
	}
	for who, want := range map[access.Person]bool{ana: false, bo: false, dee: false} {
		shows(who, want) // Dee is not linked yet
	}
	put(func(tx state.Tx) error { return state.PutStaff(tx, access.Staff{Person: dee, Principal: "p-dee"}) })
	for who, want := range map[access.Person]bool{ana: false, bo: false, dee: true} {
		shows(who, want)
	}
	led.Decisions = []access.Decision{{By: dee, Verdict: access.Approve, At: noon, Stage: access.ByPeers, Terms: 1}}
	put(func(tx state.Tx) error { return state.PutRequest(tx, led) })
	for who, want := range map[access.Person]bool{ana: false, bo: true, dee: false} {
		shows(who, want)
	}
}
