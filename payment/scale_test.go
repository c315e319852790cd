package payment_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

func TestScaleIsExactOrAnError(t *testing.T) {
	scale := payment.Scale{"isk": 2, "ugx": 2, "cve": 0}
	for _, c := range []struct {
		currency    string
		minor, unit int64
		err         error
	}{
		{"usd", 1999, 1999, nil},
		{"jpy", 500, 500, nil},
		{"kwd", 1230, 1230, nil},
		{"isk", 500, 50000, nil},
		{"cve", 500, 5, nil},
		{"cve", 505, 0, money.ErrScale},
		{"isk", money.Max, 0, money.ErrRange},
		{"nope", 1, 0, money.ErrCurrency},
	} {
		got, err := scale.ToPSP(c.minor, c.currency)
		if got != c.unit || !errors.Is(err, c.err) {
			t.Errorf("%d %s: %d, %v", c.minor, c.currency, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1<<40).Draw(t, "minor")
		currency := rapid.SampledFrom([]string{"usd", "jpy", "isk", "cve", "kwd"}).Draw(t, "currency")
		units, err := scale.ToPSP(minor, currency)
		if err != nil {
			return
		}
		if back, err := scale.FromPSP(units, currency); err != nil || back != minor {
			t.Fatalf("%d %s: %d there, %d back, %v", minor, currency, units, back, err)
		}
	})
}
