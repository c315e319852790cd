package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// newCart makes a cart of one of each item, for the buyer of the tests.
func newCart(t *testing.T, agent *servertest.Agent, items ...string) *client.Cart {
	t.Helper()
	r := acp.CartRequest{Buyer: servertest.Buyer()}
	for _, item := range items {
		r.Items = append(r.Items, acp.RequestedItem{ID: item, Quantity: 1})
	}
	c, err := agent.CreateCart(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var linkedSession = regexp.MustCompile(`^/checkout/shop/(cs_[0-9a-z]+)(/|$)`)

// sessionAt is the session that a browser is sent to; "" when it is sent to none.
func sessionAt(location string) string {
	if m := linkedSession.FindStringSubmatch(location); m != nil {
		return m[1]
	}
	return ""
}

// However many press the button of a cart at once, there is one session of it.
func TestACartIsCheckedOutOnce(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		shop := servertest.Start(t, servertest.Options{Database: database})
		agent := shop.Agent(t)
		c := newCart(t, agent, servertest.Mug, servertest.Book)
		seen := allAtOnce(100, func(int) string {
			got := newBuyer(t).send(http.MethodPost, c.ContinueURL, nil)
			if got.status != http.StatusSeeOther {
				t.Errorf("%d %s", got.status, got.text)
			}
			return sessionAt(got.location)
		})
		if len(seen) != 1 || seen[0] == "" {
			t.Fatalf("sessions %v", seen)
		}
		s, err := agent.Create(t.Context(), acp.CreateRequest{CartID: c.ID, Currency: servertest.Currency})
		if err != nil || s.ID != seen[0] || len(s.Lines) != 2 {
			t.Errorf("the agent goes on with %+v, %v", s, err)
		}
	})
}

// The same while the agent opens it too and the cart is changed: whoever comes
// first opens it, and in the end it holds what the cart does.
func TestACartIsCheckedOutOnceWhileItChanges(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		shop := servertest.Start(t, servertest.Options{Database: database})
		agent := shop.Agent(t)
		c := newCart(t, agent, servertest.Mug, servertest.Book)
		seen := allAtOnce(100, func(i int) string {
			switch i % 4 {
			case 0:
				quantity := int64(1 + i%7)
				if _, err := agent.ReplaceCart(t.Context(), c.ID, acp.CartRequest{Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: quantity}}}); err != nil {
					t.Error(err)
				}
				return ""
			case 1:
				got := newBuyer(t).send(http.MethodPost, c.ContinueURL, nil)
				if got.status != http.StatusSeeOther {
					t.Errorf("%d %s", got.status, got.text)
				}
				return sessionAt(got.location) // or back to the cart, when the agent was first
			}
			s, err := agent.Create(t.Context(), acp.CreateRequest{CartID: c.ID, Currency: servertest.Currency})
			if err != nil {
				t.Error(err)
				return ""
			}
			return s.ID
		})
		if len(seen) != 2 || seen[0] != "" { // some opened none
			t.Fatalf("sessions %v", seen)
		}
		s, err := agent.Create(t.Context(), acp.CreateRequest{CartID: c.ID, Currency: servertest.Currency})
		if err != nil || s.ID != seen[1] {
			t.Fatalf("%+v, %v", s, err)
		}
		now, err := agent.Cart(t.Context(), c.ID)
		if err != nil || len(now.Lines) != 1 || len(s.Lines) != 1 || now.Lines[0].Quantity != s.Lines[0].Quantity {
			t.Errorf("the cart holds %+v, its session %+v, %v", now.Lines, s.Lines, err)
		}
	})
}

// allAtOnce runs do n times at once and gives what came back, each once.
func allAtOnce(n int, do func(i int) string) []string {
	out := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { out[i] = do(i) })
	}
	wg.Wait()
	slices.Sort(out)
	return slices.Compact(out)
}

// From the cart's link over the checkout to the order, and what of it is there
// for others who have the link.
func TestACartIsBoughtOnItsPage(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	c := newCart(t, agent, servertest.Mug, servertest.Lamp)
	friend := newBuyer(t)
	page := friend.send(http.MethodGet, c.ContinueURL+"?redirectUrl=https%3A%2F%2Fchatgpt.com%2Fc%2F1", nil)
	if page.status != 200 || page.heading() != "Your cart" || !strings.Contains(page.text, "$107.00") || !strings.Contains(page.text, "?return_url=https%3A%2F%2Fchatgpt.com%2Fc%2F1") {
		t.Fatalf("%d %s", page.status, page.text)
	}

	b := newBuyer(t)
	sent := b.send(http.MethodPost, c.ContinueURL+"?return_url=https%3A%2F%2Fchatgpt.com%2Fc%2F1", nil)
	id := sessionAt(sent.location)
	if got := b.take(shop.BaseURL + sent.location[:strings.Index(sent.location, "?")]); got.status != http.StatusSeeOther {
		t.Fatalf("the link of the checkout: %d %s", got.status, got.text)
	}
	b.wants("Checkout")
	b.post("details", "email", "somebody.else@example.com", "name", "Somebody Else", "line_one", "1 Secret Street", "city", "San Francisco", "state", "CA", "postal_code", "94105", "country", "US")
	b.wants("Review and pay")

	// The link shows nothing of who is at the checkout, and does not let in.
	for _, got := range []screen{friend.send(http.MethodGet, c.ContinueURL, nil), friend.send(http.MethodGet, shop.BaseURL+"/checkout/shop/"+id, nil),
		friend.send(http.MethodPost, c.ContinueURL, nil)} {
		for _, secret := range []string{"somebody.else@example.com", "Secret Street", servertest.Buyer().Email} {
			if strings.Contains(got.text, secret) {
				t.Errorf("shows %q:\n%s", secret, got.text)
			}
		}
	}
	if got := friend.send(http.MethodGet, c.ContinueURL, nil); !strings.Contains(got.text, "Start over here") {
		t.Errorf("%s", got.text)
	}
	// What the buyer has filled in is the agent's to go on with.
	s, err := agent.Create(t.Context(), acp.CreateRequest{CartID: c.ID, Currency: servertest.Currency})
	if err != nil || s.ID != id || s.Status != acp.ReadyForPayment {
		t.Fatalf("%+v, %v", s, err)
	}
	token, err := agent.Token(t.Context(), s, servertest.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, token)); err != nil {
		t.Fatal(err)
	}
	if got := friend.send(http.MethodGet, c.ContinueURL, nil); got.status != http.StatusNotFound || got.heading() != "This cart is not there any more" {
		t.Errorf("%d %s", got.status, got.heading())
	}
	if _, err := agent.Cart(t.Context(), c.ID); err == nil {
		t.Error("a cart that was bought is still there")
	}
	if got := friend.send(http.MethodPost, c.ContinueURL, nil); got.status != http.StatusNotFound {
		t.Errorf("checked out again: %d %s", got.status, got.location)
	}
}

func TestACheckoutOfACartStartsOver(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	c := newCart(t, agent, servertest.Mug)
	first, second := newBuyer(t), newBuyer(t)
	old := first.send(http.MethodPost, c.ContinueURL, nil).location
	first.take(shop.BaseURL + old)
	first.wants("Checkout")
	if got := second.send(http.MethodPost, c.ContinueURL, nil); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/cart/") {
		t.Errorf("%d to %s", got.status, got.location)
	}
	over := second.send(http.MethodPost, c.ContinueURL, map[string][]string{"over": {"yes"}})
	if next := sessionAt(over.location); next == "" || next == sessionAt(old) {
		t.Errorf("starting over leads from %s to %s", old, over.location)
	}
	second.take(shop.BaseURL + over.location)
	second.wants("Checkout")
	first.wants("This checkout was canceled")
}

// CRT-07: what is changed at the shop is what the API reads, and the reverse.
func TestCartsChangedAtTheShop(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	c := newCart(t, agent, servertest.Mug, servertest.Lamp)
	b := newBuyer(t)
	b.page = c.ContinueURL
	if got := b.post("items", "line", c.Lines[0].ID, "quantity", "3"); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.text)
	}
	if got := b.post("items", "line", c.Lines[1].ID, "remove", "yes"); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.text)
	}
	got, err := agent.Cart(t.Context(), c.ID)
	if err != nil || len(got.Lines) != 1 || got.Lines[0].Quantity != 3 || got.Total != 5400 {
		t.Errorf("the agent reads %+v, %v", got, err)
	}
	if _, err := agent.ReplaceCart(t.Context(), c.ID, acp.CartRequest{Items: []acp.RequestedItem{{ID: servertest.Book, Quantity: 2}}}); err != nil {
		t.Fatal(err)
	}
	if got := b.look(); !strings.Contains(got.text, "Quantity 2") || !strings.Contains(got.text, "$24.00") {
		t.Errorf("the page shows %s", got.text)
	}
}

func TestShopsWithoutCarts(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) { cfg.Merchants[0].Carts.Enabled = false }})
	agent := shop.Agent(t)
	if d, err := agent.Discover(t.Context()); err != nil || slices.Contains(d.Services, "carts") {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := agent.CreateCart(t.Context(), acp.CartRequest{Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v", err)
	}
}

func TestShopsWithCartsAndNoCheckoutPage(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) { cfg.Merchants[0].Checkout.Enabled = false }})
	c := newCart(t, shop.Agent(t), servertest.Mug)
	b := newBuyer(t)
	if got := b.send(http.MethodGet, c.ContinueURL, nil); got.status != 200 || strings.Contains(got.text, "Check out") {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := b.send(http.MethodPost, c.ContinueURL, nil); got.status != http.StatusNotFound {
		t.Errorf("%d %s", got.status, got.location)
	}
}

// Expired carts are swept by the server's own work.
func TestExpiredCartsAreSwept(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	c := newCart(t, shop.Agent(t), servertest.Mug)
	if _, err := shop.Store.Reader(t.Context()).Cart(servertest.MerchantID, c.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := shop.Store.SweepExpired(t.Context(), c.ExpiresAt.Add(time.Second), 100); err != nil || n == 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := shop.Store.Reader(t.Context()).Cart(servertest.MerchantID, c.ID); err == nil {
		t.Error("an expired cart is still stored")
	}
}

// A cart is bought in a browser that runs no scripts, by keyboard.
func TestCartByKeyboardWithoutScripts(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	shop := servertest.Start(t, servertest.Options{})
	c := newCart(t, shop.Agent(t), servertest.Mug, servertest.Lamp)
	tab := b.Tab(t, browsertest.Options{Width: 390, NoJavaScript: true})
	tab.Go(c.ContinueURL)
	tab.WaitText("h1", "Your cart")
	tab.Check()
	tab.Screenshot("cart-1-open")
	press(t, tab, `button "Check out"`)
	tab.Keys("Enter")
	tab.WaitText("h1", "Checkout")
	tab.Check()
	write(t, tab, `textbox "E-mail"`, "buyer@example.com")
	tab.Go(c.ContinueURL)
	tab.WaitText(".notice", "A checkout of this cart is open in a browser.")
	tab.Screenshot("cart-2-elsewhere")
	press(t, tab, `link "Go to the checkout"`)
	tab.Keys("Enter")
	tab.WaitText("h1", "Checkout")
	for _, problem := range tab.Problems() {
		t.Error(problem)
	}
}
