package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/savedcard"
)

func newCard(name string) *savedcard.Card {
	return &savedcard.Card{ID: "crd_" + name, MerchantID: shop, CustomerID: "cus_" + name, Provider: "stripe", Account: "acct", PSPCustomer: "psp_cus_" + name,
		PSPCard: "psp_" + name, Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: at.Year() + 1, AddedBy: "operator:ann", CreatedAt: at}
}

func testSavedCard(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()

	t.Run("it comes back as it was", func(t *testing.T) {
		c := newCard("kept")
		c.Live, c.Label, c.Brand = true, "from her first order", "amex"
		must(t, s.AddCard(ctx, c))
		got, err := s.Reader(ctx).SavedCard(shop, c.ID)
		must(t, err)
		if diff := cmp.Diff(c, got); diff != "" {
			t.Error(diff)
		}
		if _, err := s.Reader(ctx).SavedCard(otherShop, c.ID); !errors.Is(err, savedcard.ErrNotFound) {
			t.Errorf("another shop: %v", err)
		}
		if err := s.AddCard(ctx, &savedcard.Card{ID: "crd_empty", MerchantID: shop}); err == nil {
			t.Error("a card without anything was kept")
		}
	})

	t.Run("a customer's are those at the account, the newest first", func(t *testing.T) {
		for i, change := range []func(*savedcard.Card){
			func(c *savedcard.Card) {},
			func(c *savedcard.Card) { c.Provider = "adyen" },
			func(c *savedcard.Card) { c.Account = "acct_before" },
			func(c *savedcard.Card) { c.Live = true },
			func(c *savedcard.Card) { c.CustomerID = "another" },
			func(c *savedcard.Card) { c.MerchantID = otherShop },
			func(c *savedcard.Card) {},
			func(c *savedcard.Card) {},
		} {
			c := newCard(fmt.Sprint("of", i))
			c.CustomerID = "cus_of"
			change(c)
			must(t, s.AddCard(ctx, c))
		}
		removed, err := s.RemoveCard(ctx, shop, "crd_of7", "operator:bea", at)
		must(t, err)
		if !removed.Removed() {
			t.Errorf("%+v", removed)
		}
		list, err := s.Reader(ctx).CustomerCards(shop, false, "cus_of", "stripe", "acct")
		must(t, err)
		var got []string
		for _, c := range list {
			got = append(got, c.ID)
		}
		if fmt.Sprint(got) != "[crd_of6 crd_of0]" {
			t.Errorf("got %v", got)
		}
		all, err := s.ListCards(ctx, shop, false, "cus_of", "crd_of0", 10)
		must(t, err)
		if len(all) != 4 || all[0].ID != "crd_of1" || all[3].ID != "crd_of7" {
			t.Errorf("listed %+v", all)
		}
		first, err := s.ListCards(ctx, shop, false, "", "", 1)
		must(t, err)
		if len(first) != 1 {
			t.Errorf("listed %+v", first)
		}
	})

	t.Run("no more are offered than the limit", func(t *testing.T) {
		for i := range savedcard.MaxOffered + 1 {
			c := newCard(fmt.Sprintf("many%02d", i))
			c.CustomerID = "cus_many"
			must(t, s.AddCard(ctx, c))
		}
		list, err := s.Reader(ctx).CustomerCards(shop, false, "cus_many", "stripe", "acct")
		must(t, err)
		if len(list) != savedcard.MaxOffered || list[0].ID != fmt.Sprintf("crd_many%02d", savedcard.MaxOffered) {
			t.Errorf("%d, from %s on", len(list), list[0].ID)
		}
	})

	t.Run("one that is removed keeps no reference, and can be added anew", func(t *testing.T) {
		c := newCard("gone")
		must(t, s.AddCard(ctx, c))
		later := at.Add(time.Hour)
		_, err := s.RemoveCard(ctx, shop, c.ID, "operator:bea", later)
		must(t, err)
		again, err := s.RemoveCard(ctx, shop, c.ID, "operator:cem", later.Add(time.Hour))
		must(t, err)
		stored, err := s.Reader(ctx).SavedCard(shop, c.ID)
		must(t, err)
		want := *c
		want.PSPCustomer, want.PSPCard, want.RemovedBy, want.RemovedAt = "", "", "operator:bea", later
		if diff := cmp.Diff(&want, stored) + cmp.Diff(&want, again); diff != "" {
			t.Error(diff)
		}
		if _, err := s.RemoveCard(ctx, otherShop, c.ID, "operator:bea", later); !errors.Is(err, savedcard.ErrNotFound) {
			t.Errorf("another shop removed it: %v", err)
		}
		anew := newCard("gone")
		anew.ID = "crd_anew"
		must(t, s.AddCard(ctx, anew))
	})

	t.Run("of many who save one card at once, one does", func(t *testing.T) {
		var saved, known atomic.Int64
		together(20, func(i int) {
			c := newCard("raced")
			c.ID, c.CustomerID = fmt.Sprint("crd_raced", i), fmt.Sprint("cus_raced", i)
			switch err := s.AddCard(ctx, c); {
			case err == nil:
				saved.Add(1)
			case errors.Is(err, savedcard.ErrKnown):
				known.Add(1)
			default:
				t.Error(err)
			}
		})
		if saved.Load() != 1 || known.Load() != 19 {
			t.Errorf("%d saved, %d were told that it is", saved.Load(), known.Load())
		}
		for name, change := range map[string]func(*savedcard.Card){
			"another account's":                     func(c *savedcard.Card) { c.Account = "acct_2" },
			"of another customer of the provider's": func(c *savedcard.Card) { c.PSPCustomer = "psp_cus_other" },
		} {
			c := newCard("raced")
			c.ID = "crd_" + name
			change(c)
			must(t, s.AddCard(ctx, c))
		}
	})
}
