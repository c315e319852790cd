package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// EnvScreenshots names the directory that screenshots go to. Without it they
// go to the artifacts of the test, if go test -artifacts keeps them.
const EnvScreenshots = "CHECKSTAND_SCREENSHOTS"

// Text is what a reader sees of the one element that a CSS selector means,
// white space collapsed.
func (t *Tab) Text(selector string) string {
	t.t.Helper()
	found := evaluate[[]string](t, `(selector) => [...document.querySelectorAll(selector)].map(e => e.innerText ?? e.textContent)`, selector)
	if len(found) != 1 {
		t.t.Fatalf("%d elements match %s, want one", len(found), selector)
	}
	return strings.Join(strings.Fields(found[0]), " ")
}

// Count is how many elements match a CSS selector, seen or not.
func (t *Tab) Count(selector string) int {
	t.t.Helper()
	return evaluate[int](t, `(selector) => document.querySelectorAll(selector).length`, selector)
}

// WaitText waits until an element that matches a CSS selector shows a text, or
// more than it, in a page that has been read to its end.
func (t *Tab) WaitText(selector, text string) {
	t.t.Helper()
	t.await(fmt.Sprintf("%s to say %q", selector, text), `(selector, text) => document.readyState !== "loading" && [...document.querySelectorAll(selector)]
		.some(e => e.innerText.replace(/\s+/g, " ").includes(text))`, selector, text)
}

// WaitGone waits until no element matches a CSS selector.
func (t *Tab) WaitGone(selector string) {
	t.t.Helper()
	t.await(selector+" to go", `(selector) => document.querySelector(selector) === null`, selector)
}

// WaitURL waits until the page at an address is loaded.
func (t *Tab) WaitURL(url string) {
	t.t.Helper()
	t.await("the page "+url, `(url) => location.href === url && document.readyState === "complete"`, url)
}

// InWindow reports whether all of the first element that a selector finds can
// be seen without scrolling, and nothing covers its middle.
func (t *Tab) InWindow(selector string) bool {
	t.t.Helper()
	return evaluate[bool](t, `(selector) => {
		const e = document.querySelector(selector);
		if (!e) return false;
		const box = e.getBoundingClientRect();
		const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
		return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth && !!there && (e.contains(there) || there.contains(e));
	}`, selector)
}

// Rows counts the lines that the elements of a selector stand in.
func (t *Tab) Rows(selector string) int {
	t.t.Helper()
	return evaluate[int](t, `(selector) => new Set([...document.querySelectorAll(selector)].map(e => Math.round(e.getBoundingClientRect().top))).size`, selector)
}

// Screenshot writes the whole page, not only what the window shows of it, to
// NAME.png. Pictures that load late are loaded first, and it is drawn even when
// nobody keeps it: until then the browser may take a click on the page for one
// on a frame that was there before.
func (t *Tab) Screenshot(name string) {
	t.t.Helper()
	// It is also taken when a test has failed already, so nothing here ends one.
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	shot, err := chromedp.Run(ctx, func(ctx context.Context, s *chromedp.Target) ([]byte, error) {
		if _, err := call[any](0, `() => Promise.allSettled([...document.images].map(i => { i.loading = "eager"; return i.decode() }))
			.then(() => null)`)(ctx, s); err != nil {
			return nil, err
		}
		// A page behind another one may never be drawn.
		if _, err := cdp.Call(ctx, s, page.BringToFront, cdp.Empty{}); err != nil {
			return nil, err
		}
		size, err := cdp.Call(ctx, s, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return nil, err
		}
		yes := true
		res, err := cdp.Call(ctx, s, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &yes, OptimizeForSpeed: &yes,
			Clip: &page.Viewport{Width: size.CSSContentSize.Width, Height: size.CSSContentSize.Height, Scale: 1}})
		return res.Data, err
	})
	if err == nil && t.dir != "" {
		err = os.WriteFile(filepath.Join(t.dir, strings.ReplaceAll(name, "/", "-")+".png"), shot, 0o644)
	}
	if err != nil {
		t.t.Errorf("screenshot %s: %v", name, err)
	}
}
