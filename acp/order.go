package acp

import "time"

// Order is an order as the newest version and its webhooks show it.
type Order struct {
	// Locale is that of its texts; "" is the shop's. No version shows it.
	Locale            string             `json:"locale,omitzero"`
	Type              string             `json:"type,omitzero"` // "order" in webhooks
	ID                string             `json:"id"`
	CheckoutSessionID string             `json:"checkout_session_id"`
	PermalinkURL      string             `json:"permalink_url"`
	OrderNumber       string             `json:"order_number,omitzero"`
	ClientReferenceID string             `json:"client_reference_id,omitzero"`
	Status            string             `json:"status,omitzero"` // created, confirmed, manual_review, processing, shipped, completed, canceled
	EstimatedDelivery *EstimatedDelivery `json:"estimated_delivery,omitzero"`
	Confirmation      *Confirmation      `json:"confirmation,omitzero"`
	Support           *Support           `json:"support,omitzero"`
	LineItems         []OrderLineItem    `json:"line_items,omitzero"`
	Fulfillments      []Fulfillment      `json:"fulfillments,omitzero"`
	Adjustments       []Adjustment       `json:"adjustments,omitzero"`
	Totals            []Total            `json:"totals,omitzero"`
}

// OrderRef is the order a completed session carries.
type OrderRef struct {
	ID                string        `json:"id"`
	CheckoutSessionID string        `json:"checkout_session_id"`
	PermalinkURL      string        `json:"permalink_url"`
	OrderNumber       string        `json:"order_number,omitzero"`
	Status            string        `json:"status,omitzero"`
	Confirmation      *Confirmation `json:"confirmation,omitzero"`
}

// Confirmation is what the buyer got as a receipt.
type Confirmation struct {
	ConfirmationNumber    string `json:"confirmation_number,omitzero"`
	ConfirmationEmailSent *bool  `json:"confirmation_email_sent,omitzero"`
	ReceiptURL            string `json:"receipt_url,omitzero"`
	InvoiceNumber         string `json:"invoice_number,omitzero"`
	OrderNotes            string `json:"order_notes,omitzero"`
}

// Support is where the buyer can ask.
type Support struct {
	Email         string `json:"email,omitzero"`
	Phone         string `json:"phone,omitzero"`
	Hours         string `json:"hours,omitzero"`
	HelpCenterURL string `json:"help_center_url,omitzero"`
}

// EstimatedDelivery is a delivery window.
type EstimatedDelivery struct {
	Earliest time.Time `json:"earliest"`
	Latest   time.Time `json:"latest"`
}

// OrderLineItem is one line of an order.
type OrderLineItem struct {
	ID          string        `json:"id"`
	Title       string        `json:"title"`
	ProductID   string        `json:"product_id,omitzero"`
	Description string        `json:"description,omitzero"`
	Quantity    OrderQuantity `json:"quantity"`
	Status      string        `json:"status,omitzero"` // processing, partial, fulfilled, removed
	UnitPrice   *int64        `json:"unit_price,omitzero"`
	Subtotal    *int64        `json:"subtotal,omitzero"`
	ImageURL    string        `json:"image_url,omitzero"`
	URL         string        `json:"url,omitzero"`
	Totals      []Total       `json:"totals,omitzero"`
}

// OrderQuantity counts units: 0 <= Fulfilled <= Current <= Ordered.
type OrderQuantity struct {
	Ordered   int64 `json:"ordered"`
	Current   int64 `json:"current"`
	Fulfilled int64 `json:"fulfilled"`
}

// Fulfillment is one parcel or delivery of an order.
type Fulfillment struct {
	ID                string                `json:"id"`
	Type              FulfillmentType       `json:"type"`
	Status            string                `json:"status,omitzero"` // pending, processing, shipped, in_transit, out_for_delivery, ready_for_pickup, delivered, failed, canceled
	LineItems         []FulfillmentLineItem `json:"line_items,omitzero"`
	Carrier           string                `json:"carrier,omitzero"`
	TrackingNumber    string                `json:"tracking_number,omitzero"`
	TrackingURL       string                `json:"tracking_url,omitzero"`
	Destination       *Address              `json:"destination,omitzero"`
	EstimatedDelivery *EstimatedDelivery    `json:"estimated_delivery,omitzero"`
	DigitalDelivery   *DigitalDelivery      `json:"digital_delivery,omitzero"`
	Description       string                `json:"description,omitzero"`
	Events            []FulfillmentEvent    `json:"events,omitzero"`
}

// DigitalDelivery is how the buyer gets a digital item.
type DigitalDelivery struct {
	AccessURL  string    `json:"access_url,omitzero"`
	LicenseKey string    `json:"license_key,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
}

// FulfillmentEvent is one step on the way; events are only ever added.
type FulfillmentEvent struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // processing, shipped, in_transit, out_for_delivery, ready_for_pickup, delivered, failed_attempt, returned_to_sender, canceled, undeliverable
	OccurredAt  time.Time `json:"occurred_at"`
	Description string    `json:"description,omitzero"`
	Location    string    `json:"location,omitzero"`
}

// Adjustment is what changed in money or goods after the sale. Amount is
// positive, tax included, in minor units of Currency.
type Adjustment struct {
	ID          string                `json:"id"`
	Type        string                `json:"type"` // refund, credit, return, exchange, price_adjustment, cancellation, dispute
	OccurredAt  time.Time             `json:"occurred_at"`
	Status      string                `json:"status"` // pending, completed, failed
	LineItems   []FulfillmentLineItem `json:"line_items,omitzero"`
	Amount      *int64                `json:"amount,omitzero"`
	Currency    string                `json:"currency,omitzero"`
	Description string                `json:"description,omitzero"`
	Reason      string                `json:"reason,omitzero"`
}

// FulfillmentLineItem says how many units of an order line a fulfillment has.
type FulfillmentLineItem struct {
	ID       string `json:"id"`
	Quantity int64  `json:"quantity"`
}
