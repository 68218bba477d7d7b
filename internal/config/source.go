package config

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"
)

// maxSecret is far more than any token or password needs.
const maxSecret = 64 << 10

// levels are the names that LOG_LEVEL takes; slog itself would take more.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// A source hands the environment to envconfig. It holds back what envconfig
// could not decode, because envconfig stops at the first such value, and notes
// it as a problem instead; the default stands in until the problem is reported.
type source struct {
	from envconfig.Lookuper
	bad  map[string]Problem // by setting
	// files are where secrets stand, by setting.
	files map[string]string
}

// Lookup returns the value of a setting, from its variable or its file.
func (s *source) Lookup(name string) (string, bool) {
	value, ok := s.get(name)
	if known, _ := setting(name); known.Secret {
		value, ok = s.secret(name, value, ok)
	}
	if ok {
		ok = s.decodable(name, value)
	}
	return value, ok
}

func (s *source) get(name string) (string, bool) {
	value, ok := s.from.Lookup(name)
	value = strings.TrimSpace(value)
	return value, ok && value != ""
}

func (s *source) secret(name, value string, ok bool) (string, bool) {
	file, named := s.get(name + "_FILE")
	switch {
	case !named:
		return value, ok
	case ok:
		s.note(name, name+", "+name+"_FILE", "are both set; keep one of them.")
		return "", false
	}
	value, text := readSecret(file)
	if text != "" {
		s.note(name, name+"_FILE", text)
		return "", false
	}
	s.files[name] = file
	return value, true
}

func (s *source) decodable(name, value string) bool {
	switch name {
	case "LOG_LEVEL":
		if _, ok := levels[strings.ToLower(value)]; !ok {
			s.note(name, name, "is not a level; use one of debug, info, warn and error.")
			return false
		}
	case "POLL_INTERVAL":
		if _, err := time.ParseDuration(value); err != nil {
			s.note(name, name, "is not a length of time; write it as in 5m or 1h30m.")
			return false
		}
	}
	return true
}

func (s *source) note(setting, names, text string) {
	s.bad[setting] = Problem{Setting: names, Text: text}
}

// readSecret returns the trimmed content of a file, or what is wrong with it.
// The text does not name the file: it may be the secret itself, put into the
// wrong variable.
func readSecret(path string) (value, problem string) {
	f, err := os.Open(path)
	if err != nil {
		return "", whyUnreadable(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	value = strings.TrimSpace(string(data))
	switch {
	case err != nil:
		return "", whyUnreadable(err)
	case len(data) > maxSecret:
		return "", "names a file that is too large to hold a secret; check the path."
	case value == "":
		return "", "names a file that is empty; write the secret into it."
	}
	return value, ""
}

func whyUnreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "names a file that does not exist; check the path."
	case errors.Is(err, fs.ErrPermission):
		return "names a file that this user may not read; change its owner or mode."
	}
	return "names something that cannot be read as a file; check the path."
}

// wellFormed reports whether a token or secret has only characters that one
// can have: printable ASCII without spaces.
func wellFormed(secret string) bool {
	return !slices.ContainsFunc([]rune(secret), func(r rune) bool { return r <= ' ' || r > '~' })
}
