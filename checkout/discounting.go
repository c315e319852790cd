package checkout

import (
	"fmt"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

const codesParam = "$.discounts.codes"

// discounting is the choice of discounts for one quote. The nil discounting is
// that of a shop without any, where nobody has entered a code.
type discounting struct {
	m        *Merchant
	texts    *text.Texts
	shown    *acp.Discounts
	accepted []acceptedCode
	messages []acp.Message
}

// acceptedCode is a code that nothing stands against but perhaps other codes.
type acceptedCode struct {
	index    int
	code     string
	discount *Discount
}

// discount chooses the discounts of a cart, whose delivery is chosen already:
// those of the session's codes and those that apply by themselves. It puts them
// into the cart.
func (s *Session) discount(tx Reader, m *Merchant, cart *pricing.Cart, now time.Time) (*discounting, error) {
	if !m.hasDiscounts() && (s.Discounts == nil || len(s.Discounts.Codes) == 0) {
		s.Discounts = nil
		return nil, nil
	}
	c := &discounting{m: m, texts: m.texts(s), shown: &acp.Discounts{}}
	if s.Discounts != nil {
		c.shown.Codes = s.Discounts.Codes
	}
	s.Discounts = c.shown
	c.lookUp(s.Buyer, now)
	if !m.hasDiscounts() {
		return c, nil
	}
	var candidates []*Discount
	for _, a := range c.accepted {
		candidates = append(candidates, a.discount)
	}
	for _, d := range m.Discounts.automatic {
		if d.refuses(s.Buyer, now) == (refusal{}) {
			candidates = append(candidates, d)
		}
	}
	if len(candidates) == 0 {
		return c, nil
	}
	return c, c.choose(tx, s, cart, candidates)
}

// lookUp finds the discounts of the codes that nothing stands against apart
// from the cart and the number of uses.
func (c *discounting) lookUp(b *acp.Buyer, now time.Time) {
	seen := make(map[string]bool, len(c.shown.Codes))
	for i, code := range c.shown.Codes {
		folded := FoldCode(code)
		d := c.m.Discounts.of(code)
		switch {
		case seen[folded]:
			c.reject(i, code, refusal{reason: acp.DiscountAlreadyApplied, key: "discount.twice"})
		case d == nil:
			c.reject(i, code, refusal{reason: acp.DiscountInvalid, key: "discount.unknown"})
		default:
			if r := d.refuses(b, now); r != (refusal{}) {
				c.reject(i, code, r)
			} else {
				c.accepted = append(c.accepted, acceptedCode{i, code, d})
			}
		}
		seen[folded] = true
	}
}

// choose leaves out of the candidates what is used up, what the cart does not
// qualify for and what does not go with the others.
func (c *discounting) choose(tx Reader, s *Session, cart *pricing.Cart, candidates []*Discount) error {
	counts, err := s.countUses(tx, candidates)
	if err != nil {
		return err
	}
	against := make(map[*Discount]refusal, len(candidates))
	var fit []*pricing.Discount
	for _, d := range candidates {
		r := d.refusesUse(s.Buyer, counts)
		if r == (refusal{}) {
			short, err := d.Shortfall(cart.Lines)
			if err != nil {
				return tooLarge(err)
			}
			r = d.refusesCart(short, cart.Currency)
		}
		if against[d] = r; r == (refusal{}) {
			fit = append(fit, &d.Discount)
		}
	}
	if cart.Discounts, err = pricing.Combine(*cart, c.m.Taxes, fit); err != nil {
		return tooLarge(err)
	}
	chosen := make(map[string]bool, len(cart.Discounts))
	for _, d := range cart.Discounts {
		chosen[d.ID] = true
	}
	kept := c.accepted[:0]
	for _, a := range c.accepted {
		switch r := against[a.discount]; {
		case r != (refusal{}):
			c.reject(a.index, a.code, r)
		case !chosen[a.discount.ID]:
			c.reject(a.index, a.code, refusal{reason: acp.DiscountCombination, key: "discount.combination"})
		default:
			kept = append(kept, a)
		}
	}
	c.accepted = kept
	return nil
}

// refusesCart says what a cart lacks for the discount.
func (d *Discount) refusesCart(short pricing.Shortfall, currency string) refusal {
	subtotal, quantity := "discount.min_subtotal", "discount.min_quantity"
	if s := d.Scope; len(s.Items)+len(s.Products)+len(s.Categories)+len(s.Tags) > 0 {
		subtotal, quantity = "discount.min_subtotal_of_some", "discount.min_quantity_of_some"
	}
	switch short {
	case pricing.NothingInScope:
		return refusal{reason: acp.DiscountMinimumNotMet, key: "discount.other_items"}
	case pricing.BelowSubtotal:
		return refusal{reason: acp.DiscountMinimumNotMet, key: subtotal, sum: text.Money{Amount: d.MinSubtotal, Currency: currency}}
	case pricing.BelowQuantity:
		return refusal{reason: acp.DiscountMinimumNotMet, key: quantity, count: d.MinQuantity}
	}
	return refusal{}
}

// reject shows a code as rejected, and says so in a warning (DSC-06). Neither
// stands in the way of a payment.
func (c *discounting) reject(index int, code string, r refusal) {
	c.shown.Rejected = append(c.shown.Rejected, acp.RejectedDiscount{Code: code, Reason: r.reason, Message: r.words(c.texts)})
	c.messages = append(c.messages, acp.Message{Type: acp.Warning, Code: r.reason, ContentType: "plain",
		Param: fmt.Sprintf("%s[%d]", codesParam, index), Content: r.words(c.texts)})
}

// show writes the discounts of a quote into the session, whose totals are those
// of the quote, and returns what is to be said about the codes.
func (c *discounting) show(s *Session, q *pricing.Quote, t *text.Texts) []acp.Message {
	for i := range s.LineItems {
		s.LineItems[i].DiscountDetails = nil
	}
	if c == nil {
		return nil
	}
	codes := make(map[string]acceptedCode, len(c.accepted))
	for _, a := range c.accepted {
		codes[a.discount.ID] = a
	}
	for i := range q.Applied {
		a := &q.Applied[i]
		if a.Amount == 0 {
			continue
		}
		c.shown.Applied = append(c.shown.Applied, c.applied(s, a, codes[a.ID].code))
		delete(codes, a.ID)
	}
	for _, a := range c.accepted {
		if _, idle := codes[a.discount.ID]; idle {
			c.messages = append(c.messages, acp.Message{Type: acp.Info, ContentType: "plain",
				Param: fmt.Sprintf("%s[%d]", codesParam, a.index), Content: t.Say(idleKey(a.discount, s))})
		}
	}
	return c.messages
}

// idleKey is the text that says why a code takes nothing off.
func idleKey(d *Discount, s *Session) string {
	if d.Kind == pricing.FreeDelivery && len(s.SelectedFulfillmentOptions) == 0 {
		return "discount.delivery_open"
	}
	return "discount.idle"
}

// applied is one discount as it is shown; its parts also go into the lines.
func (c *discounting) applied(s *Session, a *pricing.Applied, code string) acp.AppliedDiscount {
	d := c.m.Discounts.byID[a.ID]
	shown := acp.AppliedDiscount{ID: "di_" + d.ID, Code: code, Automatic: d.Code == "", Amount: a.Amount, Start: d.Starts, End: d.Ends,
		Priority: d.Priority, Coupon: acp.Coupon{ID: d.ID, Name: d.Names.In(c.texts, d.Name), Duration: "once"}}
	detail := acp.DiscountDetail{Code: code, Type: "fixed", Description: d.Names.In(c.texts, d.Name), Source: "coupon"}
	if d.Code == "" {
		detail.Source = "automatic"
	}
	switch d.Kind {
	case pricing.PercentOff:
		percent := float64(d.PPM) / 10_000
		shown.Coupon.PercentOff, detail.Type = &percent, "percentage"
	case pricing.AmountOff:
		shown.Coupon.AmountOff, shown.Coupon.Currency = &d.Amount, s.Currency
	case pricing.FreeDelivery: // the protocol has no other word for it than what it comes to
		amount := a.Amount
		shown.Coupon.AmountOff, shown.Coupon.Currency = &amount, s.Currency
	}
	if d.Kind != pricing.FreeDelivery {
		shown.Method = "across"
		if d.Each {
			shown.Method = "each"
		}
	}
	for _, p := range a.Parts {
		shown.Allocations = append(shown.Allocations, acp.DiscountAllocation{Path: allocationPath(s, p.Line), Amount: p.Amount})
		if p.Line != pricing.OfDelivery {
			detail.Amount = p.Amount
			s.LineItems[p.Line].DiscountDetails = append(s.LineItems[p.Line].DiscountDetails, detail)
		}
	}
	return shown
}

// allocationPath is the JSONPath of what a part of a discount is taken off.
func allocationPath(s *Session, line int) string {
	if line != pricing.OfDelivery {
		return lineParam(line)
	}
	for i := range s.Totals {
		if s.Totals[i].Type == acp.TotalFulfillment {
			return fmt.Sprintf("$.totals[%d]", i)
		}
	}
	return "$.totals"
}

// countable refuses a purchase with a discount that is counted by buyer while
// nobody knows who buys.
func (s *Session) countable(m *Merchant) *acp.Error {
	if buyerDigest(s.Buyer) != "" {
		return nil
	}
	for _, d := range s.appliedDiscounts(m) {
		if d.MaxUsesPerBuyer > 0 {
			return acp.Missing("$.buyer.email", "A discount of this session is counted by buyer. Send the buyer's e-mail address, or take the discount off.")
		}
	}
	return nil
}

// lapsed reports whether a discount of a binding price cannot be had any more:
// it was used up meanwhile, or is not for who buys now. That it has ended since
// is no reason.
func (s *Session) lapsed(tx Reader, m *Merchant) (bool, error) {
	discounts := s.appliedDiscounts(m)
	if len(discounts) == 0 {
		return false, nil
	}
	counts, err := s.countUses(tx, discounts)
	if err != nil {
		return false, err
	}
	for _, d := range discounts {
		if d.refusesBuyer(s.Buyer) != (refusal{}) || d.refusesUse(s.Buyer, counts) != (refusal{}) {
			return true, nil
		}
	}
	return false, nil
}

// appliedDiscounts are those in the session's totals, but for any that the shop
// does not have any more: a price that is binding keeps these, and nothing
// counts them.
func (s *Session) appliedDiscounts(m *Merchant) []*Discount {
	if s.Discounts == nil || m.Discounts == nil {
		return nil
	}
	var out []*Discount
	for i := range s.Discounts.Applied {
		if d := m.Discounts.byID[s.Discounts.Applied[i].Coupon.ID]; d != nil {
			out = append(out, d)
		}
	}
	return out
}
