package catalog_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
)

func TestPriceAt(t *testing.T) {
	noon := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	past := []catalog.PastPrice{{Price: 100, Currency: "usd", Until: noon}, {Price: 90, Currency: "eur", Until: noon.Add(time.Hour)}}
	for _, c := range []struct {
		at       time.Time
		price    int64
		currency string
	}{
		{noon.Add(-time.Hour), 100, "usd"}, {noon.Add(-1), 100, "usd"}, {noon, 90, "eur"},
		{noon.Add(time.Hour - 1), 90, "eur"}, {noon.Add(time.Hour), 120, "usd"}, {noon.Add(24 * time.Hour), 120, "usd"},
	} {
		if price, currency := catalog.PriceAt(past, 120, "usd", c.at); price != c.price || currency != c.currency {
			t.Errorf("at %v: %d %s; want %d %s", c.at, price, currency, c.price, c.currency)
		}
	}
}
