// Package browsertest drives real pages in a real Chromium, for tests: one
// browser a test process, one tab a test, each tab with cookies and storage of
// its own.
//
//	b := browsertest.Open(t)
//	tab := b.Tab(t, browsertest.Options{Width: 320, Dark: true})
//	tab.Go(srv.URL + "/")
//	tab.Keys("Tab", "Enter")
//	tab.WaitText("h1", "Thank you")
//
// Only loopback addresses can be reached. A test fails when its page asks for
// anything else, writes to the console, breaks its Content-Security-Policy or
// raises an issue in the developer tools, unless the test takes these problems
// by Tab.Problems.
//
// CHECKSTAND_CHROMIUM names the program, where it is not found by itself.
// CHECKSTAND_TEST_BROWSER=off skips the tests that ask for a browser.
package browsertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// The variables that say which browser is used, if any.
const (
	EnvSwitch  = "CHECKSTAND_TEST_BROWSER"
	EnvProgram = "CHECKSTAND_CHROMIUM"
)

// ErrMissing is what a test fails with when there is no Chromium.
var ErrMissing = errors.New("Chromium was not found in PATH; run 'make setup', set " + EnvProgram + " to its path, or set " +
	EnvSwitch + "=off to leave these tests out")

// Browser is a running Chromium.
type Browser struct {
	ctx  context.Context // carries the connection of chromedp
	stop func()
}

// shared is the browser of this process, while a test or Main uses it.
var shared struct {
	sync.Mutex
	browser *Browser
	users   int
}

// Main runs the tests of a package and keeps the browser from the first test
// that opens it until they are through. It returns the exit code. Without Main
// the browser ends whenever no test uses it.
func Main(m *testing.M) int {
	shared.Lock()
	shared.users++
	shared.Unlock()
	defer release()
	return m.Run()
}

// Open returns the browser of this process, started if there is none. It ends
// with the last test that uses it, and is killed when the process dies.
func Open(t testing.TB) *Browser {
	t.Helper()
	if os.Getenv(EnvSwitch) == "off" {
		t.Skip(EnvSwitch + "=off")
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.browser == nil {
		b, err := start()
		if err != nil {
			t.Fatal(err)
		}
		shared.browser = b
	}
	shared.users++
	t.Cleanup(release)
	return shared.browser
}

func release() {
	shared.Lock()
	defer shared.Unlock()
	if shared.users--; shared.users == 0 && shared.browser != nil {
		shared.browser.stop()
		shared.browser = nil
	}
}

// program finds Chromium.
func program() (string, error) {
	if path := os.Getenv(EnvProgram); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"chromium", "chromium-headless-shell", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// start runs Chromium on a new, empty profile. It listens on a pipe rather than
// on a port, so nobody else can drive it, and it ends when the pipe does.
func start() (*Browser, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("lang", "en-US"),
		// Nothing but loopback: no proxy is asked, and no other name or
		// address resolves.
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1"),
	)
	if os.Getuid() == 0 {
		flags = append(flags, chromedp.NoSandbox) // it refuses to run as root otherwise
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	stop := func() { stopBrowser(); stopAllocator() }
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, err
	}
	return &Browser{ctx: ctx, stop: stop}, nil
}
