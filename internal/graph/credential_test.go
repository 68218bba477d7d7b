package graph_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

func TestNewCredentialRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("planted-key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		o    graph.CredentialOptions
		want string
	}{
		{"Empty", graph.CredentialOptions{}, "client id"},
		{"NoProof", graph.CredentialOptions{Tenant: partner, ClientID: clientID}, "exactly one"},
		{"TwoProofs", graph.CredentialOptions{Tenant: partner, ClientID: clientID, Secret: secret, FederatedTokenFile: "f"}, "exactly one"},
		{"PlainAuthority", graph.CredentialOptions{Tenant: partner, ClientID: clientID, Secret: secret, Authority: "http://login.example"}, "https"},
		{"OddTenant", graph.CredentialOptions{Tenant: "a/b", ClientID: clientID, Secret: secret}, "tenant"},
		{"NoFile", graph.CredentialOptions{Tenant: partner, ClientID: clientID, CertificateFile: broken + "x", CertificatePassword: secret}, "no such file"},
		{"BrokenFile", graph.CredentialOptions{Tenant: partner, ClientID: clientID, CertificateFile: broken, CertificatePassword: secret}, "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.NewCredential(tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "planted-key") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestCredentialsSignIn(t *testing.T) {
	dir := t.TempDir()
	certificate, file := selfSigned(t, dir)
	platform, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	assertion := filepath.Join(dir, "token")
	plant(t, assertion, platform)

	for _, tt := range []struct {
		name string
		o    graph.CredentialOptions
		cert *x509.Certificate
		by   *graphtest.Federation
	}{
		{"Secret", graph.CredentialOptions{Secret: secret}, nil, nil},
		{"Certificate", graph.CredentialOptions{CertificateFile: file}, certificate, nil},
		{"WorkloadIdentity", graph.CredentialOptions{FederatedTokenFile: assertion}, nil,
			&graphtest.Federation{Issuer: issuer, Subject: account, Key: &platform.PublicKey}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ms := graphtest.New(graphtest.Options{
				PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Permissions: usual, Certificate: tt.cert, Federation: tt.by,
			})
			c := signIn(t, ms, tt.o)
			if _, err := c.Members(t.Context(), access.GroupID(ms.AddGroup(graphtest.Group{MailNickname: "g"}))); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the token endpoint answers is not repeated, but for the number by which
// an operator finds the cause.
func TestSignInRefused(t *testing.T) {
	ms := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: clientID, ClientSecret: "another", Permissions: usual})
	c := signIn(t, ms, graph.CredentialOptions{Secret: secret})
	_, err := c.Group(t.Context(), "g")
	if access.CodeOf(err) != access.Unavailable || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Fatalf("error %v, want unavailable with the number", err)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "Trace ID") || strings.Contains(err.Error(), partner) {
		t.Errorf("the error tells too much: %v", err)
	}
}

func TestSignInWithoutTokenFile(t *testing.T) {
	ms := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: clientID, Permissions: usual})
	c := signIn(t, ms, graph.CredentialOptions{FederatedTokenFile: filepath.Join(t.TempDir(), "none")})
	if _, err := c.Group(t.Context(), "g"); access.CodeOf(err) != access.Unavailable {
		t.Errorf("error %v, want unavailable", err)
	}
}

func signIn(t *testing.T, ms *graphtest.Server, o graph.CredentialOptions) *graph.Client {
	t.Helper()
	srv := httptest.NewTLSServer(ms)
	t.Cleanup(srv.Close)
	ms.Serve(srv.URL)
	o.Tenant, o.ClientID, o.Authority, o.HTTP = partner, clientID, srv.URL, srv.Client()
	credential, err := graph.NewCredential(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := graph.New(graph.Options{BaseURL: srv.URL + "/v1.0/", HTTP: &http.Client{Transport: srv.Client().Transport}, Credential: credential})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Who vouches for the bot where a platform does.
const (
	issuer  = "https://cluster.test"
	account = "system:serviceaccount:bots:latchkey"
)

// plant writes the token by which a platform vouches for the bot.
func plant(t *testing.T, file string, key *rsa.PrivateKey) {
	t.Helper()
	claims, err := json.Marshal(map[string]any{
		"aud": "api://AzureADTokenExchange", "iss": issuer, "sub": account,
		"exp": time.Now().Add(time.Hour).Unix(), "nbf": time.Now().Add(-time.Minute).Unix(), "jti": "1",
	})
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding
	jwt := enc.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + enc.EncodeToString(claims)
	digest := sha256.Sum256([]byte(jwt))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(jwt+"."+enc.EncodeToString(signature)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func selfSigned(t *testing.T, dir string) (*x509.Certificate, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "latchkey"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	out := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	file := filepath.Join(dir, "app.pem")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return certificate, file
}
