package graphtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// skew is how far the client's clock may be off.
const skew = 5 * time.Minute

type assertionClaims struct {
	Aud string `json:"aud"`
	Iss string `json:"iss"`
	Sub string `json:"sub"`
	Nbf int64  `json:"nbf"`
	Exp int64  `json:"exp"`
}

// checkAssertion wants a token in three parts that is signed and has not
// expired: one that the client made about itself for this token endpoint, or one
// of the platform that may vouch for it. There is no assertion that goes without
// a signature.
func (s *Server) checkAssertion(app application, assertion, endpoint string) *tokenError {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return errAssertion
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims assertionClaims
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return errAssertion
	}
	if !slices.Contains([]string{"RS256", "PS256"}, header.Alg) {
		return errAssertProof
	}
	own := same(claims.Iss, app.ClientID)
	var refusal *tokenError
	switch {
	case !own && app.federation != nil:
		refusal = app.federation.refusal(claims)
	case !own || !same(claims.Aud, endpoint) || !same(claims.Sub, app.ClientID):
		refusal = errAssertion
	}
	if refusal != nil {
		return refusal
	}
	now := s.opt.Now()
	if now.Add(skew).Before(time.Unix(claims.Nbf, 0)) || !now.Add(-skew).Before(time.Unix(claims.Exp, 0)) {
		return errAssertTime
	}
	if !own {
		if !signedWith(app.federation.Key, header.Alg, parts) {
			return errFederatedProof
		}
		return nil
	}
	if app.Certificate == nil {
		return errAssertProof
	}
	if key, ok := app.Certificate.PublicKey.(*rsa.PublicKey); !ok || !signedWith(key, header.Alg, parts) {
		return errAssertProof
	}
	return nil
}

// signedWith verifies the signature of a token. No key has signed anything.
func signedWith(key *rsa.PublicKey, alg string, parts []string) bool {
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || key == nil {
		return false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch alg {
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, nil) == nil
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

func decodePart(part string, v any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, v) == nil
}
