package stripe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

// scale holds the currencies that Stripe counts with other decimals than ISO
// 4217 (docs.stripe.com/currencies, special cases): ISK and UGX have none but
// are sent with two, always 00; MGA has two that Stripe does not know.
var scale = payment.Scale{"isk": 2, "ugx": 2, "mga": 0}

// tens are the currencies of three decimals, of which Stripe wants the last
// one to be 0.
var tens = []string{"bhd", "jod", "kwd", "omr", "tnd"}

// toStripe converts minor units into Stripe's. It is exact or an error.
func toStripe(minor int64, currency string) (int64, error) {
	if minor%10 != 0 && slices.Contains(tens, strings.ToLower(currency)) {
		return 0, fmt.Errorf("%w: Stripe charges %s in steps of ten of its smallest unit", money.ErrScale, currency)
	}
	return scale.ToPSP(minor, currency)
}

// fromStripe converts Stripe's units into minor units.
func fromStripe(units int64, currency string) (int64, error) { return scale.FromPSP(units, currency) }
