package acp

// TotalType names a figure of a totals list.
type TotalType string

const (
	TotalItemsBaseAmount TotalType = "items_base_amount"
	TotalItemsDiscount   TotalType = "items_discount"
	TotalSubtotal        TotalType = "subtotal"
	TotalDiscount        TotalType = "discount"
	TotalFulfillment     TotalType = "fulfillment"
	TotalTax             TotalType = "tax"
	TotalFee             TotalType = "fee"
	TotalGiftWrap        TotalType = "gift_wrap"
	TotalTip             TotalType = "tip"
	TotalStoreCredit     TotalType = "store_credit"
	TotalTotal           TotalType = "total"
	TotalAmountRefunded  TotalType = "amount_refunded"
)

// Total is one figure with the words a buyer reads beside it. A deducting
// type (discounts) has a positive amount.
type Total struct {
	Type        TotalType      `json:"type"`
	DisplayText string         `json:"display_text"`
	Amount      int64          `json:"amount"`
	Description string         `json:"description,omitzero"`
	Breakdown   []TaxBreakdown `json:"breakdown,omitzero"`
}

// TaxBreakdown is the part of a tax total that one jurisdiction takes. Rate is
// a fraction (0.19), for display only.
type TaxBreakdown struct {
	Jurisdiction string  `json:"jurisdiction"`
	Rate         float64 `json:"rate"`
	Amount       int64   `json:"amount"`
}

// Amount returns the figure of a type, and whether the list has it.
func Amount(totals []Total, t TotalType) (int64, bool) {
	for i := range totals {
		if totals[i].Type == t {
			return totals[i].Amount, true
		}
	}
	return 0, false
}
