package sandbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/sandbox"
)

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, began := sandbox.NewClock(), time.Now()
		if !c.Now().Equal(began) {
			t.Errorf("a new clock shows %v, want %v", c.Now(), began)
		}
		for _, d := range []time.Duration{0, -1, -time.Hour} {
			if err := c.Advance(d); err == nil {
				t.Errorf("the clock moved by %v", d)
			}
		}
		if offset, rev := c.Offset(); offset != 0 || rev != 0 {
			t.Errorf("refused moves left the clock %v ahead, moved %d times", offset, rev)
		}
		for range 2 {
			if err := c.Advance(90 * time.Minute); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Second) // the clock runs while it is ahead
		if want := began.Add(3*time.Hour + time.Second); !c.Now().Equal(want) {
			t.Errorf("the clock shows %v, want %v", c.Now(), want)
		}
		if offset, rev := c.Offset(); offset != 3*time.Hour || rev != 2 {
			t.Errorf("the clock is %v ahead, moved %d times", offset, rev)
		}
	})
}

func TestClockWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sandbox.NewClock()
		waited := make(chan error)
		wait := func(ctx context.Context, rev uint64) {
			go func() { waited <- c.Wait(ctx, rev) }()
			synctest.Wait()
		}
		wait(t.Context(), 0)
		select {
		case err := <-waited:
			t.Fatalf("Wait returned %v before a move", err)
		default:
		}
		if err := c.Advance(time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := <-waited; err != nil {
			t.Errorf("Wait = %v", err)
		}
		if err := c.Wait(t.Context(), 0); err != nil {
			t.Errorf("Wait for a move of before = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		wait(ctx, 1)
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("Wait = %v after its end", err)
		}
	})
}
