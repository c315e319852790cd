package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Focus is the element that the keyboard speaks to, as a screen reader tells of
// it and as an eye finds it. It is zero when nothing has the focus.
type Focus struct {
	Role        string // such as "link", "button", "textbox"
	Name        string // its label
	Description string // hint and error that belong to it
	Value       string // what is typed or chosen
	Invalid     bool
	Disabled    bool

	Selector string  // tag and id, or tag and class, to say which it is
	Ring     float64 // width of its outline in pixels; 0 when there is none
	Covered  bool    // it is outside the window or below something else
	Left     float64 // of its box, in pixels from the start of the page
	Top      float64
	Right    float64
	Bottom   float64
}

// String is what a screen reader says first: role and name.
func (f Focus) String() string {
	if f.Selector == "" {
		return "nothing"
	}
	return fmt.Sprintf("%s %q", f.Role, f.Name)
}

const seen = `() => {
	const e = document.activeElement;
	if (!e || e === document.body || e === document.documentElement) return null;
	const box = e.getBoundingClientRect(), style = getComputedStyle(e);
	// The middle of that part of it that is within the window.
	const middle = (from, to, size) => (Math.max(from, 0) + Math.min(to, size)) / 2;
	const there = document.elementFromPoint(middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
	return {
		Selector: e.localName + (e.id ? "#" + e.id : e.classList.length ? "." + e.classList[0] : ""),
		// The browser's own ring is drawn wider than it is said to be.
		Ring: style.outlineStyle === "none" ? 0 : Math.max(parseFloat(style.outlineWidth), style.outlineStyle === "auto" ? 2 : 0),
		Covered: !there || !(e.contains(there) || there.contains(e)),
		Left: box.left + scrollX, Top: box.top + scrollY, Right: box.right + scrollX, Bottom: box.bottom + scrollY,
	};
}`

// For how long what has the focus may still be on its way onto the screen. Half
// of it is the browser's; then it is scrolled to as a reader would, since a page
// that grows late moves what the browser has scrolled to already.
const (
	scrollTries = 40
	scrollPause = 50 * time.Millisecond
)

const scrollTo = `() => { document.activeElement?.scrollIntoView({block: "nearest", behavior: "instant"}) }`

// Focused describes the element that has the focus.
func (t *Tab) Focused() Focus {
	t.t.Helper()
	var focus Focus
	t.do("look at the focus", func(ctx context.Context, s *chromedp.Target) error {
		found, err := call[*Focus](0, seen)(ctx, s)
		// A busy machine may be slow to scroll to what has just got the focus.
		for try := 0; try < scrollTries && err == nil && found != nil && found.Covered; try++ {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(scrollPause):
			}
			if try == scrollTries/2 {
				if _, err := call[any](0, scrollTo)(ctx, s); err != nil {
					return err
				}
			}
			found, err = call[*Focus](0, seen)(ctx, s)
		}
		if err != nil || found == nil {
			return err
		}
		focus = *found
		return focus.listen(ctx, s)
	})
	return focus
}

// listen fills in what the accessibility tree says of the focused element.
func (f *Focus) listen(ctx context.Context, s *chromedp.Target) error {
	element, err := cdp.Call(ctx, s, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"})
	if err != nil {
		return err
	}
	alone := false
	tree, err := cdp.Call(ctx, s, accessibility.GetPartialAXTree,
		accessibility.GetPartialAXTreeParams{ObjectID: element.Result.ObjectID, FetchRelatives: &alone})
	if err != nil {
		return err
	}
	if len(tree.Nodes) == 0 || tree.Nodes[0].Ignored {
		return fmt.Errorf("%s has the focus, and assistive technology does not see it", f.Selector)
	}
	node := tree.Nodes[0]
	f.Role, f.Name, f.Description, f.Value = words(node.Role), words(node.Name), words(node.Description), words(node.Value)
	for _, p := range node.Properties {
		switch p.Name {
		case accessibility.PropertyNameInvalid:
			f.Invalid = words(p.Value) != "false"
		case accessibility.PropertyNameDisabled:
			f.Disabled = words(p.Value) == "true"
		}
	}
	return nil
}

// words are the text of a value of the accessibility tree.
func words(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var text string
	if json.Unmarshal(v.Value, &text) == nil {
		return text
	}
	return string(v.Value) // a number or a truth value
}

// FocusOrder presses Tab from the top of the page until the focus comes round,
// and returns where it stopped on its way. The test ends when it does not come
// round within most stops.
func (t *Tab) FocusOrder(most int) []Focus {
	t.t.Helper()
	evaluate[any](t, `() => { document.activeElement?.blur(); getSelection().removeAllRanges(); scrollTo(0, 0) }`)
	var order []Focus
	for range most + 1 {
		t.Keys("Tab")
		f := t.Focused()
		if f.Selector == "" || len(order) > 0 && f.Left == order[0].Left && f.Top == order[0].Top && f.String() == order[0].String() {
			return order
		}
		order = append(order, f)
	}
	t.t.Fatalf("the focus does not come round within %d stops", most)
	return nil
}
