package graph

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// renewed signs in with the secret, or the certificate, that there is now. One that
// cannot be read, or is half written, leaves the one before in use. The token file of a
// workload is read anew by the SDK itself.
type renewed struct {
	options CredentialOptions

	mu    sync.Mutex
	inner azcore.TokenCredential
	of    stamp
}

// stamp tells one credential from the next.
type stamp struct {
	secret, password string
	size             int64
	at               time.Time
}

// GetToken gets a token. Those that were got before a change are not kept.
func (r *renewed) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return r.current().GetToken(ctx, o)
}

func (r *renewed) current() azcore.TokenCredential {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.options.stamp(); now != r.of {
		if next, err := r.options.now().build(); err == nil {
			r.inner, r.of = next, now
		}
	}
	return r.inner
}

// now are the options with the secret and the password of now.
func (o CredentialOptions) now() CredentialOptions {
	if o.Fresh == nil {
		return o
	}
	secret, password := o.Fresh()
	if o.Secret != "" {
		o.Secret = secret
	}
	if o.CertificatePassword != "" {
		o.CertificatePassword = password
	}
	return o
}

func (o CredentialOptions) stamp() stamp {
	o = o.now()
	s := stamp{secret: o.Secret, password: o.CertificatePassword}
	if o.CertificateFile != "" {
		if info, err := os.Stat(o.CertificateFile); err == nil {
			s.size, s.at = info.Size(), info.ModTime().Round(0)
		}
	}
	return s
}
