package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// policyEvery is how often policy.yml is looked at. A change is taken over once the file
// has been as it is for that long: somebody may be writing it.
const policyEvery = 2 * time.Second

// rulebook is the policy in force. It follows the file from which it came.
type rulebook struct {
	file    string
	current atomic.Pointer[policy.Policy]

	mu      sync.Mutex // guards these two
	written *policy.Policy
	moved   map[access.ChannelID]access.ChannelID // channels that have another id than in the file

	stamp   stamp  // of the file when it was read
	seen    stamp  // of the file at the last look
	refused string // what was wrong with it, when that has been told
}

// stamp tells one state of a file from another.
type stamp struct {
	size int64
	at   time.Time
}

func stampOf(file string) (stamp, error) {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

func openRulebook(file string) (*rulebook, error) {
	r := &rulebook{file: file}
	var err error
	if r.stamp, err = stampOf(file); err != nil {
		return nil, fmt.Errorf("read the policy: %w; set POLICY_FILE to its path, and let the bot's user read it", err)
	}
	r.seen = r.stamp
	p, err := policy.Load(file)
	if err == nil {
		r.put(p)
	}
	return r, err
}

// put has the policy be in force, with the channels of now.
func (r *rulebook) put(p *policy.Policy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = p
	r.current.Store(p.Moved(r.moved))
}

// follow has channels go by other ids than in the file.
func (r *rulebook) follow(moved map[access.ChannelID]access.ChannelID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if maps.Equal(moved, r.moved) {
		return
	}
	r.moved = moved
	r.current.Store(r.written.Moved(moved))
}

// today is by which id Slack calls a channel now.
func (r *rulebook) today(c access.ChannelID) access.ChannelID {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to, ok := r.moved[c]; ok {
		return to
	}
	return c
}

// get returns the policy in force.
func (r *rulebook) get() *policy.Policy { return r.current.Load() }

// look reports whether there is something new to read: the file changed and has not
// since the last look, or somebody asks for it.
func (r *rulebook) look(asked bool) bool {
	now, err := stampOf(r.file)
	if err != nil {
		return asked
	}
	still := now == r.seen
	r.seen = now
	return asked || still && now != r.stamp
}

// read reads the file and puts it in force if it is right. It reports whether the policy
// is another one now.
func (r *rulebook) read() (changed bool, err error) {
	if at, err := stampOf(r.file); err == nil {
		r.stamp = at
	}
	p, err := policy.Load(r.file)
	if err != nil {
		return false, err
	}
	r.refused = ""
	if p.Version == r.get().Version {
		return false, nil
	}
	r.put(p)
	return true, nil
}

// followPolicy takes policy.yml over when it changes, and at a word of whoever runs the
// bot. One that is not right changes nothing, and is told once.
func (a *App) followPolicy(ctx context.Context) {
	tick := time.NewTicker(policyEvery)
	defer tick.Stop()
	for {
		asked := false
		select {
		case <-a.o.Reload:
			asked = true
			a.reread(ctx)
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := a.followChannels(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.WarnContext(ctx, "channels with other ids are not known", "err", err)
		}
		if !a.policy.look(asked) {
			continue
		}
		changed, err := a.policy.read()
		switch {
		case err != nil:
			a.refuse(ctx, err)
		case changed:
			a.inForce(ctx)
		}
	}
}

// channelMoved goes on in a channel that has another id now.
func (a *App) channelMoved(ctx context.Context, from, to access.ChannelID) error {
	if moved, err := a.service.ChannelMoved(ctx, from, to); err != nil || !moved {
		return err
	}
	a.o.Log.InfoContext(ctx, "a channel has another id", "from", from, "to", to)
	return a.followChannels(ctx)
}

// followChannels reads which channels have other ids than in policy.yml. Another replica
// may have been told.
func (a *App) followChannels(ctx context.Context) error {
	var moved map[access.ChannelID]access.ChannelID
	err := a.store.View(ctx, func(tx state.Tx) (err error) {
		moved, err = state.Moves(tx)
		return err
	})
	if err == nil {
		a.policy.follow(moved)
	}
	return err
}

// inForce has everything go by the policy of now.
func (a *App) inForce(ctx context.Context) {
	p := a.policy.get()
	a.o.Log.InfoContext(ctx, "policy in force", "policy", p.Version, "customers", len(p.Customers), "rules", len(p.Rules))
	a.careful(ctx)
	a.readsMail(ctx)
	if err := a.service.PolicyInForce(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "the policy in force is not recorded", "policy", p.Version, "err", err)
	}
	if err := a.service.PlanSummaries(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "plan the summaries", "err", err)
	}
	if err := a.service.PlanReviews(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "plan the access reviews", "err", err)
	}
	ring(a.dueBell)
	ring(a.dapBell)
	ring(a.othersBell)
	ring(a.activityBell)
	ring(a.groupsBell)
}

// careful names the bundles that give much.
func (a *App) careful(ctx context.Context) {
	for _, c := range a.policy.get().Careful() {
		a.o.Log.InfoContext(ctx, "a bundle holds privileged roles", "bundle", c.Bundle.Name, "roles", len(c.Privileged), "global", c.Global, "groups", len(c.Bundle.Groups))
	}
}

// refuse tells what is wrong with the file. Where the file lies is nothing for Slack.
func (a *App) refuse(ctx context.Context, why error) {
	if text := why.Error(); text != a.policy.refused {
		a.policy.refused = text
		a.o.Log.WarnContext(ctx, "policy.yml is not right, so the one before stays in force", "policy", a.policy.get().Version, "err", why)
		if err := a.service.PolicyRefused(ctx, strings.ReplaceAll(text, a.policy.file, filepath.Base(a.policy.file))); err != nil {
			a.o.Log.ErrorContext(ctx, "what is wrong with policy.yml is not told", "err", err)
		}
	}
}
