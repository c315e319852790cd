package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// patience bounds each step of a test; a page on loopback needs far less,
	// a busy machine sometimes not.
	patience = time.Minute
	// glance is how often a page is looked at while something is awaited.
	glance = 20 * time.Millisecond
)

// Options say who looks at a page, and on what. The zero value is a desktop
// screen of 1280 × 800 pixels in light colours.
type Options struct {
	Width, Height int  // CSS pixels
	Dark          bool // prefers-color-scheme: dark
	ReducedMotion bool // prefers-reduced-motion: reduce
	NoJavaScript  bool // the page runs no script; everything here works all the same
	Print         bool // as it is on paper; Width is that of the sheet
	RightToLeft   bool // turns every page around once it is loaded
	Touch         bool // a finger instead of a mouse
	TextSize      int  // percent of the standard size that text is made once a page is loaded; 100 when zero
}

// Tab is a page that is looked at. Its methods end the test when the page does
// not let them do what they say. A tab is for one goroutine.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	opts   Options
	dir    string // of screenshots; "" when nobody keeps them
	framed bool   // within another tab
	jumped bool   // the page was loaded at a place within it
	watch
}

// Tab opens a tab with cookies and storage of its own. It is closed with the
// test, which fails if there are problems left.
func (b *Browser) Tab(t testing.TB, opts Options) *Tab {
	t.Helper()
	if opts.Width == 0 {
		opts.Width = 1280
	}
	if opts.Height == 0 {
		opts.Height = 800
	}
	ctx, shut := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(shut)
	tab := &Tab{t: t, ctx: ctx, opts: opts, dir: os.Getenv(EnvScreenshots)}
	if tab.dir != "" {
		if err := os.MkdirAll(tab.dir, 0o755); err != nil {
			t.Fatal(err)
		}
	} else if artifacts := flag.Lookup("test.artifacts"); artifacts != nil && artifacts.Value.String() == "true" {
		tab.dir = t.ArtifactDir()
	}
	if err := chromedp.Listen(ctx, tab.event); err != nil {
		t.Fatal(err)
	}
	tab.do("set up a tab", tab.prepare)
	t.Cleanup(func() {
		for _, problem := range tab.Problems() {
			t.Errorf("the page: %s", problem)
		}
		if t.Failed() {
			tab.Screenshot(t.Name() + "-failed")
		}
	})
	return tab
}

func (t *Tab) prepare(ctx context.Context, s *chromedp.Target) error {
	if _, err := cdp.Call(ctx, s, audits.Enable, cdp.Empty{}); err != nil {
		return err
	}
	screen := emulation.SetDeviceMetricsOverrideParams{Width: int64(t.opts.Width), Height: int64(t.opts.Height), DeviceScaleFactor: 1, Mobile: t.opts.Touch}
	if _, err := cdp.Call(ctx, s, emulation.SetDeviceMetricsOverride, screen); err != nil {
		return err
	}
	// Several tabs are open at once; each believes that it is the one in front.
	if _, err := cdp.Call(ctx, s, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	media := emulation.SetEmulatedMediaParams{Media: either(t.opts.Print, "print", ""), Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: either(t.opts.Dark, "dark", "light")},
		{Name: "prefers-reduced-motion", Value: either(t.opts.ReducedMotion, "reduce", "no-preference")},
	}}
	if _, err := cdp.Call(ctx, s, emulation.SetEmulatedMedia, media); err != nil {
		return err
	}
	if t.opts.Touch {
		if _, err := cdp.Call(ctx, s, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
			return err
		}
	}
	_, err := cdp.Call(ctx, s, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: t.opts.NoJavaScript})
	return err
}

func either(choice bool, yes, no string) string {
	if choice {
		return yes
	}
	return no
}

// Go loads a page, which has to answer 200, and waits until it is loaded.
func (t *Tab) Go(url string) {
	t.t.Helper()
	t.GoStatus(url, 200)
}

// GoStatus loads a page that has to answer with a status of its own.
func (t *Tab) GoStatus(url string, status int) {
	t.t.Helper()
	if status >= 400 {
		t.expectRefusal(url)
	}
	t.jumped = strings.Contains(url, "#")
	t.do("load "+url, func(ctx context.Context, s *chromedp.Target) error {
		resp, err := chromedp.NavigateResponse(url)(ctx, s)
		if err != nil {
			return err
		}
		if resp == nil {
			return errors.New("there was no answer")
		}
		if int(resp.Status) != status {
			return fmt.Errorf("the status is %d, want %d", int(resp.Status), status)
		}
		return nil
	})
	if t.opts.RightToLeft {
		evaluate[any](t, `() => { document.documentElement.dir = "rtl" }`)
	}
	if t.opts.TextSize != 0 {
		evaluate[any](t, `(percent) => { document.documentElement.style.fontSize = percent + "%" }`, t.opts.TextSize)
	}
}

// URL is the address of the page that is shown.
func (t *Tab) URL() string {
	t.t.Helper()
	return evaluate[string](t, `() => location.href`)
}

// Problems returns what the pages of this tab did that they should not, and
// forgets it: requests that leave the machine, messages on the console, broken
// policies, issues of the developer tools.
func (t *Tab) Problems() []string {
	t.t.Helper()
	// A round trip, before whose answer everything earlier has been reported.
	t.do("ask the page", func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, page.GetFrameTree, cdp.Empty{})
		return err
	})
	return t.take()
}

// do runs a step and ends the test if it fails.
func (t *Tab) do(what string, step func(context.Context, *chromedp.Target) error) {
	t.t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Func(step)); err != nil {
		t.t.Fatalf("%s: %v", what, err)
	}
}

// evaluate calls a JavaScript function in the page and decodes what it, or the
// promise it returns, comes to. Policies of the page do not apply to it, and it
// runs where the page's own scripts do not.
func evaluate[T any](t *Tab, function string, args ...any) T {
	t.t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, call[T](0, function, args...))
	if err != nil {
		t.t.Fatal(err)
	}
	return value
}

// call is evaluate as a step, in the world of a context; 0 is the page's own.
func call[T any](world runtime.ExecutionContextID, function string, args ...any) chromedp.Action[T] {
	return func(ctx context.Context, s *chromedp.Target) (value T, err error) {
		words := make([]string, len(args))
		for i, arg := range args {
			word, err := json.Marshal(arg)
			if err != nil {
				return value, err
			}
			words[i] = string(word)
		}
		yes := true
		res, err := cdp.Call(ctx, s, runtime.Evaluate, runtime.EvaluateParams{
			Expression: "(" + function + ")(" + strings.Join(words, ",") + ")", ContextID: world, ReturnByValue: &yes, AwaitPromise: &yes})
		switch {
		case err != nil:
			return value, err
		case res.ExceptionDetails != nil && res.ExceptionDetails.Exception != nil:
			return value, errors.New(spoken(res.ExceptionDetails.Exception))
		case res.ExceptionDetails != nil:
			return value, errors.New(res.ExceptionDetails.Text)
		case len(res.Result.Value) == 0:
			return value, nil // undefined
		}
		return value, json.Unmarshal(res.Result.Value, &value)
	}
}

// await calls a function in the page until it returns true. A page that is
// just being replaced is looked at again.
func (t *Tab) await(what, function string, args ...any) {
	t.t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		done, err := chromedp.Run(ctx, call[bool](0, function, args...))
		if done {
			return
		}
		select {
		case <-ctx.Done():
			t.t.Fatalf("waited %s for %s: %v", patience, what, err)
		case <-tick.C:
		}
	}
}
