package config

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sethvargo/go-envconfig"
)

// maxFile is far more than all settings need.
const maxFile = 256 << 10

// FromFile returns what looks settings up in the environment and, where that says nothing,
// in a file: NAME=value, each on a line of its own, with lines that begin with # between
// them, as systemd and Docker read such a file too. Its error is [Problems]: in a file, a
// name that is no setting is a mistake.
func FromFile(path string, env envconfig.Lookuper) (envconfig.Lookuper, error) {
	raw, err := os.ReadFile(path)
	switch cause := new(fs.PathError); {
	case errors.As(err, &cause):
		return nil, Problems{{path, "cannot be read: " + cause.Err.Error() + "."}}
	case err != nil || len(raw) > maxFile:
		return nil, Problems{{path, "is no file of settings."}}
	}
	values, problems := parseFile(string(raw))
	if err := problems.err(); err != nil {
		return nil, err
	}
	return twoSources{env, values}, nil
}

func parseFile(text string) (map[string]string, Problems) {
	values := map[string]string{}
	var found Problems
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		at := "line " + strconv.Itoa(i+1)
		_, twice := values[name]
		switch {
		case !ok:
			found = append(found, Problem{at, "is not NAME=value."})
		case !isSetting(name) && strings.HasPrefix(name, "OTEL_"):
			found = append(found, Problem{name, "is read by OpenTelemetry itself, from the environment alone; set it there."})
		case !isSetting(name): // it may be a secret that was torn off
			found = append(found, Problem{at, "names no setting; \"bot help\" lists them."})
		case twice:
			found = append(found, Problem{name, "is set twice in the file; keep one of them."})
		case strings.ContainsAny(value[:min(1, len(value))], `"'`):
			found = append(found, Problem{name, "has quotes around it in the file; leave them out, for not everything that reads such a file takes them away."})
		default:
			values[name] = value
		}
	}
	return values, found
}

// isSetting reports whether a name is a setting, or the file of one that is secret.
func isSetting(name string) bool {
	return slices.ContainsFunc(settings, func(s Setting) bool { return name == s.Name || s.Secret && name == s.Name+"_FILE" })
}

type twoSources struct {
	env  envconfig.Lookuper
	file map[string]string
}

func (s twoSources) Lookup(name string) (string, bool) {
	if value, ok := s.env.Lookup(name); ok && strings.TrimSpace(value) != "" {
		return value, true
	}
	value, ok := s.file[name]
	return value, ok
}
