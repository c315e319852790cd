package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// ErrAxeMissing is what a test fails with when axe-core is not there.
var ErrAxeMissing = errors.New("axe-core was not found in tools/browser/node_modules; run 'make setup', or set " +
	EnvSwitch + "=off to leave these tests out")

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	Rule   string   // axe-core's id of it, such as "color-contrast"
	Impact string   // minor, moderate, serious or critical
	Help   string   // what is asked for
	Nodes  []string // selector of each element that breaks it, and how
}

func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s\n  %s", v.Rule, v.Impact, v.Help, strings.Join(v.Nodes, "\n  "))
}

// axeCore reads axe-core from the repository.
var axeCore = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", ErrAxeMissing
		}
		dir = filepath.Dir(dir)
	}
	source, err := os.ReadFile(filepath.Join(dir, "tools", "browser", "node_modules", "axe-core", "axe.min.js"))
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrAxeMissing
	}
	return string(source), err
})

// audit runs axe-core. It takes every noscript for hidden, so what is in one
// that is shown stands in a box without bounds for the while.
const audit = `(noScripts) => {
const boxes = noScripts ? [...document.body.querySelectorAll("noscript")].map(from => {
	const to = document.createElement("div");
	to.style.display = "contents";
	to.append(...from.childNodes);
	from.after(to);
	return {from, to};
}) : [];
return axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	rules: {"target-size": {enabled: true}},
	resultTypes: ["violations"],
	iframes: false, // a frame belongs to whoever fills it
	preload: false, // would ask for style sheets once more
}).then(({violations}) => violations.map(v => ({
	Rule: v.id, Impact: v.impact, Help: v.help,
	Nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ")),
}))).finally(() => { for (const {from, to} of boxes) { from.append(...to.childNodes); to.remove() } });
}`

// Timers stand still where scripts are off. axe-core uses them only to take
// turns, so in its world they run out at once. To allow scripts for the while
// would hide what the page says to those who have none.
const atOnce = `globalThis.setTimeout = (f, _, ...args) => { Promise.resolve().then(() => f(...args)); return 0 };
`

// Axe holds the page as it is now to the rules of WCAG 2.2, levels A and AA,
// and to axe-core's best practices. It runs in a world of its own beside the
// page, so that neither the page's policy nor its scripts meet it.
func (t *Tab) Axe() []Violation {
	t.t.Helper()
	source, err := axeCore()
	if err != nil {
		t.t.Fatal(err)
	}
	var found []Violation
	t.do("run axe-core", func(ctx context.Context, s *chromedp.Target) error {
		frames, err := cdp.Call(ctx, s, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		world, err := cdp.Call(ctx, s, page.CreateIsolatedWorld,
			page.CreateIsolatedWorldParams{FrameID: frames.FrameTree.Frame.ID, WorldName: "axe-core"})
		if err != nil {
			return err
		}
		if t.opts.NoJavaScript {
			source = atOnce + source
		}
		load := runtime.EvaluateParams{Expression: source + "\n;0", ContextID: world.ExecutionContextID}
		if res, err := cdp.Call(ctx, s, runtime.Evaluate, load); err != nil || res.ExceptionDetails != nil {
			return errors.Join(fmt.Errorf("axe-core did not load: %v", res.ExceptionDetails), err)
		}
		found, err = call[[]Violation](world.ExecutionContextID, audit, t.opts.NoJavaScript)(ctx, s)
		return err
	})
	return found
}
