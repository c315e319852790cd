package checkout

import (
	"maps"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// quote prices the session from the catalogue as it is now: lines, delivery
// options and the choice among them, totals, messages, and the status that
// follows. believed are prices that the agent expected, by item id; it may be
// nil. items must hold every item of the lines; one that has gone is shown as
// sold out.
func (s *Session) quote(tx Reader, m *Merchant, items map[string]*catalog.Item, believed map[string]int64, now time.Time) error {
	t := m.texts(s)
	cart, msgs, err := s.priceLines(m, items, believed, t, now)
	if err != nil {
		return err
	}
	fees, err := s.applyPolicies(m, &cart, now)
	if err != nil {
		return err
	}
	said, covered, err := s.deliver(m, &cart, now)
	if err != nil {
		return tooLarge(err)
	}
	msgs = append(msgs, said...)
	msgs = append(msgs, s.restrict(m, t, &cart, items)...)
	msgs = append(msgs, s.showExemption(m, t, &cart, now)...)
	msgs = append(msgs, m.interventionMessages(s)...)

	discounting, err := s.discount(tx, m, &cart, now)
	if err != nil {
		return err
	}
	q, err := pricing.Price(cart, m.Taxes)
	if err != nil {
		return tooLarge(err)
	}
	open := ""
	if !covered {
		open = m.openTotal()
	}
	s.show(q, open, t)
	s.showExtras(t, &cart, &q, fees)
	s.Messages = append(msgs, discounting.show(s, &q, t)...)
	if s.Messages == nil {
		s.Messages = []acp.Message{}
	}
	if blocked(msgs) {
		s.QuoteID, s.QuoteExpiresAt = "", time.Time{}
		return s.become(acp.NotReadyForPayment)
	}
	s.QuoteID, s.QuoteExpiresAt = id.New("quote", now), s.quotedUntil(m, now)
	return s.become(acp.ReadyForPayment)
}

// priceLines describes the lines from the catalogue and makes the cart of them
// that is to be priced. The messages are on stock, and on prices that are others
// than those that were shown or believed.
func (s *Session) priceLines(m *Merchant, items map[string]*catalog.Item, believed map[string]int64, t *text.Texts, now time.Time) (pricing.Cart, []acp.Message, error) {
	var msgs []acp.Message
	cart := pricing.Cart{Currency: s.Currency, Lines: make([]pricing.Line, 0, len(s.LineItems))}
	prices := make(map[string]int64, len(s.LineItems))
	var digital []string
	for i := range s.LineItems {
		l := &s.LineItems[i]
		it := items[l.Item.ID]
		if it == nil {
			it = s.gone(l)
		}
		if it.Currency != s.Currency {
			return cart, nil, acp.Refused(400, acp.CodeInvalid, lineParam(i)+".id",
				"This item is priced in "+it.Currency+", the session in "+s.Currency+". Open one session a currency.")
		}
		it = s.priced(it, now)
		describe(l, it, m)
		if msg, _ := checkStock(l, i, it, m.LowStock, t); msg != nil {
			msgs = append(msgs, *msg)
		}
		was, known := s.Prices[it.ID]
		if b, ok := believed[it.ID]; ok && !known {
			was, known = b, true
		}
		if known && was != it.Price {
			msgs = append(msgs, priceChanged(i, it.Title, was, it.Price, s.Currency, t))
		}
		if it.Kind == catalog.Digital {
			digital = append(digital, l.ID)
		}
		prices[it.ID] = it.Price
		cart.Lines = append(cart.Lines, pricing.Line{ID: l.ID, UnitPrice: it.Price, Quantity: l.Quantity,
			TaxClass: it.TaxClass, TaxExempt: it.TaxExempt, Digital: it.Kind == catalog.Digital, WeightGrams: it.WeightGrams,
			ItemID: it.ID, ProductID: it.ProductID, Categories: it.Categories, Tags: it.Tags})
	}
	s.Prices, s.DigitalLines = prices, digital
	maps.DeleteFunc(s.Honoured, func(id string, _ HonouredPrice) bool { _, kept := prices[id]; return !kept })
	return cart, msgs, nil
}

// quotedUntil is when a price that is shown now stops being binding.
func (s *Session) quotedUntil(m *Merchant, now time.Time) time.Time {
	until := now.Add(m.QuoteTTL)
	if until.After(s.ExpiresAt) {
		until = s.ExpiresAt
	}
	if first := s.roundStarts(); !first.IsZero() && first.Before(until) {
		until = first
	}
	return until
}

// frozen reports whether the price shown is still binding.
func (s *Session) frozen(now time.Time) bool {
	return s.Status == acp.ReadyForPayment && now.Before(s.QuoteExpiresAt)
}

// gone stands in for an item that was removed from the catalogue while it was
// in a cart: it keeps its last price and cannot be had.
func (s *Session) gone(l *acp.LineItem) *catalog.Item {
	name := l.Name
	if name == "" {
		name = l.Item.ID
	}
	kind := catalog.Physical
	if l.Weight == nil && s.digitalLine(l.ID) {
		kind = catalog.Digital
	}
	return &catalog.Item{ID: l.Item.ID, ProductID: l.ProductID, Title: name, Description: l.Description, Images: l.Images,
		Price: s.Prices[l.Item.ID], Currency: s.Currency, Kind: kind, Availability: catalog.OutOfStock, TaxExempt: l.TaxExempt}
}

// digitalLine reports whether a line was one that nobody carries when the
// session was last quoted.
func (s *Session) digitalLine(lineID string) bool { return slices.Contains(s.DigitalLines, lineID) }

// openTotal is the text on what a total lacks before everything is delivered in
// some way. Prices with tax in them have it there wherever they go.
func (m *Merchant) openTotal() string {
	if m.Taxes.PricesInclude {
		return "total.open_delivery"
	}
	return "total.open"
}

// KnownTotals leaves out of totals what is not worked out yet: delivery and tax
// before there is an address are not nothing. That the prices include the tax is
// known.
func KnownTotals(totals []acp.Total) []acp.Total {
	open := slices.ContainsFunc(totals, func(t acp.Total) bool { return t.Type == acp.TotalTotal && t.Description != "" })
	return slices.DeleteFunc(slices.Clone(totals), func(t acp.Total) bool {
		return open && t.Amount == 0 && t.Description == "" && (t.Type == acp.TotalFulfillment || t.Type == acp.TotalTax)
	})
}

// show writes a quote into the session's lines and totals. open is the text on
// what the total lacks, "" where it is the whole.
func (s *Session) show(q pricing.Quote, open string, t *text.Texts) {
	const each = 5
	ofLines := make([]acp.Total, 0, each*len(q.Lines))
	for i := range q.Lines {
		a := &q.Lines[i]
		l := &s.LineItems[i]
		l.UnitAmount = &a.UnitAmount
		ofLines = append(ofLines,
			acp.Total{Type: acp.TotalItemsBaseAmount, DisplayText: t.Say("total.line_base"), Amount: a.Base},
			acp.Total{Type: acp.TotalItemsDiscount, DisplayText: t.Say("total.line_discount"), Amount: a.Discount},
			label(t, acp.TotalSubtotal, a.Subtotal), label(t, acp.TotalTax, a.Tax), label(t, acp.TotalTotal, a.Total))
		l.Totals = slices.Clip(ofLines[i*each:])
	}
	tax := label(t, acp.TotalTax, q.Tax)
	for _, p := range q.TaxParts {
		tax.Breakdown = append(tax.Breakdown, acp.TaxBreakdown{Jurisdiction: p.Jurisdiction,
			Rate: float64(p.PPM) / 1_000_000, Amount: p.Amount})
	}
	if q.TaxIncluded > 0 {
		tax.Description = t.Say("tax.included", "tax", text.Money{Amount: q.TaxIncluded, Currency: s.Currency})
		tax.Breakdown = nil
	}
	s.Totals = append(make([]acp.Total, 0, 7),
		label(t, acp.TotalItemsBaseAmount, q.ItemsBase), label(t, acp.TotalItemsDiscount, q.ItemsDiscount),
		label(t, acp.TotalSubtotal, q.Subtotal), label(t, acp.TotalFulfillment, q.Fulfillment))
	if q.Discount > 0 {
		s.Totals = append(s.Totals, label(t, acp.TotalDiscount, q.Discount))
	}
	s.Totals = append(s.Totals, tax, label(t, acp.TotalTotal, q.Total))
	if open != "" {
		s.Totals[len(s.Totals)-1].Description = t.Say(open)
	}
}

// Total is the amount the buyer was last shown, in minor units.
func (s *Session) Total() int64 {
	total, _ := acp.Amount(s.Totals, acp.TotalTotal)
	return total
}

func tooLarge(err error) error {
	e := acp.Refused(400, acp.CodeInvalid, "$.line_items", "The amounts of this cart are larger than can be charged. Lower the quantities.")
	e.Cause = err
	return e
}
