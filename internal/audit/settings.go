package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"latchkey/internal/state"
)

const settingsKey = "signer/settings"

// SettingsChanged names the settings that have other values than when it was called last, and
// notes those of now, as digests that say nothing without the secret of the log. The first
// call names none.
func SettingsChanged(tx state.Tx, values map[string]string) (changed []string, err error) {
	s, err := state.Load[secret](tx, secretKey)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for name, value := range values {
		mac := hmac.New(sha256.New, []byte(s.Salt))
		mac.Write([]byte(name + "\x00" + value))
		now[name] = hex.EncodeToString(mac.Sum(nil)[:16])
	}
	before, err := state.Load[map[string]string](tx, settingsKey)
	_, damaged := state.Unreadable(err)
	first := damaged || errors.Is(err, state.ErrNotFound)
	if err != nil && !first {
		return nil, err
	}
	if !first {
		all := maps.Clone(before)
		maps.Copy(all, now)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if before[name] != now[name] {
				changed = append(changed, name)
			}
		}
	}
	_, err = state.Save(tx, settingsKey, now)
	return changed, err
}
