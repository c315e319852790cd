package checkout

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/text"
)

// SellerManaged is the provider's name in the protocol where the shop sees to the
// payment itself: of saved cards, gift cards, points and store credit.
const SellerManaged = "seller_managed"

// sellerBacked begins the names of the payment handlers and, with an underscore
// for the last dot, the types of their instruments.
const sellerBacked = "seller_backed"

// SellerSchemas is where the shop serves the JSON Schemas of these handlers,
// below its base URL, each kind's in a folder of its own.
const SellerSchemas = "/schemas/handlers/seller_backed/"

// backed is the setup for payments out of the shop's own ledger.
func (p PaymentSetup) backed(m *Merchant) PaymentSetup {
	return PaymentSetup{Provider: p.Ledger, MerchantID: m.ID, Capture: p.Capture}
}

// accountOf is the setup that an attempt was sent to; ok is false when it is
// not configured any more.
func (m *Merchant) accountOf(a *payment.Attempt) (setup PaymentSetup, ok bool) {
	setup = m.Payment(a.Live)
	if setup.Ledger != nil && a.Provider == setup.Ledger.Name() {
		setup = setup.backed(m)
	}
	return setup, setup.took(a)
}

// customer is whose balances a session may show and spend: the customer that
// an agent names, where the shop lets this agent say who its buyers are, and it
// says that this one is signed in. "" is nobody.
func (s *Session) customer(m *Merchant) string {
	b := s.Buyer
	if b == nil || b.AuthenticationStatus != "authenticated" || !m.Identifies[s.Agent] || m.Payment(s.Live).Ledger == nil {
		return ""
	}
	return b.CustomerID
}

// offerOf is offer for a caller that has no settings at hand. sess may be nil.
func (s *Service) offerOf(ctx context.Context, r Reader, sess *Session) error {
	if sess == nil || sess.Buyer == nil {
		return nil
	}
	m, err := s.merchants.Merchant(ctx, sess.MerchantID)
	if err != nil {
		return err
	}
	return sess.offer(r, m, s.now())
}

// offer looks up what the session's buyer can pay all of it with, beside a
// card. What is offered is true of this moment and is not stored.
func (s *Session) offer(r Reader, m *Merchant, now time.Time) error {
	s.Offered, s.OfferedCards = nil, nil
	if Final(s.Status) || s.Total() <= 0 {
		return nil
	}
	customer := s.customer(m)
	if customer == "" {
		return nil
	}
	if err := s.offerCards(r, m, customer, now); err != nil {
		return err
	}
	list, err := r.CustomerBalances(s.MerchantID, s.Live, customer, now)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Pays(s.Total(), s.Currency, now) {
			s.Offered = append(s.Offered, list[i])
		}
	}
	return nil
}

// sellerHandlers are the ways to pay with what the shop owes the buyer.
func (m *Merchant) sellerHandlers(s *Session) []acp.PaymentHandler {
	var out []acp.PaymentHandler
	t := m.texts(s)
	for i := range s.Offered {
		b := &s.Offered[i]
		h := m.sellerHandler(b.ID, string(b.Kind), balanceName(b, t))
		h.Config.Display = &acp.HandlerDisplay{BalanceDisplay: t.Money(b.Worth(), b.Currency)}
		switch b.Kind {
		case balance.GiftCard:
			h.Config.Display.Last4 = b.Last4
			h.Config.RequiredFields = []acp.HandlerField{} // whose it is, is known
		case balance.Points:
			h.Config.Display.Balance = &b.Available
			h.Config.Display.BalanceDisplay = t.Say("pay.points_are", "count", b.Available) + " (" + h.Config.Display.BalanceDisplay + ")"
			h.Config.Display.ConversionRate = t.Say("pay.points_are", "count", b.Rate.Units) + " = " + t.Money(b.Rate.Amount, b.Currency)
		case balance.StoreCredit:
			h.Config.Display.Balance, h.Config.Display.Currency = &b.Available, b.Currency
		}
		out = append(out, h)
	}
	return out
}

// sellerHandler is what the handlers of all kinds have in common.
func (m *Merchant) sellerHandler(handlerID, kind, name string) acp.PaymentHandler {
	schemas := m.BaseURL + SellerSchemas + kind + "/"
	return acp.PaymentHandler{ID: handlerID, Name: "dev.acp." + sellerBacked + "." + kind, DisplayName: name, Version: "2026-02-05",
		Spec:                    "https://acp.dev/handlers/" + sellerBacked + "/" + kind,
		RequiresDelegatePayment: true, PSP: SellerManaged,
		ConfigSchema: schemas + "config.json", InstrumentSchemas: []string{schemas + "instrument.json"},
		Config: acp.HandlerConfig{MerchantID: m.ID, PSP: SellerManaged, DisplayName: name}}
}

// balanceName is what a balance is called.
func balanceName(b *balance.Balance, t *text.Texts) string {
	switch b.Kind {
	case balance.GiftCard:
		return t.Say("pay.gift_card", "digits", b.Last4)
	case balance.Points:
		return t.Say("pay.points")
	}
	return t.Say("pay.store_credit")
}

// choose finds who takes the payment: the shop's account at its PSP, from a
// token or from one of the buyer's saved cards, or the shop's own ledger where
// the handler is one of the buyer's balances.
func (p *purchase) choose(setup PaymentSetup) *acp.Error {
	pay := p.req.Payment
	p.provider, p.cred = setup.Provider, payment.Credential{Type: pay.CredentialType, Token: secret.New(pay.Token)}
	if pay.PurchaseOrder != nil {
		return nil // nobody takes anything; whose order it is decides
	}
	if p.cred.Type == payment.FromScript && !p.call.script {
		// That word tells tokens of buyers whom the PSP's script has asked; an agent
		// that says it could pass by the authentication that the shop insists on.
		return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, pay.TokenParam,
			"That credential does not fit the payment handler. Send a token of the type spt.")
	}
	switch kind, _, _ := strings.Cut(pay.HandlerID, "_"); {
	case setup.Ledger != nil && kind == balance.Prefix:
		p.backed, p.provider, p.cred = pay.HandlerID, setup.Ledger, seller.Credential(pay.Token, pay.HandlerID)
	case setup.Ledger != nil && kind == savedcard.Prefix:
		p.saved = pay.HandlerID
	default:
		if e := acceptsHandler(setup, pay); e != nil {
			return e
		}
	}
	audited := p.backed != "" || p.saved != ""
	if audited {
		if !wellFormed(pay.HandlerID) {
			return notOffered(pay)
		}
		if _, err := (payment.Charge{Credential: p.cred}).Token(); err != nil {
			return acp.Invalid(pay.TokenParam, "The payment token is empty or too long. Send it as it was issued.")
		}
	}
	if audited || !p.provider.Reusable(p.cred) {
		token := pay.Token
		if audited {
			// Tokens of a PSP are its own, whichever shop they come to. These are made
			// by agents, of which two may say the same to two shops.
			token = p.call.MerchantID + "\x00" + token
		}
		p.prints = p.box.Fingerprints(token)
	}
	return nil
}

func notOffered(pay acp.PaymentData) *acp.Error {
	return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, pay.HandlerParam,
		"This shop did not offer that way to pay. Use one that the session names.")
}

// entitled refuses a balance or a saved card that is not the session's buyer's.
// Whether a balance is enough is decided where it is spent.
func (p *purchase) entitled(tx Reader, sess *Session) error {
	if p.saved != "" {
		return p.entitledToCard(tx, sess)
	}
	if p.backed == "" {
		return nil
	}
	customer := sess.customer(p.merchant)
	b, err := tx.Balance(sess.MerchantID, p.backed)
	switch {
	case errors.Is(err, balance.ErrNotFound) || err == nil && (customer == "" || b.CustomerID != customer || b.Live != sess.Live):
		return notOffered(p.req.Payment)
	case err != nil:
		return err
	}
	if kind := p.req.Payment.InstrumentType; kind != "" && kind != sellerBacked+"_"+string(b.Kind) {
		return wrongInstrument(p.req.Payment, string(b.Kind))
	}
	return nil
}

// setup is that of the account that takes this payment.
func (p *purchase) setup(live bool) PaymentSetup {
	setup := p.merchant.Payment(live)
	if p.backed != "" {
		return setup.backed(p.merchant)
	}
	return setup
}
