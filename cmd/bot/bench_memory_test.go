package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// BenchmarkMemory tells how much memory the bot holds: when it has nothing to do, in the
// sandbox's world and beside five thousand more relationships that it watches, and at
// most while eight people ask it for things as fast as they can. The bot of a benchmark is
// the test's binary, which holds the stand-ins' code, too, but does not run it.
func BenchmarkMemory(b *testing.B) {
	for _, relationships := range []int{0, 5000} {
		b.Run(fmt.Sprintf("Relationships%d", relationships), func(b *testing.B) {
			for b.Loop() {
				s := watching(b, relationships)
				b.ReportMetric(s.memory(b, "VmRSS"), "idle-MiB")
				s.busy(b, 8, 100)
				b.ReportMetric(s.memory(b, "VmHWM"), "peak-MiB")
				s.close()
			}
		})
	}
}

// memory is what the kernel says of the bot, in MiB.
func (s *stage) memory(b *testing.B, of string) float64 {
	b.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.bot.Process.Pid))
	must(b, err)
	m := regexp.MustCompile(of + `:\s+(\d+) kB`).FindSubmatch(raw)
	if m == nil {
		b.Fatalf("this kernel does not say %s of a process", of)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	must(b, err)
	return kib / 1024
}

// busy has so many at once ask for so much each: what there is at a customer, and access
// that is taken back at once.
func (s *stage) busy(b *testing.B, workers, each int) {
	b.Helper()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range each {
				text := "list contoso"
				if i%4 == 0 {
					text = `request contoso "Exchange Administrator" for 4h because mailbox of Kim`
				} else if i%4 == 1 {
					text = "withdraw"
				}
				if _, err := s.say("ana", "#contoso", text); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
