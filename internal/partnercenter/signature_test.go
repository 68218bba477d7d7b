package partnercenter_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/partnercenter"
)

var today = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

const folder = "https://certs.test/cert/"

// notary has a root, an issuer below it, and a certificate that signs.
type notary struct {
	root, issuer, leaf *x509.Certificate
	key                *rsa.PrivateKey
}

// newNotary makes them; edit may change the certificate that signs.
func newNotary(t *testing.T, edit func(*x509.Certificate)) notary {
	t.Helper()
	make1 := func(c, parent *x509.Certificate, key *rsa.PrivateKey, by crypto.Signer) *x509.Certificate {
		c.NotBefore, c.BasicConstraintsValid = today.AddDate(0, 0, -1), true
		if c.NotAfter.IsZero() {
			c.NotAfter = today.AddDate(1, 0, 0)
		}
		raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	microsoft := pkix.Name{Organization: []string{"Microsoft Corporation"}, CommonName: "Issuing CA"}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	n := notary{key: keys[2]}
	n.root = make1(root, root, keys[0], keys[0])
	n.issuer = make1(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: microsoft, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, n.root, keys[1], keys[0])
	leaf := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "pcnotifications"}, DNSNames: []string{"pcnotifications.test"}}
	if edit != nil {
		edit(leaf)
	}
	n.leaf = make1(leaf, n.issuer, keys[2], keys[1])
	return n
}

func (n notary) sign(t *testing.T, body string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	raw, err := rsa.SignPKCS1v15(rand.Reader, n.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return "Signature " + base64.StdEncoding.EncodeToString(raw)
}

// shelf serves files by address and counts how often it was asked.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
	asked map[string]int
	fail  error
}

func (s *shelf) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[r.URL.String()]++
	w := httptest.NewRecorder()
	raw, ok := s.files[r.URL.String()]
	switch {
	case s.fail != nil:
		return nil, s.fail
	case strings.HasPrefix(string(raw), "→"):
		w.Header().Set("Location", strings.TrimPrefix(string(raw), "→"))
		w.WriteHeader(http.StatusFound)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Write(raw) //nolint:errcheck // a recorder takes everything
	}
	return w.Result(), nil
}

func pemOf(all ...*x509.Certificate) (out []byte) {
	for _, c := range all {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func headers(signature, address string) http.Header {
	h := http.Header{}
	h.Set("Authorization", signature)
	h.Set("X-MS-Certificate-Url", address)
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	return h
}

func pool(all ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range all {
		p.AddCert(c)
	}
	return p
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body, cert = `{"EventName":"test-created"}`, folder + "pc-1.cer"
	n, other := newNotary(t, nil), newNotary(t, nil)
	linked := newNotary(t, func(c *x509.Certificate) {
		c.IssuingCertificateURL = []string{"https://evil.test/i.crt", "http://www.microsoft.com/pkiops/i.crt"}
	})
	elsewhere := newNotary(t, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"https://evil.test/i.crt"} })
	expired := newNotary(t, func(c *x509.Certificate) { c.NotAfter = today.Add(-time.Minute) })
	signed := headers(n.sign(t, body), cert)
	set := func(key, value string) http.Header {
		h := signed.Clone()
		h.Set(key, value)
		return h
	}
	underOther := set("X-MS-Signature", signed.Get("Authorization"))
	underOther.Set("Authorization", "Bearer x")
	forged, unknown := "forged", "unknown"
	for _, row := range []struct {
		name  string
		h     http.Header
		files map[string][]byte
		roots *x509.CertPool
		want  string
	}{
		{"DER", signed, map[string][]byte{cert: append(n.leaf.Raw[:len(n.leaf.Raw):len(n.leaf.Raw)], n.issuer.Raw...)}, pool(n.root), ""},
		{"PEM", signed, map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, pool(n.root), ""},
		{"OtherHeader", underOther, map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, pool(n.root), ""},
		{"IssuerFetched", headers(linked.sign(t, body), cert), map[string][]byte{
			cert: linked.leaf.Raw, "http://www.microsoft.com/pkiops/i.crt": linked.issuer.Raw,
		}, pool(linked.root), ""},
		{"IssuerElsewhere", headers(elsewhere.sign(t, body), cert), map[string][]byte{
			cert: elsewhere.leaf.Raw, "https://evil.test/i.crt": elsewhere.issuer.Raw,
		}, pool(elsewhere.root), forged},
		{"IssuerMissing", signed, map[string][]byte{cert: n.leaf.Raw}, pool(n.root), forged},
		{"OtherRoot", signed, map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, pool(other.root), forged},
		{"RootsOfTheMachine", signed, map[string][]byte{cert: pemOf(n.leaf, n.issuer, n.root)}, nil, forged},
		{"NotMicrosoft", headers(n.sign(t, body), cert), map[string][]byte{cert: pemOf(n.issuer, n.root)}, pool(n.root), forged},
		{"OtherKey", headers(other.sign(t, body), cert), map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, pool(n.root), forged},
		{"OtherBody", headers(n.sign(t, body+" "), cert), map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, pool(n.root), forged},
		{"Expired", headers(expired.sign(t, body), cert), map[string][]byte{cert: pemOf(expired.leaf, expired.issuer)}, pool(expired.root), forged},
		{"NoSignature", set("Authorization", ""), nil, pool(n.root), forged},
		{"BadSignature", set("Authorization", "Signature %%%"), nil, pool(n.root), forged},
		{"EmptySignature", set("Authorization", "Signature "), nil, pool(n.root), forged},
		{"SHA1", set("X-MS-Signature-Algorithm", "rsa-sha1"), nil, pool(n.root), forged},
		{"NoAlgorithm", set("X-MS-Signature-Algorithm", ""), nil, pool(n.root), forged},
		{"Clear", set("X-MS-Certificate-Url", "http://certs.test/cert/pc-1.cer"), nil, pool(n.root), forged},
		{"Elsewhere", set("X-MS-Certificate-Url", "https://evil.test/cert/pc-1.cer"), nil, pool(n.root), forged},
		{"Userinfo", set("X-MS-Certificate-Url", "https://certs.test@evil.test/cert/pc-1.cer"), nil, pool(n.root), forged},
		{"LikeIt", set("X-MS-Certificate-Url", "https://certs.test.evil.test/cert/pc-1.cer"), nil, pool(n.root), forged},
		{"Deeper", set("X-MS-Certificate-Url", folder+"x/pc-1.cer"), nil, pool(n.root), forged},
		{"Above", set("X-MS-Certificate-Url", folder+"..cer"), nil, pool(n.root), forged},
		{"Query", set("X-MS-Certificate-Url", folder+"pc-1.cer?x=.cer"), nil, pool(n.root), forged},
		{"Escaped", set("X-MS-Certificate-Url", folder+"%2e%2e%2fpc.cer"), nil, pool(n.root), forged},
		{"NoURL", set("X-MS-Certificate-Url", ""), nil, pool(n.root), forged},
		{"Redirect", signed, map[string][]byte{cert: []byte("→https://evil.test/pc-1.cer"), "https://evil.test/pc-1.cer": pemOf(n.leaf, n.issuer)}, pool(n.root), unknown},
		{"Missing", signed, nil, pool(n.root), unknown},
		{"Garbage", signed, map[string][]byte{cert: []byte("hello")}, pool(n.root), forged},
		{"Huge", signed, map[string][]byte{cert: append(make([]byte, 40<<10), pemOf(n.leaf, n.issuer)...)}, pool(n.root), forged},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v := &partnercenter.Verifier{
				HTTP: &http.Client{Transport: &shelf{files: row.files}}, Certificates: folder, Roots: row.roots, Now: func() time.Time { return today },
			}
			err := v.Verify(t.Context(), row.h, []byte(body))
			got := ""
			switch {
			case partnercenter.Forged(err):
				got = forged
			case err != nil:
				got = unknown
			}
			if got != row.want {
				t.Errorf("%q: %v, want %q", got, err, row.want)
			}
		})
	}
}

// TestVerifyKeepsCertificates asks once for a certificate in an hour, and for one
// that could not be had once in ten seconds, however many deliveries come.
func TestVerifyKeepsCertificates(t *testing.T) {
	t.Parallel()
	const body, cert = "{}", folder + "pc-1.cer"
	n := newNotary(t, nil)
	s := &shelf{files: map[string][]byte{}}
	at := today
	v := &partnercenter.Verifier{HTTP: &http.Client{Transport: s}, Certificates: folder, Roots: pool(n.root), Now: func() time.Time { return at }}
	verify := func() error { return v.Verify(t.Context(), headers(n.sign(t, body), cert), []byte(body)) }
	for range 5 {
		if err := verify(); err == nil || partnercenter.Forged(err) {
			t.Errorf("what cannot be told is %v", err)
		}
	}
	s.files[cert] = pemOf(n.leaf, n.issuer)
	at = at.Add(11 * time.Second)
	for range 5 {
		if err := verify(); err != nil {
			t.Error(err)
		}
	}
	if s.asked[cert] != 2 {
		t.Errorf("asked %d times, want 2", s.asked[cert])
	}
	at = at.Add(time.Hour)
	if err := verify(); err != nil || s.asked[cert] != 3 {
		t.Errorf("after an hour %v, asked %d times", err, s.asked[cert])
	}
}

// TestVerifyOnlyRSA refuses a certificate with another kind of key.
func TestVerifyOnlyRSA(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := pkix.Name{Organization: []string{"Microsoft Corporation"}}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name, NotBefore: today.Add(-time.Hour), NotAfter: today.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	v := &partnercenter.Verifier{
		HTTP: &http.Client{Transport: &shelf{files: map[string][]byte{folder + "a.cer": raw}}}, Certificates: folder, Roots: pool(made), Now: func() time.Time { return today },
	}
	if err := v.Verify(t.Context(), headers("Signature AAAA", folder+"a.cer"), nil); !partnercenter.Forged(err) {
		t.Errorf("error = %v", err)
	}
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	const cert = folder + "pc-1.cer"
	n := newNotary(t, nil)
	good := strings.Replace(notification("dap-admin-relationship-terminated", "null", "null"), "09:30:00", "09:59:00", 1)
	old := strings.Replace(good, "2026-03-02", "2026-03-01", 1)
	future := strings.Replace(good, "2026-03-02", "2026-03-03", 1)
	for _, row := range []struct {
		name, method, body string
		signed             bool
		take, shelf        error
		status             int
		taken, forged      int
	}{
		{"Good", "POST", good, true, nil, nil, 200, 1, 0},
		{"NotRecorded", "POST", good, true, errors.New("disk full"), nil, 503, 1, 0},
		{"Forged", "POST", good, false, nil, nil, 401, 0, 1},
		{"CertificateOutOfReach", "POST", good, true, nil, errors.New("no net"), 503, 0, 0},
		{"Old", "POST", old, true, nil, nil, 401, 0, 1},
		{"Future", "POST", future, true, nil, nil, 401, 0, 1},
		{"NotOne", "POST", "{}", true, nil, nil, 400, 0, 0},
		{"Get", "GET", "", false, nil, nil, 405, 0, 0},
		{"Huge", "POST", strings.Repeat("x", 65<<10), true, nil, nil, 413, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			taken, forged := 0, 0
			rc := &partnercenter.Receiver{
				Verifier: &partnercenter.Verifier{
					HTTP: &http.Client{Transport: &shelf{files: map[string][]byte{cert: pemOf(n.leaf, n.issuer)}, fail: row.shelf}}, Certificates: folder, Roots: pool(n.root),
					Now: func() time.Time { return today },
				},
				Take:   func(context.Context, partnercenter.Notification) error { taken++; return row.take },
				Forged: func(context.Context, string, int) { forged++ },
				Now:    func() time.Time { return today }, Log: slog.New(slog.DiscardHandler),
			}
			signature := n.sign(t, row.body)
			if !row.signed {
				signature = n.sign(t, row.body+"x")
			}
			for range 3 {
				r := httptest.NewRequest(row.method, partnercenter.PathNotifications, strings.NewReader(row.body))
				r.Header = headers(signature, cert)
				w := httptest.NewRecorder()
				rc.ServeHTTP(w, r)
				if w.Code != row.status {
					t.Errorf("status %d, want %d: %s", w.Code, row.status, w.Body)
				}
			}
			if taken != 3*row.taken || forged != row.forged {
				t.Errorf("taken %d, reported forged %d times", taken, forged)
			}
		})
	}
}
