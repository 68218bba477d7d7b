package sandbox

import (
	"fmt"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

// The people and places of the sandbox: Fabrikam Partners and its customers.
const (
	teamFabrikam = "T0FABRIKAM"
	teamContoso  = "T0CONTOSO1"
	teamAdatum   = "T0ADATUM01"

	botUser = "U0LATCHKEY"
	// MailFrom is from where contacts who are not in Slack are written to.
	MailFrom = "access@fabrikam.example"
	Ana      = "U0ANA00001" // staff
	Bo       = "U0BO000001" // staff
	Dee      = "U0DEE00001" // bot admin
	Carol    = "U0CAROL001" // Contoso's admin, a contact
	Oskar    = "U0OSKAR001" // of Contoso, not a contact
	Amir     = "U0AMIR0001" // Adatum's admin, a contact

	ChannelContoso    = "C0CONTOSO1"
	ChannelAdatum     = "C0ADATUM01"
	ChannelOperations = "C0OPERATIO"

	partnerTenant  = "8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10"
	clientID       = "4d8f2a36-1b7c-4f55-8d63-a9e0c7b21f04"
	readerID       = "7e31c5a8-2d94-4c6b-9f02-b8d4a6e07c15" // the application that customers let in, to read
	logReaderID    = "e6b40f97-58c3-4d1a-8a7e-3c92f5d0b618" // and to read their logs
	tenantContoso  = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
	tenantAdatum   = "5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720"
	tenantProvider = "2f9d6c0e-51aa-4b0c-a1d8-7b3c9e5f4d21" // Northwind, the indirect provider
	tenantLitware  = "d3a7e920-8c14-4f6d-b2e5-6a90c8f1e247" // Litware Cloud, another partner of the customers
	tenantAdvent   = "c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836"

	principalAna = "a1a00000-5b1e-4c52-9d57-000000000001"
	principalDee = "dee00000-5b1e-4c52-9d57-000000000003"
	principalBo  = "b0b00000-5b1e-4c52-9d57-000000000002"
	groupVoice   = "d0d00000-5b1e-4c52-9d57-000000000003"

	roleExchange         = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	roleHelpdesk         = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	roleUser             = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	roleSupport          = "f023fd81-a637-4b56-95fd-791ac0226033"
	roleReader           = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
	roleDirectoryReaders = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
	roleDirectoryWriters = "9360feb5-f418-4baa-8175-e2a00bac4301"
	roleLicense          = "4d6ac14f-3453-41d0-bef9-a3e0c569773a"
	roleCloudApp         = "158c047a-c907-4556-b7ef-446551a6b5f7"
	roleAuth             = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
)

// scopes and permissions are what manifest.yml and the README ask for; a call
// that needs more fails here as it would there.
var (
	scopes = []string{
		"commands", "chat:write", "files:write", "im:write", "im:history", "channels:read", "channels:history",
		"groups:read", "groups:history", "users:read", "usergroups:read",
	}
	events      = []string{"app_home_opened", "app_uninstalled", "channel_id_changed", "tokens_revoked", "user_change"}
	permissions = []string{
		"DelegatedAdminRelationship.ReadWrite.All", "GroupMember.ReadWrite.All", "Group.Create", "AuditLog.Read.All",
		"User.Read.All", "Directory.Read.All", "CrossTenantInformation.ReadBasic.All", "Mail.Send", "Mail.ReadBasic.All",
		"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
	}
)

func furnishSlack(s *chattest.Server) {
	s.AddTeam(chattest.Team{ID: teamFabrikam, Name: "Fabrikam Partners", Domain: "fabrikam"})
	s.AddTeam(chattest.Team{ID: teamContoso, Name: "Contoso", Domain: "contoso"})
	s.AddTeam(chattest.Team{ID: teamAdatum, Name: "Adatum", Domain: "adatum"})
	berlin := func(id, team, name, real string) chattest.User {
		return chattest.User{ID: id, Team: team, Name: name, RealName: real, TZ: "Europe/Berlin", TZOffset: 3600}
	}
	s.AddUser(berlin(Ana, teamFabrikam, "ana", "Ana Trujillo"))
	s.AddUser(berlin(Bo, teamFabrikam, "bo", "Bo Lindqvist"))
	s.AddUser(berlin(Dee, teamFabrikam, "dee", "Dee Okafor"))
	s.AddUser(berlin(Carol, teamContoso, "carol", "Carol Weber"))
	s.AddUser(berlin(Oskar, teamContoso, "oskar", "Oskar Lind"))
	s.AddUser(berlin(Amir, teamAdatum, "amir", "Amir Haddad"))
	// Somebody who shares no channel with the bot, and a group of the staff.
	s.AddTeam(chattest.Team{ID: "T0NORTHWND", Name: "Northwind", Domain: "northwind"})
	s.AddUser(berlin("U0NILS0001", "T0NORTHWND", "nils", "Nils Borg"))
	s.AddChannel(chattest.Channel{
		ID: ChannelContoso, Name: "contoso-fabrikam", Host: teamFabrikam, Connected: []string{teamFabrikam, teamContoso},
		Members: []string{botUser, Ana, Bo, Dee, Carol, Oskar}, Private: true,
	})
	s.AddChannel(chattest.Channel{
		ID: ChannelAdatum, Name: "adatum-fabrikam", Host: teamFabrikam, Connected: []string{teamFabrikam, teamAdatum},
		Members: []string{botUser, Ana, Bo, Dee, Amir}, Private: true,
	})
	s.AddChannel(chattest.Channel{
		ID: ChannelOperations, Name: "service-desk", Host: teamFabrikam, Members: []string{botUser, Ana, Bo, Dee},
	})
	s.AddUsergroup(chattest.Usergroup{ID: "S0SERVICED", Handle: "service-desk", Name: "Service desk", Users: []string{Ana, Bo}})
}

func furnishGraph(g *graphtest.Server, now time.Time) {
	g.AddUser(graphtest.User{ID: principalAna, DisplayName: "Ana Trujillo", UPN: "ana@fabrikam.example", Mail: "ana@fabrikam.example"})
	g.AddUser(graphtest.User{ID: principalBo, DisplayName: "Bo Lindqvist", UPN: "bo@fabrikam.example", Mail: "bo@fabrikam.example"})
	g.AddUser(graphtest.User{ID: principalDee, DisplayName: "Dee Okafor", UPN: "dee@fabrikam.example", Mail: "dee@fabrikam.example"})
	g.AddUser(graphtest.User{DisplayName: "Access", UPN: MailFrom, Mail: MailFrom}) // a shared mailbox
	g.AddUser(graphtest.User{DisplayName: "Gus Guest", UPN: "gus_outside.example#EXT#@fabrikam.example", Guest: true})
	g.AddUser(graphtest.User{DisplayName: "Lou Left", UPN: "lou@fabrikam.example", Disabled: true})
	g.AddGroup(graphtest.Group{ID: groupVoice, DisplayName: "Voice desk", MailNickname: "voice-desk", Members: []string{principalBo}})
	standing := g.AddGroup(graphtest.Group{DisplayName: "GDAP Contoso readers", MailNickname: "gdap-contoso-readers", Members: []string{principalBo}})
	g.AddGroup(graphtest.Group{DisplayName: "AdminAgents", MailNickname: "AdminAgents", Members: []string{principalBo, principalDee}})
	g.AddGroup(graphtest.Group{DisplayName: "HelpdeskAgents", MailNickname: "HelpdeskAgents"})
	g.AddGroup(graphtest.Group{DisplayName: "SalesAgents", MailNickname: "SalesAgents"})
	contoso := g.AddRelationship(graphtest.Relationship{
		DisplayName: "Fabrikam_Contoso_2026", CustomerTenant: tenantContoso, CustomerName: "Contoso", Status: "active",
		Roles:    []string{roleExchange, roleHelpdesk, roleUser, roleSupport, roleReader, roleAuth},
		Duration: "P730D", AutoExtend: "P180D", Created: now.AddDate(0, -8, 0), Activated: now.AddDate(0, -8, 0), End: now.AddDate(1, 4, 0),
	})
	g.AddAssignment(graphtest.Assignment{Relationship: contoso, Group: standing, Status: "active", Roles: []string{roleReader}})
	g.AddRelationship(graphtest.Relationship{
		DisplayName: "Fabrikam_Contoso_2024", CustomerTenant: tenantContoso, CustomerName: "Contoso", Status: "expired",
		Roles: []string{roleReader}, Duration: "P365D", AutoExtend: "PT0S",
		Created: now.AddDate(-2, 0, 0), Activated: now.AddDate(-2, 0, 0), End: now.AddDate(-1, 0, 0),
	})
	g.AddRelationship(graphtest.Relationship{
		DisplayName: "Northwind_Adatum_2026", CustomerTenant: tenantAdatum, CustomerName: "Adatum", Status: "active",
		Roles:    []string{roleHelpdesk, roleExchange},
		Duration: "P90D", AutoExtend: "PT0S", Created: now.AddDate(0, 0, -62), Activated: now.AddDate(0, 0, -62), End: now.AddDate(0, 0, 28),
		IndirectProvider: tenantProvider,
	})
	g.AddRelationship(graphtest.Relationship{
		DisplayName: "Northwind_Adatum_Calls", CustomerTenant: tenantAdatum, CustomerName: "Adatum", Status: "approvalPending",
		Roles: []string{roleHelpdesk, roleReader}, Duration: "P365D", AutoExtend: "PT0S", Created: now.AddDate(0, 0, -2),
		IndirectProvider: tenantProvider, PartnerConsentPending: true,
	})
	// What Microsoft made when it moved a customer off DAP; its name begins so.
	g.AddRelationship(graphtest.Relationship{
		DisplayName: "MLT_c84e0d9b_8c1fbe4e_20260201", CustomerTenant: tenantAdvent, CustomerName: "Adventure Works", Status: "active",
		Roles:    []string{roleHelpdesk, roleUser, roleSupport, roleReader, roleDirectoryReaders, roleDirectoryWriters, roleLicense, roleCloudApp, roleAuth},
		Duration: "P365D", AutoExtend: "PT0S", Created: now.AddDate(0, -9, 0), Activated: now.AddDate(0, -9, 0), End: now.AddDate(0, -9, 365),
	})
	g.AddRelationship(graphtest.Relationship{
		DisplayName: "Fabrikam_AdventureWorks_2026", CustomerTenant: tenantAdvent, CustomerName: "Adventure Works", Status: "approvalPending",
		Roles: []string{roleHelpdesk, roleReader}, Duration: "P365D", AutoExtend: "PT0S", Created: now.AddDate(0, 0, -3),
	})
	for tenant, name := range map[string]string{tenantContoso: "Contoso", tenantAdatum: "Adatum", tenantAdvent: "Adventure Works"} {
		g.AddContract(graphtest.Contract{
			CustomerTenant: tenant, DisplayName: name, DefaultDomain: domains[tenant], Type: "ResellerPartner",
		})
	}
}

// furnishTenants adds those who can sign in: the partner's people, and the
// customers' with what they may decide about partners.
func furnishTenants(g *graphtest.Server) error {
	const globalAdministrator, relationshipAdministrator = "62e90394-69f5-4237-9190-012177145e10", "fc8ad4e2-40e4-4724-8317-bcda7503ecbf"
	g.AddTenant(graphtest.Tenant{ID: partnerTenant, Name: "Fabrikam Partners", Domain: "fabrikam.example"})
	g.AddTenant(graphtest.Tenant{ID: tenantContoso, Name: "Contoso", Domain: domains[tenantContoso]})
	g.AddTenant(graphtest.Tenant{ID: tenantAdatum, Name: "Adatum", Domain: domains[tenantAdatum], DAP: true})
	g.AddTenant(graphtest.Tenant{ID: tenantProvider, Name: "Northwind", Domain: "northwind.example"})
	g.AddTenant(graphtest.Tenant{ID: tenantLitware, Name: "Litware Cloud", Domain: "litware.example"})
	g.AddTenant(graphtest.Tenant{ID: tenantAdvent, Name: "Adventure Works", Domain: domains[tenantAdvent], NoPremium: true})
	for _, c := range []graphtest.CrossTenant{
		{Tenant: tenantContoso, Partner: tenantLitware, ServiceProvider: true},
		{Tenant: tenantAdatum, Partner: tenantProvider, ServiceProvider: true},
		{Tenant: tenantAdatum, Partner: tenantContoso}, // works with it, and is no service provider
	} {
		g.AddCrossTenant(c)
	}
	g.Consent(tenantAdatum, readerID)
	g.Consent(tenantContoso, logReaderID)
	g.Consent(tenantAdvent, logReaderID)
	for _, p := range []graphtest.Person{
		{Tenant: partnerTenant, ObjectID: principalAna, Name: "Ana Trujillo", UPN: "ana@fabrikam.example", Mail: "ana@fabrikam.example"},
		{Tenant: partnerTenant, ObjectID: principalBo, Name: "Bo Lindqvist", UPN: "bo@fabrikam.example", Mail: "bo@fabrikam.example"},
		{Tenant: partnerTenant, ObjectID: principalDee, Name: "Dee Okafor", UPN: "dee@fabrikam.example", Mail: "dee@fabrikam.example", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantContoso, Name: "Carol Weber", UPN: "carol@contoso.com", Mail: "carol@contoso.com", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantContoso, Name: "Oskar Lind", UPN: "oskar@contoso.com", Mail: "oskar@contoso.com"},
		{Tenant: tenantAdatum, Name: "Amir Haddad", UPN: "amir@adatum.com", Mail: "amir@adatum.com", DirectoryRoles: []string{relationshipAdministrator}},
		{Tenant: tenantAdvent, Name: "Robin Vega", UPN: "robin@adventure-works.com", Mail: "robin@adventure-works.com", DirectoryRoles: []string{globalAdministrator}},
	} {
		if _, err := g.AddPerson(p); err != nil {
			return fmt.Errorf("furnish the tenants: %w", err)
		}
	}
	return nil
}

var domains = map[string]string{
	tenantContoso: "contoso.com", tenantAdatum: "adatum.com", tenantAdvent: "adventure-works.com",
}

// policyFile is the policy.yml of the sandbox.
const policyFile = `# The sandbox's policy: Fabrikam Partners looks after Contoso and Adatum.
admins: [` + Dee + `]
operations_channel: ` + ChannelOperations + `
timezone: Europe/Berlin
summary: {at: "09:00", days: [mon, tue, wed, thu, fri, sat, sun]}
customers:
  - name: Contoso
    tenant: ` + tenantContoso + `
    domains: [contoso.com]
    slack: {team: ` + teamContoso + `, channel: ` + ChannelContoso + `}
    summary: true
  - name: Adatum
    tenant: ` + tenantAdatum + `
    domains: [adatum.com]
    slack: {team: ` + teamAdatum + `, channel: ` + ChannelAdatum + `}
    driver: pim
bundles:
  - name: Helpdesk
    roles: [Helpdesk Administrator, Authentication Administrator]
    description: Reset a password or a lost phone.
  - name: Mail migration
    roles: [Exchange Administrator]
    description: Move mailboxes.
  - name: Calls
    roles: [Teams Administrator, Teams Telephony Administrator]
    description: Look after calling. The voice desk has it all the time.
    groups:
      - {name: Voice desk, id: ` + groupVoice + `}
  - name: Emergency
    roles: [Global Administrator, Exchange Administrator]
    description: For the day when nothing else helps.
rule: {max_duration: 8h, approvals: 1, decide_within: 24h, other_roles: true, start_within: 30d, recurring: 90d, extensions: 2}
`

// setUp are the commands by which the bot's admin links people. They are typed
// into Slack like any other: nothing is put into the store from outside.
var setUp = []struct{ channel, command string }{
	{ChannelOperations, "staff link @ana ana@fabrikam.example"},
	{ChannelOperations, "staff link @bo bo@fabrikam.example"},
	{ChannelContoso, "customer link contoso @carol"},
	{ChannelAdatum, "customer link adatum @amir"},
}

// verifies are the contacts who sign in to be verified, and as whom.
var verifies = []struct{ user, channel, as string }{
	{Carol, ChannelContoso, "carol@contoso.com"},
	{Amir, ChannelAdatum, "amir@adatum.com"},
}

var personas = []page.Persona{
	{User: Ana, Name: "Ana", What: "staff of Fabrikam"},
	{User: Carol, Name: "Carol", What: "Contoso's admin, a contact"},
	{User: Bo, Name: "Bo", What: "staff of Fabrikam"},
	{User: Dee, Name: "Dee", What: "Fabrikam's bot admin"},
	{User: Oskar, Name: "Oskar", What: "works at Contoso, no contact: an outsider to decisions"},
	{User: Amir, Name: "Amir", What: "Adatum's admin, another customer's contact"},
}

var suggestions = []string{
	"/access list contoso",
	`/access request contoso "Exchange Administrator" for 4h because mailbox migration, INC-4711`,
	"/access request",
	`/access relationship request contoso "Teams Administrator" for 1y auto-extend`,
	"/access dap adatum",
	"/access staff link @dee dee@fabrikam.example",
	"/access activity contoso",
	"/access mine",
	"/access help",
}
