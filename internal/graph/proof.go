package graph

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// AppToken returns how to get tokens of the application for a scope. The
// credential keeps them until they expire.
func AppToken(credential azcore.TokenCredential, scope string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		t, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		return t.Token, err
	}
}

// Proof is what the application proves itself with when it redeems the sign-in
// of a person at the token endpoint: form fields, made anew each time.
func (o CredentialOptions) Proof(_ context.Context, endpoint string) (url.Values, error) {
	o = o.now()
	switch {
	case o.Secret != "":
		return url.Values{"client_secret": {o.Secret}}, nil
	case o.FederatedTokenFile != "":
		raw, err := os.ReadFile(o.FederatedTokenFile)
		if err != nil {
			return nil, err
		}
		return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {strings.TrimSpace(string(raw))}}, nil
	}
	signed, err := o.assertion(endpoint, time.Now())
	if err != nil {
		return nil, err
	}
	return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {signed}}, nil
}

// assertion is a token that the certificate's key signs.
func (o CredentialOptions) assertion(endpoint string, now time.Time) (string, error) {
	data, err := os.ReadFile(o.CertificateFile)
	if err != nil {
		return "", err
	}
	var password []byte
	if o.CertificatePassword != "" {
		password = []byte(o.CertificatePassword)
	}
	certs, key, err := azidentity.ParseCertificates(data, password)
	if err != nil {
		return "", fmt.Errorf("read the certificate: %w", err)
	}
	signer, ok := key.(*rsa.PrivateKey)
	if !ok || len(certs) == 0 {
		return "", errors.New("the certificate's key is not an RSA key")
	}
	thumb := sha256.Sum256(certs[0].Raw)
	encode := base64.RawURLEncoding.EncodeToString
	header, err1 := json.Marshal(map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": encode(thumb[:])})
	body, err2 := json.Marshal(map[string]any{
		"aud": endpoint, "iss": o.ClientID, "sub": o.ClientID, "jti": rand.Text(),
		"nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	})
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	head := encode(header) + "." + encode(body)
	digest := sha256.Sum256([]byte(head))
	signature, err := rsa.SignPSS(rand.Reader, signer, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return head + "." + encode(signature), nil
}
