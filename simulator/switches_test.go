package simulator_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// The shop's server and widget bear each kind of host that the switches make.
func TestPurchaseUnderEachSwitch(t *testing.T) {
	s := open(t)
	for name, set := range map[string]func(*browsertest.Tab){
		"window.openai alone": func(tab *browsertest.Tab) { tab.Click("#switch-bridge") },
		"one name":            func(tab *browsertest.Tab) { tab.Select("#switch-spelling", "One name, as in samples") },
		"line1 and phone":     func(tab *browsertest.Tab) { tab.Select("#switch-spelling", "line1 and phone, as another host") },
		"nobody":              func(tab *browsertest.Tab) { tab.Select("#switch-spelling", "null") },
		"the host's fields":   func(tab *browsertest.Tab) { tab.Click("#switch-merchant") },
		"whole results":       func(tab *browsertest.Tab) { tab.Select("#switch-others", "Resolve with the whole tool result") },
		"little room": func(tab *browsertest.Tab) {
			tab.Select("#switch-device", "Phone")
			tab.Select("#switch-maxHeight", "480 pixels at most")
		},
	} {
		t.Run(name, func(t *testing.T) {
			tab := s.visit(t, browsertest.Options{ReducedMotion: true})
			tab.Click("#inspector-switches")
			set(tab)
			tab.Click("#inspector-traffic")
			widget := product(t, tab, "Stoneware Mug")
			deliver(t, widget)
			widget.Click("#buy")
			pay(t, tab, "approve")
			widget.WaitText("h1", "Thank you")
			clean(t, tab)
		})
	}
}

// The bridge alone has no payment sheet, so the buyer is sent to the shop.
func TestBridgeAlone(t *testing.T) {
	s := open(t)
	tab := s.visit(t, browsertest.Options{ReducedMotion: true})
	tab.Click("#inspector-switches")
	tab.Click("#switch-openai")
	tab.Click("#inspector-traffic")
	widget := product(t, tab, "Linen Apron")
	deliver(t, widget)
	widget.Click("#buy")
	tab.Popup(s.BaseURL+"/checkout/").WaitText("h1", "Checkout")
	if n := tab.Count(`.messages [data-name^="openai/"]`); n != 0 {
		t.Errorf("%d messages of window.openai, which is off", n)
	}
	clean(t, tab)
}

// A sheet that may not call a hidden tool says so, and asks nobody for money.
func TestSheetThatMayNotCallHiddenTools(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	tab.Click("#inspector-switches")
	tab.Click("#switch-hidden")
	widget.Click("#buy")
	pay(t, tab, "approve")
	tab.WaitText("#sheet-notice", "complete_checkout is hidden from the model")
	if n := s.charges(t); n != 0 {
		t.Errorf("%d charges", n)
	}
}
