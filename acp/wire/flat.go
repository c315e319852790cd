package wire

import (
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/money"
)

// flat is the codec of the versions before 2026-01-30: amounts as plain fields
// of a line, two kinds of delivery, one payment provider. Its fields are what
// tells those versions apart.
type flat struct {
	rules
	version      acp.Version
	nested       bool // 2025-12-12 and later; see flat_nested.go
	optionTotals bool // an option has a list of totals
	provider     func(w *writer, s *acp.Session, v SessionView)
	needsDetail  bool     // info.param, subtitle, carrier and delivery times are required
	phone        bool     // an address has a phone_number
	text         int      // characters of a name, an e-mail address; 0 is no limit
	line         int      // characters of an address line; 0 is no limit
	errorTypes   []string // the first stands in for others
	events       map[EventKind]string
	buyer        func(w *writer, s *acp.Session)
	completable  func(s *acp.Session) *acp.Error // nil where a completed session needs no more than any
}

func (c flat) Version() acp.Version               { return c.version }
func (flat) MismatchStatus() int                  { return 409 }
func (flat) RequiresIdempotencyKey() bool         { return false }
func (flat) WebhookSignature() sign.WebhookScheme { return sign.WebhookScheme{} }

func (c flat) Completable(s *acp.Session) *acp.Error {
	if c.completable == nil {
		return nil
	}
	return c.completable(s)
}

func (c flat) AppendError(dst []byte, e *acp.Error) []byte {
	old := *e
	if !slices.Contains(c.errorTypes, old.Type) {
		old.Type = c.errorTypes[0]
	}
	if !e.Sent {
		old.Param = c.requestParam(e.Param)
	}
	return appendError(dst, &old)
}

func (c flat) AppendSession(dst []byte, s *acp.Session, v SessionView) ([]byte, error) {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	w.text("id", s.ID)
	c.buyer(&w, s)
	c.provider(&w, s, v)
	w.text("status", c.status(&w, s))
	w.text("currency", s.Currency)
	w.open("line_items", '[')
	for i := range s.LineItems {
		c.lineItem(&w, &s.LineItems[i])
	}
	w.close(']')
	switch d := s.FulfillmentDetails; {
	case d == nil:
	case c.nested:
		c.fulfillmentDetails(&w, d)
	case d.Address != nil:
		c.address(&w, d)
	}
	w.open("fulfillment_options", '[')
	for i := range s.FulfillmentOptions {
		c.option(&w, s, &s.FulfillmentOptions[i], v)
	}
	w.close(']')
	if c.nested {
		c.selected(&w, s.SelectedFulfillmentOptions)
	} else {
		w.optText("fulfillment_option_id", mainOption(s))
	}
	c.totals(&w, s.Totals)
	c.messages(&w, s)
	c.links(&w, s.Links)
	if c.nested && s.AuthenticationMetadata != nil {
		authenticationMetadata(&w, s.AuthenticationMetadata, channelOf(s))
	}
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

// cardProvider writes payment_provider as the 2025-09 versions have it. A name
// that is not on the version's list is shown as the first that is.
func cardProvider(names []string, always bool) func(*writer, *acp.Session, SessionView) {
	return func(w *writer, _ *acp.Session, v SessionView) {
		name := v.Provider
		if name == "" && !always {
			return
		}
		if !slices.Contains(names, name) {
			name = names[0]
		}
		w.open("payment_provider", '{')
		w.text("provider", name)
		w.texts("supported_payment_methods", []string{"card"})
		w.close('}')
	}
}

// status maps to the five that there were. What waits for the buyer is not
// ready, what waits for the shop or the provider is in progress, and what can
// no longer be bought is canceled.
func (c flat) status(w *writer, s *acp.Session) string {
	switch s.Status {
	case acp.AuthenticationRequired:
		if c.nested {
			return string(s.Status)
		}
		return string(acp.NotReadyForPayment)
	case acp.Incomplete, acp.NotReadyForPayment, acp.RequiresEscalation:
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

func (c flat) lineItem(w *writer, l *acp.LineItem) {
	w.open("", '{')
	w.text("id", l.ID)
	w.open("item", '{')
	w.text("id", l.Item.ID)
	w.integer("quantity", l.Quantity)
	w.close('}')
	if c.nested {
		w.optText("name", l.Name)
		w.optText("description", l.Description)
		w.optTexts("images", l.Images)
		w.optInteger("unit_amount", l.UnitAmount)
		lineNotices(w, l)
	}
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
	w.open("", '{')
	w.text("type", flatKind(o.Type))
	w.text("id", o.ID)
	w.text("title", o.Title)
	switch {
	case c.optionTotals:
		w.optText("description", o.Description)
	case c.needsDetail:
		w.text("subtitle", firstOf(o.Description, o.Title))
	default:
		w.optText("subtitle", o.Description)
	}
	if o.Type != acp.FulfillmentDigital {
		carrier, earliest, latest := o.Carrier, o.EarliestDeliveryTime, o.LatestDeliveryTime
		if c.needsDetail {
			carrier = firstOf(carrier, v.Carrier, assumedCarrier)
			switch {
			case o.Window != nil:
				earliest, latest = o.Window.Start, o.Window.End
			case o.Location != nil:
				carrier, earliest, latest = firstOf(o.Location.Name, carrier), o.ReadyBy, o.PickupBy
			}
			earliest, latest = assumedTimes(s, earliest, latest)
		}
		w.optText("carrier", carrier)
		w.optTime("earliest_delivery_time", earliest)
		w.optTime("latest_delivery_time", latest)
	}
	if c.optionTotals {
		c.totals(w, o.Totals)
	} else {
		optionAmounts(w, o)
	}
	w.close('}')
}

// flatKind is the kind of delivery that these versions have a word for.
func flatKind(t acp.FulfillmentType) string {
	if t == acp.FulfillmentDigital {
		return "digital"
	}
	return "shipping"
}

// optionAmounts writes the amounts of an option as plain fields.
func optionAmounts(w *writer, o *acp.FulfillmentOption) {
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
	w.integer("subtotal", subtotal)
	w.integer("tax", tax)
	w.integer("total", total)
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
func (c flat) totals(w *writer, totals []acp.Total) {
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
		if c.nested {
			w.optText("description", t.Description)
		}
		w.close('}')
	}
	w.close(']')
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
