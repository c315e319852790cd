package acp

import "time"

// Session is a checkout session as an agent sees it, in the newest shape. Its
// JSON form is that of the newest version; package wire projects it for the
// others. Every amount is in minor units of Currency.
type Session struct {
	ID                         string                      `json:"id"`
	Protocol                   *Protocol                   `json:"protocol,omitzero"`
	Capabilities               Capabilities                `json:"capabilities"`
	Buyer                      *Buyer                      `json:"buyer,omitzero"`
	Status                     Status                      `json:"status"`
	Currency                   string                      `json:"currency"`
	LineItems                  []LineItem                  `json:"line_items"`
	FulfillmentDetails         *FulfillmentDetails         `json:"fulfillment_details,omitzero"`
	FulfillmentOptions         []FulfillmentOption         `json:"fulfillment_options"`
	SelectedFulfillmentOptions []SelectedFulfillmentOption `json:"selected_fulfillment_options,omitzero"`
	Totals                     []Total                     `json:"totals"`
	Messages                   []Message                   `json:"messages"`
	Links                      []Link                      `json:"links"`
	Order                      *OrderRef                   `json:"order,omitzero"`
	Locale                     string                      `json:"locale,omitzero"`
	Timezone                   string                      `json:"timezone,omitzero"`
	QuoteID                    string                      `json:"quote_id,omitzero"`
	QuoteExpiresAt             time.Time                   `json:"quote_expires_at,omitzero"`
	CreatedAt                  time.Time                   `json:"created_at,omitzero"`
	UpdatedAt                  time.Time                   `json:"updated_at,omitzero"`
	ExpiresAt                  time.Time                   `json:"expires_at,omitzero"`
	ContinueURL                string                      `json:"continue_url,omitzero"`
	Metadata                   map[string]any              `json:"metadata,omitzero"`
}

// Status is the state of a session. checkout.Transitions is the table of
// allowed moves.
type Status string

const (
	Incomplete             Status = "incomplete"
	NotReadyForPayment     Status = "not_ready_for_payment"
	RequiresEscalation     Status = "requires_escalation"
	AuthenticationRequired Status = "authentication_required"
	ReadyForPayment        Status = "ready_for_payment"
	PendingApproval        Status = "pending_approval"
	CompleteInProgress     Status = "complete_in_progress"
	Completed              Status = "completed"
	Canceled               Status = "canceled"
	InProgress             Status = "in_progress"
	Expired                Status = "expired"
)

// Protocol names the API version a session is shown in.
type Protocol struct {
	Version Version `json:"version"`
}

// Buyer is who buys. Only Email is required from 2026-01-30 on; earlier
// versions carry names (see package wire).
type Buyer struct {
	FirstName   string `json:"first_name,omitzero"`
	LastName    string `json:"last_name,omitzero"`
	FullName    string `json:"full_name,omitzero"`
	Email       string `json:"email"`
	PhoneNumber string `json:"phone_number,omitzero"`
	CustomerID  string `json:"customer_id,omitzero"`
}

// Address is a postal address. Country is ISO 3166-1 alpha-2 in upper case;
// State is the region code or name as the agent gave it.
type Address struct {
	Name       string `json:"name"`
	LineOne    string `json:"line_one"`
	LineTwo    string `json:"line_two,omitzero"`
	City       string `json:"city"`
	State      string `json:"state"`
	Country    string `json:"country"`
	PostalCode string `json:"postal_code"`
	Company    string `json:"company,omitzero"`
}

// FulfillmentDetails says to whom and where the goods go.
type FulfillmentDetails struct {
	Name        string   `json:"name,omitzero"`
	PhoneNumber string   `json:"phone_number,omitzero"`
	Email       string   `json:"email,omitzero"`
	Address     *Address `json:"address,omitzero"`
}

// ItemRef names an item of the catalogue.
type ItemRef struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitzero"`
	UnitAmount *int64 `json:"unit_amount,omitzero"`
}

// LineItem is one line of the cart. ID stays the same as long as the line
// lives; the amounts are in Totals, whose order is base, discount, subtotal,
// tax, total.
type LineItem struct {
	ID                 string          `json:"id"`
	Item               ItemRef         `json:"item"`
	Quantity           int64           `json:"quantity"`
	Name               string          `json:"name,omitzero"`
	Description        string          `json:"description,omitzero"`
	Images             []string        `json:"images,omitzero"`
	UnitAmount         *int64          `json:"unit_amount,omitzero"`
	ProductID          string          `json:"product_id,omitzero"`
	SKU                string          `json:"sku,omitzero"`
	VariantID          string          `json:"variant_id,omitzero"`
	Category           string          `json:"category,omitzero"`
	Tags               []string        `json:"tags,omitzero"`
	Weight             *Weight         `json:"weight,omitzero"`
	AvailabilityStatus string          `json:"availability_status,omitzero"` // in_stock, low_stock, out_of_stock, backorder, pre_order
	AvailableQuantity  *int64          `json:"available_quantity,omitzero"`
	VariantOptions     []VariantOption `json:"variant_options,omitzero"`
	TaxExempt          bool            `json:"tax_exempt,omitzero"`
	Totals             []Total         `json:"totals"`
}

// VariantOption is one choice that tells a variant from its siblings.
type VariantOption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Weight is the weight of one unit.
type Weight struct {
	Value float64 `json:"value"` // a measure, not money
	Unit  string  `json:"unit"`  // g, kg, oz, lb
}

// TotalType names a figure of a totals list.
type TotalType string

const (
	TotalItemsBaseAmount TotalType = "items_base_amount"
	TotalItemsDiscount   TotalType = "items_discount"
	TotalSubtotal        TotalType = "subtotal"
	TotalDiscount        TotalType = "discount"
	TotalFulfillment     TotalType = "fulfillment"
	TotalTax             TotalType = "tax"
	TotalFee             TotalType = "fee"
	TotalTotal           TotalType = "total"
)

// Total is one figure with the words a buyer reads beside it. A deducting
// type (discounts) has a positive amount.
type Total struct {
	Type        TotalType      `json:"type"`
	DisplayText string         `json:"display_text"`
	Amount      int64          `json:"amount"`
	Description string         `json:"description,omitzero"`
	Breakdown   []TaxBreakdown `json:"breakdown,omitzero"`
}

// TaxBreakdown is the part of a tax total that one jurisdiction takes. Rate is
// a fraction (0.19), for display only.
type TaxBreakdown struct {
	Jurisdiction string  `json:"jurisdiction"`
	Rate         float64 `json:"rate"`
	Amount       int64   `json:"amount"`
}

// Amount returns the figure of a type, and whether the list has it.
func Amount(totals []Total, t TotalType) (int64, bool) {
	for i := range totals {
		if totals[i].Type == t {
			return totals[i].Amount, true
		}
	}
	return 0, false
}

// FulfillmentType is the way goods reach the buyer.
type FulfillmentType string

const (
	FulfillmentShipping FulfillmentType = "shipping"
	FulfillmentDigital  FulfillmentType = "digital"
)

// FulfillmentOption is one way of delivery on offer. Totals has fulfillment
// (before tax), tax and total.
type FulfillmentOption struct {
	Type                 FulfillmentType `json:"type"`
	ID                   string          `json:"id"`
	Title                string          `json:"title"`
	Description          string          `json:"description,omitzero"`
	Carrier              string          `json:"carrier,omitzero"`
	EarliestDeliveryTime time.Time       `json:"earliest_delivery_time,omitzero"`
	LatestDeliveryTime   time.Time       `json:"latest_delivery_time,omitzero"`
	Totals               []Total         `json:"totals"`
}

// SelectedFulfillmentOption says which option delivers which lines. ItemIDs
// are line ids on output; on input item ids are understood too.
type SelectedFulfillmentOption struct {
	Type     FulfillmentType `json:"type"`
	OptionID string          `json:"option_id"`
	ItemIDs  []string        `json:"item_ids"`
}

// Link points to a policy of the shop.
type Link struct {
	Type  string `json:"type"` // terms_of_use, privacy_policy, return_policy, shipping_policy, contact_us, about_us, faq, support
	URL   string `json:"url"`
	Title string `json:"title,omitzero"`
}

// OrderRef is the order a completed session carries.
type OrderRef struct {
	ID                string `json:"id"`
	CheckoutSessionID string `json:"checkout_session_id"`
	PermalinkURL      string `json:"permalink_url"`
	OrderNumber       string `json:"order_number,omitzero"`
	Status            string `json:"status,omitzero"`
}
