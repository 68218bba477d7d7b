package turns_test

import (
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/state/turns"
)

// nothing is a transaction on nothing.
type nothing struct{}

func (nothing) Get(string) ([]byte, error) { return nil, state.ErrNotFound }
func (nothing) Scan(string) iter.Seq2[state.Item, error] {
	return func(func(state.Item, error) bool) {}
}
func (nothing) Put(string, []byte) error { return nil }
func (nothing) Delete(string) error      { return nil }
func (nothing) Err() error               { return nil }
func (nothing) End()                     {}

// counted is a queue that notes how many calls each commit has.
func counted() (*turns.Queue, *[]int) {
	var sizes []int
	return turns.New(func(calls []*turns.Call) (again, alone []*turns.Call) {
		sizes = append(sizes, len(calls))
		for _, c := range calls {
			c.Answer(c.Run(nothing{}).Err)
		}
		return nil, nil
	}), &sizes
}

// TestPatient holds how long patient calls wait: until one comes that is not, until the
// first of them has waited long enough, or until the queue is closed.
func TestPatient(t *testing.T) {
	t.Parallel()
	const wait = 20 * time.Millisecond
	for name, end := range map[string]func(t *testing.T, q *turns.Queue) time.Duration{
		"Company": func(t *testing.T, q *turns.Queue) time.Duration {
			if err := q.Do(t.Context(), func(state.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
			return 0
		},
		"Time": func(*testing.T, *turns.Queue) time.Duration { return wait },
		"Close": func(_ *testing.T, q *turns.Queue) time.Duration {
			q.Close()
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, sizes := counted()
				began := time.Now()
				var all sync.WaitGroup
				for i := range 3 {
					all.Go(func() {
						patient := state.Patient(t.Context(), wait+time.Duration(i)*time.Second)
						if err := q.Do(patient, func(state.Tx) error { return nil }); err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				want := end(t, q)
				all.Wait()
				if took := time.Since(began); took != want || len(*sizes) != 1 {
					t.Errorf("it took %v, want %v; the commits had %d calls", took, want, *sizes)
				}
				q.Close()
			})
		})
	}
}

// TestPatientAlone: one that is alone is committed when it has waited.
func TestPatientAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, sizes := counted()
		began := time.Now()
		if err := q.Do(state.Patient(t.Context(), time.Second), func(state.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Second || len(*sizes) != 1 {
			t.Errorf("it took %v; the commits had %d calls", took, *sizes)
		}
		q.Close()
	})
}
