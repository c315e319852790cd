package wire

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// sheetRules is what the arguments of the ChatGPT app's tools must have. Hosts
// differ in what they send, so it is little.
var sheetRules = rules{items: "items", buyerName: anyName, provider: true, addressLine: acp.MaxAddressLine}

// DecodeSheetCreate reads the arguments of checkout_session: the cart is in the
// member checkout_session, or there is no such member and the arguments are the
// cart. Prices that come with the items are the model's and are not looked at.
// Errors are as Codec.DecodeCreate's.
func DecodeSheetCreate(doc *Document) (acp.CreateRequest, error) {
	r, body := read(doc, sheetRules)
	if v := body.get("checkout_session"); v.given() && v.object() {
		body = v
	}
	req := acp.CreateRequest{
		Items:              r.sheetItems(body),
		Buyer:              r.sheetBuyer(body.get("buyer")),
		FulfillmentDetails: r.sheetDetails(body),
		DiscountCodes:      r.sheetDiscounts(body).Value,
		Capabilities:       r.capabilities(body.get("capabilities")),
		Locale:             body.get("locale").text(acp.MaxText),
		Timezone:           body.get("timezone").text(acp.MaxText),
	}
	return result(r, req)
}

// DecodeSheetUpdate reads the arguments of update_checkout_session. What is
// absent stays; an item with quantity 0 is taken out.
func DecodeSheetUpdate(doc *Document) (sessionID string, req acp.UpdateRequest, err error) {
	r, body := read(doc, sheetRules)
	sessionID = sheetSessionID(body)
	if list := r.itemList(body); list.given() {
		req.Items = acp.Some(r.sheetItems(body))
	}
	if b := body.get("buyer"); b.given() {
		if buyer := r.sheetBuyer(b); buyer != nil {
			req.Buyer = acp.Some(*buyer)
		}
	}
	req.FulfillmentDetails = r.sheetPatch(body)
	if selected := body.get("selected_fulfillment_options"); selected.given() || body.get("fulfillment_option_id").given() {
		req.Selected = r.selected(body)
	}
	req.DiscountCodes = r.sheetDiscounts(body)
	r.sheetExtras(body, &req)
	req, err = result(r, req)
	return sessionID, req, err
}

// sheetExtras reads what a buyer may ask for beside goods and delivery, and
// answers. A null says nothing here either: gift wrap ends with enabled false,
// a tip with the amount 0, groups and notes with empty ones.
func (r *reader) sheetExtras(body value, req *acp.UpdateRequest) {
	if body.get("fulfillment_groups").given() {
		req.FulfillmentGroups = r.fulfillmentGroups(body)
	}
	if wrap := body.get("gift_wrap"); wrap.given() {
		req.GiftWrap = r.giftWrap(wrap)
	}
	if tip := body.get("tip"); tip.given() {
		req.Tip = r.tip(tip)
	}
	if notes := body.get("order_notes"); notes.given() {
		req.OrderNotes = acp.Some(notes.text(acp.MaxOrderNotes))
	}
	req.Consents = r.consents(body.get("marketing_consents"))
}

// DecodeSheetComplete reads the arguments of complete_checkout. Only the
// session, the token and its provider are needed; a buyer without an e-mail
// address and a billing address that is not complete are as none. Beyond the
// sheet's documentation it reads the protocol's authentication_result and
// marketing_consents.
func DecodeSheetComplete(doc *Document) (sessionID string, req acp.CompleteRequest, err error) {
	r, body := read(doc, sheetRules)
	sessionID = sheetSessionID(body)
	req.Buyer = r.sheetBuyer(body.get("buyer"))
	req.Consents = r.consents(body.get("marketing_consents"))
	req.Authentication = r.authentication(body.get("authentication_result"))
	if pay := body.get("payment_data"); pay.require("the payment, {\"token\": \"...\", \"provider\": \"...\"}") && pay.object() {
		provider := pay.get("provider")
		req.Payment = acp.PaymentData{Provider: provider.requiredText(acp.MaxText, "the payment provider that issued the token"),
			HandlerParam: provider.path(), InstrumentType: "card", CredentialType: "spt"}
		req.Payment.Token, req.Payment.TokenParam = r.token(pay.get("token"))
		if a, ok := r.sheetAddress(pay.get("billing_address"), req.Buyer); ok {
			req.Payment.Billing = &a
		}
	}
	req, err = result(r, req)
	return sessionID, req, err
}

// DecodeSheetSession reads the arguments of a tool that takes a session alone.
func DecodeSheetSession(doc *Document) (sessionID string, err error) {
	r, body := read(doc, sheetRules)
	return result(r, sheetSessionID(body))
}

// DecodeSheetStart reads the arguments of start_external_checkout: a session,
// or the cart of a new one, in which case sessionID is "".
func DecodeSheetStart(doc *Document) (sessionID string, cart acp.CreateRequest, err error) {
	_, body := read(doc, sheetRules)
	if v := sheetSession(body); v.given() {
		sessionID, err = DecodeSheetSession(doc)
		return sessionID, cart, err
	}
	cart, err = DecodeSheetCreate(doc)
	return "", cart, err
}

// sheetSession is the session's id under the names that hosts and models give
// it.
func sheetSession(body value) value {
	return body.first("checkout_session_id", "session_id", "id")
}

func sheetSessionID(body value) string {
	return sheetSession(body).requiredText(acp.MaxText, "the id of the checkout session")
}

// sheetItems reads a list of {id, quantity}, or of lines as a session shows
// them, {id, item: {id, quantity}}. An item that comes twice adds up; quantity
// 0 leaves an item out.
func (r *reader) sheetItems(body value) []acp.RequestedItem {
	list := r.itemList(body)
	if !list.require("the items to buy, [{\"id\": \"...\", \"quantity\": 1}]") {
		return nil
	}
	var items []acp.RequestedItem
	at := make(map[string]int)
	for v := range list.items(r.doc.limits.LineItems) {
		if !v.object() {
			v.wrongType("an object with id and quantity")
			return nil
		}
		id, quantity := r.sheetItem(v)
		i, seen := at[id]
		switch {
		case r.err != nil || quantity == 0:
		case !seen:
			at[id] = len(items)
			items = append(items, acp.RequestedItem{ID: id, Quantity: quantity})
		case items[i].Quantity > r.doc.limits.Quantity-quantity:
			v.refuse("Too many units of the same item together. Send at most " + strconv.FormatInt(r.doc.limits.Quantity, 10) + ".")
		default:
			items[i].Quantity += quantity
		}
	}
	if r.err == nil && len(items) == 0 {
		list.refuse("Empty. Send at least one item, or cancel the checkout session.")
	}
	return items
}

// sheetItem reads one item; a line's own id says nothing to the catalogue.
func (r *reader) sheetItem(v value) (id string, quantity int64) {
	count := v.get("quantity")
	if line := v.get("item"); line.given() && line.object() {
		if v = line; !count.given() {
			count = line.get("quantity")
		}
	}
	id = v.get("id").requiredText(acp.MaxItemID, "the id of the item in the shop's catalogue")
	if strings.ContainsFunc(id, isControl) {
		v.get("id").refuse("Not an item id: it has control characters. Send the id as the product feed has it.")
	}
	return id, count.integer(0, r.doc.limits.Quantity, 1)
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f || 0x80 <= c && c < 0xa0 }

// sheetBuyer reads a buyer with whichever names it has; every member may be
// null. Without an e-mail address there is none.
func (r *reader) sheetBuyer(v value) *acp.Buyer {
	if !v.object() || !v.get("email").given() || v.get("email").text(acp.MaxEmail) == "" {
		return nil
	}
	return &acp.Buyer{
		FirstName:   v.get("first_name").text(acp.MaxText),
		LastName:    v.get("last_name").text(acp.MaxText),
		FullName:    v.first("full_name", "name").text(acp.MaxText),
		Email:       r.email(v.get("email"), false),
		PhoneNumber: v.first("phone_number", "phone").text(acp.MaxText),
	}
}

// sheetDiscounts reads discount_codes, or what the protocol's versions call it.
func (r *reader) sheetDiscounts(body value) acp.Opt[[]string] {
	codes := body.first("discount_codes", "discount_code")
	switch {
	case !codes.given():
		return r.discountCodes(body)
	case codes.kind() == '"':
		if code := codes.text(acp.MaxText); code != "" {
			return acp.Some([]string{code})
		}
		return acp.Some([]string{})
	}
	return acp.Some(codes.texts(r.doc.limits.DiscountCodes, acp.MaxText))
}

// sheetDetails is where the goods of a new session go.
func (r *reader) sheetDetails(body value) *acp.FulfillmentDetails {
	p := r.sheetPatch(body)
	if !p.Set || p.Null {
		return nil
	}
	d := &acp.FulfillmentDetails{Name: p.Value.Name.Value, PhoneNumber: p.Value.PhoneNumber.Value, Email: p.Value.Email.Value}
	if p.Value.Address.Set {
		d.Address = &p.Value.Address.Value
	}
	return d
}

// sheetPatch reads fulfillment_address, or fulfillment_details around it. A
// null says nothing: hosts write it for what they do not know.
func (r *reader) sheetPatch(body value) acp.Opt[acp.FulfillmentDetailsPatch] {
	address, patch := body.first("fulfillment_address", "shipping_address"), acp.FulfillmentDetailsPatch{}
	if details := body.get("fulfillment_details"); details.given() {
		if !details.object() {
			return acp.Opt[acp.FulfillmentDetailsPatch]{}
		}
		address = details.get("address")
		patch.Name, patch.PhoneNumber = sheetText(details.get("name")), sheetText(details.first("phone_number", "phone"))
		if e := details.get("email"); e.given() {
			patch.Email = acp.Some(r.email(e, false))
		}
	}
	if address.given() {
		a, ok := r.sheetAddress(address, nil)
		if !ok && r.err == nil {
			r.demandAddress(address, a)
		}
		patch.Address = acp.Some(a)
		if phone := sheetText(address.first("phone_number", "phone")); phone.Set {
			patch.PhoneNumber = phone
		}
	}
	if patch == (acp.FulfillmentDetailsPatch{}) {
		return acp.Opt[acp.FulfillmentDetailsPatch]{}
	}
	return acp.Some(patch)
}

func sheetText(v value) acp.Opt[string] {
	if !v.given() {
		return acp.Opt[string]{}
	}
	return acp.Some(v.text(acp.MaxText))
}

// sheetAddress reads an address in the protocol's spelling or another that
// hosts use. Without a name the buyer's stands in. ok is false for one that
// lacks the street, the city or the country.
func (r *reader) sheetAddress(v value, buyer *acp.Buyer) (a acp.Address, ok bool) {
	if !v.object() {
		return a, false
	}
	a = acp.Address{
		Name:       v.first("name", "full_name").text(acp.MaxText),
		LineOne:    v.first("line_one", "line1", "address_line_1", "street").text(acp.MaxAddressLine),
		LineTwo:    v.first("line_two", "line2", "address_line_2").text(acp.MaxAddressLine),
		City:       v.get("city").text(acp.MaxAddressLine),
		State:      v.first("state", "region", "province").text(acp.MaxAddressLine),
		Country:    strings.ToUpper(v.first("country", "country_code").text(acp.MaxText)),
		PostalCode: v.first("postal_code", "zip", "postcode").text(acp.MaxPostalCode),
		Company:    v.get("company").text(acp.MaxText),
	}
	if a.Name == "" && buyer != nil {
		if a.Name = buyer.FullName; a.Name == "" {
			a.Name = strings.TrimSpace(buyer.FirstName + " " + buyer.LastName)
		}
	}
	return a, a.LineOne != "" && a.City != "" && isCountry(a.Country)
}

// demandAddress says what an address to deliver to lacks.
func (r *reader) demandAddress(v value, a acp.Address) {
	switch {
	case a.LineOne == "":
		v.get("line_one").requiredText(acp.MaxAddressLine, "the street and house number")
	case a.City == "":
		v.get("city").requiredText(acp.MaxAddressLine, "the city")
	case a.Country == "":
		v.get("country").requiredText(acp.MaxText, "the country as two letters, such as US")
	default:
		v.first("country", "country_code").refuse("Not a country. Send two letters (ISO 3166-1 alpha-2), such as US.")
	}
}

// decimal reads an amount in the major unit of a currency, as a number or as a
// decimal in a string; absent and null are absent, which is nil.
func (v value) decimal(currency string) *int64 {
	if !v.given() {
		return nil
	}
	literal := ""
	switch v.kind() {
	case '0', '"':
		literal = v.r.doc.nodes[v.at].text
	default:
		v.wrongType("an amount such as 25 or \"24.99\"")
		return nil
	}
	n, err := money.Parse(literal, currency)
	if err != nil || n < 0 {
		v.refuse("Not an amount. Send digits with a point, such as 25 or \"24.99\".")
		return nil
	}
	return &n
}
