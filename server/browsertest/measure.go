package browsertest

import "fmt"

// OverflowsX returns the elements that make the page wider than its window, so
// that it has to be moved sideways to be read; none when it fits.
func (t *Tab) OverflowsX() []string {
	t.t.Helper()
	return evaluate[[]string](t, `() => {
		const root = document.documentElement, over = root.scrollWidth - root.clientWidth;
		if (over <= 0) return [];
		const wide = [...document.body.querySelectorAll("*")].filter(e => {
			const box = e.getBoundingClientRect();
			return box.width > 0 && (box.right > root.clientWidth + 0.5 || box.left < -0.5);
		}).map(e => e.localName + (e.id ? "#" + e.id : e.classList.length ? "." + e.classList[0] : ""));
		return ["the page is " + over + " px too wide", ...new Set(wide)];
	}`)
}

// Target is something to click or tap, with its size in CSS pixels.
type Target struct {
	Selector string
	Name     string
	Width    float64
	Height   float64
}

func (g Target) String() string {
	return fmt.Sprintf("%s %q is %.0f × %.0f", g.Selector, g.Name, g.Width, g.Height)
}

// TargetSizes returns what is harder to hit than a square of least pixels, by
// the rule of WCAG 2.2, 2.5.8 (24) or 2.5.5 (44). As there, links within a
// sentence are left out, and so is a small target with enough room around it.
// A label counts as part of its field.
func (t *Tab) TargetSizes(least int) []Target {
	t.t.Helper()
	return evaluate[[]Target](t, `(least) => {
		const selector = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link]";
		const inSentence = (e) => {
			if (getComputedStyle(e).display !== "inline") return false;
			const around = e.closest("p, li, dd, td, div");
			return around !== null && around.innerText.trim().length > e.innerText.trim().length;
		};
		const all = [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length > 0).map(e => {
			let {left, top, right, bottom} = e.getBoundingClientRect();
			for (const l of e.labels ?? []) {
				const box = l.getBoundingClientRect();
				left = Math.min(left, box.left); top = Math.min(top, box.top);
				right = Math.max(right, box.right); bottom = Math.max(bottom, box.bottom);
			}
			return {e, left, top, right, bottom, width: right - left, height: bottom - top};
		});
		const small = (g) => g.width < least || g.height < least;
		const crowded = (g) => {
			const x = (g.left + g.right) / 2, y = (g.top + g.bottom) / 2;
			return all.some(o => {
				if (o === g) return false;
				if (small(o)) return Math.hypot((o.left + o.right) / 2 - x, (o.top + o.bottom) / 2 - y) < least;
				const dx = Math.max(o.left - x, 0, x - o.right), dy = Math.max(o.top - y, 0, y - o.bottom);
				return Math.hypot(dx, dy) < least / 2;
			});
		};
		return all.filter(g => small(g) && !inSentence(g.e) && crowded(g)).map(g => ({
			Selector: g.e.localName + (g.e.id ? "#" + g.e.id : g.e.classList.length ? "." + g.e.classList[0] : ""),
			Name: (g.e.innerText || g.e.ariaLabel || g.e.name || "").trim(), Width: g.width, Height: g.height,
		}));
	}`, least)
}

// LayoutShift is how much of the page has moved by itself since it was loaded:
// the cumulative score of the Layout Instability API, 0 when nothing did. Moves
// that answer a reader within half a second do not count. The API exists only
// where the page may run scripts.
func (t *Tab) LayoutShift() float64 {
	t.t.Helper()
	if t.opts.NoJavaScript {
		t.t.Fatal("layout shift is measured with JavaScript only")
	}
	return evaluate[float64](t, `() => new Promise(done => {
		let score = 0;
		const add = (entries) => { for (const e of entries) if (!e.hadRecentInput) score += e.value };
		const observer = new PerformanceObserver(list => add(list.getEntries()));
		observer.observe({type: "layout-shift", buffered: true});
		// Two frames: one that paints what is due, one in which it is reported.
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
			add(observer.takeRecords());
			done(score);
		})));
	})`)
}
