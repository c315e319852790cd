package checkout_test

import (
	"slices"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
)

func TestSuggestedTips(t *testing.T) {
	shop := &checkout.Merchant{MaxTip: 500, TipSuggestions: []checkout.TipSuggestion{{PPM: 100_000}, {PPM: 150_000}, {Amount: 200}, {Amount: 450}}}
	for name, c := range map[string]struct {
		subtotal int64
		want     []checkout.SuggestedTip
	}{
		"shares and amounts":            {1805, []checkout.SuggestedTip{{181, 100_000}, {271, 150_000}, {200, 0}, {450, 0}}},
		"a share of nothing is no tip":  {0, []checkout.SuggestedTip{{200, 0}, {450, 0}}},
		"the same amount is there once": {2000, []checkout.SuggestedTip{{200, 100_000}, {300, 150_000}, {450, 0}}},
		"none above the largest":        {4999, []checkout.SuggestedTip{{500, 100_000}, {200, 0}, {450, 0}}},
		"no share that cannot be":       {money.Max, []checkout.SuggestedTip{{200, 0}, {450, 0}}},
	} {
		s := &checkout.Session{Session: acp.Session{Totals: []acp.Total{{Type: acp.TotalSubtotal, Amount: c.subtotal}}}}
		if got := shop.SuggestedTips(s); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestWrapPrice(t *testing.T) {
	s := &checkout.Session{Session: acp.Session{LineItems: make([]acp.LineItem, 3)}, DigitalLines: []string{"li_1"}}
	for _, c := range []struct {
		wrap *checkout.GiftWrap
		want int64
	}{{&checkout.GiftWrap{Price: 300}, 300}, {&checkout.GiftWrap{Price: 300, PerLine: true}, 600}} {
		if got := (&checkout.Merchant{GiftWrap: c.wrap}).WrapPrice(s); got != c.want {
			t.Errorf("%+v: %d, want %d", c.wrap, got, c.want)
		}
	}
	downloads := &checkout.Session{Session: acp.Session{LineItems: make([]acp.LineItem, 1)}, DigitalLines: []string{"li_1"}}
	for name, c := range map[string]struct {
		shop *checkout.Merchant
		s    *checkout.Session
		want bool
	}{
		"a shop that wraps":         {&checkout.Merchant{GiftWrap: &checkout.GiftWrap{}}, s, true},
		"a shop that does not":      {&checkout.Merchant{}, s, false},
		"nothing that can be taken": {&checkout.Merchant{GiftWrap: &checkout.GiftWrap{}}, downloads, false},
	} {
		if got := c.shop.Wraps(c.s); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
