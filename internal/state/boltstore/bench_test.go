package boltstore_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"latchkey/internal/state"
)

// BenchmarkUpdate shows what a commit costs a lone writer, and what sharing
// commits gains many. The disk decides, so compare on the same one.
func BenchmarkUpdate(b *testing.B) {
	for _, senders := range []int{1, 2, 8, 32} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "state.db"))
			defer s.Close() //nolint:errcheck // not what is measured
			value := make([]byte, 500)
			var all sync.WaitGroup
			next := make(chan int)
			for range senders {
				all.Go(func() {
					for i := range next {
						err := s.Update(b.Context(), func(tx state.Tx) error {
							return tx.Put(fmt.Sprintf("key/%06d", i%10000), value)
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := 0; b.Loop(); i++ {
				next <- i
			}
			close(next)
			all.Wait()
		})
	}
}
