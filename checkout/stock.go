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
	// Counted is how many of them come out of the stock.
	Counted int64 `json:"counted,omitzero"`
	// Beyond says that the item is sold beyond its stock: how many of them are
	// there is known at the sale, and the rest is on backorder.
	Beyond bool `json:"beyond,omitzero"`
	// CountedBy is the number of the import that counted the stock when it was
	// reserved.
	CountedBy int64 `json:"counted_by,omitzero"`
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
		r := Reservation{ItemID: l.Item.ID, Quantity: l.Quantity, Counted: l.Quantity, CountedBy: it.CountedBy}
		if it.Backorder {
			r.Counted, r.Beyond = 0, true
		}
		s.Reserved = append(s.Reserved, r)
	}
	return nil
}

// letGo gives back what is held.
func (s *Session) letGo(tx Tx) error {
	return s.endReservations(func(r Reservation) error { return tx.Release(s.MerchantID, r.ItemID, r.Quantity) }, tx.ReleaseUse)
}

// takeOut turns what is held into a sale, and says what that used up.
func (s *Session) takeOut(tx Tx) (order.Sold, error) {
	sold := order.Sold{Uses: s.Uses}
	there, err := s.thereBeyond(tx)
	if err != nil {
		return sold, err
	}
	return sold, s.endReservations(func(r Reservation) error {
		stock, known := there[r.ItemID]
		counted := r.Counted
		if known {
			counted = min(stock, r.Quantity)
			there[r.ItemID] -= counted
		}
		if counted > 0 {
			sold.Stock = append(sold.Stock, order.Units{ItemID: r.ItemID, Quantity: counted, CountedBy: r.CountedBy})
		}
		if known {
			return tx.SellBeyond(s.MerchantID, r.ItemID, r.Quantity, counted)
		}
		return tx.Sell(s.MerchantID, r.ItemID, r.Quantity)
	}, tx.SpendUse)
}

// thereBeyond reads how many are there of the items that are sold beyond their
// stock. Others may have sold of it since it was held, or held more than they
// bought. An item that is counted no longer is not among them.
func (s *Session) thereBeyond(tx Reader) (map[string]int64, error) {
	var ids []string
	for _, r := range s.Reserved {
		if r.Beyond {
			ids = append(ids, r.ItemID)
		}
	}
	if ids == nil {
		return nil, nil
	}
	items, err := tx.Items(s.MerchantID, ids)
	there := make(map[string]int64, len(items))
	for id, it := range items {
		if it.Tracked {
			there[id] = max(it.Stock, 0)
		}
	}
	return there, err
}

func (s *Session) endReservations(end func(Reservation) error, endUse func(merchantID string, live bool, u Use) error) error {
	for _, r := range s.Reserved {
		if err := end(r); err != nil {
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
