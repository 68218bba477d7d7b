package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
)

var errThrottled = errors.New("slow down")

// TestStaffGroups holds that every group is read each time, one that fails soon again and
// without harm to the others, and that the bell has all be read at once.
func TestStaffGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex // held by whoever looks at what both look at
		change := func(what func()) {
			mu.Lock()
			defer mu.Unlock()
			what()
		}
		var got []string
		fail := map[string]error{}
		people := func(id string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return []string{"of " + id}, fail[id]
		}
		sources := []access.StaffSource{access.SlackSource("S1"), access.EntraSource("g2")}
		var listed error
		s := &schedule.StaffGroups{
			Sources: func(context.Context) ([]access.StaffSource, error) {
				mu.Lock()
				defer mu.Unlock()
				return sources, listed
			},
			Slack: func(_ context.Context, id string) ([]string, error) { return people(id) },
			Entra: func(_ context.Context, g access.GroupID) ([]string, error) { return people(string(g)) },
			Read: func(_ context.Context, of access.StaffSource, people []string, failure error) error {
				change(func() { got = append(got, fmt.Sprintf("%v %s %v %v", time.Since(began), of, people, failure)) })
				return nil
			},
			Patience: func(err error) time.Duration {
				if errors.Is(err, errThrottled) {
					return 3 * time.Minute
				}
				return 0
			},
			Interval: 5 * time.Minute, Log: slog.New(slog.DiscardHandler),
		}
		ctx, stop := context.WithCancel(t.Context())
		bell := make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() { s.Run(ctx, bell); close(ended) }()
		expect := func(within time.Duration, want ...string) {
			t.Helper()
			time.Sleep(within)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("read %q, want %q", got, want)
			}
			got = nil
		}
		const one, two = " the Slack usergroup S1 [of S1] ", " the group g2 in Microsoft Entra [of g2] "
		expect(4*time.Second, "0s"+one+"<nil>", "3s"+two+"<nil>")
		change(func() { fail["S1"] = errors.New("lost") })
		expect(5*time.Minute, "5m3s"+one+"lost")
		expect(3*time.Second, "5m6s"+two+"<nil>")
		change(func() { fail["S1"] = errThrottled })
		expect(time.Minute, "6m6s"+one+"slow down")
		change(func() { fail["S1"] = nil })
		expect(3*time.Minute, "6m9s"+two+"<nil>")
		expect(time.Second*5, "9m9s"+one+"<nil>", "9m12s"+two+"<nil>")
		change(func() { sources = sources[:1] })
		bell <- struct{}{}
		expect(time.Second, "9m12s"+one+"<nil>")
		change(func() { listed = errors.New("no store") })
		bell <- struct{}{}
		expect(time.Second, "9m13s"+one+"<nil>")
		stop()
		<-ended
	})
}
