package soak

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
)

// The discounts of every shop. Of the scarce one there is a use for each so many
// buyers; the other that is counted is good once a buyer.
const (
	welcome = "welcome" // a percentage, once a buyer
	rare    = "rare"    // an amount, while there are uses
	parcel  = "parcel"  // delivery
	bulk    = "bulk"    // by itself
)

// Shares of buyers.
const (
	hasCodes = 0.25
	isMember = 0.18
)

// people is how many buyers with a name a shop has, for so many visits of it.
const people = 8

// offers are the discounts of a shop.
func (s *sim) offers() *checkout.Discounts {
	return checkout.NewDiscounts([]checkout.Discount{
		{Discount: pricing.Discount{ID: welcome, Kind: pricing.PercentOff, PPM: 100_000, Combines: true, Priority: 2}, Name: "Welcome", Code: "WELCOME", MaxUsesPerBuyer: 1},
		{Discount: pricing.Discount{ID: rare, Kind: pricing.AmountOff, Amount: 333, Combines: true, Priority: 1}, Name: "A few", Code: "RARE", MaxUses: s.rareUses()},
		{Discount: pricing.Discount{ID: parcel, Kind: pricing.FreeDelivery, Combines: true}, Name: "Free delivery", Code: "PARCEL"},
		{Discount: pricing.Discount{ID: bulk, Kind: pricing.PercentOff, PPM: 50_000, Each: true, MinQuantity: 5, Combines: true, Priority: 3}, Name: "Five or more"},
	})
}

// rareUses is how often the scarce discount can be used in each shop.
func (s *sim) rareUses() int64 { return int64(s.buyers/scarcity/len(s.mall)) + 1 }

// named is a buyer whom the agent names.
func (v *visit) named() *acp.Buyer {
	n := v.rng.IntN(max(v.buyers/len(v.mall)/people, 2))
	return &acp.Buyer{Email: fmt.Sprintf("buyer%d@example.com", n)}
}

// enters are the codes that the buyer enters.
func (v *visit) enters() []string {
	codes := []string{"WELCOME", "rare", "PARCEL"}
	v.rng.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	return codes[:1+v.rng.IntN(len(codes))]
}

// checkAllocations checks that what is off a session adds up: each discount to
// its parts, and all of them to what the totals show.
func (v *visit) checkAllocations(s *checkout.Session) {
	offLines, _ := acp.Amount(s.Totals, acp.TotalItemsDiscount)
	offDelivery, _ := acp.Amount(s.Totals, acp.TotalDiscount)
	var sum int64
	if s.Discounts != nil {
		for _, d := range s.Discounts.Applied {
			parts := int64(0)
			for _, a := range d.Allocations {
				parts += a.Amount
			}
			if parts != d.Amount || d.Amount <= 0 {
				v.wrong("discount %s takes %d off, and its parts come to %d", d.Coupon.ID, d.Amount, parts)
			}
			sum += d.Amount
		}
	}
	if sum != offLines+offDelivery {
		v.wrong("the discounts take %d off, and the totals show %d and %d", sum, offLines, offDelivery)
	}
}

// checkLimits checks that no discount is used more often than it may be. It holds
// at every moment.
func (s *sim) checkLimits(sh *shop) {
	counts, err := s.store.DiscountUseCounts(s.ctx, sh.merchant.ID, false)
	if err != nil {
		s.fail("uses of discounts of %s: %v", sh.merchant.ID, err)
	}
	for _, c := range counts {
		if c.DiscountID != rare || c.Held+c.Used > s.rareUses() {
			s.fail("%s: discount %s is used %d times and held %d times, of %d", sh.merchant.ID, c.DiscountID, c.Used, c.Held, s.rareUses())
		}
	}
	buyers, err := s.store.BuyerUseCounts(s.ctx, sh.merchant.ID, false, welcome, "", 1_000_000)
	if err != nil {
		s.fail("uses of discounts of %s: %v", sh.merchant.ID, err)
	}
	for _, c := range buyers {
		if c.Held+c.Used > 1 {
			s.fail("%s: a buyer has used discount %s %d times and holds it %d times, of 1", sh.merchant.ID, c.DiscountID, c.Used, c.Held)
		}
	}
}

// checkUses compares the uses that are counted with the orders that were sold
// with a discount and not canceled.
func (s *sim) checkUses(sh *shop, sum total) {
	s.t.Helper()
	s.checkLimits(sh)
	used := map[string]int64{}
	all, err := s.store.DiscountUseCounts(s.ctx, sh.merchant.ID, false)
	if err != nil {
		s.fail("uses of discounts of %s: %v", sh.merchant.ID, err)
		return
	}
	each, err := s.store.BuyerUseCounts(s.ctx, sh.merchant.ID, false, welcome, "", 1_000_000)
	if err != nil {
		s.fail("uses of discounts of %s: %v", sh.merchant.ID, err)
		return
	}
	for _, c := range append(all, each...) {
		used[c.DiscountID] += c.Used
		if c.Held != 0 {
			s.fail("%s: %d uses of discount %s are held for nobody", sh.merchant.ID, c.Held, c.DiscountID)
		}
	}
	for id, n := range sum.discounts {
		s.countMore("discounts", "orders with "+id, n)
	}
	s.countMore("discounts", "given back with a canceled order", sum.givenBack)
	for _, id := range []string{rare, welcome} {
		if used[id] != sum.discounts[id] {
			s.fail("%s: discount %s is used %d times, and %d orders have it", sh.merchant.ID, id, used[id], sum.discounts[id])
		}
	}
	listed, err := s.store.DiscountSums(s.ctx, sh.merchant.ID, false)
	if err != nil {
		s.fail("discounts of %s: %v", sh.merchant.ID, err)
		return
	}
	kept := map[string]int64{}
	for _, d := range listed {
		kept[d.DiscountID] = d.Orders - d.Canceled
	}
	for _, id := range []string{welcome, rare, parcel, bulk} {
		if kept[id] != sum.discounts[id] {
			s.fail("%s: discount %s is listed with %d orders, and %d have it", sh.merchant.ID, id, kept[id], sum.discounts[id])
		}
	}
}
