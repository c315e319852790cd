package wire

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// rules is what a version demands of requests. Everything else about them is
// read alike in every version: each spelling that any of them has is
// understood.
type rules struct {
	items        string     // the version's name of the list of items
	currency     bool       // create needs currency
	capabilities bool       // create needs capabilities
	buyerName    buyerNames // what a buyer must carry beside email
	provider     bool       // payment_data names a provider and a token, not a handler and an instrument
	addressLine  int        // characters of line_one, line_two and city
	// authenticates marks the versions that have 3-D Secure and no capabilities:
	// their agents have to be able to do it, and cannot say so.
	authenticates bool
	carts         bool // the version has carts
}

// DecodeCreate reads POST /checkout_sessions.
func (rule rules) DecodeCreate(doc *Document) (acp.CreateRequest, error) {
	r, body := read(doc, rule)
	cartID, items, buyer := r.cartID(body), []acp.RequestedItem(nil), value{r: r, at: -1}
	if cartID == "" {
		items, buyer = r.items(body), body.get("buyer")
	}
	req := acp.CreateRequest{
		CartID:             cartID,
		Items:              items,
		Currency:           r.currency(body.get("currency")),
		Capabilities:       r.capabilities(body.first("capabilities", "agent_capabilities")),
		Buyer:              r.buyer(buyer),
		FulfillmentDetails: r.fulfillmentDetails(body),
		FulfillmentGroups:  r.fulfillmentGroups(body).Value,
		Attribution:        r.attribution(body.get("affiliate_attribution")),
		DiscountCodes:      r.discountCodes(body).Value,
		Locale:             body.get("locale").text(acp.MaxText),
		Timezone:           body.get("timezone").text(acp.MaxText),
		QuoteID:            body.get("quote_id").text(acp.MaxText),
		Metadata:           body.get("metadata").metadata(),
		OrderNotes:         body.get("order_notes").text(acp.MaxOrderNotes),
		GiftWrap:           r.giftWrap(body.get("gift_wrap")),
		Tip:                r.tip(body.get("tip")),
	}
	return result(r, req)
}

// DecodeUpdate reads POST /checkout_sessions/{id}.
func (rule rules) DecodeUpdate(doc *Document) (acp.UpdateRequest, error) {
	r, body := read(doc, rule)
	req := acp.UpdateRequest{
		FulfillmentDetails: r.fulfillmentPatch(body),
		FulfillmentGroups:  r.fulfillmentGroups(body),
		Selected:           r.selected(body),
		DiscountCodes:      r.discountCodes(body),
		GiftWrap:           r.giftWrap(body.get("gift_wrap")),
		Tip:                r.tip(body.get("tip")),
	}
	if list := r.itemList(body); list.sent() {
		req.Items = acp.Some(r.items(body))
	}
	if buyer := body.get("buyer"); buyer.null() {
		req.Buyer = acp.Opt[acp.Buyer]{Set: true, Null: true}
	} else if b := r.buyer(buyer); b != nil {
		req.Buyer = acp.Some(*b)
	}
	if notes := body.get("order_notes"); notes.sent() {
		req.OrderNotes = acp.Opt[string]{Set: true, Null: notes.null(), Value: notes.text(acp.MaxOrderNotes)}
	}
	return result(r, req)
}

// DecodeComplete reads POST /checkout_sessions/{id}/complete.
func (rule rules) DecodeComplete(doc *Document) (acp.CompleteRequest, error) {
	r, body := read(doc, rule)
	req := acp.CompleteRequest{
		Payment:            r.payment(body.get("payment_data")),
		Buyer:              r.buyer(body.get("buyer")),
		FulfillmentDetails: r.fulfillmentPatch(body),
		Authentication:     r.authentication(body.get("authentication_result")),
		Attribution:        r.attribution(body.get("affiliate_attribution")),
		Consents:           r.consents(body.get("marketing_consents")),
		OrderNotes:         body.get("order_notes").text(acp.MaxOrderNotes),
		RiskSignals:        r.riskSignals(body.get("risk_signals")),
	}
	return result(r, req)
}

// DecodeCancel reads POST /checkout_sessions/{id}/cancel, whose body is
// optional: none, null and {} mean the same.
func (rule rules) DecodeCancel(doc *Document) (acp.CancelRequest, error) {
	if doc.Empty() || doc.nodes[0].kind == 'n' {
		return acp.CancelRequest{}, nil
	}
	r, body := read(doc, rule)
	return result(r, acp.CancelRequest{Intent: r.intent(body.get("intent_trace"))})
}

// currency reads a currency in either case.
func (r *reader) currency(v value) string {
	if r.rule.currency {
		v.require("the currency of the session, a lower-case ISO 4217 code such as usd")
	}
	if !v.given() {
		return ""
	}
	code := strings.ToLower(v.text(acp.MaxText))
	if r.err == nil && !money.Valid(code) {
		v.refuse("Not a currency. Send a lower-case ISO 4217 code such as usd.")
	}
	return code
}

// capabilities reads what the agent can do. Values it names that nobody knows
// are kept: the core intersects them away (CAP-04).
func (r *reader) capabilities(v value) acp.RequestedCapabilities {
	var c acp.RequestedCapabilities
	if r.rule.capabilities && !v.require("what the agent can do; {} when nothing special") {
		return c
	}
	if r.rule.authenticates && !v.given() {
		c.Interventions = &acp.Interventions{Supported: []string{"3ds"}}
	}
	if !v.object() {
		return c
	}
	if i := v.get("interventions"); i.object() {
		c.Interventions = &acp.Interventions{
			Supported:       interventions(i.get("supported")),
			Required:        interventions(i.get("required")),
			Enforcement:     i.get("enforcement").text(acp.MaxText),
			DisplayContext:  i.get("display_context").text(acp.MaxText),
			RedirectContext: i.get("redirect_context").text(acp.MaxText),
		}
		if n := i.get("max_redirects"); n.given() {
			limit := n.integer(0, money.Max, 0)
			c.Interventions.MaxRedirects = &limit
		}
		if n := i.get("max_interaction_depth"); n.given() {
			limit := n.integer(1, money.Max, 1)
			c.Interventions.MaxInteractionDepth = &limit
		}
	}
	// An agent lists extensions by name; some send the declaration of a seller.
	for e := range v.get("extensions").items(acp.MaxCapabilities) {
		if e.kind() == '{' {
			c.Extensions = append(c.Extensions, e.get("name").requiredText(acp.MaxText, "the name of the extension"))
		} else {
			c.Extensions = append(c.Extensions, e.text(acp.MaxText))
		}
	}
	return c
}

// interventions reads a list of steps that a buyer can take. The examples of
// 2026-01-16 name the ways of 3-D Secure one by one.
func interventions(v value) []string {
	list := v.texts(acp.MaxCapabilities, acp.MaxText)
	out := list[:0]
	for _, s := range list {
		if s == "3ds_redirect" || s == "3ds_challenge" || s == "3ds_frictionless" {
			s = "3ds"
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// discountCodes reads discounts.codes, or the older coupons when only they are
// there (DSC-08). An empty list clears (DSC-02).
func (r *reader) discountCodes(body value) acp.Opt[[]string] {
	codes, discounts := body.get("coupons"), body.get("discounts")
	if discounts.null() {
		return acp.Opt[[]string]{Set: true, Null: true}
	}
	if discounts.object() {
		if c := discounts.get("codes"); c.sent() {
			codes = c
		}
	}
	if !codes.sent() {
		return acp.Opt[[]string]{}
	}
	return acp.Opt[[]string]{Set: true, Null: codes.null(), Value: codes.texts(r.doc.limits.DiscountCodes, acp.MaxText)}
}

// consents reads the buyer's answers about marketing. Channels that the shop
// does not know are the core's to ignore (MKT-03).
func (r *reader) consents(v value) []acp.MarketingConsent {
	var list []acp.MarketingConsent
	for c := range v.items(acp.MaxConsents) {
		if !c.object() {
			c.wrongType("an object with channel and opted_in")
			break
		}
		consent := acp.MarketingConsent{Channel: c.get("channel").requiredText(acp.MaxText, "the channel, such as email")}
		if opted := c.get("opted_in"); opted.require("true or false") {
			consent.OptedIn = opted.boolean()
		}
		list = append(list, consent)
	}
	return list
}
