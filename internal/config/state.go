package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// Cluster is an etcd cluster in which the state is kept.
type Cluster struct {
	Endpoints []string // each with its scheme
	Prefix    string   // of every key, without slashes around it
	User      string   // empty: only a certificate says who we are, or nothing
	TLS       *tls.Config
}

// InCluster reports whether the state is kept in an etcd cluster, of which several
// processes may have it open, and not in a file.
func (c Config) InCluster() bool { return strings.HasPrefix(c.StateURL, "etcd:") }

// StatePath returns the path of the store's file.
func (c Config) StatePath() (string, error) {
	// The cause is left out: url.Error repeats what it could not parse.
	u, err := url.Parse(c.StateURL)
	switch {
	case err != nil:
		return "", errors.New("is not a URL; write bolt:// and an absolute path, as in bolt:///var/lib/latchkey/latchkey.db")
	case u.Scheme == "etcd":
		return "", errors.New("names an etcd cluster, and this needs a file")
	case u.Scheme != "bolt":
		return "", errors.New("names a kind of store that is not supported; write bolt:// and an absolute path, or etcd:// and the members of a cluster")
	case u.Host != "" || u.Opaque != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasSuffix(u.Path, "/"):
		return "", errors.New("must give an absolute path to a file: three slashes, as in bolt:///var/lib/latchkey/latchkey.db")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("must be only bolt:// and a path; write ? and # in a path as %3F and %23")
	}
	return u.Path, nil
}

// StateCluster returns where the cluster is, with the certificates that the settings
// name. Members are spoken to with TLS; only where all of them are this very machine, and
// no certificates are set, without.
func (c Config) StateCluster() (Cluster, error) {
	const write = "write it as in etcd://etcd-1:2379,etcd-2:2379,etcd-3:2379/latchkey"
	rest, ok := strings.CutPrefix(c.StateURL, "etcd://")
	if !ok {
		return Cluster{}, errors.New("names no etcd cluster; " + write)
	}
	members, prefix, _ := strings.Cut(rest, "/")
	user, hosts, some := strings.Cut(members, "@")
	if !some {
		user, hosts = "", members
	}
	if strings.Contains(user, ":") {
		return Cluster{}, errors.New("has a password in it; put that into STATE_PASSWORD")
	}
	cluster := Cluster{Prefix: strings.Trim(prefix, "/"), User: user}
	if cluster.Prefix == "" {
		cluster.Prefix = "latchkey"
	}
	if strings.ContainsAny(cluster.Prefix, "?#") || strings.ContainsAny(user, "/?#") {
		return Cluster{}, errors.New("must be only etcd://, the members and a prefix; " + write)
	}
	local := true
	var all []string
	for at := range strings.SplitSeq(hosts, ",") {
		host, port, err := net.SplitHostPort(at)
		if err != nil || host == "" || port == "" {
			return Cluster{}, errors.New("does not give each member as host:port; " + write)
		}
		all, local = append(all, at), local && loopback(host)
	}
	scheme := "http://"
	if !local || c.StateCAFile != "" || c.StateCertificateFile != "" {
		var err error
		if cluster.TLS, err = c.stateTLS(); err != nil {
			return Cluster{}, err
		}
		scheme = "https://"
	}
	for _, at := range all {
		cluster.Endpoints = append(cluster.Endpoints, scheme+at)
	}
	return cluster, nil
}

// stateTLS reads the certificates. Its errors name the setting.
func (c Config) stateTLS() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.StateCAFile != "" {
		raw, err := os.ReadFile(c.StateCAFile)
		t.RootCAs = x509.NewCertPool()
		if err != nil || !t.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("needs STATE_CA_FILE, which names no file with certificates in PEM")
		}
	}
	if c.StateCertificateFile != "" {
		own, err := tls.LoadX509KeyPair(c.StateCertificateFile, c.StateCertificateFile)
		if err != nil {
			return nil, fmt.Errorf("needs STATE_CERTIFICATE_FILE, which names no file with a certificate and its private key in PEM")
		}
		t.Certificates = []tls.Certificate{own}
	}
	return t, nil
}
