package browsertest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

// document is a faultless page around a body.
func document(body string) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"></head>
<body><main><h1>Test</h1>` + body + `</main></body></html>`
}

// serve serves pages by their path; those that are not there are a 404 with a
// page of its own.
func serve(t *testing.T, policy string, pages map[string]string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		page, ok := pages[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			page = document("<p>Nothing here.</p>")
		}
		fmt.Fprint(w, page)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestWhatAPageMustNotDoIsNoticed(t *testing.T) {
	b := browsertest.Open(t)
	tests := []struct {
		name, policy, body string
		want               string // in the one problem; "" is none
	}{
		{"nothing", "", `<p>Quiet.</p><img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">`, ""},
		{"console", "", `<script>console.info("total", 42)</script>`, "console.info: total 42"},
		{"exception", "", `<script>throw new Error("broken")</script>`, "broken"},
		{"script that the policy forbids", "script-src 'none'", `<script>1</script>`, "Content Security Policy"},
		{"style that the policy forbids", "style-src 'self'", `<p style="color: red">Red.</p>`, "Content Security Policy"},
		{"picture of another host", "", `<img alt="" src="https://example.com/a.png">`, "no network: a request to https://example.com/a.png"},
		{"picture of another address", "", `<img alt="" src="http://192.0.2.1/a.png">`, "no network: a request to http://192.0.2.1/a.png"},
		{"call of another host", "", `<p id="wait"></p><script>fetch("https://example.com/b").catch(() => wait.remove())</script>`, "no network: a request to https://example.com/b"},
		{"socket to another host", "", `<p id="wait"></p><script>new WebSocket("wss://example.com/c").onerror = () => wait.remove()</script>`, "no network: a request to wss://example.com/c"},
		{"missing picture", "", `<img alt="" src="/none.png">`, "404"},
		{"field without a name", "", `<form><label>Town <input></label></form>`, "FormInputAssignedAutocompleteValueToIdOrNameAttributeError|FormEmptyIdAndNameAttributesForInputError"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tab := b.Tab(t, browsertest.Options{})
			tab.Go(serve(t, tt.policy, map[string]string{"/": document(tt.body)}) + "/")
			tab.WaitGone("#wait")
			problems := tab.Problems()
			if tt.want == "" {
				if len(problems) != 0 {
					t.Errorf("problems %q of a page without any", problems)
				}
				return
			}
			if !slices.ContainsFunc(problems, func(p string) bool {
				return slices.ContainsFunc(strings.Split(tt.want, "|"), func(w string) bool { return strings.Contains(p, w) })
			}) {
				t.Errorf("problems %q, want %q", problems, tt.want)
			}
		})
	}
}

func TestOtherHostsCannotBeReached(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	tab.Go(serve(t, "", map[string]string{"/": document(`<p id="said"></p><script>
		Promise.allSettled(["http://192.0.2.1/", "http://[2001:db8::1]/", "http://example.com/"].map(a => fetch(a, {mode: "no-cors"})))
			.then(all => { said.textContent = all.map(r => r.status).join(" ") })</script>`)}) + "/")
	tab.WaitText("#said", "rejected rejected rejected")
	for _, p := range tab.Problems() {
		if strings.Contains(p, "net::") && !strings.Contains(p, "ERR_NAME_NOT_RESOLVED") {
			t.Errorf("a connection was tried: %s", p)
		}
	}
}

func TestExpectedRefusalIsNoProblem(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	tab.GoStatus(serve(t, "", nil)+"/none", 404)
	if got := tab.Text("p"); got != "Nothing here." {
		t.Errorf("the page says %q", got)
	}
}

// form is a small page that is usable without scripts, under a strict policy.
const form = `<form action="/thanks"><label for="n">Name</label> <input id="n" name="n" autocomplete="name" aria-describedby="h" required>
<span id="h">As on your card.</span> <a href="/thanks">Later</a> <button>Pay $18.00</button></form>`

func TestKeyboardAlone(t *testing.T) {
	b := browsertest.Open(t)
	for _, noJavaScript := range []bool{false, true} {
		t.Run(fmt.Sprintf("NoJavaScript %t", noJavaScript), func(t *testing.T) {
			t.Parallel()
			base := serve(t, "default-src 'none'; img-src data:", map[string]string{"/": document(form), "/thanks": document(`<p>Thank you.</p>`)})
			tab := b.Tab(t, browsertest.Options{NoJavaScript: noJavaScript})
			tab.Go(base + "/")
			if got := tab.Focused(); got.String() != "nothing" {
				t.Errorf("%s has the focus of a new page", got)
			}
			tab.Keys("Tab")
			field := tab.Focused()
			if field.String() != `textbox "Name"` || field.Description != "As on your card." || field.Selector != "input#n" || field.Ring == 0 || field.Covered {
				t.Errorf("the first stop is %+v", field)
			}
			tab.Type("Ada +1")
			if got := tab.Focused().Value; got != "Ada +1" {
				t.Errorf("typed %q", got)
			}
			tab.Keys("Control+a", "Backspace", "A", "Tab", "Tab", "Shift+Tab")
			if got := tab.Focused().String(); got != `link "Later"` {
				t.Errorf("the stop before the button is %s", got)
			}
			tab.Keys("Tab", "Space")
			tab.WaitURL(base + "/thanks?n=A")
			if got := tab.Text("p"); got != "Thank you." {
				t.Errorf("the page says %q", got)
			}
		})
	}
}

func TestPointerAndFinger(t *testing.T) {
	b := browsertest.Open(t)
	for _, touch := range []bool{false, true} {
		tab := b.Tab(t, browsertest.Options{Touch: touch, Width: 390})
		base := serve(t, "", map[string]string{"/": document(`<div style="height: 3000px"></div><a href="/there">Go there</a>`), "/there": document("")})
		tab.Go(base + "/")
		tab.Click("a")
		tab.WaitURL(base + "/there")
	}
}

func TestClickWaitsForThePage(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	base := serve(t, "", map[string]string{"/there": document(""), "/": document(`<p id="cover" style="position: fixed; inset: 0; background: #fff">Wait.</p>
<script>setTimeout(() => {
	document.body.insertAdjacentHTML("beforeend", '<a href="/there">Go there</a>');
	setTimeout(() => cover.remove(), 100);
}, 100)</script>`)})
	tab.Go(base + "/")
	tab.Click("a")
	tab.WaitURL(base + "/there")
}

func TestClickPressesAgainWhenNothingHearsOfIt(t *testing.T) {
	b := browsertest.Open(t)
	for _, touch := range []bool{false, true} {
		tab := b.Tab(t, browsertest.Options{Touch: touch})
		tab.Go(serve(t, "", map[string]string{"/": document(`<button>Add</button> <output>0</output><script>
			for (const kind of ["pointerdown", "click"]) addEventListener(kind, e => { e.stopImmediatePropagation() }, {capture: true, once: true});
			document.querySelector("button").onclick = () => { document.querySelector("output").textContent++ }</script>`)}) + "/")
		for _, want := range []string{"1", "2"} { // and only then
			tab.Click("button")
			tab.WaitText("output", want)
		}
		if got := tab.Text("output"); got != "2" {
			t.Errorf("pressed %s times, want 2", got)
		}
	}
}

func TestPreferences(t *testing.T) {
	b := browsertest.Open(t)
	const body = `<p id="dark">dark</p><p id="still">still</p><p id="wide">wide</p><noscript><p id="none">no script</p></noscript><p id="coarse">coarse</p>
<style>p { display: none } #none { display: block }
@media (prefers-color-scheme: dark) { #dark { display: block } } @media (prefers-reduced-motion: reduce) { #still { display: block } }
@media (width >= 40rem) { #wide { display: block } } @media (pointer: coarse) { #coarse { display: block } }</style>`
	base := serve(t, "", map[string]string{"/": document(body)})
	for _, tt := range []struct {
		opts browsertest.Options
		want string
	}{
		{browsertest.Options{}, "Test wide"},
		{browsertest.Options{Dark: true}, "Test dark wide"},
		{browsertest.Options{ReducedMotion: true}, "Test still wide"},
		{browsertest.Options{Width: 320, Touch: true}, "Test coarse"},
		{browsertest.Options{NoJavaScript: true}, "Test wide no script"},
	} {
		tab := b.Tab(t, tt.opts)
		tab.Go(base + "/")
		if got := tab.Text("main"); got != tt.want {
			t.Errorf("%+v: the page says %q, want %q", tt.opts, got, tt.want)
		}
	}
}

func TestAxeFindsWhatIsThere(t *testing.T) {
	b := browsertest.Open(t)
	const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
	for _, noJavaScript := range []bool{false, true} {
		t.Run(fmt.Sprintf("NoJavaScript %t", noJavaScript), func(t *testing.T) {
			t.Parallel()
			base := serve(t, policy, map[string]string{
				"/good": document(form),
				"/bad": document(`<p style="color: oklch(0.8 0 0); background: white">Pale</p><input name="n"><a href="/x"></a>
<p><button style="padding: 0; border: 0; font-size: 8px">a</button><button style="padding: 0; border: 0; font-size: 8px">b</button></p><noscript><p id="off" style="color: #ddd; background: white">Pale as well</p></noscript>`),
			})
			tab := b.Tab(t, browsertest.Options{NoJavaScript: noJavaScript})
			tab.Go(base + "/good")
			for _, v := range tab.Axe() {
				t.Errorf("the good page: %s", v)
			}
			tab.Go(base + "/bad")
			var rules []string
			violations := tab.Axe()
			for _, v := range violations {
				rules = append(rules, v.Rule)
				if v.Impact == "" || v.Help == "" || len(v.Nodes) == 0 {
					t.Errorf("the violation %+v does not say enough", v)
				}
			}
			slices.Sort(rules)
			if got := strings.Join(rules, " "); got != "color-contrast label link-name target-size" {
				t.Errorf("broken rules %q", got)
			}
			if got := strings.Contains(fmt.Sprint(violations), "#off"); got != noJavaScript {
				t.Errorf("it saw what is there without scripts: %t", got)
			}
			tab.Problems() // the field without a label is an issue as well
		})
	}
}

func TestMeasures(t *testing.T) {
	b := browsertest.Open(t)
	base := serve(t, "", map[string]string{
		"/good": document(`<p>A <a href="/x">word</a> in a sentence.</p>` + form + `<style>button, input { min-height: 44px; min-width: 44px }</style>`),
		"/bad": document(`<div id="wide" style="width: 500px; height: 1px"></div><button style="all: unset">a</button><button style="all: unset">b</button>
<p>Text.</p><script>setTimeout(() => document.querySelector("h1").style.paddingTop = "200px", 0)</script>`),
	})
	tab := b.Tab(t, browsertest.Options{Width: 320})
	tab.Go(base + "/good")
	if over, small, shift := tab.OverflowsX(), tab.TargetSizes(24), tab.LayoutShift(); len(over) != 0 || len(small) != 0 || shift != 0 {
		t.Errorf("the good page overflows by %q, has small targets %v, shifts by %v", over, small, shift)
	}
	tab.Go(base + "/bad")
	if over := tab.OverflowsX(); len(over) < 2 || !strings.Contains(over[0], "too wide") || !slices.Contains(over, "div#wide") {
		t.Errorf("the page overflows by %q, want the wide element", over)
	}
	if small := tab.TargetSizes(24); len(small) != 2 || small[0].Name != "a" {
		t.Errorf("small targets %v, want both buttons", small)
	}
	order := tab.FocusOrder(5)
	if len(order) != 2 || order[0].Name != "a" || order[0].Ring != 0 || order[1].Name != "b" {
		t.Errorf("focus order %+v, want two buttons without a ring", order)
	}
}

func TestInWindow(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 320})
	tab.Go(serve(t, "", map[string]string{"/": document(`<p id="seen">Seen.</p><p id="wide" style="width: 500px">Too wide.</p>
<p id="covered">Covered.</p><p style="margin-top: -3rem; height: 3rem; position: relative; background: #fff"></p><p id="below" style="margin-top: 2000px">Below.</p>`)}) + "/")
	for selector, want := range map[string]bool{"#seen": true, "#wide": false, "#covered": false, "#below": false, "#none": false} {
		if got := tab.InWindow(selector); got != want {
			t.Errorf("%s is seen: %t, want %t", selector, got, want)
		}
	}
}

// recorder is a test that writes down what it is failed with.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestCheckFailsForEachFault(t *testing.T) {
	b := browsertest.Open(t)
	for _, tt := range []struct {
		name, body string
		want       string // in the one failure; "" is none
	}{
		{"none", form + `<style>button, input { min-height: 24px; margin: 4px }</style>`, ""},
		{"rule", `<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">`, "axe: image-alt (critical)"},
		{"width", `<p style="width: 500px">Wide.</p>`, "320 pixels are not enough"},
		{"ring", `<style>:focus { outline: 1px solid }</style><button>Pay</button>`, `the focus on button "Pay" (button) has a ring of 1 pixels`},
		{"hidden", `<style>button { margin: 40px } div { position: absolute; top: 0; left: 0; width: 300px; height: 300px; background: #fff }</style>
<button>Pay</button><div></div>`, `the focus on button "Pay" (button) is not on the screen`},
		{"motion", `<p>Text.</p><script>addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
document.querySelector("h1").style.paddingTop = "300px" })))</script>`, "the page moves while it loads"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{TB: t}
			tab := b.Tab(r, browsertest.Options{Width: 320})
			tab.Go(serve(t, "", map[string]string{"/": document(tt.body)}) + "/")
			tab.Check()
			if tt.want == "" && len(r.said) == 0 || len(r.said) == 1 && tt.want != "" && strings.Contains(r.said[0], tt.want) {
				return
			}
			t.Errorf("failed with %q, want %q", r.said, tt.want)
		})
	}
}

func TestProblemsLeftFailTheTest(t *testing.T) {
	b := browsertest.Open(t)
	r := &recorder{}
	t.Run("page", func(t *testing.T) {
		r.TB = t
		b.Tab(r, browsertest.Options{}).Go(serve(t, "", map[string]string{"/": document(`<script>console.log("left")</script>`)}) + "/")
	})
	if len(r.said) != 1 || r.said[0] != "the page: console.log: left" {
		t.Errorf("failed with %q, want what is on the console", r.said)
	}
}

func TestLayoutShiftIsSeen(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	tab.Go(serve(t, "", map[string]string{"/": document(`<p id="p" style="height: 400px">Text.</p><script>
		addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
			document.querySelector("h1").style.paddingTop = "300px"; p.textContent = "Moved." })))</script>`)}) + "/")
	tab.WaitText("p", "Moved.")
	if shift := tab.LayoutShift(); shift < 0.05 || shift > 1 {
		t.Errorf("a shift of %v, want one that counts", shift)
	}
}

func TestTextGrows(t *testing.T) {
	b := browsertest.Open(t)
	base := serve(t, "default-src 'none'; img-src data:", map[string]string{"/": document(`<a href="/">a</a>`)})
	height := func(percent int) float64 {
		tab := b.Tab(t, browsertest.Options{TextSize: percent})
		tab.Go(base + "/")
		stops := tab.FocusOrder(1)
		return stops[0].Bottom - stops[0].Top
	}
	if normal, grown := height(0), height(200); grown < 1.8*normal || grown > 2.2*normal {
		t.Errorf("text of %v pixels grows by 200 %% to %v", normal, grown)
	}
}

func TestTurnedAround(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{RightToLeft: true})
	tab.Go(serve(t, "", map[string]string{"/": document(`<button>a</button>`)}) + "/")
	if order := tab.FocusOrder(1); len(order) != 1 || order[0].Left < 640 {
		t.Errorf("the button is at %+v, want it on the right", order)
	}
}

func TestScreenshotIsTheWholePage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shots")
	t.Setenv(browsertest.EnvScreenshots, dir)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 320, Height: 500})
	tab.Go(serve(t, "", map[string]string{"/": document(`<div style="height: 2000px"></div>`)}) + "/")
	tab.Screenshot("tall")
	width, height := size(t, filepath.Join(dir, "tall.png"))
	if width != 320 || height < 2000 {
		t.Errorf("the screenshot has %d × %d pixels", width, height)
	}
}

func TestTabsShareNothing(t *testing.T) {
	b := browsertest.Open(t)
	base := serve(t, "", map[string]string{"/": document(`<p id="p"></p><script>
		p.textContent = document.cookie + localStorage.seen; document.cookie = "seen=1"; localStorage.seen = 1</script>`)})
	for range 2 {
		tab := b.Tab(t, browsertest.Options{})
		tab.Go(base + "/")
		if got := tab.Text("#p"); got != "undefined" {
			t.Errorf("a new tab remembers %q", got)
		}
		tab.Problems() // document.cookie is one
	}
}

// The variable that makes a test open a browser and die at once.
const dying = "CHECKSTAND_TEST_DYING"

func TestBrowserEndsWithItsProcess(t *testing.T) {
	if os.Getenv(dying) != "" {
		browsertest.Open(t).Tab(t, browsertest.Options{})
		if len(processes(t, os.TempDir())) == 0 {
			t.Fatal("there is no browser to die with")
		}
		os.Exit(3) // no cleanup of a test runs
	}
	browsertest.Open(t) // skips or fails where there is none
	marks := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrowserEndsWithItsProcess$")
	cmd.Env = append(os.Environ(), dying+"=1", "TMPDIR="+marks)
	var exit *exec.ExitError
	if out, err := cmd.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	waitGone(t, marks)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	browsertest.Open(t)
	for _, tt := range []struct {
		name, test, dir string
		without         []string // variables
		want            error
	}{
		{"Chromium", "^TestTurnedAround$", ".", []string{"PATH=" + t.TempDir(), browsertest.EnvProgram + "="}, browsertest.ErrMissing},
		{"axe-core", "^TestAxeFindsWhatIsThere$", t.TempDir(), nil, browsertest.ErrAxeMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+tt.test)
			cmd.Dir, cmd.Env = tt.dir, append(os.Environ(), tt.without...)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), tt.want.Error()) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
