package app

import (
	"context"

	"latchkey/internal/config"
)

// reread takes over what may change of the settings while the bot runs, at a word of
// whoever runs it, and names what takes a restart. Settings that are not right change
// nothing.
func (a *App) reread(ctx context.Context) {
	if a.o.Settings == nil {
		return
	}
	now, err := a.o.Settings(ctx)
	if err != nil {
		a.o.Log.WarnContext(ctx, "the settings are not right, so those before stay in force", "err", err)
		return
	}
	atOnce, restart := config.Changes(a.settings, now)
	if len(atOnce) > 0 {
		a.o.Level.Set(min(a.settings.LogLevel, now.LogLevel)) // so that the line below is there either way
		a.o.Log.InfoContext(ctx, "settings in force", "settings", atOnce)
		a.settings.LogLevel = now.LogLevel
		a.o.Level.Set(now.LogLevel)
	}
	if len(restart) > 0 {
		a.o.Log.WarnContext(ctx, "settings were changed that take a restart", "settings", restart)
	}
}
