package schedule

import (
	"context"
	"log/slog"
	"time"

	"latchkey/internal/access"
)

// StaffGroups keeps what is known of the staff groups whose people Slack or Entra keeps.
// Its fields are set once, before use. A crash loses nothing: each start reads all.
type StaffGroups struct {
	// Sources lists what to read, from policy.yml.
	Sources func(context.Context) ([]access.StaffSource, error)
	Slack   func(ctx context.Context, usergroup string) ([]string, error)
	Entra   func(ctx context.Context, g access.GroupID) ([]string, error)
	// Read is told who is in a group, or why that could not be read.
	Read func(ctx context.Context, of access.StaffSource, people []string, failure error) error
	// Patience is how long an error asks to wait; zero when it does not.
	Patience func(error) time.Duration
	Interval time.Duration
	Log      *slog.Logger
}

const (
	// groupPause keeps within the calls that Slack takes: 20 in a minute.
	groupPause = 3 * time.Second
	// groupRetry is after how long a round is made again in which something failed.
	groupRetry = time.Minute
)

// Run reads all groups, again and again, until ctx ends. The bell tells that policy.yml or
// the clock has changed.
func (s *StaffGroups) Run(ctx context.Context, bell <-chan struct{}) {
	for ctx.Err() == nil {
		wait := s.Interval
		sources, err := s.Sources(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "the staff groups could not be listed", "err", err)
			wait = min(groupRetry, s.Interval)
		}
		for i, of := range sources {
			if i > 0 {
				rest(ctx, groupPause, nil)
			}
			if err := s.one(ctx, of); err != nil {
				wait = min(wait, max(groupRetry, s.Patience(err)))
			}
			if ctx.Err() != nil {
				return
			}
		}
		rest(ctx, wait, bell)
	}
}

// one reads a group and tells what it read.
func (s *StaffGroups) one(ctx context.Context, of access.StaffSource) error {
	people, err := s.people(ctx, of)
	if ctx.Err() != nil {
		return nil // the bot stops: that says nothing of the group
	}
	if err != nil {
		s.Log.InfoContext(ctx, "a staff group could not be read", "source", of, "err", err)
	}
	if told := s.Read(ctx, of, people, err); told != nil {
		s.Log.WarnContext(ctx, "what was read of a staff group was not recorded", "source", of, "err", told)
		return told
	}
	return err
}

func (s *StaffGroups) people(ctx context.Context, of access.StaffSource) ([]string, error) {
	if id, ok := of.Usergroup(); ok {
		return s.Slack(ctx, id)
	}
	id, _ := of.Group()
	return s.Entra(ctx, id)
}
