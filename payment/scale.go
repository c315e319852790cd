package payment

import (
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// Scale holds the currencies, in lower case, that a PSP counts with other
// decimals than ISO 4217.
type Scale map[string]int

// ToPSP converts minor units into the PSP's. It is exact or an error.
func (s Scale) ToPSP(minor int64, currency string) (int64, error) {
	iso, psp, err := s.digits(currency)
	if err != nil {
		return 0, err
	}
	return shift(minor, psp-iso, currency)
}

// FromPSP converts the PSP's units into minor units. It is exact or an error.
func (s Scale) FromPSP(units int64, currency string) (int64, error) {
	iso, psp, err := s.digits(currency)
	if err != nil {
		return 0, err
	}
	return shift(units, iso-psp, currency)
}

func (s Scale) digits(currency string) (iso, psp int, err error) {
	currency = strings.ToLower(currency)
	iso, ok := money.Exponent(currency)
	if !ok {
		return 0, 0, fmt.Errorf("%w: %q", money.ErrCurrency, currency)
	}
	psp, ok = s[currency]
	if !ok {
		psp = iso
	}
	return iso, psp, nil
}

func shift(amount int64, digits int, currency string) (int64, error) {
	for ; digits > 0; digits-- {
		var err error
		if amount, err = money.Mul(amount, 10); err != nil {
			return 0, err
		}
	}
	for ; digits < 0; digits++ {
		if amount%10 != 0 {
			return 0, fmt.Errorf("%w: the payment provider counts %s with fewer decimals", money.ErrScale, currency)
		}
		amount /= 10
	}
	return amount, nil
}
