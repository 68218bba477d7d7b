package config

import (
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	leastPoll    = time.Minute
	longestPoll  = 24 * time.Hour
	leastSigning = 16 // Slack's own are 32 characters
)

var auditKey = regexp.MustCompile(`^PRIVATE\+KEY\+[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$`)

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// A check collects problems. It says nothing more of a setting that is already
// known to be bad, and takes it for set.
type check struct {
	Config
	bad   map[string]Problem
	found Problems
}

func (c Config) validate(bad map[string]Problem) Problems {
	k := &check{Config: c, bad: bad}
	for _, p := range bad {
		k.found = append(k.found, p)
	}
	k.general()
	k.slack()
	k.entra()
	k.readers()
	return k.found
}

// say notes a problem of a setting unless the setting has one already.
func (k *check) say(name, text string) {
	if _, known := k.bad[name]; !known {
		k.found = append(k.found, Problem{name, text})
	}
}

func (k *check) general() {
	k.state()
	if strings.TrimSpace(k.PolicyFile) == "" {
		k.say("POLICY_FILE", "is empty; name the policy file.")
	}
	if k.ArchiveDir != "" && !filepath.IsAbs(k.ArchiveDir) {
		k.say("ARCHIVE_DIR", "is not an absolute path; write it as in /var/lib/latchkey/archive.")
	}
	k.address("LISTEN_ADDR", k.ListenAddr, ":8080 or 127.0.0.1:8080")
	k.address("METRICS_ADDR", k.MetricsAddr, "127.0.0.1:9464 or :9464")
	if k.LogFormat != "json" && k.LogFormat != "text" {
		k.say("LOG_FORMAT", "is neither json nor text; use one of them.")
	}
	if k.PollInterval < leastPoll || k.PollInterval > longestPoll {
		k.say("POLL_INTERVAL", "is out of range; choose between 1m and 24h.")
	}
	if k.PartnerCenter != "on" && k.PartnerCenter != "off" {
		k.say("PARTNER_CENTER", "is neither on nor off; use one of them.")
	}
	if k.AuditKey.IsSet() && !auditKey.MatchString(k.AuditKey.Reveal()) {
		k.say("AUDIT_KEY", "is no private key of an audit log; make one with bot audit key -new.")
	}
	k.place("AUDIT_STREAM_URL", k.AuditStreamURL, "https://", "http://", "syslog+tls://", "syslog+tcp://", "file:///")
	k.place("AUDIT_CHECKPOINT_URL", k.AuditCheckpointURL, "https://", "http://", "file:///")
	k.public()
	if u, err := url.Parse(k.TracesEndpoint); k.TracesEndpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		k.say("OTEL_EXPORTER_OTLP_ENDPOINT", "is not the address of a collector; write it as in http://127.0.0.1:4318.")
	}
	if a, err := mail.ParseAddress(k.MailFrom); k.MailFrom != "" && (err != nil || a.Address != k.MailFrom) {
		k.say("MAIL_FROM", "is not the address of a mailbox; write it as in access@fabrikam.com.")
	}
}

// place wants an address that begins in one of these ways; what follows is looked at by
// whoever sends something there.
func (k *check) place(name string, address Secret, schemes ...string) {
	begins := func(scheme string) bool { return strings.HasPrefix(address.Reveal(), scheme) }
	if address.IsSet() && !slices.ContainsFunc(schemes, begins) {
		k.say(name, "is not an address of a kind that can be sent to; begin it with "+strings.Join(schemes, ", ")+" (http:// only to this machine).")
	}
}

// address wants a host, which may be empty, and a port.
func (k *check) address(name, addr, like string) {
	if _, port, err := net.SplitHostPort(addr); err != nil {
		k.say(name, "is not an address and port; write it as in "+like+".")
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		k.say(name, "has no port between 0 and 65535; write it as in "+like+".")
	}
}

func (k *check) state() {
	_, err := k.StatePath()
	if k.InCluster() {
		_, err = k.StateCluster()
	}
	if err != nil {
		k.say("STATE_URL", err.Error()+".")
	}
	if _, err := k.StateKeys(); err != nil {
		k.say("STATE_KEY", err.Error()+".")
	}
}

// public wants an address that browsers keep secrets for: https, or this machine.
func (k *check) public() {
	if k.PublicURL == "" {
		return
	}
	u, err := url.Parse(k.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" || u.Opaque != "":
		k.say("PUBLIC_URL", "is not an address alone; write it as in https://latchkey.example.com, without a path.")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		k.say("PUBLIC_URL", "does not begin with https://; sign-ins must not travel in the clear.")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (k *check) slack() {
	switch token := k.SlackBotToken.Reveal(); {
	case token == "":
		k.say("SLACK_BOT_TOKEN", "is missing; copy the bot token from the Slack app's page OAuth & Permissions.")
	case strings.HasPrefix(token, "xoxe"):
		k.say("SLACK_BOT_TOKEN", "is a token that Slack's token rotation made, which is over after twelve hours. An app of one workspace needs no token rotation, and it cannot be turned off again: make the app anew from manifest.yml, without it, and copy its bot token, which begins with xoxb-.")
	case !strings.HasPrefix(token, "xoxb-"):
		k.say("SLACK_BOT_TOKEN", "is not a bot token, which begins with xoxb-; copy it from the Slack app's page OAuth & Permissions.")
	case !wellFormed(token):
		k.say("SLACK_BOT_TOKEN", "has a space or a character that no token has; copy it again.")
	}

	switch token := k.SlackAppToken.Reveal(); {
	case token == "":
	case !strings.HasPrefix(token, "xapp-"):
		k.say("SLACK_APP_TOKEN", "is not an app-level token, which begins with xapp-; make one with connections:write on the Slack app's page Basic Information.")
	case !wellFormed(token):
		k.say("SLACK_APP_TOKEN", "has a space or a character that no token has; copy it again.")
	}

	switch secret := k.SlackSigningSecret.Reveal(); {
	case secret == "":
	case strings.HasPrefix(secret, "xox") || strings.HasPrefix(secret, "xapp-"):
		k.say("SLACK_SIGNING_SECRET", "is a token, not the signing secret; copy the secret from the Slack app's page Basic Information.")
	case !wellFormed(secret):
		k.say("SLACK_SIGNING_SECRET", "has a space or a character that no signing secret has; copy it again.")
	case len(secret) < leastSigning:
		k.say("SLACK_SIGNING_SECRET", "is too short; copy the whole secret from the Slack app's page Basic Information.")
	}

	k.exactlyOne([]string{"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"},
		"neither is set; set SLACK_SIGNING_SECRET to be called over HTTP, or SLACK_APP_TOKEN for Socket Mode.",
		"Slack uses one way at a time; keep the signing secret for HTTP or the app token for Socket Mode.")
}

func (k *check) entra() {
	for _, id := range []struct{ name, value, what string }{
		{"ENTRA_TENANT_ID", k.EntraTenantID, "directory (tenant) id"},
		{"ENTRA_CLIENT_ID", k.EntraClientID, "application (client) id"},
	} {
		switch {
		case id.value == "":
			k.say(id.name, "is missing; copy the "+id.what+" from the app registration's overview.")
		case !guid.MatchString(id.value) || strings.Trim(id.value, "0-") == "":
			k.say(id.name, "is not an id of the form 8-4-4-4-12 hexadecimal digits; copy the "+id.what+" from the app registration's overview.")
		}
	}
	if unit := k.EntraAdministrativeUnit; unit != "" && !guid.MatchString(unit) {
		k.say("ENTRA_ADMINISTRATIVE_UNIT", "is not an id of the form 8-4-4-4-12 hexadecimal digits; copy the object id from the unit's properties.")
	}
	k.exactlyOne([]string{"ENTRA_CERTIFICATE_FILE", "ENTRA_CLIENT_SECRET", "ENTRA_FEDERATED_TOKEN_FILE"},
		"none is set; set one credential of the app registration.",
		"choose one credential and remove the others.")

	k.readable("ENTRA_CERTIFICATE_FILE", k.EntraCertificateFile)
	k.readable("ENTRA_FEDERATED_TOKEN_FILE", k.EntraFederatedTokenFile)
	if k.EntraCertificatePassword.IsSet() && k.EntraCertificateFile == "" {
		k.say("ENTRA_CERTIFICATE_PASSWORD", "is set without ENTRA_CERTIFICATE_FILE; set the file too, or remove the password.")
	}
}

// readers wants the app registrations that customers let in whole, or not at all, and each
// of them to be another than all before it: what one customer trusts with a little must not
// be what another trusts with more, and never what can write.
func (k *check) readers() {
	k.reader("READER", k.ReaderClientID, k.ReaderCertificateFile)
	k.reader("ACTIVITY", k.ActivityClientID, k.ActivityCertificateFile)
	switch {
	case k.ActivityClientID == "":
	case k.ActivityClientID == k.ReaderClientID:
		k.say("ACTIVITY_CLIENT_ID", "is that of READER_CLIENT_ID; who lets that in does not mean their logs. Make one of its own, with AuditLog.Read.All alone.")
	case k.ActivityClientSecret.IsSet() && k.ActivityClientSecret.Reveal() == k.EntraClientSecret.Reveal():
		k.say("ACTIVITY_CLIENT_SECRET", "is the credential of the app registration that can write; make one of its own.")
	case k.ActivityCertificateFile != "" && k.ActivityCertificateFile == k.EntraCertificateFile:
		k.say("ACTIVITY_CERTIFICATE_FILE", "is the credential of the app registration that can write; make one of its own.")
	}
}

func (k *check) reader(name, id, path string) {
	client, secretName, fileName := name+"_CLIENT_ID", name+"_CLIENT_SECRET", name+"_CERTIFICATE_FILE"
	secret, file := k.isSet(secretName), k.isSet(fileName)
	switch {
	case id == "":
		if secret || file {
			k.say(client, "is missing though its credential is set; set it too, or remove the credential.")
		}
		return
	case !guid.MatchString(id) || strings.Trim(id, "0-") == "":
		k.say(client, "is not an id of the form 8-4-4-4-12 hexadecimal digits; copy the application (client) id from the app registration's overview.")
	case id == k.EntraClientID:
		k.say(client, "is the app registration that can write; customers must never be asked to let that in. Make another that can only read.")
	}
	switch {
	case secret && file:
		k.say(secretName, "is set together with "+fileName+"; choose one credential and remove the other.")
	case !secret && !file && k.EntraFederatedTokenFile == "":
		k.say(client, "is set without a credential; set "+secretName+" or "+fileName+".")
	}
	k.readable(fileName, path)
}

// exactlyOne checks settings that exclude each other.
func (k *check) exactlyOne(names []string, none, several string) {
	set := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !k.isSet(n) })
	switch len(set) {
	case 0:
		k.found = append(k.found, Problem{strings.Join(names, ", "), none})
	case 1:
	default:
		k.found = append(k.found, Problem{strings.Join(set, ", "), "are set together; " + several})
	}
}

func (k *check) isSet(name string) bool {
	if _, tried := k.bad[name]; tried {
		return true
	}
	switch name {
	case "SLACK_APP_TOKEN":
		return k.SlackAppToken.IsSet()
	case "SLACK_SIGNING_SECRET":
		return k.SlackSigningSecret.IsSet()
	case "ENTRA_CLIENT_SECRET":
		return k.EntraClientSecret.IsSet()
	case "ENTRA_CERTIFICATE_FILE":
		return k.EntraCertificateFile != ""
	case "READER_CLIENT_SECRET":
		return k.ReaderClientSecret.IsSet()
	case "READER_CERTIFICATE_FILE":
		return k.ReaderCertificateFile != ""
	case "ACTIVITY_CLIENT_SECRET":
		return k.ActivityClientSecret.IsSet()
	case "ACTIVITY_CERTIFICATE_FILE":
		return k.ActivityCertificateFile != ""
	case "ENTRA_FEDERATED_TOKEN_FILE":
		return k.EntraFederatedTokenFile != ""
	}
	panic("config: no group has " + name)
}

func (k *check) readable(name, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // to open a pipe would wait for its writer
		k.say(name, "names something that is not a file; check the path.")
		return
	}
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			f.Close() //nolint:errcheck // nothing was written
		}
	}
	if err != nil {
		k.say(name, whyUnreadable(err))
	}
}
