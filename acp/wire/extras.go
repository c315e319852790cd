package wire

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

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
