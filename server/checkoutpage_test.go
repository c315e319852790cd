package server_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/servertest"
)

// The whole way: an agent that knows nothing of the buyer, a buyer who fills
// in the page, pays at the provider and comes back.
func TestBuyerPaysOnTheProvidersPage(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		shop := servertest.Start(t, servertest.Options{Database: database})
		agent := shop.Agent(t)
		s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 2}}})
		if err != nil {
			t.Fatal(err)
		}
		b := newBuyer(t)
		if got := b.take(linkOf(t, s) + "?redirectUrl=" + url.QueryEscape("https://chatgpt.com/c/42?model=x")); got.status != http.StatusSeeOther {
			t.Fatalf("the link: %d %s", got.status, got.text)
		}
		got := b.wants("Checkout")
		if !strings.Contains(got.text, "Delivery and tax are added once the address is known.") || strings.Contains(got.text, "$0.00") {
			t.Error("what is not known yet is shown as nothing")
		}
		got = b.post("details", "email", "", "name", "Test Buyer", "country", "US", "line_one", "1 Example Street",
			"city", "San Francisco", "state", "Bavaria", "postal_code", "ABC")
		for _, says := range []string{"Enter your e-mail address.", "This postal code does not fit the country.", "Enter the state or province of the address"} {
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, says) {
				t.Errorf("details that are wrong: %d, without %q", got.status, says)
			}
		}
		got = b.post("details", "email", "buyer@example.com", "name", "Test Buyer", "country", "US", "line_one", "1 Example Street",
			"city", "San Francisco", "state", "CA", "postal_code", "DE-1")
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, "This postal code does not fit the country.") {
			t.Fatalf("a wrong postal code: %d %s", got.status, got.text)
		}
		got = b.post("details", "email", "buyer@example.com", "name", "Test Buyer", "country", "US", "line_one", "1 Example Street",
			"city", "San Francisco", "state", "CA", "postal_code", "94105")
		if got.status != http.StatusSeeOther {
			t.Fatalf("details: %d %s", got.status, got.text)
		}
		if got := b.post("delivery", "delivery", "express"); got.status != http.StatusSeeOther {
			t.Fatalf("delivery: %d", got.status)
		}
		if s, err = agent.Get(t.Context(), s.ID); err != nil || s.Status != acp.ReadyForPayment || !strings.Contains(string(s.Raw), "buyer@example.com") ||
			len(s.Selected) != 1 || s.Selected[0].OptionID != "express" {
			t.Fatalf("the agent sees %s, %v", s.Raw, err)
		}
		b.wants("Review and pay")
		page := b.pay()
		if got := status(t, agent, s.ID); got != acp.CompleteInProgress {
			t.Errorf("the agent sees %s while the page is open", got)
		}
		b.wants("Your payment page is open")
		back := b.atSandbox(page, "4242424242424242")
		if back[:strings.IndexAny(back+"?", "?")] != b.page+"/return" {
			t.Fatalf("the payment page leads to %s", back)
		}
		got = b.send(http.MethodGet, back, nil)
		if got.status != http.StatusSeeOther || !strings.HasSuffix(got.location, "?waiting=1") {
			t.Errorf("back: %d to %s", got.status, got.location)
		}
		done := b.becomes("Thank you")
		for _, want := range []string{"https://chatgpt.com/c/42?model=x", "Back to chatgpt.com", "/orders/ord_", "buyer@example.com"} {
			if !strings.Contains(done.text, want) {
				t.Errorf("the page does not have %q", want)
			}
		}
		if got := status(t, agent, s.ID); got != acp.Completed {
			t.Errorf("the agent sees %s", got)
		}
		if err := shop.Outcome(t, s.ID).Bought(); err != nil {
			t.Error(err)
		}
		servertest.Eventually(t, webhookTime, func() error { return shop.ToldOnce(s.ID) })

		// Whatever is pressed again, nothing is paid twice.
		for _, form := range []string{"pay", "leave", "details", "delivery", "items"} {
			if got := b.post(form, "total", "5000 usd"); got.status != http.StatusSeeOther {
				t.Errorf("%s after the purchase: %d %s", form, got.status, got.heading())
			}
		}
		b.wants("Thank you")
		if err := shop.Outcome(t, s.ID).Bought(); err != nil {
			t.Error(err)
		}
	})
}

// A buyer who pays and closes the browser has bought.
func TestOrderIsPlacedWithoutTheBuyersReturn(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, _, ref := h.opened(t, servertest.Mug)
		h.pay(t, ref)
		if got := status(t, h.shop.Agent(t), s.ID); got != acp.CompleteInProgress {
			t.Errorf("before the provider calls: %s", got)
		}
		h.told(t)
		if got := status(t, h.shop.Agent(t), s.ID); got != acp.Completed {
			t.Errorf("after the provider called: %s", got)
		}
		h.bought(t, s)
		servertest.Eventually(t, webhookTime, func() error { return h.shop.ToldOnce(s.ID) })
	})
}

// A buyer who comes back before the provider has called waits, and is never
// told that it is paid before it is.
func TestBuyerReturnsBeforeTheProviderCalls(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, b, ref := h.opened(t, servertest.Mug)
		// Not paid yet: whoever knows the address can come here.
		for range 3 {
			if got := b.send(http.MethodGet, b.page+"/return?result=paid", nil); got.status != http.StatusSeeOther {
				t.Fatalf("%d", got.status)
			}
		}
		got := b.send(http.MethodGet, b.page+"?waiting=1", nil)
		if got.heading() != "Your payment is being confirmed" || !strings.HasPrefix(got.refresh, "3; url=") || strings.Contains(got.text, "Thank you") {
			t.Errorf("while it is not paid: %q, %q", got.heading(), got.refresh)
		}
		if got := status(t, h.shop.Agent(t), s.ID); got != acp.CompleteInProgress {
			t.Errorf("a return that nobody paid for leads to %s", got)
		}
		if newBuyer(t).send(http.MethodGet, b.page+"/return", nil).status != http.StatusForbidden {
			t.Error("a stranger may return")
		}
		h.pay(t, ref)
		h.told(t)
		if got := b.send(http.MethodGet, b.page+"?waiting=2", nil); got.status != http.StatusSeeOther {
			t.Errorf("paid: %d %q", got.status, got.heading())
		}
		b.wants("Thank you")
		h.bought(t, s)
	})
}

// While the page is open the session is the buyer's, and nobody pays twice.
func TestAgentDoesNotPayBesideAnOpenPage(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, b, ref := h.opened(t, servertest.Mug)
		agent := h.shop.Agent(t)
		for name, call := range map[string]func() error{
			"complete": func() error {
				_, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, "tok_visa"))
				return err
			},
			"update": func() error {
				_, err := agent.Update(t.Context(), s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: servertest.Mug, Quantity: 9}})})
				return err
			},
		} {
			err := call()
			if refused, ok := errors.AsType[*client.Error](err); !ok || refused.HTTPStatus != http.StatusConflict {
				t.Errorf("%s beside an open page: %v", name, err)
			}
		}
		b.wants("Your payment page is open")
		h.pay(t, ref)
		h.told(t)
		b.wants("Thank you")
		h.bought(t, s)
	})
}

// Who leaves the page can change the order, and pay again; the stock is free.
func TestBuyerLeavesThePaymentPage(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, b, ref := h.opened(t, servertest.Last)
		_, other := onPage(t, h.shop.Agent(t), servertest.Mug)
		if other.look().heading() != "Review and pay" {
			t.Error("another session is not its own")
		}
		rival, err := h.shop.Agent(t).Create(t.Context(), servertest.Cart(servertest.Last))
		if err != nil || rival.Status == acp.ReadyForPayment {
			t.Errorf("the last one is offered twice: %s, %v", rival.Status, err)
		}
		if got := b.post("leave"); got.status != http.StatusSeeOther {
			t.Fatalf("leave: %d", got.status)
		}
		got := b.wants("Review and pay")
		if !strings.Contains(got.text, "The payment page was closed. You have not been charged.") {
			t.Error("the page does not say that nothing was charged")
		}
		if got := status(t, h.shop.Agent(t), s.ID); got != acp.ReadyForPayment {
			t.Errorf("the agent sees %s", got)
		}
		if rival, err = h.shop.Agent(t).Create(t.Context(), servertest.Cart(servertest.Last)); err != nil || rival.Status != acp.ReadyForPayment {
			t.Errorf("the last one stays held: %s, %v", rival.Status, err)
		}
		if got := b.post("delivery", "delivery", "express"); got.status != http.StatusSeeOther {
			t.Errorf("delivery: %d", got.status)
		}
		s, err = h.shop.Agent(t).Get(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.pay()
		attempts, err := h.shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
		if err != nil || len(attempts) != 2 {
			t.Fatalf("%d attempts, %v", len(attempts), err)
		}
		for _, a := range attempts {
			if a.PageRef != ref {
				h.pay(t, a.PageRef)
			}
		}
		h.told(t)
		b.wants("Thank you")
		h.bought(t, s)
	})
}

// A payment that was made before the page is closed wins.
func TestLeavingAPageThatIsPaid(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, b, ref := h.opened(t, servertest.Mug)
		h.pay(t, ref)
		if got := b.post("leave"); got.status != http.StatusSeeOther {
			t.Fatalf("leave: %d", got.status)
		}
		h.told(t)
		b.wants("Thank you")
		h.bought(t, s)
	})
}

// A page that nobody paid for closes by itself.
func TestPaymentPageExpires(t *testing.T) {
	t.Parallel()
	h := hostedProviders["adyen"](t)
	s, b, _ := h.opened(t, servertest.Last)
	h.expire()
	b.send(http.MethodGet, b.page+"/return", nil)
	b.becomes("Review and pay")
	if got := status(t, h.shop.Agent(t), s.ID); got != acp.ReadyForPayment {
		t.Errorf("the agent sees %s", got)
	}
	if got, err := h.shop.Agent(t).Create(t.Context(), servertest.Cart(servertest.Last)); err != nil || got.Status != acp.ReadyForPayment {
		t.Errorf("the stock stays held: %s, %v", got.Status, err)
	}
}

// However often and from how many windows it is pressed, there is one page.
func TestPayingTwice(t *testing.T) {
	t.Parallel()
	eachHosted(t, func(t *testing.T, h hosted) {
		s, b := onPage(t, h.shop.Agent(t), servertest.Mug)
		total := b.look().field("total")
		answers := make([]screen, 6)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = b.post("pay", "total", total) })
		}
		wg.Wait()
		for _, a := range answers {
			if a.refresh == "" || a.refresh != answers[0].refresh {
				t.Errorf("%d leads to %q, another to %q", a.status, a.refresh, answers[0].refresh)
			}
		}
		if again := b.pay(); "0; url="+again != answers[0].refresh {
			t.Errorf("later it leads to %s", again)
		}
		attempts, err := h.shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
		if err != nil || len(attempts) != 1 {
			t.Errorf("%d attempts, %v", len(attempts), err)
		}
	})
}

// The agent may change the order while the buyer looks at it; the old total is
// not paid, and neither is the new one unseen.
func TestOrderChangesWhileTheBuyerLooks(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Mug)
	total := b.look().field("total")
	if _, err := agent.Update(t.Context(), s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: servertest.Mug, Quantity: 2}})}); err != nil {
		t.Fatal(err)
	}
	got := b.post("pay", "total", total)
	if got.status != http.StatusConflict || !strings.Contains(got.text, "The order has changed. You have not been charged.") {
		t.Errorf("%d %s", got.status, got.heading())
	}
	b.pay()
}

func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{UnknownBudget: time.Millisecond})
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Last)
	shop.InterceptPSP(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	})
	got := b.post("pay", "total", b.look().field("total"))
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.text, "You have not been charged. Try again in a moment.") {
		t.Fatalf("%d %s", got.status, got.text)
	}
	shop.InterceptPSP(nil)
	back := b.atSandbox(b.pay(), "4242424242424242")
	b.send(http.MethodGet, back, nil)
	b.becomes("Thank you")
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
}

// At Braintree the form is on the page of the shop.
func TestBuyerPaysByTheProvidersForm(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "braintree", &logs)
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Mug)
	page := b.wants("Review and pay")
	if !strings.Contains(page.text, `data-token="`) || !strings.Contains(page.text, "https://js.braintreegateway.com/") {
		t.Fatalf("there is no form: %s", page.text)
	}
	total := page.field("total")
	if got := b.post("pay", "payment_method_nonce", mint(t, shop.World, s, servertest.CardDeclined), "total", total); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.heading())
	}
	if got := b.wants("Review and pay"); !strings.Contains(got.text, "Your payment was declined. You have not been charged.") {
		t.Error("the page does not say that the card was declined")
	}
	nonce := mint(t, shop.World, s, servertest.CardApproved)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := b.post("pay", "payment_method_nonce", nonce, "total", total); got.status != http.StatusSeeOther {
				t.Errorf("%d %s", got.status, got.heading())
			}
		})
	}
	wg.Wait()
	b.becomes("Thank you")
	bought(t, shop, s, "braintree")
	if strings.Contains(logs.String(), nonce) {
		t.Error("the log shows what pays")
	}

	// An screen that was lost: nobody is told that it is paid, or that it is not.
	s, b = onPage(t, agent, servertest.Mug)
	total = b.look().field("total")
	loses(t, shop.World)
	if got := b.post("pay", "payment_method_nonce", mint(t, shop.World, s, servertest.CardApproved), "total", total); got.status != http.StatusSeeOther {
		t.Errorf("%d %s", got.status, got.heading())
	}
	if got := b.wants("Your payment is being confirmed"); got.refresh == "" {
		t.Error("the page does not look again by itself")
	}
	b.becomes("Thank you")
	bought(t, shop, s, "braintree")

	// No token for the form: nothing was charged.
	_, b = onPage(t, agent, servertest.Mug)
	shop.InterceptPSP(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	})
	if got := b.look(); got.status != http.StatusOK || !strings.Contains(got.text, "The payment form could not be loaded. You have not been charged.") {
		t.Errorf("without the provider: %d %s", got.status, got.heading())
	}
	shop.InterceptPSP(nil)
}

// What cannot be had any more is said beside the line, and can be taken out.
func TestItemIsGoneBeforeThePayment(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	_, b := onPage(t, agent, servertest.Last, servertest.Mug)
	paid, err := agent.Pay(t.Context(), agent.Prepare(t, servertest.Last))
	if err != nil || paid.Status != acp.Completed {
		t.Fatalf("%+v, %v", paid, err)
	}
	if got := b.post("pay", "total", b.look().field("total")); got.status != http.StatusSeeOther {
		t.Fatalf("pay: %d %s", got.status, got.heading())
	}
	got := b.wants("Checkout")
	if !strings.Contains(got.text, "last is out of stock. Remove it to go on.") || strings.Contains(got.text, "/pay\"") {
		t.Errorf("the page: %s", got.text)
	}
	if got := b.post("items", "line", got.field("line"), "remove", "yes"); got.status != http.StatusSeeOther {
		t.Errorf("remove: %d", got.status)
	}
	b.wants("Review and pay")
}

// A session that is over says so, and what was not bought was not charged.
func TestSessionsThatAreOver(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Mug)
	if _, err := agent.Cancel(t.Context(), s.ID, acp.CancelRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := b.wants("This checkout was canceled"); !strings.Contains(got.text, "You have not been charged.") {
		t.Error("the page does not say that nothing was charged")
	}
	paid, b := onPage(t, agent, servertest.Mug)
	token, err := agent.Token(t.Context(), paid, servertest.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Complete(t.Context(), paid.ID, servertest.Payment(paid, token)); err != nil {
		t.Fatal(err)
	}
	b.wants("Thank you") // the agent has paid meanwhile
}
