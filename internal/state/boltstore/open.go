package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"latchkey/internal/state/turns"
)

const (
	// lockWait is long enough for a predecessor that is just ending.
	lockWait = time.Second
	// mapped is address space, not memory. While the file is smaller than
	// this, a View that takes long never holds up a commit.
	mapped = 256 << 20
)

// Open opens the store at path, and makes the file where there is none; its
// directory must exist. It returns a [*LockedError], a [*CorruptError] or a
// [*PermissionError] where that is the reason.
//
// A crash here leaves no file, an empty one, or a good one. An empty one is
// refused: it may also be what is left of a state full of grants.
func Open(path string) (*Store, error) {
	fresh, err := present(path)
	if err != nil {
		return nil, err
	}
	s, err := open(&Store{path: path, upTo: atOnce}, fresh)
	if err != nil {
		return nil, err
	}
	s.readRest()
	return s, nil
}

// openWhole is [Open] of a file that is read whole first, however large it is.
func openWhole(path string) (*Store, error) {
	fresh, err := present(path)
	if err != nil {
		return nil, err
	}
	return open(&Store{path: path, upTo: math.MaxInt64}, fresh)
}

// OpenToRead opens the store at path without changing a byte of it: a copy, or the
// file of a bot that is stopped. Its errors are those of [Open]; a file that is not
// there is one, too. Others may read it at the same time, nobody can write it.
func OpenToRead(path string) (*Store, error) {
	fresh, err := present(path)
	if err != nil {
		return nil, err
	}
	if fresh {
		return nil, fmt.Errorf("there is no file %s", path)
	}
	return open(&Store{path: path, reads: true, upTo: math.MaxInt64}, false)
}

func open(s *Store, fresh bool) (*Store, error) {
	path := s.path
	s.queue = turns.New(s.attempt)
	cause, err := caught(s.open)
	if cause == nil && err == nil {
		err = s.still()
	}
	if cause == nil && err == nil {
		cause, err = caught(s.inspect)
	}
	if cause == nil && err == nil && fresh {
		err = syncDir(filepath.Dir(path))
	}
	if cause != nil || err != nil {
		if s.file != nil {
			release(s.file) //nolint:errcheck // the first error tells more
		}
		return nil, explain(path, cause, err)
	}
	if s.proof.whole.Load() {
		close(s.proof.ended)
	}
	return s, nil
}

// present reports whether there is no file yet.
func present(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir := filepath.Dir(path)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("the directory %s for the state does not exist: create it first", dir)
		}
		return true, nil
	case err != nil:
		return false, explain(path, nil, err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is no regular file, so the state cannot be kept there", path)
	case info.Size() == 0:
		return false, &CorruptError{path, errors.New("it is empty; delete it to begin anew")}
	}
	return false, nil
}

func (s *Store) open() (err error) {
	s.db, err = bolt.Open(s.path, 0o600, &bolt.Options{
		Timeout:         lockWait,
		ReadOnly:        s.reads,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapped,
		NoStatistics:    true,
		// The list of free pages is written with each commit: it is small, and
		// without it the whole file is walked when a transaction is undone.
		NoFreelistSync: false,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			s.file, err = os.OpenFile(name, flag, mode)
			return s.file, err
		},
	})
	return err
}

// still checks that the file whose lock was waited for is the one that has the name:
// meanwhile another may have been put in its place, by [Replace].
func (s *Store) still() error {
	named, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	locked, err := s.file.Stat()
	if err == nil && !os.SameFile(named, locked) {
		return &LockedError{s.path}
	}
	return err
}

// inspect reads the file, or so much of a large one that what is used first is known to be
// good, and makes the bucket in a new one.
func (s *Store) inspect() error {
	corrupt := func(err error) error { return &CorruptError{s.path, err} }
	s.proof = &proof{ended: make(chan struct{})}
	var have, empty bool
	err := s.db.View(func(b *bolt.Tx) error {
		info, err := s.file.Stat()
		if err != nil {
			return err
		}
		if info.Size() < b.Size() {
			return corrupt(fmt.Errorf("it has %d of %d bytes", info.Size(), b.Size()))
		}
		if have, empty = ours(b); !have && (!empty || s.reads) {
			return corrupt(errors.New("it holds nothing of ours"))
		}
		s.proof.pages = newPages(s.file, s.db.Info().PageSize, b.Size())
		read := s.proof.first
		if whole := !have || b.Size() <= s.upTo; whole {
			read = s.proof.pages.whole
			s.proof.whole.Store(true)
		}
		if err := read(b); err != nil {
			return corrupt(err)
		}
		return nil
	})
	if err != nil || have {
		return err
	}
	return s.db.Update(func(b *bolt.Tx) error {
		_, err := b.CreateBucket(bucketName)
		return err
	})
}

// explain turns what opening met into an error that says what to do.
func explain(path string, cause, err error) error {
	var known *CorruptError
	switch {
	case cause != nil:
		return &CorruptError{path, cause}
	case errors.As(err, &known):
		return known
	case errors.As(err, new(*LockedError)):
		return err
	case errors.Is(err, bolterrors.ErrTimeout):
		return &LockedError{path}
	case errors.Is(err, fs.ErrPermission):
		return &PermissionError{path, err}
	case errors.As(err, new(syscall.Errno)):
		return fmt.Errorf("open %s: %w", path, err)
	}
	return &CorruptError{path, err} // the system has no objection, so the content it is
}

// syncDir makes the name of a new file survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
