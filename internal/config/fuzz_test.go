package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

// FuzzLoad sets one setting to anything. It is taken or refused with words, nothing panics,
// and no refusal holds a secret.
func FuzzLoad(f *testing.F) {
	for _, s := range config.Settings() {
		f.Add(s.Name, s.Default)
		f.Add(s.Name+"_FILE", "/nowhere")
	}
	for _, value := range []string{"x", "\x00", " ", "-1", "1h", "https://x.test/?a=b", "bolt:///../x", "%zz", "@", "127.0.0.1:99999", strings.Repeat("9", 40)} {
		f.Add("STATE_URL", value)
		f.Add("PUBLIC_URL", value)
		f.Add("POLL_INTERVAL", value)
		f.Add("LISTEN_ADDR", value)
		f.Add("MAIL_FROM", value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.HasSuffix(name, "_FILE") && value != "/nowhere" {
			return // what other files of the machine hold is not at issue
		}
		settings := good()
		settings[name] = value
		_, err := config.Load(t.Context(), envconfig.MapLookuper(settings))
		if err == nil {
			return
		}
		if !errors.As(err, new(config.Problems)) {
			t.Errorf("%s=%q: %v", name, value, err)
		}
		for _, secret := range []string{"2222-planted", "planted~client.secret", "0123456789abcdef0123456789abcdef"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s=%q: the refusal holds a secret: %v", name, value, err)
			}
		}
	})
}
