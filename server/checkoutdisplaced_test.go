package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/servertest"
)

// takeOver opens a session's newest link in another browser.
func takeOver(t *testing.T, shop *servertest.Server, sessionID string) *buyer {
	t.Helper()
	s, err := shop.Agent(t).Get(t.Context(), sessionID)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuyer(t)
	if got := b.take(linkOf(t, s)); got.status != http.StatusSeeOther {
		t.Fatalf("the link: %d %s", got.status, got.heading())
	}
	return b
}

// private is what a browser that does not have the page any more must not see.
func private(page screen) bool {
	for _, word := range []string{"test.buyer@example.com", "Test Buyer", "Example Street", "<form"} {
		if strings.Contains(page.text, word) {
			return true
		}
	}
	return false
}

// Who pays in one browser, and has opened the checkout in another one meanwhile,
// is told in the first that it is paid; and nothing else.
func TestTheBrowserThatPaidIsToldSo(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{})
	s, first := onPage(t, shop.Agent(t), servertest.Mug)
	page := first.pay()
	second := takeOver(t, shop, s.ID)
	if got := first.look(); got.status != http.StatusOK || got.heading() != "Your payment is being confirmed" || !strings.HasPrefix(got.refresh, "3; url=") || private(got) {
		t.Errorf("while nobody has paid: %d %q %q %s", got.status, got.heading(), got.refresh, got.text)
	}
	back := first.atSandbox(page, "4242424242424242")
	if got := first.send(http.MethodGet, back, nil); got.status != http.StatusSeeOther {
		t.Errorf("back: %d %s", got.status, got.heading())
	}
	got := first.becomes("Thank you")
	if !strings.Contains(got.text, "The checkout is open in another browser now.") || !strings.Contains(got.text, "/orders/ord_") || private(got) {
		t.Errorf("%s", got.text)
	}
	for _, form := range []string{"pay", "details", "tip"} {
		if got := first.post(form, "total", "1"); got.heading() != "Thank you" || private(got) {
			t.Errorf("%s: %d %q", form, got.status, got.heading())
		}
	}
	second.becomes("Thank you")
	if got := newBuyer(t).send(http.MethodGet, first.page, nil); got.status != http.StatusForbidden || got.heading() != "This checkout is not open in this browser" {
		t.Errorf("a stranger: %d %q", got.status, got.heading())
	}
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
	// Even what is paid can be taken over, where a link was left.
	if got := first.look(); got.heading() != "Thank you" {
		t.Errorf("later: %q", got.heading())
	}
}

// Whose payment page was closed from elsewhere has paid nothing, whoever pays
// then; and may not come back to the page of the payment that is made.
func TestTheBrowserThatDidNotPayIsToldSo(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	s, first := onPage(t, agent, servertest.Mug)
	first.pay()
	second := takeOver(t, shop, s.ID)
	if got := second.post("leave"); got.status != http.StatusSeeOther {
		t.Fatalf("leave: %d", got.status)
	}
	notPaid := func(when string) {
		t.Helper()
		got := first.look()
		if got.status != http.StatusForbidden || !strings.Contains(got.text, "You have not been charged here.") || strings.Contains(got.text, "/orders/") || private(got) {
			t.Errorf("%s: %d %s", when, got.status, got.text)
		}
	}
	notPaid("after its page was closed")
	page := second.pay()
	notPaid("while another one pays")
	if got := first.send(http.MethodGet, first.page+"/return?result=paid", nil); got.status != http.StatusForbidden {
		t.Errorf("a return: %d %q", got.status, got.heading())
	}
	second.atSandbox(page, "4242424242424242")
	second.becomes("Thank you")
	notPaid("after another one has paid")
	if got := status(t, agent, s.ID); got != acp.Completed {
		t.Errorf("the agent sees %s", got)
	}
}

// A browser that has paid nothing when it is taken over is a stranger after it.
func TestABrowserThatPaidNothingIsAStranger(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{})
	s, first := onPage(t, shop.Agent(t), servertest.Mug)
	second := takeOver(t, shop, s.ID)
	second.atSandbox(second.pay(), "4242424242424242")
	second.becomes("Thank you")
	if got := first.look(); got.status != http.StatusForbidden || strings.Contains(got.text, "/orders/") {
		t.Errorf("%d %q", got.status, got.heading())
	}
	if kept := stored(t, shop, s.ID); len(kept.Displaced) != 0 {
		t.Errorf("%d browsers are remembered", len(kept.Displaced))
	}
}
