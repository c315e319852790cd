package order

import (
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Sold is what a sale has used up and a cancellation gives back.
type Sold struct {
	Stock []Units `json:"stock,omitzero"` // of items whose stock is counted
	Uses  []Use   `json:"uses,omitzero"`  // of discounts that are limited
	// Cancellation is the adjustment that calls the whole order off; "" for none.
	Cancellation string `json:"cancellation,omitzero"`
	// GivenBackAt is when all of it was given back; the zero time is never.
	GivenBackAt time.Time `json:"given_back_at,omitzero"`
}

// Units are pieces of an item that came out of its stock.
type Units struct {
	ItemID   string `json:"item_id"`
	Quantity int64  `json:"quantity"`
	// CountedBy is the number of the import whose count they came out of. They
	// do not come back into the count of a later one, which may have them
	// already: whether it knows of the sale nobody can say.
	CountedBy int64 `json:"counted_by,omitzero"`
}

// Use is one use of a discount that is limited: of all buyers together, or of
// one.
type Use struct {
	DiscountID string `json:"discount_id"`
	Buyer      string `json:"buyer,omitzero"` // a digest; "" is all buyers
}

// Discounted is an order that was sold with a discount.
type Discounted struct {
	MerchantID string
	OrderID    string
	DiscountID string
	Live       bool
	Buyer      string // a digest, where uses are counted by buyer
	Amount     int64  // taken off, minor units
	Currency   string
	At         time.Time
	GivenBack  time.Time // when the order was canceled; zero if it was not
}

// calledOff is the adjustment that calls the whole order off; nil when nobody
// has tried to.
func (o *Order) calledOff() *acp.Adjustment {
	if o.Sold.Cancellation == "" {
		return nil
	}
	return o.adjustment(o.Sold.Cancellation)
}

// beingCanceled reports whether the PSP has still to say that the order is
// canceled.
func (o *Order) beingCanceled() bool {
	adj := o.calledOff()
	return adj != nil && adj.Status == pending
}

// giveBack gives back what the sale has used up, once: when the order was called
// off as a whole, which is possible only before any of it was shipped, and
// nobody can refuse that any more. A refund is none: the shop may have the
// goods back, or not.
func (o *Order) giveBack(tx Tx, now time.Time) error {
	adj := o.calledOff()
	if adj == nil || adj.Status != completed || !o.Canceled() || !o.Sold.GivenBackAt.IsZero() {
		return nil
	}
	o.Sold.GivenBackAt = now.UTC()
	for _, u := range o.Sold.Stock {
		if err := tx.Restock(o.MerchantID, u); err != nil {
			return err
		}
	}
	for _, u := range o.Sold.Uses {
		if err := tx.ReturnUse(o.MerchantID, o.Live, u); err != nil {
			return err
		}
	}
	return tx.GiveBackDiscounts(o.MerchantID, o.ID, now)
}
