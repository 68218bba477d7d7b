package graphtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// appToken is an access token of an application for Graph, of version 1.0. Its claims
// are there to be read; its signature is of no use to anybody but Graph, which hashes a
// nonce of the header first, and here is none at all.
func (s *Server) appToken(q tokenRequest) string {
	now := s.opt.Now()
	tenant := strings.ToLower(q.authority)
	claims := object{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + tenant + "/", "ver": "1.0", "idtyp": "app",
		"appid": q.app.ClientID, "tid": tenant, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(), "uti": newSecret()[:22],
	}
	if roles := s.consentedTo(q.app); len(roles) > 0 { // Entra leaves an empty claim out
		claims["roles"] = roles
	}
	header, err1 := json.Marshal(object{"typ": "JWT", "alg": "RS256", "nonce": newSecret()})
	body, err2 := json.Marshal(claims)
	if err1 != nil || err2 != nil { // unreachable: strings, numbers and lists of strings
		return newSecret()
	}
	return encode(header) + "." + encode(body) + "." + newSecret()
}

// consentedTo are the permissions that an administrator has consented to in Entra. What
// was given in Exchange Online is not among them.
func (s *Server) consentedTo(a application) []string {
	return slices.DeleteFunc(slices.Clone(a.Permissions), func(p string) bool {
		return a.main && len(s.opt.Mailboxes) > 0 && strings.HasPrefix(p, "Mail.")
	})
}

// inScope refuses a mailbox for which the client was given nothing in Exchange Online.
// What the message is like is not looked at before.
func (s *Server) inScope(u *user) error {
	if len(s.opt.Mailboxes) == 0 || slices.ContainsFunc(s.opt.Mailboxes, func(m string) bool { return same(m, u.Mail) }) {
		return nil
	}
	return fail(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
}
