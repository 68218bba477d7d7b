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
	"path/filepath"
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
	addr := flags.String("addr", "", "")
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
	s := show{invocation: in, world: w, l: l, keep: *keep != ""}
	if *worldFile != "" {
		return s.worldOnly(ctx, *worldFile)
	}
	return s.whole(ctx)
}

// A show is a sandbox that is being shown.
type show struct {
	invocation
	world *sandbox.World
	l     net.Listener
	keep  bool
}

// folder returns where the state goes: a folder that is thrown away at the end,
// or the one in which it is to be kept.
func folder(keep string) (dir string, away func(), err error) {
	if keep != "" {
		dir, err = filepath.Abs(keep)
		return dir, func() {}, errors.Join(err, os.MkdirAll(dir, 0o700))
	}
	dir, err = os.MkdirTemp("", "latchkey-sandbox-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// usual is where the page is when nobody says where.
const usual = "127.0.0.1:7423"

// listen takes the address, and no other in its place; of the usual one, which nobody
// asked for, any free port where it is taken. Only loopback will do: the page lets anybody
// be anybody.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	if addr == "" {
		if l, err := lc.Listen(ctx, "tcp", usual); err == nil {
			return l, nil
		}
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, errUsage{"-addr must be a loopback address with a port, as in " + usual}
	}
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the page cannot be at %s: %w", addr, err)
	}
	return l, nil
}

// worldOnly serves the world for a bot in another process, and links the people
// when one has come up.
func (s show) worldOnly(ctx context.Context, file string) error {
	if err := s.world.Write(file); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "The world is described in %s. Start the bot with:\n  bot serve -world %s\n", file, file)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	kept := make(chan error, 1)
	go func() {
		if s.world.BotUp(ctx) != nil {
			kept <- nil // ctx has ended before a bot came
			return
		}
		err := s.settle(ctx)
		if err != nil {
			stop()
		}
		kept <- err
	}()
	err := servePage(ctx, s.invocation, s.world.Page(nil), s.l)
	stop()
	return errors.Join(err, <-kept)
}

// whole runs the bot in the world and serves the page beside it.
func (s show) whole(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	o, err := s.world.App()
	if err != nil {
		return err
	}
	o.Log = slog.New(slog.NewTextHandler(s.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
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
	if err := s.world.BotUp(up); err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	if err := s.link(ctx); err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	kept := make(chan error, 1)
	go func() {
		err := s.remember(ctx)
		if err != nil {
			stop()
		}
		kept <- err
	}()
	err = servePage(ctx, s.invocation, s.world.Page(bot), s.l)
	stop()
	return errors.Join(err, <-ended, <-kept)
}

// settle links the people and then keeps the world, where it is to be kept.
func (s show) settle(ctx context.Context) error {
	if err := s.link(ctx); err != nil {
		return err
	}
	return s.remember(ctx)
}

// link does what the bot's admin does after the installation.
func (s show) link(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, setUpWithin)
	defer cancel()
	if err := s.world.SetUp(bound); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// remember keeps the world until ctx ends. It is begun only now: a world that is
// kept is one whose people are linked. One that can no longer be kept is no
// longer shown either.
func (s show) remember(ctx context.Context) error {
	if !s.keep {
		return nil
	}
	return s.world.Keep(ctx)
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
