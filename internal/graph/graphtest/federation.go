package graphtest

import "crypto/rsa"

// exchangeAudience is whom a platform's token is for, unless a credential says
// otherwise.
const exchangeAudience = "api://AzureADTokenExchange"

// Federation is a federated identity credential of the application: a token of
// this issuer about this subject proves that a caller is the application. As at
// Entra, the three claims are compared letter by letter.
type Federation struct {
	Issuer, Subject string
	Audience        string         // default api://AzureADTokenExchange
	Key             *rsa.PublicKey // of the issuer; nil: no token is accepted
}

// refusal says what of the claims does not fit, nil for nothing.
func (f *Federation) refusal(claims assertionClaims) *tokenError {
	audience := f.Audience
	if audience == "" {
		audience = exchangeAudience
	}
	switch {
	case claims.Iss != f.Issuer:
		return errFederatedIssuer
	case claims.Aud != audience:
		return errFederatedAudience
	case claims.Sub != f.Subject:
		return errFederatedSubject
	}
	return nil
}
