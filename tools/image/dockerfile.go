package main

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A recipe is what a Dockerfile says about one platform.
type recipe struct {
	files   map[string]string // of the context, by where they come to lie
	folders map[string]string // by where they are, whose they are
	env     []string
	user    string
	workDir string
	ports   []string
	entry   []string
	cmd     []string
}

// What a line may be. The image is a few files from nothing, so what runs something, or
// begins from another image, is not known here and is refused.
var instruction = regexp.MustCompile(`^(FROM|ARG|COPY|ENV|USER|WORKDIR|EXPOSE|ENTRYPOINT|CMD) (.+)$`)

// parse reads a Dockerfile for a platform. Each instruction is a line of its own.
func parse(text, arch string) (recipe, error) {
	r := recipe{files: map[string]string{}, folders: map[string]string{}}
	args := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		m := instruction.FindStringSubmatch(line)
		if m == nil {
			return r, fmt.Errorf("line %d is nothing that is known here: %s", i+1, line)
		}
		if err := r.take(m[1], expand(m[2], args), arch, args); err != nil {
			return r, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if len(r.files) == 0 || len(r.entry) == 0 || r.user == "" {
		return r, fmt.Errorf("there are %d files, the entry point is %q, and the user %q", len(r.files), r.entry, r.user)
	}
	return r, nil
}

func expand(text string, args map[string]string) string {
	for name, value := range args {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}

func (r *recipe) take(verb, rest, arch string, args map[string]string) error {
	words := strings.Fields(rest)
	switch verb {
	case "FROM":
		if rest != "scratch" {
			return fmt.Errorf("an image of somebody else's is begun from: %s", rest)
		}
	case "ARG":
		name, value, _ := strings.Cut(rest, "=")
		if args[name] = value; name == "TARGETARCH" {
			args[name] = arch
		}
	case "COPY":
		if len(words) != 2 || !path.IsAbs(words[1]) || !plain(words[0]) {
			return fmt.Errorf("COPY takes a file of the context and where it is to lie: %s", rest)
		}
		r.files[words[1]] = words[0]
	case "ENV":
		r.env = append(r.env, rest)
	case "USER":
		r.user = rest
	case "WORKDIR":
		r.workDir = rest
		r.folders[rest] = r.user
	case "EXPOSE":
		r.ports = append(r.ports, words...)
	case "ENTRYPOINT":
		return json.Unmarshal([]byte(rest), &r.entry)
	case "CMD":
		return json.Unmarshal([]byte(rest), &r.cmd)
	}
	return nil
}

// plain reports whether a name is of a file in the folder itself.
func plain(name string) bool { return name == path.Base(name) && name != "." && name != ".." }
