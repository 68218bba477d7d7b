package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// operationsVerbs are what whoever runs the bot asks of it.
//
//	health ready|live 'pattern'   wait until it answers 200 and says so; "! health": 503
//	metric 'pattern'              wait until a line of /metrics matches; "! metric": none does now
func operationsVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"health": cmdHealth, "metric": cmdMetric}
}

var metricsAddress = regexp.MustCompile(`msg="health and metrics" component=health listen=(\S+)`)

// ask asks the newest bot. One that is gone answers nothing.
func (s *stage) ask(path string) (status int, text string) {
	found := metricsAddress.FindAllStringSubmatch(s.log.String(), -1)
	if len(found) == 0 {
		return 0, ""
	}
	resp, err := http.Get(found[len(found)-1][1] + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(raw)
}

func cmdHealth(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "health ready|live pattern")
	s, want, pattern := on(ts), http.StatusOK, regexp.MustCompile(args[1])
	if neg {
		want = http.StatusServiceUnavailable
	}
	var last string
	err := s.wait(fmt.Sprintf("/%sz to answer %d with %q", args[0], want, args[1]), func() bool {
		status, text := s.ask("/" + args[0] + "z")
		last = fmt.Sprint(status, " ", text)
		return status == want && pattern.MatchString(text)
	})
	if err != nil {
		ts.Fatalf("%v; it says: %s", err, last)
	}
}

func cmdMetric(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "metric pattern")
	s, pattern := on(ts), regexp.MustCompile("(?m)^(?:"+args[0]+")$")
	if neg {
		if _, text := s.ask("/metrics"); pattern.MatchString(text) {
			ts.Fatalf("it tells %s", pattern.FindString(text))
		}
		return
	}
	var last string
	if err := s.wait("a metric like "+args[0], func() bool {
		_, last = s.ask("/metrics")
		return pattern.MatchString(last)
	}); err != nil {
		name, _, _ := strings.Cut(args[0], "{")
		name, _, _ = strings.Cut(name, " ")
		ts.Fatalf("%v; it tells:\n%s", err, strings.Join(regexp.MustCompile("(?m)^"+regexp.QuoteMeta(name)+".*$").FindAllString(last, -1), "\n"))
	}
}
