package checkout

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// Merchant is the settings of one shop: what it charges beside the goods, what
// it promises, and how it is paid.
type Merchant struct {
	ID       string
	Name     string
	Currency string // lower-case ISO 4217, of every session
	Locale   string // BCP 47, for texts where nobody has asked for a language
	// BaseURL is the public origin, without a slash at the end. Permalinks and
	// pictures stored with a /-rooted path are made absolute with it.
	BaseURL string
	Links   []acp.Link // terms_of_use and privacy_policy at least

	Taxes   pricing.Taxes
	Methods []pricing.Method
	// MethodTitles and MethodDescriptions are those of Methods in other languages,
	// by the method's id.
	MethodTitles, MethodDescriptions map[string]text.Own
	// Discounts are nil when the shop has none.
	Discounts *Discounts

	LowStock   int64         // at or below this many left a low_stock warning is given; 0 gives none
	SessionTTL time.Duration // how long a session without a purchase lives
	QuoteTTL   time.Duration // how long a price shown at ready_for_payment is binding
	// SuggestedPriceWindow is how long the shop keeps a price that an agent has
	// from a feed, counted from when it saw it there; 0 keeps none.
	SuggestedPriceWindow time.Duration
	CartTTL              time.Duration // how long a cart lives after its last change; 0 for a shop without carts

	// Fees are charged by themselves, GiftWrap (nil when the shop wraps nothing)
	// and tips on demand. MaxTip is in minor units, 0 when there are none.
	Fees     []pricing.Fee
	GiftWrap *GiftWrap
	MaxTip   int64
	// FeeTitles are those of Fees in other languages, by the fee's id.
	FeeTitles map[string]text.Own
	// TipSuggestions are shown on the checkout page, for tips of up to MaxTip.
	TipSuggestions []TipSuggestion
	// Accounts are customers who may pay by invoice.
	Accounts []Account
	// Restrictions are rules on who may buy what, beside those of the items.
	Restrictions []Restriction
	AgeCheck     AgeCheck
	// Exemptions says what a certificate of tax exemption does; Certificates are
	// the ids of those that the operator has checked.
	Exemptions   ExemptionPolicy
	Certificates []string
	// Consents are what the buyer is asked before the payment, once for each
	// channel, and ConsentTexts the questions in other languages, by the channel.
	Consents     []acp.MarketingConsentOption
	ConsentTexts map[string]text.Own
	// AcceptTerms has the checkout page refuse a buyer who has not accepted the
	// terms of use. Agents show them in ways of their own.
	AcceptTerms bool

	// CheckoutLink gives the address of the checkout page of a session; nil when
	// the shop has none. See Links.
	CheckoutLink func(*Session) string
	// CartLink gives the address of the page of a cart; nil when the shop has
	// none. See CartLinks.
	CartLink func(*Cart) string
	// ReturnOrigins are the origins of addresses that a buyer may be sent back
	// to after the checkout page, as in "https://chatgpt.com".
	ReturnOrigins []string

	// Identifies has the agents that may say who their buyers are. Others may
	// not: who can name a customer can spend what the shop owes them, and order on
	// their account.
	Identifies map[string]bool

	Test PaymentSetup // for test-mode credentials
	Live PaymentSetup // for live-mode credentials; Provider nil refuses live sessions
}

// PaymentSetup is one PSP account as agents see it.
type PaymentSetup struct {
	Provider   payment.Provider
	MerchantID string // the shop's id at the PSP, shown to agents
	// StandIn is the provider's name in versions whose schema allows only
	// certain names.
	StandIn string
	Brands  []string // accepted card brands
	Capture payment.CaptureMode
	ThreeDS ThreeDS
	// Ledger takes payments out of what the shop owes its customers; nil where it
	// does not keep that.
	Ledger payment.Provider
	// PublicKey is the account's publishable key, for agents that tokenise at
	// the PSP themselves; "" shows none. It is never a secret.
	PublicKey string
}

// took reports whether an attempt was sent to this account. No other one can
// say what became of it.
func (p PaymentSetup) took(a *payment.Attempt) bool {
	return p.Provider != nil && p.Provider.Name() == a.Provider && (a.Account == "" || a.Account == p.MerchantID)
}

// Hosted is the provider with payment on pages; nil when it has none.
func (p PaymentSetup) Hosted() payment.Hosted {
	h, _ := p.Provider.(payment.Hosted)
	return h
}

// Payment is the setup of a mode.
func (m *Merchant) Payment(live bool) PaymentSetup {
	if live {
		return m.Live
	}
	return m.Test
}

// Merchants finds settings. The result is shared and not to be changed.
type Merchants interface {
	// Merchant returns the settings or ErrNotFound.
	Merchant(ctx context.Context, id string) (*Merchant, error)
}
