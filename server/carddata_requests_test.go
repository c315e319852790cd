package server_test

import "github.com/checkstand/checkstand/server/servertest"

// wholeAddress is an address with all that it may have.
func wholeAddress() object {
	return object{"name": "Test Buyer", "line_one": "1 Example Street", "line_two": "Floor 2", "city": "Example City", "state": "CA",
		"country": "US", "postal_code": "94105", "company": "Example", "phone_number": "+15550100"}
}

func wholeBuyer() object {
	return object{"name": "Test Buyer", "full_name": "Test Buyer", "first_name": "Test", "last_name": "Buyer", "email": "test.buyer@example.com",
		"phone_number": "+15550100", "phone": "+15550100", "customer_id": "c1", "account_type": "business", "authentication_status": "guest",
		"company":       object{"name": "Example", "tax_id": "t1", "department": "d1", "cost_center": "cc1"},
		"loyalty":       object{"tier": "gold"},
		"tax_exemption": object{"certificate_id": "x1", "certificate_type": "resale", "exempt_regions": []any{"CA"}}, "other": "x"}
}

func wholeAttribution() object {
	return object{"provider": "p1", "token": "clk1", "publisher_id": "pub1", "campaign_id": "camp1", "creative_id": "cr1", "sub_id": "s1",
		"touchpoint": "first", "metadata": object{"key": "value"}, "source": object{"type": "url", "url": "https://example.com/"}, "other": "x"}
}

func wholeCard() object {
	return object{"number": "4242424242424242", "cvc": "737", "cvv": "737", "exp_month": "12", "exp_year": "2031", "name": "Test Buyer", "brand": "visa", "last4": "4242"}
}

// wholeCreate is a create request with every field that any version has, and
// some that none has.
func (v dialect) wholeCreate() object {
	return object{v.items(): []any{object{"id": servertest.Mug, "name": "Mug", "quantity": 1, "other": "x"}}, "currency": "usd",
		"capabilities": object{"interventions": object{"supported": []any{"3ds"}, "required": []any{}, "enforcement": "optional", "display_context": "native",
			"redirect_context": "none"}, "extensions": []any{"discount", object{"name": "discount"}}, "other": "x"},
		"buyer": wholeBuyer(), "affiliate_attribution": wholeAttribution(), "discounts": object{"codes": []any{"SAVE10"}}, "coupons": []any{"SAVE10"},
		"fulfillment_details": object{"name": "Test Buyer", "phone_number": "+15550100", "email": "test.buyer@example.com", "address": wholeAddress()},
		"locale":              "en-US", "timezone": "America/Los_Angeles", "quote_id": "q1", "order_notes": "leave it at the door",
		"fulfillment_groups": []any{object{"id": "g1", "item_ids": []any{servertest.Mug}, "destination_type": "shipping", "instructions": "ring twice",
			"fulfillment_details": object{"name": "Test Buyer", "phone_number": "+15550100", "address": wholeAddress()}, "other": "x"}},
		"gift_wrap": object{"enabled": true, "style": "birthday", "charge": "3.00", "other": "x"}, "tip": object{"amount": 100, "other": "x"},
		"metadata": object{"key": "value", "deep": object{"list": []any{"value"}}}, "payment_data": wholeCard(), "other": "x"}
}

// wholeCart is a request for a cart alike.
func (v dialect) wholeCart() object {
	o := object{}
	for _, name := range []string{"line_items", "currency", "buyer", "locale", "order_notes", "metadata", "payment_data", "other"} {
		o[name] = v.wholeCreate()[name]
	}
	return o
}

// wholeUpdate is an update request alike.
func (v dialect) wholeUpdate() object {
	o := v.wholeCreate()
	for _, name := range []string{"currency", "capabilities", "affiliate_attribution", "locale", "timezone", "quote_id", "fulfillment_groups"} {
		delete(o, name)
	}
	option := object{"type": "shipping", "option_id": "standard"}
	o["selected_fulfillment_options"], o["fulfillment_option_id"] = []any{option}, "standard"
	return o
}

// wholeComplete is a complete request alike, with the card itself in every
// place where somebody might put it.
func (v dialect) wholeComplete(provider string) object {
	pay := object{"billing_address": wholeAddress(), "payment_method_details": wholeCard(), "card": wholeCard(), "number": "4242424242424242", "cvc": "737",
		"other": "x", "metadata": object{"key": "value"}}
	if v.flat() {
		pay["token"], pay["provider"] = "tok_visa", provider
	} else {
		pay["handler_id"] = "card_tokenized"
		pay["instrument"] = object{"type": "card", "number": "4242424242424242", "card": wholeCard(), "other": "x",
			"credential": object{"type": "spt", "token": "tok_visa", "number": "4242424242424242", "cvc": "737", "card": wholeCard()}}
	}
	return object{"payment_data": pay, "buyer": wholeBuyer(), "affiliate_attribution": wholeAttribution(), "order_notes": "leave it at the door",
		"authentication_result": object{"outcome": "authenticated", "outcome_details": object{"three_ds_cryptogram": "AAIBBYNoEwAAACcKhAJkdQAAAAA=",
			"electronic_commerce_indicator": "05", "transaction_id": "t1", "version": "2.2.0"}},
		"marketing_consents": []any{object{"channel": "email", "opted_in": false}},
		"risk_signals":       object{"ip_address": "192.0.2.1", "user_agent": "Example", "accept_language": "en", "session_id": "s1", "device_fingerprint": "f1"},
		"metadata":           object{"key": "value"}, "card": wholeCard(), "other": "x"}
}
