package adyentest

import (
	"crypto/rand"
	"net/http"

	"github.com/checkstand/checkstand/payment"
)

// kept is a card that is stored for a shopper.
type kept struct {
	token
	shopper string
}

// Store keeps a card for a shopper, as the shop's own pages do.
func (f *Fake) Store(shopper string, o Outcome) payment.Stored {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := rand.Text()[:16]
	f.vault[name] = &kept{token: token{Grant: Grant{Outcome: o}}, shopper: shopper}
	return payment.Stored{Customer: shopper, Card: name}
}

// Disable takes a stored card away again.
func (f *Fake) Disable(card string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.vault, card)
}

// payStored is POST /payments with a card that is stored for a shopper. A
// shopper without any has no contract; that a missing recurringProcessingModel
// is answered 702 is a choice of this package.
func (f *Fake) payStored(r paymentRequest) answer {
	k, known := f.vault[r.PaymentMethod["storedPaymentMethodId"]]
	contract := false
	for _, other := range f.vault {
		contract = contract || other.shopper == r.ShopperReference
	}
	switch {
	case r.ShopperInteraction != "ContAuth" || r.RecurringProcessingModel != "CardOnFile":
		return fail(http.StatusUnprocessableEntity, "702", "shopperInteraction or recurringProcessingModel is not that of a card on file")
	case !contract:
		return fail(http.StatusUnprocessableEntity, "800", "Contract not found")
	case !known || k.shopper != r.ShopperReference:
		return fail(http.StatusUnprocessableEntity, "803", "PaymentDetail not found")
	}
	return f.charge(r, &k.token)
}
