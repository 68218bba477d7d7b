package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"latchkey/internal/audit"
)

// file is a file that is only ever written at its end.
//
// A crash, or a disk that is full, leaves a part of a piece there. Nothing is taken away
// again: it might be that nobody but us may. A part of what is sent next is made whole, and
// then all of that is written; any other is ended.
type file struct {
	path string
	kind kind
	good bool // this process has written there, and the last batch whole
}

// kind is what pieces look like in a file.
type kind struct {
	// half returns what is behind the last whole piece.
	half func(end []byte) []byte
	cut  string // a line that ends a piece that is not whole; empty: its own end does
}

var (
	lines = kind{func(end []byte) []byte { return end[bytes.LastIndexByte(end, '\n')+1:] }, ""}
	notes = kind{audit.HalfCheckpoint, audit.CutMark}
)

func newFile(u *url.URL, k kind) (Place, error) {
	if u.Host != "" || u.Path == "" || u.Path == "/" || u.RawQuery != "" {
		return nil, errPlace
	}
	return &file{path: u.Path, kind: k}, nil
}

// Send appends the pieces, and has the disk confirm it.
func (f *file) Send(_ context.Context, pieces []Piece) error {
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() { // a pipe would hold us up
		return fmt.Errorf("%s is no file", f.path)
	}
	out, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	readable := !errors.Is(err, fs.ErrPermission)
	if !readable {
		out, err = os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err != nil {
		return err
	}
	before := f.good
	f.good = false
	end, err := f.end(out, pieces, readable, before)
	if err == nil {
		_, err = out.Write(append(end, joined(pieces)...))
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if !before { // the file may be new
		if err := syncDir(filepath.Dir(f.path)); err != nil {
			return err
		}
	}
	f.good = true
	return nil
}

// end is what ends the half of a piece that the file may end in.
func (f *file) end(out *os.File, pieces []Piece, readable, good bool) ([]byte, error) {
	info, err := out.Stat()
	if err != nil || info.Size() == 0 || !readable && good {
		return nil, err
	}
	if !readable {
		return []byte("\n" + f.kind.cut), nil
	}
	longest := 0
	for _, p := range pieces {
		longest = max(longest, len(p.Line))
	}
	tail := make([]byte, min(info.Size(), int64(2*longest)+4096))
	if _, err := out.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	half := f.kind.half(tail)
	if len(half) == 0 {
		return nil, nil
	}
	for _, p := range pieces {
		if rest, is := bytes.CutPrefix(p.Line, half); is {
			return bytes.Clone(rest), nil
		}
	}
	if half[len(half)-1] == '\n' {
		return []byte(f.kind.cut), nil
	}
	return []byte("\n" + f.kind.cut), nil
}

// syncDir makes the name of a new file survive a loss of power. Not every share can be asked
// for that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // who may not look into it cannot ask
		}
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
