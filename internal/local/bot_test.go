package local_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/local"
)

var errDisk = errors.New("the disk says no")

func TestCopy(t *testing.T) {
	t.Parallel()
	whole := bytes.Repeat([]byte("state"), 100_000)
	tests := []struct {
		name string
		copy func(context.Context, io.Writer) error
		want string // of the error; empty for none
	}{
		{"Whole", func(_ context.Context, w io.Writer) error {
			_, err := w.Write(whole)
			return err
		}, ""},
		{"FailsAtOnce", func(context.Context, io.Writer) error { return errDisk }, "EOF"},
		{"FailsInTheMiddle", func(_ context.Context, w io.Writer) error {
			_, err := w.Write(whole[:len(whole)/2])
			return errors.Join(err, errDisk)
		}, "did not send the whole copy"},
		{"FailsAtTheEnd", func(_ context.Context, w io.Writer) error {
			_, err := w.Write(whole)
			return errors.Join(err, errDisk)
		}, "did not send the whole copy"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path, told := local.Path(filepath.Join(t.TempDir(), "s")), make(chan error, 1)
			defer serve(t, path, local.Bot{Copy: test.copy, Failed: func(_ context.Context, _ string, err error) { told <- err }}.Handler())()
			var got bytes.Buffer
			err := local.Copy(t.Context(), path, &got)
			if test.want == "" {
				if err != nil || !bytes.Equal(got.Bytes(), whole) {
					t.Errorf("Copy = %d bytes, %v", got.Len(), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Copy = %v, want %q", err, test.want)
			}
			if err := <-told; !errors.Is(err, errDisk) {
				t.Errorf("the bot was told of %v", err)
			}
		})
	}
	if err := local.Copy(t.Context(), local.Path(filepath.Join(t.TempDir(), "s")), io.Discard); !errors.Is(err, local.ErrNobody) {
		t.Errorf("Copy without a bot = %v, want ErrNobody", err)
	}
}

// TestCopyNobodyReads ends a copy when its reader has gone.
func TestCopyNobodyReads(t *testing.T) {
	t.Parallel()
	path, told := local.Path(filepath.Join(t.TempDir(), "s")), make(chan error, 1)
	defer serve(t, path, local.Bot{
		Copy: func(ctx context.Context, w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return err
				}
			}
		},
		Failed: func(_ context.Context, _ string, err error) { told <- err },
	}.Handler())()
	ctx, cancel := context.WithCancel(t.Context())
	if err := local.Copy(ctx, path, cancels{cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("Copy = %v", err)
	}
	if err := <-told; err == nil {
		t.Error("the bot was told of no error")
	}
}

type cancels struct{ cancel func() }

func (c cancels) Write(p []byte) (int, error) {
	c.cancel()
	return len(p), nil
}

func TestCheck(t *testing.T) {
	t.Parallel()
	type report struct{ Good bool }
	path := local.Path(filepath.Join(t.TempDir(), "s"))
	fails := false
	stop := serve(t, path, local.Bot{Check: func(context.Context) (any, error) {
		if fails {
			return nil, errDisk
		}
		return report{true}, nil
	}}.Handler())
	defer stop()
	var got report
	if err := local.Check(t.Context(), path, &got); err != nil || !got.Good {
		t.Errorf("Check = %v, %v", got, err)
	}
	fails = true
	if err := local.Check(t.Context(), path, &got); err == nil || !strings.Contains(err.Error(), errDisk.Error()) {
		t.Errorf("Check of a bot that cannot = %v", err)
	}
	if err := local.Check(t.Context(), path+"x", &got); !errors.Is(err, local.ErrNobody) {
		t.Errorf("Check without a bot = %v, want ErrNobody", err)
	}
}

func TestPerson(t *testing.T) {
	t.Parallel()
	type report struct {
		Who  string
		Done bool
	}
	path := local.Path(filepath.Join(t.TempDir(), "s"))
	gone, cancel := context.WithCancel(t.Context())
	stop := serve(t, path, local.Bot{Person: func(ctx context.Context, who string, yes bool) (any, error) {
		if who == "nobody" {
			return nil, errDisk
		}
		cancel()
		return report{who, yes}, ctx.Err()
	}}.Handler())
	defer stop()
	var got report
	if err := local.Person(gone, path, "kim+x@contoso.example", true, &got); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Person: %v", err)
	}
	if err := local.Person(t.Context(), path, "kim+x@contoso.example", true, &got); err != nil || got != (report{"kim+x@contoso.example", true}) {
		t.Errorf("Person = %v, %v", got, err)
	}
	if err := local.Person(t.Context(), path, "kim", false, &got); err != nil || got.Done {
		t.Errorf("Person = %v, %v", got, err)
	}
	if err := local.Person(t.Context(), path, "nobody", true, &got); err == nil || !strings.Contains(err.Error(), errDisk.Error()) {
		t.Errorf("Person of a bot that cannot = %v", err)
	}
}
