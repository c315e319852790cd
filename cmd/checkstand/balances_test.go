package main

import (
	"testing"

	"github.com/checkstand/checkstand/balance"
)

// A move of money is written as money, one of points as points, and what goes
// and what comes have their signs.
func TestMovesOfBalances(t *testing.T) {
	for _, tt := range []struct {
		kind     balance.Kind
		currency string
		moved    int64
		want     string
	}{
		{balance.GiftCard, "usd", 50000, "+$500.00"},
		{balance.GiftCard, "usd", -2401, "-$24.01"},
		{balance.StoreCredit, "eur", 0, "€0.00"},
		{balance.StoreCredit, "jpy", 1200, "+¥1,200"},
		{balance.Points, "usd", 15000, "+15000 points"},
		{balance.Points, "usd", -300, "-300 points"},
		{balance.Points, "usd", 0, "0 points"},
	} {
		if got := movedBy(&balance.Balance{Kind: tt.kind, Currency: tt.currency}, tt.moved); got != tt.want {
			t.Errorf("%d %s of %s: %q; want %q", tt.moved, tt.kind, tt.currency, got, tt.want)
		}
	}
}
