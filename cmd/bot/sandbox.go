package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/sandbox"
)

// setUpWithin bounds the linking of the sandbox's people.
const setUpWithin = time.Minute

// sandboxCmd serves the world and its page, and the bot in it unless another
// process is to be the bot.
func sandboxCmd(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	addr := flags.String("addr", "127.0.0.1:7423", "")
	worldFile := flags.String("world-only", "", "")
	keep := flags.String("keep", "", "")
	if err := flags.Parse(in.args); err != nil || flags.NArg() > 0 {
		return errUsage{"the arguments are not understood"}
	}
	dir, away, err := folder(*keep)
	if err != nil {
		return err
	}
	defer away()
	w, err := sandbox.New(sandbox.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer w.Close()
	l, err := listen(ctx, *addr)
	if err != nil {
		return err
	}
	show := func(ctx context.Context) error {
		if *worldFile != "" {
			return worldOnly(ctx, in, w, l, *worldFile)
		}
		return wholeSandbox(ctx, in, w, l)
	}
	if *keep == "" {
		return show(ctx)
	}
	return keeping(ctx, w, show)
}

// folder returns where the state goes: a folder that is thrown away at the end,
// or the one in which it is to be kept.
func folder(keep string) (dir string, away func(), err error) {
	if keep != "" {
		return keep, func() {}, os.MkdirAll(keep, 0o700)
	}
	dir, err = os.MkdirTemp("", "latchkey-sandbox-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// keeping keeps the world for as long as it is shown. One that can no longer be
// kept is no longer shown either.
func keeping(ctx context.Context, w *sandbox.World, show func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	kept := make(chan error, 1)
	go func() {
		kept <- w.Keep(ctx)
		stop()
	}()
	err := show(ctx)
	stop()
	return errors.Join(err, <-kept)
}

// listen takes the address, or any free port when it is taken. Only loopback
// will do: the page lets anybody be anybody.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, errUsage{"-addr must be a loopback address with a port, as in 127.0.0.1:7423"}
	}
	var lc net.ListenConfig
	if l, err := lc.Listen(ctx, "tcp", addr); err == nil {
		return l, nil
	}
	return lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
}

// worldOnly serves the world for a bot in another process.
func worldOnly(ctx context.Context, in invocation, w *sandbox.World, l net.Listener, file string) error {
	if err := w.Write(file); err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "The world is described in %s. Start the bot with:\n  bot serve -world %s\n", file, file)
	go func() {
		if w.BotUp(ctx) == nil {
			link(ctx, in, w)
		}
	}()
	return servePage(ctx, in, w.Page(nil), l)
}

// wholeSandbox runs the bot in the world and serves the page beside it.
func wholeSandbox(ctx context.Context, in invocation, w *sandbox.World, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	o, err := w.App()
	if err != nil {
		return err
	}
	o.Log = slog.New(slog.NewTextHandler(in.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	bot, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- bot.Run(ctx)
		stop()
	}()
	up, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	if err := w.BotUp(up); err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	link(ctx, in, w)
	err = servePage(ctx, in, w.Page(bot), l)
	stop()
	return errors.Join(err, <-ended)
}

// link does what the bot's admin does after the installation.
func link(ctx context.Context, in invocation, w *sandbox.World) {
	ctx, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	if err := w.SetUp(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintf(in.stderr, "bot sandbox: %v\n", err)
	}
}

func servePage(ctx context.Context, in invocation, page http.Handler, l net.Listener) error {
	srv := &http.Server{Handler: page, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	fmt.Fprintf(in.stdout, "Latchkey's sandbox is ready. Open http://%s and be everybody. Ctrl-C ends it.\n", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
