// Package app wires the bot: one straight line from the configuration to the
// running parts, the same for production and the sandbox, so that the sandbox
// cannot lie.
//
// At the start, what became due while the bot was down is done before anything
// is taken in, so downtime never lengthens access silently. At the stop, parts
// end in the reverse order of their start: the intake first, the store last.
package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/archive"
	"latchkey/internal/cards"
	"latchkey/internal/chat"
	"latchkey/internal/config"
	"latchkey/internal/flood"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
	"latchkey/internal/telemetry"
	"latchkey/internal/watch"
	"latchkey/internal/web"
)

// Options is what the bot is built from. Only Config and Log must be set; the
// addresses are for worlds other than the real one.
type Options struct {
	Config config.Config
	Log    *slog.Logger

	Now   func() time.Time // the clock of due times; nil for the real one
	Moved <-chan struct{}  // tells that Now has jumped
	// Protocol is the clock of what protocols count: leases, waits between tries,
	// signatures; nil for the real one. Only tests of trouble that lasts have another.
	Protocol func() time.Time
	// Between is what tests put between the bot and its store; nil for nothing.
	Between func(state.Store) state.Store

	SlackURL     string       // of Slack's Web API, with a slash at its end
	GraphURL     string       // of Microsoft Graph
	AuthorityURL string       // of the token endpoint, https
	PartnerURL   string       // of Partner Center
	Microsoft    *http.Client // for both; trusts what it trusts
	// Certificates is where the certificates are that sign Partner Center's
	// notifications, and NotificationRoots those that they chain to: empty for the
	// real ones. No setting can change them.
	Certificates      string
	NotificationRoots *x509.CertPool
	AdminCenter       string // where customers approve relationships; no call is made there
	LoginURL          string // where administrators let applications in; no call is made there

	SlackUnpaced   bool // for a Slack without limits
	DirectoryLooks int  // see graph.Effects.Misses; zero for the real directory

	Version string // of this build

	Reload <-chan struct{} // has policy.yml and the settings read anew; may be nil
	// Settings are those of now. Nil: they do not change, and Level is not needed.
	Settings func(context.Context) (config.Config, error)
	Level    *slog.LevelVar // of Log

	// Listening is told the address of the intake once it takes deliveries. In
	// Socket Mode the address is empty.
	Listening func(url string)
}

// App is a bot that is ready to run.
type App struct {
	alive        context.Context // ends for the tries under way late in the stop
	o            Options
	store        state.Store
	replicas     *etcdstore.Store // nil where this process is the only one
	leads        atomic.Bool      // it does what one of them does for all
	file         keeper           // the file below it, to be copied; nil where it is in none
	slack        *chat.Client
	homes        *chat.Homes
	service      *approvals.Service
	policy       *rulebook
	settings     config.Config // those in force
	runner       *outbox.Runner
	due          *schedule.Due
	sync         *schedule.Sync
	watcher      *watch.Service
	dueBell      chan struct{}
	syncBell     chan struct{}
	dap          *schedule.DAP         // nil where Partner Center is not asked
	center       *partnercenter.Client // nil there too
	repeats      flood.Reports
	dapBell      chan struct{}
	peopleBell   chan struct{}
	groups       *schedule.StaffGroups
	groupsBell   chan struct{}
	prune        *schedule.Prune
	pruneBell    chan struct{}
	signs        *schedule.Checkpoints
	signBell     chan struct{}
	streams      []streaming // of the audit log, to where the settings say
	enabled      accounts
	rights       *graph.Rights
	pages        http.Handler               // nil where there are none
	desk         http.Handler               // nil where customers' people cannot sign in
	others       *schedule.ServiceProviders // nil where there is no application that customers could let in
	othersBell   chan struct{}
	activity     *schedule.Activity // nil where there is no application that customers could let read their logs
	activityBell chan struct{}
	monitor      *monitor
}

const effectLease = time.Minute

// New opens the store and builds the parts. It calls nobody yet. Run closes
// what New has opened.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Protocol == nil {
		o.Protocol = time.Now
	}
	Room()
	o.Log = slog.New(Discreet(o.Log.Handler()))
	o, watching, err := watched(ctx, o)
	if err != nil {
		return nil, err
	}
	p, err := openRulebook(o.Config.PolicyFile)
	if err != nil {
		return nil, err
	}
	proof := credential(o)
	mailer, _, err := microsoft(o, proof)
	if err != nil {
		return nil, err
	}
	microsoft, token, err := microsoft(o, proof)
	if err != nil {
		return nil, err
	}
	streams, err := streamsOf(o)
	if err != nil {
		return nil, err
	}
	store, err := OpenStore(ctx, o.Config, o.Log.With("component", "state"))
	if err != nil {
		return nil, err
	}
	a := &App{o: o, policy: p, settings: o.Config, monitor: watching, dueBell: make(chan struct{}, 1), syncBell: make(chan struct{}, 1), dapBell: make(chan struct{}, 1), othersBell: make(chan struct{}, 1), activityBell: make(chan struct{}, 1), peopleBell: make(chan struct{}, 1), groupsBell: make(chan struct{}, 1), pruneBell: make(chan struct{}, 1), signBell: make(chan struct{}, 1)}
	a.replicas = store.Replicas
	watching.follow(a, store)
	a.streams = streams
	a.store = watching.observed(o.between(store), a.committed)
	a.file, _ = onDisk(store.Store).(keeper)
	a.slack = chat.New(chat.Options{
		BotToken: o.Config.SlackBotToken.Reveal(), AppToken: o.Config.SlackAppToken.Reveal(), APIURL: o.SlackURL, Unpaced: o.SlackUnpaced,
		Apps:      o.Config.SlackAppToken.Reveal,
		Now:       o.Protocol,
		Transport: watching.metrics.Transport(watching.tracer, telemetry.SlackCalls, nil),
	})
	a.enabled, a.rights = microsoft.Enabled, microsoft.Rights()
	a.build(microsoft, mailer)
	a.partner(token, web.Options{Proof: proof.Proof})
	a.neighbours(reader{microsoft}.Provider)
	a.activities()
	a.reception()
	a.follows()
	a.loops()
	if err := a.prepare(ctx); err != nil {
		store.Close() //nolint:errcheck // the first error says what is wrong
		return nil, err
	}
	return a, nil
}

func credential(o Options) graph.CredentialOptions {
	c := o.Config
	return graph.CredentialOptions{
		Tenant: c.EntraTenantID, ClientID: c.EntraClientID,
		Secret: c.EntraClientSecret.Reveal(), CertificateFile: c.EntraCertificateFile,
		CertificatePassword: c.EntraCertificatePassword.Reveal(), FederatedTokenFile: c.EntraFederatedTokenFile,
		Authority: o.AuthorityURL, HTTP: o.Microsoft,
		Fresh: func() (string, string) { return c.EntraClientSecret.Reveal(), c.EntraCertificatePassword.Reveal() },
	}
}

func microsoft(o Options, proof graph.CredentialOptions) (*graph.Client, func(context.Context) (string, error), error) {
	credential, err := graph.NewCredential(proof)
	if err != nil {
		return nil, nil, err
	}
	client, err := graph.New(graph.Options{BaseURL: o.GraphURL, HTTP: o.Microsoft, Credential: credential, Log: o.Log.With("component", "graph")})
	return client, graph.AppToken(credential, partnercenter.Scope), err
}

func (a *App) build(microsoft, mailer *graph.Client) {
	log := func(component string) *slog.Logger { return a.o.Log.With("component", component) }
	thePolicy := a.policy.get
	a.service = &approvals.Service{
		Store: a.store, Policy: thePolicy, Now: a.o.Now, Protocol: a.o.Protocol, Team: a.slack.Team, Tenant: access.TenantID(strings.ToLower(a.o.Config.EntraTenantID)),
		Lacks:    lacks(microsoft.Rights(), a.o.Config.EntraAdministrativeUnit != ""),
		Page:     a.signsIn(),
		AuditKey: a.o.Config.AuditKey.Reveal,
		Mails:    a.signsIn() && a.o.Config.MailFrom != "",
		NewID:    func() (access.RequestID, error) { return access.NewRequestID(rand.Reader) },
		NewNonce: func() (string, error) { return nonce(16) },
	}
	if dir := a.o.Config.ArchiveDir; dir != "" {
		a.service.Archive = archive.Dir(dir).Append
	}
	backoff := outbox.Backoff(mathrand.Float64)
	toGraph := graph.Effects{Client: microsoft, Store: a.store, Now: a.o.Now, Log: log("graph"), Misses: a.o.DirectoryLooks, Unit: access.UnitID(strings.ToLower(a.o.Config.EntraAdministrativeUnit)), Rules: func() graph.Rules { return thePolicy() }}
	a.homes = &chat.Homes{
		Client: a.slack, Log: log("chat"),
		Draw: cards.Homes{Store: a.store, Policy: thePolicy, Team: a.slack.Team, Now: a.o.Now, Page: a.requestPage(), Awaits: a.service.Awaits},
	}
	render := cards.Renderer{Approvals: a.service, Policy: thePolicy, AdminCenter: a.o.AdminCenter, LetIn: a.letIn(), Page: a.requestPage(), ReviewPage: a.reviewPage()}
	toGraph.MailFrom, toGraph.Letters, toGraph.Mailer = a.o.Config.MailFrom, render, mailer
	toSlack := chat.Effects{Client: a.slack, Store: a.store, Homes: a.homes, Now: a.o.Now, Render: render, Moved: a.policy.today}
	found := &logs{store: a.store, microsoft: microsoft, now: a.o.Now, center: func() *partnercenter.Client { return a.center }}
	a.watcher = &watch.Service{
		Now: a.o.Now, Protocol: a.o.Protocol, Follow: a.service.Followed, Granted: approvals.Membership,
		Operations: func() access.ChannelID { return a.policy.get().Operations }, Log: log("watch"),
		Quiet: func(at time.Time) bool { return a.policy.get().Alerts.Quiet.In(at) },
		Who:   found.knows,
	}
	a.service.Watch = a.watcher
	a.runner = &outbox.Runner{
		Store: a.store, Handlers: a.handlers(&toGraph, &toSlack, found), Owner: owner(), Now: a.o.Protocol,
		Backoff: backoff, Lease: effectLease, Workers: a.workers(), Log: log("outbox"),
		// What people are told does not wait for Microsoft, and no removal for Slack.
		Prompt: func(kind string) bool {
			return strings.HasPrefix(kind, "slack.") && kind != outbox.SlackFile || kind == outbox.GraphAlarm
		},
	}
	a.due = &schedule.Due{Store: a.store, Do: a.doDue, Now: a.o.Now, Log: log("due")}
	a.sync = &schedule.Sync{
		Store: a.store, Graph: reader{microsoft}, Now: a.o.Now, Interval: a.o.Config.PollInterval, Log: log("sync"),
		Provider: reader{microsoft}.Provider,
		Watch:    a.watcher,
	}
	a.prune = &schedule.Prune{Do: a.service.Prune, Ahead: microsoft.Ahead, Log: log("prune")}
	a.signs = &schedule.Checkpoints{Do: a.service.Checkpoint, Post: a.service.PostCheckpoints, Log: log("audit")}
	a.groups = &schedule.StaffGroups{
		Sources: a.service.StaffSources, Read: a.service.StaffRead, Slack: a.slack.Usergroup, Entra: reader{microsoft}.PeopleOf,
		Patience: func(err error) time.Duration { return max(chat.Patience(err), outbox.Wait(err)) }, Interval: a.o.Config.PollInterval, Log: log("staff groups"),
	}
}

// between is the store as the bot sees it.
func (o Options) between(s state.Store) state.Store {
	if o.Between == nil {
		return s
	}
	return o.Between(s)
}

// doDue takes what is due to the package that knows what to do.
func (a *App) doDue(ctx context.Context, d state.Due) error {
	ctx, end := a.monitor.tracer.Start(ctx, "due", string(d.Kind))
	defer end("over")
	switch d.Kind {
	case state.DueEnding, state.DueAlert:
		return a.watcher.Due(ctx, a.store, d)
	case state.DueLapse, state.DueRemind, state.DueBegin, state.DueWarn, state.DueExpire, state.DueOffer, state.DueSummary, state.DueBreakGlass, state.DueReview, state.DueReviewPlan:
	}
	return a.service.Due(ctx, d)
}

// handlers joins how each effect is done with what its outcome means.
func (a *App) handlers(g *graph.Effects, c *chat.Effects, found *logs) map[string]outbox.Handler {
	h := a.service.Outcomes()
	maps.Copy(h, a.watcher.Outcomes())
	do := func(kind string, f func(context.Context, outbox.Effect) (rawResult, error)) {
		one := h[kind]
		one.Do = f
		h[kind] = one
	}
	do(outbox.Look, a.look)
	do(outbox.Who, found.who)
	do(outbox.GraphContainer, g.Container)
	do(outbox.GraphJoin, g.Join)
	do(outbox.GraphLeave, g.Leave)
	do(outbox.GraphKeep, g.Keep)
	do(outbox.GraphStaff, g.Staff)
	do(outbox.GraphLetter, g.Mail)
	do(outbox.GraphAlarm, g.Alarm)
	do(outbox.SlackCard, c.Card)
	do(outbox.SlackNotice, c.Notice)
	do(outbox.SlackContact, c.Contact)
	do(outbox.SlackMail, c.StaffMail)
	do(outbox.GraphMail, g.StaffMail)
	do(outbox.GraphOffer, g.Offer)
	do(outbox.GraphRetract, g.Retract)
	do(outbox.GraphTerminate, g.Terminate)
	do(outbox.GraphExtend, g.Extend)
	do(outbox.GraphAssign, g.Assign)
	do(outbox.GraphReduce, g.Reduce)
	do(outbox.GraphConsent, g.Consent)
	do(outbox.GraphOust, g.Oust)
	do(outbox.GraphMuster, g.Muster)
	do(outbox.GraphUnassign, g.Unassign)
	do(outbox.SlackOfferCard, c.OfferCard)
	do(outbox.SlackOfferNotice, c.OfferNotice)
	do(outbox.SlackAlertCard, c.AlertCard)
	do(outbox.SlackFile, c.File)
	do(outbox.SlackReviewCard, c.ReviewCard)
	card := h[outbox.SlackCard]
	card.Done = c.CardPosted
	h[outbox.SlackCard] = card
	offer := h[outbox.SlackOfferCard]
	offer.Done = c.OfferCardPosted
	h[outbox.SlackOfferCard] = offer
	alert := h[outbox.SlackAlertCard]
	alert.Done = c.AlertCardPosted
	h[outbox.SlackAlertCard] = alert
	review := h[outbox.SlackReviewCard]
	review.Done = c.ReviewCardPosted
	h[outbox.SlackReviewCard] = review
	return h
}

// prepare brings the store to the form that this version writes, and frees what
// a former life of the bot had leased.
func (a *App) prepare(ctx context.Context) error {
	if err := state.Migrate(ctx, a.store); err != nil {
		return err
	}
	if err := a.prepareAudit(ctx); err != nil {
		return err
	}
	if err := a.followChannels(ctx); err != nil {
		return err
	}
	if err := state.IndexEnded(ctx, a.store); err != nil {
		return err
	}
	if !a.store.Exclusive() {
		return nil
	}
	return a.store.Update(ctx, func(tx state.Tx) error {
		return outbox.Release(tx, a.o.Protocol(), outbox.Backoff(mathrand.Float64), nil)
	})
}

// committed wakes what waits for work.
func (a *App) committed() {
	if a.runner != nil {
		a.runner.Wake()
	}
	ring(a.dueBell)
	ring(a.dapBell)
	ring(a.othersBell)
	for _, s := range a.streams {
		ring(s.bell)
	}
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// owner tells this life of the bot from every other.
func owner() string {
	id, err := nonce(6)
	if err != nil {
		return fmt.Sprintf("runner-%d", time.Now().UnixNano()%math.MaxInt32)
	}
	return "runner-" + id
}

func nonce(n int) (string, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	return hex.EncodeToString(b), nil
}
