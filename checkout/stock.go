package checkout

import (
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/order"
)

// Reservation is stock that a session holds while it is being paid. It is what
// was reserved, not what the lines say: an import may begin to count an item
// in between, and what nobody reserved must not be taken from others.
type Reservation struct {
	ItemID   string `json:"item_id"`
	Quantity int64  `json:"quantity"`
	// Counted is how many of them were there; the rest is on backorder.
	Counted int64 `json:"counted,omitzero"`
}

// hold reserves the stock of the session's lines, and a use of each of its
// discounts. Items and discounts that are not counted need none.
func (s *Session) hold(tx Tx, m *Merchant, items map[string]*catalog.Item) error {
	for _, d := range s.appliedDiscounts(m) {
		for _, l := range d.limits(s.Buyer) {
			if err := tx.HoldUse(s.MerchantID, s.Live, l.Use, l.most); err != nil {
				return err
			}
			s.Uses = append(s.Uses, l.Use)
		}
	}
	for i := range s.LineItems {
		l := &s.LineItems[i]
		it := items[l.Item.ID]
		if !it.Tracked {
			continue
		}
		if err := tx.Reserve(s.MerchantID, l.Item.ID, l.Quantity); err != nil {
			return err
		}
		s.Reserved = append(s.Reserved, Reservation{ItemID: l.Item.ID, Quantity: l.Quantity,
			Counted: min(max(it.Stock-it.Reserved, 0), l.Quantity)})
	}
	return nil
}

// letGo gives back what is held.
func (s *Session) letGo(tx Tx) error { return s.endReservations(tx.Release, tx.ReleaseUse) }

// takeOut turns what is held into a sale, and says what that used up.
func (s *Session) takeOut(tx Tx) (order.Sold, error) {
	sold := order.Sold{Uses: s.Uses}
	for _, r := range s.Reserved {
		if r.Counted > 0 {
			sold.Stock = append(sold.Stock, order.Units{ItemID: r.ItemID, Quantity: r.Counted})
		}
	}
	return sold, s.endReservations(tx.Sell, tx.SpendUse)
}

func (s *Session) endReservations(end func(merchantID, itemID string, quantity int64) error,
	endUse func(merchantID string, live bool, u Use) error) error {
	for _, r := range s.Reserved {
		if err := end(s.MerchantID, r.ItemID, r.Quantity); err != nil {
			return err
		}
	}
	for _, u := range s.Uses {
		if err := endUse(s.MerchantID, s.Live, u); err != nil {
			return err
		}
	}
	s.Reserved, s.Uses = nil, nil
	return nil
}
