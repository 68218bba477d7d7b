package config

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/sethvargo/go-envconfig"
)

const (
	// stateKeySize is that of a key for AES-256.
	stateKeySize = 32
	// stateKeyNone, in the first place, has the state be written plain again.
	stateKeyNone = "none"
)

// StateKeys returns the keys by which the state is sealed: the first seals, all of them
// open. A first one that is nil has it be written plain again. Without the setting there
// are none.
func (c Config) StateKeys() ([][]byte, error) {
	var keys [][]byte
	for i, word := range strings.FieldsFunc(c.StateKey.Reveal(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' }) {
		if i == 0 && word == stateKeyNone {
			keys = append(keys, nil)
			continue
		}
		key, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(key) != stateKeySize { // the cause would show a part of the key
			return nil, errors.New("is not a key of 32 bytes in base64, nor several with commas between them; make one with: openssl rand -base64 32")
		}
		keys = append(keys, key)
	}
	if c.StateKey.IsSet() && len(keys) == 0 {
		return nil, errors.New("has no key in it; remove it, or make a key with: openssl rand -base64 32")
	}
	return keys, nil
}

// LoadState reads where the state is and by which keys it is sealed, and the path of
// policy.yml, and nothing else: whoever looks after the state needs no tokens. Its errors are those of [Load].
func LoadState(ctx context.Context, lookup envconfig.Lookuper) (Config, error) {
	src := &source{from: lookup, bad: map[string]Problem{}, files: map[string]string{}}
	var c Config
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: &c, Lookuper: src}); err != nil {
		return Config{}, fmt.Errorf("read the environment: %w", err)
	}
	k := &check{Config: c, bad: src.bad}
	for name, p := range src.bad {
		if strings.HasPrefix(name, "STATE_") {
			k.found = append(k.found, p)
		}
	}
	k.state()
	if err := k.found.err(); err != nil {
		return Config{}, err
	}
	return Config{
		StateURL: c.StateURL, StateKey: c.StateKey, PolicyFile: c.PolicyFile,
		StatePassword: c.StatePassword, StateCAFile: c.StateCAFile, StateCertificateFile: c.StateCertificateFile,
	}, nil
}
