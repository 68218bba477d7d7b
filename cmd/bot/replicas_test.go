package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/sandbox"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// clustered are the stories that are told once more with the state in etcd: the main job,
// and what happens between the lives of a bot, over each kind of work.
var clustered = []string{
	"main_job", "crash", "faults_graph", "scheduled_crash", "summary_crash", "review_crash", "breakglass_crash",
	"pim_crash", "relationship_replace_faults", "alert_dap", "left_entra", "seal",
}

// TestInCluster tells them, and what only clusters can have happen to them. A cluster in
// this process, under the race detector, needs the machine for itself: so nothing else
// runs meanwhile, and few at once.
func TestInCluster(t *testing.T) {
	c, err := etcdtest.Start(t.TempDir(), 1)
	must(t, err)
	t.Cleanup(c.Close)
	few := make(chan struct{}, 3)
	told := func(files []string, where func(*testscript.Env) string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			p := stories()
			p.Files = files
			p.Setup = func(env *testscript.Env) error {
				few <- struct{}{}
				env.Defer(func() { <-few })
				return setStage(env, sandbox.Options{StateURL: where(env)})
			}
			testscript.Run(t, p)
		}
	}
	var again []string
	for _, name := range clustered {
		again = append(again, filepath.Join("testdata", "stories", name+".txtar"))
	}
	t.Run("Replicas", testReplicas)
	t.Run("Sockets", testSockets(c))
	t.Run("Again", told(again, func(env *testscript.Env) string { return inCluster(c, filepath.Base(env.WorkDir)) }))
	t.Run("Move", told([]string{filepath.Join("testdata", "cluster", "state_move.txtar")}, func(*testscript.Env) string { return "" }))
}

// inCluster is a STATE_URL.
func inCluster(c *etcdtest.Cluster, prefix string) string {
	var hosts []string
	for _, e := range c.Endpoints() {
		hosts = append(hosts, strings.TrimPrefix(e, "http://"))
	}
	return "etcd://" + strings.Join(hosts, ",") + "/" + prefix
}

// testReplicas has two replicas on three members of etcd, behind one address, lead
// requests through their lives, while one after another is taken away: each replica, the
// member that leads, one that is cut off, and all members at once. Each decision is made
// once, each access given once and gone at its end.
func testReplicas(t *testing.T) {
	t.Parallel()
	c, err := etcdtest.Start(t.TempDir(), 3)
	must(t, err)
	defer c.Close()
	s, err := newLinkedStage(t.TempDir(), sandbox.Options{SlackPostRate: -1, StateURL: inCluster(c, "replicas")})
	must(t, err)
	defer s.close()
	s.endure(t)
	var r [2]*replica
	for i := range r {
		r[i], err = s.replica()
		must(t, err)
		defer r[i].kill()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience) // three members share one disk
	defer cancel()
	if err := s.SetUp(ctx); err != nil {
		t.Fatalf("%v\n%s", err, s.log.String())
	}

	restart := func(i int) func() error {
		return func() (err error) {
			r[i].kill()
			r[i], err = s.replica()
			return err
		}
	}
	troubles := []struct {
		name string
		make func() error
	}{
		{"nothing", func() error { return nil }},
		{"the first replica killed", restart(0)},
		{"the second replica killed", restart(1)},
		{"the leading member stopped", func() error {
			i := max(c.Leader(), 0)
			c.Stop(i)
			return c.Restart(i)
		}},
		{"a member cut off", func() error {
			i := max(c.Leader(), 0)
			c.Cut(i)
			defer c.Mend(i)
			return s.wait("others to lead", func() bool { l := c.Leader(); return l >= 0 && l != i })
		}},
		{"all members stopped", func() error {
			for i := range 3 {
				c.Stop(i)
			}
			errs := make(chan error, 3)
			for i := range 3 {
				go func() { errs <- c.Restart(i) }()
			}
			return errors.Join(<-errs, <-errs, <-errs)
		}},
	}
	for round, trouble := range troubles {
		if err := s.troubled(round, trouble.make); err != nil {
			t.Fatalf("%s: %v\n%s", trouble.name, err, s.log.String())
		}
		t.Logf("%s: %d lives", trouble.name, troubledBatch)
	}
	if err := s.signsInAcross(restart(0), restart(1)); err != nil {
		t.Fatalf("a sign-in: %v\n%s", err, s.log.String())
	}
	for _, one := range r {
		one.kill()
	}
	want := len(troubles) * troubledBatch
	s.wantLives(t, want)
}

// signsInAcross has Carol sign in on the page of a request, while one replica after the
// other is killed and started again: in the middle of it, and once she is signed in.
func (s *stage) signsInAcross(between, after func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id := requestID.FindString(strings.Join(s.newest(1), ""))
	b, err := sandbox.NewBrowser()
	if err != nil {
		return err
	}
	var back string // the address that Microsoft sent her back to
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/contacts/callback" {
			back = r.URL.String()
		}
		return nil
	}
	page := s.Front() + "/requests/" + id
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return b.Open(ctx, page) }, "Sign in with Microsoft"},
		{func() error { return b.Press(ctx, "/sign-in", nil) }, "On to Microsoft"},
		{between, "On to Microsoft"},
		{func() error { return b.SignIn(ctx, "carol@contoso.com") }, "asks for access to Contoso"},
		{after, "asks for access to Contoso"},
		{func() error { return b.Open(ctx, page) }, "asks for access to Contoso"},
		{func() error { return b.Open(ctx, page) }, "asks for access to Contoso"},
		{func() error { return b.Open(ctx, back) }, "has been used"},
		{func() error { return b.Open(ctx, back) }, "has been used"},
	} {
		if err := step.do(); err != nil {
			return err
		}
		if !strings.Contains(b.Text, step.want) {
			return fmt.Errorf("the page %s of %s does not say %q: %s", b.At, id, step.want, b.Text)
		}
	}
	return nil
}

// repeated acts until it succeeds, as fast as a hasty person. Nothing that is seen tells
// when to: what the bot says to one who is refused would wake all others.
func repeated(act func() error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(time.Second / 2)
	defer again.Stop()
	for {
		if err = act(); err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

const troubledBatch = 8

// mostSaid is more than can fail in a batch, of which each is said where it was made.
const mostSaid = 1 << 14

// troubled leads a batch of requests through their lives, and makes trouble between the
// asking and the approving, and again before the end. What was refused because of it is
// repeated, as people do.
func (s *stage) troubled(round int, trouble func() error) error {
	mark := fmt.Sprintf("trouble %d.", round)
	var wg sync.WaitGroup
	errs := make(chan error, 2*troubledBatch+1)
	again := func(what string, act func() error) {
		wg.Go(func() {
			if err := repeated(act); err != nil {
				errs <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}
	wg.Go(func() { errs <- trouble() })
	for i := range troubledBatch {
		text := fmt.Sprintf(`request contoso "%s" for 1h because %s%d`, enduranceRoles[i%len(enduranceRoles)], mark, i)
		if i >= len(enduranceRoles) {
			text = strings.Replace(text, `" for`, `", "`+enduranceRoles[(i+1)%len(enduranceRoles)]+`" for`, 1)
		}
		again("a request", func() error {
			d, err := s.Slack.Slash(context.Background(), people[[]string{"ana", "bo"}[i%2]], channels["#contoso"], "/access", text)
			if err = errors.Join(err, d.Err); err == nil && !requestID.Match(d.Response) {
				err = errors.New(string(d.Response))
			}
			return err
		})
	}
	wg.Wait()
	cards, err := s.cards(mark, troubledBatch)
	if err != nil {
		return err
	}
	wg.Go(func() { errs <- trouble() })
	for _, ts := range cards {
		for range 2 { // by two deliveries, to any replica
			again("an approval", func() error {
				d, err := s.Slack.Click(context.Background(), people["carol"], channels["#contoso"], ts, "request.approve")
				if errors.Is(err, chattest.ErrNoSuchElement) {
					return nil
				}
				return errors.Join(err, d.Err, errors.New("the card still asks"))
			})
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	if err := s.wait("every grant to be in place", func() bool { return s.memberships() == troubledBatch }); err != nil {
		return fmt.Errorf("%w: %d are", err, s.memberships())
	}
	if err := s.wait("every card to tell of the access", s.cardsSayAmong(mostSaid, mark, "access in force", troubledBatch)); err != nil {
		return err
	}
	if err := s.Clock.Advance(61 * time.Minute); err != nil {
		return err
	}
	if err := s.wait("every grant to end", func() bool { return s.memberships() == 0 }); err != nil {
		return fmt.Errorf("%w: %d have not", err, s.memberships())
	}
	return s.wait("every card to say so", s.cardsSayAmong(mostSaid, mark, "ended", troubledBatch))
}

// wantLives checks that so many requests each were decided once, given once and ended
// once, as the audit log has it.
func (s *stage) wantLives(t *testing.T, want int) {
	t.Helper()
	events, err := s.events()
	must(t, err)
	count := map[access.EventKind]map[access.RequestID]int{}
	for _, e := range events {
		if count[e.Kind] == nil {
			count[e.Kind] = map[access.RequestID]int{}
		}
		count[e.Kind][e.Request]++
	}
	for _, kind := range []access.EventKind{"request.submitted", "request.approved", "grant.active", "grant.ended"} {
		if got := len(count[kind]); got != want {
			t.Errorf("%d requests have an event %s, want %d", got, kind, want)
		}
		for id, n := range count[kind] {
			if n != 1 {
				t.Errorf("%s: %d events %s, want one", id, n, kind)
			}
		}
	}
}

// replica is one bot of several.
type replica struct {
	cmd *exec.Cmd
	out chan struct{}
}

// replica starts another bot in the world.
func (s *stage) replica() (*replica, error) {
	r := &replica{cmd: exec.Command("bot", "serve", "-world", filepath.Join(s.dir, "world.json")), out: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &s.log, &s.log
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		r.cmd.Wait() //nolint:errcheck // a killed bot ends badly on purpose
		close(r.out)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r, s.BotUp(ctx)
}

func (r *replica) kill() {
	r.cmd.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it may have ended already
	<-r.out
}
