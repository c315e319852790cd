package acp

import "time"

// Cart is a basket before a purchase, as an agent sees it: what is in it and
// about what it costs. It has no status: it is there or it is not. Every amount
// is in minor units of Currency and an estimate; what is not known yet, such as
// delivery without an address, is not among the Totals.
type Cart struct {
	ID          string     `json:"id"`
	LineItems   []LineItem `json:"line_items"`
	Buyer       *Buyer     `json:"buyer,omitzero"`
	Currency    string     `json:"currency"`
	Totals      []Total    `json:"totals"`
	Messages    []Message  `json:"messages,omitzero"`
	ContinueURL string     `json:"continue_url,omitzero"`
	ExpiresAt   time.Time  `json:"expires_at,omitzero"`
}

// CartRequest is all of a cart: what it holds when it is made, or from now on.
type CartRequest struct {
	Items []RequestedItem
	Buyer *Buyer
	// Currency is what the agent takes the cart to be in; empty when it said
	// nothing, and the shop's own is meant.
	Currency string
	// Locale is heeded when the cart is made.
	Locale string
}
