package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// Use is one use of a discount that is limited: of all buyers together, or of
// one.
type Use struct {
	DiscountID string `json:"discount_id"`
	Buyer      string `json:"buyer,omitzero"` // see buyerDigest; "" is all buyers
}

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
