package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/checkup"
	"latchkey/internal/config"
	"latchkey/internal/local"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// errFaults is that what was asked for is done, and that the state has faults.
var errFaults = errors.New("the state has faults; see above what to do")

// backupCmd copies the state of a bot, running or stopped, and looks at the copy before
// it gets its name.
func backupCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(in.args); err != nil || flags.NArg() != 1 {
		return errUsage{"say into which file, an existing directory, or - for the standard output"}
	}
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	dest, err := destination(flags.Arg(0), time.Now())
	if err != nil {
		return err
	}
	partial, err := spool(ctx, c, dest)
	if partial != "" {
		defer os.RemoveAll(filepath.Dir(partial)) //nolint:errcheck // it has its name by then, or is of no use
	}
	if err != nil {
		return err
	}
	r, err := inspect(ctx, c, partial)
	if err != nil {
		return fmt.Errorf("the copy cannot be read, so there is no backup: %w", err)
	}
	sum, err := deliver(partial, dest, in.stdout)
	if err != nil {
		return err
	}
	said := in.stdout
	if dest == "" {
		dest, said = "-", in.stderr // the other is the backup
	}
	fmt.Fprintf(said, "%s  %s\n", sum, dest)
	tell(said, r)
	if !r.Good {
		return errFaults
	}
	return nil
}

// destination is the file to make; empty for the standard output. In a directory it is
// named after the time.
func destination(dest string, now time.Time) (string, error) {
	if dest == "-" {
		return "", nil
	}
	info, err := os.Stat(dest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dest, nil
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s exists already: name a new file, or a directory", dest)
	}
	return filepath.Join(dest, now.UTC().Format("latchkey-20060102T150405Z.db")), nil
}

// spool copies the state into a private directory beside dest, in which nobody else can
// make the file before we do. Where a bot runs on a file it makes the copy; else the file
// is read as it is. A cluster is read as it is at one moment.
func spool(ctx context.Context, c config.Config, dest string) (partial string, err error) {
	dir := os.TempDir()
	if dest != "" {
		dir = filepath.Dir(dest)
	}
	if dir, err = os.MkdirTemp(dir, ".latchkey-backup-*"); err != nil {
		return "", err
	}
	partial = filepath.Join(dir, "state.db")
	if c.InCluster() {
		return partial, copyCluster(ctx, c, partial)
	}
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return partial, err
	}
	if err = copyFile(ctx, c, f); err == nil {
		err = f.Sync()
	}
	return partial, errors.Join(err, f.Close())
}

func copyFile(ctx context.Context, c config.Config, w io.Writer) error {
	path, err := filePath(c)
	if err != nil {
		return err
	}
	if err = local.Copy(ctx, local.Path(path), w); errors.Is(err, local.ErrNobody) {
		err = copyStopped(ctx, path, w)
	}
	return err
}

// copyCluster makes a store in a file of what a cluster holds.
func copyCluster(ctx context.Context, c config.Config, file string) error {
	from, err := app.OpenUnsealed(ctx, c)
	if err != nil {
		return err
	}
	to, err := boltstore.Open(file)
	if err != nil {
		return errors.Join(err, from.Close())
	}
	err = state.Export(ctx, state.Place{Store: from, Name: c.StateURL}, state.Place{Store: to, Name: file})
	return errors.Join(err, to.Close(), from.Close())
}

func copyStopped(ctx context.Context, path string, w io.Writer) error {
	s, err := stopped(path)
	if err != nil {
		return err
	}
	_, err = s.WriteTo(ctx, w)
	return errors.Join(err, s.Close())
}

// stopped opens the state of a bot that does not run, to be read.
func stopped(path string) (*boltstore.Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no state at %s: set STATE_URL to the bot's", path)
	}
	s, err := boltstore.OpenToRead(path)
	if errors.As(err, new(*boltstore.LockedError)) {
		return nil, fmt.Errorf("a bot has %s open and does not answer at %s: try again, or stop it first", path, local.Path(path))
	}
	return s, err
}

// filePath is where the state is, if it is in a file.
func filePath(c config.Config) (string, error) {
	if c.InCluster() {
		return "", errors.New("STATE_URL names an etcd cluster, and this is about a file")
	}
	path, err := c.StatePath()
	if err != nil {
		return "", fmt.Errorf("STATE_URL %w", err)
	}
	return path, nil
}

// inspect reads a file whole that has the state of these settings, or had it.
func inspect(ctx context.Context, c config.Config, file string) (checkup.Report, error) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return checkup.Report{}, err
	}
	c.StateURL = (&url.URL{Scheme: "bolt", Path: whole}).String()
	return reading(ctx, c)
}

// deliver gives the copy its name, or writes it out, and returns its digest. A crash
// leaves no file of that name, or the whole.
func deliver(partial, dest string, stdout io.Writer) (string, error) {
	f, err := os.Open(partial)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	sum, out := sha256.New(), io.Discard
	if dest == "" {
		out = stdout
	}
	if _, err := io.Copy(io.MultiWriter(out, sum), f); err != nil {
		return "", err
	}
	if dest != "" {
		if err := christen(partial, dest); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// christen gives the copy its name, which takes nobody's place. Not every file system that
// backups are kept on knows links.
func christen(partial, dest string) error {
	err := os.Link(partial, dest)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		if _, err = os.Lstat(dest); errors.Is(err, fs.ErrNotExist) {
			err = os.Rename(partial, dest)
		} else if err == nil {
			err = fs.ErrExist
		}
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(dest))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
