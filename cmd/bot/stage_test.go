package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/audit"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/config"
	"latchkey/internal/roles"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// stage is a world with a bot in a process of its own, which can be killed.
type stage struct {
	*sandbox.World
	dir     string
	state   config.Config // says where it keeps its state
	etcd    *etcdtest.Cluster
	log     locked // what the bot wrote, over all its lives
	last    chattest.Delivery
	command string // that runs the bot; empty for the usual one

	under []string // the command that starts the bot in its place; none for itself

	wrote    []string                    // what people wrote of their own
	browsers map[string]*browser         // by who sits at them
	desks    map[string]*sandbox.Browser // the same, of customers' people
	renamed  map[string]string           // channels that are called by another id than in the beginning

	mu  sync.Mutex
	bot *exec.Cmd
	out chan struct{} // closed when the bot has ended
}

// patience bounds every wait. It is long, for a slow machine; a right bot
// needs a fraction of it.
const patience = time.Minute

var people = map[string]string{
	"ana": sandbox.Ana, "bo": sandbox.Bo, "dee": sandbox.Dee,
	"carol": sandbox.Carol, "oskar": sandbox.Oskar, "amir": sandbox.Amir,
}

var channels = map[string]string{
	"#contoso": sandbox.ChannelContoso, "#adatum": sandbox.ChannelAdatum, "#ops": sandbox.ChannelOperations,
}

func newStage(dir string, o sandbox.Options) (*stage, error) {
	o.Dir, o.Ahead = filepath.Join(dir, "world"), toNoon(time.Now())
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	w, err := sandbox.New(o)
	if err != nil {
		return nil, err
	}
	s := &stage{World: w, dir: o.Dir}
	s.state.StateURL = cmp.Or(o.StateURL, s.inFile())
	return s, w.Write(filepath.Join(o.Dir, "world.json"))
}

// toNoon is how far it is to the next Tuesday at noon in Berlin, where the partner is. Every
// stage begins there, so that no story depends on the hour or the day on which it is run.
func toNoon(now time.Time) time.Duration {
	now = now.In(berlin)
	at := time.Date(now.Year(), now.Month(), now.Day()+1, 12, 0, 0, 0, berlin)
	for at.Weekday() != time.Tuesday {
		at = at.AddDate(0, 0, 1)
	}
	return at.Sub(now)
}

// inFile is where the bot keeps its state unless it is told otherwise.
func (s *stage) inFile() string { return "bolt://" + filepath.Join(s.dir, "latchkey.db") }

// start starts the bot and returns when it takes deliveries.
func (s *stage) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.HungUp(ctx); err != nil {
		return fmt.Errorf("calls of the bot that was killed: %w", err)
	}
	line := append(slices.Clone(s.under), cmp.Or(s.command, "bot"), "serve", "-world", filepath.Join(s.dir, "world.json"))
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	if err := cmd.Start(); err != nil {
		return err
	}
	out := make(chan struct{})
	go func() {
		cmd.Wait() //nolint:errcheck // a killed bot ends badly on purpose
		close(out)
	}()
	s.bot, s.out = cmd, out
	go func() {
		select {
		case <-out:
			cancel()
		case <-ctx.Done():
		}
	}()
	return s.BotUp(ctx)
}

// kill ends the bot as a power cut would.
func (s *stage) kill() { s.end(syscall.SIGKILL) }

// stopBot asks the bot to end in order.
func (s *stage) stopBot() { s.end(syscall.SIGTERM) }

func (s *stage) end(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bot == nil {
		return
	}
	s.bot.Process.Signal(sig) //nolint:errcheck // it may have ended already
	<-s.out
	s.bot = nil
}

func (s *stage) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bot != nil
}

func (s *stage) close() {
	s.kill()
	s.World.Close()
}

// closes closes the stage when the test is over, and shows what the bot said of one that
// failed.
func (s *stage) closes(t *testing.T) {
	t.Cleanup(func() {
		s.close()
		if t.Failed() {
			t.Logf("the bot's log:\n%s", s.log.String())
		}
	})
}

func (s *stage) wait(what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Until(ctx, holds); err != nil {
		return fmt.Errorf("waited in vain for %s", what)
	}
	return nil
}

// channel is the id of a channel, and called gives it another one.
func (s *stage) channel(name string) string {
	if id, ok := s.renamed[name]; ok {
		return id
	}
	return channels[name]
}

func (s *stage) called(name, id string) {
	if s.renamed == nil {
		s.renamed = map[string]string{}
	}
	s.renamed[name] = id
}

// said is the text of a message, with what its files are called and show. Of a table
// that is what it holds.
func (s *stage) said(m chattest.Message) string {
	said := m.Text
	for _, id := range m.Files {
		f, _ := s.Slack.File(id)
		said += "file " + f.Name + ", " + f.Title + ": " + f.AltText
		if strings.HasSuffix(f.Name, ".csv") {
			said += string(f.Content)
		}
	}
	return said
}

// seen returns what a person sees: the texts of all messages in their
// conversations, in order, and of the modal that is open.
func (s *stage) seen(who string) string {
	var b strings.Builder
	for _, c := range s.Slack.ChannelsOf(people[who]) {
		for _, m := range s.Slack.Messages(people[who], c.ID) {
			fmt.Fprintf(&b, "%s: %s\n", c.Name, s.said(m))
		}
	}
	if v, ok := s.Slack.View(people[who]); ok {
		fmt.Fprintf(&b, "modal: %s\n", plain(v.Raw))
		for block, text := range v.Errors {
			fmt.Fprintf(&b, "modal error: %s: %s\n", block, text)
		}
	}
	return b.String()
}

// plain returns the words of a view or of blocks.
func plain(raw json.RawMessage) string {
	var words []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range []string{"title", "label", "text", "hint", "fields", "elements", "blocks"} {
				if s, ok := v[k].(string); ok {
					words = append(words, s)
				} else if v[k] != nil {
					walk(v[k])
				}
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	var v any
	if json.Unmarshal(raw, &v) == nil {
		walk(v)
	}
	return strings.Join(words, " ")
}

func (s *stage) sees(who, pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	if err := s.wait(fmt.Sprintf("%s to see %q", who, pattern), func() bool { return re.MatchString(s.seen(who)) }); err != nil {
		return fmt.Errorf("%w; %s sees:\n%s", err, who, s.seen(who))
	}
	return nil
}

// say types a slash command and returns what the person is told at once.
func (s *stage) say(who, channel, text string) (string, error) {
	s.noteWords(text)
	d, err := s.Slack.Slash(context.Background(), people[who], s.channel(channel), "/access", strings.TrimPrefix(text, "/access"))
	if err != nil {
		return "", err
	}
	s.last = d
	return plain(d.Response) + "\n" + responseText(d.Response), d.Err
}

func responseText(raw []byte) string {
	var r struct{ Text string }
	if json.Unmarshal(raw, &r) != nil {
		return ""
	}
	return r.Text
}

// granted lists what a person can reach through groups of the bot:
// "contoso: Exchange Administrator".
func (s *stage) granted(who string) []string {
	var id string
	for _, u := range s.Graph.Users() {
		if strings.HasPrefix(u.UPN, who+"@") {
			id = u.ID
		}
	}
	customer := map[string]string{}
	for _, r := range s.Graph.Relationships() {
		customer[r.ID] = strings.ToLower(r.CustomerName)
	}
	var out []string
	for _, g := range s.Graph.Groups() {
		if !strings.HasPrefix(g.MailNickname, "latchkey-") || !slices.Contains(g.Members, id) {
			continue
		}
		for _, a := range s.Graph.Assignments() {
			if a.Group != g.ID || (a.Status != "active" && a.Status != "pending") {
				continue
			}
			var names []string
			for _, r := range a.Roles {
				names = append(names, roles.Name(access.RoleID(r)))
			}
			slices.Sort(names)
			out = append(out, customer[a.Relationship]+": "+strings.Join(names, ", "))
		}
	}
	slices.Sort(out)
	return out
}

// store opens the state of a stopped bot.
func (s *stage) store(fn func(state.Tx) error) error {
	st, err := app.OpenUnsealed(context.Background(), s.state)
	if err != nil {
		return err
	}
	return errors.Join(st.View(context.Background(), fn), st.Close())
}

// whole checks the state of a stopped bot: whatever a story did, nothing in it may be
// amiss.
func (s *stage) whole() error {
	r, err := reading(context.Background(), s.state)
	if err != nil || r.Good {
		return err
	}
	return fmt.Errorf("the state has faults: %v (kinds of records are told in internal/state/checkkinds.go)", r.Findings)
}

// events returns the whole audit log of a stopped bot, once its state has been checked.
func (s *stage) events() (out []access.Event, err error) {
	if err := s.whole(); err != nil {
		return nil, err
	}
	err = s.store(func(tx state.Tx) error {
		if err := whose(tx); err != nil {
			return err
		}
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}

// locked is a buffer that two processes' pipes may write to.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var requestID = regexp.MustCompile(`\bR-[0-9A-HJKMNP-TV-Z]{5}\b`)

// must fails the test when err is set.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
