package graph_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

// TestProof has each kind of credential prove the application at the token
// endpoint, where the pages redeem the sign-in of a person.
func TestProof(t *testing.T) {
	dir := t.TempDir()
	certificate, file := selfSigned(t, dir)
	other, otherFile := selfSigned(t, t.TempDir())
	platform, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(dir, "token")
	plant(t, token, platform)
	broken := filepath.Join(dir, "broken.pem")
	if err := os.WriteFile(broken, []byte("planted-key"), 0o600); err != nil {
		t.Fatal(err)
	}
	by := &graphtest.Federation{Issuer: issuer, Subject: account, Key: &platform.PublicKey}
	for _, tt := range []struct {
		name   string
		o      graph.CredentialOptions
		cert   *x509.Certificate
		status int // 0: there is no proof at all
	}{
		{"Secret", graph.CredentialOptions{Secret: secret}, nil, 200},
		{"WrongSecret", graph.CredentialOptions{Secret: "another"}, nil, 401},
		{"Certificate", graph.CredentialOptions{CertificateFile: file}, certificate, 200},
		{"OtherCertificate", graph.CredentialOptions{CertificateFile: otherFile}, certificate, 401},
		{"CertificateNotRegistered", graph.CredentialOptions{CertificateFile: file}, nil, 401},
		{"OtherRegistered", graph.CredentialOptions{CertificateFile: otherFile}, other, 200},
		{"WorkloadIdentity", graph.CredentialOptions{FederatedTokenFile: token}, nil, 200},
		{"NoFile", graph.CredentialOptions{CertificateFile: file + "x"}, nil, 0},
		{"BrokenFile", graph.CredentialOptions{CertificateFile: broken}, nil, 0},
		{"NoToken", graph.CredentialOptions{FederatedTokenFile: token + "x"}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ms := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Certificate: tt.cert, Federation: by})
			srv := httptest.NewTLSServer(ms)
			t.Cleanup(srv.Close)
			ms.Serve(srv.URL)
			endpoint := srv.URL + "/" + partner + "/oauth2/v2.0/token"
			tt.o.Tenant, tt.o.ClientID = partner, clientID
			form, err := tt.o.Proof(t.Context(), endpoint)
			if tt.status == 0 {
				if err == nil || strings.Contains(err.Error(), "planted") {
					t.Errorf("Proof = %v, %v", form, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			form.Set("grant_type", "client_credentials")
			form.Set("client_id", clientID)
			form.Set("scope", "https://graph.microsoft.com/.default")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tt.status {
				said, _ := io.ReadAll(resp.Body)
				t.Errorf("the endpoint answered %d %s, want %d", resp.StatusCode, said, tt.status)
			}
		})
	}
}
