package watch_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

func TestEndsSoon(t *testing.T) {
	t.Parallel()
	end := start.AddDate(0, 0, 60)
	dated := func(edits ...edit) *state.MirroredRelationship {
		return rel(append([]edit{extends("PT0S"), ends(end)}, edits...)...)
	}
	w := newWorld(t)
	w.watched(dated())
	tell := func(after time.Duration, days string) {
		t.Helper()
		w.now = start.Add(after)
		w.due()
		got := w.pass(dated())
		if days == "" {
			w.want("nothing to tell", got)
			return
		}
		if c := w.alert("rel-1", "").Newest(); len(got) == 0 || c.Kind != access.ChangeEndsSoon || c.To != days {
			t.Errorf("after %v: owed %q, told %+v, want %s days", after, got, c, days)
		}
	}
	const day = 24 * time.Hour
	tell(30*day-time.Second, "")
	tell(30*day, "30")
	tell(31*day, "")
	tell(53*day, "7")
	tell(59*day, "1")
	tell(60*day, "")
	if a := w.alert("rel-1", ""); a.Card != 3 || a.State != access.AlertOpen {
		t.Errorf("the alert is %+v", a)
	}
	w.now = start.Add(59*day + time.Hour)
	w.want("it renews itself", w.pass(dated(extends("P180D"))), "Care plan card 3")
	if a := w.alert("rel-1", ""); a.State != access.AlertResolved {
		t.Errorf("the alert is %+v", a)
	}
}

// TestEndsSoonOnce: of moments that passed while the bot was down only the last
// is told, at the baseline and of a young relationship none, and what is switched
// off late at once.
func TestEndsSoonOnce(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, row := range []struct {
		name string
		play func(*world) []string
		want string // days
	}{
		{"DownMeanwhile", func(w *world) []string {
			w.watched(rel(extends(""), ends(start.Add(60*day))))
			w.now = start.Add(55 * day)
			w.due()
			return w.pass(rel(extends(""), ends(start.Add(60*day))))
		}, "5"},
		{"BaselineTooLate", func(w *world) []string {
			w.watched(rel(extends(""), ends(start.Add(20*day))))
			w.due()
			return w.pass(rel(extends(""), ends(start.Add(20*day))))
		}, ""},
		{"Young", func(w *world) []string {
			w.watched(rel(extends(""), ends(start.Add(20*day)), is("approved")))
			w.pass(rel(extends(""), ends(start.Add(20*day))))
			w.due()
			return w.pass(rel(extends(""), ends(start.Add(20*day))))
		}, ""},
		{"SwitchedOffLate", func(w *world) []string {
			w.watched(rel(ends(start.Add(20 * day))))
			w.pass(rel(extends(""), ends(start.Add(20*day))))
			w.due()
			return w.pass(rel(extends(""), ends(start.Add(20*day))))
		}, "20"},
		{"RenewsItself", func(w *world) []string {
			w.watched(rel(ends(start.Add(20 * day))))
			w.now = start.Add(19 * day)
			w.due()
			return w.pass(rel(ends(start.Add(20 * day))))
		}, ""},
		{"MicrosoftLed", func(w *world) []string {
			w.watched(rel(called("MLT_1_2_3"), extends(""), ends(start.Add(60*day))))
			w.now = start.Add(55 * day)
			w.due()
			return w.pass(rel(called("MLT_1_2_3"), extends(""), ends(start.Add(60*day))))
		}, ""},
		{"Gone", func(w *world) []string {
			w.watched(rel(extends(""), ends(start.Add(60*day))))
			w.pass()
			w.now = start.Add(55 * day)
			w.due()
			return w.pass()
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got := row.play(w)
			if row.want == "" {
				w.want(row.name, got)
				return
			}
			if c := w.alert("rel-1", "").Newest(); len(got) == 0 || c.Kind != access.ChangeEndsSoon || c.To != row.want {
				t.Errorf("owed %q, told %+v, want %s days", got, c, row.want)
			}
		})
	}
}
