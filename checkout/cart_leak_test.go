package checkout_test

import (
	"context"
	"errors"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// A cart's link may be passed on. What it has led to before the agent took the
// checkout up leads to nothing afterwards: from then on somebody's data is in it.
func TestWhoHasACartsLinkLearnsNothingOfTheBuyer(t *testing.T) {
	ctx := context.Background()
	w := cartWorld(t)
	c := w.replace(w.cart("mug").ID, acp.CartRequest{Items: want("mug"), Buyer: &acp.Buyer{Email: "b@example.com", FullName: "B"}})
	visit := cartVisit(t, c)
	address, err := w.core.OpenCheckout(ctx, visit, false) // and looks no further for now
	if err != nil {
		t.Fatal(err)
	}
	id, old := sessionOf(t, address)
	s := w.openCart(c.ID, acp.CreateRequest{})
	if s.ID != id || s.Buyer == nil {
		t.Fatalf("%+v", s)
	}
	w.update(id, acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(*california.Address)})})

	if _, err := w.core.Redeem(ctx, "shop", id, old, ""); !errors.Is(err, checkout.ErrLinkUsed) {
		t.Errorf("the link that the stranger was led to before: %v", err)
	}
	if again, err := w.core.OpenCheckout(ctx, visit, false); !errors.Is(err, checkout.ErrCheckoutOpen) {
		t.Errorf("led there again: %s, %v", again, err)
	}
	cart, open, _, err := w.core.VisitedCart(ctx, visit)
	if err != nil || cart.Checkout(open) != checkout.OpenElsewhere {
		t.Errorf("%v; the checkout is %q", err, cart.Checkout(open))
	}
	// The agent has a link of its own to give to its buyer.
	if _, err := w.core.Redeem(ctx, "shop", id, w.proofOf(id), ""); err != nil {
		t.Errorf("the agent's own link: %v", err)
	}
	if same := w.openCart(c.ID, acp.CreateRequest{}); same.ID != id {
		t.Errorf("asked for again, it is %s", same.ID)
	}
}

// Nor where the agent knows nothing of the buyer yet: it will.
func TestAnAgentsCheckoutOfACartIsItsOwnBeforeTheBuyerIsKnown(t *testing.T) {
	ctx := context.Background()
	w := cartWorld(t)
	c := w.cart("mug")
	address, err := w.core.OpenCheckout(ctx, cartVisit(t, c), false)
	if err != nil {
		t.Fatal(err)
	}
	id, old := sessionOf(t, address)
	w.openCart(c.ID, acp.CreateRequest{})
	before := w.proofOf(id)
	w.openCart(c.ID, acp.CreateRequest{})
	if w.proofOf(id) != before {
		t.Error("asking again makes the link worthless that the agent has given to its buyer")
	}
	if _, err := w.core.Redeem(ctx, "shop", id, old, ""); !errors.Is(err, checkout.ErrLinkUsed) {
		t.Errorf("the link of before: %v", err)
	}
}

// Whoever has a cart's link may start over, but calls off nothing that somebody
// has bound the buyer to: neither a payment nor a purchase order that waits.
func TestWhoHasACartsLinkCallsNoPurchaseOrderOff(t *testing.T) {
	ctx := context.Background()
	w := cartWorld(t)
	w.merchant.Accounts = []checkout.Account{{CustomerID: "cus_1", Terms: []string{"net_30"}}}
	c := w.cart("mug")
	visit := cartVisit(t, c)
	s := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california})
	waiting := w.must(w.send(s.ID, acp.CompleteRequest{Payment: acp.PaymentData{PurchaseOrder: &acp.PurchaseOrder{Number: "PO-1"}},
		Buyer: &acp.Buyer{Email: "b@example.com", CustomerID: "cus_1"}}))
	if waiting.Status != acp.PendingApproval {
		t.Fatal(waiting.Status)
	}
	for _, over := range []bool{false, true} {
		if _, err := w.core.OpenCheckout(ctx, visit, over); !errors.Is(err, checkout.ErrCheckoutPaid) {
			t.Errorf("over: %v: %v", over, err)
		}
	}
	if got, err := w.core.Get(ctx, agent, s.ID); err != nil || got.Status != acp.PendingApproval {
		t.Errorf("%v, %v", got.Status, err)
	}
	if _, err := w.core.Refuse(ctx, "shop", s.ID, "night shift"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.core.OpenCheckout(ctx, visit, true); err != nil {
		t.Errorf("after the refusal: %v", err)
	}
}
