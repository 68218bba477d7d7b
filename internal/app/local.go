package app

import (
	"context"
	"io"

	"latchkey/internal/checkup"
	"latchkey/internal/local"
	"latchkey/internal/state"
)

// keeper is a store that can be copied while it is in use.
type keeper interface {
	WriteTo(ctx context.Context, w io.Writer) (int64, error)
	Path() string
}

// onDisk is the store below the one that seals.
func onDisk(s state.Store) any {
	if above, ok := s.(interface{ Below() state.Store }); ok {
		return above.Below()
	}
	return s
}

// partly is a store in a file that may be too large to be read whole at the start.
type partly interface{ Whole(context.Context) error }

// followFile waits until the state's file has been read whole, and tells of a damage in what
// nobody has needed yet: from then on the store refuses everything.
func (a *App) followFile(ctx context.Context) {
	file, ok := a.file.(partly)
	if !ok {
		return
	}
	err := file.Whole(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		a.o.Log.ErrorContext(ctx, "state is damaged", "component", "state", "err", err)
	default:
		a.o.Log.InfoContext(ctx, "state read whole", "component", "state")
	}
}

// followLocal answers "bot backup" and "bot state check", which cannot open the state
// while it is in use. Without it everything else goes on.
func (a *App) followLocal(ctx context.Context) {
	if a.file == nil {
		return
	}
	log := a.o.Log.With("component", "local")
	err := local.Serve(ctx, local.Path(a.file.Path()), local.Bot{
		Copy: func(ctx context.Context, w io.Writer) error {
			n, err := a.file.WriteTo(ctx, w)
			log.InfoContext(ctx, "state copied", "bytes", n, "err", err)
			return err
		},
		Check: func(ctx context.Context) (any, error) { return checkup.Of(ctx, a.store) },
		Person: func(ctx context.Context, who string, yes bool) (any, error) {
			return a.service.ForgetAsked(ctx, who, yes)
		},
		Failed: func(ctx context.Context, what string, err error) {
			log.WarnContext(ctx, "not done for a program on this machine", "what", what, "err", err)
		},
	}.Handler())
	if err != nil {
		log.WarnContext(ctx, "backups must wait until the bot is stopped", "err", err)
	}
}
