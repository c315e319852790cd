package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Facts are what a shop knows of a session and needs for itself: who buys, where
// the goods go, and what is in no answer or webhook. Tokens of affiliates are in
// it; it is for an operator's eyes and for books, not for logs.
type Facts struct {
	Session    string      `json:"session"`
	Status     acp.Status  `json:"status"`
	Order      string      `json:"order,omitzero"`
	Agent      string      `json:"agent"`
	Live       bool        `json:"live"`
	APIVersion acp.Version `json:"api_version"` // of the last writing request
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
	Buyer      *acp.Buyer  `json:"buyer,omitzero"`
	OrderNotes string      `json:"order_notes,omitzero"`
	// Where the goods go, and those that go elsewhere.
	FulfillmentDetails *acp.FulfillmentDetails `json:"fulfillment_details,omitzero"`
	FulfillmentGroups  []acp.FulfillmentGroup  `json:"fulfillment_groups,omitzero"`

	GiftWrap   *acp.GiftWrap    `json:"gift_wrap,omitzero"`
	Consents   []Consent        `json:"marketing_consents,omitzero"`
	Terms      *Acceptance      `json:"terms,omitzero"`       // accepted on the checkout page
	FirstTouch *acp.Attribution `json:"first_touch,omitzero"` // the affiliate named on create
	LastTouch  *acp.Attribution `json:"last_touch,omitzero"`  // and on complete
	Intent     *acp.IntentTrace `json:"intent_trace,omitzero"`

	PurchaseOrder *PurchaseOrder `json:"purchase_order,omitzero"`
}

// Facts gathers them.
func (s *Session) Facts() Facts {
	f := Facts{Session: s.ID, Status: s.Status, Agent: s.Agent, Live: s.Live, APIVersion: s.APIVersion, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		Buyer: s.Buyer, OrderNotes: s.OrderNotes, FulfillmentDetails: s.FulfillmentDetails, FulfillmentGroups: s.FulfillmentGroups,
		GiftWrap: s.Wrap, Consents: s.Consents, Terms: s.Terms, FirstTouch: s.FirstTouch, LastTouch: s.LastTouch, Intent: s.Intent}
	f.PurchaseOrder = s.PurchaseOrder
	if s.Order != nil {
		f.Order = s.Order.ID
	}
	return f
}
