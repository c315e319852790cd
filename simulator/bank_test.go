package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// confirming is a stage whose host has buyers authenticated by their banks, and
// a sheet in which the bank has just been asked.
func confirming(t *testing.T) (s *stage, tab, widget *browsertest.Tab) {
	t.Helper()
	s = open(t)
	tab = s.visit(t, browsertest.Options{Height: 900, ReducedMotion: true})
	tab.Click("#inspector-switches")
	tab.Click("#switch-bank")
	check(t, tab)
	tab.Click("#inspector-traffic")
	widget = product(t, tab, "Stoneware Mug")
	deliver(t, widget)
	widget.Click("#buy")
	pay(t, tab, "3ds")
	tab.WaitText("#sheet-asked", "You have not been charged yet")
	return s, tab, widget
}

// payByAnother is told by the sheet that nothing was charged, and pays with
// another card: once, by the provider's books.
func (s *stage) payByAnother(t *testing.T, tab, widget *browsertest.Tab) {
	t.Helper()
	tab.WaitText("#sheet-notice", "You have not been charged")
	choose(tab, "approve")
	tab.Click("#sheet-pay")
	widget.WaitText("h1", "Thank you")
	s.onceCharged(t)
}

// The bank asks the buyer on its own page, and the same token is paid with the
// proof. Money is taken once.
func TestBankAsksTheBuyer(t *testing.T) {
	s, tab, widget := confirming(t)
	tab.Screenshot("simulator-bank")
	check(t, tab)
	tab.Click("#sheet-bank")
	bank := tab.Popup(s.PSPURL + "/3ds/challenge")
	bank.WaitText("h1", "Is this payment yours?")
	bank.Click("[name=action][value=approve]")
	bank.WaitText("h1", "Back to the payment")
	widget.WaitText("h1", "Thank you")
	tab.WaitGone("#sheet form")
	s.onceCharged(t)
	if n := tab.Count(`.messages [data-name="tools/call complete_checkout"][data-from=page]`); n != 2 {
		t.Errorf("complete_checkout was called %d times, want 2", n)
	}
	clean(t, tab)
}

// What the buyer does not confirm is not charged, and another card may be.
func TestBankIsRefused(t *testing.T) {
	s, tab, widget := confirming(t)
	tab.Click("#sheet-bank")
	bank := tab.Popup(s.PSPURL + "/3ds/challenge")
	bank.Click("[name=action][value=refuse]")
	s.payByAnother(t, tab, widget)
	clean(t, tab)
}

func TestAnotherCardThanTheBanks(t *testing.T) {
	s, tab, widget := confirming(t)
	tab.Click("#sheet-another")
	s.payByAnother(t, tab, widget)
	clean(t, tab)
}

// Who closes the sheet while the bank waits finds in the widget what to do.
func TestSheetClosedWhileTheBankWaits(t *testing.T) {
	s, tab, widget := confirming(t)
	tab.Click("#sheet-cancel")
	widget.WaitText("h1", "Your bank wants you to confirm the payment")
	tab.Screenshot("simulator-bank-waits")
	check(t, tab)
	widget.Click("#reopen")
	widget.WaitText("#buy", "Pay $25.64")
	widget.Click("#buy")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	s.onceCharged(t)
	clean(t, tab)
}

// A provider that cannot be asked leaves the buyer with another card, and with
// nothing charged.
func TestBankCannotBeAsked(t *testing.T) {
	s := open(t)
	s.InterceptPSP(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/delegate_authentication") {
				http.Error(w, "away", http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	tab := s.visit(t, browsertest.Options{Height: 900, ReducedMotion: true})
	tab.Click("#inspector-switches")
	tab.Click("#switch-bank")
	tab.Click("#inspector-traffic")
	widget := product(t, tab, "Stoneware Mug")
	deliver(t, widget)
	widget.Click("#buy")
	pay(t, tab, "3ds")
	tab.WaitText("#sheet-notice", "You have not been charged")
	for _, problem := range tab.Problems() {
		if !strings.Contains(problem, "/api/authentication") {
			t.Errorf("the page: %s", problem)
		}
	}
	s.payByAnother(t, tab, widget)
	inspect(tab, "problems")
	tab.WaitText("#inspector-panel", "could not have the buyer authenticated")
}
