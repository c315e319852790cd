package catalog

import "time"

// PastPrice is what an item cost before its price was changed.
type PastPrice struct {
	Price    int64     // minor units of Currency
	Currency string    // lower-case ISO 4217
	Until    time.Time // when the next price took its place
}

// PriceAt tells what an item cost at a moment: past are its prices before the
// present one, oldest first, and price and currency that one.
func PriceAt(past []PastPrice, price int64, currency string, at time.Time) (int64, string) {
	for i := range past {
		if at.Before(past[i].Until) {
			return past[i].Price, past[i].Currency
		}
	}
	return price, currency
}
