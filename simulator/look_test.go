package simulator_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// The page, the widget in it, and the sheet, for every reader and screen.
func TestLooks(t *testing.T) {
	s := open(t)
	for name, look := range map[string]struct {
		opts   browsertest.Options
		locale string // of the widget
	}{
		"light": {browsertest.Options{Height: 900}, ""},
		"dark":  {browsertest.Options{Height: 900, Dark: true}, ""},
		"phone": {browsertest.Options{Width: 390, Height: 844, Touch: true}, ""},
		"small": {browsertest.Options{Width: 320, Height: 640, Dark: true}, ""},
		"rtl":   {browsertest.Options{Height: 900, RightToLeft: true}, "Arabic"},
		"grown": {browsertest.Options{TextSize: 140, Width: 640}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tab := s.visit(t, look.opts)
			tab.Click("#shelf-tools")
			tab.Click("#shelf-panel details:nth-of-type(3) > summary")
			tab.WaitText("#shelf-panel", "Call")
			tab.Screenshot("simulator-" + name + "-tools")
			check(t, tab)
			tab.Click("#shelf-shop")
			tab.Click(`button[aria-label="Open Stoneware Mug"]`)
			widget := tab.Frame("about:srcdoc")
			widget.WaitText("#checkout", "Stoneware Mug")
			deliver(t, widget)
			if look.locale != "" {
				tab.Click("#inspector-switches")
				tab.Select("#switch-locale", look.locale)
				tab.Screenshot("simulator-" + name + "-switches")
				check(t, tab)
				tab.Click("#inspector-traffic")
			}
			tab.Screenshot("simulator-" + name + "-widget")
			check(t, tab)
			widget.Click("#buy")
			tab.WaitText("#sheet-pay", "Pay")
			tab.Screenshot("simulator-" + name + "-sheet")
			check(t, tab)
			choose(tab, "decline")
			tab.Click("#autofill")
			tab.Click("#sheet-pay")
			tab.WaitText("#sheet-notice", "declined")
			check(t, tab)
			choose(tab, "approve")
			tab.Click("#sheet-pay")
			widget.WaitText("#checkout .order", "")
			tab.WaitGone("#sheet form")
			clean(t, tab)
		})
	}
}

// check holds the page as it is to its reader.
func check(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for _, v := range tab.Axe() {
		t.Errorf("axe: %s", v)
	}
	if over := tab.OverflowsX(); len(over) != 0 {
		t.Errorf("it is too wide: %s", over)
	}
	for _, small := range tab.TargetSizes(24) {
		t.Errorf("hard to hit: %s", small)
	}
}

// press moves the keyboard on until the focus is on an element.
func press(t *testing.T, tab *browsertest.Tab, want string) {
	t.Helper()
	var seen []string
	for range 60 {
		got := tab.Focused()
		if got.String() == want {
			if got.Covered || got.Ring == 0 {
				t.Errorf("the focus on %s cannot be seen", want)
			}
			return
		}
		seen = append(seen, got.String())
		tab.Keys("Tab")
	}
	t.Fatalf("the keyboard does not come to %s, but to %s", want, strings.Join(seen, ", "))
}

// A purchase by keyboard alone.
func TestBuyByKeyboard(t *testing.T) {
	s := open(t)
	tab := s.visit(t, browsertest.Options{ReducedMotion: true})
	press(t, tab, `tab "Shop"`)
	press(t, tab, `searchbox "Search products"`)
	tab.Type("mug")
	tab.Keys("Enter")
	tab.WaitGone(`button[aria-label="Open Wall Clock"]`)
	press(t, tab, `button "Open Stoneware Mug"`)
	tab.Keys("Enter")
	widget := tab.Frame("about:srcdoc")
	widget.WaitText("#checkout", "Stoneware Mug")
	press(t, widget, `button "Add delivery address"`)
	widget.Keys("Enter")
	for _, field := range []struct{ name, value string }{{"Full name", "Test Buyer"}, {"Street and number", "1 Example Street"}, {"Postal code", "94105"}, {"City", "San Francisco"}, {"State or province", "CA"}} {
		press(t, widget, `textbox "`+field.name+`"`)
		widget.Type(field.value)
	}
	widget.Keys("Enter")
	widget.WaitText("#buy", "Pay $25.64")
	press(t, widget, `button "Pay $25.64"`)
	widget.Keys("Enter")
	tab.WaitText("#sheet-title", "Pay Harbour Goods")
	press(t, tab, `radio "Approved •••• 4242 The payment goes through."`)
	tab.Keys("ArrowDown", "ArrowUp")
	press(t, tab, `button "Fill in a test buyer"`)
	tab.Keys("Enter")
	press(t, tab, `button "Pay $25.64"`)
	tab.Keys("Enter")
	widget.WaitText("h1", "Thank you")
	clean(t, tab)
}
