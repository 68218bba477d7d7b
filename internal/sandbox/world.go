// Package sandbox is a world for the bot to live in: a stand-in Slack, a
// stand-in Microsoft tenant, people, and a clock that can be moved, all served
// on loopback.
//
// The bot does not know that it is here. It is wired by the same app.New as in
// production, with other addresses and one more trusted certificate. The world
// lives in memory and is thrown away at its end; the bot's own state is a file
// like any other, so the bot can be killed and started again while the world
// goes on.
package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/app"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/config"
	"latchkey/internal/graph/graphtest"
)

// Options says how the world differs from the usual one.
type Options struct {
	Dir          string               // for the bot's state and policy; must exist
	ObserveSlack func(chattest.Call)  // may be nil
	ObserveGraph func(graphtest.Call) // may be nil
	Lag          int                  // reads of Graph that miss a fresh write
	// SlackPostRate is how many messages a second a channel takes; 0 is Slack's
	// own rate. With a negative number Slack has no limits, and the bot, which is told
	// so, does not pace its calls.
	SlackPostRate float64
	SocketMode    bool // the bot is reached over Socket Mode instead of HTTP
	// StateURL is where the bot keeps its state; empty: in a file in Dir. Any number of
	// bots may live in the world when it is a cluster.
	StateURL string
	Traces   string // the address of a collector; empty: nothing is traced
	// Ahead is how far the world's clock is ahead when the world is made; with 0 it shows
	// the real time.
	Ahead time.Duration
	// OneClock has Slack's own time move with the world's clock, for a bot whose
	// protocols do so, too.
	OneClock bool
}

// World is the world around one bot.
type World struct {
	Slack *chattest.Server
	Graph *graphtest.Server
	Clock *Clock

	dir      string
	slack    string // addresses
	graph    string
	control  string
	ca       []byte
	token    string // of the control address
	env      map[string]string
	servers  []*http.Server
	wires    wires
	app      chan string   // the bot's address, each time one comes up
	followed atomic.Uint64 // the last move of the clock that the bot has seen
	follows  chan struct{} // tells that it has; one may wait for it
	wrong    atomic.Int64  // how far the clock of the bot is off
	restored bool          // a kept world was taken up
	socket   bool          // Socket Mode
	unpaced  bool          // Slack has no limits
	front    string        // where browsers reach the bot, whichever is up
	bots     bots
	replicas bool   // they are several
	browser  string // where browsers reach Microsoft's pages
	stop     context.CancelFunc
	ctx      context.Context
}

// New builds a world and serves it on loopback. A world that was kept in the
// folder, see [World.Keep], is taken up where it was left.
func New(o Options) (*World, error) {
	w := &World{dir: o.Dir, Clock: NewClock(), app: make(chan string, 8), follows: make(chan struct{}, 1), unpaced: o.SlackPostRate < 0}
	w.ctx, w.stop = context.WithCancel(context.Background())
	signing, err1 := secret()
	client, err2 := secret()
	bot, err3 := secret()
	token, err4 := secret()
	ca, err5 := newAuthority()
	reading, err6 := secret()
	logs, err7 := secret()
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return nil, err
	}
	signing = signing[:32] // as long as Slack's own
	w.token, w.ca = token, ca.pem
	protocol := time.Now
	if o.OneClock {
		protocol = w.Clock.Now
	}
	w.Slack = chattest.New(chattest.Options{
		Now: protocol, Signed: time.Now,
		SigningSecret: signing, BotToken: "xoxb-" + bot, BotTeam: teamFabrikam, BotUser: botUser,
		AppToken: "xapp-1-A0LATCHKEY-1-" + bot, SocketMode: o.SocketMode,
		Scopes: scopes, Events: events, PostRate: o.SlackPostRate, Observe: o.ObserveSlack,
	})
	w.Graph = graphtest.New(graphtest.Options{
		PartnerTenant: partnerTenant, PartnerName: "Fabrikam Partners", ClientID: clientID, ClientSecret: client,
		Permissions: permissions, Mailboxes: []string{MailFrom}, Due: w.Clock.Now, Lag: o.Lag, Observe: o.ObserveGraph,
		OptionalClaims: []string{"acct"}, PIM: true,
		Reader: graphtest.Application{
			ClientID: readerID, Name: "Fabrikam access reader", ClientSecret: reading, Permissions: []string{"Policy.Read.All"},
		},
		LogReader: graphtest.Application{
			ClientID: logReaderID, Name: "Fabrikam activity reader", ClientSecret: logs, Permissions: []string{"AuditLog.Read.All"},
		},
	})
	var err error
	if w.restored, err = w.restore(); err != nil {
		return nil, err
	}
	policy, archives := filepath.Join(o.Dir, "policy.yml"), filepath.Join(o.Dir, "archive")
	if err := os.Mkdir(archives, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the sandbox's archive: %w", err)
	}
	if !w.restored {
		if o.Ahead > 0 {
			if err := w.Clock.Advance(o.Ahead); err != nil {
				return nil, err
			}
		}
		furnishSlack(w.Slack)
		furnishGraph(w.Graph, w.Clock.Now())
		if err := furnishTenants(w.Graph); err != nil {
			return nil, err
		}
		if err := os.WriteFile(policy, []byte(policyFile), 0o600); err != nil {
			return nil, fmt.Errorf("write the sandbox's policy: %w", err)
		}
	}
	w.env = map[string]string{
		"STATE_URL":            "bolt://" + filepath.ToSlash(filepath.Join(o.Dir, "latchkey.db")),
		"POLICY_FILE":          policy,
		"ARCHIVE_DIR":          archives,
		"LISTEN_ADDR":          "127.0.0.1:0",
		"METRICS_ADDR":         "127.0.0.1:0",
		"LOG_FORMAT":           "text",
		"SLACK_BOT_TOKEN":      "xoxb-" + bot,
		"SLACK_SIGNING_SECRET": signing,
		"ENTRA_TENANT_ID":      partnerTenant,
		"ENTRA_CLIENT_ID":      clientID,
		"ENTRA_CLIENT_SECRET":  client,
		"MAIL_FROM":            MailFrom,
		"READER_CLIENT_ID":     readerID,
		"READER_CLIENT_SECRET": reading,

		"ACTIVITY_CLIENT_ID":     logReaderID,
		"ACTIVITY_CLIENT_SECRET": logs,
	}
	if o.StateURL != "" {
		w.env["STATE_URL"], w.replicas = o.StateURL, true
	}
	if o.Traces != "" {
		w.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = o.Traces
	}
	if w.socket = o.SocketMode; w.socket {
		delete(w.env, "SLACK_SIGNING_SECRET")
		w.env["SLACK_APP_TOKEN"] = "xapp-1-A0LATCHKEY-1-" + bot
	}
	if err := w.listen(ca); err != nil {
		return nil, err
	}
	return w, errors.Join(w.connectPartnerCenter(), w.Graph.AddReaderRedirect(w.front+"/letin"), w.Graph.AddReaderRedirect(w.front+"/contacts/callback"),
		w.Graph.AddLogReaderRedirect(w.front+"/letin"))
}

// listen serves the world, each part on an address of its own.
func (w *World) listen(ca authority) error {
	var err1, err2, err3, err4, err5 error
	w.slack, err1 = w.serve(w.Slack, nil, w.wires.state)
	w.graph, err2 = w.serve(w.Graph, &tls.Config{Certificates: []tls.Certificate{ca.leaf}, MinVersion: tls.VersionTLS12}, w.wires.state)
	w.control, err3 = w.serve(w.controls(), nil, nil)
	w.browser, err4 = w.serve(w.Graph, nil, nil) // a person's browser does not trust the throw-away certificate
	w.front, err5 = w.serve(w.ingress(), nil, nil)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		w.Close()
		return fmt.Errorf("serve the sandbox: %w", err)
	}
	w.Graph.Serve(w.graph)
	w.Graph.ServeBrowser(w.browser)
	w.Slack.Serve("http://127.0.0.1:1", w.slack) // nobody is there until the bot is
	return nil
}

func (w *World) serve(h http.Handler, secure *tls.Config, state func(net.Conn, http.ConnState)) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(w.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	url := "http://" + l.Addr().String()
	if secure != nil {
		l, url = tls.NewListener(l, secure), "https://"+l.Addr().String()
	}
	// A bot that is killed in the middle of a call is no news.
	srv := &http.Server{Handler: guard(h), ReadHeaderTimeout: 10 * time.Second, ConnState: state, ErrorLog: log.New(io.Discard, "", 0)}
	w.servers = append(w.servers, srv)
	go srv.Serve(l) //nolint:errcheck // ends with the world
	return url, nil
}

// Close ends the world.
func (w *World) Close() {
	w.stop()
	w.Slack.Close()
	w.Graph.Close()
	for _, s := range w.servers {
		s.Close() //nolint:errcheck // everything in it is thrown away
	}
}

// BotUp returns when a bot has come up since the last call.
func (w *World) BotUp(ctx context.Context) error {
	select {
	case <-w.app:
		if !w.socket {
			return nil
		}
		return w.Slack.Connected(ctx, 1)
	case <-ctx.Done():
		return fmt.Errorf("the bot did not come up: %w", ctx.Err())
	}
}

// met points the stand-in Slack at a bot. One that is reached by socket has no
// address of its own.
func (w *World) met(address string) {
	w.face(address)
	if w.replicas {
		address = w.front
	}
	if address != "" && !w.socket {
		w.Slack.Serve(address, w.slack)
	}
	select {
	case w.app <- address:
	default:
	}
}

// App returns what a bot in this process is built from.
func (w *World) App() (app.Options, error) {
	o, err := options(w.ctx, w.env, w.slack, w.graph, w.browser, w.ca, w.notifier())
	o.Now, o.Moved, o.Listening, o.SlackUnpaced = w.Clock.Now, w.Clock.moves(w.ctx), w.met, w.unpaced
	return o, err
}

// notifier is the root of who signs Partner Center's notifications, as PEM.
func (w *World) notifier() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Graph.WebhookRoot().Raw})
}

// options reads the world's environment as the bot would read the real one.
func options(ctx context.Context, env map[string]string, slack, graph, browser string, ca, notifier []byte) (app.Options, error) {
	c, err := config.Load(ctx, envconfig.MapLookuper(env))
	if err != nil {
		return app.Options{}, err
	}
	client, err := trusting(ca)
	if err != nil {
		return app.Options{}, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(notifier) {
		return app.Options{}, fmt.Errorf("the certificate of the notifier cannot be read")
	}
	return app.Options{
		Certificates: graph + "/partnercenter/cert/", NotificationRoots: roots,
		Config: c, SlackURL: slack + "/api/", GraphURL: graph + "/v1.0", AuthorityURL: graph, PartnerURL: graph + "/partnercenter", Microsoft: client, AdminCenter: browser, LoginURL: browser,
		DirectoryLooks: 3, // the stand-in's directory is quick
	}, nil
}

func secret() (string, error) {
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return hex.EncodeToString(b), nil
}
