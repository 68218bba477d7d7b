package config

// A Setting is one environment variable that the product reads.
type Setting struct {
	Name     string
	Default  string // what holds when it is not set
	Required string // "yes", "no", or the condition under which it is
	What     string // a sentence
	Secret   bool   // it may also be given as a file, named by Name + "_FILE"
}

const (
	oneMode          = "exactly one of SLACK_SIGNING_SECRET and SLACK_APP_TOKEN"
	readerCredential = "with READER_CLIENT_ID, exactly one of READER_CLIENT_SECRET, READER_CERTIFICATE_FILE and ENTRA_FEDERATED_TOKEN_FILE"

	activityCredential = "with ACTIVITY_CLIENT_ID, exactly one of ACTIVITY_CLIENT_SECRET, ACTIVITY_CERTIFICATE_FILE and ENTRA_FEDERATED_TOKEN_FILE"

	oneCredential = "exactly one of ENTRA_CLIENT_SECRET, ENTRA_CERTIFICATE_FILE and ENTRA_FEDERATED_TOKEN_FILE"
)

// settings is the one table of what can be set; the help text and the README
// are made from it.
var settings = []Setting{
	{"STATE_URL", "bolt:///var/lib/latchkey/latchkey.db", "no",
		"Where requests, grants and the audit log are kept: bolt:// and the absolute path of a file; or, for several replicas, etcd://, the members of an etcd cluster and a prefix, as in etcd://bot@etcd-1:2379,etcd-2:2379,etcd-3:2379/latchkey.", false},
	{"STATE_KEY", "", "no",
		"A key of 32 bytes in base64, as openssl rand -base64 32 makes it, by which names, addresses and what people wrote are kept encrypted in the state. Only you can keep it apart from the state. Of several, with commas between them, the first seals and all open; none before them has the state be written plain again.", true},
	{"STATE_PASSWORD", "", "no",
		"The password of the user in an etcd STATE_URL. A certificate (STATE_CERTIFICATE_FILE) needs none.", true},
	{"STATE_CA_FILE", "", "no",
		"A PEM file with the authorities that sign the etcd members' certificates. Without it those that the system trusts.", false},
	{"STATE_CERTIFICATE_FILE", "", "no",
		"A PEM file with the certificate, and its private key, by which the etcd members know the bot.", false},
	{"AUDIT_KEY", "", "no",
		"The private key that signs checkpoints of the audit log, as bot audit key -new makes it. Only you can keep it apart from the state. Without it one is drawn at the first start and kept in the state, so that whoever can read that can sign, too.", true},
	{"AUDIT_STREAM_URL", "", "no",
		"Where each event of the audit log is sent, at least once: https://user:password@host/path, syslog+tls://host:6514, syslog+tcp://host:601 or file:///path, with ?format=jsonl, csv, cef or ocsf behind it. Only you know your collector. Without it nothing is sent.", true},
	{"AUDIT_CHECKPOINT_URL", "", "no",
		"Where each signed checkpoint of the audit log is kept as well, out of reach of whoever has the state: https://user:password@host/path, below which each is put under a name of its own, or file:///path, to whose end each is written. Only you know such a place. Without it they are in the state and in customers' channels.", true},
	{"POLICY_FILE", "policy.yml", "no",
		"The file that says who the customers are and what may be asked for.", false},
	{"ARCHIVE_DIR", "", "no",
		"The absolute path of a directory in which requests, and whatever else is deleted because it ended longer ago than policy.yml has it kept, are written as lines of JSON before they go. Only you know whether you may keep them, and where; without it they are deleted.", false},
	{"LISTEN_ADDR", ":8080", "no",
		"The address and port on which Slack's requests are answered.", false},
	{"METRICS_ADDR", "127.0.0.1:9464", "no",
		"The address and port on which /livez, /readyz and /metrics are answered, apart from what Slack reaches. Only this machine reaches the default; a platform that probes from outside (Kubernetes), or a Prometheus elsewhere, needs :9464.", false},
	{"OTEL_EXPORTER_OTLP_ENDPOINT", "", "no",
		"The address of an OpenTelemetry collector that takes traces over HTTP, such as http://127.0.0.1:4318. Only you know it. Without it nothing is traced. The other settings of OpenTelemetry's SDK (OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER …) are heeded too.", false},
	{"LOG_LEVEL", "info", "no",
		"How much is logged: debug, info, warn or error.", false},
	{"LOG_FORMAT", "json", "no",
		"How the log is written: json or text.", false},
	{"POLL_INTERVAL", "5m", "no",
		"How often relationships are read from Microsoft Graph, from 1m to 24h.", false},
	{"PARTNER_CENTER", "off", "no",
		"Whether Partner Center is asked about legacy DAP: on or off. It is off by itself because the app must be let in there first, and indirect resellers cannot be.", false},
	{"PUBLIC_URL", "", "no",
		"The https address under which browsers reach this bot, for the pages on which contacts of customers sign in to approve (with READER_CLIENT_ID) and an admin to remove legacy DAP, and under which Partner Center can notify it. Only you know it. Without it there is no page, so roles that can raise their own rights cannot be asked for, what to do by hand is told instead, and changes are found by polling.", false},
	{"MAIL_FROM", "", "no",
		"The mailbox, as an address, from which contacts of customers who are not in Slack are written to. Only you know which it may be. Without it every contact must be in Slack.", false},
	{"SLACK_BOT_TOKEN", "", "yes",
		"The bot token of the Slack app; it begins with xoxb-.", true},
	{"SLACK_SIGNING_SECRET", "", oneMode,
		"The signing secret of the Slack app; choosing it makes Slack call over HTTP.", true},
	{"SLACK_APP_TOKEN", "", oneMode,
		"An app-level token with connections:write; it begins with xapp- and chooses Socket Mode.", true},
	{"ENTRA_TENANT_ID", "", "yes",
		"The directory (tenant) id of the partner's own Microsoft Entra tenant.", false},
	{"ENTRA_CLIENT_ID", "", "yes",
		"The application (client) id of the app registration in that tenant.", false},
	{"ENTRA_ADMINISTRATIVE_UNIT", "", "no",
		"The object id of the administrative unit in which the bot makes its groups, and on which its service principal is Groups Administrator. Only you know it. Without it the app needs a permission over every group of your tenant, AdminAgents among them.", false},
	{"ENTRA_CLIENT_SECRET", "", oneCredential,
		"A client secret of the app registration.", true},
	{"ENTRA_CERTIFICATE_FILE", "", oneCredential,
		"A PEM or PFX file with the app registration's certificate and private key.", false},
	{"ENTRA_CERTIFICATE_PASSWORD", "", "no",
		"The password of the certificate file, if it has one.", true},
	{"ENTRA_FEDERATED_TOKEN_FILE", "", oneCredential,
		"The file into which the platform writes the workload's identity token.", false},
	{"READER_CLIENT_ID", "", "no",
		"The application (client) id of a second, multi-tenant app registration, which can only read and which customers may let into their tenants. Contacts sign in to it, too. Without it the bot does not know who else administers a tenant, and nobody can approve roles that can raise their own rights.", false},
	{"READER_CLIENT_SECRET", "", readerCredential,
		"A client secret of that app registration.", true},
	{"READER_CERTIFICATE_FILE", "", readerCredential,
		"A PEM or PFX file without a password, with that app registration's certificate and private key.", false},
	{"ACTIVITY_CLIENT_ID", "", "no",
		"The application (client) id of a third, multi-tenant app registration, with AuditLog.Read.All and nothing else, by which customers may let the bot read in their own logs what your people did there. Only you know it, and it is one of its own so that nobody lets in more than they mean to. Without it the bot tells who could get in, and not what they did.", false},
	{"ACTIVITY_CLIENT_SECRET", "", activityCredential,
		"A client secret of that app registration.", true},
	{"ACTIVITY_CERTIFICATE_FILE", "", activityCredential,
		"A PEM or PFX file without a password, with that app registration's certificate and private key.", false},
}

// Settings returns every setting, in the order in which a person would set
// them. The slice is the caller's own.
func Settings() []Setting {
	return append([]Setting(nil), settings...)
}

func setting(name string) (Setting, bool) {
	for _, s := range settings {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}
