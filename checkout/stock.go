package checkout

import "github.com/checkstand/checkstand/catalog"

// Reservation is stock that a session holds while it is being paid. It is what
// was reserved, not what the lines say: an import may begin to count an item
// in between, and what nobody reserved must not be taken from others.
type Reservation struct {
	ItemID   string `json:"item_id"`
	Quantity int64  `json:"quantity"`
}

// hold reserves the stock of the session's lines. Items that are not counted
// need none.
func (s *Session) hold(tx Tx, items map[string]*catalog.Item) error {
	for i := range s.LineItems {
		l := &s.LineItems[i]
		if !items[l.Item.ID].Tracked {
			continue
		}
		if err := tx.Reserve(s.MerchantID, l.Item.ID, l.Quantity); err != nil {
			return err
		}
		s.Reserved = append(s.Reserved, Reservation{ItemID: l.Item.ID, Quantity: l.Quantity})
	}
	return nil
}

// letGo gives the reservations back.
func (s *Session) letGo(tx Tx) error { return s.endReservations(tx.Release) }

// takeOut turns the reservations into a sale.
func (s *Session) takeOut(tx Tx) error { return s.endReservations(tx.Sell) }

func (s *Session) endReservations(end func(merchantID, itemID string, quantity int64) error) error {
	for _, r := range s.Reserved {
		if err := end(s.MerchantID, r.ItemID, r.Quantity); err != nil {
			return err
		}
	}
	s.Reserved = nil
	return nil
}
