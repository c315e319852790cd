// Package order holds orders after the sale.
package order

import (
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Order is a sale: an acp.Order plus what only the shop knows.
type Order struct {
	acp.Order
	MerchantID string
	Agent      string      // who gets its webhooks
	Live       bool        // live mode; false is test mode
	APIVersion acp.Version // of the request that completed the session; decides the webhook's form
	AttemptID  string      // the payment; "" for an order that cost nothing or is paid by invoice
	Currency   string
	Total      int64 // minor units, what was charged
	// Sold is what the sale has used up.
	Sold      Sold
	Version   int64
	CreatedAt time.Time
}
