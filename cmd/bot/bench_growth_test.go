package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/bench/growth"
	"latchkey/internal/sandbox"
)

// BenchmarkGrowthStart starts the bot on the histories of GROWTH, as bench/growth makes them
// in GROWTH_DIR. It tells how long it takes until deliveries are taken, with everything
// done that is due, and how much memory it holds when its file has been read to the end.
// The bot is built for it as releases are, but for their Go.
func BenchmarkGrowthStart(b *testing.B) {
	for text := range strings.SplitSeq(cmp.Or(os.Getenv("GROWTH"), "1000+10000,100000+10000"), ",") {
		b.Run(text, func(b *testing.B) {
			ended, active, _ := strings.Cut(text, "+")
			n, err := strconv.Atoi(ended)
			must(b, err)
			m, err := strconv.Atoi(active)
			must(b, err)
			path, err := growth.File(b.Context(), cmp.Or(os.Getenv("GROWTH_DIR"), b.TempDir()), growth.Size{Ended: n, Active: m}, time.Now())
			must(b, err)
			s := grown(b, path)
			s.command = built(b)
			for i := 1; b.Loop(); i++ {
				must(b, s.start())
				b.StopTimer()
				b.ReportMetric(s.memory(b, "VmRSS"), "start-MiB")
				for strings.Count(s.log.String(), "state read whole") < i && b.Context().Err() == nil {
					time.Sleep(50 * time.Millisecond)
				}
				b.ReportMetric(s.memory(b, "VmRSS"), "read-MiB")
				b.ReportMetric(s.memory(b, "RssAnon"), "read-anon-MiB")
				s.stopBot()
				b.StartTimer()
			}
		})
	}
}

// built is where the bot is, once it was built.
func built(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bot")
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// grown is a stage whose clock is that of the machine, and whose bot has the history.
func grown(b *testing.B, history string) *stage {
	b.Helper()
	o := sandbox.Options{Dir: filepath.Join(b.TempDir(), "world")}
	must(b, os.MkdirAll(o.Dir, 0o700))
	w, err := sandbox.New(o)
	must(b, err)
	s := &stage{World: w, dir: o.Dir}
	b.Cleanup(s.close)
	s.state.StateURL = s.inFile()
	must(b, w.Write(filepath.Join(o.Dir, "world.json")))
	whole, err := filepath.Abs(history)
	must(b, err)
	must(b, os.Symlink(whole, filepath.Join(o.Dir, "latchkey.db")))
	must(b, os.WriteFile(filepath.Join(o.Dir, "policy.yml"), growth.Policy(), 0o600))
	return s
}
