package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSandboxKeeps goes on with the world, and with what the bot knows of it,
// when the sandbox is started again in the same folder.
func TestSandboxKeeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startSandbox(t, dir, "-keep", "world") // as people write it: relative
	said := url.Values{"as": {people["ana"]}, "in": {channels["#contoso"]}, "text": {"/access request contoso helpdesk for 1h because reset MFA"}}
	s.post("/send", said)
	id := requestID.FindString(s.sees("carol", "waiting for a decision"))
	s.end()

	s = startSandbox(t, dir, "-keep", "world")
	s.sees("carol", id)
	said.Set("text", "/access mine")
	s.post("/send", said)
	s.sees("ana", id)
	s.end()
}

// TestSandboxForgets leaves nothing behind without -keep.
func TestSandboxForgets(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	startSandbox(t, t.TempDir()).end()
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("the sandbox leaves %v, %v", left, err)
	}
}

// TestSandboxTaken takes no other place than the one that was asked for.
func TestSandboxTaken(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	cmd := exec.CommandContext(t.Context(), "bot", "sandbox", "-addr", l.Addr().String())
	out, err := cmd.CombinedOutput()
	if want := "the page cannot be at " + l.Addr().String() + ": listen tcp "; err == nil || !strings.Contains(string(out), want) {
		t.Errorf("beside another program: %v, %q, want %q", err, out, want)
	}
}

type running struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
}

func startSandbox(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "bot", append([]string{"sandbox", "-addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	must(t, err)
	var trouble locked
	cmd.Stderr = &trouble
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	at := regexp.MustCompile(`http://\S+`).FindString(line)
	if err != nil || at == "" {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		t.Fatalf("the sandbox says %q, %v\n%s", line, err, trouble.String())
	}
	return &running{t, cmd, at}
}

// end stops the sandbox in order.
func (s *running) end() {
	s.t.Helper()
	must(s.t, errors.Join(s.cmd.Process.Signal(syscall.SIGTERM), s.cmd.Wait()))
}

func (s *running) post(path string, form url.Values) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.url)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s answers %s", path, res.Status)
	}
}

// sees follows the page of a person until it shows something, and returns it.
func (s *running) sees(who, what string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events", nil)
	must(s.t, err)
	stream, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer stream.Body.Close()
	changes := bufio.NewReader(stream.Body)
	for {
		if _, err := changes.ReadString('\n'); err != nil {
			s.t.Fatalf("%s does not see %q within %v", who, what, patience.Round(time.Second))
		}
		res, err := http.Get(s.url + "/?" + url.Values{"as": {people[who]}, "in": {channels["#contoso"]}}.Encode())
		must(s.t, err)
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		must(s.t, err)
		if strings.Contains(string(body), what) {
			return string(body)
		}
	}
}
