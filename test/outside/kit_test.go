package outside_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	scriptLife = 2 * time.Minute
	leastNode  = 18

	install = "install node and npm (apt-get install nodejs npm, or your package manager), " +
		"then run: make tools"
)

// acts are what a script may make people and the world do: each is called with
// the object that the script sent and answers with what the script gets.
type acts map[string]func(context.Context, request) (any, error)

// A request is what a script asks the world for.
type request map[string]any

func (r request) text(key string) string {
	s, _ := r[key].(string)
	return s
}

// serve answers POST /<act>.
func (a acts) serve(w http.ResponseWriter, r *http.Request) {
	act, ok := a[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		http.Error(w, "no such act: "+r.URL.Path, http.StatusNotFound)
		return
	}
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := act(r.Context(), in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// needClients fails the test when node or a package is missing, or when what is
// installed is not what the lockfile says.
func needClients(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	if err != nil {
		t.Fatalf("node does not run (%v): %s", err, install)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < leastNode {
		t.Fatalf("node is %swhich is older than %d: %s", out, leastNode, install)
	}
	locked, err := versions("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	installed, err := versions("node_modules/.package-lock.json")
	if err != nil {
		t.Fatalf("the packages of package-lock.json are not installed (%v): %s", err, install)
	}
	for name, version := range locked {
		if name != "" && installed[name] != version {
			t.Errorf("%s is %q, and locked is %q", name, installed[name], version)
		}
	}
	if t.Failed() {
		t.Fatal(install)
	}
}

// versions reads a lockfile of npm.
func versions(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	found := make(map[string]string, len(lock.Packages))
	for name, p := range lock.Packages {
		found[name] = p.Version + " " + p.Integrity
	}
	return found, nil
}

// play runs a script with the acts at its command and makes a subtest of each
// step that it reports. The script must report at least one, and end by itself.
func play(t *testing.T, script string, do acts, env map[string]string) {
	t.Helper()
	needClients(t)
	control := httptest.NewServer(http.HandlerFunc(do.serve))
	defer control.Close()

	ctx, cancel := context.WithTimeout(t.Context(), scriptLife)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), "CONTROL="+control.URL)
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it did not end within %s", scriptLife)
	}
	if n := report(t, &out); n == 0 && err == nil {
		err = errors.New("it reported no step")
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", script, err, said.String())
	}
}

// report turns the lines of a script, one JSON object each, into subtests.
func report(t *testing.T, out io.Reader) int {
	t.Helper()
	n := 0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var step struct{ Step, Error string }
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil || step.Step == "" {
			t.Errorf("the script printed %q, which is no step", lines.Text())
			continue
		}
		n++
		t.Run(step.Step, func(t *testing.T) {
			if step.Error != "" {
				t.Error(step.Error)
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	return n
}
