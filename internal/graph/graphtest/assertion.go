package graphtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// skew is how far the client's clock may be off.
const skew = 5 * time.Minute

// checkAssertion wants a signed token in three parts, made by the client about
// itself for this token endpoint and not expired. The signature is checked when a
// certificate is registered, and only then.
func (s *Server) checkAssertion(assertion, endpoint string) *tokenError {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return errAssertion
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Aud string `json:"aud"`
		Iss string `json:"iss"`
		Sub string `json:"sub"`
		Nbf int64  `json:"nbf"`
		Exp int64  `json:"exp"`
	}
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return errAssertion
	}
	if !same(claims.Aud, endpoint) || !same(claims.Iss, s.opt.ClientID) || !same(claims.Sub, s.opt.ClientID) {
		return errAssertion
	}
	now := s.opt.Now()
	if now.Add(skew).Before(time.Unix(claims.Nbf, 0)) || !now.Add(-skew).Before(time.Unix(claims.Exp, 0)) {
		return errAssertTime
	}
	if s.opt.Certificate != nil && !s.signed(header.Alg, parts) {
		return errAssertProof
	}
	return nil
}

func (s *Server) signed(alg string, parts []string) bool {
	key, ok := s.opt.Certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
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
