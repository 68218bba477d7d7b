package main

const (
	exchangeAdministrator = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	supportAdministrator  = "f023fd81-a637-4b56-95fd-791ac0226033"
)

// narrowing is what the form to approve less holds.
func narrowing(duration string, roles ...string) map[string]any {
	return map[string]any{"roles": several(roles...), "duration": typed(duration)}
}

// request is what the form of a request holds.
func request(customer, role, duration, why string) map[string]any {
	return map[string]any{"customer": picked(customer), "roles": several(role), "duration": typed(duration), "justification": typed(why)}
}

func reason(text string) map[string]any { return map[string]any{"reason": typed(text)} }

var modalAttacks = []attack{
	{"NarrowToMoreTime", submits("carol", "request.narrow", "$R1/1", narrowing("5h", exchangeAdministrator)), "asks for 4 h; give that or less", "carol", ""},
	{"NarrowToOtherRole", submits("carol", "request.narrow", "$R1/1", narrowing("1h", supportAdministrator)), "does not ask for all of these roles", "carol", ""},
	{"NarrowToOneMoreRole", submits("carol", "request.narrow", "$R1/1", narrowing("1h", exchangeAdministrator, globalAdministrator)), "does not ask for all of these roles", "carol", ""},
	{"NarrowToNothing", submits("carol", "request.narrow", "$R1/1", narrowing("1h")), "Leave at least one role", "carol", ""},
	{"NarrowToNoTime", submits("carol", "request.narrow", "$R1/1", narrowing("0h", exchangeAdministrator)), "is not a length of time", "", ""},
	{"NarrowOthers", submits("carol", "request.narrow", "$R2/1", narrowing("30m", exchangeAdministrator)), "Only a contact of Adatum", "carol", ""},
	{"NarrowWhatNeedsASignIn", submits("carol", "request.narrow", "$R3/1", narrowing("1h", "729827e3-9c14-49f7-bb1b-9608f156bbb8")), "approved only on the page", "carol", ""},
	{"NarrowByColleague", submits("bo", "request.narrow", "$R1/1", narrowing("1h", exchangeAdministrator)), "Only a contact of Contoso", "bo", ""},
	{"DenyOthersByMetadata", submits("carol", "request.deny", "$R2/1", reason("not today")), "Only a contact of Adatum", "carol", ""},
	{"DenyByOutsider", submits("oskar", "request.deny", "$R1/1", reason("not today")), "Only a contact of Contoso", "oskar", ""},
	{"DenyByRequester", submits("ana", "request.deny", "$R1/1", reason("not today")), "You asked for $R1 yourself", "ana", ""},
	{"DenyOldTerms", submits("carol", "request.deny", "$R1/7", reason("not today")), "has changed since", "carol", ""},
	{"DenyOversize", submits("carol", "request.deny", "$R1/1", reason(long)), "at most 500 characters", "", ""},
	{"DenyUnseen", submits("carol", "request.deny", "$R1/1", reason("\u200b\u202e\u2060")), "Say why", "", ""},
	{"MetadataOfAnotherForm", submits("carol", "request.deny", `{"id":"$R1","terms":1}`, reason("not today")), "does not belong to a request", "carol", ""},
	{"MetadataEmpty", submits("carol", "request.deny", "", reason("not today")), "does not belong to a request", "carol", ""},
	{"UnknownModal", submits("carol", "request.approve", "$R1/1", reason("yes")), "not known any more", "carol", ""},
	{"OversizeCallback", submits("carol", long, "$R1/1", reason("yes")), "not known any more", "carol", ""},
	{"RequestByContact", submits("carol", "request.submit", "", request(tenantOfContoso, globalAdministrator, "1h", "x")), "Only the partner.s own staff ask for access", "carol", ""},
	{"RequestNoTenant", submits("ana", "request.submit", "", request("contoso", exchangeAdministrator, "1h", "x")), "Choose a customer", "", ""},
	{"RequestOtherTenant", submits("ana", "request.submit", "", request(tenantOfAdvent, exchangeAdministrator, "1h", "x")), "not in policy.yml", "ana", ""},
	{"RequestForeignRole", submits("ana", "request.submit", "", request(tenantOfContoso, "00000000-0000-0000-0000-000000000000", "1h", "x")), "Choose the roles again", "", ""},
	{"RequestOversize", submits("ana", "request.submit", "", request(tenantOfContoso, exchangeAdministrator, "1h", long)), "at most 500 characters", "", ""},
	{"RequestTooLong", submits("ana", "request.submit", "", request(tenantOfContoso, exchangeAdministrator, "9h", "x")), "at most 8 h", "ana", ""},
	{"ChangeByColleagueInAModal", submits("bo", "request.change", "$R1/1", request(tenantOfContoso, supportAdministrator, "1h", "x")), "Only Ana Trujillo", "bo", ""},
	{"ChangeByContact", submits("carol", "request.change", "$R1/1", request(tenantOfContoso, supportAdministrator, "1h", "x")), "Only Ana Trujillo, who asked for $R1, can change it", "carol", ""},
	{"ChangeToOtherTenant", submits("ana", "request.change", "$R1/1", request(tenantOfAdatum, exchangeAdministrator, "9h", "x")), "at most 8 h", "ana", ""},
	{"StandInOfStaff", submits("carol", "contact.away", tenantOfContoso, map[string]any{"person": namedUser("U0ANA00001"), "duration": typed("5 days")}), "works for your partner", "carol", ""},
	{"StandInByOutsider", submits("oskar", "contact.away", tenantOfContoso, map[string]any{"person": namedUser("U0OSKAR001"), "duration": typed("5 days")}), "Only a contact of Contoso", "oskar", ""},
	{"StandInAtOtherCustomer", submits("carol", "contact.away", tenantOfAdatum, map[string]any{"person": namedUser("U0CAROL001"), "duration": typed("5 days")}), "Only a contact of Adatum", "carol", ""},
	{"StandInForEver", submits("carol", "contact.away", tenantOfContoso, map[string]any{"person": namedUser("U0OSKAR001"), "duration": typed("999 years")}), "is not a length of time", "", ""},
	{"ExtendByColleagueInAModal", submits("ana", "grant.extend", "$R4/1", map[string]any{"duration": typed("1h"), "justification": typed("more")}), "Only Bo Lindqvist, whose access it is", "ana", ""},
	{"ExtendWithoutRule", submits("bo", "grant.extend", "$R4/1", map[string]any{"duration": typed("999h"), "justification": typed("more")}), "errors", "bo", ""},
	{"SignOffByStaff", submits("ana", "breakglass.sign", "$R4/1", reason("fine")), "was not taken by break-glass", "ana", ""},
	{"ObjectByOtherCustomer", submits("amir", "breakglass.object", "$R4/1", reason("no")), "was not taken by break-glass", "amir", ""},
	{"TerminateByModal", submits("bo", "relationship.terminate", tenantOfContoso+" x", map[string]any{"confirm": typed("Contoso")}), "does not belong to a relationship", "bo", ""},
	{"RemoveDAPByModal", submits("ana", "dap.remove", tenantOfAdatum, map[string]any{"confirm": typed("Adatum")}), "Only a bot admin", "ana", ""},
	{"RemoveDAPUnlinkedAdmin", submits("dee", "dap.remove", tenantOfAdatum, map[string]any{"confirm": typed("Adatum")}), "not linked", "dee", ""},
	{"ReviewRemoveByModal", submits("amir", "review.remove", "V-ZZZZZ/1/1", nil), "There is no access review V-ZZZZZ", "amir", ""},
	{"DeclineByModal", submits("oskar", "offer.decline", "O-ZZZZZ", reason("no")), "Nobody asked for a relationship as O-ZZZZZ", "oskar", ""},
}
