package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// world is the sandbox's world with bots in this process and people who ask for access.
// Neither Slack nor Microsoft limits how often it is called there, or is slow.
type world struct {
	*sandbox.World
	stores []state.Store // of the bots
	people []person
	passed int64 // hours
	again  atomic.Int64

	mu    sync.Mutex
	cards map[string]map[string]string // by request and conversation: what its card says
	news  chan struct{}                // closed at the next
}

type person struct{ user, mail, asked string }

// settled starts so many bots in a new world, has n people linked, and leads each through
// a life, so that the group that carries the role is there. The state is at a STATE_URL,
// or in a file where that is empty.
func settled(b *testing.B, n int, stateURL string, bots int) *world {
	b.Helper()
	w := &world{cards: map[string]map[string]string{}, news: make(chan struct{})}
	dir := b.TempDir()
	var err error
	w.World, err = sandbox.New(sandbox.Options{Dir: dir, SlackPostRate: -1, StateURL: stateURL, ObserveSlack: w.observe})
	must(b, err)
	b.Cleanup(w.Close)
	must(b, unsummed(filepath.Join(dir, "policy.yml")))
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	for range bots {
		w.start(b)
		must(b, w.BotUp(ctx))
	}
	must(b, w.SetUp(ctx))
	for i := range n {
		must(b, w.hire(ctx, i))
	}
	w.lead(b, n)
	return w
}

// start starts a bot, which ends with the benchmark.
func (w *world) start(b *testing.B) {
	b.Helper()
	o, err := w.App()
	must(b, err)
	o.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	o.Moved = nil // with which it reads everything anew; that belongs to no life
	o.Between = func(s state.Store) state.Store {
		w.stores = append(w.stores, s)
		return s
	}
	ctx, stop := context.WithCancel(context.Background())
	bot, err := app.New(ctx, o)
	must(b, err)
	ended := make(chan error, 1)
	go func() { ended <- bot.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
}

// unsummed takes the daily summary out of the policy: it belongs to no life either.
func unsummed(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kept []string
	for line := range strings.Lines(string(raw)) {
		if !strings.Contains(line, "summary:") {
			kept = append(kept, line)
		}
	}
	return os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600)
}

// pass lets an hour pass. The bots look at the clock when something was committed, so
// somebody asks for what is refused, and logged, by one commit.
func (w *world) pass(ctx context.Context) error {
	if err := w.Clock.Advance(61 * time.Minute); err != nil {
		return err
	}
	w.passed++
	_, err := w.Slack.Slash(ctx, sandbox.Dee, sandbox.ChannelOperations, "/access", `request contoso "Exchange Administrator" for 1h because not linked`)
	return err
}

// hire has somebody join the staff and be linked.
func (w *world) hire(ctx context.Context, i int) error {
	p := person{user: fmt.Sprintf("U0STAFF%03d", i), mail: fmt.Sprintf("staff%d@fabrikam.example", i)}
	w.people = append(w.people, p)
	team := ""
	for _, u := range w.Slack.Users() {
		if u.ID == sandbox.Ana {
			team = u.Team
		}
	}
	w.Slack.AddUser(chattest.User{ID: p.user, Team: team, Name: fmt.Sprint("staff", i), RealName: fmt.Sprint("Staff ", i)})
	w.Graph.AddUser(graphtest.User{DisplayName: fmt.Sprint("Staff ", i), UPN: p.mail, Mail: p.mail})
	if err := w.Slack.Join(p.user, sandbox.ChannelContoso); err != nil {
		return err
	}
	d, err := w.Slack.Slash(ctx, sandbox.Dee, sandbox.ChannelOperations, "/access", fmt.Sprintf("staff link @staff%d %s", i, p.mail))
	if err != nil || d.Err != nil {
		return fmt.Errorf("link %s: %w %w", p.mail, err, d.Err)
	}
	return w.Until(ctx, func() bool {
		for _, c := range w.Slack.ChannelsOf(sandbox.Dee) {
			for _, m := range w.Slack.Messages(sandbox.Dee, c.ID) {
				if strings.Contains(m.Text, "is now linked to") && strings.Contains(m.Text, p.mail) {
					return true
				}
			}
		}
		return false
	})
}

var requestID = regexp.MustCompile(`R-[0-9A-HJKMNP-TV-Z]{5}`)

// says has the i'th person type a command, and returns the request that the answer names.
func (w *world) says(ctx context.Context, i int, text string) (string, error) {
	d, err := w.Slack.Slash(ctx, w.people[i].user, sandbox.ChannelContoso, "/access", text)
	if err != nil || d.Err != nil {
		return "", fmt.Errorf("%s: %w %w", text, err, d.Err)
	}
	if strings.Contains(string(d.Response), "not recorded") { // a cluster that is slow, and people try again
		w.again.Add(1)
		return w.says(ctx, i, text)
	}
	id := requestID.FindString(string(d.Response))
	if id == "" {
		return "", fmt.Errorf("%s: %s", text, d.Response)
	}
	return id, nil
}

// approve has the customer's admin press the button on the card of a request.
func (w *world) approve(ctx context.Context, id string) error {
	all := w.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso)
	for i := len(all) - 1; i >= 0; i-- {
		if !strings.Contains(all[i].Text, id) {
			continue
		}
		d, err := w.Slack.Click(ctx, sandbox.Carol, sandbox.ChannelContoso, all[i].TS, "request.approve")
		if err != nil || d.Err != nil {
			return fmt.Errorf("approve %s: %w %w", id, err, d.Err)
		}
		return nil
	}
	return fmt.Errorf("there is no card of %s", id)
}

// observe notes what cards say, as they are posted and changed.
func (w *world) observe(c chattest.Call) {
	if c.Phase != chattest.After || c.Method != "chat.postMessage" && c.Method != "chat.update" {
		return
	}
	text, channel := c.Form.Get("text"), c.Form.Get("channel")
	id := requestID.FindString(text)
	if id == "" || !strings.Contains(text, "access request") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cards[id] == nil {
		w.cards[id] = map[string]string{}
	}
	w.cards[id][channel] = text
	close(w.news)
	w.news = make(chan struct{})
}

// shown returns when the customer's card of the request says something, and with both the
// requester's, too.
func (w *world) shown(ctx context.Context, id, what string, both bool) error {
	for {
		w.mu.Lock()
		said, news := maps.Clone(w.cards[id]), w.news
		w.mu.Unlock()
		n := 0
		for channel, text := range said {
			if strings.Contains(text, what) && (both || channel == sandbox.ChannelContoso) {
				n++
			}
		}
		if n >= 2 || n == 1 && !both {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("%s is not shown as %q but as %q", id, what, said)
		}
	}
}

// idle returns when nothing is owed to anybody any more.
func (w *world) idle(ctx context.Context) error {
	for {
		var owed []outbox.Effect
		err := w.stores[0].View(ctx, func(tx state.Tx) (err error) {
			owed, err = outbox.Pending(tx)
			return err
		})
		if err != nil || len(owed) == 0 {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d effects are still owed, such as %s", len(owed), owed[0].ID)
		}
	}
}

// counts are how often something was done so far.
type counts struct {
	commits int64
	calls   map[string]int // by method, of both
	batched int            // of those to Graph, what came within others
}

func (w *world) count() counts {
	c := counts{calls: map[string]int{}}
	c.commits = -w.passed
	for _, at := range w.stores {
		if opened, ok := at.(app.Opened); ok {
			at = opened.Store
		}
		if sealed, ok := at.(interface{ Below() state.Store }); ok {
			at = sealed.Below()
		}
		if s, ok := at.(interface{ Commits() int64 }); ok {
			c.commits += s.Commits()
		}
	}
	for method, n := range w.Slack.Calls() {
		c.calls["slack "+method] = n
	}
	c.batched = w.Graph.Batched()
	for method, n := range w.Graph.Calls() {
		c.calls["graph "+method] = n
	}
	return c
}

// report tells what one life took.
func (c counts) report(b *testing.B, before counts) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lives/s")
	b.ReportMetric(float64(c.commits-before.commits)/float64(b.N), "commits/life")
	sums := map[string]float64{}
	for method, n := range c.calls {
		each := float64(n-before.calls[method]) / float64(b.N)
		if each > 0 {
			of, _, _ := strings.Cut(method, " ")
			sums[of] += each
			if strings.HasSuffix(method, "/$batch") {
				sums["batches"] += each
			}
			b.Logf("%6.2f %s", each, method)
		}
	}
	b.ReportMetric(sums["slack"], "slack-calls/life")
	within := float64(c.batched-before.batched) / float64(b.N)
	b.ReportMetric(sums["graph"]-within, "graph-calls/life")
	b.ReportMetric(sums["graph"]-sums["batches"], "graph-requests/life") // as Graph counts them
}

// each does n things at once.
func each(n int, do func(i int) error) error {
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- do(i) }()
	}
	var all error
	for range n {
		all = errors.Join(all, <-errs)
	}
	return all
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
