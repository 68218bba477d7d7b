package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

const measured = `goos: linux
BenchmarkAck/click/senders=32/app=latchkey-2    3000   500000 ns/op   120.5 MiB   2000 acks/s   30.5 p99-ms
BenchmarkAck/click/senders=32/app=latchkey-2    3000   500000 ns/op   120.5 MiB   1000 acks/s   10.5 p99-ms
BenchmarkAck/click/senders=32/app=bolt-2        3000   500000 ns/op   120.5 MiB   375 acks/s   123 p99-ms
BenchmarkGrowth/ended=1000/active=10000/List-2    10   23000000 ns/op   1 B/op   2 allocs/op
BenchmarkGrowth/ended=100000/active=10000/List-2  10   25000000 ns/op   1 B/op   2 allocs/op
PASS
`

// TestDraw draws means, and lines by their sizes, and is a picture.
func TestDraw(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(measured))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := draw(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">1500<", ">375<", ">123<", ">click<", "/access list", ">100000<", ">10 ms<"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(out.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestNothing refuses to draw nothing, and what is no number.
func TestNothing(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader("PASS\n"))
	if err == nil {
		err = draw(io.Discard, r)
	}
	if !errors.Is(err, errNothing) {
		t.Errorf("got %v, want %v", err, errNothing)
	}
	if _, err := read(strings.NewReader("BenchmarkAck/x-2 10 ? acks/s\n")); err == nil {
		t.Error("a line without a number is taken")
	}
}
