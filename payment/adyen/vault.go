package adyen

import (
	"errors"
	"regexp"

	"github.com/checkstand/checkstand/payment"
)

// What names a stored card, with the lengths of the OpenAPI document of v72.
// The shop makes its shopper references up itself: nothing is asked of them but
// that they can be copied.
var (
	shopperForm = regexp.MustCompile(`^[!-~]{3,256}$`)
	storedForm  = regexp.MustCompile(`^[0-9A-Za-z]{8,64}$`)
)

// CheckStored implements payment.Vault.
func (p *Provider) CheckStored(s payment.Stored) error {
	switch err := s.Check(); {
	case err != nil:
		return err
	case !shopperForm.MatchString(s.Customer):
		return errors.New("that is no shopperReference: it has 3 to 256 printable characters and no spaces")
	case !storedForm.MatchString(s.Card):
		return errors.New("that is no storedPaymentMethodId of Adyen's: it has 8 to 64 letters and digits")
	}
	return nil
}
