package graph

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// CredentialOptions say how the app registration proves who it is: with exactly
// one of Secret, CertificateFile and FederatedTokenFile.
type CredentialOptions struct {
	Tenant, ClientID string

	Secret              string
	CertificateFile     string // PEM or PKCS #12, with the private key
	CertificatePassword string // of a PKCS #12 file; optional
	FederatedTokenFile  string // a token that the platform keeps fresh (workload identity)

	// Fresh returns the secret and the password as they are now; nil: they do not change.
	Fresh func() (secret, password string)

	// Authority is where tokens are got when that is not Entra's public cloud,
	// https only. Its answers are trusted as they are.
	Authority string
	HTTP      *http.Client // nil: the default one
}

// NewCredential returns what [Options] needs to sign in. It reads a certificate
// at once and makes no call. A secret or a certificate that is replaced later is
// taken over. Its errors hold no secret.
func NewCredential(o CredentialOptions) (azcore.TokenCredential, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("graph credential: %w", err)
	}
	r := &renewed{options: o, of: o.stamp()}
	var err error
	if r.inner, err = o.now().build(); err != nil {
		return nil, fmt.Errorf("graph credential: %w", err)
	}
	return r, nil
}

func (o CredentialOptions) build() (azcore.TokenCredential, error) {
	switch {
	case o.Secret != "":
		return azidentity.NewClientSecretCredential(o.Tenant, o.ClientID, o.Secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: o.client(), DisableInstanceDiscovery: o.Authority != ""})
	case o.CertificateFile != "":
		return o.certificate()
	}
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: o.client(), DisableInstanceDiscovery: o.Authority != "",
		TenantID: o.Tenant, ClientID: o.ClientID, TokenFilePath: o.FederatedTokenFile,
	})
}

func (o CredentialOptions) check() error {
	var problems []error
	if o.Tenant == "" {
		problems = append(problems, errors.New("the tenant is missing"))
	}
	if o.ClientID == "" {
		problems = append(problems, errors.New("the client id is missing"))
	}
	proofs := 0
	for _, p := range []string{o.Secret, o.CertificateFile, o.FederatedTokenFile} {
		if p != "" {
			proofs++
		}
	}
	if proofs != 1 {
		problems = append(problems, fmt.Errorf(
			"exactly one of client secret, certificate file and federated token file is needed, not %d", proofs))
	}
	if o.Authority != "" && !strings.HasPrefix(o.Authority, "https://") {
		problems = append(problems, errors.New("the authority must begin with https://"))
	}
	return errors.Join(problems...)
}

func (o CredentialOptions) certificate() (azcore.TokenCredential, error) {
	data, err := os.ReadFile(o.CertificateFile)
	if err != nil {
		return nil, err
	}
	var password []byte
	if o.CertificatePassword != "" {
		password = []byte(o.CertificatePassword)
	}
	certs, key, err := azidentity.ParseCertificates(data, password)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return azidentity.NewClientCertificateCredential(o.Tenant, o.ClientID, certs, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: o.client(), DisableInstanceDiscovery: o.Authority != ""})
}

func (o CredentialOptions) client() azcore.ClientOptions {
	var c azcore.ClientOptions
	if o.HTTP != nil {
		c.Transport = o.HTTP
	}
	if o.Authority != "" {
		c.Cloud = cloud.Configuration{
			ActiveDirectoryAuthorityHost: o.Authority,
			Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{},
		}
	}
	return c
}
