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
	world := flags.String("world", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() > 0 {
		return errUsage{"the arguments are not understood"}
	}
	o, err := options(ctx, *world, in)
	if err != nil {
		return err
	}
	o.Log = logger(o.Config, in.stderr)
	o.Reload, o.Version = hangups(ctx), version()
	bot, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	return bot.Run(ctx)
}

// hangups tells of each SIGHUP, by which whoever runs the bot has policy.yml read anew.
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

func options(ctx context.Context, world string, in invocation) (app.Options, error) {
	if world != "" {
		return sandbox.Join(ctx, world)
	}
	c, err := config.Load(ctx, in.env)
	return app.Options{Config: c}, err
}

func logger(c config.Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if strings.EqualFold(c.LogFormat, "text") {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

func versionCmd(_ context.Context, in invocation) error {
	fmt.Fprintln(in.stdout, version())
	return nil
}
