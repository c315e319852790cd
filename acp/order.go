package acp

// Order is an order as the newest version and its webhooks show it.
type Order struct {
	Type              string          `json:"type,omitzero"` // "order" in webhooks
	ID                string          `json:"id"`
	CheckoutSessionID string          `json:"checkout_session_id"`
	PermalinkURL      string          `json:"permalink_url"`
	OrderNumber       string          `json:"order_number,omitzero"`
	Status            string          `json:"status,omitzero"` // created, confirmed, manual_review, processing, shipped, completed, canceled
	LineItems         []OrderLineItem `json:"line_items,omitzero"`
	Fulfillments      []Fulfillment   `json:"fulfillments,omitzero"`
	Totals            []Total         `json:"totals,omitzero"`
}

// OrderLineItem is one line of an order.
type OrderLineItem struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	ProductID string        `json:"product_id,omitzero"`
	Quantity  OrderQuantity `json:"quantity"`
	Status    string        `json:"status,omitzero"` // processing, partial, fulfilled, removed
	UnitPrice *int64        `json:"unit_price,omitzero"`
	Subtotal  *int64        `json:"subtotal,omitzero"`
	ImageURL  string        `json:"image_url,omitzero"`
	URL       string        `json:"url,omitzero"`
	Totals    []Total       `json:"totals,omitzero"`
}

// OrderQuantity counts units: 0 <= Fulfilled <= Current <= Ordered.
type OrderQuantity struct {
	Ordered   int64 `json:"ordered"`
	Current   int64 `json:"current"`
	Fulfilled int64 `json:"fulfilled"`
}

// Fulfillment is one parcel or delivery of an order.
type Fulfillment struct {
	ID        string                `json:"id"`
	Type      FulfillmentType       `json:"type"`
	Status    string                `json:"status,omitzero"`
	LineItems []FulfillmentLineItem `json:"line_items,omitzero"`
	Carrier   string                `json:"carrier,omitzero"`
}

// FulfillmentLineItem says how many units of an order line a fulfillment has.
type FulfillmentLineItem struct {
	ID       string `json:"id"`
	Quantity int64  `json:"quantity"`
}
