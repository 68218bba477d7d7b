package partnercenter

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// certificates is where the certificates are that sign notifications.
	certificates = "https://3psostorageacct.blob.core.windows.net/cert/"
	// signatureAlgorithm is the only one that is taken.
	signatureAlgorithm = "rsa-sha256"

	maxCertificate      = 32 << 10
	certificatePatience = 5 * time.Second
	certificateKept     = time.Hour
	certificateRest     = 10 * time.Second // after one that could not be had
	mostCertificates    = 8
)

var certificateFile = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.cer$`)

// issuerHosts are where Microsoft publishes the certificates that issued others.
var issuerHosts = []string{"www.microsoft.com", "caissuers.microsoft.com"}

// errForged is a delivery that Partner Center has not signed.
type errForged struct{ why string }

func (e errForged) Error() string { return e.why }

// Verifier tells whether Partner Center has signed a body. The address of the
// certificate comes with the delivery and is therefore not trusted: it must be in
// Microsoft's one place, and the certificate must chain to a trusted root and be
// issued by Microsoft.
//
// https://learn.microsoft.com/partner-center/developer/partner-center-webhooks
type Verifier struct {
	HTTP *http.Client
	// Certificates is the folder where certificates may be; empty for Microsoft's.
	Certificates string
	// Roots are trusted; nil means those of the machine.
	Roots *x509.CertPool
	Now   func() time.Time

	mu    sync.Mutex
	known map[string]certificate
}

type certificate struct {
	key   *rsa.PublicKey
	err   error
	until time.Time
}

// Verify returns nil when the signature of a delivery holds. An error for which
// [Forged] holds means that it does not; any other, that nobody can tell now.
func (v *Verifier) Verify(ctx context.Context, h http.Header, body []byte) error {
	signature, err := signatureIn(h)
	if err != nil {
		return err
	}
	if !strings.EqualFold(h.Get("X-MS-Signature-Algorithm"), signatureAlgorithm) {
		return errForged{"the signature is of another kind"}
	}
	address, err := v.allowed(h.Get("X-MS-Certificate-Url"))
	if err != nil {
		return err
	}
	key, err := v.key(ctx, address)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(body)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
		return errForged{"the signature does not hold"}
	}
	return nil
}

// Forged reports whether the error means that a delivery is not Partner Center's.
func Forged(err error) bool { return errors.As(err, new(errForged)) }

// signatureIn finds the signature under either name that Partner Center uses.
func signatureIn(h http.Header) ([]byte, error) {
	for _, name := range []string{"X-MS-Signature", "Authorization"} {
		if text, ok := strings.CutPrefix(h.Get(name), "Signature "); ok {
			raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
			if err != nil || len(raw) == 0 {
				return nil, errForged{"the signature cannot be read"}
			}
			return raw, nil
		}
	}
	return nil, errForged{"there is no signature"}
}

// allowed returns the address of a certificate, if it may be asked for.
func (v *Verifier) allowed(address string) (string, error) {
	base := v.Certificates
	if base == "" {
		base = certificates
	}
	file, ok := strings.CutPrefix(address, base)
	if !ok || len(file) > 100 || !certificateFile.MatchString(file) {
		return "", errForged{"the certificate is not where Microsoft has them"}
	}
	return address, nil
}

// key returns the key of a certificate that is trusted. One at a time is fetched, so
// that a flood of deliveries makes no flood of calls.
func (v *Verifier) key(ctx context.Context, address string) (*rsa.PublicKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.Now()
	if c, ok := v.known[address]; ok && now.Before(c.until) {
		return c.key, c.err
	}
	ctx, cancel := context.WithTimeout(ctx, certificatePatience)
	defer cancel()
	key, until, err := v.fetch(ctx, address, now)
	c := certificate{key: key, err: err, until: now.Add(certificateRest)}
	if err == nil {
		if c.until = now.Add(certificateKept); until.Before(c.until) {
			c.until = until
		}
	}
	if v.known == nil || len(v.known) >= mostCertificates {
		v.known = map[string]certificate{}
	}
	v.known[address] = c
	return key, err
}

func (v *Verifier) fetch(ctx context.Context, address string, now time.Time) (key *rsa.PublicKey, until time.Time, err error) {
	chain, err := v.download(ctx, address)
	if err != nil {
		return nil, until, err
	}
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	if !slices.Contains(leaf.Issuer.Organization, "Microsoft Corporation") {
		return nil, until, errForged{"the certificate was not issued by Microsoft"}
	}
	o := x509.VerifyOptions{Roots: v.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	_, err = leaf.Verify(o)
	if errors.As(err, new(x509.UnknownAuthorityError)) { // the file may hold the certificate alone
		for _, issuer := range v.issuers(ctx, leaf) {
			between.AddCert(issuer)
		}
		_, err = leaf.Verify(o)
	}
	if err != nil {
		return nil, until, errForged{"the certificate is not trusted"}
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, until, errForged{"the certificate has no RSA key"}
	}
	return key, leaf.NotAfter, nil
}

// issuers fetches the certificates that a certificate names as its issuer's. That
// they are genuine is told by the chain, so they may come without encryption, but
// from Microsoft only.
func (v *Verifier) issuers(ctx context.Context, leaf *x509.Certificate) []*x509.Certificate {
	for _, address := range leaf.IssuingCertificateURL {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !slices.Contains(issuerHosts, u.Host) {
			continue
		}
		if found, err := v.download(ctx, address); err == nil {
			return found
		}
	}
	return nil
}

// download reads certificates, as DER or PEM. It follows nobody elsewhere.
func (v *Verifier) download(ctx context.Context, address string) ([]*x509.Certificate, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	client := *v.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	resp, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxCertificate))
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("certificate: the answer is %d", resp.StatusCode)
	}
	return parseCertificates(raw)
}

func parseCertificates(raw []byte) ([]*x509.Certificate, error) {
	var der []byte
	for rest := raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		der = append(der, block.Bytes...)
	}
	if der == nil {
		der = raw
	}
	all, err := x509.ParseCertificates(der)
	if err != nil || len(all) == 0 {
		return nil, errForged{"the certificate cannot be read"}
	}
	return all, nil
}
