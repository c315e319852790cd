package checkout

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// GiftWrap is what the shop asks for wrapping.
type GiftWrap struct {
	Price    int64 // minor units, as prices are listed
	PerLine  bool  // for each line that can be wrapped; else once an order
	TaxClass string
}

// TipSuggestion is a tip that the checkout page suggests: an amount in minor
// units, or a share of the items' subtotal in parts per million.
type TipSuggestion struct{ Amount, PPM int64 }

// SuggestedTip is a suggestion for one session.
type SuggestedTip struct {
	Amount int64 // minor units
	PPM    int64 // what share of the subtotal it is; 0 for a plain amount
}

// SuggestedTips are the shop's suggestions for a session as it is quoted now.
// What comes to nothing or to more than MaxTip is left out, and so is an amount
// that is there already.
func (m *Merchant) SuggestedTips(s *Session) []SuggestedTip {
	subtotal, _ := acp.Amount(s.Totals, acp.TotalSubtotal)
	var tips []SuggestedTip
	for _, t := range m.TipSuggestions {
		amount, err := money.MulDiv(subtotal, t.PPM, 1_000_000, m.Taxes.Rounding)
		if amount += t.Amount; err != nil || amount <= 0 || amount > m.MaxTip ||
			slices.ContainsFunc(tips, func(has SuggestedTip) bool { return has.Amount == amount }) {
			continue
		}
		tips = append(tips, SuggestedTip{Amount: amount, PPM: t.PPM})
	}
	return tips
}

// Wraps reports whether the shop would wrap something of a session as a gift.
func (m *Merchant) Wraps(s *Session) bool {
	return m.GiftWrap != nil && len(s.DigitalLines) < len(s.LineItems)
}

// WrapPrice is what wrapping a session costs in minor units, as prices are listed.
func (m *Merchant) WrapPrice(s *Session) int64 {
	if m.GiftWrap.PerLine {
		return m.GiftWrap.Price * int64(len(s.LineItems)-len(s.DigitalLines)) // no more than a quote bears
	}
	return m.GiftWrap.Price
}

// GiftWrapExtension and TipExtension declare what the protocol has a total for
// and no request: members of create and update.
var (
	GiftWrapExtension = acp.Extension{Name: "gift_wrap",
		Extends: []string{"$.CheckoutSessionCreateRequest.gift_wrap", "$.CheckoutSessionUpdateRequest.gift_wrap"}}
	TipExtension = acp.Extension{Name: "tip",
		Extends: []string{"$.CheckoutSessionCreateRequest.tip", "$.CheckoutSessionUpdateRequest.tip"}}
)

// extrasExtensions are those of the two that the shop has.
func (m *Merchant) extrasExtensions() (list []acp.Extension) {
	if m.GiftWrap != nil {
		list = append(list, GiftWrapExtension)
	}
	if m.MaxTip > 0 {
		list = append(list, TipExtension)
	}
	return list
}

// wantExtras takes over what the agent asks for beside goods and delivery. What
// the shop does not offer is ignored, as any member that it does not know.
func (s *Session) wantExtras(m *Merchant, wrap acp.Opt[acp.GiftWrap], tip acp.Opt[int64]) error {
	if wrap.Set && m.GiftWrap != nil {
		s.Wrap = nil
		if wrap.Value.Enabled {
			asked := wrap.Value
			s.Wrap = &asked
		}
	}
	if !tip.Set || m.MaxTip == 0 {
		return nil
	}
	if tip.Value > m.MaxTip {
		return acp.Refused(400, acp.CodeMaximumExceeded, "$.tip.amount",
			"This shop takes tips of at most "+money.Format(m.MaxTip, m.Currency, m.Locale)+".")
	}
	s.Tip = tip.Value
	return nil
}

// addExtras puts fees, gift wrap and tip into the cart. It gives the titles of
// the fees that are due.
func (s *Session) addExtras(m *Merchant, cart *pricing.Cart) (fees []string, err error) {
	for i := range m.Fees {
		f := &m.Fees[i]
		due, err := f.Of(cart.Lines, m.Taxes.Rounding)
		if err != nil {
			return nil, tooLarge(err)
		}
		if due > 0 {
			cart.Extras = append(cart.Extras, pricing.Extra{Kind: pricing.FeeExtra, Listed: due, TaxClass: f.TaxClass})
			fees = append(fees, m.FeeTitles[f.ID].In(m.texts(s), f.Title))
		}
	}
	var parcels int64
	for i := range cart.Lines {
		if !cart.Lines[i].Digital {
			parcels++
		}
	}
	if s.Wrap != nil && m.GiftWrap != nil && parcels > 0 {
		if !m.GiftWrap.PerLine {
			parcels = 1
		}
		price, err := money.Mul(m.GiftWrap.Price, parcels)
		if err != nil {
			return nil, tooLarge(err)
		}
		cart.Extras = append(cart.Extras, pricing.Extra{Kind: pricing.WrapExtra, Listed: price, TaxClass: m.GiftWrap.TaxClass})
	}
	if s.Tip > 0 && m.MaxTip > 0 {
		cart.Extras = append(cart.Extras, pricing.Extra{Kind: pricing.TipExtra, Listed: s.Tip})
	}
	return fees, nil
}

// showExtras puts them into the totals, each kind once, before the total.
func (s *Session) showExtras(t *text.Texts, cart *pricing.Cart, q *pricing.Quote, titles []string) {
	if len(cart.Extras) == 0 {
		return
	}
	fees := label(t, acp.TotalFee, q.Fee)
	if len(titles) == 1 {
		fees.DisplayText = titles[0]
	} else {
		fees.Description = strings.Join(titles, ", ")
	}
	var shown []acp.Total
	for _, extra := range []struct {
		kind  pricing.ExtraKind
		total acp.Total
	}{
		{pricing.FeeExtra, fees},
		{pricing.WrapExtra, label(t, acp.TotalGiftWrap, q.GiftWrap)},
		{pricing.TipExtra, label(t, acp.TotalTip, q.Tip)},
	} {
		if slices.ContainsFunc(cart.Extras, func(e pricing.Extra) bool { return e.Kind == extra.kind }) {
			shown = append(shown, extra.total)
		}
	}
	s.Totals = slices.Insert(s.Totals, len(s.Totals)-1, shown...)
}
