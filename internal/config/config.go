// Package config reads the product's configuration from the environment and,
// behind it, from a file that is named; from nowhere else.
//
// It promises to report everything that is wrong at once, so that one start
// shows all of it, and never to repeat a value that was set, so that a secret
// put into the wrong variable does not end up in a log. It changes nothing and
// keeps nothing; a crash here leaves nothing behind.
package config

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"
)

// Config is the whole configuration. The tags name the settings; [Settings]
// explains them.
type Config struct {
	// StateURL names the store: "bolt://" and an absolute path, or "etcd://" and the
	// members of a cluster.
	StateURL string `env:"STATE_URL, default=bolt:///var/lib/latchkey/latchkey.db"`
	// StateKey holds the keys by which the store is sealed. Unset: it is not.
	StateKey Secret `env:"STATE_KEY"`
	// StatePassword is that of the user in an etcd StateURL.
	StatePassword Secret `env:"STATE_PASSWORD"`
	// StateCAFile is a PEM file with the authorities that sign the cluster's
	// certificates. Empty: those that the system trusts.
	StateCAFile string `env:"STATE_CA_FILE"`
	// StateCertificateFile is a PEM file with the certificate that is shown to the
	// cluster, and its key. Empty: none is.
	StateCertificateFile string `env:"STATE_CERTIFICATE_FILE"`
	// AuditKey is the private key that signs checkpoints of the audit log. Unset: one that
	// is drawn at the first start and kept in the state.
	AuditKey Secret `env:"AUDIT_KEY"`
	// AuditStreamURL is where each event of the audit log is sent. Unset: nowhere. It may
	// hold a password.
	AuditStreamURL Secret `env:"AUDIT_STREAM_URL"`
	// AuditCheckpointURL is where each checkpoint of it is kept, too. Unset: nowhere.
	AuditCheckpointURL Secret `env:"AUDIT_CHECKPOINT_URL"`
	// PolicyFile is the path of policy.yml.
	PolicyFile string `env:"POLICY_FILE, default=policy.yml"`
	// ArchiveDir is a directory in which what is deleted after its retention is kept. Empty:
	// it is not.
	ArchiveDir string `env:"ARCHIVE_DIR"`
	// ListenAddr is the host and port to listen on; an empty host is every
	// address of the machine.
	ListenAddr string `env:"LISTEN_ADDR, default=:8080"`
	// MetricsAddr is the host and port at which health and metrics are told.
	MetricsAddr string `env:"METRICS_ADDR, default=127.0.0.1:9464"`
	// TracesEndpoint is where a collector takes traces over OTLP/HTTP. Empty: nothing
	// is traced.
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	// LogLevel is the least level that is logged.
	LogLevel slog.Level `env:"LOG_LEVEL, default=info"`
	// LogFormat is "json" or "text".
	LogFormat string `env:"LOG_FORMAT, default=json"`
	// PollInterval is the time between two readings of Microsoft Graph.
	PollInterval time.Duration `env:"POLL_INTERVAL, default=5m"`

	// PartnerCenter is "on" where Partner Center is asked about legacy DAP, and
	// "off" where it is not.
	PartnerCenter string `env:"PARTNER_CENTER, default=off"`
	// PublicURL is where browsers reach the bot's own pages, without a slash at
	// its end. Empty: there are no pages.
	PublicURL string `env:"PUBLIC_URL"`
	// MailFrom is the mailbox from which contacts who are not in Slack are written to.
	// Empty: nobody is.
	MailFrom string `env:"MAIL_FROM"`

	// SlackBotToken is the token for Slack's Web API.
	SlackBotToken Secret `env:"SLACK_BOT_TOKEN"`
	// SlackSigningSecret proves that a request came from Slack. Set in HTTP
	// mode only.
	SlackSigningSecret Secret `env:"SLACK_SIGNING_SECRET"`
	// SlackAppToken opens the connection of Socket Mode. Set in that mode only.
	SlackAppToken Secret `env:"SLACK_APP_TOKEN"`

	// EntraTenantID is the partner's tenant, in lower case.
	EntraTenantID string `env:"ENTRA_TENANT_ID"`
	// EntraClientID is the app registration, in lower case.
	EntraClientID string `env:"ENTRA_CLIENT_ID"`
	// EntraAdministrativeUnit is the administrative unit in which the bot's groups are,
	// in lower case. Empty: they are in none.
	EntraAdministrativeUnit string `env:"ENTRA_ADMINISTRATIVE_UNIT"`
	// EntraClientSecret is the first of three credentials of which exactly one
	// is set.
	EntraClientSecret Secret `env:"ENTRA_CLIENT_SECRET"`
	// EntraCertificateFile is the second: the path of a PEM or PFX file.
	EntraCertificateFile string `env:"ENTRA_CERTIFICATE_FILE"`
	// EntraCertificatePassword opens the certificate file. Unset when the file
	// has no password.
	EntraCertificatePassword Secret `env:"ENTRA_CERTIFICATE_PASSWORD"`
	// EntraFederatedTokenFile is the third: the path of a token that the
	// platform renews.
	EntraFederatedTokenFile string `env:"ENTRA_FEDERATED_TOKEN_FILE"`

	// ReaderClientID is a second app registration, which customers let into their
	// own tenants and which can only read there, in lower case. Empty: there is
	// none, and what it would read is unknown.
	ReaderClientID string `env:"READER_CLIENT_ID"`
	// ReaderClientSecret is the first of its two credentials, of which one is set
	// where EntraFederatedTokenFile does not prove it too.
	ReaderClientSecret Secret `env:"READER_CLIENT_SECRET"`
	// ReaderCertificateFile is the second: the path of a PEM or PFX file without a
	// password.
	ReaderCertificateFile string `env:"READER_CERTIFICATE_FILE"`

	// ActivityClientID is a third app registration, which customers let read the logs of
	// their own tenants and nothing else, in lower case. Empty: there is none, and nobody
	// knows what was done with access.
	ActivityClientID string `env:"ACTIVITY_CLIENT_ID"`
	// ActivityClientSecret is the first of its two credentials, of which one is set where
	// EntraFederatedTokenFile does not prove it too.
	ActivityClientSecret Secret `env:"ACTIVITY_CLIENT_SECRET"`
	// ActivityCertificateFile is the second: the path of a PEM or PFX file without a
	// password.
	ActivityCertificateFile string `env:"ACTIVITY_CERTIFICATE_FILE"`
}

// Load reads the configuration through lookup and validates it. Values are
// trimmed and an empty one counts as not set. A secret may be given as a file
// under its name + "_FILE", and is read anew when that changes. Whatever a person can
// mend is returned as [Problems].
func Load(ctx context.Context, lookup envconfig.Lookuper) (Config, error) {
	src := &source{from: lookup, bad: map[string]Problem{}, files: map[string]string{}}
	var c Config
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: &c, Lookuper: src}); err != nil {
		return Config{}, fmt.Errorf("read the environment: %w", err)
	}
	c.followFiles(src.files)
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.EntraTenantID = strings.ToLower(c.EntraTenantID)
	c.EntraClientID = strings.ToLower(c.EntraClientID)
	c.EntraAdministrativeUnit = strings.ToLower(c.EntraAdministrativeUnit)
	c.ReaderClientID = strings.ToLower(c.ReaderClientID)
	c.ActivityClientID = strings.ToLower(c.ActivityClientID)

	if err := c.validate(src.bad).err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Validate checks a configuration that was built in code by the same rules.
// Its error is [Problems].
func (c Config) Validate() error {
	return c.validate(nil).err()
}

// SocketMode reports whether Slack is reached over Socket Mode. Otherwise it
// calls us over HTTP.
func (c Config) SocketMode() bool {
	return c.SlackAppToken.IsSet()
}
