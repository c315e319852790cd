package payment

import (
	"errors"

	"github.com/checkstand/checkstand/secret"
)

// Stored names a card that the PSP keeps for one of the shop's customers. It is
// the shop's own knowledge: an agent can send none.
type Stored struct {
	Customer string // what the PSP calls the customer
	Card     string // what the PSP calls the card
}

// IsZero reports whether no card is named.
func (s Stored) IsZero() bool { return s == Stored{} }

// Vault is a Provider whose PSP keeps cards of the shop's customers. A charge
// whose credential names one is made with it, as often as the shop asks; the
// credential's token goes no further then. A card that the PSP does not know,
// has given up or keeps for another customer is ClassTokenInvalid.
type Vault interface {
	Provider
	// CheckStored refuses references that this PSP does not make, with an error
	// that says what they look like and shows neither.
	CheckStored(Stored) error
}

// Check refuses references that no PSP makes. Each Vault looks at more.
func (s Stored) Check() error {
	switch {
	case s.Customer == "" || s.Card == "":
		return errors.New("a stored card is named by what the payment provider calls the customer and the card")
	case secret.HasCardNumber(s.Card) || secret.HasCardNumber(s.Customer):
		return errors.New("the reference to a stored card looks like a card number")
	}
	return nil
}
