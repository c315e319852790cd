package checkout_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// modelCart is what a cart has to be, and its one session.
type modelCart struct {
	id      string
	link    checkout.CartVisit
	lines   map[string]int64 // by item
	ends    time.Time
	over    bool   // canceled or bought
	session string // that is open; "" for none
	carried map[string]int64
}

// Whatever is done to a cart, by its agent and on its page, in whatever order:
// it holds what it was last given and costs that, it has one session at most
// that is open, which holds what the cart did when it was last opened, and it is
// gone once it was canceled, bought or left alone.
func TestCartsFollowTheirModel(t *testing.T) {
	ctx := context.Background()
	prices := map[string]int64{"mug": 1800, "print": 2500, "ebook": 1200}
	w := cartWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		var c *modelCart
		draw := func() (list []acp.RequestedItem, lines map[string]int64) {
			lines = map[string]int64{}
			for _, item := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mug", "print", "ebook"}), 1, 3, rapid.ID).Draw(rt, "items") {
				lines[item] = rapid.Int64Range(1, 9).Draw(rt, "quantity")
				list = append(list, acp.RequestedItem{ID: item, Quantity: lines[item]})
			}
			return list, lines
		}
		gone := func() bool { return c.over || !w.clock.Now().Before(c.ends) }
		// opens is what opening the session has to come to.
		opens := func(id string) {
			if c.session == "" {
				c.session = id
			}
			if id != c.session {
				rt.Fatalf("session %s beside %s", id, c.session)
			}
			c.carried = c.lines
		}
		list, lines := draw()
		made := w.mustCart(w.core.CreateCart(ctx, w.cartCall("/carts"), acp.CartRequest{Items: list}))
		c = &modelCart{id: made.ID, link: cartVisit(t, made), lines: lines, ends: w.clock.Now().Add(cartTTL)}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			status := 0
			switch step := rapid.SampledFrom([]string{"replace", "set", "open", "link", "wait", "cancel", "end session", "pay"}).Draw(rt, "step"); step {
			case "replace":
				list, lines := draw()
				if status = w.core.ReplaceCart(ctx, w.cartCall("/carts/"+c.id), c.id, acp.CartRequest{Items: list}).Status; !gone() {
					c.lines, c.ends = lines, w.clock.Now().Add(cartTTL)
				}
			case "set":
				if gone() {
					continue
				}
				cart, err := w.core.Cart(ctx, agent, c.id)
				if err != nil {
					rt.Fatal(err)
				}
				l, n := cart.LineItems[0], rapid.Int64Range(1, 9).Draw(rt, "quantity")
				if err := w.core.SetCartQuantity(ctx, c.link, l.ID, n); err != nil {
					rt.Fatal(err)
				}
				lines := map[string]int64{l.Item.ID: n}
				for item, n := range c.lines {
					if item != l.Item.ID {
						lines[item] = n
					}
				}
				c.lines, c.ends = lines, w.clock.Now().Add(cartTTL)
			case "open":
				a := w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{CartID: c.id, Currency: "usd", FulfillmentDetails: california})
				if status = a.Status; !gone() {
					opens(w.must(a).ID)
				}
			case "link":
				address, err := w.core.OpenCheckout(ctx, c.link, false)
				switch {
				case err == nil && !gone():
					id, _ := sessionOf(t, address)
					opens(id)
				case err == nil:
					rt.Fatal("a cart that is gone was checked out")
				case !gone() && c.session == "":
					rt.Fatal(err)
				}
			case "wait":
				w.clock.Advance(rapid.SampledFrom([]time.Duration{time.Minute, cartTTL / 2}).Draw(rt, "time"))
				if c.session != "" {
					if s, err := w.core.Get(ctx, agent, c.session); err != nil || s.Status == acp.Expired {
						c.session = ""
					}
				}
			case "cancel":
				status = w.core.CancelCart(ctx, w.cartCall("/carts/"+c.id+"/cancel"), c.id).Status
				if !gone() {
					c.over = true
					if status != 200 {
						rt.Fatal(status)
					}
					continue
				}
			case "end session", "pay":
				if c.session == "" {
					continue
				}
				if step == "end session" {
					w.must(w.core.Cancel(ctx, w.call("/checkout_sessions/"+c.session+"/cancel"), c.session, acp.CancelRequest{}))
				} else {
					s := w.update(c.session, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "buyer@example.com"}),
						FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(*california.Address)})})
					w.must(w.complete(s.ID, "tok_ok_"+s.ID))
					c.over = true
				}
				c.session = ""
			}
			if gone() && status != 0 && status != 404 {
				rt.Fatalf("answer %d about a cart that is gone", status)
			}
			w.holds(rt, c, gone(), prices)
		}
	})
}

// holds compares a cart and its session with what they have to be.
func (w *world) holds(rt *rapid.T, c *modelCart, gone bool, prices map[string]int64) {
	ctx := context.Background()
	cart, err := w.core.Cart(ctx, agent, c.id)
	if gone {
		if err == nil || acp.AsError(err).Status != 404 {
			rt.Fatalf("a cart that is gone: %v", err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	total := int64(0)
	for item, n := range c.lines {
		total += n * prices[item]
	}
	if got, _ := acp.Amount(cart.Totals, acp.TotalTotal); got != total || !cart.ExpiresAt.Equal(c.ends) {
		rt.Fatalf("a total of %d until %v; want %d until %v", got, cart.ExpiresAt, total, c.ends)
	}
	if diff := cmp.Diff(c.lines, quantities(cart.LineItems)); diff != "" {
		rt.Fatal(diff)
	}
	if c.session == "" {
		return
	}
	s, err := w.core.Get(ctx, agent, c.session)
	if err != nil {
		rt.Fatal(err)
	}
	if diff := cmp.Diff(c.carried, quantities(s.LineItems)); diff != "" {
		rt.Fatalf("the session: %s", diff)
	}
}

func quantities(lines []acp.LineItem) map[string]int64 {
	out := map[string]int64{}
	for i := range lines {
		out[lines[i].Item.ID] = lines[i].Quantity
	}
	return out
}
