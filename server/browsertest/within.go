package browsertest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Frame returns a frame of this tab that runs in a process of its own, such as
// a sandboxed one, by the beginning of its address ("about:srcdoc"), once it is
// there. It is used like a tab, in its own coordinates; its problems are
// reported with its test.
func (t *Tab) Frame(address string) *Tab {
	t.t.Helper()
	return t.within("a frame at "+address, func(info, own *target.Info) bool {
		return info.Type == "iframe" && strings.HasPrefix(info.URL, address)
	})
}

// Popup returns the tab that a page of this tab has opened, once it is there
// and at an address that begins so.
func (t *Tab) Popup(address string) *Tab {
	t.t.Helper()
	return t.within("a new tab at "+address, func(info, own *target.Info) bool {
		return info.Type == "page" && info.TargetID != own.TargetID && strings.HasPrefix(info.URL, address)
	})
}

// within attaches to what shares cookies and storage with this tab.
func (t *Tab) within(what string, fits func(info, own *target.Info) bool) *Tab {
	t.t.Helper()
	id := chromedp.FromContext(t.ctx).Target.TargetID
	var found target.ID
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for found == "" {
		all, err := chromedp.Targets(ctx)
		if err != nil {
			t.t.Fatalf("look for %s: %v", what, err)
		}
		if i := slices.IndexFunc(all, func(info *target.Info) bool { return info.TargetID == id }); i >= 0 {
			for _, info := range all {
				if info.BrowserContextID == all[i].BrowserContextID && fits(info, all[i]) {
					found = info.TargetID
				}
			}
		}
		if found != "" {
			break
		}
		select {
		case <-ctx.Done():
			t.t.Fatalf("waited %s for %s", patience, what)
		case <-tick.C:
		}
	}
	inner := &Tab{t: t.t, opts: t.opts, dir: t.dir, framed: true}
	attached, leave := chromedp.NewContext(t.ctx, chromedp.WithTargetID(found), chromedp.WithDetachOnCancel(), chromedp.WithListener(inner.event))
	t.t.Cleanup(leave)
	inner.ctx = attached
	// What is attached lives as long as the context of the first step.
	if err := chromedp.Do(attached); err != nil {
		t.t.Fatalf("attach to %s: %v", what, err)
	}
	inner.do("watch "+what, func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, audits.Enable, cdp.Empty{})
		return err
	})
	t.t.Cleanup(func() {
		// What has gone meanwhile has nothing left to tell but what it told.
		for _, problem := range inner.take() {
			t.t.Errorf("%s: %s", what, problem)
		}
	})
	return inner
}

// still resolves when the frame has kept its size for a while: whoever embeds it
// gives it room only once it knows what it needs, and all moves then.
const still = `() => new Promise(done => {
	let last = "", same = 0;
	const look = () => {
		const now = [innerWidth, innerHeight, document.documentElement.scrollHeight].join(" ");
		same = now === last ? same + 1 : 0;
		last = now;
		if (same === 6) done(); else setTimeout(look, 16);
	};
	look();
})`
