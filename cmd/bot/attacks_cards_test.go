package main

import "strings"

// reviewed has a review of Contoso's open: $R5 is its id.
func reviewed(s *siege) {
	told, err := s.say("dee", "#ops", "review start contoso")
	must(s.t, err)
	must(s.t, s.sees("carol", `\bV-[0-9A-HJKMNP-TV-Z]{5}\b`))
	if s.ids["R5"] = reviewID.FindString(s.seen("carol")); s.ids["R5"] == "" {
		s.t.Fatalf("no review: %s", told)
	}
}

// relations fills in the id of a relationship where a value says "$name".
func relations(do func(value string) func(*siege) (string, error), value string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		for _, r := range s.Graph.Relationships() {
			value = strings.ReplaceAll(value, "$"+r.DisplayName, r.ID)
		}
		return do(value)(s)
	}
}

func pressing(who, channel, action string) func(string) func(*siege) (string, error) {
	return func(value string) func(*siege) (string, error) { return clicks(who, channel, action, value) }
}

// cardAttacks are on the buttons of other cards than a request's.
var cardAttacks = []attack{
	{"KeepByOutsider", clicks("oskar", "#contoso", "review.keep", "$R5/1/1"), "Only a contact of Contoso", "oskar", ""},
	{"KeepByPartner", clicks("dee", "#contoso", "review.keep", "$R5/1/1"), "Only a contact of Contoso", "dee", ""},
	{"KeepByOtherCustomer", clicks("amir", "#adatum", "review.keep", "$R5/1/1"), "Only a contact of Contoso", "amir", ""},
	{"KeepRestByOtherCustomer", clicks("amir", "#contoso", "review.rest", "$R5/0/1"), "Only a contact of Contoso", "amir", ""},
	{"RemoveByOutsider", clicks("oskar", "#contoso", "review.remove", "$R5/1/1"), "Only a contact of Contoso", "oskar", ""},
	{"KeepInOtherChannel", clicks("carol", "#adatum", "review.keep", "$R5/1/1"), "only in the channel", "carol", ""},
	{"UnknownReview", clicks("carol", "#contoso", "review.keep", "V-ZZZZZ/1/1"), "no access review V-ZZZZZ", "carol", ""},
	{"UnknownRow", clicks("carol", "#contoso", "review.keep", "$R5/77/1"), "has no row 77", "carol", ""},
	{"LaterRow", clicks("carol", "#contoso", "review.keep", "$R5/1/9"), "has changed since", "carol", ""},
	{"RequestForReview", clicks("carol", "#contoso", "review.keep", "$R1/1"), "does not belong to an access review", "carol", ""},
	{"ConsentByStaff", relations(pressing("ana", "#ops", "relationship.consent"), tenantOfAdatum+"/$Northwind_Adatum_Calls"), "Only a bot admin", "ana", ""},
	{"RejectByContact", relations(pressing("amir", "#adatum", "relationship.reject"), tenantOfAdatum+"/$Northwind_Adatum_Calls"), "Only a bot admin", "amir", ""},
	{"TerminateByStaff", relations(pressing("bo", "#ops", "relationship.terminate"), tenantOfContoso+"/$Fabrikam_Contoso_2026"), "Only a bot admin", "bo", ""},
	{"TerminateByContact", relations(pressing("carol", "#contoso", "relationship.terminate"), tenantOfContoso+"/$Fabrikam_Contoso_2026"), "Only a bot admin", "carol", ""},
	{"ReduceByStaff", relations(pressing("bo", "#ops", "relationship.reduce"), tenantOfContoso+"/$Fabrikam_Contoso_2026"), "Only a bot admin", "bo", ""},
	{"RelationshipOfAnother", relations(pressing("dee", "#ops", "relationship.terminate"), tenantOfAdatum+"/$Fabrikam_Contoso_2026"), "This relationship is not known", "dee", ""},
	{"OustByStaff", clicks("ana", "#ops", "standing.remove", "d0d00000-5b1e-4c52-9d57-000000000003/b0b00000-5b1e-4c52-9d57-000000000002"), "Only a bot admin", "ana", ""},
	{"OustByContact", clicks("carol", "#contoso", "standing.remove", "d0d00000-5b1e-4c52-9d57-000000000003/b0b00000-5b1e-4c52-9d57-000000000002"), "Only a bot admin", "carol", ""},
	{"AskLetInByContact", clicks("carol", "#contoso", "letin.ask", tenantOfAdatum), "for the partner.s own staff", "carol", ""},
	{"OfferDeclineMadeUp", clicks("carol", "#contoso", "offer.decline", "O-ZZZZZ"), "Nobody asked for a relationship as O-ZZZZZ", "carol", ""},
}
