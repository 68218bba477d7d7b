package overview_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/evidence/overview"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

var (
	staff = []string{
		"Ana Trujillo", "Bo Lindqvist", "Kim Müller-Łukasiewicz", "Dana Whitfield", "Eun-ji Park", "Farid Nasser", "Gitta von der Heide", "Hugo Iglesias", "Ines Moreau",
	}
	customers = []string{"Contoso Clinics", "Adatum", "Tailspin Toys", "Fourth Coffee", "Northwind Traders", "Wingtip Instruments for the Health of Animals", "Litware", "Proseware"}
	sets      = [][]access.RoleID{
		{evidencetest.Helpdesk}, {evidencetest.Helpdesk}, {evidencetest.Exchange, evidencetest.Users}, {evidencetest.Exchange}, {evidencetest.Reader}, {evidencetest.Compliance}, {evidencetest.Users},
	}
)

// month is a partner's October, with so many requests.
func month(asks int) evidence.OverviewInput {
	zone := berlin
	span, _ := access.ParseSpan("2026-10", zone)
	in := evidence.OverviewInput{
		OverviewOrder: evidence.OverviewOrder{Span: span, Made: time.Date(2026, 11, 2, 8, 15, 0, 0, time.UTC), Zone: zone, Policy: &policy.Policy{
			Version: "1f0c52a9e7b3", Staff: []policy.StaffGroup{
				{Name: "Service desk", People: []access.UserID{"U00", "U01", "U02", "U03"}}, {Name: "Mail", People: []access.UserID{"U03", "U04", "U05"}},
				{Name: "Dynamics", People: []access.UserID{"U06", "U07"}}, {Name: "Night shift", Source: "slack:S1"},
			},
		}},
		First: 18_204, Requests: map[access.RequestID]access.Request{}, Customers: map[access.TenantID]string{}, Mirrored: map[access.GroupID]state.MirroredGroup{},
		Ours: map[access.GroupID]bool{}, DAP: map[access.TenantID]bool{}, Known: span.From.AddDate(0, -2, 0), ReadAt: span.To.Add(30 * time.Hour),
	}
	for i, name := range staff {
		in.Staff = append(in.Staff, access.Staff{Person: person(i), UPN: strings.ToLower(name[:2]) + "@fabrikam.example"})
	}
	for i, name := range customers {
		in.Customers[tenant(i)] = name
		in.Policy.Customers = append(in.Policy.Customers, policy.Customer{Name: name, Tenant: tenant(i)})
		in.DAP[tenant(i)] = i == 6
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	for i := range asks {
		at := span.From.Add(time.Duration(float64(i) / float64(asks) * float64(span.To.Sub(span.From)))).Truncate(time.Minute)
		ask(&in, random, i, at)
	}
	stands(&in)
	slices.SortStableFunc(in.Events, func(a, b access.Event) int { return a.At.Compare(b.At) })
	in.Last = in.First + uint64(len(in.Events))
	return in
}

func person(i int) access.Person {
	return access.Person{Team: "T0HOME", User: access.UserID(fmt.Sprintf("U%02d", i)), Name: staff[i]}
}

func tenant(i int) access.TenantID { return access.TenantID(fmt.Sprintf("tenant-%d", i)) }

// ask is one request from its beginning to its end.
func ask(in *evidence.OverviewInput, random *rand.Rand, i int, at time.Time) {
	id, of := access.RequestID(fmt.Sprintf("R-%05d", i)), tenant(int(random.ExpFloat64()*2.2)%len(customers))
	who, roles := person(int(random.ExpFloat64()*2.8)%len(staff)), sets[random.IntN(len(sets))]
	log := func(at time.Time, kind access.EventKind, by access.Person, detail ...string) {
		e := access.Event{At: at, Kind: kind, Actor: by, Customer: of, Request: id, Detail: map[string]string{}}
		e.Actor.Name = ""
		for i := 0; i+1 < len(detail); i += 2 {
			e.Detail[detail[i]] = detail[i+1]
		}
		in.Events = append(in.Events, e)
	}
	text := make([]string, len(roles))
	for i, r := range roles {
		text[i] = string(r)
	}
	log(at, access.EventRequested, who, "roles", strings.Join(text, ","), "duration", "2h0m0s")
	decided := at.Add(time.Duration(random.ExpFloat64()*50) * time.Minute)
	contact := access.Person{Team: "T0CUST", User: "UCAROL", Name: "Carol Mensah"}
	switch {
	case i%23 == 11:
		note := []string{"Not during the audit.", "Ask for Helpdesk only, please: a password does not need more.", "We did this ourselves this morning."}[i%3]
		in.Requests[id] = access.Request{ID: id, Requester: who, Customer: of, Decisions: []access.Decision{{By: contact, Verdict: access.Deny, Note: note}}}
		log(decided, access.EventDenied, contact, "state", "denied")
		return
	case i%29 == 17:
		log(at.Add(24*time.Hour), access.EventLapsed, access.Person{})
		return
	case i%31 == 30, at.After(in.Span.To.Add(-3 * time.Hour)):
		return
	case i%41 == 20:
		log(at, access.EventBrokeGlass, who)
		decided = at
		if i%82 == 20 {
			log(at.Add(20*time.Hour), access.EventSignedOff, person(1))
		} else {
			log(at.Add(3*time.Hour), access.EventObjected, contact)
		}
	case i%13 == 6:
		decided = at
		log(at, access.EventApproved, access.Person{}, "state", "approved", "rule", "Tickets")
	default:
		log(decided, access.EventApproved, contact, "state", "approved")
	}
	log(decided.Add(40*time.Second), access.EventActive, access.Person{})
	log(decided.Add(time.Duration(40+random.IntN(500))*time.Minute), access.EventEnded, access.Person{}, "reason", "expired")
}

// stands is what gives access for good: less from week to week.
func stands(in *evidence.OverviewInput) {
	for i := range customers {
		m := state.MirroredRelationship{Relationship: access.Relationship{
			ID: access.RelationshipID(fmt.Sprintf("rel-%d", i)), Customer: tenant(i), Status: access.RelationshipActive, Name: "Care", Start: in.Span.From.AddDate(-1, 0, 0),
		}}
		if i%3 == 1 {
			group := access.GroupID(fmt.Sprintf("g-%d", i))
			m.Assignments = []access.Assignment{{Group: group, Roles: sets[i%len(sets)], Status: access.AssignmentActive}}
			in.Mirrored[group] = state.MirroredGroup{ID: group, Name: "GDAP " + customers[i], Members: make([]access.Member, 3+i)}
		}
		in.Relationships = append(in.Relationships, m)
		for n, at := range []time.Time{in.Span.From.AddDate(0, -1, i), in.Span.From.AddDate(0, 0, 3*i)} {
			detail := map[string]string{"alert": "A", "change": string(access.ChangeUnassigned), "relationship": string(m.ID), "group": fmt.Sprintf("old-%d", n), "from": string(sets[(i+n)%len(sets)][0])}
			if (i+n)%2 == 0 {
				in.Events = append(in.Events, access.Event{At: at, Kind: access.EventAlertChanged, Customer: tenant(i), Detail: detail})
			}
		}
	}
	for i := range 3 {
		in.Events = append(in.Events, access.Event{
			At: in.Span.From.AddDate(0, 0, 8*i-10), Kind: access.EventAlertResolved, Customer: tenant(i),
			Detail: map[string]string{"alert": "A", "change": string(access.ChangeDAPGone), "from": "on", "to": "off"},
		})
	}
}

// TestLook writes the forms to a directory, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK_AT")
	if dir == "" {
		return
	}
	for name, in := range map[string]evidence.OverviewInput{"month": month(170), "none": month(0), "little": month(5)} {
		for _, f := range forms(t, in) {
			if err := errors.Join(os.MkdirAll(filepath.Join(dir, name), 0o700), os.WriteFile(filepath.Join(dir, name, f.Name), f.Content, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func forms(t testing.TB, in evidence.OverviewInput) []overview.Form {
	t.Helper()
	all, err := overview.Forms(evidence.OverviewOf(in))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPage holds what is true of the page whatever it tells: it loads and runs nothing, each
// picture says what it shows and has its figures in a table, and no text becomes markup.
func TestPage(t *testing.T) {
	t.Parallel()
	hostile := month(60)
	for i := range hostile.Staff {
		hostile.Staff[i].Person.Name = `<script>alert(1)</script>"'`
	}
	for tenant := range hostile.Customers {
		hostile.Customers[tenant] = `=1+1</td><img src=x onerror="x">`
	}
	for name, in := range map[string]evidence.OverviewInput{"Full": month(170), "Nothing": month(0), "Few": month(5), "Hostile": hostile} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := string(forms(t, in)[0].Content)
			for _, never := range []string{"<script", "<img", "<link", `<[^>]* (src|href|on[a-z]+)=`, `url\(`, "ZgotmplZ", "%!"} {
				if found := regexp.MustCompile(never).FindString(page); found != "" {
					t.Errorf("the page has %q", found)
				}
			}
			if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'"`) || strings.Count(page, "<h1") != 1 || !strings.Contains(page, "</html>") {
				t.Error("the page is not whole, or does not forbid itself to load anything")
			}
			pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
			for _, p := range pictures {
				wellFormed(t, p)
				if !strings.Contains(p, `role="img" aria-label="`) && !strings.Contains(p, `aria-hidden="true"`) {
					t.Errorf("a picture says nothing to who does not see it: %.120s", p)
				}
			}
			if name == "Full" && (len(pictures) < 20 || strings.Count(page, "<figure") != 4 || strings.Count(page, "<table") < 10) {
				t.Errorf("it has %d pictures and %d tables", len(pictures), strings.Count(page, "<table"))
			}
			for _, section := range strings.Split(page, "<section")[1:] {
				if strings.Contains(section, "<figure") && !strings.Contains(section, "<table") {
					t.Errorf("pictures without their figures: %.80s", section)
				}
			}
		})
	}
}

func wellFormed(t *testing.T, markup string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(markup)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%v: %.200s", err, markup)
			return
		}
	}
}

// TestSays reads the page as somebody would who looks for one thing.
func TestSays(t *testing.T) {
	t.Parallel()
	none := month(0)
	none.ReadAt, none.Policy = time.Time{}, nil
	for _, row := range []struct {
		name string
		in   evidence.OverviewInput
		want []string
	}{
		{"Full", month(170), []string{
			"October 2026", "Who is in two teams counts in both", "It was never read who is in Night shift", "Helpdesk Administrator", "privileged", "Waiting on 1 November 2026, 00:00",
			"Not during the audit.", "not signed off", "1 objection", "signed off by Bo Lindqvist", "GDAP Adatum", "Legacy administration (DAP) is still on at Litware.", "Made of events 18204 to",
		}},
		{"Nothing", none, []string{"Nobody asked for access in this time", "Nothing was read from Microsoft yet."}},
	} {
		page := string(forms(t, row.in)[0].Content)
		for _, want := range row.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", row.name, want)
			}
		}
	}
	under := month(5)
	under.Policy, under.Made = nil, under.Span.To.AddDate(0, 0, -3)
	if page := string(forms(t, under)[0].Content); !strings.Contains(page, "The time is not over yet.") || !strings.Contains(page, "none was at hand") {
		t.Error("it does not say that it is made of a part")
	}
}

// TestTables holds that programs can read the figures, and that no spreadsheet calculates.
func TestTables(t *testing.T) {
	t.Parallel()
	in := month(170)
	in.Customers[tenant(0)] = "=1+1"
	o := evidence.OverviewOf(in)
	all := forms(t, in)
	if len(all) != 5 {
		t.Fatalf("there are %d files", len(all))
	}
	for _, f := range all[1:] {
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Content, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) < 2 || !strings.HasPrefix(f.Name, "latchkey-partner-2026-10-") || !strings.HasSuffix(f.Name, ".csv") {
			t.Errorf("%s has %d rows: %v", f.Name, len(rows), err)
		}
		for _, row := range rows {
			if slices.ContainsFunc(row, func(c string) bool { return strings.HasPrefix(c, "=") }) {
				t.Errorf("%s has a formula: %q", f.Name, row)
			}
		}
		if strings.Contains(f.Name, "access") {
			if want := 1 + 1 + len(o.Teams) + len(o.People) + len(o.Customers) + len(o.Roles); len(rows) != want || !slices.Equal(rows[1][:5], []string{"all", "", "", fmt.Sprint(int(o.Sum.Held.Seconds())), fmt.Sprint(o.Sum.Given)}) {
				t.Errorf("of access there are %d rows, want %d, the first %q", len(rows), want, rows[1])
			}
		}
	}
}
