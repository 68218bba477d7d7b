package statetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"latchkey/internal/state"
)

func snapshot(t *testing.T, s state.Store) {
	put(t, s, "a", "old", "b", "old")
	read, wrote := make(chan struct{}), make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		first := true
		view(t, s, func(tx state.Tx) error {
			if err := wantGet(tx, "a", "old"); err != nil {
				return err
			}
			if first {
				first = false
				close(read)
				<-wrote
			}
			return errors.Join(wantGet(tx, "a", "old"), wantMissing(tx, "c"),
				wantScan(tx, "", "a=old", "b=old"))
		})
	})
	<-read
	update(t, s, func(tx state.Tx) error {
		return errors.Join(putAll(tx, "a", "new", "c", "new"), tx.Delete("b"))
	})
	wantContents(t, s, "a", "new", "c", "new")
	close(wrote)
	reader.Wait()
}

// readersSeeWholeTransactions keeps two keys equal while others look.
func readersSeeWholeTransactions(t *testing.T, s state.Store) {
	put(t, s, "x", "0", "y", "0")
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				view(t, s, func(tx state.Tx) error {
					x, err := tx.Get("x")
					if err != nil {
						return err
					}
					return wantGet(tx, "y", string(x))
				})
			}
		})
	}
	for i := range 50 {
		n := strconv.Itoa(i)
		put(t, s, "x", n, "y", n)
	}
	close(done)
	all.Wait()
}

// add raises the counter at key by one.
func add(tx state.Tx, key string) error {
	n := 0
	raw, err := tx.Get(key)
	if err == nil {
		n, err = strconv.Atoi(string(raw))
	} else if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return err
	}
	return tx.Put(key, strconv.AppendInt(nil, int64(n)+1, 10))
}

const (
	writerCount = 8
	writesEach  = 25
)

// together runs one goroutine for each writer.
func together(run func(writer int)) {
	var all sync.WaitGroup
	for w := range writerCount {
		all.Go(func() { run(w) })
	}
	all.Wait()
}

func writers(t *testing.T, s state.Store) {
	together(func(w int) {
		for i := range writesEach {
			update(t, s, func(tx state.Tx) error {
				return errors.Join(add(tx, "all"), tx.Put(fmt.Sprintf("w/%d/%d", w, i), nil))
			})
		}
	})
	all := Contents(t, s)
	if want := strconv.Itoa(writerCount * writesEach); all["all"] != want {
		t.Errorf("the counter is at %s, want %s", all["all"], want)
	}
	if len(all) != writerCount*writesEach+1 {
		t.Errorf("%d of %d writes are there", len(all)-1, writerCount*writesEach)
	}
}

// failuresAmongWriters lets every third Update fail, half of them after they
// have written. Each caller gets its own error, decided on what is committed.
func failuresAmongWriters(t *testing.T, s state.Store) {
	together(func(w int) {
		for i := range writesEach {
			mine := fmt.Errorf("writer %d, write %d: %w", w, i, errRefused)
			err := s.Update(t.Context(), func(tx state.Tx) error {
				if i%6 == 0 {
					return mine
				}
				if err := add(tx, "all"); err != nil {
					return err
				}
				if i%3 == 0 {
					return errors.Join(tx.Put(fmt.Sprint("wrong/", w), nil), mine)
				}
				return nil
			})
			if i%3 == 0 && !errors.Is(err, mine) || i%3 != 0 && err != nil {
				t.Errorf("writer %d, write %d: Update = %v", w, i, err)
			}
		}
	})
	wantContents(t, s, "all", strconv.Itoa(writerCount*(writesEach-(writesEach+2)/3)))
}

// panicsAmongWriters lets one writer in two die, before or after it has written.
func panicsAmongWriters(t *testing.T, s state.Store) {
	together(func(w int) {
		for i := range writesEach {
			if w%2 == 0 {
				update(t, s, func(tx state.Tx) error { return add(tx, "all") })
				continue
			}
			func() {
				defer func() {
					if p := recover(); p != w {
						t.Errorf("writer %d caught %v, want its own panic", w, p)
					}
				}()
				err := s.Update(t.Context(), func(tx state.Tx) error {
					if i%2 == 0 {
						if err := add(tx, "all"); err != nil {
							return err
						}
					}
					panic(w)
				})
				t.Errorf("writer %d: Update = %v after a panic", w, err)
			}()
		}
	})
	wantContents(t, s, "all", strconv.Itoa(writerCount/2*writesEach))
}

// cancelledAmongWriters ends contexts at every stage. An Update that returns nil
// has committed, and one that returns the context's error has not.
func cancelledAmongWriters(t *testing.T, s state.Store) {
	var mu sync.Mutex
	committed := 0
	together(func(w int) {
		for i := range writesEach {
			ctx, cancel := context.WithCancel(t.Context())
			if w%2 == 0 {
				go cancel()
			}
			err := s.Update(ctx, func(tx state.Tx) error {
				if w%4 == 1 && i%2 == 0 {
					cancel()
				}
				return add(tx, "all")
			})
			cancel()
			switch {
			case err == nil:
				mu.Lock()
				committed++
				mu.Unlock()
			case !errors.Is(err, context.Canceled):
				t.Errorf("writer %d, write %d: Update = %v", w, i, err)
			}
		}
	})
	wantContents(t, s, "all", strconv.Itoa(committed))
}
