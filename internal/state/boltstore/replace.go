package boltstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ExistsError means that a file is there that nobody asked to replace.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return e.Path + " exists already" }

// Replacing says how [Replace] works.
type Replacing struct {
	// Prepare writes into the copy before it takes the place; it may be nil.
	Prepare func(*Store) error
	// Keep is the name that the file which was there has afterwards; empty when there
	// may be none.
	Keep string
}

// Replace puts a copy of the store in the file from in place of the one at path. It
// returns a [*LockedError] when a process has that one open, and an [*ExistsError] when
// there is one and no name to keep it by; it may be damaged.
//
// A crash leaves the old file or the new one under the name, never a part of one and,
// where there was one, never none. What else it leaves beside it is removed by the
// next Replace.
func Replace(path, from string, o Replacing) error { return replace(path, from, o, func(string) {}) }

// replace tells of each step that it has come to, so that a test can end there.
func replace(path, from string, o Replacing, reached func(step string)) error {
	there, err := hold(path)
	if err != nil {
		return err
	}
	if there != nil {
		defer there.Close() //nolint:errcheck // it was only locked
		if o.Keep == "" {
			return &ExistsError{path}
		}
	}
	to, err := beside(path)
	if err != nil {
		return err
	}
	defer os.Remove(to) //nolint:errcheck // it has another name by then, or is of no use
	reached("begun")
	if err := duplicate(to, from); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	reached("copied")
	if err := prepare(to, o.Prepare); err != nil {
		return err
	}
	reached("prepared")
	if there == nil {
		// A bot that has just begun has made a file of its own, which a link never
		// takes the place of.
		if err := os.Link(to, path); err != nil {
			return fmt.Errorf("put %s in its place: %w", path, err)
		}
		reached("placed")
		return syncDir(filepath.Dir(path))
	}
	if err := os.Link(path, o.Keep); err != nil {
		return fmt.Errorf("keep the file that is there: %w", err)
	}
	reached("kept")
	if err := os.Rename(to, path); err != nil {
		return fmt.Errorf("put %s in its place: %w", path, err)
	}
	reached("placed")
	return syncDir(filepath.Dir(path))
}

// prepare opens the copy, which reads it whole, and has it written into.
func prepare(path string, write func(*Store) error) error {
	s, err := openWhole(path)
	if err != nil {
		return err
	}
	if write != nil {
		err = write(s)
	}
	return errors.Join(err, s.Close())
}

// beside makes an empty private file in the directory of path, on the same file
// system, and removes those that were left there.
func beside(path string) (string, error) {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+".new-"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", explain(path, nil, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			os.Remove(filepath.Join(dir, e.Name())) //nolint:errcheck // it is in nobody's way
		}
	}
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return "", explain(path, nil, err)
	}
	return f.Name(), errors.Join(f.Close(), os.Remove(f.Name()))
}

// duplicate copies a file to the disk, as one that only its owner may read.
func duplicate(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// hold locks the file at path so that no bot can open it, whatever it holds; nil when
// there is none.
func hold(path string) (io.Closer, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("the directory of %s: %w", path, err)
		}
		return nil, nil
	case err != nil:
		return nil, explain(path, nil, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	return lock(path)
}
