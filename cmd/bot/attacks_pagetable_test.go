package main

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

const (
	asksToSignIn = "^200 .*sign in with your account of your own organisation"
	notDrawn     = "^403 .*This form was not drawn for you"
	notWhole     = "^400 .*This form is not whole"
	notKnown     = "^400 .*This sign-in is not known here"
	notCompleted = "^502 .*That could not be completed"
)

var pageAttacks = []attack{
	{"ScannerOpensLink", opens("", "/requests/$R3"), asksToSignIn, "", ""},
	{"ScannerOpensLinkOfNone", opens("", "/requests/R-ZZZZZ"), asksToSignIn, "", ""},
	{"ScannerDecides", opens("", "/requests/$R3?verdict=approve&terms=1&csrf="), asksToSignIn, "", ""},
	{"GetDecides", opens("carol", "/requests/$R3?verdict=approve&terms=1&note=x"), "^200 .*waits for a decision", "", ""},
	{"HeadDecides", func(s *siege) (string, error) {
		return s.posted(http.MethodHead, "/requests/"+s.ids["R3"]+"?verdict=approve", nil, nil)
	}, "^200", "", ""},
	{"PutDecides", func(s *siege) (string, error) { return s.posted(http.MethodPut, "/requests/"+s.ids["R3"], nil, nil) }, "^405", "", ""},
	{"LinkOfAnothersRequest", opens("amir", "/requests/$R3"), "^404 .*There is no such request for your organisation", "Amir Haddad", ""},
	{"LinkOfNoRequest", opens("carol", "/requests/R-ZZZZZ"), "^404 .*There is no such request for your organisation", "Carol Weber", ""},
	{"LinkInLowerCase", func(s *siege) (string, error) { return opens("carol", "/requests/"+strings.ToLower(s.ids["R3"]))(s) }, "^404 .*not the address of a request", "", ""},
	{"LinkToElsewhere", opens("", "/requests/%2F%2Fevil.example"), "^404 .*not the address of a request", "", ""},
	{"LinkOfMadeUpSecret", opens("", "/contacts/00000000000000000000000000000000"), "^404 .*This link is not known", "", ""},
	{"PostWithoutSession", sends("", "$R3", form("", "approve", "1")), asksToSignIn, "", ""},
	{"PostWithOthersToken", sends("", "$R3", form("csrf of carol", "approve", "1")), asksToSignIn, "", ""},
	{"PostWithoutToken", sends("carol", "$R3", form("", "approve", "1")), notDrawn, "Carol Weber", ""},
	{"PostWithPlantedToken", sends("carol", "$R3", form("AAAAAAAAAAAAAAAAAAAAAAAAAA", "approve", "1")), notDrawn, "Carol Weber", ""},
	{"PostWithTokenOfAnotherSession", sends("carol", "$R3", form("csrf of amir", "approve", "1")), notDrawn, "Carol Weber", ""},
	{"PostOfAnotherSite", sends("carol", "$R3", form("csrf of carol", "approve", "1"), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), "^403 .*sent from another site", "", ""},
	{"PostOfAnotherOrigin", sends("carol", "$R3", form("csrf of carol", "approve", "1"), "Origin", "https://evil.example"), "^403 .*sent from another site", "", ""},
	{"PostForAnothersRequest", sends("amir", "$R3", form("csrf of amir", "approve", "1")), "^403 .*another organisation than Contoso", "Amir Haddad", ""},
	{"PostOldTerms", sends("carol", "$R3", form("csrf of carol", "approve", "7")), "^410 .*has changed since", "Carol Weber", ""},
	{"PostNoVerdict", sends("carol", "$R3", form("csrf of carol", "grant", "1")), notWhole, "", ""},
	{"PostWordyTerms", sends("carol", "$R3", form("csrf of carol", "approve", "1 or 1")), notWhole, "", ""},
	{"PostDenialWithoutReason", sends("carol", "$R3", url.Values{"csrf": {"csrf of carol"}, "verdict": {"deny"}, "terms": {"1"}, "note": {" \n"}}), "^400 .*Say why", "", ""},
	{"PostOversizeReason", sends("carol", "$R3", url.Values{"csrf": {"csrf of carol"}, "verdict": {"deny"}, "terms": {"1"}, "note": {strings.Repeat("ä", 501)}}), notWhole, "", ""},
	{"PostOversize", sends("carol", "$R3", url.Values{"csrf": {"csrf of carol"}, "verdict": {"approve"}, "terms": {"1"}, "note": {strings.Repeat("x", 17<<10)}}), notDrawn + "|" + notWhole, "", ""},
	{"SignedOut", func(s *siege) (string, error) {
		token, err := s.token("carol", "$R3")
		if err := errors.Join(err, s.desks["carol"].Press(s.t.Context(), "/contacts/sign-out", nil)); err != nil {
			return "", err
		}
		return sends("carol", "$R3", form(token, "approve", "1"))(s)
	}, asksToSignIn, "", ""},
}

var accountAttacks = []attack{
	{"CookieMadeUp", func(s *siege) (string, error) {
		b, err := withCookie(s, "latchkey-session", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
		return visited(s, b, err)
	}, asksToSignIn, "", ""},
	{"AccountOfAnotherCustomer", enters("amir@adatum.com"), "^404 .*no such request for your organisation", "Amir Haddad", ""},
	{"AccountOfThePartner", enters("dee@fabrikam.example"), "^403 .*an organisation for which nothing can be decided", "Dee Okafor", ""},
	{"AccountOfTheRequester", enters("ana@fabrikam.example"), "^403 .*an organisation for which nothing can be decided", "Ana Trujillo", ""},
	{"AccountOfAGuest", enters("gus@contoso.com"), "^403 .*as a guest", "Gus Guest", ""},
	{"AccountWithoutRole", enters("ulf@contoso.com"), "^403 .*only while you hold Global Administrator", "Ulf User", ""},
	{"AccountWithoutBinding", enters("lea@contoso.com"), "^403 .*has not linked you as a contact", "", "contact.enrolled"},
	{"AccountOfTheRequesterAtTheCustomer", enters("ana.t@contoso.com"), "^403 .*has not linked you as a contact", "", "contact.enrolled"},
	{"AccountWithAContactsMail", enters("carol@contoso.com.evil.example"), "^403 .*has not linked you as a contact", "", "contact.enrolled"},
	{"BackWithForeignState", comesBack(with("state", "AAAAAAAAAAAAAAAAAAAAAAAAAA"), false), notKnown, "", ""},
	{"BackWithoutState", comesBack(with("state", ""), false), notKnown, "", ""},
	{"BackInAnotherBrowser", comesBack(nil, true), notKnown, "", ""},
	{"BackWithMadeUpCode", comesBack(with("code", "made-up"), false), notCompleted, "", ""},
	{"BackWithAnothersCode", comesBack(func(s *siege, q url.Values) (url.Values, error) {
		_, back, err := s.halfway("carol@contoso.com")
		u, err2 := url.Parse(back)
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		q.Set("code", u.Query().Get("code"))
		return q, nil
	}, false), notCompleted, "", ""},
	{"BackTwice", func(s *siege) (string, error) {
		b, back, err := s.halfway("carol@contoso.com")
		if err := errors.Join(err, b.Open(s.t.Context(), back), b.Open(s.t.Context(), back)); err != nil {
			return "", err
		}
		return said(b), nil
	}, notKnown, "", ""},
	{"BackWithANo", comesBack(with("error", "access_denied"), false), "^403 .*Microsoft did not let you in", "", ""},
}

// withCookie is a browser in which somebody has planted a cookie.
func withCookie(s *siege, name, value string) (*sandbox.Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(s.Front())
	if err != nil {
		return nil, err
	}
	jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	b, err := sandbox.NewBrowser()
	if err == nil {
		b.Jar = jar
	}
	return b, err
}

func visited(s *siege, b *sandbox.Browser, err error) (string, error) {
	if err != nil {
		return "", err
	}
	err = b.Open(s.t.Context(), s.page("$R3"))
	return said(b), err
}

// forges has Microsoft's answer changed while Carol signs in.
func forges(change func(*graphtest.Forgery)) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		s.Graph.ForgeIDTokens(change)
		defer s.Graph.ForgeIDTokens(nil)
		return enters("carol@contoso.com")(s)
	}
}

// claiming puts claims in the place of those that were true.
func claiming(claims ...any) func(*siege) (string, error) {
	return forges(func(f *graphtest.Forgery) {
		for i := 0; i+1 < len(claims); i += 2 {
			name, _ := claims[i].(string)
			if claims[i+1] == nil {
				delete(f.Claims, name)
				continue
			}
			f.Claims[name] = claims[i+1]
		}
	})
}

func signing(how graphtest.Signing) func(*siege) (string, error) {
	return forges(func(f *graphtest.Forgery) { f.Signed = how })
}

// issuedBy changes the tenant in the token's issuer.
func issuedBy(tenant string) func(*siege) (string, error) {
	return forges(func(f *graphtest.Forgery) {
		issuer, _ := f.Claims["iss"].(string)
		f.Claims["iss"] = strings.Replace(issuer, tenantOfContoso, tenant, 1)
	})
}

var tokenAttacks = []attack{
	{"TokenForAnotherApplication", claiming("aud", "4d8f2a36-1b7c-4f55-8d63-a9e0c7b21f04"), notCompleted, "", ""},
	{"TokenForNoApplication", claiming("aud", nil), notCompleted, "", ""},
	{"TokenOfAnotherTenantByTheIssuer", claiming("tid", tenantOfAdatum), notCompleted, "", ""},
	{"TokenOfAnotherIssuer", issuedBy(tenantOfAdatum), notCompleted, "", ""},
	{"TokenOfAnIssuerElsewhere", claiming("iss", "https://evil.example/"+tenantOfContoso+"/v2.0"), notCompleted, "", ""},
	{"TokenOfTheCommonIssuer", issuedBy("{tenantid}"), notCompleted, "", ""},
	{"TokenWithoutTenant", claiming("tid", nil), notCompleted, "", ""},
	{"TokenWithPathForTenant", claiming("tid", "../"+tenantOfContoso), notCompleted, "", ""},
	{"TokenExpired", claiming("exp", time.Now().Add(-time.Hour).Unix()), notCompleted, "", ""},
	{"TokenNotYetValid", claiming("nbf", time.Now().Add(time.Hour).Unix()), notCompleted, "", ""},
	{"TokenWithoutEnd", claiming("exp", nil), notCompleted, "", ""},
	{"TokenOfAnotherSignIn", claiming("nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAA"), notCompleted, "", ""},
	{"TokenOfNoSignIn", claiming("nonce", nil), notCompleted, "", ""},
	{"TokenUnsigned", signing(graphtest.SignedByNobody), notCompleted, "", ""},
	{"TokenSignedWithThePublicKey", signing(graphtest.SignedByHMAC), notCompleted, "", ""},
	{"TokenSignedByAnother", signing(graphtest.SignedByAnother), notCompleted, "", ""},
	{"TokenAltered", signing(graphtest.SignedAltered), notCompleted, "", ""},
	{"TokenOfUnknownKey", forges(func(f *graphtest.Forgery) { f.Header["kid"], f.Signed = "unknown", graphtest.SignedByAnother }), notCompleted, "", ""},
	{"TokenThatBringsItsKey", forges(func(f *graphtest.Forgery) {
		f.Header["jku"], f.Header["kid"], f.Signed = "https://evil.example/keys", "evil", graphtest.SignedByAnother
	}), notCompleted, "", ""},
}

// claimAttacks are tokens that are rightly signed, and not enough.
var claimAttacks = []attack{
	{"TokenOfNobody", claiming("oid", nil), "^403 .*does not say who you are", "", ""},
	{"TokenOfAGuest", claiming("acct", 1), "^403 .*as a guest", "Carol Weber", ""},
	{"TokenOfAGuestByProvider", claiming("idp", "https://sts.windows.net/"+tenantOfAdatum+"/"), "^403 .*as a guest", "Carol Weber", ""},
	{"TokenOfAnotherObject", claiming("oid", "0b7ec700-0000-4000-8000-000000000001"), "^403 .*is linked to another account|^403 .*has not linked you", "", "contact.enrolled"},
	{"TokenWithoutRoles", claiming("wids", nil), "^400 .*does not tell this page which roles you hold", "Carol Weber", ""},
	{"TokenOfOtherRoles", claiming("wids", []string{"b79fbf4d-3ef9-4689-8143-76b194e85509"}), "^403 .*only while you hold Global Administrator", "Carol Weber", ""},
	{"TokenWithRolesInAText", claiming("wids", globalAdministrator), notCompleted, "", ""},
}
