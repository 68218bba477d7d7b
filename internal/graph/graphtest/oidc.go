package graphtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	keyBits     = 2048
	idTokenLife = time.Hour
	// Entra puts these into every token: that a member, and that a guest, has no
	// administrator's role by being one.
	widMember = "b79fbf4d-3ef9-4689-8143-76b194e85509"
	widGuest  = "10dae51f-b6af-4016-8d66-8c2a99b929b3"
)

// signingKey signs id tokens.
type signingKey struct {
	key *rsa.PrivateKey
	kid string
}

// idKey is the one of Entra: drawn when it is first needed, and once for all servers of a
// process. strangeKey is somebody else's.
var idKey, strangeKey = sync.OnceValue(newSigningKey), sync.OnceValue(newSigningKey)

func newSigningKey() signingKey {
	key := drawKey()
	digest := sha256.Sum256(key.N.Bytes())
	return signingKey{key, encode(digest[:20])}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// newSecret draws a text that nobody can guess.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return encode(b[:])
}

// keys publishes the public half, for every authority the same.
func (s *Server) keys(w http.ResponseWriter, r *http.Request) {
	if _, refusal := s.authority(r); refusal != nil {
		s.refuseToken(w, r, refusal)
		return
	}
	k := s.realm.signer()
	var exponent [8]byte
	binary.BigEndian.PutUint64(exponent[:], uint64(k.key.E))
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{"keys": []object{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.kid, "x5t": k.kid,
		"n": encode(k.key.N.Bytes()), "e": encode([]byte(strings.TrimLeft(string(exponent[:]), "\x00"))),
	}}})
}

// sign makes a JSON web token.
func (k signingKey) sign(claims object) string {
	head := segment(object{"typ": "JWT", "alg": "RS256", "kid": k.kid}) + "." + segment(claims)
	return head + "." + k.signature(head)
}

// signature signs header and claims with RS256.
func (k signingKey) signature(head string) string {
	digest := sha256.Sum256([]byte(head))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, digest[:])
	if err != nil { // unreachable: the key is larger than the digest
		return ""
	}
	return encode(signature)
}

// segment is the header or the claims of a token as they stand in it.
func segment(v map[string]any) string {
	raw, err := json.Marshal(v)
	if err != nil { // unreachable: strings, numbers and lists of strings
		return ""
	}
	return encode(raw)
}

func issuerOf(base, tenant string) string { return base + "/" + tenant + "/v2.0" }

// pairwise is the subject: for each application another, and always the same.
func pairwise(p *Person, client string) string {
	digest := sha256.Sum256([]byte(strings.ToLower(p.Tenant + "/" + p.ObjectID + "/" + client)))
	return encode(digest[:])
}

// idClaims are the claims of an id token of version 2.0.
func (s *Server) idClaims(p *Person, client string, scopes []string, nonce, base string) object {
	now := s.opt.Now()
	wids := slices.Clone(p.DirectoryRoles)
	wid := widMember
	if p.Guest {
		wid = widGuest
	}
	out := object{
		"iss": issuerOf(base, strings.ToLower(p.Tenant)), "aud": client, "ver": "2.0",
		"tid": strings.ToLower(p.Tenant), "oid": p.ObjectID, "sub": pairwise(p, client),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(idTokenLife).Unix(),
		"wids": append(wids, wid), "uti": newSecret()[:22],
	}
	if nonce != "" {
		out["nonce"] = nonce
	}
	if slices.Contains(scopes, "profile") {
		out["name"], out["preferred_username"] = p.Name, p.UPN
	}
	if slices.Contains(scopes, "email") && p.Mail != "" {
		out["email"] = p.Mail
	}
	if slices.Contains(s.opt.OptionalClaims, "acct") {
		out["acct"] = 0
		if p.Guest {
			out["acct"] = 1
		}
	}
	return out
}

// accessClaims are the claims of a person's access token of version 1.0, the one
// in which Entra says by which methods somebody has signed in.
func (s *Server) accessClaims(p *Person, client, audience string) object {
	now := s.opt.Now()
	methods := []string{"pwd"}
	if !p.NoMFA {
		methods = append(methods, "mfa")
	}
	aud := map[string]string{
		audiencePartnerCenter: "https://api.partnercenter.microsoft.com", audienceGraph: "https://graph.microsoft.com",
	}[audience]
	tenant := strings.ToLower(p.Tenant)
	return object{
		"iss": "https://sts.windows.net/" + tenant + "/", "aud": aud, "ver": "1.0", "appid": client, "tid": tenant,
		"oid": p.ObjectID, "upn": p.UPN, "amr": methods, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"uti": newSecret()[:22],
	}
}

// userInfo is the endpoint of that name: a few claims for an access token.
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	b, ok := s.bearerOf(r)
	s.mu.Lock()
	p, known := s.realm.people.find(b.person)
	s.mu.Unlock()
	if !ok || !known || b.audience != audienceGraph {
		s.writeError(w, r, fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is missing or is not one of a person."))
		return
	}
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{
		"sub": pairwise(p, s.opt.ClientID), "name": p.Name, "email": text(p.Mail),
	})
}
