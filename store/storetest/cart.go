package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/store"
)

func newCart(merchantID, id string) *checkout.Cart {
	return &checkout.Cart{MerchantID: merchantID, Agent: "agent", Cart: acp.Cart{ID: id, Currency: "eur", ExpiresAt: at.Add(time.Hour)}}
}

func testCart(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()

	t.Run("reads back what was written", func(t *testing.T) {
		amount := int64(1 << 52)
		want := &checkout.Cart{
			Cart: acp.Cart{ID: "cart_full", Currency: "eur", Buyer: &acp.Buyer{FullName: "Test Buyer\u0000 ☃", Email: "buyer@example.com"},
				LineItems: []acp.LineItem{{ID: "li_1", Item: acp.ItemRef{ID: "a"}, Quantity: 3, UnitAmount: &amount, Totals: []acp.Total{{Type: acp.TotalTotal, Amount: amount}}}},
				Totals:    []acp.Total{}, Messages: []acp.Message{{Type: acp.Info, ContentType: "plain", Content: "hello"}}, ExpiresAt: at.Add(time.Hour)},
			MerchantID: shop, Agent: "agent", CredentialID: "key_1", Live: true, APIVersion: acp.V20260417, Locale: "de-DE",
			Prices: map[string]int64{"a": 5, "ü\"": amount}, CreatedAt: at, UpdatedAt: at, SessionID: "cs_1", ByLink: true, Changes: 7, Carried: 6,
		}
		holds(t, s, func(tx *store.Tx) error { return tx.InsertCart(want) })
		for range 2 {
			got, err := s.Reader(ctx).Cart(shop, "cart_full")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			want.LineItems, want.Live, want.SessionID, want.Prices = nil, false, "", nil
			holds(t, s, func(tx *store.Tx) error { return tx.SaveCart(want) })
		}
		if want.Version != 3 {
			t.Errorf("version = %d after an insert and two saves", want.Version)
		}
	})

	t.Run("another merchant has no such cart", func(t *testing.T) {
		holds(t, s, func(tx *store.Tx) error { return tx.InsertCart(newCart(shop, "cart_mine")) })
		if _, err := s.Reader(ctx).Cart(otherShop, "cart_mine"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		theirs := newCart(otherShop, "cart_mine")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertCart(theirs) })
		holds(t, s, func(tx *store.Tx) error { return tx.DeleteCart(theirs) })
		if got, err := s.Reader(ctx).Cart(shop, "cart_mine"); err != nil || got.Version != 1 {
			t.Errorf("cart = %+v, %v", got, err)
		}
	})

	t.Run("guards", func(t *testing.T) {
		first := newCart(shop, "cart_guard")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertCart(first) })
		refused(t, s, "an id that exists", func(tx *store.Tx) error { return tx.InsertCart(newCart(shop, "cart_guard")) })
		stale := *first
		holds(t, s, func(tx *store.Tx) error { return tx.SaveCart(first) })
		refused(t, s, "saving an old version", func(tx *store.Tx) error { return tx.SaveCart(&stale) })
		refused(t, s, "deleting an old version", func(tx *store.Tx) error { return tx.DeleteCart(&stale) })
		if stale.Version != 1 || first.Version != 2 {
			t.Errorf("versions %d and %d; want 1 and 2", stale.Version, first.Version)
		}
		holds(t, s, func(tx *store.Tx) error { return tx.DeleteCart(first) })
		if _, err := s.Reader(ctx).Cart(shop, "cart_guard"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("err = %v after the cart was deleted", err)
		}
		refused(t, s, "a cart that is not there", func(tx *store.Tx) error { return tx.SaveCart(first) })
	})

	t.Run("one session of many that are opened at once", func(t *testing.T) {
		cart := newCart(shop, "cart_once")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertCart(cart) })
		const n = 20
		together(n, func(i int) {
			err := s.Do(ctx, func(tx *store.Tx) error {
				cart, err := tx.Cart(shop, "cart_once")
				if err != nil || cart.SessionID != "" {
					return err
				}
				ses := newSession(shop, fmt.Sprintf("cs_once_%d", i))
				cart.SessionID = ses.ID
				return errors.Join(tx.InsertSession(ses), tx.SaveCart(cart))
			})
			if err != nil {
				t.Error(err)
			}
		})
		opened := 0
		for i := range n {
			if _, err := s.Reader(ctx).Session(shop, fmt.Sprintf("cs_once_%d", i)); err == nil {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("%d sessions were opened", opened)
		}
	})
}

// drawCartWrite is a write to a cart, as one of those that both engines are to
// carry out alike.
func drawCartWrite(rt *rapid.T, id, text string, stale bool) write {
	verb := rapid.SampledFrom([]string{"insert", "save", "delete"}).Draw(rt, "verb")
	return write{verb + " cart", func(tx *store.Tx) error {
		if verb == "insert" {
			return tx.InsertCart(newCart(shop, id))
		}
		cart, err := tx.Cart(shop, id)
		if err != nil {
			return errAbsent
		}
		if stale {
			cart.Version--
		}
		if verb == "delete" {
			return tx.DeleteCart(cart)
		}
		cart.Locale, cart.SessionID = text, text
		return tx.SaveCart(cart)
	}}
}
