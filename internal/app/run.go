package app

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/cause"
	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/config"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
	"latchkey/internal/web"
)

// namesWithin bounds the look-up of names at the start.
const namesWithin = 5 * time.Second

// Run runs the bot until ctx ends, and stops it in order.
func (a *App) Run(ctx context.Context) error {
	defer a.close(ctx)
	defer a.watch(ctx)()
	if err := a.service.PolicyInForce(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "the policy in force is not recorded", "policy", a.policy.get().Version, "err", err)
	}
	if err := a.service.AuditKeyInForce(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "the key of the audit log is not recorded", "err", err)
	}
	if err := a.service.SettingsInForce(ctx, config.Values(a.o.Config)); err != nil {
		a.o.Log.ErrorContext(ctx, "the settings in force are not recorded", "err", err)
	}
	if err := a.service.PlanSummaries(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "plan the summaries", "err", err)
	}
	if err := a.service.PlanReviews(ctx); err != nil {
		a.o.Log.ErrorContext(ctx, "plan the access reviews", "err", err)
	}
	if err := a.service.Restored(ctx); err != nil {
		return err // a state whose past is not known must give nothing
	}
	if _, err := a.due.Once(ctx); err != nil {
		// What failed is tried again by the loop; what did not must not wait for it.
		a.o.Log.ErrorContext(ctx, "pass over what is due", "err", err)
	}
	a.goOnForgetting(ctx)
	a.monitor.passed.Store(true)
	a.learn(ctx)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	alive, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	a.alive = alive
	var parts sync.WaitGroup
	parts.Go(func() { a.perform(work) })
	parts.Go(func() { a.work(work) })
	parts.Go(func() { a.followReplicas(work) })
	parts.Go(func() { a.followClock(work) })
	parts.Go(func() { a.followPolicy(work) })
	parts.Go(func() { a.followLocal(work) })
	parts.Go(func() { a.followFile(work) })

	intake, began := a.stopping(ctx)
	err := a.takeIn(intake)
	stopWork()
	a.finish(ctx, &parts, cut, began())
	return err
}

// followClock has everything look again when the clock has jumped.
func (a *App) followClock(ctx context.Context) {
	for {
		select {
		case <-a.o.Moved:
			a.runner.Wake()
			ring(a.dueBell)
			ring(a.syncBell)
			ring(a.dapBell)
			ring(a.othersBell)
			ring(a.activityBell)
			ring(a.peopleBell)
			ring(a.groupsBell)
			ring(a.pruneBell)
			ring(a.signBell)
		case <-ctx.Done():
			return
		}
	}
}

// takeIn takes deliveries until ctx ends. Slack may be out of reach at the
// start; access still ends on time meanwhile.
func (a *App) takeIn(ctx context.Context) error {
	backoff := outbox.Backoff(mathrand.Float64)
	for attempt := 1; ; attempt++ {
		err := a.slack.Use(ctx, a.o.Config.SlackBotToken.Reveal())
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil
		}
		a.o.Log.WarnContext(ctx, "slack not reached at start", "attempt", attempt, "err", err)
		select {
		case <-time.After(backoff(attempt)):
		case <-ctx.Done():
			return nil
		}
	}
	a.hurry(ctx)
	a.runner.Wake()
	a.readsMail(ctx)
	var people sync.WaitGroup
	defer within(intakeWithin, people.Wait)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	people.Go(func() { a.leading(ctx, "people", a.followPeople) })
	people.Go(func() { a.followToken(ctx) })
	names := a.learnNames(ctx)
	d := &chat.Dispatcher{Client: a.slack, Log: a.o.Log.With("component", "chat"), Router: commands.New(commands.Env{
		Approvals: a.service,
		Policy:    a.policy.get,
		Team:      a.slack.Team(),
		Log:       a.o.Log.With("component", "commands"),
		Ref:       func(ctx context.Context) string { return cause.Of(ctx).Ref },

		AdminCenter: a.o.AdminCenter, LetIn: a.letIn(), Activity: a.letReadLogs(),

		PartnerCenter: a.dap != nil, Page: a.page(), Verify: a.verifyPage(), Poll: a.o.Config.PollInterval,

		Now: a.service.Now, Zone: (&chat.Zones{Client: a.slack, Now: a.o.Protocol}).Of,
	}), Homes: a.homes, Names: names, Store: a.store, Now: a.o.Protocol, Left: a.leftSlack, MailIs: a.service.MailIs, Begin: a.begin, Moved: a.channelMoved}
	defer within(repliesWithin, d.Wait)
	if a.o.Config.SocketMode() {
		return a.socket(ctx, &chat.Socket{Dispatcher: d, API: a.slack.API, Backoff: backoff, Log: d.Log})
	}
	in := &chat.Intake{
		Dispatcher: d, Fresh: a.o.Config.SlackSigningSecret.Reveal, Now: a.o.Protocol, Forged: a.forged,
	}
	return a.serve(ctx, a.with(in.Handler()))
}

// company is how long what somebody does may wait for the outcomes of tries that are under
// way, with which it is committed. Nobody sees the difference, and the disk has less to do.
const company = 15 * time.Millisecond

// begin notes that a delivery has come.
func (a *App) begin(ctx context.Context, mode, kind string) (context.Context, func(outcome string)) {
	if a.runner.Underway() > 0 {
		ctx = state.Patient(ctx, company)
	}
	return a.monitor.delivery(ctx, mode, kind)
}

// paged reports whether the bot has pages of its own.
func (a *App) paged() bool {
	return a.o.Config.PublicURL != "" && (a.pages != nil || a.others != nil || a.activity != nil)
}

// with adds the bot's own pages to what is served for Slack.
func (a *App) with(slack http.Handler) http.Handler {
	if !a.paged() {
		return slack
	}
	mux, page := http.NewServeMux(), a.monitor.page
	if a.pages != nil {
		mux.Handle(web.PathSignIn, page("sign-in", a.pages))
		mux.Handle(partnercenter.PathNotifications, page("notification", a.receiver()))
	}
	if a.desk != nil {
		mux.Handle(web.PathRequests, page("request", a.desk))
		mux.Handle(web.PathReviews, page("review", a.desk))
		mux.Handle(web.PathContacts, page("contact", a.desk))
		mux.Handle(web.PathEvidence, page("evidence", a.desk))
	}
	if a.others != nil || a.activity != nil {
		mux.Handle(web.PathLetIn, page("let-in", web.LetIn(a.o.Log.With("component", "web"))))
	}
	if slack != nil {
		mux.Handle("/", slack)
	}
	return mux
}

// page says where the holder of a secret signs in; nil when nowhere.
func (a *App) page() func(string) string {
	if a.pages == nil {
		return nil
	}
	return func(secret string) string { return web.Link(a.o.Config.PublicURL, secret) }
}

// socket runs Socket Mode. The pages, where there are any, are served beside it;
// one end ends both.
func (a *App) socket(ctx context.Context, s *chat.Socket) error {
	connected := s.Connected
	a.monitor.socket.Store(&connected)
	if !a.paged() {
		a.ready(ctx, "")
		s.Run(ctx)
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	err := a.serve(ctx, a.with(nil))
	stop()
	<-ended
	return err
}

// learnNames has the bot admins be called as colleagues call them. Nothing waits
// long for that.
func (a *App) learnNames(ctx context.Context) *chat.Names {
	names := &chat.Names{Client: a.slack}
	bound, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	if err := names.Learn(bound, a.policy.get().Admins); err != nil {
		a.o.Log.InfoContext(ctx, "some bot admins are called by their handles", "err", err)
	}
	return names
}

func (a *App) serve(ctx context.Context, h http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.o.Config.ListenAddr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      a.writeWithin(),
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	drained := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(drained)
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), intakeWithin)
		defer cancel()
		if srv.Shutdown(bound) != nil {
			srv.Close() //nolint:errcheck // what is answered by then is answered
		}
	})
	a.ready(ctx, "http://"+l.Addr().String())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	<-drained // Serve returns when the shutdown begins, not when it is done
	return nil
}

// writeWithin bounds an answer. One that ends a sign-in waits for Microsoft.
func (a *App) writeWithin() time.Duration {
	if a.pages == nil && a.desk == nil {
		return 10 * time.Second
	}
	return 90 * time.Second
}

func (a *App) ready(ctx context.Context, url string) {
	if !a.monitor.taking.Swap(true) {
		close(a.monitor.begun)
	}
	a.careful(ctx)
	a.o.Log.InfoContext(ctx, "ready", "listen", url, "team", a.slack.Team(), "policy", a.policy.get().Version)
	if a.o.Listening != nil {
		a.o.Listening(url)
	}
}

func (a *App) forged(ctx context.Context, path string, suppressed int) {
	a.o.Log.WarnContext(ctx, "delivery not signed by its sender", "path", path, "suppressed", suppressed)
	if err := a.service.TurnedAway(ctx, access.EventForged, path, suppressed); err != nil {
		a.o.Log.ErrorContext(ctx, "audit a forged delivery", "err", err)
	}
}

// Tail returns the newest events of the audit log, oldest first.
func (a *App) Tail(ctx context.Context, n int) ([]access.Event, error) {
	var out []access.Event
	err := a.store.View(ctx, func(tx state.Tx) error {
		var err error
		out, err = audit.Tail(tx, n)
		return err
	})
	return out, err
}

// NextDue returns when time alone will do something next, and what.
func (a *App) NextDue(ctx context.Context) (due state.Due, ok bool, err error) {
	err = a.store.View(ctx, func(tx state.Tx) error {
		due, ok, err = state.NextDue(tx)
		return err
	})
	return due, ok, err
}
