package browsertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys are the names of keys that write nothing.
var keys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight, "ArrowUp": kb.ArrowUp,
	"Home": kb.Home, "End": kb.End, "PageDown": kb.PageDown, "PageUp": kb.PageUp,
}

var modifiers = map[string]chromedp.Modifier{
	"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl, "Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
}

// Keys presses keys one after the other, such as "Tab", "Shift+Tab", "Space",
// "ArrowDown", "Control+a" or "7". What they do, such as leaving for another
// page, may still be under way when it returns; wait for what must come.
func (t *Tab) Keys(presses ...string) {
	t.t.Helper()
	for _, press := range presses {
		parts := strings.Split(press, "+")
		name := parts[len(parts)-1]
		key, ok := keys[name]
		if !ok && utf8.RuneCountInString(name) == 1 {
			key, ok = name, true
		}
		var held []chromedp.Modifier
		for _, part := range parts[:len(parts)-1] {
			m, known := modifiers[part]
			held, ok = append(held, m), ok && known
		}
		if !ok {
			t.t.Fatalf("there is no key %q", press)
		}
		t.do("press "+press, func(ctx context.Context, s *chromedp.Target) error {
			_, err := chromedp.KeyEvent(key, chromedp.KeyModifiers(held...))(ctx, s)
			return err
		})
	}
}

// Type writes a text on the keyboard, into whatever has the focus.
func (t *Tab) Type(text string) {
	t.t.Helper()
	t.do("type", func(ctx context.Context, s *chromedp.Target) error {
		_, err := chromedp.KeyEvent(text)(ctx, s)
		return err
	})
}

// place finds the middle of the one element that a selector means, scrolled
// into view, sees whether a pointer there would reach it, and watches for that.
const place = `(selector) => {
	const found = document.querySelectorAll(selector);
	if (found.length !== 1) return {Fault: found.length + " elements match " + selector + ", want one"};
	found[0].scrollIntoView({block: "center", behavior: "instant"});
	const box = found[0].getClientRects()[0];
	if (!box) return {Fault: selector + " is not shown"};
	const x = box.x + box.width / 2, y = box.y + box.height / 2, there = document.elementFromPoint(x, y);
	if (!there || !(found[0].contains(there) || there.contains(found[0])))
		return {Fault: selector + " lies below " + (there ? "<" + there.localName + ">" : "the edge of the screen")};
	const pressed = Symbol.for("pressed");
	window[pressed] = false;
	addEventListener("pointerdown", () => window[pressed] = true, {capture: true, once: true});
	return {X: x, Y: y};
}`

// pressed reports whether the press that place watches for came. A page that was
// loaded since tells nothing else than that it did.
const pressed = `() => window[Symbol.for("pressed")] !== false`

const (
	// presses is how often a pointer presses where nothing hears of it.
	presses = 3
	// drawing is the time that the browser gets before the next press, to learn
	// where its frames are by now.
	drawing = 250 * time.Millisecond
)

// Click clicks or taps on the one element that a CSS selector means, once it is
// where a pointer reaches it: like a person, it waits for a page that is still
// being made or just being replaced, and presses again when the browser has given
// the press to another frame than the one that is there now. As with Keys, what
// follows may still be under way.
func (t *Tab) Click(selector string) {
	t.t.Helper()
	if t.framed {
		evaluate[any](t, still)
	}
	t.do("click on "+selector, func(ctx context.Context, s *chromedp.Target) error {
		for try := 1; ; try++ {
			x, y, err := reach(ctx, s, selector)
			if err != nil {
				return err
			}
			press := chromedp.MouseClickXY(x, y)
			if t.opts.Touch {
				press = chromedp.TapXY(x, y)
			}
			// It returns once a page has dealt with it.
			if _, err := press(ctx, s); err != nil || t.opts.NoJavaScript || try == presses {
				return err
			}
			// A page that cannot be asked has gone, for which it was pressed.
			if came, err := call[bool](0, pressed)(ctx, s); err != nil || came {
				return nil //nolint:nilerr // see above
			}
			t.t.Logf("a press on %s was lost", selector)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(drawing):
			}
		}
	})
}

// reach waits until a pointer reaches an element, and returns where.
func reach(ctx context.Context, s *chromedp.Target, selector string) (x, y float64, err error) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		at, err := call[struct {
			X, Y  float64
			Fault string
		}](0, place, selector)(ctx, s)
		if err == nil && at.Fault == "" {
			return at.X, at.Y, nil
		}
		select {
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("waited %s: %w", patience, cmp.Or(err, errors.New(at.Fault)))
		case <-tick.C:
		}
	}
}
