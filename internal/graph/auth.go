package graph

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	kazure "github.com/microsoft/kiota-authentication-azure-go"
)

// auth puts the token on requests to one host. A request to any other is an
// error, where the provider inside would send it without a token.
type auth struct {
	base  *url.URL
	inner authentication.AuthenticationProvider
}

func newAuth(base *url.URL, credential azcore.TokenCredential, scope string) (*auth, error) {
	inner, err := kazure.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(
		credential, []string{scope}, []string{base.Hostname()})
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	return &auth{base: base, inner: inner}, nil
}

// AuthenticateRequest adds the token to the request.
func (a *auth) AuthenticateRequest(ctx context.Context, r *abs.RequestInformation, more map[string]any) error {
	u, err := r.GetUri()
	if err != nil {
		return errors.New("the address cannot be built")
	}
	if !sameHost(a.base, u) {
		return errors.New("the address is not on the host of Graph")
	}
	if err := a.inner.AuthenticateRequest(ctx, r, more); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return newSignInError(err)
	}
	return nil
}

func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host && b.User == nil
}

// signInError says why no token was got. Of what the token endpoint answered it
// keeps the error's number only, for the rest may name people and secrets.
type signInError struct{ reason string }

func (e *signInError) Error() string { return "sign in to Entra: " + e.reason }

var aadsts = regexp.MustCompile(`AADSTS[0-9]{1,12}`)

func newSignInError(err error) *signInError {
	text := err.Error()
	if number := aadsts.FindString(text); number != "" {
		return &signInError{number}
	}
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if ok && failed.RawResponse != nil {
		return &signInError{fmt.Sprintf("the token endpoint answered %d", failed.RawResponse.StatusCode)}
	}
	// Nothing was answered, so the text is about the network or a local file.
	return &signInError{text}
}
