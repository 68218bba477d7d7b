package doctor_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/config"
	"latchkey/internal/doctor"
	"latchkey/internal/graph/graphtest"
)

const (
	tenant    = "11111111-1111-4111-8111-111111111111"
	client    = "22222222-2222-4222-8222-222222222222"
	reader    = "33333333-3333-4333-8333-333333333333"
	logReader = "44444444-4444-4444-8444-444444444444"
	contoso   = "c0000000-0000-4000-8000-000000000001"
	exchange  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	from      = "access@partner.test"
	signing   = "0123456789abcdef0123456789abcdef"
	botToken  = "xoxb-planted-token"
	planted   = "planted-secret"
	ops, room = "C0OPERATIO", "C0CONTOSO1"
	ours, own = "T0PARTNER1", "T0CONTOSO1"
	ext4      = 0xEF53
	agents    = "a9e00000-0000-4000-8000-000000000001"
	made      = "a9e00000-0000-4000-8000-000000000002"
	unit      = "a1000000-0000-4000-8000-000000000001"
)

const rules = `admins: [U0DEE00001]
operations_channel: C0OPERATIO
customers:
  - name: Contoso
    tenant: c0000000-0000-4000-8000-000000000001
    slack: {team: T0CONTOSO1, channel: C0CONTOSO1}
    driver: pim
bundles:
  - name: Emergency
    roles: [Global Administrator]
rule: {max_duration: 8h, approvals: 1, decide_within: 24h}
`

// scene is an installation in which all is right, until a row changes it.
type scene struct {
	slack      chattest.Options
	graph      graphtest.Options
	channels   []chattest.Channel
	users      []graphtest.User
	status     string // of the relationship
	c          config.Config
	policy     string
	problems   error
	now        time.Time
	magic      uint32
	page       http.HandlerFunc
	over       http.HandlerFunc // in Slack's stead
	center     int              // the status with which Partner Center refuses; 0: it lets the app in
	mode       os.FileMode
	unsettled  bool // the token cannot be read
	noSlack    bool // nobody is there
	noFolder   bool
	cluster    string // the STATE_URL; empty: a file
	noDisk     bool
	tokenError string
	within     time.Duration
	faults     []graphtest.Fault
	units      []graphtest.Unit
	groups     []graphtest.Group
	letsRead   bool // Contoso's logs be read
}

func newScene() *scene {
	s := &scene{
		slack: chattest.Options{BotToken: botToken, BotTeam: ours, BotUser: "U0LATCHKEY", SigningSecret: signing},
		graph: graphtest.Options{PartnerTenant: tenant, ClientID: client, ClientSecret: planted, PIM: true, Mailboxes: []string{from}},
		channels: []chattest.Channel{
			{ID: ops, Name: "ops", Host: ours, Members: []string{"U0LATCHKEY"}},
			{ID: room, Name: "contoso", Host: ours, Connected: []string{ours, own}, Members: []string{"U0LATCHKEY"}, Private: true},
		},
		users: []graphtest.User{
			{DisplayName: "Access", UPN: from, Mail: from},
			{DisplayName: "Ana", UPN: "ana@partner.test", Mail: "ana@partner.test"},
			{DisplayName: "Room", UPN: "room@partner.test"},
			{DisplayName: "Gus", UPN: "gus#EXT#@partner.test", Mail: "gus@outside.test", Guest: true},
		},
		status: "active", policy: rules, magic: ext4, mode: 0o600,
		page: func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`<p class="brand">Latchkey</p>`)) }, //nolint:errcheck // a test
		c: config.Config{
			SlackBotToken: config.NewSecret(botToken), SlackSigningSecret: config.NewSecret(signing),
			EntraTenantID: tenant, EntraClientID: client, EntraClientSecret: config.NewSecret(planted),
			ReaderClientID: reader, ActivityClientID: logReader, MailFrom: from, PartnerCenter: "on",
		},
	}
	for _, scope := range doctor.Scopes() {
		s.slack.Scopes = append(s.slack.Scopes, scope.Name)
	}
	s.graph.Permissions = doctor.PermissionsFor(doctor.Elsewhere)
	s.graph.LogReader = graphtest.Application{ClientID: logReader, ClientSecret: planted, Permissions: []string{"AuditLog.Read.All"}}
	s.letsRead = true
	s.groups = []graphtest.Group{{ID: agents, DisplayName: "AdminAgents", MailNickname: "AdminAgents"}, {ID: made, DisplayName: "Latchkey Contoso", MailNickname: "latchkey-x"}}
	return s
}

// inUnit has the bot's groups be in an administrative unit.
func (s *scene) inUnit() {
	s.c.EntraAdministrativeUnit = unit
	s.policy = strings.Replace(rules, "    driver: pim\n", "", 1)
	s.units = []graphtest.Unit{{ID: unit, DisplayName: "Latchkey", Members: []string{made}}}
	s.graph.GroupsAdministratorOn = []string{unit}
	s.graph.Permissions = doctor.PermissionsFor(doctor.InUnit)
}

// looks has the app be one that may only read.
func (s *scene) looks() {
	s.policy = strings.Replace(rules, "    driver: pim\n", "", 1)
	s.c.MailFrom, s.graph.Mailboxes = "", nil
	s.graph.Permissions = doctor.PermissionsFor(doctor.Looks)
}

// certified has the app prove who it is by a certificate, as far as the doctor sees.
func (s *scene) certified() {
	s.c.EntraClientSecret, s.c.EntraCertificateFile = config.Secret{}, "app.pem"
	s.graph.CertificateEnds = time.Now().AddDate(1, 0, 0)
}

func (s *scene) with(names ...string) { s.graph.Permissions = append(s.graph.Permissions, names...) }

// groupAnswers has Graph answer so whoever takes somebody out of a group, after so many.
func (s *scene) groupAnswers(after, status int, code string) {
	s.inUnit()
	s.faults = []graphtest.Fault{{On: "DELETE /groups/{id}/members/{uid}/$ref", After: after, Status: status, Code: code}}
}

// without takes permissions away.
func (s *scene) without(names ...string) {
	s.graph.Permissions = slices.DeleteFunc(s.graph.Permissions, func(p string) bool { return slices.Contains(names, p) })
}

// mailAnswers has Exchange answer every mail after so many.
func (s *scene) mailAnswers(after, status int, code string) {
	s.faults = []graphtest.Fault{{On: "POST /users/{id}/sendMail", After: after, Status: status, Code: code}}
}

// consented has what was given in Exchange Online be consented to in Entra instead.
func (s *scene) consented() { s.graph.Mailboxes = nil }

// look builds the world and has the doctor look at it.
func (s *scene) look(t *testing.T) doctor.Report {
	t.Helper()
	dir := t.TempDir()
	s.slack.PostRate = -1
	slack := chattest.New(s.slack)
	t.Cleanup(slack.Close)
	slack.AddTeam(chattest.Team{ID: own, Name: "Contoso"})
	slack.AddTeam(chattest.Team{ID: "T0THIRD001", Name: "Third"})
	for _, c := range s.channels {
		slack.AddChannel(c)
	}
	graph := graphtest.New(s.graph)
	t.Cleanup(graph.Close)
	for _, u := range s.users {
		graph.AddUser(u)
	}
	for _, g := range s.groups {
		graph.AddGroup(g)
	}
	for _, u := range s.units {
		graph.AddUnit(u)
	}
	graph.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso"})
	if s.letsRead {
		graph.Consent(contoso, logReader)
	}
	graph.AddRelationship(graphtest.Relationship{DisplayName: "Contoso 1", CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{exchange}, Duration: "P30D", Status: s.status})
	var inSlack http.Handler = slack
	if s.over != nil {
		inSlack = s.over
	}
	atSlack, atGraph, atBot := httptest.NewServer(inSlack), httptest.NewUnstartedServer(graph), httptest.NewUnstartedServer(s.page)
	for _, srv := range []*httptest.Server{atGraph, atBot} {
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that were opened ahead and not needed
		srv.StartTLS()
	}
	for _, srv := range []*httptest.Server{atSlack, atGraph, atBot} {
		t.Cleanup(srv.Close)
	}
	graph.Serve(atGraph.URL)
	if err := graph.SetFaults(s.faults...); err != nil {
		t.Fatal(err)
	}
	if s.noSlack {
		atSlack.Close()
	}
	s.files(t, dir)
	if s.c.PublicURL == "" && s.page != nil {
		s.c.PublicURL = atBot.URL
	}
	if s.c.PublicURL == "none" {
		s.c.PublicURL = ""
	}
	w := doctor.World{
		Config: s.c, Problems: s.problems, SlackURL: atSlack.URL + "/api/", GraphURL: atGraph.URL + "/v1.0", Microsoft: atGraph.Client(),
		Pages: atBot.Client(), Token: s.token(atGraph), Disk: s.disk,
	}
	if s.c.ActivityClientID != "" {
		w.LogsToken = func(ctx context.Context, tenant string) (string, error) {
			return tokenFor(ctx, atGraph, tenant, logReader, planted)
		}
	}
	if !s.now.IsZero() {
		w.Now = func() time.Time { return s.now }
	}
	if s.c.PartnerCenter == "on" {
		w.PartnerCenter = func(context.Context) (int, error) {
			if s.center != 0 {
				return s.center, errors.New("refused")
			}
			return 0, nil
		}
	}
	r := doctor.Look(t.Context(), w, cmp.Or(s.within, time.Minute))
	if n := len(graph.Mails()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	for _, written := range graph.Audit() {
		t.Errorf("the doctor has changed something: %s %s", written.Method, written.Path)
	}
	return r
}

func (s *scene) files(t *testing.T, dir string) {
	t.Helper()
	s.c.PolicyFile, s.c.StateURL = filepath.Join(dir, "policy.yml"), "bolt://"+filepath.Join(dir, "latchkey.db")
	if s.cluster != "" {
		s.c.StateURL = s.cluster
	}
	if s.noFolder {
		s.c.StateURL = "bolt://" + filepath.Join(dir, "nowhere", "latchkey.db")
	}
	if err := os.WriteFile(s.c.PolicyFile, []byte(s.policy), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "latchkey.db")
	if err := os.WriteFile(path, nil, s.mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, s.mode); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) disk(string) (uint32, error) {
	if s.noDisk {
		return 0, errors.ErrUnsupported
	}
	return s.magic, nil
}

// token signs in as the application, as any client would.
func (s *scene) token(at *httptest.Server) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if s.tokenError != "" {
			return "", errors.New(s.tokenError)
		}
		t, err := tokenFor(ctx, at, tenant, client, cmp.Or(s.c.EntraClientSecret.Reveal(), planted))
		if err == nil && s.unsettled {
			return "opaque", nil
		}
		return t, err
	}
}

func tokenFor(ctx context.Context, at *httptest.Server, tenant, client, secret string) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := at.Client().Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var v struct {
		Token string `json:"access_token"`
		Text  string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || v.Token == "" {
		return "", errors.Join(err, errors.New(v.Text))
	}
	return v.Token, nil
}

// of are the findings of one check.
func of(r doctor.Report, check string) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f doctor.Finding) bool { return f.Check != check })
}
