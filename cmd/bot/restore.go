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
	"os"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/checkup"
	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// restoreCmd puts a backup in the place of the state of a bot that is stopped. The state
// that was there is kept beside it.
func restoreCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	replace, faulty := flags.Bool("replace", false, ""), flags.Bool("faulty", false, "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() != 1 {
		return errUsage{"say which backup"}
	}
	c, err := config.LoadState(ctx, in.env)
	if err != nil {
		return err
	}
	path, err := filePath(c)
	if err != nil {
		return err
	}
	file := flags.Arg(0)
	r, err := restorable(ctx, c, in.stdout, path, file, *faulty)
	if err != nil {
		return err
	}
	mark, err := restoredFrom(file, r)
	if err != nil {
		return err
	}
	was, there, err := replaced(ctx, path)
	if err != nil {
		return err
	}
	o := boltstore.Replacing{Prepare: func(s *boltstore.Store) error {
		return s.Update(ctx, func(tx state.Tx) error { return remember(tx, mark, was) })
	}}
	if *replace {
		o.Keep = path + mark.At.Format(".before-20060102T150405.000Z")
	}
	if err := boltstore.Replace(path, file, o); errors.As(err, new(*boltstore.ExistsError)) {
		return fmt.Errorf("there is a state at %s: stop the bot, and say -replace to put the backup in its place and keep it beside", path)
	} else if err != nil {
		return err
	}
	restoredSay(in.stdout, path, o.Keep, there, mark)
	return nil
}

// restorable looks at the backup before anything is done.
func restorable(ctx context.Context, c config.Config, out io.Writer, path, file string, faulty bool) (checkup.Report, error) {
	from, err := os.Stat(file)
	if err != nil {
		return checkup.Report{}, err
	}
	if to, err := os.Stat(path); err == nil && os.SameFile(from, to) {
		return checkup.Report{}, fmt.Errorf("%s is the state itself", file)
	}
	r, err := inspect(ctx, c, file)
	if err != nil || r.Good {
		return r, err
	}
	tell(out, r)
	if r.Count[state.FaultVersion] > 0 || !faulty {
		return r, errors.New("the backup has faults; see above. -faulty restores it all the same, unless its form is not known")
	}
	return r, nil
}

func restoredFrom(file string, r checkup.Report) (state.Restored, error) {
	f, err := os.Open(file)
	if err != nil {
		return state.Restored{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return state.Restored{
		At: time.Now().UTC().Truncate(time.Millisecond), Backup: r.Last, Seq: r.Events, Digest: hex.EncodeToString(sum.Sum(nil)),
	}, err
}

// replaced is how far the log of the state goes that is there, if that can be read.
func replaced(ctx context.Context, path string) (was audit.Reach, there bool, err error) {
	s, err := boltstore.OpenToRead(path)
	switch {
	case errors.As(err, new(*boltstore.LockedError)):
		return was, true, err
	case err != nil: // there is none, or it is damaged
		_, statErr := os.Stat(path)
		return was, !errors.Is(statErr, fs.ErrNotExist), nil
	}
	err = s.View(ctx, func(tx state.Tx) error {
		was, err = audit.ReachOf(tx)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			return nil
		}
		return err
	})
	return was, true, errors.Join(err, s.Close())
}

// remember writes into the restored state that it is one: the log goes on from the backup,
// and names the end of the one that it takes the place of, so that an auditor can tell the
// two apart.
func remember(tx state.Tx, mark state.Restored, was audit.Reach) error {
	detail := map[string]string{"seq": fmt.Sprint(mark.Seq), "backup": mark.Digest}
	if !mark.Backup.IsZero() {
		detail["as of"] = mark.Backup.UTC().Format(time.RFC3339)
	}
	if was.Seq > 0 {
		detail["replaced seq"], detail["replaced hash"] = fmt.Sprint(was.Seq), was.Hash
	}
	_, err := audit.Append(tx, access.Event{At: mark.At, Kind: access.EventRestored, Detail: detail})
	return errors.Join(err, state.PutRestored(tx, mark))
}

func restoredSay(w io.Writer, path, kept string, there bool, mark state.Restored) {
	asOf := "before its first event"
	if !mark.Backup.IsZero() {
		asOf = fmt.Sprintf("as of %s, event %d", mark.Backup.UTC().Format("2006-01-02 15:04:05Z"), mark.Seq)
	}
	fmt.Fprintf(w, "Restored to %s, %s.\n", path, asOf)
	if there && kept != "" {
		fmt.Fprintf(w, "The state that was there is kept as %s.\n", kept)
	}
	fmt.Fprint(w, `
When the bot starts, before anything else:
  - what has ended since is ended, in Entra too;
  - requests that waited lapse, windows that are ahead are stopped, and access that was being
    given is ended: what was decided since is not known, and nothing is given that was refused;
  - whoever is in a group of the bot's without access that the backup knows of is taken out.

What it cannot know, and you should look at:
  - people and contacts who were unlinked since are linked again;
  - what was deleted of somebody on request since is there again: delete it again;
  - access that was ended early since stands as in force until its end, without being given anew;
  - relationships that were asked for since are there at Microsoft, and look like somebody else's;
  - summaries and notices of that time may be told twice.
`)
}
