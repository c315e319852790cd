// Package checkout is the core: sessions and their state machine, what is
// priced and when a price is binding, and the purchase itself. It knows no
// HTTP, no API version and no database; it declares the few things it needs.
package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/savedcard"
)

// Session is an acp.Session plus what only the shop knows. The public part,
// with what Merchant.Present adds, is what every answer shows; nothing of the
// rest leaves the server.
type Session struct {
	acp.Session
	MerchantID   string      `json:"-"`
	Agent        string      `json:"agent"`
	CredentialID string      `json:"credential_id"`
	Live         bool        `json:"live,omitzero"`
	APIVersion   acp.Version `json:"api_version"` // of the last writing request
	Version      int64       `json:"-"`           // counts the writes; compare-and-set

	// Chosen is how the agent wants the lines delivered, so that a re-quote keeps
	// it rather than the cheapest.
	Chosen []Choice `json:"chosen,omitzero"`
	// DigitalLines are the lines that nobody has to carry, by their ids.
	DigitalLines []string `json:"digital_lines,omitzero"`
	// Prices are those the buyer was last shown, by item id, in minor units.
	Prices map[string]int64 `json:"prices,omitzero"`
	// Honoured are prices from a feed that the shop keeps, by item id.
	Honoured map[string]HonouredPrice `json:"honoured,omitzero"`
	// Standing is what the price depended on of the buyer when it was quoted.
	Standing string `json:"standing,omitzero"`
	// Reserved is the stock that is held for the attempt in flight.
	Reserved  []Reservation `json:"reserved,omitzero"`
	AttemptID string        `json:"attempt_id,omitzero"`
	// Uses are those of discounts that are held for it.
	Uses []Use `json:"uses,omitzero"`
	// Wrong counts the discount codes that nobody has heard of.
	Wrong WrongCodes `json:"wrong_codes,omitzero"`

	// Links counts how often a link to the checkout page was taken up; each use
	// makes the link worthless. Visitor is the digest of the secret of the
	// browser that did so last, ReturnURL where the buyer came from.
	Links     int64  `json:"links,omitzero"`
	Visitor   []byte `json:"visitor,omitzero"`
	ReturnURL string `json:"return_url,omitzero"`
	// Displaced are browsers that may have paid before another one took over.
	Displaced []Displaced `json:"displaced,omitzero"`

	// OfCartLink says that it was opened on the page of a cart.
	OfCartLink bool `json:"of_cart_link,omitzero"`

	OrderNotes string `json:"order_notes,omitzero"`
	// LocaleFixed says that the agent named Locale itself, in the body of a request.
	LocaleFixed bool `json:"locale_fixed,omitzero"`
	// Wrap is set for a gift; Tip is in minor units.
	Wrap *acp.GiftWrap `json:"gift_wrap,omitzero"`
	Tip  int64         `json:"tip,omitzero"`
	// Interventions and Extensions are those that the agent has named; Extensions
	// is nil when it said nothing of any.
	Interventions *acp.Interventions `json:"agent_interventions,omitzero"`
	Extensions    []string           `json:"agent_extensions,omitzero"`
	// PurchaseOrder is set from the first try to pay by one.
	PurchaseOrder *PurchaseOrder `json:"purchase_order,omitzero"`
	// Authentication is set from the first try to pay that may need one.
	Authentication *Authentication `json:"authentication,omitzero"`

	// Write-only facts: stored, never shown.
	FirstTouch *acp.Attribution `json:"first_touch,omitzero"`
	LastTouch  *acp.Attribution `json:"last_touch,omitzero"`
	Intent     *acp.IntentTrace `json:"intent,omitzero"`
	Consents   []Consent        `json:"consents,omitzero"`
	Terms      *Acceptance      `json:"terms,omitzero"` // on the checkout page

	// Offered are the balances that the buyer can pay all of it with, at the
	// moment of the answer.
	Offered []balance.Balance `json:"-"`
	// OfferedCards are the buyer's saved cards that can be charged then.
	OfferedCards []savedcard.Card `json:"-"`

	DeletableAt time.Time `json:"-"`
}
