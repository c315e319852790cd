package braintree

import (
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// maxDecimals is the most that any currency has.
const maxDecimals = 4

// decimal writes minor units of ISO 4217 the way Braintree takes an amount: a
// plain decimal with all the decimals of the currency, "19.99", "500",
// "1.234". It is exact or an error.
func (p *Provider) decimal(minor int64, currency string) (string, error) {
	units, err := p.decimals.ToPSP(minor, currency)
	if err != nil {
		return "", err
	}
	digits := p.digits(currency)
	s := fmt.Sprintf("%0*d", digits+1, units)
	if digits == 0 {
		return s, nil
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:], nil
}

// minor reads an amount of Braintree as minor units of ISO 4217. Decimals
// beyond the currency's must be zeros. It is exact or an error.
func (p *Provider) minor(decimal, currency string) (int64, error) {
	if !money.Valid(currency) {
		return 0, fmt.Errorf("%w: %q", money.ErrCurrency, currency)
	}
	whole, frac, point := strings.Cut(decimal, ".")
	if whole == "" || (point && frac == "") {
		return 0, fmt.Errorf("%w: %q", money.ErrFormat, decimal)
	}
	digits := p.digits(currency)
	for len(frac) > digits && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if len(frac) > digits {
		return 0, fmt.Errorf("%w: %q in %s", money.ErrScale, decimal, currency)
	}
	var units int64
	for _, c := range whole + frac + strings.Repeat("0", digits-len(frac)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: %q", money.ErrFormat, decimal)
		}
		if units = units*10 + int64(c-'0'); units > money.Max {
			return 0, fmt.Errorf("%w: %q", money.ErrRange, decimal)
		}
	}
	return p.decimals.FromPSP(units, currency)
}

// digits is how many decimals Braintree writes in a currency that exists.
func (p *Provider) digits(currency string) int {
	if n, ok := p.decimals[currency]; ok {
		return n
	}
	n, _ := money.Exponent(currency)
	return n
}
