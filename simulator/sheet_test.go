package simulator_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// ready is a widget whose buyer has only to pay.
func ready(t *testing.T, s *stage, look browsertest.Options) (tab, widget *browsertest.Tab) {
	t.Helper()
	look.ReducedMotion = true
	tab = s.visit(t, look)
	widget = product(t, tab, "Stoneware Mug")
	deliver(t, widget)
	return tab, widget
}

// charges is how often money was taken, by the payment provider's own books.
func (s *stage) charges(t *testing.T) (n int64) {
	t.Helper()
	books, err := s.Sandbox.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, total := range books.Totals {
		n += total.Charges
	}
	return n
}

// A decline and a bank that wants to see its customer stay in the sheet, where
// the next card is tried. The widget hears of the last one alone.
func TestDeclineThenSuccessInTheSameSheet(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{Width: 1280, Height: 700}) // the sheet is longer than that
	widget.Click("#buy")
	pay(t, tab, "decline")
	tab.WaitText("#sheet-notice", "declined")
	if !tab.InWindow("#sheet-notice") {
		t.Error("what became of the payment is not to be seen where it was made")
	}
	tab.Screenshot("simulator-declined")
	choose(tab, "3ds")
	tab.WaitGone("#sheet-notice")
	tab.Click("#sheet-pay")
	tab.WaitText("#sheet-notice", "You have not been charged")
	if text := widget.Text("#checkout"); strings.Contains(text, "declined") {
		t.Errorf("the widget has heard of what the sheet dealt with: %s", text)
	}
	choose(tab, "approve")
	tab.Click("#sheet-pay")
	widget.WaitText("h1", "Thank you")
	if n := tab.Count(`.messages [data-name="tools/call complete_checkout"][data-from=page]`); n != 3 {
		t.Errorf("complete_checkout was called %d times, want 3", n)
	}
	clean(t, tab)
}

func TestCancelReachesTheWidget(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	tab.WaitText("#sheet-title", "Pay")
	tab.Click("#sheet-cancel")
	widget.WaitText("#notice", "You closed the payment")
	tab.WaitGone("#sheet form")
	// As does Escape, and nothing is left in the way of the next try.
	widget.Click("#buy")
	tab.WaitText("#sheet-title", "Pay")
	tab.Keys("Escape")
	tab.WaitGone("#sheet form")
	widget.WaitText("#notice", "You closed the payment")
	if n := tab.Count(`.messages [data-name="tools/call complete_checkout"]`); n != 0 {
		t.Errorf("%d messages about a payment", n)
	}
}

// The documentation does not say how an error other than a decline reaches the
// widget, so it has to bear all ways.
func TestOtherErrorsGoToTheWidget(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	for _, way := range []string{"Reject, with the messages", "Resolve with the session", "Resolve with the whole tool result"} {
		tab.Click("#inspector-switches")
		tab.Select("#switch-others", way)
		tab.Click("#inspector-traffic")
		widget.Click("#buy")
		pay(t, tab, "out_of_stock")
		widget.WaitText("#notice", "Sold out meanwhile")
		tab.WaitGone("#sheet form")
	}
}

// The payment is made and the sheet does not wait for the answer: the widget
// finds the order by itself.
func TestSheetThatGivesUpTooEarly(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	pay(t, tab, "timeout")
	widget.WaitText("h1", "Thank you")
	clean(t, tab)
}

func TestDoubleClickMakesOneOrder(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	pay(t, tab, "double")
	widget.WaitText("h1", "Thank you")
	tab.WaitText("#talk", "Both answers have the order")
	s.onceCharged(t)
	clean(t, tab)
}

// The payment is made, and its answer is lost on the way to the sheet. The
// sheet asks again with the same token, and gets the same order.
func TestLostAnswerIsOneOrder(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	pay(t, tab, "lost")
	widget.WaitText("h1", "Thank you")
	tab.WaitText("#talk", "The answer was lost")
	tab.WaitText("#talk", "Both answers have the order")
	if n := tab.Count(`.messages [data-name="tools/call complete_checkout"][data-from=page]`); n != 2 {
		t.Errorf("complete_checkout was called %d times, want 2", n)
	}
	s.onceCharged(t)
	clean(t, tab)
}

// The connection between shop and bank breaks after the charge: the shop finds
// out by itself, and the sheet gets the order.
func TestConnectionToTheBankBreaks(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	pay(t, tab, "broken")
	widget.WaitText("h1", "Thank you")
	tab.WaitGone("#sheet form")
	s.onceCharged(t)
	clean(t, tab)
}

// While the bank takes its time the sheet stays open and claims nothing, and a
// second press pays nothing.
func TestSlowBank(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{})
	widget.Click("#buy")
	pay(t, tab, "slow")
	tab.WaitText("#sheet-pay", "Paying")
	tab.Keys("Escape") // what is under way cannot be canceled
	tab.Click("#sheet-pay")
	if n := widget.Count(".done") + tab.Count("#sheet-notice"); n != 0 {
		t.Error("an outcome is shown before there is one")
	}
	tab.Screenshot("simulator-slow")
	widget.WaitText("h1", "Thank you")
	s.onceCharged(t)
	clean(t, tab)
}

// onceCharged holds the payment provider's books to one charge.
func (s *stage) onceCharged(t *testing.T) {
	t.Helper()
	if n := s.charges(t); n != 1 {
		t.Errorf("the payment provider has %d charges, want 1", n)
	}
}
