package graphtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"sync"
	"time"
)

const certificatePath = "/cert/pcnotifications-dispatch.microsoft.com.cer"

// notifier signs Partner Center's notifications, with a certificate from a
// root of this stand-in's own.
type notifier struct {
	key        *rsa.PrivateKey
	root, leaf *x509.Certificate
}

// The keys of the root and of who signs. Each is drawn once for all servers of a process,
// for drawing one takes longer than most tests.
var rootKey, notifierKey = sync.OnceValue(drawKey), sync.OnceValue(drawKey)

func drawKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil { // unreachable: the size is allowed and crypto/rand does not fail
		panic("graphtest: cannot make a key: " + err.Error())
	}
	return key
}

// newNotifier makes root and certificate, good from a day before now for ten
// years.
func newNotifier(now time.Time) notifier {
	fail := func(err error) {
		if err != nil { // unreachable: the templates are right and crypto/rand does not fail
			panic("graphtest: cannot make a certificate: " + err.Error())
		}
	}
	rootKey, key := rootKey(), notifierKey()
	name := pkix.Name{Organization: []string{"Microsoft Corporation"}, Country: []string{"US"}, CommonName: "Stand-in TLS Issuing CA"}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	fail(err)
	name.CommonName = "pcnotifications-dispatch.microsoft.com"
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: name, DNSNames: []string{name.CommonName},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, err := x509.ParseCertificate(rootDER)
	fail(err)
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, parent, &key.PublicKey, rootKey)
	fail(err)
	made, err := x509.ParseCertificate(leafDER)
	fail(err)
	return notifier{key, parent, made}
}

// sign returns the value of the header that carries the signature of a body.
func (n notifier) sign(body []byte) string {
	digest := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, n.key, crypto.SHA256, digest[:])
	if err != nil { // unreachable: the key is larger than the digest
		return ""
	}
	return "Signature " + base64.StdEncoding.EncodeToString(signature)
}

// WebhookRoot is the certificate that the signer of notifications chains to:
// where the real service has one that every machine trusts.
func (s *Server) WebhookRoot() *x509.Certificate { return s.realm.notifier().root }

// certificate serves the signer's certificate as the real service does: DER,
// to anybody.
func (s *Server) certificate(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/pkix-cert")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(s.realm.notifier().leaf.Raw)
}
