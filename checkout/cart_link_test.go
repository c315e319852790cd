package checkout_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// cartVisit is a browser that follows the cart's link.
func cartVisit(t testing.TB, c *acp.Cart) checkout.CartVisit {
	t.Helper()
	proof, ok := strings.CutPrefix(c.ContinueURL, "https://shop.example/cart/shop/"+c.ID+"/")
	if !ok || strings.Contains(proof, "/") {
		t.Fatalf("link %q", c.ContinueURL)
	}
	return checkout.CartVisit{MerchantID: "shop", CartID: c.ID, Proof: proof}
}

// sessionOf is the session that an address of a checkout page leads to, and the
// proof in it.
func sessionOf(t testing.TB, address string) (id, proof string) {
	t.Helper()
	rest, ok := strings.CutPrefix(address, "https://shop.example/checkout/shop/")
	id, proof, cut := strings.Cut(rest, "/")
	if !ok || !cut {
		t.Fatalf("address %q", address)
	}
	return id, proof
}

func TestACartsLinkOpensACheckout(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	c := w.replace(w.cart("mug").ID, acp.CartRequest{Items: want("mug", "lamp"), Buyer: &acp.Buyer{Email: "b@example.com", FullName: "B"}})
	visit := cartVisit(t, c)
	state := func() checkout.CartCheckout {
		t.Helper()
		cart, open, _, err := w.core.VisitedCart(ctx, visit)
		if err != nil {
			t.Fatal(err)
		}
		return cart.Checkout(open)
	}
	address, err := w.core.OpenCheckout(ctx, visit, false)
	if err != nil {
		t.Fatal(err)
	}
	id, proof := sessionOf(t, address)
	if again, err := w.core.OpenCheckout(ctx, visit, false); err != nil || again != address || state() != checkout.NotCheckedOut {
		t.Errorf("again %s, %v; %q", again, err, state())
	}
	visitor, err := w.core.Redeem(ctx, "shop", id, proof, "")
	if err != nil {
		t.Fatal(err)
	}
	sess, _, err := w.core.Visited(ctx, checkout.Visit{MerchantID: "shop", SessionID: id, Visitor: visitor})
	if err != nil || len(sess.LineItems) != 2 || sess.Buyer != nil {
		t.Errorf("%+v, %v: a link that may be shared carries nobody's data", sess, err)
	}
	// From now on somebody is in there.
	if _, err := w.core.OpenCheckout(ctx, visit, false); !errors.Is(err, checkout.ErrCheckoutOpen) || state() != checkout.OpenElsewhere {
		t.Errorf("%v; %q", err, state())
	}
	// The agent of the cart goes on with the same one, and the stranger in it
	// does not learn who the cart is for.
	if s := w.openCart(c.ID, acp.CreateRequest{}); s.ID != id || s.Buyer != nil {
		t.Errorf("%+v", s)
	}
	over, err := w.core.OpenCheckout(ctx, visit, true)
	if err != nil {
		t.Fatal(err)
	}
	next, _ := sessionOf(t, over)
	if sess, err = w.core.Get(ctx, agent, id); err != nil || sess.Status != acp.Canceled || next == id {
		t.Errorf("the checkout before is %v, %v", sess.Status, err)
	}
	if s := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california}); s.ID != next || s.Buyer == nil {
		t.Errorf("%+v: nobody is in there yet, and the agent knows who buys", s)
	}
}

func TestACheckoutThatTheAgentOpenedIsNotTheLinksToJoin(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	c := w.cart("mug")
	visit := cartVisit(t, c)
	s := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california})
	if _, err := w.core.OpenCheckout(ctx, visit, false); !errors.Is(err, checkout.ErrCheckoutOpen) {
		t.Errorf("%v; an address of somebody is in there", err)
	}
	if _, err := w.core.OpenPage(ctx, w.visit(s.ID)); err != nil {
		t.Fatal(err)
	}
	for _, over := range []bool{false, true} {
		if _, err := w.core.OpenCheckout(ctx, visit, over); !errors.Is(err, checkout.ErrCheckoutPaid) {
			t.Errorf("over: %v: %v", over, err)
		}
	}
	if got := w.openCart(c.ID, acp.CreateRequest{}); got.ID != s.ID || got.Status != acp.CompleteInProgress {
		t.Errorf("%s is %s", got.ID, got.Status)
	}
}

func TestALinkOfACartIsOfThatCart(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	mine, other := w.cart("mug"), w.cart("lamp")
	good := cartVisit(t, mine)
	for name, v := range map[string]checkout.CartVisit{
		"another cart's":   {MerchantID: "shop", CartID: other.ID, Proof: good.Proof},
		"another shop's":   {MerchantID: "other", CartID: mine.ID, Proof: good.Proof},
		"no shop's":        {MerchantID: "nobody", CartID: mine.ID, Proof: good.Proof},
		"without a proof":  {MerchantID: "shop", CartID: mine.ID},
		"with a wrong one": {MerchantID: "shop", CartID: mine.ID, Proof: strings.Repeat("A", len(good.Proof))},
		"with nonsense":    {MerchantID: "shop", CartID: mine.ID, Proof: "%"},
		"of no id":         {MerchantID: "shop", CartID: "../x", Proof: good.Proof},
	} {
		if _, _, _, err := w.core.VisitedCart(ctx, v); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("a link %s shows a cart: %v", name, err)
		}
		if _, err := w.core.OpenCheckout(ctx, v, false); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("a link %s opens a checkout: %v", name, err)
		}
		if err := w.core.SetCartQuantity(ctx, v, mine.LineItems[0].ID, 2); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("a link %s changes a cart: %v", name, err)
		}
	}
}

func TestABuyerChangesTheCartOnItsPage(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	c := w.cart("mug", "lamp")
	visit := cartVisit(t, c)
	w.clock.Advance(time.Hour)
	if err := errors.Join(w.core.SetCartQuantity(ctx, visit, c.LineItems[0].ID, 4), w.core.SetCartQuantity(ctx, visit, c.LineItems[1].ID, 0)); err != nil {
		t.Fatal(err)
	}
	got, err := w.core.Cart(ctx, agent, c.ID)
	if err != nil || len(got.LineItems) != 1 || got.LineItems[0].Quantity != 4 || !got.ExpiresAt.After(c.ExpiresAt) {
		t.Errorf("the agent reads %+v, %v", got, err)
	}
	for line, quantity := range map[string]int64{c.LineItems[0].ID: 0, c.LineItems[1].ID: 1, "nope": 1} {
		if err := w.core.SetCartQuantity(ctx, visit, line, quantity); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%d of line %s: %v", quantity, line, err)
		}
	}
	for _, quantity := range []int64{-1, acp.MaxQuantity + 1} {
		if err := w.core.SetCartQuantity(ctx, visit, c.LineItems[0].ID, quantity); err == nil || acp.AsError(err).Status != 400 {
			t.Errorf("%d: %v", quantity, err)
		}
	}
}

// Everybody who has the link of a cart can learn the id of the session that is
// opened by it, so the id alone opens nothing.
func TestWhoOnlyKnowsTheSessionOfACartIsAStranger(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	c := w.cart("mug")
	address, err := w.core.OpenCheckout(ctx, cartVisit(t, c), false)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := sessionOf(t, address)
	keyless := agent
	keyless.Keyless = true
	if _, err := w.core.Get(ctx, keyless, id); err == nil || acp.AsError(err).Status != 404 {
		t.Errorf("reads it: %v", err)
	}
	call := w.call("/checkout_sessions/" + id)
	call.Caller = keyless
	w.refused(w.core.Update(ctx, call, id, acp.UpdateRequest{Items: acp.Some(want("lamp"))}), 404, acp.CodeNotFound, "")
	if _, err := w.core.Get(ctx, agent, id); err != nil {
		t.Errorf("the agent of the cart: %v", err)
	}
	s := w.create("mug")
	if _, err := w.core.Get(ctx, keyless, s.ID); err != nil {
		t.Errorf("another session: %v", err)
	}
}
