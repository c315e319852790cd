package main

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/text"
)

// inEnglish are the texts that operators read.
var inEnglish = text.For(text.English)

// totalKeys are the words of the figures of an order. The order itself has them
// in the buyer's language.
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

// totalWords are those of a figure in English; of one that has no words there,
// those that the buyer reads.
func totalWords(t *acp.Total) string {
	if key := totalKeys[t.Type]; key != "" {
		return inEnglish.Say(key)
	}
	return t.DisplayText
}

// adjustmentWords are what was written beside an adjustment. What the server has
// written there for the buyer is said in English.
func adjustmentWords(o *order.Order, a *acp.Adjustment) string {
	const lessTaken = "order.less_taken"
	if a.Description == text.For(o.Locale).Say(lessTaken) {
		return inEnglish.Say(lessTaken)
	}
	return a.Description
}
