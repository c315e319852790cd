package checkout_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/store"
)

const cartTTL = 48 * time.Hour

// cartWorld is a shop with carts and payment pages.
func cartWorld(t testing.TB) *world {
	t.Helper()
	w, _ := pageWorld(t)
	w.merchant.CartTTL = cartTTL
	w.merchant.CartLink = checkout.CartLinks(w.box(), w.merchant.BaseURL)
	return w
}

// cartCall makes a request with a key of its own.
func (w *world) cartCall(path string) *checkout.CartCall {
	return &checkout.CartCall{Call: *w.call(path), RenderCart: func(c *checkout.Cart, e *acp.Error) checkout.Answer {
		if e != nil {
			body, _ := json.Marshal(e)
			return checkout.Answer{Status: e.Status, Body: body, Err: e}
		}
		body, _ := json.Marshal(w.merchant.PresentCart(c))
		return checkout.Answer{Status: 200, Body: body}
	}}
}

func (w *world) mustCart(a checkout.Answer) *acp.Cart {
	w.t.Helper()
	if a.Status != 200 {
		w.t.Fatalf("answer %d: %s (%v)", a.Status, a.Body, cause(a))
	}
	var c acp.Cart
	if err := json.Unmarshal(a.Body, &c); err != nil {
		w.t.Fatal(err)
	}
	return &c
}

func (w *world) cart(items ...string) *acp.Cart {
	w.t.Helper()
	return w.mustCart(w.core.CreateCart(context.Background(), w.cartCall("/carts"), acp.CartRequest{Items: want(items...)}))
}

func (w *world) replace(id string, req acp.CartRequest) *acp.Cart {
	w.t.Helper()
	return w.mustCart(w.core.ReplaceCart(context.Background(), w.cartCall("/carts/"+id), id, req))
}

func (w *world) noCart(id string) {
	w.t.Helper()
	if _, err := w.core.Cart(context.Background(), agent, id); acp.AsError(err).Status != http.StatusNotFound || err == nil {
		w.t.Errorf("cart %s: %v; want 404", id, err)
	}
}

// sellOnly takes everything else out of the catalogue.
func (w *world) sellOnly(id string) {
	w.t.Helper()
	imp, err := w.store.Import(context.Background(), "shop", store.ImportOptions{Replace: true})
	if err == nil {
		err = imp.Put(*w.item(id))
	}
	if err == nil {
		_, err = imp.Commit()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) openCart(id string, req acp.CreateRequest) *acp.Session {
	w.t.Helper()
	req.CartID, req.Currency = id, "usd"
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), req))
}

func kinds(totals []acp.Total) string {
	var out []string
	for _, t := range totals {
		out = append(out, string(t.Type))
	}
	return strings.Join(out, " ")
}

func TestACartIsEstimated(t *testing.T) {
	w := cartWorld(t)
	c := w.cart("mug", "lamp")
	if got := kinds(c.Totals); got != "items_base_amount items_discount subtotal total" {
		t.Errorf("totals without an address: %s", got)
	}
	if total, _ := acp.Amount(c.Totals, acp.TotalTotal); total != 1800+8900 || c.Currency != "usd" {
		t.Errorf("about %d %s", total, c.Currency)
	}
	// A lamp is one of the last three.
	if len(c.Messages) != 1 || c.Messages[0].Code != acp.CodeLowStock || c.Messages[0].Type != acp.Warning {
		t.Errorf("messages %+v", c.Messages)
	}
	if got := w.clock.Now().Add(cartTTL); !c.ExpiresAt.Equal(got) {
		t.Errorf("expires at %v, want %v", c.ExpiresAt, got)
	}
	if d := w.cart("ebook"); kinds(d.Totals) != "items_base_amount items_discount subtotal fulfillment tax total" {
		t.Errorf("totals of what goes to no address: %s", kinds(d.Totals))
	}
	// That the prices include the tax is known wherever it goes.
	w.merchant.Taxes.PricesInclude, w.merchant.Taxes.ShowGross, w.merchant.Taxes.Origin = true, true, pricing.Destination{Country: "DE"}
	if g := w.cart("mug"); kinds(g.Totals) != "items_base_amount items_discount subtotal tax total" || g.Totals[3].Amount != 0 || g.Totals[3].Description == "" {
		t.Errorf("totals with the tax in them: %+v", g.Totals)
	}
}

func TestACartTellsWhatHasChanged(t *testing.T) {
	w := cartWorld(t)
	c := w.cart("mug", "lamp", "print")
	for i := range goods {
		switch it := goods[i]; it.ID {
		case "mug":
			it.Price = 2000
			w.stock(it)
		case "print":
			it.Tracked, it.Stock = true, 0
			w.stock(it)
		}
	}
	w.clock.Advance(time.Second) // past the moment that a read may be old
	for range 2 {                // reading changes nothing
		got, err := w.core.Cart(context.Background(), agent, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		codes := map[string]string{}
		for _, m := range got.Messages {
			codes[m.Param] = m.Code
		}
		want := map[string]string{"$.line_items[0]": acp.CodePriceChange, "$.line_items[1]": acp.CodeLowStock, "$.line_items[2]": acp.CodeOutOfStock}
		if diff := cmp.Diff(want, codes); diff != "" || len(got.LineItems) != 3 {
			t.Error(diff)
		}
		if total, _ := acp.Amount(got.Totals, acp.TotalTotal); total != 2000+8900+2500 {
			t.Errorf("about %d", total)
		}
	}
	if c = w.replace(c.ID, acp.CartRequest{Items: want("mug")}); len(c.Messages) != 1 || c.Messages[0].Code != acp.CodePriceChange {
		t.Errorf("replacing does not tell the price: %+v", c.Messages)
	}
	if c = w.replace(c.ID, acp.CartRequest{Items: want("mug")}); len(c.Messages) != 0 {
		t.Errorf("told twice: %+v", c.Messages)
	}
}

func TestReplacingACart(t *testing.T) {
	w := cartWorld(t)
	c := w.mustCart(w.core.CreateCart(context.Background(), w.cartCall("/carts"),
		acp.CartRequest{Items: want("mug", "lamp"), Buyer: &acp.Buyer{Email: "b@example.com"}}))
	w.clock.Advance(time.Hour)
	r := w.replace(c.ID, acp.CartRequest{Items: []acp.RequestedItem{{ID: "ebook", Quantity: 2}, {ID: "lamp", Quantity: 3}}})
	if r.ID != c.ID || r.Buyer != nil || len(r.LineItems) != 2 || r.LineItems[1].ID != c.LineItems[1].ID || r.LineItems[1].Quantity != 3 {
		t.Errorf("%+v", r)
	}
	if !r.ExpiresAt.Equal(c.ExpiresAt.Add(time.Hour)) {
		t.Errorf("%v became %v an hour later", c.ExpiresAt, r.ExpiresAt)
	}
	if r.ContinueURL != c.ContinueURL {
		t.Error("the link has changed")
	}
}

func TestACartEnds(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	canceled := w.cart("mug")
	last := w.mustCart(w.core.CancelCart(ctx, w.cartCall("/carts/"+canceled.ID+"/cancel"), canceled.ID))
	if diff := cmp.Diff(canceled, last); diff != "" {
		t.Error(diff)
	}
	w.noCart(canceled.ID)
	expired := w.cart("mug")
	w.clock.Advance(cartTTL)
	w.noCart(expired.ID)
	for _, id := range []string{canceled.ID, expired.ID, "cart_nothing", "", "../x", "cart_\x00"} {
		req := acp.CartRequest{Items: want("mug")}
		w.refused(w.core.ReplaceCart(ctx, w.cartCall("/carts/"+id), id, req), 404, acp.CodeNotFound, "")
		w.refused(w.core.CancelCart(ctx, w.cartCall("/carts/"+id+"/cancel"), id), 404, acp.CodeNotFound, "")
		w.refused(w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{CartID: id + "x", Currency: "usd"}), 404, acp.CodeNotFound, "$.cart_id")
	}
}

func TestACartIsItsAgents(t *testing.T) {
	w := cartWorld(t)
	c := w.cart("mug")
	for name, who := range map[string]checkout.Caller{
		"another shop":  {MerchantID: "other", CredentialID: "key_2", Agent: "agent"},
		"another agent": {MerchantID: "shop", CredentialID: "key_3", Agent: "stranger"},
	} {
		replace, cancel := w.cartCall("/carts/"+c.ID), w.cartCall("/carts/"+c.ID+"/cancel")
		replace.Caller, cancel.Caller = who, who
		if _, err := w.core.Cart(context.Background(), who, c.ID); err == nil || acp.AsError(err).Status != 404 {
			t.Errorf("%s reads it: %v", name, err)
		}
		w.refused(w.core.ReplaceCart(context.Background(), replace, c.ID, acp.CartRequest{Items: want("lamp")}), 404, acp.CodeNotFound, "")
		w.refused(w.core.CancelCart(context.Background(), cancel, c.ID), 404, acp.CodeNotFound, "")
	}
	sister := agent
	sister.CredentialID = "key_of_the_same_agent"
	if got, err := w.core.Cart(context.Background(), sister, c.ID); err != nil || len(got.LineItems) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCartsThatAreRefused(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	create := func(req acp.CartRequest) checkout.Answer { return w.core.CreateCart(ctx, w.cartCall("/carts"), req) }
	w.refused(create(acp.CartRequest{Items: want("mug", "unicorn")}), 400, acp.CodeInvalid, "$.line_items[1].id")
	w.refused(create(acp.CartRequest{Items: want("mug", "euro")}), 422, acp.CodeInvalid, "$.line_items[1].id")
	w.refused(create(acp.CartRequest{Items: want("mug"), Currency: "eur"}), 422, acp.CodeInvalid, "$.currency")
	w.refused(create(acp.CartRequest{Items: want("vase")}), 422, acp.CodeOutOfStock, "$.line_items")
	c := w.cart("mug", "vase")
	if len(c.LineItems) != 2 || len(c.Messages) != 1 || c.Messages[0].Code != acp.CodeOutOfStock || c.Messages[0].Param != "$.line_items[1]" {
		t.Errorf("%+v", c)
	}
	// A refusal leaves the cart as it was.
	w.refused(w.core.ReplaceCart(ctx, w.cartCall("/carts/"+c.ID), c.ID, acp.CartRequest{Items: want("vase")}), 422, acp.CodeOutOfStock, "$.line_items")
	if got, err := w.core.Cart(ctx, agent, c.ID); err != nil || len(got.LineItems) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	w.merchant.CartTTL = 0
	w.refused(create(acp.CartRequest{Items: want("mug")}), 404, acp.CodeNotFound, "")
	w.noCart(c.ID)
}

func TestACartIsMadeOnceForAKey(t *testing.T) {
	w := cartWorld(t)
	ctx := context.Background()
	call := w.cartCall("/carts")
	first := w.core.CreateCart(ctx, call, acp.CartRequest{Items: want("mug")})
	second := w.core.CreateCart(ctx, call, acp.CartRequest{Items: want("mug")})
	if !second.Replayed || string(first.Body) != string(second.Body) {
		t.Errorf("first %s, then %s", first.Body, second.Body)
	}
	c := w.mustCart(first)
	end := w.cartCall("/carts/" + c.ID + "/cancel")
	once := w.core.CancelCart(ctx, end, c.ID)
	if again := w.core.CancelCart(ctx, end, c.ID); !again.Replayed || string(again.Body) != string(once.Body) {
		t.Errorf("canceling again with the same key: %d %s", again.Status, again.Body)
	}
}

func TestASessionIsOpenedFromACart(t *testing.T) {
	w := cartWorld(t)
	buyer := &acp.Buyer{Email: "b@example.com"}
	c := w.replace(w.cart("mug").ID, acp.CartRequest{Items: want("mug", "vase"), Buyer: buyer})
	s := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california})
	if s.Buyer == nil || s.Buyer.Email != buyer.Email || len(s.LineItems) != 2 || s.LineItems[0].ID != c.LineItems[0].ID {
		t.Errorf("%+v", s)
	}
	if again := w.openCart(c.ID, acp.CreateRequest{}); again.ID != s.ID {
		t.Errorf("a second session %s beside %s", again.ID, s.ID)
	}
	w.replace(c.ID, acp.CartRequest{Items: want("mug")})
	s = w.openCart(c.ID, acp.CreateRequest{})
	if len(s.LineItems) != 1 || s.Status != acp.ReadyForPayment || s.FulfillmentDetails == nil {
		t.Errorf("what was put into the cart does not come along: %+v", s)
	}
	// What is changed at the checkout stays there until the cart changes.
	w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("lamp"))})
	if s = w.openCart(c.ID, acp.CreateRequest{}); s.LineItems[0].Item.ID != "lamp" {
		t.Errorf("%+v", s.LineItems)
	}
	// One that is over makes room for another.
	w.must(w.core.Cancel(context.Background(), w.call("/checkout_sessions/"+s.ID+"/cancel"), s.ID, acp.CancelRequest{}))
	next := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california})
	if next.ID == s.ID || next.LineItems[0].Item.ID != "mug" {
		t.Errorf("%+v", next)
	}
	w.must(w.complete(next.ID, "tok_ok"))
	w.noCart(c.ID) // it is bought
	w.refused(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{CartID: c.ID, Currency: "usd"}), 404, acp.CodeNotFound, "$.cart_id")
}

func TestWhatTheShopDoesNotSellAnyMoreComesAlong(t *testing.T) {
	w := cartWorld(t)
	c := w.cart("mug", "print")
	w.sellOnly("mug")
	w.clock.Advance(time.Second)
	got, err := w.core.Cart(context.Background(), agent, c.ID)
	if err != nil || len(got.LineItems) != 2 || got.LineItems[1].AvailabilityStatus != "out_of_stock" || got.LineItems[1].Name != "Print" {
		t.Fatalf("%+v, %v", got, err)
	}
	if s := w.openCart(c.ID, acp.CreateRequest{FulfillmentDetails: california}); len(s.LineItems) != 2 || s.Status != acp.NotReadyForPayment {
		t.Errorf("%+v", s)
	}
}
