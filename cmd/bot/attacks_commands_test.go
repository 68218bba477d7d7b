package main

import "strings"

var long = strings.Repeat("ä ", 2000)

var commandAttacks = []attack{
	{"CommandOfACustomer", slash("T0CONTOSO1", "U0CAROL001", "list contoso"), "^$", "carol", ""},
	{"CommandOfAnotherWorkspace", slash("T0EVILCORP", "U0ANA00001", "request contoso Helpdesk for 1h because x"), "^$", "ana", ""},
	{"CommandOfNobody", slash("", "", "withdraw $R1"), "^$", "", ""},
	{"RequestByUnlinked", says("dee", "#contoso", `request contoso "Exchange Administrator" for 1h because x`), "not linked to a user in Entra", "dee", ""},
	{"LinkContactByStaff", says("ana", "#contoso", "customer link contoso @oskar"), "Only a bot admin", "ana", ""},
	{"UnlinkContactByStaff", says("ana", "#contoso", "customer unlink contoso @carol"), "Only a bot admin", "ana", ""},
	{"BecomeAnAdminInEntra", says("ana", "#ops", "staff link @ana dee@fabrikam.example"), "Only a bot admin", "ana", ""},
	{"UnlinkAColleague", says("ana", "#ops", "staff unlink @bo"), "Only a bot admin", "ana", ""},
	{"ReviewByStaff", says("bo", "#ops", "review start all"), "Only a bot admin", "bo", ""},
	{"RelationshipByStaff", says("bo", "#ops", `relationship request contoso "Global Administrator" for 1 year`), "Only a bot admin", "bo", ""},
	{"RemoveDAPByStaff", says("bo", "#ops", "dap remove adatum"), "Only a bot admin", "bo", ""},
	{"WithdrawAnothers", says("bo", "#contoso", "withdraw $R1"), "Only Ana Trujillo, who asked for $R1, can withdraw it", "bo", ""},
	{"EndAnothersAccess", says("ana", "#contoso", "revoke $R4"), "Only Bo Lindqvist, a bot admin or a contact of Contoso can end $R4", "ana", ""},
	{"CyrillicCustomer", says("ana", "#contoso", `request Cоntoso "Exchange Administrator" for 1h because x`), "No customer is called", "", ""},
	{"GreekCustomer", says("ana", "#contoso", `request Cοntοsο "Exchange Administrator" for 1h because x`), "No customer is called", "", ""},
	{"FullwidthCustomer", says("ana", "#contoso", `request Ｃｏｎｔｏｓｏ "Exchange Administrator" for 1h because x`), "No customer is called", "", ""},
	{"CombiningCustomer", says("ana", "#contoso", "request Co\u0301nto\u0301so \"Exchange Administrator\" for 4h because x"), "You already asked for the same: $R1", "ana", ""},
	{"ZeroWidthCustomer", says("ana", "#contoso", "request Con\u200bto\u2060so \"Exchange Administrator\" for 4h because x"), "You already asked for the same: $R1", "ana", ""},
	{"ReversedCustomer", says("ana", "#contoso", "request \u202eosotnoC\u202c \"Exchange Administrator\" for 1h because x"), "No customer is called", "", ""},
	{"HomographDomain", says("ana", "#contoso", `request xn--ontoso-n4a.com "Exchange Administrator" for 1h because x`), "No customer is called", "", ""},
	{"WildcardCustomer", says("ana", "#contoso", `request * "Exchange Administrator" for 1h because x`), "Name a customer", "", ""},
	{"TenantOutsidePolicy", says("ana", "#contoso", "request "+tenantOfAdvent+` "Helpdesk Administrator" for 1h because x`), "not in policy.yml", "ana", ""},
	{"CyrillicRole", says("ana", "#contoso", `request contoso "Exchаnge Administrаtor" for 1h because x`), "There is no role or bundle", "", ""},
	{"GlobalAdministratorByID", says("ana", "#contoso", "request contoso "+strings.ToUpper(globalAdministrator)+" for 1h because x"), "No active relationship with Contoso carries Global Administrator", "ana", ""},
	{"PrivilegedByUpperCase", says("ana", "#contoso", "request contoso 729827E3-9C14-49F7-BB1B-9608F156BBB8 for 2h because x"), "You already asked for the same: $R3", "ana", ""},
	{"RoleSmuggledIn", says("ana", "#contoso", `request contoso "Exchange Administrator, Global Administrator" for 1h because x`), "carries Global Administrator", "ana", ""},
	{"TooLong", says("ana", "#contoso", `request contoso Helpdesk for 9999h because x`), "at most 8 h is allowed", "", ""},
	{"Negative", says("ana", "#contoso", `request contoso Helpdesk for -4h because x`), "not a length of time", "", ""},
	{"NoTime", says("ana", "#contoso", `request contoso Helpdesk for 0h because x`), "not a length of time", "", ""},
	{"OversizeReason", says("ana", "#contoso", "request contoso Helpdesk for 1h because "+long), "at most 500 characters", "", ""},
	{"OversizeCustomer", says("ana", "#contoso", `request "`+long+`" Helpdesk for 1h because x`), "Name a customer", "", ""},
	{"OversizeVerb", says("ana", "#contoso", strings.Repeat("a", 3900)), "There is no command “a{59}…”", "", ""},
	{"MentionInAVerb", slash("T0FABRIKAM", "U0ANA00001", "<!channel>now <@U0DEE00001>"), `^There is no command “[^<]*$`, "", ""},
}
