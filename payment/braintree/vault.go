package braintree

import (
	"errors"
	"regexp"

	"github.com/checkstand/checkstand/payment"
)

// vaultForm is that of the ids of customers and of payment methods, which the
// shop may have chosen itself.
var vaultForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,36}$`)

// CheckStored implements payment.Vault. Without request keys nothing would keep
// a repeated sale from charging a card of the vault twice, as a token that is
// used up does: then none is taken.
func (p *Provider) CheckStored(s payment.Stored) error {
	switch err := s.Check(); {
	case err != nil:
		return err
	case !p.keyed:
		return errors.New("cards of the vault are charged only with request keys: no_request_keys is set")
	case !vaultForm.MatchString(s.Customer):
		return errors.New("that is no customer id of Braintree's: it has 1 to 36 letters, digits, hyphens and underscores")
	case !vaultForm.MatchString(s.Card):
		return errors.New("that is no payment method token of Braintree's: it has 1 to 36 letters, digits, hyphens and underscores")
	}
	return nil
}
