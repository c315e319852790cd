package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

// DiscountStanding is a discount as an operator sees it: what it is, and how often
// it was used.
type DiscountStanding struct {
	ID         string
	Name, Code string
	Configured bool // false for one that the shop has no more, and was used
	Starts     time.Time
	Ends       time.Time
	MaxUses    int64 // 0 is no bound
	PerBuyer   int64 // 0 is no bound
	Used       int64 // purchases that stand; what MaxUses bounds, together with Held
	Held       int64 // by payments that are under way; of a discount that MaxUses bounds
	// Sums are the orders that were sold with it, by currency.
	Sums []store.DiscountSum
}

// State says whether it can be used: ready, early, ended, used up, removed.
func (d *DiscountStanding) State(now time.Time) string {
	switch {
	case !d.Configured:
		return "removed"
	case !d.Ends.IsZero() && !now.Before(d.Ends):
		return "ended"
	case d.MaxUses > 0 && d.Used+d.Held >= d.MaxUses:
		return "used up"
	case !d.Starts.IsZero() && now.Before(d.Starts):
		return "early"
	}
	return "ready"
}

// BuyerUses is how often one buyer has used a discount.
type BuyerUses struct {
	Buyer      string // see BuyerLabel
	Used, Held int64
}

// BuyerLabel stands for a buyer within one discount, for people to tell buyers
// apart. It says nothing about who it is, and is another one in another discount.
func BuyerLabel(discountID, digest string) string {
	if digest == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(discountID + "\x00" + digest))
	return hex.EncodeToString(sum[:4])
}

// Discounts lists the discounts of a shop with their uses in a mode: those of the
// configuration in its order, then those that were used and are not there any
// more. It returns checkout.ErrNotFound for a shop that is not configured.
func (d *Desk) Discounts(ctx context.Context, merchantID string, live bool) ([]DiscountStanding, error) {
	m, ok := d.merchants.byID[merchantID]
	if !ok {
		return nil, checkout.ErrNotFound
	}
	var list []DiscountStanding
	at := map[string]int{}
	of := func(id string) *DiscountStanding {
		i, known := at[id]
		if !known {
			i = len(list)
			at[id] = i
			list = append(list, DiscountStanding{ID: id})
		}
		return &list[i]
	}
	for _, c := range m.Discounts.All() {
		s := of(c.ID)
		*s = DiscountStanding{ID: c.ID, Name: c.Name, Code: c.Code, Configured: true, Starts: c.Starts, Ends: c.Ends, MaxUses: c.MaxUses, PerBuyer: c.MaxUsesPerBuyer}
	}
	sums, err := d.store.DiscountSums(ctx, merchantID, live)
	if err != nil {
		return nil, err
	}
	for _, sum := range sums {
		s := of(sum.DiscountID)
		s.Sums = append(s.Sums, sum)
		s.Used += sum.Orders - sum.Canceled
	}
	counts, err := d.store.DiscountUseCounts(ctx, merchantID, live)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		if s := of(c.DiscountID); s.MaxUses > 0 || !s.Configured {
			s.Used, s.Held = c.Used, c.Held
		}
	}
	return list, nil
}

// Discount is one discount of Discounts, by its id or its code, with what each
// buyer has used of it, where that is counted. It returns checkout.ErrNotFound.
func (d *Desk) Discount(ctx context.Context, merchantID string, live bool, name string, buyers int) (*DiscountStanding, []BuyerUses, error) {
	list, err := d.Discounts(ctx, merchantID, live)
	if err != nil {
		return nil, nil, err
	}
	var found *DiscountStanding
	for i := range list {
		if list[i].ID == name || found == nil && list[i].Code != "" && checkout.FoldCode(list[i].Code) == checkout.FoldCode(name) {
			found = &list[i]
		}
	}
	if found == nil {
		return nil, nil, checkout.ErrNotFound
	}
	counts, err := d.store.BuyerUseCounts(ctx, merchantID, live, found.ID, "", buyers)
	if err != nil {
		return nil, nil, err
	}
	var uses []BuyerUses
	for _, c := range counts {
		uses = append(uses, BuyerUses{Buyer: BuyerLabel(found.ID, c.Buyer), Used: c.Used, Held: c.Held})
	}
	return found, uses, nil
}

// DiscountOrders are the orders that were sold with a discount, the newest first,
// from the one before the order with an id; "" is the newest. Buyers are labels.
func (d *Desk) DiscountOrders(ctx context.Context, merchantID string, live bool, discountID, before string, limit int) ([]order.Discounted, error) {
	list, err := d.store.DiscountOrders(ctx, merchantID, live, discountID, before, limit)
	for i := range list {
		list[i].Buyer = BuyerLabel(discountID, list[i].Buyer)
	}
	return list, err
}
