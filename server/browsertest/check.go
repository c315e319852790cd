package browsertest

import (
	"fmt"
	"slices"
)

const (
	// leastTarget is what WCAG 2.2 asks of the size of a target at level AA.
	leastTarget = 24
	// leastRing is how wide the mark of the focus is at least, in pixels.
	leastRing = 2
	// mostStops is more than a page has to focus on.
	mostStops = 300
)

// Check holds the page as it is now to what every page owes its reader, and
// reports each fault: axe-core finds no violation; the page fits the window's
// width; everything can be hit; the keyboard reaches everything, each stop has
// a name and a role, is on the screen, and is marked. With scripts, nothing has
// moved since it was loaded. Rules of axe-core that are accepted to be broken are
// named. It returns the stops of the keyboard.
func (t *Tab) Check(accepted ...string) []Focus {
	t.t.Helper()
	for _, v := range t.Axe() {
		if !slices.Contains(accepted, v.Rule) {
			t.t.Errorf("axe: %s", v)
		}
	}
	if over := t.OverflowsX(); len(over) != 0 {
		t.t.Errorf("%d pixels are not enough: %s", t.opts.Width, over)
	}
	for _, small := range t.TargetSizes(leastTarget) {
		t.t.Errorf("hard to hit: %s", small)
	}
	// Turning a page around and changing its text move it by themselves, and so
	// does opening what the address names, where the rest was painted before.
	if !t.opts.NoJavaScript && !t.opts.RightToLeft && t.opts.TextSize == 0 && !t.jumped {
		if shift := t.LayoutShift(); shift != 0 {
			t.t.Errorf("the page moves while it loads: a layout shift of %.4f", shift)
		}
	}
	order := t.FocusOrder(mostStops)
	for _, f := range order {
		where := fmt.Sprintf("the focus on %s (%s)", f, f.Selector)
		switch {
		case f.Name == "" || f.Role == "":
			t.t.Errorf("%s has no name or no role", where)
		case f.Covered:
			t.t.Errorf("%s is not on the screen", where)
		case f.Ring < leastRing:
			t.t.Errorf("%s has a ring of %v pixels", where, f.Ring)
		}
	}
	return order
}
