package doctor_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/config"
	"latchkey/internal/doctor"
	"latchkey/internal/graph/graphtest"
)

// TestAllRight holds that nothing is wrong where nothing is, whatever the bot is for. That
// redirect addresses cannot be read is as it is, and what is not preferred is said.
func TestAllRight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*scene)
		but    map[string]doctor.State
	}{
		"InUnit":    {(*scene).inUnit, map[string]doctor.State{"PIM for Groups": doctor.Skipped}},
		"Elsewhere": {func(*scene) {}, map[string]doctor.State{"administrative unit": doctor.Warning}},
		"Looks": {(*scene).looks, map[string]doctor.State{
			"PIM for Groups": doctor.Skipped, "administrative unit": doctor.Skipped, "mailbox": doctor.Skipped, "mail of others": doctor.Skipped,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene()
			s.certified()
			tt.change(s)
			r := s.look(t)
			seen := map[string]bool{}
			for _, f := range r.Findings {
				seen[f.Check] = true
				want := doctor.Good
				if f.Check == "redirect addresses" {
					want = doctor.NotKnown
				}
				if but, ok := tt.but[f.Check]; ok {
					want = but
				}
				if f.State != want {
					t.Errorf("%+v, want %s", f, want)
				}
			}
			for _, c := range doctor.Checks() {
				if !seen[c.Name] {
					t.Errorf("nothing is said of %s", c.Name)
				}
			}
			if !r.Good {
				t.Error("the report is not good")
			}
		})
	}
}

// row is what is changed, and what the check says then.
type row struct {
	name   string
	change func(*scene)
	check  string
	state  doctor.State
	says   string
}

var rows = []row{
	{"SettingsAll", func(s *scene) {
		s.problems = config.Problems{{Setting: "ENTRA_CLIENT_ID", Text: "is missing."}, {Setting: "STATE_URL", Text: "is not a URL."}}
	}, "settings", doctor.Failed, "STATE_URL: is not a URL."},
	{"PolicyLine", func(s *scene) { s.policy = strings.Replace(rules, "approvals: 1", "approvals: none", 1) }, "policy.yml", doctor.Failed, "policy.yml:11:"},
	{"PolicyGood", func(*scene) {}, "policy.yml", doctor.Good, "1 customer, 1 bundle, 1 admin (version "},
	{"PolicyOfMany", func(s *scene) { s.policy = strings.Replace(rules, "[U0DEE00001]", "[U0DEE00001, U0BO000001]", 1) }, "policy.yml", doctor.Good, ", 2 admins (version "},
	{"ChannelRight", func(*scene) {}, "customers' channels", doctor.Good, "1 channel is right: the bot is in it, and it is shared"},
	{"NoFolder", func(s *scene) { s.noFolder = true }, "store", doctor.Failed, "nowhere is not there"},
	{"NFS", func(s *scene) { s.magic = 0x6969 }, "store", doctor.Failed, "(NFS)"},
	{"CIFS", func(s *scene) { s.magic = 0xFF534D42 }, "store", doctor.Failed, "(CIFS)"},
	{"FUSE", func(s *scene) { s.magic = 0x65735546 }, "store", doctor.Failed, "(FUSE)"},
	{"InMemory", func(s *scene) { s.magic = 0x01021994 }, "store", doctor.Warning, "in memory"},
	{"DiskUnknown", func(s *scene) { s.noDisk = true }, "store", doctor.NotKnown, "cannot be told"},
	{"StoreForAll", func(s *scene) { s.mode = 0o644 }, "store", doctor.Warning, "Other users"},
	{"ClockWarns", func(s *scene) { s.now = time.Now().Add(45 * time.Second) }, "clock", doctor.Warning, "Slack by 4"},
	{"ClockFails", func(s *scene) { s.now = time.Now().Add(-10 * time.Minute) }, "clock", doctor.Failed, "Microsoft by"},
	{"NoSlack", func(s *scene) { s.noSlack = true }, "slack token", doctor.Failed, "Slack was not reached"},
	{"WrongToken", func(s *scene) { s.c.SlackBotToken = config.NewSecret("xoxb-other") }, "slack token", doctor.Failed, "invalid_auth"},
	{"ScopeMissing", func(s *scene) { s.slack.Scopes = s.slack.Scopes[:10] }, "slack scopes", doctor.Failed, "The scope usergroups:read is missing: staff groups"},
	{"ScopeMore", func(s *scene) { s.slack.Scopes = append(s.slack.Scopes, "admin") }, "slack scopes", doctor.Warning, "more scopes than the bot needs: admin"},
	{"MailScopeMissing", func(s *scene) { s.policy += "staff_by_mail: [partner.test]\n" }, "slack scopes", doctor.Failed, "users:read.email"},
	{"SigningSecretOdd", func(s *scene) { s.c.SlackSigningSecret = config.NewSecret("not-hexadecimal-at-all") }, "slack secrets", doctor.Warning, "32 hexadecimal"},
	{"AppTokenCut", func(s *scene) {
		s.c.SlackSigningSecret, s.c.SlackAppToken = config.Secret{}, config.NewSecret("xapp-1-A0")
	}, "slack secrets", doctor.Warning, "cut off"},
	{"AppToken", func(s *scene) {
		s.c.SlackSigningSecret, s.c.SlackAppToken = config.Secret{}, config.NewSecret("xapp-1-A0-1-abc")
	}, "slack secrets", doctor.Good, "has the form"},
	{"NotInOperations", func(s *scene) { s.channels[0].Members = nil }, "operations channel", doctor.Failed, "the bot is not in the channel C0OPERATIO"},
	{"OperationsShared", func(s *scene) { s.channels[0].Connected = []string{ours, own} }, "operations channel", doctor.Failed, "is shared with another organisation"},
	{"NotInCustomers", func(s *scene) { s.channels[1].Members = nil }, "customers' channels", doctor.Failed, "Contoso: the channel C0CONTOSO1 is not there, or the bot is not in it"},
	{"NotShared", func(s *scene) { s.channels[1].Connected = nil }, "customers' channels", doctor.Failed, "not shared with the customer's workspace T0CONTOSO1"},
	{"Pending", func(s *scene) { s.channels[1].Connected, s.channels[1].Pending = nil, []string{own} }, "customers' channels", doctor.Failed, "has not accepted"},
	{"SharedWithThird", func(s *scene) { s.channels[1].Connected = []string{ours, own, "T0THIRD001"} }, "customers' channels", doctor.Failed, "another organisation as well (T0THIRD001)"},
	{"Archived", func(s *scene) { s.channels[1].Archived = true }, "customers' channels", doctor.Failed, "is archived"},
	{"WrongSecret", func(s *scene) { s.c.EntraClientSecret = config.NewSecret("planted-other") }, "microsoft sign-in", doctor.Failed, "The client secret is wrong. (AADSTS7000215)"},
	{"UnknownCode", func(s *scene) { s.tokenError = "AADSTS1234567: planted-other" }, "microsoft sign-in", doctor.Failed, "(AADSTS1234567)"},
	{"NoCode", func(s *scene) { s.tokenError = "planted-other" }, "microsoft sign-in", doctor.Failed, "no reason that has a number"},
	{"PermissionMissing", func(s *scene) { s.without("User.Read.All") }, "permissions", doctor.Failed, "User.Read.All is missing: staff cannot be linked"},
	{"OptionalMissing", func(s *scene) { s.without("AuditLog.Read.All") }, "permissions", doctor.Warning, "AuditLog.Read.All is missing: alerts do not say"},
	{"PIMMissing", func(s *scene) { s.without("PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup") }, "permissions", doctor.Failed, "plain memberships"},
	{"Dangerous", func(s *scene) {
		s.graph.Permissions = append(s.graph.Permissions, "RoleManagement.ReadWrite.Directory")
	}, "permissions", doctor.Warning, "DANGEROUS: the app has RoleManagement.ReadWrite.Directory"},
	{"BroaderInstead", func(s *scene) {
		s.without("Group.Create")
		s.graph.Permissions = append(s.graph.Permissions, "Group.ReadWrite.All")
	}, "permissions", doctor.Warning, "AdminAgents among them"},
	{"MorePermissions", func(s *scene) { s.graph.Permissions = append(s.graph.Permissions, "Sites.Read.All") }, "permissions", doctor.Warning, "more permissions than the bot needs: Sites.Read.All"},
	{"MailForAll", (*scene).consented, "permissions", doctor.Warning, "Mail.Send was consented to in Entra"},
	{"LogsNotLetIn", func(s *scene) { s.letsRead = false }, "customers' logs", doctor.Warning, "not known at Contoso"},
	{"LogsNotForThis", func(s *scene) { s.graph.LogReader.Permissions = nil }, "customers' logs", doctor.Warning, "not known at Contoso"},
	{"LogsMore", func(s *scene) {
		s.graph.LogReader.Permissions = append(s.graph.LogReader.Permissions, "Directory.Read.All")
	}, "customers' logs", doctor.Warning, "holds more than AuditLog.Read.All: Directory.Read.All"},
	{"LogsWrongSecret", func(s *scene) { s.graph.LogReader.ClientSecret = "another" }, "customers' logs", doctor.Failed, "away at Contoso: The client secret is wrong. (AADSTS7000215)"},
	{"LogsNone", func(s *scene) { s.c.ActivityClientID = "" }, "customers' logs", doctor.Skipped, "ACTIVITY_CLIENT_ID is not set"},
	{"TokenUnreadable", func(s *scene) { s.unsettled = true }, "permissions", doctor.NotKnown, "cannot be read"},
	{"Secret", func(s *scene) { s.graph.SecretEnds = time.Date(2031, 5, 4, 0, 0, 0, 0, time.UTC) }, "microsoft credential", doctor.Warning, "until it ends: 4 May 2031."},
	{"SecretEndUnread", func(s *scene) { s.without("Directory.Read.All") }, "microsoft credential", doctor.Warning, "could not be read"},
	{"CertificateEndsSoon", func(s *scene) {
		s.certified()
		s.graph.CertificateEnds = time.Now().Add(10 * 24 * time.Hour)
	}, "microsoft credential", doctor.Warning, "The app's certificate ends on"},
	{"WorkloadIdentity", func(s *scene) {
		s.c.EntraClientSecret, s.c.EntraFederatedTokenFile = config.Secret{}, "token"
	}, "microsoft credential", doctor.Good, "by workload identity"},
	{"NoUnitSet", func(*scene) {}, "administrative unit", doctor.Warning, "reaches every group of your tenant"},
	{"UnitGone", func(s *scene) { s.inUnit(); s.units = nil }, "administrative unit", doctor.Failed, "There is no administrative unit"},
	{"UnitUnread", func(s *scene) {
		s.inUnit()
		s.faults = []graphtest.Fault{{On: "GET /directory/administrativeUnits/{id}", Status: 503}}
	}, "administrative unit", doctor.NotKnown, "was not told (503"},
	{"NoRoleOnUnit", func(s *scene) { s.inUnit(); s.graph.GroupsAdministratorOn = nil }, "administrative unit", doctor.Failed, "may not change who is in a group of the administrative unit (403"},
	{"UnitEmpty", func(s *scene) { s.inUnit(); s.units[0].Members = nil }, "administrative unit", doctor.Good, "no group in it yet"},
	{"ReachesAdminAgents", func(s *scene) { s.inUnit(); s.with("GroupMember.ReadWrite.All") }, "administrative unit", doctor.Failed, "The app may change who is in AdminAgents, outside of the administrative unit (404"},
	{"ReachesThatSaid", func(s *scene) { s.inUnit(); s.with("GroupMember.ReadWrite.All") }, "permissions", doctor.Warning, "the administrative unit limits nothing"},
	{"ReachesByPIM", func(s *scene) { s.inUnit(); s.with("PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup") }, "permissions", doctor.Warning, "the administrative unit limits nothing"},
	{"ReachesAnother", func(s *scene) {
		s.inUnit()
		s.groups[0].DisplayName = "Everybody"
		s.with("Group.ReadWrite.All")
	}, "administrative unit", doctor.Failed, "who is in another group, outside"},
	{"Confined", (*scene).inUnit, "administrative unit", doctor.Good, "was refused when it tried to change who is in AdminAgents"},
	{"ConfinedWithoutAgents", func(s *scene) { s.inUnit(); s.groups[0].DisplayName = "Everybody" }, "administrative unit", doctor.Good, "who is in another group, outside"},
	{"NothingOutside", func(s *scene) { s.inUnit(); s.groups = s.groups[1:] }, "administrative unit", doctor.NotKnown, "no such group was found"},
	{"InsideUnclear", func(s *scene) { s.groupAnswers(0, 503, "") }, "administrative unit", doctor.NotKnown, "in a group of the administrative unit was not told (503"},
	{"OutsideUnclear", func(s *scene) { s.groupAnswers(1, 400, "Request_BadRequest") }, "administrative unit", doctor.NotKnown, "outside of the administrative unit was not told (400"},
	{"OutsideTaken", func(s *scene) { s.groupAnswers(1, 404, "Request_ResourceNotFound") }, "administrative unit", doctor.Failed, "outside of the administrative unit (404"},
	{"RestrictedWithPIM", func(s *scene) {
		s.inUnit()
		s.policy, s.units[0].Restricted = rules, true
	}, "administrative unit", doctor.Failed, "PIM for Groups cannot manage what is in one"},
	{"UnitReadMissing", func(s *scene) { s.inUnit(); s.without("AdministrativeUnit.Read.All") }, "permissions", doctor.Failed, "AdministrativeUnit.Read.All is missing: no group can be made"},
	{"OnlyLooks", (*scene).looks, "permissions", doctor.Good, "The app may only read"},
	{"OnlyLooksMissing", func(s *scene) { s.looks(); s.without("Directory.Read.All") }, "permissions", doctor.Failed, "Directory.Read.All is missing"},
	{"NoPrincipal", func(s *scene) { s.graph.NoPartnerServicePrincipal = true }, "delegated administration", doctor.Failed, "is not in your tenant"},
	{"PrincipalUntold", func(s *scene) { s.without("Directory.Read.All") }, "delegated administration", doctor.NotKnown, "was not told (403"},
	{"RelationshipsUnread", func(s *scene) { s.without("DelegatedAdminRelationship.ReadWrite.All") }, "relationships", doctor.Failed, "cannot be read (403"},
	{"NoneActive", func(s *scene) { s.status = "approvalPending" }, "relationships", doctor.Warning, "none is active"},
	{"NoLicence", func(s *scene) { s.graph.PIM = false }, "PIM for Groups", doctor.Failed, "no licence"},
	{"PIMWithAUnit", func(s *scene) { s.inUnit(); s.policy = rules }, "PIM for Groups", doctor.Failed, "does not let the bot in (403"},
	{"NotUsed", func(s *scene) { s.policy = strings.Replace(rules, "    driver: pim\n", "", 1) }, "PIM for Groups", doctor.Skipped, "No customer has driver: pim"},
	{"NoMailbox", func(s *scene) { s.users[0].Mail = "" }, "mailbox", doctor.Failed, "no mailbox of your tenant (404 MailboxNotEnabledForRESTAPI)"},
	{"NoUser", func(s *scene) { s.users = s.users[1:] }, "mailbox", doctor.Failed, "(404 ErrorInvalidUser)"},
	{"NotOurs", func(s *scene) { s.graph.Mailboxes = []string{"ana@partner.test"} }, "mailbox", doctor.Failed, "may not send from MAIL_FROM (403"},
	{"NotOursThenOthers", func(s *scene) { s.graph.Mailboxes = []string{"ana@partner.test"} }, "mail of others", doctor.NotKnown, "is not known"},
	{"SentUnread", func(s *scene) { s.without("Mail.ReadBasic.All") }, "mailbox", doctor.Warning, "Sent Items of MAIL_FROM cannot be looked into"},
	{"AsAnybody", (*scene).consented, "mail of others", doctor.Failed, "The app may send as others"},
	{"AsOneOther", func(s *scene) { s.graph.Mailboxes = append(s.graph.Mailboxes, "ana@partner.test") }, "mail of others", doctor.Failed, "The app may send as others"},
	{"NoOthers", func(s *scene) { s.users = s.users[:1] }, "mail of others", doctor.NotKnown, "no other mailbox"},
	{"MessageFirst", func(s *scene) { s.mailAnswers(0, 400, "ErrorInvalidRecipients") }, "mail of others", doctor.Failed, "may send as others"},
	{"OtherRefusal", func(s *scene) { s.mailAnswers(1, 403, "Authorization_RequestDenied") }, "mail of others", doctor.NotKnown, "was not told (403 Authorization_RequestDenied)"},
	{"OtherMessage", func(s *scene) { s.mailAnswers(1, 400, "ErrorInvalidRequest") }, "mail of others", doctor.NotKnown, "was not told (400 ErrorInvalidRequest)"},
	{"MailDown", func(s *scene) { s.mailAnswers(1, 503, "") }, "mail of others", doctor.NotKnown, "was not told (503"},
	{"OwnUnclear", func(s *scene) { s.mailAnswers(0, 400, "ErrorInvalidRequest") }, "mail of others", doctor.NotKnown, "does not get as far for MAIL_FROM"},
	{"OwnDown", func(s *scene) { s.mailAnswers(0, 503, "") }, "mailbox", doctor.NotKnown, "was not told (503"},
	{"RelationshipsDown", func(s *scene) {
		s.faults = []graphtest.Fault{{On: "GET /tenantRelationships/delegatedAdminRelationships", Status: 503}}
	}, "relationships", doctor.NotKnown, "was not told (503"},
	{"PIMDown", func(s *scene) {
		s.faults = []graphtest.Fault{{On: "GET /identityGovernance/privilegedAccess/group/assignmentSchedules", Status: 500}}
	}, "PIM for Groups", doctor.NotKnown, "was not told (500"},
	{"NoMail", func(s *scene) { s.c.MailFrom = "" }, "mailbox", doctor.Skipped, "MAIL_FROM is not set"},
	{"NobodyThere", func(s *scene) { s.c.PublicURL = "https://127.0.0.1:1" }, "public address", doctor.Warning, "may be a firewall"},
	{"ProxyAlone", func(s *scene) { s.page = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) } }, "public address", doctor.Warning, "not the bot behind it"},
	{"SomethingElse", func(s *scene) {
		s.page = func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("Welcome to nginx")) } //nolint:errcheck // a test
	}, "public address", doctor.Failed, "not this bot's page"},
	{"OnePathOnly", func(s *scene) {
		page := s.page
		s.page = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/letin" {
				page(w, r)
				return
			}
			http.NotFound(w, r)
		}
	}, "public address", doctor.Failed, "/requests/doctor answers 404"},
	{"NoPages", func(s *scene) { s.c.ReaderClientID, s.c.PartnerCenter = "", "off" }, "public address", doctor.Warning, "no page is served"},
	{"InTheClear", func(s *scene) { s.c.PublicURL = "http://127.0.0.1:1" }, "public address", doctor.Warning, "begins with http://"},
	{"Redirects", func(s *scene) { s.c.PublicURL = "https://127.0.0.1:1" }, "redirect addresses", doctor.NotKnown, "https://127.0.0.1:1/letin and https://127.0.0.1:1/contacts/callback"},
	{"NoReader", func(s *scene) { s.c.ReaderClientID = "" }, "signed-in decisions", doctor.Warning, "are refused: the bundle Emergency (Global Administrator)"},
	{"NoReaderNoNeed", func(s *scene) {
		s.c.ReaderClientID, s.policy = "", strings.Replace(rules, "Global Administrator", "Exchange Administrator", 1)
	}, "signed-in decisions", doctor.Good, "Nothing in policy.yml needs"},
	{"FarNoMail", func(s *scene) {
		s.c.MailFrom, s.policy = "", strings.Replace(rules, "    slack: {team: T0CONTOSO1, channel: C0CONTOSO1}\n", "", 1)
	}, "signed-in decisions", doctor.Warning, "1 customer has no channel"},
	{"CenterShut", func(s *scene) { s.center = http.StatusForbidden }, "partner center", doctor.Failed, "does not let the app in (403)"},
	{"CenterBusy", func(s *scene) { s.center = http.StatusTooManyRequests }, "partner center", doctor.NotKnown, "was not told (429)"},
	{"CenterOff", func(s *scene) { s.c.PartnerCenter = "off" }, "partner center", doctor.Skipped, "PARTNER_CENTER is off"},
}

func TestChecks(t *testing.T) {
	t.Parallel()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newScene()
			row.change(s)
			r := s.look(t)
			found := false
			for _, f := range of(r, row.check) {
				found = found || f.State == row.state && strings.Contains(f.What, row.says)
			}
			if !found {
				t.Errorf("%s finds %+v, want %s: %q", row.check, of(r, row.check), row.state, row.says)
			}
			discreet(t, r)
			if r.Good != (r.Count(doctor.Failed) == 0) || row.state == doctor.Failed && r.Good {
				t.Errorf("good = %v with %d that failed", r.Good, r.Count(doctor.Failed))
			}
		})
	}
}

// TestEachCheckHasBadRows keeps the table whole: a check of which nobody has seen that it
// finds what is wrong proves nothing.
func TestEachCheckHasBadRows(t *testing.T) {
	t.Parallel()
	for _, c := range doctor.Checks() {
		bad := 0
		for _, row := range rows {
			if row.check == c.Name && row.state != doctor.Good && row.state != doctor.Skipped {
				bad++
			}
		}
		if bad == 0 {
			t.Errorf("no row shows that %s finds anything", c.Name)
		}
	}
}

// discreet holds that a report has no secret and names no person, and that whatever is
// wrong comes with what to do.
func discreet(t *testing.T, r doctor.Report) {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"planted", signing, "xoxb-", "ana@", "gus", "Ana", from} {
		if strings.Contains(string(raw), hidden) {
			t.Errorf("the report holds %q: %s", hidden, raw)
		}
	}
	for _, f := range r.Findings {
		if (f.Do != "") != (f.State != doctor.Good && f.State != doctor.Skipped) {
			t.Errorf("what is there to do about %+v?", f)
		}
	}
}

// TestUnmetNeeds holds that what cannot be looked at is skipped, and not taken for good.
func TestUnmetNeeds(t *testing.T) {
	t.Parallel()
	s := newScene()
	s.problems = config.Problems{{Setting: "STATE_URL", Text: "is not a URL."}}
	r := s.look(t)
	for _, f := range r.Findings {
		if f.Check != "settings" && f.Check != "clock" && f.State != doctor.Skipped {
			t.Errorf("%+v, want it skipped", f)
		}
	}
	if r.Good {
		t.Error("the report is good")
	}
}

// TestBound holds that a look ends in time, with what is known by then.
func TestBound(t *testing.T) {
	t.Parallel()
	never, begun := make(chan struct{}), time.Now()
	defer close(never)
	r := doctor.LookWith(t.Context(), doctor.World{}, []doctor.Check{
		doctor.Waits("slow", never), doctor.Says("quick", doctor.Finding{State: doctor.Good, What: "x"}),
	}, 10*time.Millisecond)
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(r.Findings) != 2 || r.Findings[0].State != doctor.NotKnown || r.Findings[1].State != doctor.Good || !r.Good {
		t.Errorf("found %+v", r)
	}
}

// TestThrottled holds that what Slack is asked too often for is not known.
func TestThrottled(t *testing.T) {
	t.Parallel()
	busy := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "auth.test") {
			w.Header().Set("X-OAuth-Scopes", "commands")
			w.Write([]byte(`{"ok":true,"team_id":"T0PARTNER1"}`)) //nolint:errcheck // a test
			return
		}
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		w.Write([]byte(`{"ok":false,"error":"ratelimited"}`)) //nolint:errcheck // a test
	}
	s := newScene()
	s.over = busy
	fs := of(s.look(t), "customers' channels")
	if len(fs) != 1 || fs[0].State != doctor.NotKnown || !strings.Contains(fs[0].What, "asked too often") {
		t.Errorf("found %+v", fs)
	}
}

// TestLate holds that channels that were not looked at in time are counted, and not told
// one by one.
func TestLate(t *testing.T) {
	t.Parallel()
	s := newScene()
	s.policy = strings.Replace(rules, "bundles:", "  - name: Adatum\n    tenant: c0000000-0000-4000-8000-000000000002\n    slack: {team: T0ADATUM01, channel: C0ADATUM01}\nbundles:", 1)
	s.over, s.within = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "auth.test") {
			w.Write([]byte(`{"ok":true,"team_id":"T0PARTNER1"}`)) //nolint:errcheck // a test
			return
		}
		r.ParseForm()        //nolint:errcheck // the end of a caller shows once its body was read
		<-r.Context().Done() // until the caller has had enough
	}, time.Second
	fs := of(s.look(t), "customers' channels")
	if len(fs) != 1 || fs[0].State != doctor.NotKnown || !strings.Contains(fs[0].What, "The channels of 2 customers were not") {
		t.Errorf("found %+v", fs)
	}
}
