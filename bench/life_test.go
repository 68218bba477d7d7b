package bench_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/state/etcdstore/etcdtest"
)

// BenchmarkLife leads requests through their whole lives against the stand-ins: asked for,
// approved, given, shown on both cards, over by time, and taken away. It tells how many
// commits of the store and how many calls one life takes. Requests that live at the same
// time are asked for at once, and are over at the same moment.
func BenchmarkLife(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(fmt.Sprintf("at-once=%d", n), func(b *testing.B) {
			w := settled(b, n, "", 1)
			before := w.count()
			b.ResetTimer()
			for done := 0; done < b.N; done += n {
				w.lead(b, min(n, b.N-done))
			}
			b.StopTimer()
			w.count().report(b, before)
		})
	}
}

// BenchmarkReplicas leads as many requests at once through the same life while the state is
// on three members of etcd, in this process and on one disk, and one, two or four bots take
// what comes and do what is owed.
func BenchmarkReplicas(b *testing.B) {
	for _, bots := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("bots=%d", bots), func(b *testing.B) {
			c, err := etcdtest.Start(b.TempDir(), 3)
			must(b, err)
			b.Cleanup(c.Close)
			var hosts []string
			for _, e := range c.Endpoints() {
				hosts = append(hosts, strings.TrimPrefix(e, "http://"))
			}
			const n = 4
			w := settled(b, n, "etcd://"+strings.Join(hosts, ",")+"/bench", bots)
			before := w.count()
			b.ResetTimer()
			for done := 0; done < b.N; done += n {
				w.lead(b, min(n, b.N-done))
			}
			b.StopTimer()
			w.count().report(b, before)
			b.ReportMetric(float64(w.again.Load())/float64(b.N), "repeats/life")
		})
	}
}

// lead leads n requests, each of somebody else, through their lives.
func (w *world) lead(b *testing.B, n int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	must(b, each(n, func(i int) error { return w.ask(ctx, i) }))
	must(b, w.pass(ctx))
	must(b, each(n, func(i int) error { return w.over(ctx, i) }))
	must(b, w.idle(ctx))
}

// ask has somebody ask, and the customer's admin approve, and returns when the access is
// shown on both cards.
func (w *world) ask(ctx context.Context, i int) error {
	id, err := w.says(ctx, i, `request contoso "Exchange Administrator" for 1h because mailbox migration`)
	if err != nil {
		return err
	}
	w.people[i].asked = id
	if err := w.shown(ctx, id, "waiting for a decision", false); err != nil {
		return err
	}
	if err := w.approve(ctx, id); err != nil {
		return err
	}
	return w.shown(ctx, id, "access in force", true)
}

func (w *world) over(ctx context.Context, i int) error {
	return w.shown(ctx, w.people[i].asked, "ended", true)
}
