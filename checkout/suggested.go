package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
)

// MaxSuggestedPriceWindow is the longest that a shop can keep prices that a
// feed told: the store remembers no older ones.
const MaxSuggestedPriceWindow = 7 * 24 * time.Hour

// clockSkew is how far ahead of ours an agent's clock may be.
const clockSkew = 5 * time.Minute

// HonouredPrice is a price from a feed that the shop keeps although it has
// raised it since.
type HonouredPrice struct {
	Amount int64     `json:"amount"` // minor units of the session's currency, of one unit
	Until  time.Time `json:"until"`
}

// honour takes those of the prices that the agent has from a feed which the
// shop keeps (SES-20): the price was ours when the feed showed it, not longer
// ago than the shop keeps such prices, and ours is higher now. Any other is one
// that the agent believes in, no more.
func (s *Session) honour(tx Reader, m *Merchant, req []acp.RequestedItem, items map[string]*catalog.Item, now time.Time) error {
	if m.SuggestedPriceWindow <= 0 {
		return nil
	}
	var ids []string
	for i := range req {
		if it := items[req[i].ID]; it != nil && m.mayHonour(req[i].Suggested, it, now) {
			ids = append(ids, it.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	past, err := tx.PastPrices(s.MerchantID, ids, now.Add(-m.SuggestedPriceWindow))
	if err != nil {
		return err
	}
	for i := range req {
		it, told := items[req[i].ID], req[i].Suggested
		if it == nil || !m.mayHonour(told, it, now) {
			continue
		}
		if price, currency := catalog.PriceAt(past[it.ID], it.Price, it.Currency, told.ObservedAt); price != told.Amount || currency != s.Currency {
			continue
		}
		if s.Honoured == nil {
			s.Honoured = map[string]HonouredPrice{}
		}
		s.Honoured[it.ID] = HonouredPrice{Amount: told.Amount, Until: told.ObservedAt.Add(m.SuggestedPriceWindow)}
	}
	return nil
}

// mayHonour reports whether a price from a feed is worth looking up.
func (m *Merchant) mayHonour(told *acp.SuggestedPrice, it *catalog.Item, now time.Time) bool {
	return told != nil && told.Amount < it.Price && !told.ObservedAt.After(now.Add(clockSkew)) &&
		now.Before(told.ObservedAt.Add(m.SuggestedPriceWindow))
}

// priced is an item at what it costs in this session. The item itself is shared
// and stays as it is.
func (s *Session) priced(it *catalog.Item, now time.Time) *catalog.Item {
	h, ok := s.Honoured[it.ID]
	if !ok || !now.Before(h.Until) || h.Amount >= it.Price {
		return it
	}
	kept := *it
	kept.Price = h.Amount
	return &kept
}
