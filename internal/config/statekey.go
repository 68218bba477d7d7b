package config

import (
	"encoding/base64"
	"errors"
	"strings"
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
