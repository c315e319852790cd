package wire

import (
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// purchaseOrder reads the payment_data that names no handler.
func (r *reader) purchaseOrder(v, number value) acp.PaymentData {
	p := acp.PaymentData{HandlerParam: number.path(), PurchaseOrder: &acp.PurchaseOrder{
		Number:  number.requiredText(acp.MaxText, "the number of the purchase order"),
		Terms:   v.get("payment_terms").oneOf("immediate", "net_15", "net_30", "net_60", "net_90"),
		DueDate: v.get("due_date").time(),
	}}
	if approval := v.get("approval_required"); approval.given() {
		p.PurchaseOrder.ApprovalRequired = approval.boolean()
	}
	if strings.ContainsFunc(p.PurchaseOrder.Number, unicode.IsControl) {
		number.refuse("Not the number of a purchase order: it has control characters.")
	}
	if billing := v.get("billing_address"); billing.object() {
		a := r.address(billing)
		p.Billing = &a
	}
	return p
}

// giftWrap reads the protocol's GiftWrap. What it costs is the shop's to say.
func (r *reader) giftWrap(v value) acp.Opt[acp.GiftWrap] {
	if !v.sent() || v.null() || !v.object() {
		return acp.Opt[acp.GiftWrap]{Set: v.sent(), Null: v.null()}
	}
	enabled := v.get("enabled")
	enabled.require("true or false")
	v.get("charge")
	return acp.Some(acp.GiftWrap{Enabled: enabled.boolean(), Style: v.get("style").oneOf("birthday", "holiday", "elegant")})
}

// tip reads {"amount": minor units}.
func (r *reader) tip(v value) acp.Opt[int64] {
	if !v.sent() || v.null() || !v.object() {
		return acp.Opt[int64]{Set: v.sent(), Null: v.null()}
	}
	amount := v.get("amount")
	amount.require("the tip in minor units")
	return acp.Some(amount.integer(0, money.Max, 0))
}
