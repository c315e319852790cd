package checkout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
)

// Whatever a shop has of discounts, fees, gift wrap, tips, exemptions, feed prices
// and ways of delivery, whatever happens in whatever order: what is charged is the
// total that was shown last, once, and the figures close.
func TestWhatIsChargedIsWhatWasShown(t *testing.T) {
	w := placesWorld(t)
	w.merchant.Taxes.PricesInclude, w.merchant.Taxes.Origin = true, pricing.Destination{Country: "DE"}
	w.merchant.Fees = []pricing.Fee{{ID: "small", Title: "Small order", Amount: 199, Below: 5000}, {ID: "card", Title: "Card", PPM: 15_000, TaxClass: "x"}}
	w.merchant.GiftWrap, w.merchant.MaxTip = &checkout.GiftWrap{Price: 333, PerLine: true}, 5000
	w.merchant.Exemptions, w.merchant.SuggestedPriceWindow = checkout.AcceptExemptions, 24*time.Hour
	w.merchant.Discounts = checkout.NewDiscounts([]checkout.Discount{
		ten("auto", "", func(d *checkout.Discount) { d.PPM, d.MinSubtotal = 33_333, 3000 }),
		ten("few", "FEW", func(d *checkout.Discount) { d.MaxUses, d.MaxUsesPerBuyer = 40, 2 }),
		ten("seven", "SEVEN", func(d *checkout.Discount) { d.Kind, d.PPM, d.Amount, d.Each = pricing.AmountOff, 0, 700, false }),
		ten("free", "FREE", func(d *checkout.Discount) { d.Kind, d.PPM, d.Each = pricing.FreeDelivery, 0, false }),
		ten("alone", "ALONE", func(d *checkout.Discount) { d.PPM, d.Combines = 400_000, false })})
	items := []string{"mug", "print", "ebook", "sample"}
	price := int64(1800)
	rapid.Check(t, func(rt *rapid.T) {
		w.clock.now = aTuesday
		some := func(of []string, label string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID).Draw(rt, label)
		}
		buyer := func() acp.Buyer {
			b := acp.Buyer{Email: fmt.Sprintf("b%d@example.com", rapid.IntRange(0, 5).Draw(rt, "buyer"))}
			if rapid.IntRange(0, 2).Draw(rt, "exempt") == 0 {
				b.TaxExemption = &acp.TaxExemption{CertificateID: "c", CertificateType: "resale", ExpiresAt: aTuesday.Add(time.Hour)}
			}
			return b
		}
		s := w.must(w.core.Create(t.Context(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want(some(items, "items")...), Currency: "usd",
			FulfillmentDetails: california, Buyer: new(buyer()), DiscountCodes: some([]string{"FEW", "SEVEN", "FREE", "ALONE", "WRONG"}, "codes")}))
		taken, before := w.psp.taken()
		for range rapid.IntRange(1, 8).Draw(rt, "requests") {
			var req acp.UpdateRequest
			pays := false
			switch rapid.IntRange(0, 8).Draw(rt, "what") {
			case 0:
				req.Items = acp.Some(want(some(items, "items")...))
				for i := range req.Items.Value {
					req.Items.Value[i].Quantity = rapid.Int64Range(1, 3).Draw(rt, "quantity")
				}
			case 1:
				req.Buyer = acp.Some(buyer())
			case 2:
				req.Tip = acp.Some(rapid.Int64Range(0, 5000).Draw(rt, "tip"))
				req.GiftWrap = acp.Some(acp.GiftWrap{Enabled: rapid.Bool().Draw(rt, "wrap")})
			case 3:
				req.DiscountCodes = acp.Some(some([]string{"FEW", "SEVEN", "FREE", "ALONE", "WRONG"}, "codes"))
			case 4:
				if len(s.FulfillmentOptions) > 0 {
					req.Selected = acp.Some([]acp.SelectedFulfillmentOption{{OptionID: rapid.SampledFrom(s.FulfillmentOptions).Draw(rt, "option").ID}})
				}
			case 5:
				req.FulfillmentGroups = acp.Some([]acp.FulfillmentGroup{group("g", acp.FulfillmentShipping, new(inGermany()), some(items, "lines")...)})
			case 6:
				w.clock.Advance(rapid.SampledFrom([]time.Duration{10 * time.Minute, 40 * time.Minute, 70 * time.Minute}).Draw(rt, "time"))
			case 7:
				price = rapid.Int64Range(1, 3000).Draw(rt, "price")
				dearer := goods[0]
				dearer.Price = price
				w.stock(dearer)
			default:
				pays = true
			}
			shown, ready := amount(s.Totals, acp.TotalTotal), s.Status == acp.ReadyForPayment
			var a checkout.Answer
			if pays {
				pay := pay(fmt.Sprintf("tok_ok_%d", w.keys.Add(1)))
				if rapid.IntRange(0, 3).Draw(rt, "another buyer") == 0 {
					pay.Buyer = new(buyer())
				}
				a = w.send(s.ID, pay)
			} else {
				a = w.core.Update(t.Context(), w.call("/checkout_sessions/"+s.ID), s.ID, req)
			}
			if a.Err != nil {
				if a.Status != 400 && a.Status != 409 {
					rt.Fatalf("answer %d: %v", a.Status, a.Err)
				}
				if a.Status == 409 {
					return // its time is over
				}
				continue
			}
			s = w.must(a)
			closes(rt, s)
			n, all := w.psp.taken()
			if s.Status != acp.Completed {
				if n != taken {
					rt.Fatalf("charged, and the session is %s", s.Status)
				}
				continue
			}
			total := amount(s.Totals, acp.TotalTotal)
			if !ready || total != shown || all-before != total || n != taken+map[bool]int{true: 1}[total > 0] {
				rt.Fatalf("ready %v, shown %d, in the order %d, %d taken by %d charges", ready, shown, total, all-before, n-taken)
			}
			ordered(rt, w, s)
			return
		}
	})
}

// closes holds a session with all that can be in it to its sums.
func closes(t *rapid.T, s *acp.Session) {
	m := map[acp.TotalType]int64{}
	for _, e := range s.Totals {
		if _, twice := m[e.Type]; twice || e.Amount < 0 {
			t.Fatalf("total %+v", e)
		}
		m[e.Type] = e.Amount
	}
	if m[acp.TotalTotal] != m[acp.TotalSubtotal]-m[acp.TotalDiscount]+m[acp.TotalFulfillment]+m[acp.TotalTax]+m[acp.TotalFee]+m[acp.TotalGiftWrap]+m[acp.TotalTip] ||
		m[acp.TotalSubtotal] != m[acp.TotalItemsBaseAmount]-m[acp.TotalItemsDiscount] || m[acp.TotalTotal] > money.Max {
		t.Fatalf("totals %v", m)
	}
	var lines, off int64
	for i := range s.LineItems {
		l := &s.LineItems[i]
		base := amount(l.Totals, acp.TotalItemsBaseAmount)
		lines, off = lines+base, off+amount(l.Totals, acp.TotalItemsDiscount)
		var details int64
		for _, d := range l.DiscountDetails {
			details += d.Amount
		}
		if base != *l.UnitAmount*l.Quantity || amount(l.Totals, acp.TotalTotal) != amount(l.Totals, acp.TotalSubtotal)+amount(l.Totals, acp.TotalTax) ||
			details != amount(l.Totals, acp.TotalItemsDiscount) {
			t.Fatalf("line %+v", l)
		}
	}
	if lines != m[acp.TotalItemsBaseAmount] || off != m[acp.TotalItemsDiscount] {
		t.Fatalf("lines come to %d less %d, totals %v", lines, off, m)
	}
	if s.Discounts == nil {
		t.Fatalf("no discounts")
	}
	var applied int64
	for _, d := range s.Discounts.Applied {
		applied += d.Amount
		var parts int64
		for _, a := range d.Allocations {
			parts += a.Amount
		}
		if parts != d.Amount {
			t.Fatalf("%+v", d)
		}
	}
	if applied != m[acp.TotalItemsDiscount]+m[acp.TotalDiscount] {
		t.Fatalf("discounts come to %d, totals %v", applied, m)
	}
	checkSelections(t, s)
}

// ordered holds an order to its session: every unit is to be delivered once, and
// the figures are those that were shown.
func ordered(t *rapid.T, w *world, s *acp.Session) {
	o, err := w.store.Reader(t.Context()).Order("shop", s.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	units := map[string]int64{}
	for _, f := range o.Fulfillments {
		for _, l := range f.LineItems {
			units[l.ID] += l.Quantity
		}
	}
	for i := range s.LineItems {
		if l := &s.LineItems[i]; units[l.ID] != l.Quantity {
			t.Fatalf("%d of %d units of %s are to be delivered", units[l.ID], l.Quantity, l.Item.ID)
		}
	}
	if o.Total != amount(s.Totals, acp.TotalTotal) || !slices.EqualFunc(o.Totals, s.Totals, func(a, b acp.Total) bool { return a.Type == b.Type && a.Amount == b.Amount }) {
		t.Fatalf("order %d %+v, session %+v", o.Total, o.Totals, s.Totals)
	}
}

// What an agent has told of feed prices does not pile up in a session: those of
// items that are not in it any more are forgotten.
func TestFeedPricesOfWhatWasTakenOutAreForgotten(t *testing.T) {
	w := newWorld(t)
	w.merchant.SuggestedPriceWindow = 24 * time.Hour
	seen := w.clock.Now()
	w.clock.Advance(time.Hour)
	told := func(id string, price int64) acp.RequestedItem {
		return acp.RequestedItem{ID: id, Quantity: 1, Suggested: &acp.SuggestedPrice{Amount: price, ObservedAt: seen}}
	}
	dearer := []catalog.Item{goods[0], goods[3]}
	for i := range dearer {
		dearer[i].Price += 100
	}
	w.stock(dearer...)
	s := w.create("mug")
	for _, item := range []acp.RequestedItem{told("mug", 1800), told("print", 2500), told("mug", 1800)} {
		w.update(s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{item})})
		got, err := w.core.Get(t.Context(), agent, s.ID)
		if err != nil || *got.LineItems[0].UnitAmount != item.Suggested.Amount || len(got.Honoured) != 1 {
			t.Errorf("%s at %d: %v, %v", item.ID, *got.LineItems[0].UnitAmount, got.Honoured, err)
		}
	}
}
