package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files of a world that is kept, beside the bot's own state and policy.
const (
	keptSlack = "slack.json"
	keptGraph = "microsoft.json"
	keptClock = "clock.json"
)

// keepEvery spaces the writes of a world in which much is going on. What
// happened within it is lost when the sandbox is killed; an orderly end loses
// nothing.
const keepEvery = 500 * time.Millisecond

// restore takes the world up where it was left, and reports whether there was
// one. A folder with only a part of a world is refused: half of it would not
// fit the rest.
func (w *World) restore() (bool, error) {
	var there int
	for _, part := range w.parts() {
		err := w.readPart(part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("take up the world kept in %s: %w", part.file, err)
		}
		there++
	}
	if n := len(w.parts()); there != 0 && there != n {
		return false, fmt.Errorf("the folder holds %d of the %d files of a kept world; empty it to begin anew", there, n)
	}
	return there != 0, nil
}

// A part of the world is one file of it.
type part struct {
	file string
	save func(io.Writer) error
	load func(io.Reader) error
}

func (w *World) parts() []part {
	return []part{
		{keptSlack, w.Slack.Save, w.Slack.Load},
		{keptGraph, w.Graph.Save, w.Graph.Load},
		{keptClock, w.Clock.save, w.Clock.load},
	}
}

func (w *World) readPart(p part) error {
	f, err := os.Open(filepath.Join(w.dir, p.file))
	if err != nil {
		return err
	}
	defer f.Close()
	return p.load(f)
}

// Keep writes the world to its folder after each change, and once more when ctx
// ends. It returns the first error of writing. It is begun when the world is set
// up: what is kept is then a whole world, and the bot, which holds its state for
// itself, has the folder to itself.
func (w *World) Keep(ctx context.Context) error {
	for {
		slack, graph := w.Slack.Version(), w.Graph.Version()
		_, moves := w.Clock.Offset()
		if err := w.write(); err != nil {
			return fmt.Errorf("keep the world: %w", err)
		}
		select {
		case <-time.After(keepEvery):
		case <-ctx.Done():
			return w.write()
		}
		if err := w.Until(ctx, func() bool {
			_, now := w.Clock.Offset()
			return w.Slack.Version() != slack || w.Graph.Version() != graph || now != moves
		}); err != nil {
			return w.write() // ctx has ended
		}
	}
}

func (w *World) write() error {
	for _, p := range w.parts() {
		if err := replace(filepath.Join(w.dir, p.file), p.save); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file of its owner's so that a crash leaves the old one or
// the new one.
func replace(path string, save func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".kept-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if err := errors.Join(save(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// keptTime is the clock as it is kept: how far it ran ahead, and since when.
type keptTime struct {
	Moves []move `json:"moves"`
}

func (c *Clock) save(out io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return json.NewEncoder(out).Encode(keptTime{c.history})
}

func (c *Clock) load(in io.Reader) error {
	var k keptTime
	if err := json.NewDecoder(in).Decode(&k); err != nil {
		return err
	}
	ahead := time.Duration(0)
	for _, m := range k.Moves {
		if m.Ahead < ahead {
			return errors.New("the clock went back")
		}
		ahead = m.Ahead
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(ahead)
	c.history = k.Moves
	return nil
}
