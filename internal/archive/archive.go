// Package archive keeps, in files, what the bot deletes because it ended long ago: one
// line of JSON for each request with its grant and its review, and for each offer, access
// review and alert. A request has its events with it, as the audit log holds them.
//
// [Dir.Append] returns when its lines have reached the disk, and only then is anything
// deleted. A crash leaves a part of a line at most, which the next Append cuts off, or lines
// of what was not deleted and is archived again: a request may stand there twice, and is
// never missing. Of several processes that write at the same time, such as a replica that led
// until just now, each waits for the other.
package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"latchkey/internal/access"
)

// Version is that of the lines.
const Version = 1

// Entry is one line.
type Entry struct {
	V     int       `json:"v"`
	Kind  string    `json:"kind"` // "request", "offer", "review" or "alert"
	ID    string    `json:"id"`
	Ended time.Time `json:"ended"`
	// Records are what is deleted, by key, as the state holds it.
	Records map[string]json.RawMessage `json:"records"`
	// Events are all of a request, as the audit log holds them.
	Events []access.Event `json:"events,omitempty"`
}

// Dir is a directory of archives, one file for each month in which something was deleted.
type Dir string

// file is that of a moment.
func (d Dir) file(now time.Time) string {
	return filepath.Join(string(d), "latchkey-"+now.UTC().Format("2006-01")+".jsonl")
}

// Append writes the entries behind those that are there. The directory must exist: one that
// is not mounted must not be made.
func (d Dir) Append(ctx context.Context, entries []Entry, now time.Time) (err error) {
	var lines bytes.Buffer
	for _, e := range entries {
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("archive %s: %w", e.ID, err)
		}
		lines.Write(append(raw, '\n'))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	path := d.file(now)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := lock(ctx, f); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	end, err := whole(f)
	if err != nil {
		return fmt.Errorf("read the end of the archive: %w", err)
	}
	if _, err = f.WriteAt(lines.Bytes(), end); err == nil {
		err = f.Sync()
	}
	if err == nil { // also of a file that is there: whoever made it may have died before this
		err = syncDir(string(d))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// whole cuts off a line that is not there to its end, and returns where the file ends then.
func whole(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	part := make([]byte, 64<<10)
	for at := end; at > 0; {
		n := min(at, int64(len(part)))
		at -= n
		if _, err := f.ReadAt(part[:n], at); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, f.Truncate(at + int64(i) + 1)
		}
	}
	return 0, f.Truncate(0)
}

// syncDir makes the name of a new file survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
