package wire

import (
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/money"
)

// flat is the codec of the 2025-09 versions: amounts as plain fields of a
// line, one address, one option id, one payment provider. Its fields are what
// tells those versions apart.
type flat struct {
	rules
	version       acp.Version
	providers     []string // names that payment_provider.provider allows; the first stands in for others
	needsProvider bool     // payment_provider is in every answer
	needsDetail   bool     // info.param, subtitle, carrier and delivery times are required
	phone         bool     // an address has a phone_number
	text          int      // characters of a name, an e-mail address; 0 is no limit
	line          int      // characters of an address line; 0 is no limit
	errorTypes    []string // the first stands in for others
	events        map[EventKind]string
	buyer         func(w *writer, s *acp.Session)
}

func (c flat) Version() acp.Version               { return c.version }
func (flat) MismatchStatus() int                  { return 409 }
func (flat) RequiresIdempotencyKey() bool         { return false }
func (flat) WebhookSignature() sign.WebhookScheme { return sign.WebhookScheme{} }

func (c flat) AppendError(dst []byte, e *acp.Error) []byte {
	old := *e
	if !slices.Contains(c.errorTypes, old.Type) {
		old.Type = c.errorTypes[0]
	}
	old.Param = flatRequestParam(e.Param)
	return appendError(dst, &old)
}

func (c flat) AppendSession(dst []byte, s *acp.Session, v SessionView) ([]byte, error) {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	w.text("id", s.ID)
	c.buyer(&w, s)
	c.provider(&w, v)
	w.text("status", c.status(&w, s))
	w.text("currency", s.Currency)
	w.open("line_items", '[')
	for i := range s.LineItems {
		c.lineItem(&w, &s.LineItems[i])
	}
	w.close(']')
	if s.FulfillmentDetails != nil && s.FulfillmentDetails.Address != nil {
		c.address(&w, s.FulfillmentDetails)
	}
	w.open("fulfillment_options", '[')
	for i := range s.FulfillmentOptions {
		c.option(&w, s, &s.FulfillmentOptions[i], v)
	}
	w.close(']')
	w.optText("fulfillment_option_id", mainOption(s))
	c.totals(&w, s.Totals)
	c.messages(&w, s)
	c.links(&w, s.Links)
	if s.Order != nil {
		w.open("order", '{')
		w.text("id", s.Order.ID)
		w.text("checkout_session_id", s.Order.CheckoutSessionID)
		w.text("permalink_url", s.Order.PermalinkURL)
		w.close('}')
	}
	w.close('}')
	return w.result(dst)
}

func (c flat) provider(w *writer, v SessionView) {
	name := v.Provider
	if name == "" && !c.needsProvider {
		return
	}
	if !slices.Contains(c.providers, name) {
		name = c.providers[0]
	}
	w.open("payment_provider", '{')
	w.text("provider", name)
	w.texts("supported_payment_methods", []string{"card"})
	w.close('}')
}

// status maps to the five that there were. What waits for the buyer is not
// ready, what waits for the shop or the provider is in progress, and what can
// no longer be bought is canceled.
func (c flat) status(w *writer, s *acp.Session) string {
	switch s.Status {
	case acp.Incomplete, acp.NotReadyForPayment, acp.RequiresEscalation, acp.AuthenticationRequired:
		return string(acp.NotReadyForPayment)
	case acp.ReadyForPayment, acp.Completed, acp.Canceled:
		return string(s.Status)
	case acp.InProgress, acp.CompleteInProgress, acp.PendingApproval:
		return string(acp.InProgress)
	case acp.Expired:
		return string(acp.Canceled)
	}
	w.fail(fmt.Errorf("session %s: no status of %s for %q", s.ID, c.version, s.Status))
	return ""
}

func (flat) lineItem(w *writer, l *acp.LineItem) {
	w.open("", '{')
	w.text("id", l.ID)
	w.open("item", '{')
	w.text("id", l.Item.ID)
	w.integer("quantity", l.Quantity)
	w.close('}')
	flatAmounts(w, l)
	w.close('}')
}

// flatAmounts writes the amounts of a line as plain fields.
func flatAmounts(w *writer, l *acp.LineItem) {
	base, ok := acp.Amount(l.Totals, acp.TotalItemsBaseAmount)
	if !ok && l.UnitAmount != nil {
		product, err := money.Mul(*l.UnitAmount, l.Quantity)
		if err != nil {
			w.fail(fmt.Errorf("line %s: %w", l.ID, err))
		}
		base = product
	}
	discount, ok := acp.Amount(l.Totals, acp.TotalItemsDiscount)
	if !ok {
		discount, _ = acp.Amount(l.Totals, acp.TotalDiscount)
	}
	subtotal, ok := acp.Amount(l.Totals, acp.TotalSubtotal)
	if !ok {
		subtotal = base - discount
	}
	tax, _ := acp.Amount(l.Totals, acp.TotalTax)
	total, ok := acp.Amount(l.Totals, acp.TotalTotal)
	if !ok {
		total = subtotal + tax
	}
	w.integer("base_amount", base)
	w.integer("discount", discount)
	w.integer("subtotal", subtotal)
	w.integer("tax", tax)
	w.integer("total", total)
}

func (c flat) address(w *writer, d *acp.FulfillmentDetails) {
	a := d.Address
	w.open("fulfillment_address", '{')
	w.text("name", cut(a.Name, c.text))
	w.text("line_one", cut(a.LineOne, c.line))
	w.optText("line_two", cut(a.LineTwo, c.line))
	w.text("city", cut(a.City, c.line))
	w.text("state", a.State)
	w.text("country", a.Country)
	w.text("postal_code", a.PostalCode)
	if c.phone {
		w.optText("phone_number", d.PhoneNumber)
	}
	w.close('}')
}

// Delivery times that are shown where a version requires some and the option
// promises none, counted from the session's last change.
const (
	assumedEarliest = 3 * 24 * time.Hour
	assumedWindow   = 4 * 24 * time.Hour
)

// assumedCarrier is shown where a version requires a carrier and neither the
// option nor the shop names one.
const assumedCarrier = "Standard"

// option writes a way of delivery. Pickup and local delivery have no type of
// their own here and are shown as shipping, under their titles.
func (c flat) option(w *writer, s *acp.Session, o *acp.FulfillmentOption, v SessionView) {
	tax, _ := acp.Amount(o.Totals, acp.TotalTax)
	subtotal, ok := acp.Amount(o.Totals, acp.TotalFulfillment)
	if !ok {
		subtotal, ok = acp.Amount(o.Totals, acp.TotalSubtotal)
	}
	total, hasTotal := acp.Amount(o.Totals, acp.TotalTotal)
	if !hasTotal {
		total = subtotal + tax
	} else if !ok {
		subtotal = total - tax
	}
	w.open("", '{')
	if o.Type == acp.FulfillmentDigital {
		w.text("type", "digital")
	} else {
		w.text("type", "shipping")
	}
	w.text("id", o.ID)
	w.text("title", o.Title)
	if c.needsDetail {
		w.text("subtitle", firstOf(o.Description, o.Title))
	} else {
		w.optText("subtitle", o.Description)
	}
	if o.Type != acp.FulfillmentDigital {
		carrier, earliest, latest := o.Carrier, o.EarliestDeliveryTime, o.LatestDeliveryTime
		if c.needsDetail {
			carrier = firstOf(carrier, v.Carrier, assumedCarrier)
			earliest, latest = assumedTimes(s, earliest, latest)
		}
		w.optText("carrier", carrier)
		w.optTime("earliest_delivery_time", earliest)
		w.optTime("latest_delivery_time", latest)
	}
	w.integer("subtotal", subtotal)
	w.integer("tax", tax)
	w.integer("total", total)
	w.close('}')
}

// assumedTimes fills in the delivery times that an option lacks.
func assumedTimes(s *acp.Session, earliest, latest time.Time) (time.Time, time.Time) {
	since := s.UpdatedAt
	if since.IsZero() {
		since = s.CreatedAt
	}
	if earliest.IsZero() {
		if earliest = since.Add(assumedEarliest); !latest.IsZero() && latest.Before(earliest) {
			earliest = latest
		}
	}
	if latest.IsZero() {
		latest = earliest.Add(assumedWindow)
	}
	return earliest, latest
}

// mainOption is the one option that these versions can name: the shipping of
// the selection, else its first.
func mainOption(s *acp.Session) string {
	id := ""
	for _, sel := range s.SelectedFulfillmentOptions {
		if sel.Type == acp.FulfillmentShipping {
			return sel.OptionID
		}
		if id == "" {
			id = sel.OptionID
		}
	}
	return id
}

// totals writes each type once. Gift wrap and tips count as fees, store credit
// as a discount; what was refunded later is left out.
func (flat) totals(w *writer, totals []acp.Total) {
	folded := make([]acp.Total, 0, len(totals))
	for _, t := range totals {
		switch t.Type {
		case acp.TotalGiftWrap, acp.TotalTip:
			t.Type = acp.TotalFee
		case acp.TotalStoreCredit:
			t.Type = acp.TotalDiscount
		case acp.TotalAmountRefunded:
			continue
		case acp.TotalItemsBaseAmount, acp.TotalItemsDiscount, acp.TotalSubtotal, acp.TotalDiscount,
			acp.TotalFulfillment, acp.TotalTax, acp.TotalFee, acp.TotalTotal:
		default:
			w.fail(fmt.Errorf("total %q has no type before 2026-01-30", t.Type))
		}
		i := slices.IndexFunc(folded, func(f acp.Total) bool { return f.Type == t.Type })
		if i < 0 {
			folded = append(folded, t)
			continue
		}
		folded[i].Amount += t.Amount
	}
	w.open("totals", '[')
	for _, t := range folded {
		w.open("", '{')
		w.text("type", string(t.Type))
		w.text("display_text", t.DisplayText)
		w.integer("amount", t.Amount)
		w.close('}')
	}
	w.close(']')
}

// AppendOrderEvent names the order by its session; refunds and credits that
// have been carried out are listed.
func (c flat) AppendOrderEvent(dst []byte, kind EventKind, o *acp.Order) ([]byte, error) {
	w := writer{b: dst}
	event, ok := c.events[kind]
	if !ok {
		w.fail(fmt.Errorf("order %s: no event of kind %d", o.ID, kind))
	}
	w.b = append(w.b, '{')
	w.text("type", event)
	w.open("data", '{')
	w.text("type", "order")
	w.text("checkout_session_id", o.CheckoutSessionID)
	w.text("permalink_url", o.PermalinkURL)
	w.text("status", flatOrderStatus(o.Status))
	w.open("refunds", '[')
	for _, a := range o.Adjustments {
		means := map[string]string{"refund": "original_payment", "credit": "store_credit"}[a.Type]
		if means == "" || a.Status != "completed" || a.Amount == nil {
			continue
		}
		w.open("", '{')
		w.text("type", means)
		w.integer("amount", *a.Amount)
		w.close('}')
	}
	w.close(']')
	w.close('}')
	w.close('}')
	return w.result(dst)
}

// flatOrderStatus maps to the six that there were; an order's status is an
// open list, and what is unknown has been confirmed at least.
func flatOrderStatus(status string) string {
	switch status {
	case "created", "manual_review", "confirmed", "canceled", "shipped", "fulfilled":
		return status
	case "":
		return "created"
	case "completed", "delivered":
		return "fulfilled"
	}
	return "confirmed"
}

// cut shortens s to limit characters; 0 is no limit.
func cut(s string, limit int) string {
	if limit == 0 || len(s) <= limit {
		return s
	}
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit])
	}
	return s
}

// firstOf is the first that is not empty.
func firstOf(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}
