package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// patience bounds every wait. A right page needs a fraction of it.
	patience = time.Minute
	// browserLife bounds the whole run.
	browserLife = 15 * time.Minute
)

// browser is the context of the one browser, or why there is none.
var browser struct {
	ctx context.Context
	err error
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	path, err := find()
	if err != nil {
		browser.err = err
		return m.Run() // each test says it
	}
	ctx, cancel := context.WithTimeout(context.Background(), browserLife)
	defer cancel()
	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // the tests may run as root; the only pages are ours
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"),
	)...)
	defer cancelAllocator()
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	defer cancelBrowser()
	browser.ctx, browser.err = ctx, chromedp.Do(ctx)
	return m.Run()
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium here: apt-get install chromium, or run make tools")
}

// A tab is a page in a browser profile of its own, and all that went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	wrongs   []string
	asked    map[network.RequestID]string
	order    []string            // of findings
	findings map[string][]string // what axe-core found, and in which states
}

// open opens the sandbox's page in a new profile.
func open(t *testing.T, url string) *tab {
	t.Helper()
	p := visit(t, url)
	p.wait("the page is there", `document.querySelector('#app')`)
	return p
}

// visit opens an address in a new profile. What goes wrong in it from here on
// fails the test.
func visit(t *testing.T, url string) *tab {
	t.Helper()
	if browser.err != nil {
		t.Fatal(browser.err)
	}
	p := &tab{t: t, url: url, asked: make(map[network.RequestID]string), findings: make(map[string][]string)}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		p.tell()
	})
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	p.do("open the page",
		call(network.Enable, network.EnableParams{}),
		call(log.Enable, cdp.Empty{}),
		call(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en-GB"}),
		call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"}),
	)
	p.look(wide, light)
	p.do("open the page", chromedp.Navigate(url))
	return p
}

// tell fails the test by all that was noted.
func (p *tab) tell() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, wrong := range p.wrongs {
		p.t.Error(wrong)
	}
	for _, finding := range p.order {
		p.t.Errorf("%s (in %d states): %s", p.findings[finding][0], len(p.findings[finding]), finding)
	}
}

// hear notes what is wrong among all that the browser tells of the page.
func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note := func(format string, args ...any) { p.wrongs = append(p.wrongs, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		note("exception: %s", (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		note("console.%s: %s", e.Type, words(e.Args))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelVerbose {
			return
		}
		note("the browser logs (%s, %s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		p.asked[e.RequestID] = e.Request.Method + " " + e.Request.URL
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			note("%s: status %d", p.asked[e.RequestID], int(e.Response.Status))
		}
	case *network.EventLoadingFailed:
		if !e.Canceled { // a newer request takes the place of an older one
			note("%s: %s", p.asked[e.RequestID], e.ErrorText)
		}
	}
}

// words is what was written to the console, as its reader would see it.
func words(args []*runtime.RemoteObject) string {
	var said []string
	for _, arg := range args {
		word := strings.Trim(string(arg.Value), `"`) + arg.Description
		if arg.Preview != nil {
			for _, property := range arg.Preview.Properties {
				word += " " + property.Name + "=" + property.Value
			}
		}
		said = append(said, word)
	}
	return strings.Join(said, " ")
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

// fail ends the test with what can be seen on the page.
func (p *tab) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText`))
	if err != nil {
		text = err.Error()
	}
	p.t.Fatalf(format+"\nThe page shows:\n%s", append(args, text)...)
}

// value evaluates an expression of the page.
func value[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail("%s: %v", expression, err)
	}
	return v
}

// wait returns when the expression holds on the page.
func (p *tab) wait(what, expression string) {
	p.t.Helper()
	if _, err := poll[bool](p, "!!("+expression+")"); err != nil {
		p.fail("waited in vain until %s: %v", what, err)
	}
}

// poll looks at each frame of the page, also of the next one when the page is
// left, until the expression is true, and returns it.
func poll[T any](p *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		v, err := chromedp.Run(ctx, chromedp.Poll[T](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil || ctx.Err() != nil || !left(err) {
			return v, err
		}
	}
}

// left reports whether a look failed because the page was just left for another.
func left(err error) bool {
	return strings.Contains(err.Error(), "navigated") || strings.Contains(err.Error(), "context")
}

// quote makes a string of JavaScript.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a form in JSON
	}
	return string(b)
}

func call[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, cmd, params)
		return err
	})
}
