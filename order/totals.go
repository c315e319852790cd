package order

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/text"
)

// totalKeys are the words of the figures of a session and of its order.
var totalKeys = map[acp.TotalType]string{
	acp.TotalItemsBaseAmount: "total.items",
	acp.TotalItemsDiscount:   "total.items_discount",
	acp.TotalSubtotal:        "total.subtotal",
	acp.TotalFulfillment:     "total.delivery",
	acp.TotalDiscount:        "total.delivery_discount",
	acp.TotalTax:             "total.tax",
	acp.TotalTotal:           "total.total",
	acp.TotalFee:             "total.fees",
	acp.TotalGiftWrap:        "total.gift_wrap",
	acp.TotalTip:             "total.tip",
	acp.TotalAmountRefunded:  "total.refunded",
}

// TotalWords is the display_text of a figure of a session or an order; "" for a
// type that Checkstand makes no figure of.
func TotalWords(t *text.Texts, kind acp.TotalType) string {
	if key := totalKeys[kind]; key != "" {
		return t.Say(key)
	}
	return ""
}
