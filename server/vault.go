package server

import (
	"fmt"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// Vault is a shop's account in a mode, where its payment provider keeps cards of
// customers, and the shop's id there. A shop or a mode without an account is
// checkout.ErrNotFound.
func (d *Desk) Vault(merchantID string, live bool) (payment.Vault, string, error) {
	m, ok := d.merchants.byID[merchantID]
	if !ok || m.Payment(live).Provider == nil {
		return nil, "", checkout.ErrNotFound
	}
	setup := m.Payment(live)
	vault, ok := setup.Provider.(payment.Vault)
	if !ok {
		return nil, "", fmt.Errorf("the payment provider %s keeps no cards", setup.Provider.Name())
	}
	return vault, setup.MerchantID, nil
}
