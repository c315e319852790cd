package widget_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// A session has at least one item, so the last one takes the session with it;
// the buyer is asked before.
func TestLastItem(t *testing.T) {
	b := browsertest.Open(t)
	one := shop{Items: map[string]int{"mug-stoneware-sand": 2}}
	look := browsertest.Options{Width: 390, ReducedMotion: true}
	const question = `group "Remove the last item?"`
	t.Run("kept", func(t *testing.T) {
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: one}.open(t, b, look)
		for _, keep := range []func(){func() { tab.Click(".question .plain") }, func() { tab.Keys("Escape") }} {
			tab.Click(".changes .plain")
			tab.WaitText(".question", "This checkout then ends. You have not been charged.")
			if f := tab.Focused(); f.String() != question {
				t.Errorf("the focus is on %s, want the question", f)
			}
			tab.Screenshot("last-item")
			tab.Check()
			tab.Click("#buy") // what is asked has to be answered first
			if n := strings.Count(tab.Text("#checkout"), "Remove the last item?"); n != 1 || tab.Count(`#buy[aria-disabled=true][aria-describedby=question-title]`) != 1 {
				t.Errorf("it is asked %d times, want once, and the button points at it", n)
			}
			tab.Click(".question")
			keep()
			tab.WaitGone(".question")
			if f := tab.Focused(); f.Name != "Remove Stoneware Mug - Sand" {
				t.Errorf("the focus is on %s", f)
			}
		}
		if n := asked(tab, "cancel_checkout_session") + asked(tab, "requestCheckout"); n != 0 {
			t.Errorf("the host was asked %d times", n)
		}
	})
	t.Run("removed", func(t *testing.T) {
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: one}.open(t, b, look)
		tab.Click(".changes .plain")
		tab.WaitText("#leave", "Remove it")
		tab.Keys("Tab", "Enter", "Enter")
		tab.WaitText("h1", "Your cart is empty")
		tab.WaitText("#checkout", "Ask in the chat for something to buy.")
		if f := tab.Focused(); f.Name != "Your cart is empty" {
			t.Errorf("the focus is on %s", f)
		}
		wantAsked(t, tab, "cancel_checkout_session", `"checkout_session_id":"cs_1"`, 1)
		wantAsked(t, tab, "ui/update-model-context", "emptied the cart", 1)
		tab.Screenshot("emptied")
		tab.Check()
	})
	for name, tt := range map[string]struct {
		shop shop
		says string
	}{
		"refused by the shop": {shop{Items: one.Items, Refuse: "The order is being paid on another page."}, "The order is being paid on another page."},
		"the server away":     {shop{Items: one.Items, Failing: 1}, "The change could not be made."},
	} {
		t.Run(name, func(t *testing.T) {
			tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: tt.shop}.open(t, b, look)
			tab.Click(".changes .plain")
			tab.Click("#leave")
			tab.WaitText(".notice.negative", tt.says)
			tab.WaitText(".lines", "Stoneware Mug - Sand")
			tab.WaitText("#buy", "Pay €44.99")
		})
	}
}
