package stream

import "crypto/x509"

// TrustOnly has a place of syslog believe these authorities alone.
func TrustOnly(p Place, roots *x509.CertPool) { p.(*syslog).tls.RootCAs = roots }
