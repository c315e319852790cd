package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
)

// Use is one use of a discount that is limited: of all buyers together, or of
// one, who is a buyerDigest.
type Use = order.Use

// buyerDigest stands for a buyer where the uses of a discount are counted: a
// digest of the e-mail address without regard to case, or of the customer id
// where there is no address. It is "" for a buyer that nobody has named.
func buyerDigest(b *acp.Buyer) string {
	if b == nil {
		return ""
	}
	name := "email:" + strings.ToLower(strings.TrimSpace(b.Email))
	if b.Email == "" {
		if b.CustomerID == "" {
			return ""
		}
		name = "customer:" + b.CustomerID
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// noteDiscounts notes with which discounts a session's order was sold. Who bought
// is kept only where that is counted anyway.
func (s *Session) noteDiscounts(tx Tx, o *order.Order) error {
	if s.Discounts == nil {
		return nil
	}
	for i := range s.Discounts.Applied {
		a := &s.Discounts.Applied[i]
		d := order.Discounted{MerchantID: o.MerchantID, OrderID: o.ID, DiscountID: a.Coupon.ID, Live: o.Live, Amount: a.Amount,
			Currency: o.Currency, At: o.CreatedAt}
		for _, u := range o.Sold.Uses {
			if u.DiscountID == d.DiscountID && u.Buyer != "" {
				d.Buyer = u.Buyer
			}
		}
		if err := tx.InsertDiscounted(d); err != nil {
			return err
		}
	}
	return nil
}
