package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
)

// TestSyncDoubts has whole reads miss relationships: few are believed at once,
// most or all only when the next whole read misses the same.
func TestSyncDoubts(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name        string
		many        int // relationships besides the four
		keep        func(n int) int
		doubted     bool
		leftAtFirst int
	}{
		{"OneOfFour", 0, func(n int) int { return n - 1 }, false, 3},
		{"ThreeOfFour", 0, func(n int) int { return n - 3 }, false, 1},
		{"AllOfFour", 0, func(int) int { return 0 }, true, 4},
		{"TenOfTwelve", 8, func(n int) int { return n - 10 }, false, 2},
		{"ElevenOfTwelve", 8, func(n int) int { return n - 11 }, true, 12},
		{"ElevenOfMany", 36, func(n int) int { return n - 11 }, false, 29},
		{"HalfOfMany", 36, func(n int) int { return n / 2 }, false, 20},
		{"MoreThanHalf", 36, func(n int) int { return n/2 - 1 }, true, 40},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, g, store, now := newSync(t)
			for i := range row.many {
				g.relationships = append(g.relationships, access.Relationship{
					ID: access.RelationshipID(fmt.Sprintf("many-%03d", i)), Customer: contoso, Status: "expired",
				})
			}
			must(t, s.Once(t.Context()))
			c := &told{}
			s.Watch = c
			left := row.keep(len(g.relationships))
			g.relationships = g.relationships[:left]
			must(t, s.Once(t.Context()))
			got, info := mirror(t, store)
			if len(got) != row.leftAtFirst || (len(c.doubts) == 1) != row.doubted || row.doubted && len(c.gone) != 0 {
				t.Errorf("after one read %d are mirrored, doubts %v, gone %v; want %d and doubted %t", len(got), c.doubts, c.gone, row.leftAtFirst, row.doubted)
			}
			if info.Problem != "" {
				t.Errorf("the read is %+v", info)
			}
			*now = now.Add(59 * time.Second)
			must(t, s.Once(t.Context()))
			if got, _ := mirror(t, store); len(got) != row.leftAtFirst {
				t.Errorf("after a second read too soon %d are mirrored, want %d", len(got), row.leftAtFirst)
			}
			*now = now.Add(time.Second)
			must(t, s.Once(t.Context()))
			if got, _ := mirror(t, store); len(got) != left || len(c.doubts) > 1 {
				t.Errorf("after two reads %d are mirrored, want %d; doubts %v", len(got), left, c.doubts)
			}
			if n := row.many + 4 - left; len(c.gone) != n || len(slices.Compact(slices.Sorted(slices.Values(c.gone)))) != n {
				t.Errorf("told that %v are gone, want %d, each once", c.gone, n)
			}
		})
	}
}

// TestSyncDoubtEnds: a whole read in between, or one that misses others, starts
// again; a broken read says nothing either way.
func TestSyncDoubtEnds(t *testing.T) {
	t.Parallel()
	s, g, store, now := newSync(t)
	c := &told{}
	s.Watch = c
	all := g.relationships
	read := func(n int, rels ...access.Relationship) {
		t.Helper()
		*now = now.Add(5 * time.Minute)
		g.relationships = rels
		must(t, s.Once(t.Context()))
		if got, _ := mirror(t, store); len(got) != n {
			t.Errorf("%d are mirrored, want %d", len(got), n)
		}
	}
	read(4)
	read(4, all...) // it was a fault
	read(4)
	g.failAfter.Store(0)
	g.relationships = all
	if err := s.Once(t.Context()); err == nil {
		t.Error("a broken read succeeds")
	}
	g.failAfter.Store(-1)
	if len(c.doubts) != 2 || len(c.gone) != 0 {
		t.Errorf("doubts %v, gone %v", c.doubts, c.gone)
	}
	read(0)
	if len(c.doubts) != 2 || len(c.gone) != 4 {
		t.Errorf("doubts %v, gone %v", c.doubts, c.gone)
	}
	read(0)
	read(4, all...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
