package graphtest

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
)

// A Forgery is an id token on its way out, which a test makes a false one.
type Forgery struct {
	Header, Claims map[string]any
	Signed         Signing
}

// Signing is how a forged id token is signed, and which alg its header names.
type Signing int

const (
	SignedRight     Signing = iota // RS256 with the key of the authority
	SignedByNobody                 // alg none, and no signature
	SignedByAnother                // RS256 with a key that the authority does not publish
	SignedByHMAC                   // HS256, with the published key as the secret
	SignedAltered                  // RS256, and one claim changed after it
)

// ForgeIDTokens has every id token pass through forge before it is sent, until it is
// called with nil. The real authority issues no such token; an application must refuse
// what somebody else slips in.
func (s *Server) ForgeIDTokens(forge func(*Forgery)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.forge = forge
}

// idToken is an id token with these claims, or what a test makes of it. The lock is held.
func (s *Server) idToken(claims object) string {
	key := s.realm.signer()
	if s.realm.forge == nil {
		return key.sign(claims)
	}
	f := Forgery{Header: object{"typ": "JWT", "alg": "RS256", "kid": key.kid}, Claims: claims}
	s.realm.forge(&f)
	switch f.Signed {
	case SignedByNobody:
		f.Header["alg"] = "none"
	case SignedByHMAC:
		f.Header["alg"] = "HS256"
	case SignedByAnother:
		key = strangeKey()
	case SignedRight, SignedAltered:
	}
	head := segment(f.Header) + "." + segment(f.Claims)
	switch f.Signed {
	case SignedByNobody:
		return head + "."
	case SignedByHMAC:
		mac := hmac.New(sha256.New, published(&key.key.PublicKey))
		mac.Write([]byte(head))
		return head + "." + encode(mac.Sum(nil))
	case SignedAltered:
		signature := key.signature(head)
		f.Claims["name"] = "Somebody Else"
		return segment(f.Header) + "." + segment(f.Claims) + "." + signature
	case SignedRight, SignedByAnother:
	}
	return head + "." + key.signature(head)
}

// published is a public key as people keep it in a file.
func published(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil { // unreachable: it is an RSA key
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
