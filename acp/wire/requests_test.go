package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// What agents really send: each alias, older spelling and known mistake, and
// where it comes from: a number of the list of the specification's
// inconsistencies, or its text. Every version reads all of it, whichever it is
// of.
func TestRequestsThatAgentsSend(t *testing.T) {
	springfield := acp.Address{Name: "Test Buyer", LineOne: "1 Main Street", City: "Springfield", State: "IL", Country: "US", PostalCode: "62701"}
	items := func(list ...acp.RequestedItem) acp.UpdateRequest { return acp.UpdateRequest{Items: acp.Some(list)} }
	selected := func(s acp.SelectedFulfillmentOption) acp.UpdateRequest {
		return acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{s})}
	}
	to := func(p acp.FulfillmentDetailsPatch) acp.UpdateRequest {
		return acp.UpdateRequest{FulfillmentDetails: acp.Some(p)}
	}
	flat := func(provider, credential, providerParam string) acp.CompleteRequest {
		return acp.CompleteRequest{Payment: acp.PaymentData{Provider: provider, InstrumentType: "card", CredentialType: credential, Token: "tok_1",
			HandlerParam: providerParam, TokenParam: "$.payment_data.token"}}
	}
	handled := func(handlerParam string) acp.CompleteRequest {
		return acp.CompleteRequest{Payment: acp.PaymentData{HandlerID: "card_tokenized", InstrumentType: "card", CredentialType: "spt", Token: "tok_1",
			HandlerParam: handlerParam, TokenParam: "$.payment_data.instrument.credential.token"}}
	}
	const instrument = `"instrument":{"type":"card","credential":{"type":"spt","token":"tok_1"}}`
	authenticated := func(outcome, eci, version string) acp.CompleteRequest {
		c := handled("$.payment_data.handler_id")
		c.Authentication = &acp.AuthenticationResult{Outcome: outcome,
			Details: &acp.AuthenticationDetails{Cryptogram: "c", ECI: eci, TransactionID: "t", Version: version}}
		return c
	}
	result := func(outcome, eci, version string) string {
		return `{"payment_data":{"handler_id":"card_tokenized",` + instrument + `},"authentication_result":{"outcome":"` + outcome +
			`","outcome_details":{"three_ds_cryptogram":"c","electronic_commerce_indicator":"` + eci + `","transaction_id":"t","version":"` + version + `"}}}`
	}
	denied := func(outcome string) acp.CompleteRequest {
		c := handled("$.payment_data.handler_id")
		c.Authentication = &acp.AuthenticationResult{Outcome: outcome}
		return c
	}

	for _, tt := range []struct {
		source, name, body string
		want               any
	}{
		{"1", "a quantity where the schema has none", `{"line_items":[{"id":"a","quantity":3}]}`, items(acp.RequestedItem{ID: "a", Quantity: 3})},
		{"1", "no quantity is one", `{"line_items":[{"id":"a"}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1})},
		{"1", "the same item twice is two of it", `{"line_items":[{"id":"a"},{"id":"b"},{"id":"a"}]}`,
			items(acp.RequestedItem{ID: "a", Quantity: 2}, acp.RequestedItem{ID: "b", Quantity: 1})},
		{"1", "a quantity of 2.0", `{"items":[{"id":"a","quantity":2.0}]}`, items(acp.RequestedItem{ID: "a", Quantity: 2})},
		{"2", "items", `{"items":[{"id":"a","quantity":1}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1})},
		{"2", "line_items", `{"line_items":[{"id":"a","name":"A","unit_amount":5}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1, UnitAmount: 5, HasUnitAmount: true})},

		{"8", "a selection as 2026-01-30 has it", `{"selected_fulfillment_options":[{"type":"shipping","option_id":"o","item_ids":["li_1"]}]}`,
			selected(acp.SelectedFulfillmentOption{Type: acp.FulfillmentShipping, OptionID: "o", ItemIDs: []string{"li_1"}})},
		{"8", "a nested selection", `{"selected_fulfillment_options":[{"type":"shipping","shipping":{"option_id":"o","item_ids":["item_1"]}}]}`,
			selected(acp.SelectedFulfillmentOption{Type: acp.FulfillmentShipping, OptionID: "o", ItemIDs: []string{"item_1"}})},
		{"8", "a nested selection of something digital", `{"selected_fulfillment_options":[{"type":"digital","digital":{"option_id":"o","item_ids":["i"]}}]}`,
			selected(acp.SelectedFulfillmentOption{Type: acp.FulfillmentDigital, OptionID: "o", ItemIDs: []string{"i"}})},
		{"8", "a nested selection without its kind", `{"selected_fulfillment_options":[{"pickup":{"option_id":"o"}}]}`,
			selected(acp.SelectedFulfillmentOption{Type: acp.FulfillmentPickup, OptionID: "o"})},
		{"8", "a selection of no lines", `{"selected_fulfillment_options":[{"type":"shipping","option_id":"o","item_ids":[]}]}`,
			selected(acp.SelectedFulfillmentOption{Type: acp.FulfillmentShipping, OptionID: "o"})},
		{"1.3", "fulfillment_option_id", `{"fulfillment_option_id":"o"}`, selected(acp.SelectedFulfillmentOption{OptionID: "o"})},
		{"1.3", "fulfillment_address", `{"fulfillment_address":` + address + `}`, to(acp.FulfillmentDetailsPatch{Address: acp.Some(springfield)})},
		{"1.3", "fulfillment_details", `{"fulfillment_details":{"phone_number":"+15550100","address":` + address + `}}`,
			to(acp.FulfillmentDetailsPatch{PhoneNumber: acp.Some("+15550100"), Address: acp.Some(springfield)})},
		{"1.2", "a phone number at the address", `{"fulfillment_address":` + with(address, `"phone_number":"+15550100"`) + `}`,
			to(acp.FulfillmentDetailsPatch{PhoneNumber: acp.Some("+15550100"), Address: acp.Some(springfield)})},
		{"1.2", "a buyer with one name", `{"buyer":{"name":"Test Buyer","email":"b@example.com"}}`,
			acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FullName: "Test Buyer", Email: "b@example.com"})}},
		{"1.2", "a buyer with two", `{"buyer":{"first_name":"Test","last_name":"Buyer","email":"b@example.com"}}`,
			acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "b@example.com"})}},
		{"1.3", "a buyer with a full name", `{"buyer":{"full_name":"Test Buyer","email":"b@example.com"}}`,
			acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FullName: "Test Buyer", Email: "b@example.com"})}},
		{"1.3", "coupons", `{"coupons":["TEN"]}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"TEN"})}},
		{"1.3", "discounts beside coupons", `{"coupons":["OLD"],"discounts":{"codes":["TEN"]}}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"TEN"})}},
		{"11", "fields that nobody knows", `{"x_mood":{"a":[1]},"line_items":[{"id":"a","x":null}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1})},
		{"unreleased", "a price from a feed", `{"line_items":[{"id":"a","suggested_price":{"amount":499,"source":{"feed_id":"f"},"observed_at":"2026-05-04T12:00:00Z"}}]}`,
			items(acp.RequestedItem{ID: "a", Quantity: 1, UnitAmount: 499, HasUnitAmount: true,
				Suggested: &acp.SuggestedPrice{Amount: 499, ObservedAt: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}})},
		{"unreleased", "a price of its own beside it", `{"line_items":[{"id":"a","unit_amount":500,"suggested_price":{"amount":499}}]}`,
			items(acp.RequestedItem{ID: "a", Quantity: 1, UnitAmount: 500, HasUnitAmount: true,
				Suggested: &acp.SuggestedPrice{Amount: 499}})},

		{"1.3", "a provider and a token", `{"payment_data":{"provider":"stripe","token":"tok_1"}}`, flat("stripe", "spt", "$.payment_data.provider")},
		{"the field", "the provider as the type", `{"payment_data":{"type":"stripe","token":"tok_1","payment_method_details":{"card":{"brand":"visa","last4":"4242"}}}}`,
			flat("stripe", "spt", "$.payment_data.type")},
		{"the field", "another provider as the type", `{"payment_data":{"type":"adyen","token":"tok_1"}}`, flat("adyen", "spt", "$.payment_data.type")},
		{"the field", "a card as the type beside the provider", `{"payment_data":{"type":"card","provider":"stripe","token":"tok_1"}}`, flat("stripe", "spt", "$.payment_data.provider")},
		{"the field", "the kind of credential as the type", `{"payment_data":{"type":"nonce","provider":"braintree","token":"tok_1"}}`, flat("braintree", "nonce", "$.payment_data.provider")},
		{"the field", "a card and a token, with nobody named", `{"payment_data":{"type":"card","token":"tok_1","payment_method_details":{"card":{"brand":"visa","last4":"4242"}}}}`,
			flat("", "spt", "$.payment_data.type")},
		{"the field", "a card by another name", `{"payment_data":{"type":"credit_card","token":"tok_1"}}`, flat("", "spt", "$.payment_data.type")},
		{"the field", "the kind of token, with nobody named", `{"payment_data":{"type":"vault_token","token":"tok_1"}}`, flat("", "vault_token", "$.payment_data.type")},
		{"12", "a handler and an instrument", `{"payment_data":{"handler_id":"card_tokenized",` + instrument + `}}`, handled("$.payment_data.handler_id")},
		{"13", "an instrument with an id, and the handler again", `{"payment_data":{"handler_id":"card_tokenized","instrument":{"id":"inst_1","handler_id":"card_tokenized","type":"card","credential":{"type":"spt","token":"tok_1"}}}}`,
			handled("$.payment_data.handler_id")},
		{"13", "the handler in the instrument alone", `{"payment_data":{"instrument":{"handler_id":"card_tokenized","type":"card","credential":{"type":"spt","token":"tok_1"}}}}`,
			handled("$.payment_data.instrument.handler_id")},
		{"13", "a token of 4096 characters", strings.Replace(`{"payment_data":{"provider":"stripe","token":"tok_1"}}`, "tok_1", strings.Repeat("t", 4096), 1),
			withToken(flat("stripe", "spt", "$.payment_data.provider"), strings.Repeat("t", 4096))},
		{"13", "3-D Secure 2.1", result("authenticated", "05", "2.1"), authenticated(acp.OutcomeAuthenticated, "05", "2.1.0")},
		{"13", "3-D Secure 2.1.0", result("authenticated", "05", "2.1.0"), authenticated(acp.OutcomeAuthenticated, "05", "2.1.0")},
		{"13", "an indicator of one digit", result("authenticated", "5", "2.2.0"), authenticated(acp.OutcomeAuthenticated, "05", "2.2.0")},
		{"1.3", "an attempt of 2026-01-16", result("attempt", "06", "2.2.0"), authenticated(acp.OutcomeAttemptAcknowledged, "06", "2.2.0")},
		{"1.3", "a failure of 2026-01-16", `{"payment_data":{"handler_id":"card_tokenized",` + instrument + `},"authentication_result":{"outcome":"failed"}}`, denied(acp.OutcomeDenied)},
		{"1.3", "what was not available in 2026-01-16", `{"payment_data":{"handler_id":"card_tokenized",` + instrument + `},"authentication_result":{"outcome":"unavailable"}}`, denied(acp.OutcomeProcessingError)},
		{"14", "a seller's own instrument", `{"payment_data":{"handler_id":"seller_pm","instrument":{"type":"seller_backed_saved_card","credential":{"type":"spt","token":"vt_1"}}}}`,
			acp.CompleteRequest{Payment: acp.PaymentData{HandlerID: "seller_pm", InstrumentType: "seller_backed_saved_card", CredentialType: "spt", Token: "vt_1",
				HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}}},
		{"16", "hints that are none", `{"payment_data":{"provider":"stripe","token":"tok_1"},"risk_signals":[]}`, flat("stripe", "spt", "$.payment_data.provider")},
		{"unreleased", "a phone number at the last moment", `{"payment_data":{"provider":"stripe","token":"tok_1"},"fulfillment_details":{"phone_number":"+15550100"}}`,
			withDetails(flat("stripe", "spt", "$.payment_data.provider"), acp.FulfillmentDetailsPatch{PhoneNumber: acp.Some("+15550100")})},

		{"20", "a cancel of nothing", ``, acp.CancelRequest{}},
		{"20", "a cancel of null", `null`, acp.CancelRequest{}},
		{"3.11", "a reason that nobody knows", `{"intent_trace":{"reason_code":"alien_reason"}}`, acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "other"}}},
	} {
		t.Run(tt.source+", "+tt.name, func(t *testing.T) {
			for _, v := range versions() {
				got, err := decode(t, codec(t, v), tt.want, []byte(tt.body))
				if err != nil {
					t.Errorf("%s: %v at %q", v, err, acp.AsError(err).Param)
					continue
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", v, diff)
				}
			}
		})
	}
}

// Creates differ in what they require, so that each has all of it.
func TestCreatesThatAgentsSend(t *testing.T) {
	for _, tt := range []struct {
		source, name, more string
		want               func(*acp.CreateRequest)
	}{
		{"12", "payment_methods among the capabilities", `"capabilities":{"payment_methods":["card"],"features":{"async_completion":true}}`, nil},
		{"12", "agent_capabilities", `"agent_capabilities":{"interventions":{"supported":["3ds_redirect","3ds_challenge","biometric"]}}`, func(c *acp.CreateRequest) {
			c.Capabilities.Interventions = &acp.Interventions{Supported: []string{"3ds", "biometric"}}
		}},
		{"3.3", "capabilities that nobody knows", `"capabilities":{"interventions":{"supported":["telepathy"]},"extensions":["com.example.x"]}`, func(c *acp.CreateRequest) {
			c.Capabilities = acp.RequestedCapabilities{Interventions: &acp.Interventions{Supported: []string{"telepathy"}}, Extensions: []string{"com.example.x"}}
		}},
		{"3.3", "extensions as a seller declares them", `"capabilities":{"extensions":[{"name":"discount@2026-01-27","schema":"https://example.com/s.json"}]}`, func(c *acp.CreateRequest) {
			c.Capabilities.Extensions = []string{"discount@2026-01-27"}
		}},
		{"1.3", "a currency in upper case", `"capabilities":{},"currency":"USD"`, nil},
	} {
		t.Run(tt.source+", "+tt.name, func(t *testing.T) {
			want := acp.CreateRequest{Items: []acp.RequestedItem{{ID: "a", Quantity: 1}}, Currency: "usd"}
			if tt.want != nil {
				tt.want(&want)
			}
			body := `{"items":[{"id":"a"}],` + tt.more + `}`
			if !strings.Contains(tt.more, "currency") {
				body = `{"items":[{"id":"a"}],"currency":"usd",` + tt.more + `}`
			}
			for _, v := range versions() {
				got, err := decode(t, codec(t, v), create, []byte(body))
				if err != nil {
					t.Errorf("%s: %v", v, err)
					continue
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", v, diff)
				}
			}
		})
	}
}

// with adds a member to an object.
func with(object, member string) string { return strings.TrimSuffix(object, "}") + "," + member + "}" }

func withToken(c acp.CompleteRequest, token string) acp.CompleteRequest {
	c.Payment.Token = token
	return c
}

func withDetails(c acp.CompleteRequest, p acp.FulfillmentDetailsPatch) acp.CompleteRequest {
	c.FulfillmentDetails = acp.Some(p)
	return c
}

// Refusals of the core name the instrument where it was sent.
func TestThePlaceOfTheInstrumentIsTheRequests(t *testing.T) {
	for body, want := range map[string]string{
		`{"payment_data":{"handler_id":"card_tokenized","instrument":{"type":"cash","credential":{"type":"spt","token":"spt_1"}}}}`: "$.payment_data.instrument.type",
		`{"payment_data":{"instrument":{"handler_id":"card_tokenized","type":"cash","credential":{"type":"spt","token":"spt_1"}}}}`: "$.payment_data.instrument.type",
		`{"payment_data":{"provider":"stripe","token":"spt_1"}}`:                                                                    "$.payment_data.provider",
		`{"payment_data":{"handler_id":"card","token":"spt_1"}}`:                                                                    "$.payment_data.handler_id",
		`{"payment_data":{"purchase_order_number":"PO-1"}}`:                                                                         "$.payment_data.purchase_order_number",
	} {
		doc, err := wire.Parse([]byte(body), acp.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		req, err := wire.Newest().DecodeComplete(doc)
		if got := req.Payment.InstrumentParam(); err != nil || got != want {
			t.Errorf("%s: %s, %v", body, got, err)
		}
	}
}
