package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"latchkey/internal/app"
	"latchkey/internal/config"
	"latchkey/internal/sandbox"
)

// serveCmd runs the bot, in the real world or, for tests and demonstrations, in
// one that "bot sandbox -world-only" serves.
func serveCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	world, file := flags.String("world", "", ""), flags.String("settings", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() > 0 {
		return errUsage{"the arguments are not understood"}
	}
	reload := hangups(ctx) // before anything that takes time: a signal that is not awaited ends a process
	o, err := options(ctx, *world, *file, in)
	if err != nil {
		return err
	}
	o.Level = new(slog.LevelVar)
	o.Level.Set(o.Config.LogLevel)
	o.Log = logger(o.Config, o.Level, in.stderr)
	o.Reload, o.Version = reload, version()
	o.Settings = func(ctx context.Context) (config.Config, error) {
		if *world != "" {
			return sandbox.Settings(ctx, *world)
		}
		return settings(ctx, *file, in)
	}
	bot, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	return bot.Run(ctx)
}

// hangups tells of each SIGHUP, by which whoever runs the bot has policy.yml and the
// settings read anew.
func hangups(ctx context.Context) <-chan struct{} {
	signals, out := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
			case <-ctx.Done():
				return
			}
			select {
			case out <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func options(ctx context.Context, world, file string, in invocation) (app.Options, error) {
	if world != "" {
		return sandbox.Join(ctx, world)
	}
	c, err := settings(ctx, file, in)
	return app.Options{Config: c}, err
}

// settings are those of the environment and, where one is named, of a file.
func settings(ctx context.Context, file string, in invocation) (config.Config, error) {
	env := in.env
	if file != "" {
		var err error
		if env, err = config.FromFile(file, in.env); err != nil {
			return config.Config{}, err
		}
	}
	return config.Load(ctx, env)
}

func logger(c config.Config, level slog.Leveler, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if strings.EqualFold(c.LogFormat, "text") {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

func versionCmd(_ context.Context, in invocation) error {
	fmt.Fprintln(in.stdout, version())
	return nil
}
