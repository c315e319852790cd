package checkout

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/text"
)

// savedCard is the kind of the payment handlers for cards that the shop's PSP
// keeps.
const savedCard = "saved_card"

// shownBrands are those that the protocol has a word for in the metadata of a
// saved card.
var shownBrands = []string{"visa", "mastercard", "amex", "discover"}

// takes reports whether a saved card can be charged at this account now, as far
// as the shop knows: not removed, not expired, kept at this very account and of
// a brand that the shop takes.
func (p PaymentSetup) takes(c *savedcard.Card, now time.Time) bool {
	vault, ok := p.Provider.(payment.Vault)
	return ok && c.Usable(vault.Name(), p.MerchantID, now) && (len(p.Brands) == 0 || slices.Contains(p.Brands, c.Brand)) &&
		vault.CheckStored(stored(c)) == nil
}

func stored(c *savedcard.Card) payment.Stored {
	return payment.Stored{Customer: c.PSPCustomer, Card: c.PSPCard}
}

// offerCards looks up the cards that a customer can pay with.
func (s *Session) offerCards(r Reader, m *Merchant, customer string, now time.Time) error {
	setup := m.Payment(s.Live)
	if _, ok := setup.Provider.(payment.Vault); !ok {
		return nil
	}
	list, err := r.CustomerCards(s.MerchantID, s.Live, customer, setup.Provider.Name(), setup.MerchantID)
	for i := range list {
		if setup.takes(&list[i], now) {
			s.OfferedCards = append(s.OfferedCards, list[i])
		}
	}
	return err
}

// savedCardHandlers are the ways to pay with the buyer's saved cards. Of a card
// they show brand and last digits, and nothing of what the PSP calls it.
func (m *Merchant) savedCardHandlers(s *Session) []acp.PaymentHandler {
	var out []acp.PaymentHandler
	t, setup := m.texts(s), m.Payment(s.Live)
	for i := range s.OfferedCards {
		c := &s.OfferedCards[i]
		h := m.sellerHandler(c.ID, savedCard, cardName(c, t))
		h.Config.PaymentMethodID, h.Config.Supports3DS = c.ID, setup.authenticates()
		h.Config.Display = &acp.HandlerDisplay{Last4: c.Last4}
		if slices.Contains(shownBrands, c.Brand) {
			h.Config.Display.Brand = c.Brand
		}
		out = append(out, h)
	}
	return out
}

// cardName is what a saved card is called.
func cardName(c *savedcard.Card, t *text.Texts) string {
	return t.Say("pay.saved_card", "brand", c.BrandName(), "digits", c.Last4)
}

// entitledToCard refuses a saved card that is not the session's buyer's, and
// prepares the charge of one that is. One that can be charged no more was
// offered to this buyer once: that is a decline.
func (p *purchase) entitledToCard(tx Reader, sess *Session) error {
	p.spent, p.cred.Stored = false, payment.Stored{}
	customer := sess.customer(p.merchant)
	c, err := tx.SavedCard(sess.MerchantID, p.saved)
	switch {
	case errors.Is(err, savedcard.ErrNotFound) || err == nil && (customer == "" || c.CustomerID != customer || c.Live != sess.Live):
		return notOffered(p.req.Payment)
	case err != nil:
		return err
	}
	if kind := p.req.Payment.InstrumentType; kind != "" && kind != sellerBacked+"_"+savedCard {
		return wrongInstrument(p.req.Payment, savedCard)
	}
	if p.spent = !p.merchant.Payment(sess.Live).takes(c, p.now()); !p.spent {
		p.cred.Stored, p.brand = stored(c), c.Brand
	}
	return nil
}

// wrongInstrument refuses an instrument that is not of the handler's kind.
func wrongInstrument(pay acp.PaymentData, kind string) *acp.Error {
	return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, pay.InstrumentParam(),
		"That instrument does not fit the payment handler. Send the type "+sellerBacked+"_"+kind+".")
}

// goneMessage says that a saved card cannot be charged any more, by what the
// shop or its PSP knows. The agent's token is not to blame.
func goneMessage(t *text.Texts) acp.Message {
	return acp.Message{Type: acp.ErrorMessage, Code: acp.CodePaymentDeclined, Resolution: acp.RequiresBuyerInput,
		Param: paymentParam, ContentType: "plain", Content: t.Say("pay.saved_card_gone")}
}
