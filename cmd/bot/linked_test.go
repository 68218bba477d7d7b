package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// newLinkedStage is a stage on which the people are linked already and the contacts
// verified. Most tests begin there, and the way there takes as long as many a story: so one
// bot goes it, and the others begin with copies of what it left.
func newLinkedStage(dir string, o sandbox.Options) (*stage, error) {
	world, err := linkedWorld()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "world")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for name, content := range world {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	s, err := newStage(filepath.Dir(dir), o)
	if err != nil || o.StateURL == "" {
		return s, err
	}
	if said, err := exec.Command("bot", "state", "copy", s.inFile(), o.StateURL).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return s, nil
}

// linkedWorld are the files of a world whose people are linked.
var linkedWorld = sync.OnceValues(func() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "linked-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := newStage(dir, sandbox.Options{SlackPostRate: -1})
	if err != nil {
		return nil, err
	}
	defer s.close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	if err := errors.Join(s.start(), s.SetUp(ctx), s.rest()); err != nil {
		return nil, err
	}
	cancel()
	if err := s.Keep(ctx); err != nil { // of a context that has ended: once
		return nil, err
	}
	files = map[string][]byte{}
	for _, name := range []string{"slack.json", "microsoft.json", "clock.json", "policy.yml", "latchkey.db"} {
		if files[name], err = os.ReadFile(filepath.Join(s.dir, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// rest stops the bot when it owes nothing any more.
func (s *stage) rest() error {
	for range 5 {
		s.stopBot()
		var owed []outbox.Effect
		err := s.store(func(tx state.Tx) (err error) {
			owed, err = outbox.Pending(tx)
			return err
		})
		if err != nil || len(owed) == 0 {
			return err
		}
		if err := s.start(); err != nil {
			return err
		}
		if err := s.wait("what is owed to be done", func() bool {
			for _, e := range owed {
				if !strings.Contains(s.log.String(), `msg="effect done" component=outbox effect=`+e.ID+" ") {
					return false
				}
			}
			return true
		}); err != nil {
			return err
		}
	}
	return errors.New("the bot owes something new whenever it is stopped")
}
