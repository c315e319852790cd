package main

import (
	"cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/text"
)

// inEnglish are the texts that operators read.
var inEnglish = text.For(text.English)

// totalWords are those of a figure in English, since the order has them in the
// buyer's language; of one that is not of our making, those that the buyer reads.
func totalWords(t *acp.Total) string {
	return cmp.Or(order.TotalWords(inEnglish, t.Type), t.DisplayText)
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
