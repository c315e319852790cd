package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
)

// shownOrder is an order as anybody with its id sees it. It has no members for
// the buyer's name and address.
type shownOrder struct {
	ID           string          `json:"id"`
	SessionID    string          `json:"checkout_session_id"`
	OrderNumber  string          `json:"order_number,omitempty"`
	Status       string          `json:"status"`
	PlacedAt     string          `json:"placed_at"`
	PermalinkURL string          `json:"permalink_url"`
	Currency     string          `json:"currency"`
	Lines        []shownLine     `json:"line_items"`
	Deliveries   []shownDelivery `json:"deliveries"`
	Refunds      []shownRefund   `json:"adjustments"`
	Totals       []acp.Total     `json:"totals"`
}

type shownLine struct {
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
	Shipped  int64  `json:"fulfilled"`
	Status   string `json:"status,omitempty"`
}

type shownDelivery struct {
	Type           string `json:"type"`
	Status         string `json:"status"`
	Carrier        string `json:"carrier,omitempty"`
	TrackingNumber string `json:"tracking_number,omitempty"`
	TrackingURL    string `json:"tracking_url,omitempty"`
}

type shownRefund struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Amount *int64 `json:"amount,omitempty"`
}

func getOrder(ctx context.Context, a *app, doc *wire.Document) result {
	orderID, sessionID, err := wire.DecodeOrderID(doc)
	if err != nil {
		return malformed(err)
	}
	if sessionID != "" {
		sess, _, err := a.read(ctx, sessionID)
		if err != nil {
			return a.unreadable(sessionID, err)
		}
		if sess.Order == nil {
			return missing("That checkout session has no order: it is not paid.")
		}
		orderID = sess.Order.ID
	}
	o, err := a.order(ctx, orderID)
	if errors.Is(err, checkout.ErrNotFound) {
		return missing("There is no such order. Its id is in the paid checkout session.")
	}
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	shown := showOrder(o)
	data, err := json.Marshal(map[string]any{"order": shown})
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	return result{text: a.orderWords(&shown, o), data: data, outcome: "ok", session: o.CheckoutSessionID}
}

// order reads an order of this app's shop and mode. The id alone is the key to
// it, as it is to the order's page.
func (a *app) order(ctx context.Context, orderID string) (*order.Order, error) {
	if !wellFormed(orderID) {
		return nil, checkout.ErrNotFound
	}
	o, err := a.surface.Orders.OrderByID(ctx, orderID)
	if err == nil && (o.MerchantID != a.MerchantID || o.Live != a.Live) {
		return nil, checkout.ErrNotFound
	}
	return o, err
}

// wellFormed reports whether something of ours could have this id. Not every database
// can be asked for any text.
func wellFormed(orderID string) bool {
	for i := range len(orderID) {
		if c := orderID[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return orderID != "" && len(orderID) <= maxLoggedID
}

func showOrder(o *order.Order) shownOrder {
	s := shownOrder{ID: o.ID, SessionID: o.CheckoutSessionID, OrderNumber: o.OrderNumber, Status: o.Status,
		PlacedAt: o.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"), PermalinkURL: o.PermalinkURL, Currency: strings.ToUpper(o.Currency),
		Lines: []shownLine{}, Deliveries: []shownDelivery{}, Refunds: []shownRefund{}, Totals: o.Totals}
	for i := range o.LineItems {
		l := &o.LineItems[i]
		s.Lines = append(s.Lines, shownLine{l.Title, l.Quantity.Current, l.Quantity.Fulfilled, l.Status})
	}
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		s.Deliveries = append(s.Deliveries, shownDelivery{string(f.Type), f.Status, f.Carrier, f.TrackingNumber, f.TrackingURL})
	}
	for i := range o.Adjustments {
		adj := &o.Adjustments[i]
		s.Refunds = append(s.Refunds, shownRefund{adj.Type, adj.Status, adj.Amount})
	}
	if s.Totals == nil {
		s.Totals = []acp.Total{}
	}
	return s
}

func (a *app) orderWords(s *shownOrder, o *order.Order) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Order %s is %s; its total is %s.", s.OrderNumber, strings.ReplaceAll(s.Status, "_", " "), money.Format(o.Total, o.Currency, a.locale))
	for _, d := range s.Deliveries {
		fmt.Fprintf(&b, " Delivery %s", strings.ReplaceAll(d.Status, "_", " "))
		if d.TrackingNumber != "" {
			fmt.Fprintf(&b, ", %s", strings.TrimSpace(d.Carrier+" "+d.TrackingNumber))
		}
		b.WriteByte('.')
	}
	for _, r := range s.Refunds {
		if r.Amount != nil {
			fmt.Fprintf(&b, " %s of %s, %s.", strings.ToUpper(r.Type[:1])+strings.ReplaceAll(r.Type[1:], "_", " "), money.Format(*r.Amount, o.Currency, a.locale), r.Status)
		}
	}
	b.WriteString(" " + s.PermalinkURL)
	return b.String()
}
