package config_test

import (
	"cmp"
	"encoding/base64"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

// good is a whole configuration for HTTP and a client secret.
func good() map[string]string {
	return map[string]string{
		"SLACK_BOT_TOKEN":      "xoxb-1111-2222-planted",
		"SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
		"ENTRA_TENANT_ID":      "AAAAAAAA-0000-4000-8000-00000000000A",
		"ENTRA_CLIENT_ID":      "bbbbbbbb-0000-4000-8000-00000000000b",
		"ENTRA_CLIENT_SECRET":  "planted~client.secret",
	}
}

// with returns good changed by name-value pairs; an empty value removes.
func with(pairs ...string) map[string]string {
	m := good()
	for i := 0; i < len(pairs); i += 2 {
		if m[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(m, pairs[i])
		}
	}
	return m
}

// key is one of 32 bytes, as the setting has it.
func key(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), 32)))
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadDefaults(t *testing.T) {
	c, err := config.Load(t.Context(), envconfig.MapLookuper(good()))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if c.StateURL != "bolt:///var/lib/latchkey/latchkey.db" || c.PolicyFile != "policy.yml" || c.ListenAddr != ":8080" ||
		c.LogLevel != slog.LevelInfo || c.LogFormat != "json" || c.PollInterval != 5*time.Minute {
		t.Errorf("defaults are %+v", c)
	}
	if path, err := c.StatePath(); path != "/var/lib/latchkey/latchkey.db" || err != nil {
		t.Errorf("StatePath() = %q, %v", path, err)
	}
	if c.EntraTenantID != "aaaaaaaa-0000-4000-8000-00000000000a" {
		t.Errorf("EntraTenantID = %q, want lower case", c.EntraTenantID)
	}
	if got := c.SlackBotToken.Reveal(); got != "xoxb-1111-2222-planted" {
		t.Errorf("SlackBotToken.Reveal() = %q", got)
	}
	if c.SocketMode() {
		t.Error("SocketMode() = true with a signing secret")
	}
	if err := c.Validate(); err != nil {
		t.Errorf("Validate of what Load returned: %v", err)
	}
}

func TestLoadAccepts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   map[string]string
		check func(config.Config) bool
	}{
		{"SocketMode", with("SLACK_SIGNING_SECRET", "", "SLACK_APP_TOKEN", "xapp-1-A1-2-abc"), config.Config.SocketMode},
		{"SecretFromFile", with("ENTRA_CLIENT_SECRET", "", "ENTRA_CLIENT_SECRET_FILE", file(t, "from file\n")),
			func(c config.Config) bool { return c.EntraClientSecret.Reveal() == "from file" }},
		{"EmptyVariableBesideFile", with("SLACK_BOT_TOKEN", " ", "SLACK_BOT_TOKEN_FILE", file(t, "xoxb-f\r\n")),
			func(c config.Config) bool { return c.SlackBotToken.Reveal() == "xoxb-f" }},
		{"Certificate", with("ENTRA_CLIENT_SECRET", "", "ENTRA_CERTIFICATE_FILE", file(t, "pem"), "ENTRA_CERTIFICATE_PASSWORD", "pw"),
			func(c config.Config) bool {
				return c.EntraCertificateFile != "" && c.EntraCertificatePassword.Reveal() == "pw"
			}},
		{"WorkloadIdentity", with("ENTRA_CLIENT_SECRET", "", "ENTRA_FEDERATED_TOKEN_FILE", file(t, "jwt")),
			func(c config.Config) bool { return c.EntraFederatedTokenFile != "" }},
		{"Page", with("PARTNER_CENTER", "on", "PUBLIC_URL", "https://latchkey.example/"),
			func(c config.Config) bool {
				return c.PartnerCenter == "on" && c.PublicURL == "https://latchkey.example"
			}},
		{"PageOnThisMachine", with("PUBLIC_URL", "http://127.0.0.1:8080"),
			func(c config.Config) bool { return c.PublicURL == "http://127.0.0.1:8080" }},
		{"Reader", with("READER_CLIENT_ID", "CCCCCCCC-0000-4000-8000-00000000000C", "READER_CLIENT_SECRET", "planted~reader"),
			func(c config.Config) bool {
				return c.ReaderClientID == "cccccccc-0000-4000-8000-00000000000c" && c.ReaderClientSecret.Reveal() == "planted~reader"
			}},
		{"Activity", with("ACTIVITY_CLIENT_ID", "DDDDDDDD-0000-4000-8000-00000000000D", "ACTIVITY_CLIENT_SECRET_FILE", file(t, "planted~logs")),
			func(c config.Config) bool {
				return c.ActivityClientID == "dddddddd-0000-4000-8000-00000000000d" && c.ActivityClientSecret.Reveal() == "planted~logs"
			}},
		{"ReaderByCertificate", with("READER_CLIENT_ID", "cccccccc-0000-4000-8000-00000000000c", "READER_CERTIFICATE_FILE", file(t, "pem")),
			func(c config.Config) bool { return c.ReaderCertificateFile != "" }},
		{"ReaderByWorkloadIdentity", with("ENTRA_CLIENT_SECRET", "", "ENTRA_FEDERATED_TOKEN_FILE", file(t, "jwt"), "READER_CLIENT_ID", "cccccccc-0000-4000-8000-00000000000c"),
			func(c config.Config) bool { return c.ReaderClientID != "" }},
		{"StateKeys", with("STATE_KEY_FILE", file(t, "none,\n"+key('a')+"\n"+key('b')+"\n")), func(c config.Config) bool {
			keys, err := c.StateKeys()
			return err == nil && len(keys) == 3 && keys[0] == nil && string(keys[2]) == strings.Repeat("b", 32)
		}},
		{"Cluster", with("STATE_URL", "etcd://bot@a:2379,b:2379/one/two/", "STATE_PASSWORD", "planted"), func(c config.Config) bool {
			at, err := c.StateCluster()
			return err == nil && slices.Equal(at.Endpoints, []string{"https://a:2379", "https://b:2379"}) && at.Prefix == "one/two" &&
				at.User == "bot" && at.TLS != nil && c.InCluster()
		}},
		{"ClusterOnThisMachine", with("STATE_URL", "etcd://127.0.0.1:2379"), func(c config.Config) bool {
			at, err := c.StateCluster()
			return err == nil && slices.Equal(at.Endpoints, []string{"http://127.0.0.1:2379"}) && at.Prefix == "latchkey" && at.TLS == nil
		}},
		{"Others", with("LOG_LEVEL", "DEBUG", "LOG_FORMAT", "text", "POLL_INTERVAL", "1m30s", "LISTEN_ADDR", "[::1]:0",
			"STATE_URL", "bolt:///srv/a%23b.db", "POLICY_FILE", "/etc/latchkey/policy.yml"),
			func(c config.Config) bool {
				path, err := c.StatePath()
				return c.LogLevel == slog.LevelDebug && c.LogFormat == "text" && c.PollInterval == 90*time.Second &&
					c.ListenAddr == "[::1]:0" && path == "/srv/a#b.db" && err == nil && c.PolicyFile == "/etc/latchkey/policy.yml"
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := config.Load(t.Context(), envconfig.MapLookuper(tt.env))
			if err != nil {
				t.Fatalf("Load: %v", err)
			}
			if !tt.check(c) {
				t.Errorf("Load = %+v", c)
			}
		})
	}
}

// TestEverySecretFromAFile gives each secret as a file, and both ways at once.
func TestEverySecretFromAFile(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-1-planted", "SLACK_APP_TOKEN": "xapp-1-planted", "STATE_KEY": key('p'),
	}
	for _, s := range config.Settings() {
		if !s.Secret {
			continue
		}
		value := cmp.Or(values[s.Name], "planted-0123456789abcdef")
		env := with("SLACK_SIGNING_SECRET", "", "SLACK_APP_TOKEN", "", "ENTRA_CLIENT_SECRET", "", s.Name, "")
		env[s.Name+"_FILE"] = file(t, value+"\n")
		_, err := config.Load(t.Context(), envconfig.MapLookuper(env))
		if err != nil && (strings.Contains(err.Error(), s.Name+"_FILE") || strings.Contains(err.Error(), s.Name+": is missing") || strings.Contains(err.Error(), "planted")) {
			t.Errorf("%s from a file: %v", s.Name, err)
		}
		env[s.Name] = value
		if _, err := config.Load(t.Context(), envconfig.MapLookuper(env)); err == nil || !strings.Contains(err.Error(), s.Name+", "+s.Name+"_FILE: are both set") {
			t.Errorf("%s both ways: %v", s.Name, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		want []string // the beginning of each line
	}{
		{"Nothing", nil, []string{
			"ENTRA_CERTIFICATE_FILE, ENTRA_CLIENT_SECRET, ENTRA_FEDERATED_TOKEN_FILE: none is set",
			"ENTRA_CLIENT_ID: is missing", "ENTRA_TENANT_ID: is missing",
			"SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: neither is set", "SLACK_BOT_TOKEN: is missing"}},
		{"ReaderWithoutCredential", with("READER_CLIENT_ID", "cccccccc-0000-4000-8000-00000000000c"), []string{"READER_CLIENT_ID: is set without a credential"}},
		{"ReaderWithoutID", with("READER_CLIENT_SECRET", "planted~reader"), []string{"READER_CLIENT_ID: is missing though"}},
		{"ReaderIsTheWriter", with("READER_CLIENT_ID", "BBBBBBBB-0000-4000-8000-00000000000b", "READER_CLIENT_SECRET", "planted~reader"),
			[]string{"READER_CLIENT_ID: is the app registration that can write"}},
		{"ActivityIsTheWriter", with("ACTIVITY_CLIENT_ID", "BBBBBBBB-0000-4000-8000-00000000000b", "ACTIVITY_CLIENT_SECRET", "planted~logs"),
			[]string{"ACTIVITY_CLIENT_ID: is the app registration that can write"}},
		{"ActivityIsTheReader", with("READER_CLIENT_ID", "cccccccc-0000-4000-8000-00000000000c", "READER_CLIENT_SECRET", "planted~reader",
			"ACTIVITY_CLIENT_ID", "CCCCCCCC-0000-4000-8000-00000000000c", "ACTIVITY_CLIENT_SECRET", "planted~logs"),
			[]string{"ACTIVITY_CLIENT_ID: is that of READER_CLIENT_ID"}},
		{"ActivityHasTheWritersSecret", with("ACTIVITY_CLIENT_ID", "dddddddd-0000-4000-8000-00000000000d", "ACTIVITY_CLIENT_SECRET", "planted~client.secret"),
			[]string{"ACTIVITY_CLIENT_SECRET: is the credential of the app registration that can write"}},
		{"ActivityWithoutCredential", with("ACTIVITY_CLIENT_ID", "dddddddd-0000-4000-8000-00000000000d"), []string{"ACTIVITY_CLIENT_ID: is set without a credential"}},
		{"ActivityWithoutID", with("ACTIVITY_CLIENT_SECRET", "planted~logs"), []string{"ACTIVITY_CLIENT_ID: is missing though"}},
		{"ReaderMalformed", with("READER_CLIENT_ID", "reader", "READER_CLIENT_SECRET", "planted~reader", "READER_CERTIFICATE_FILE", file(t, "pem")),
			[]string{"READER_CLIENT_ID: is not an id", "READER_CLIENT_SECRET: is set together"}},
		{"ReaderFileMissing", with("READER_CLIENT_ID", "cccccccc-0000-4000-8000-00000000000c", "READER_CERTIFICATE_FILE", "/nowhere/x.pem"),
			[]string{"READER_CERTIFICATE_FILE: "}},
		{"AllMalformed", with("STATE_URL", "redis://planted@host", "LISTEN_ADDR", "8080", "LOG_LEVEL", "loud", "LOG_FORMAT", "xml",
			"POLL_INTERVAL", "soon", "SLACK_BOT_TOKEN", "xoxp-planted", "SLACK_SIGNING_SECRET", "planted-7",
			"ENTRA_TENANT_ID", "contoso.com", "ENTRA_CLIENT_ID", "00000000-0000-0000-0000-000000000000"), []string{
			"ENTRA_CLIENT_ID: is not an id", "ENTRA_TENANT_ID: is not an id", "LISTEN_ADDR: is not an address",
			"LOG_FORMAT: is neither", "LOG_LEVEL: is not a level", "POLL_INTERVAL: is not a length of time",
			"SLACK_BOT_TOKEN: is not a bot token", "SLACK_SIGNING_SECRET: is too short", "STATE_URL: names a kind of store"}},
		{"UnitByName", with("ENTRA_ADMINISTRATIVE_UNIT", "planted unit"), []string{"ENTRA_ADMINISTRATIVE_UNIT: is not an id"}},
		{"TwoModes", with("SLACK_APP_TOKEN", "xapp-1-planted"), []string{
			"SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: are set together"}},
		{"ThreeCredentials", with("ENTRA_CERTIFICATE_FILE", file(t, "x"), "ENTRA_FEDERATED_TOKEN_FILE", file(t, "x")), []string{
			"ENTRA_CERTIFICATE_FILE, ENTRA_CLIENT_SECRET, ENTRA_FEDERATED_TOKEN_FILE: are set together"}},
		{"PasswordWithoutCertificate", with("ENTRA_CERTIFICATE_PASSWORD", "planted"), []string{
			"ENTRA_CERTIFICATE_PASSWORD: is set without ENTRA_CERTIFICATE_FILE"}},
		{"VariableAndFile", with("ENTRA_CLIENT_SECRET_FILE", file(t, "planted")), []string{
			"ENTRA_CLIENT_SECRET, ENTRA_CLIENT_SECRET_FILE: are both set"}},
		{"SecretInTheFileVariable", with("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", "xoxb-planted"), []string{
			"SLACK_BOT_TOKEN_FILE: names a file that does not exist"}},
		{"SecretFileEmpty", with("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", file(t, " \n")), []string{
			"SLACK_BOT_TOKEN_FILE: names a file that is empty"}},
		{"SecretFileIsAFolder", with("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", t.TempDir()), []string{
			"SLACK_BOT_TOKEN_FILE: names something that cannot be read"}},
		{"SecretFileHuge", with("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", file(t, strings.Repeat("x", 1<<17))), []string{
			"SLACK_BOT_TOKEN_FILE: names a file that is too large"}},
		{"CertificateMissing", with("ENTRA_CLIENT_SECRET", "", "ENTRA_CERTIFICATE_FILE", "/planted/no.pem"), []string{
			"ENTRA_CERTIFICATE_FILE: names a file that does not exist"}},
		{"TokenFileIsAFolder", with("ENTRA_CLIENT_SECRET", "", "ENTRA_FEDERATED_TOKEN_FILE", t.TempDir()), []string{
			"ENTRA_FEDERATED_TOKEN_FILE: names something that is not a file"}},
		{"RotatedToken", with("SLACK_BOT_TOKEN", "xoxe.xoxb-1-planted"), []string{
			"SLACK_BOT_TOKEN: is a token that Slack's token rotation made",
		}},
		{"TokensSwapped", with("SLACK_BOT_TOKEN", "xapp-1-planted", "SLACK_SIGNING_SECRET", "", "SLACK_APP_TOKEN", "xoxb-planted"), []string{
			"SLACK_APP_TOKEN: is not an app-level token", "SLACK_BOT_TOKEN: is not a bot token"}},
		{"TokenAsSigningSecret", with("SLACK_SIGNING_SECRET", "xoxb-planted-planted"), []string{"SLACK_SIGNING_SECRET: is a token"}},
		{"TokensTorn", with("SLACK_BOT_TOKEN", "xoxb-planted xoxb-2", "SLACK_SIGNING_SECRET", "", "SLACK_APP_TOKEN", "xapp-\x01planted"), []string{
			"SLACK_APP_TOKEN: has a space", "SLACK_BOT_TOKEN: has a space"}},
		{"SigningSecretTorn", with("SLACK_SIGNING_SECRET", "0123456789 abcdef planted"), []string{"SLACK_SIGNING_SECRET: has a space"}},
		{"PartnerCenterMaybe", with("PARTNER_CENTER", "planted"), []string{"PARTNER_CENTER: is neither on nor off"}},
		{"PublicInTheClear", with("PUBLIC_URL", "http://planted.example"), []string{"PUBLIC_URL: does not begin with https"}},
		{"PublicWithPath", with("PUBLIC_URL", "https://planted.example/bot"), []string{"PUBLIC_URL: is not an address alone"}},
		{"PublicNoHost", with("PUBLIC_URL", "planted"), []string{"PUBLIC_URL: is not an address alone"}},
		{"PollTooOften", with("POLL_INTERVAL", "59s"), []string{"POLL_INTERVAL: is out of range"}},
		{"PollTooSeldom", with("POLL_INTERVAL", "25h"), []string{"POLL_INTERVAL: is out of range"}},
		{"PortTooLarge", with("LISTEN_ADDR", ":65536"), []string{"LISTEN_ADDR: has no port"}},
		{"TracesNowhere", with("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"), []string{"OTEL_EXPORTER_OTLP_ENDPOINT: is not the address"}},
		{"MetricsNowhere", with("METRICS_ADDR", "9464"), []string{"METRICS_ADDR: is not an address"}},
		{"StateKeyShort", with("STATE_KEY", "cGxhbnRlZA=="), []string{"STATE_KEY: is not a key of 32 bytes"}},
		{"StateKeyNotBase64", with("STATE_KEY", key('a')+",planted"), []string{"STATE_KEY: is not a key of 32 bytes"}},
		{"StateKeyNoneLast", with("STATE_KEY", key('a')+",none"), []string{"STATE_KEY: is not a key of 32 bytes"}},
		{"StateKeyEmpty", with("STATE_KEY", ","), []string{"STATE_KEY: has no key in it"}},
		{"ClusterNoPort", with("STATE_URL", "etcd://planted"), []string{"STATE_URL: does not give each member as host:port"}},
		{"ClusterOneWithoutPort", with("STATE_URL", "etcd://a:2379,planted"), []string{"STATE_URL: does not give each member as host:port"}},
		{"ClusterEmpty", with("STATE_URL", "etcd:///planted"), []string{"STATE_URL: does not give each member as host:port"}},
		{"ClusterPassword", with("STATE_URL", "etcd://bot:planted@a:2379"), []string{"STATE_URL: has a password in it"}},
		{"ClusterQuery", with("STATE_URL", "etcd://a:2379/x?planted"), []string{"STATE_URL: must be only etcd://"}},
		{"ClusterOpaque", with("STATE_URL", "etcd:planted"), []string{"STATE_URL: names no etcd cluster"}},
		{"ClusterNoAuthorities", with("STATE_URL", "etcd://a:2379", "STATE_CA_FILE", file(t, "planted")), []string{"STATE_URL: needs STATE_CA_FILE"}},
		{"ClusterNoCertificate", with("STATE_URL", "etcd://a:2379", "STATE_CERTIFICATE_FILE", "/planted/no.pem"), []string{"STATE_URL: needs STATE_CERTIFICATE_FILE"}},
		{"StateRelative", with("STATE_URL", "bolt://latchkey.db"), []string{"STATE_URL: must give an absolute path"}},
		{"StateOpaque", with("STATE_URL", "bolt:latchkey.db"), []string{"STATE_URL: must give an absolute path"}},
		{"StateFolder", with("STATE_URL", "bolt:///srv/"), []string{"STATE_URL: must give an absolute path"}},
		{"StateWithQuery", with("STATE_URL", "bolt:///srv/a?b=planted"), []string{"STATE_URL: must be only"}},
		{"StateNotURL", with("STATE_URL", "bolt://planted\x7f:%zz"), []string{"STATE_URL: is not a URL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuses(t, tt.env, tt.want)
		})
	}
}

// refuses checks that Load reports exactly the wanted lines and none of the
// values that were set.
func refuses(t *testing.T, env map[string]string, want []string) {
	t.Helper()
	c, err := config.Load(t.Context(), envconfig.MapLookuper(env))
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Fatalf("Load: error %v is no Problems", err)
	}
	if c != (config.Config{}) {
		t.Error("Load returned a configuration beside its error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) || len(lines) != len(problems) || !slices.IsSorted(lines) {
		t.Fatalf("Load: got\n%v\nwant %d sorted lines", err, len(want))
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) || !strings.HasSuffix(line, ".") {
			t.Errorf("line %d is %q, want a sentence that begins %q", i+1, line, want[i])
		}
	}
	for name, value := range env {
		if len(value) > 4 && strings.Contains(err.Error(), value) {
			t.Errorf("the error repeats the value of %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "planted") {
		t.Errorf("the error holds a planted secret: %v", err)
	}
}

func TestValidateWhatWasBuiltInCode(t *testing.T) {
	want := []string{"LISTEN_ADDR", "LOG_FORMAT", "PARTNER_CENTER", "POLICY_FILE", "POLL_INTERVAL", "STATE_URL"}
	problems, _ := errors.AsType[config.Problems](config.Config{}.Validate())
	for _, name := range want {
		if !slices.ContainsFunc(problems, func(p config.Problem) bool { return p.Setting == name }) {
			t.Errorf("Validate of an empty configuration says nothing of %s: %v", name, problems)
		}
	}
}

// TestSettingsAgreeWithConfig holds the table, from which help and README are
// made, against the tags, by which the environment is read.
func TestSettingsAgreeWithConfig(t *testing.T) {
	tags := map[string]string{}
	secrets := map[string]bool{}
	for f := range reflect.TypeFor[config.Config]().Fields() {
		name, rest, _ := strings.Cut(f.Tag.Get("env"), ",")
		tags[name] = strings.TrimPrefix(strings.TrimSpace(rest), "default=")
		secrets[name] = f.Type == reflect.TypeFor[config.Secret]()
	}
	table := map[string]string{}
	for _, s := range config.Settings() {
		table[s.Name] = s.Default
		if s.Secret != secrets[s.Name] {
			t.Errorf("%s: Secret = %v, but the field says %v", s.Name, s.Secret, secrets[s.Name])
		}
		if !strings.HasSuffix(s.What, ".") || s.Required == "" {
			t.Errorf("%s: What %q is no sentence or Required %q is empty", s.Name, s.What, s.Required)
		}
	}
	if !maps.Equal(tags, table) {
		t.Errorf("the tags say %v,\nthe table says %v", tags, table)
	}
}
