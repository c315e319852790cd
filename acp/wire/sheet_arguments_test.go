package wire_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

const jane = `"buyer":{"first_name":"Jane","last_name":"Customer","email":"j@example.com","phone_number":"+1555"}`

// What hosts send to complete_checkout, and what is made of it.
func TestDecodeSheetComplete(t *testing.T) {
	buyer := &acp.Buyer{FirstName: "Jane", LastName: "Customer", Email: "j@example.com", PhoneNumber: "+1555"}
	home := &acp.Address{Name: "Jane Customer", LineOne: "123 Main St", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94107"}
	for name, tt := range map[string]struct {
		body    string
		buyer   *acp.Buyer
		billing *acp.Address
	}{
		"as the documentation has it": {`{"checkout_session_id":"cs_1",` + jane + `,"payment_data":{"token":"spt_1","provider":"stripe","billing_address":
			{"name":"Jane Customer","line_one":"123 Main St","line_two":null,"city":"San Francisco","state":"CA","country":"US","postal_code":"94107","phone_number":null}}}`, buyer, home},
		"the least":              {`{"checkout_session_id":"cs_1","payment_data":{"token":"spt_1","provider":"stripe"}}`, nil, nil},
		"null for what is unset": {`{"checkout_session_id":"cs_1","buyer":null,"payment_data":{"token":"spt_1","provider":"stripe","billing_address":null}}`, nil, nil},
		"a buyer of nulls": {`{"checkout_session_id":"cs_1","buyer":{"name":null,"email":null,"phone_number":null},"payment_data":{"token":"spt_1","provider":"stripe"}}`,
			nil, nil},
		"one name, as the provider's sample has it": {`{"checkout_session_id":"cs_1","buyer":{"name":"Jane Customer","email":"j@example.com","phone_number":null},"payment_data":{"token":"spt_1","provider":"stripe"}}`,
			&acp.Buyer{FullName: "Jane Customer", Email: "j@example.com"}, nil},
		"another spelling of addresses, without a name": {`{"checkout_session_id":"cs_1","buyer":{"name":"Jane Customer","email":"j@example.com","phone":"+1555"},"payment_data":{"token":"spt_1","provider":"stripe",
			"billing_address":{"line1":"123 Main St","line2":"","city":"San Francisco","state":"CA","postal_code":"94107","country":"us"}}}`,
			&acp.Buyer{FullName: "Jane Customer", Email: "j@example.com", PhoneNumber: "+1555"}, home},
		"an address that is not complete": {`{"checkout_session_id":"cs_1","payment_data":{"token":"spt_1","provider":"stripe","billing_address":{"postal_code":"94107","country":"US"}}}`, nil, nil},
		"members that nobody knows":       {`{"session_id":"cs_1","callId":7,"merchant":{"logo":"x"},"payment_data":{"token":"spt_1","provider":"stripe","amount":1,"currency":"eur"}}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			id, req, err := wire.DecodeSheetComplete(parse(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			want := acp.CompleteRequest{Buyer: tt.buyer, Payment: acp.PaymentData{Provider: "stripe", Token: "spt_1", InstrumentType: "card", CredentialType: "spt",
				Billing: tt.billing, TokenParam: "$.payment_data.token", HandlerParam: "$.payment_data.provider"}}
			if diff := cmp.Diff(want, req); diff != "" || id != "cs_1" {
				t.Errorf("%s: %s", id, diff)
			}
		})
	}
}

// A cart comes in the member of the sidebar's call, bare, or as lines that a
// session has shown.
func TestDecodeSheetItems(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		want []acp.RequestedItem
	}{
		"the sidebar's": {`{"checkout_session":{"items":[{"id":"a","quantity":2,"offerId":"o","name":"A","description":null,"images":["x"],"url":"u","merchant_name":"m","price":"$24.99"}]}}`,
			[]acp.RequestedItem{{ID: "a", Quantity: 2}}},
		"bare":                     {`{"items":[{"id":"a"}]}`, []acp.RequestedItem{{ID: "a", Quantity: 1}}},
		"as lines":                 {`{"line_items":[{"id":"li_1","item":{"id":"a","quantity":3}},{"id":"li_2","item":{"id":"b"},"quantity":2}]}`, []acp.RequestedItem{{ID: "a", Quantity: 3}, {ID: "b", Quantity: 2}}},
		"the same twice":           {`{"items":[{"id":"a","quantity":1},{"id":"b","quantity":1},{"id":"a","quantity":2}]}`, []acp.RequestedItem{{ID: "a", Quantity: 3}, {ID: "b", Quantity: 1}}},
		"none of one is left out":  {`{"items":[{"id":"a","quantity":0},{"id":"b","quantity":1}]}`, []acp.RequestedItem{{ID: "b", Quantity: 1}}},
		"a whole number as it may": {`{"items":[{"id":"a","quantity":2.0}]}`, []acp.RequestedItem{{ID: "a", Quantity: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := wire.DecodeSheetCreate(parse(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, req.Items); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeSheetUpdate(t *testing.T) {
	home := acp.Address{LineOne: "1 High St", City: "Leeds", Country: "GB"}
	for name, tt := range map[string]struct {
		body string
		want acp.UpdateRequest
	}{
		"nothing, and nulls": {`{"checkout_session_id":"cs_1","items":null,"buyer":null,"fulfillment_address":null,"fulfillment_option_id":null}`, acp.UpdateRequest{}},
		"an option":          {`{"id":"cs_1","fulfillment_option_id":"std"}`, acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: "std"}})}},
		"an address": {`{"id":"cs_1","fulfillment_address":{"line_one":"1 High St","city":"Leeds","country":"gb","phone_number":"+44"}}`,
			acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(home), PhoneNumber: acp.Some("+44")})}},
		"details around it": {`{"id":"cs_1","fulfillment_details":{"name":"J","address":{"street":"1 High St","city":"Leeds","country_code":"GB"}}}`,
			acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Name: acp.Some("J"), Address: acp.Some(home)})}},
		"codes":            {`{"id":"cs_1","discount_codes":["A"]}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"A"})}},
		"one code":         {`{"id":"cs_1","discount_code":"A"}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"A"})}},
		"codes as the API": {`{"id":"cs_1","discounts":{"codes":[]}}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{})}},
		"gift wrap, tip, notes": {`{"id":"cs_1","gift_wrap":{"enabled":true,"style":"birthday"},"tip":{"amount":300},"order_notes":"Ring twice"}`,
			acp.UpdateRequest{GiftWrap: acp.Some(acp.GiftWrap{Enabled: true, Style: "birthday"}), Tip: acp.Some(int64(300)), OrderNotes: acp.Some("Ring twice")}},
		"no more of them": {`{"id":"cs_1","gift_wrap":{"enabled":false},"tip":{"amount":0},"order_notes":""}`,
			acp.UpdateRequest{GiftWrap: acp.Some(acp.GiftWrap{}), Tip: acp.Some(int64(0)), OrderNotes: acp.Some("")}},
		"nulls of them": {`{"id":"cs_1","gift_wrap":null,"tip":null,"order_notes":null,"fulfillment_groups":null,"marketing_consents":null}`, acp.UpdateRequest{}},
		"answers": {`{"id":"cs_1","marketing_consents":[{"channel":"email","opted_in":true},{"channel":"sms","opted_in":false}]}`,
			acp.UpdateRequest{Consents: []acp.MarketingConsent{{Channel: "email", OptedIn: true}, {Channel: "sms"}}}},
		"several deliveries": {`{"id":"cs_1","selected_fulfillment_options":[{"type":"pickup","option_id":"soho","item_ids":["li_1"]},{"option_id":"std"}]}`,
			acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{Type: acp.FulfillmentPickup, OptionID: "soho", ItemIDs: []string{"li_1"}}, {OptionID: "std"}})}},
		"groups": {`{"id":"cs_1","fulfillment_groups":[{"id":"g","item_ids":["li_1"],"destination_type":"pickup","location_id":"soho"}]}`,
			acp.UpdateRequest{FulfillmentGroups: acp.Some([]acp.FulfillmentGroup{{ID: "g", ItemIDs: []string{"li_1"}, DestinationType: acp.FulfillmentPickup, LocationID: "soho"}})}},
		"items and quantity": {`{"id":"cs_1","items":[{"id":"a","quantity":4}]}`, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: "a", Quantity: 4}})}},
	} {
		t.Run(name, func(t *testing.T) {
			id, req, err := wire.DecodeSheetUpdate(parse(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, req); diff != "" || id != "cs_1" {
				t.Errorf("%s: %s", id, diff)
			}
		})
	}
}

// A host that can have the buyer authenticated says so when it opens the
// session, and brings the result with the same token.
func TestDecodeSheetAuthentication(t *testing.T) {
	opened, err := wire.DecodeSheetCreate(parse(t, `{"checkout_session":{"items":[{"id":"a"}],"capabilities":{"interventions":{"supported":["3ds"]}}}}`))
	if err != nil || opened.Capabilities.Interventions == nil || !slices.Contains(opened.Capabilities.Interventions.Supported, "3ds") {
		t.Errorf("%+v: %v", opened.Capabilities, err)
	}
	_, req, err := wire.DecodeSheetComplete(parse(t, `{"checkout_session_id":"cs_1","payment_data":{"token":"t","provider":"stripe"},"marketing_consents":[{"channel":"email","opted_in":true}],
		"authentication_result":{"outcome":"authenticated","outcome_details":{"three_ds_cryptogram":"c","electronic_commerce_indicator":"05","transaction_id":"t","version":"2.2.0"}}}`))
	want := &acp.AuthenticationResult{Outcome: acp.OutcomeAuthenticated, Details: &acp.AuthenticationDetails{Cryptogram: "c", ECI: "05", TransactionID: "t", Version: "2.2.0"}}
	if diff := cmp.Diff(want, req.Authentication); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if len(req.Consents) != 1 || !req.Consents[0].OptedIn {
		t.Errorf("answers: %+v", req.Consents)
	}
}

func TestSheetRefusals(t *testing.T) {
	complete := func(d *wire.Document) error { _, _, err := wire.DecodeSheetComplete(d); return err }
	update := func(d *wire.Document) error { _, _, err := wire.DecodeSheetUpdate(d); return err }
	create := func(d *wire.Document) error { _, err := wire.DecodeSheetCreate(d); return err }
	search := func(d *wire.Document) error { _, err := wire.DecodeProductSearch(d, "usd"); return err }
	for name, tt := range map[string]struct {
		decode      func(*wire.Document) error
		body        string
		code, param string
	}{
		"no session":                {complete, `{"payment_data":{"token":"t","provider":"stripe"}}`, acp.CodeMissing, "$.checkout_session_id"},
		"no payment":                {complete, `{"checkout_session_id":"cs_1"}`, acp.CodeMissing, "$.payment_data"},
		"a payment that is text":    {complete, `{"checkout_session_id":"cs_1","payment_data":"spt_1"}`, acp.CodeInvalid, "$.payment_data"},
		"no token":                  {complete, `{"checkout_session_id":"cs_1","payment_data":{"provider":"stripe"}}`, acp.CodeMissing, "$.payment_data.token"},
		"no provider":               {complete, `{"checkout_session_id":"cs_1","payment_data":{"token":"t"}}`, acp.CodeMissing, "$.payment_data.provider"},
		"a token with a space":      {complete, `{"checkout_session_id":"cs_1","payment_data":{"token":"a b","provider":"stripe"}}`, acp.CodeInvalid, "$.payment_data.token"},
		"an e-mail that is none":    {complete, `{"checkout_session_id":"cs_1","buyer":{"email":"jane"},"payment_data":{"token":"t","provider":"stripe"}}`, acp.CodeInvalid, "$.buyer.email"},
		"no items":                  {create, `{"checkout_session":{}}`, acp.CodeMissing, "$.checkout_session.items"},
		"an empty cart":             {update, `{"id":"cs_1","items":[{"id":"a","quantity":0}]}`, acp.CodeInvalid, "$.items"},
		"a negative quantity":       {create, `{"items":[{"id":"a","quantity":-1}]}`, acp.CodeInvalid, "$.items[0].quantity"},
		"too many together":         {create, `{"items":[{"id":"a","quantity":1000000},{"id":"a","quantity":1}]}`, acp.CodeInvalid, "$.items[1]"},
		"an address without street": {update, `{"id":"cs_1","fulfillment_address":{"city":"Leeds","country":"GB"}}`, acp.CodeMissing, "$.fulfillment_address.line_one"},
		"a country by its name":     {update, `{"id":"cs_1","fulfillment_address":{"line_one":"1","city":"Leeds","country":"England"}}`, acp.CodeInvalid, "$.fulfillment_address.country"},
		"a tip that is text":        {update, `{"id":"cs_1","tip":{"amount":"3.00"}}`, acp.CodeInvalid, "$.tip.amount"},
		"an answer to nothing":      {update, `{"id":"cs_1","marketing_consents":[{"opted_in":true}]}`, acp.CodeMissing, "$.marketing_consents[0].channel"},
		"a proof that is none":      {complete, `{"checkout_session_id":"cs_1","payment_data":{"token":"t","provider":"stripe"},"authentication_result":{"outcome":"authenticated"}}`, acp.CodeMissing, "$.authentication_result.outcome_details"},
		"a price in words":          {search, `{"max_price":"cheap"}`, acp.CodeInvalid, "$.max_price"},
		"a price below zero":        {search, `{"min_price":-1}`, acp.CodeInvalid, "$.min_price"},
		"an order of its own":       {search, `{"sort":"newest"}`, acp.CodeInvalid, "$.sort"},
		"a page of a thousand":      {search, `{"limit":1000}`, acp.CodeInvalid, "$.limit"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.decode(parse(t, tt.body))
			if err == nil {
				t.Fatal("accepted")
			}
			if e := acp.AsError(err); e.Code != tt.code || e.Param != tt.param {
				t.Errorf("%s at %s: %s", e.Code, e.Param, e.Message)
			}
		})
	}
}

func TestDecodeProductSearch(t *testing.T) {
	low, high := int64(950), int64(2500)
	got, err := wire.DecodeProductSearch(parse(t, `{"query":" red mug ","min_price":"9.50","max_price":25,"in_stock":true,"sort":"price_asc","limit":null,"brand":"Acme","cursor":"c"}`), "usd")
	want := wire.ProductSearch{Words: "red mug", Brand: "Acme", MinPrice: &low, MaxPrice: &high, InStock: true, Sort: "price_asc", Limit: 10, Cursor: "c"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
}

// The decoders of the app's tools never panic and refuse with a 400 only.
func FuzzDecodeSheet(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"checkout_session":{"items":[{"id":"a","quantity":1}]},"order_id":"ord_1","min_price":1e400}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := wire.Parse(body, acp.DefaultLimits())
		if err != nil {
			return
		}
		var errs [7]error
		_, errs[0] = wire.DecodeSheetCreate(doc)
		_, _, errs[1] = wire.DecodeSheetUpdate(doc)
		_, _, errs[2] = wire.DecodeSheetComplete(doc)
		_, _, errs[3] = wire.DecodeSheetStart(doc)
		_, errs[4] = wire.DecodeProductSearch(doc, "usd")
		_, errs[5] = wire.DecodeProductID(doc)
		_, _, errs[6] = wire.DecodeOrderID(doc)
		for _, err := range errs {
			if err != nil {
				mustBeRefusal(t, err)
			}
		}
	})
}
