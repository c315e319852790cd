package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// Kinds of request for decode.
var (
	create   any = acp.CreateRequest{}
	update   any = acp.UpdateRequest{}
	complete any = acp.CompleteRequest{}
	cancel   any = acp.CancelRequest{}
)

func codec(t testing.TB, v acp.Version) wire.Codec {
	t.Helper()
	c, ok := wire.Find(v, true)
	if !ok {
		t.Fatalf("no codec of %s", v)
	}
	return c
}

// newest is a create of 2026-04-17 with more members.
func newest(more string) string {
	return `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":{}` + prefixed(more) + `}`
}

// paying is a complete of 2026-04-17 with more members.
func paying(more string) string {
	return `{"payment_data":{"handler_id":"card","instrument":{"type":"card","credential":{"type":"spt","token":"vt_1"}}}` + prefixed(more) + `}`
}

func prefixed(more string) string {
	if more == "" {
		return ""
	}
	return "," + more
}

const address = `{"name":"Test Buyer","line_one":"1 Main Street","city":"Springfield","state":"IL","country":"us","postal_code":"62701"}`

// without drops one member of address, or gives it another value.
func without(member, value string) string {
	var out []string
	for _, m := range strings.Split(strings.Trim(address, "{}"), ",") {
		if strings.HasPrefix(m, `"`+member+`":`) {
			if value == "" {
				continue
			}
			m = `"` + member + `":` + value
		}
		out = append(out, m)
	}
	return "{" + strings.Join(out, ",") + "}"
}

func entries(n int, entry string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
}

func TestRefusals(t *testing.T) {
	v26, v29, page := acp.V20260417, acp.V20250929, acp.V20250912
	const invalid, missing, wrongType, pii = "invalid", "missing", "invalid_type", "pii_not_allowed"
	for _, tt := range []struct {
		name        string
		version     acp.Version
		kind        any
		body        string
		code, param string
	}{
		// Bodies
		{"no body", v26, create, ``, invalid, ""},
		{"not an object", v26, create, `[]`, invalid, "$"},
		{"null", v26, update, `null`, invalid, "$"},

		// Items (SES-04, SES-05, SES-08)
		{"no items", v26, create, `{"currency":"usd","capabilities":{}}`, missing, "$.line_items"},
		{"no items, flat", v29, create, `{}`, missing, "$.items"},
		{"items null", v26, update, `{"line_items":null}`, missing, "$.line_items"},
		{"items empty", v26, create, `{"line_items":[],"currency":"usd","capabilities":{}}`, invalid, "$.line_items"},
		{"items empty in an update", v29, update, `{"items":[]}`, invalid, "$.items"},
		{"items empty under the other name", v26, update, `{"items":[]}`, invalid, "$.items"},
		{"items not a list", v26, update, `{"line_items":{"id":"a"}}`, invalid, "$.line_items"},
		{"item not an object", v26, update, `{"line_items":["a"]}`, invalid, "$.line_items[0]"},
		{"item without id", v26, update, `{"line_items":[{"id":"a"},{"quantity":1}]}`, missing, "$.line_items[1].id"},
		{"item id empty", v26, update, `{"line_items":[{"id":""}]}`, invalid, "$.line_items[0].id"},
		{"item id a number", v26, update, `{"line_items":[{"id":7}]}`, invalid, "$.line_items[0].id"},
		{"item id too long", v26, update, `{"line_items":[{"id":"` + strings.Repeat("x", 256) + `"}]}`, invalid, "$.line_items[0].id"},
		{"quantity 0", v26, update, `{"line_items":[{"id":"a","quantity":0}]}`, invalid, "$.line_items[0].quantity"},
		{"quantity below 0", v26, update, `{"line_items":[{"id":"a","quantity":-1}]}`, invalid, "$.line_items[0].quantity"},
		{"quantity 1.5", v29, create, `{"items":[{"id":"a","quantity":1.5}]}`, invalid, "$.items[0].quantity"},
		{"quantity a string", v29, create, `{"items":[{"id":"a","quantity":"2"}]}`, invalid, "$.items[0].quantity"},
		{"quantity too large", v29, create, `{"items":[{"id":"a","quantity":1000001}]}`, invalid, "$.items[0].quantity"},
		{"quantity too large together", v29, create, `{"items":[{"id":"a","quantity":1000000},{"id":"a"}]}`, invalid, "$.items[1].quantity"},
		{"price below 0", v26, update, `{"line_items":[{"id":"a","unit_amount":-1}]}`, invalid, "$.line_items[0].unit_amount"},
		{"price beyond 2^53", v26, update, `{"line_items":[{"id":"a","unit_amount":9007199254740992}]}`, invalid, "$.line_items[0].unit_amount"},
		{"price not whole", v26, update, `{"line_items":[{"id":"a","unit_amount":19.99}]}`, invalid, "$.line_items[0].unit_amount"},
		{"too many items", v26, update, `{"line_items":` + entries(201, `{"id":"a"}`) + `}`, invalid, "$.line_items"},

		// What a create needs (CAP-02)
		{"no currency", v26, create, `{"line_items":[{"id":"a"}],"capabilities":{}}`, missing, "$.currency"},
		{"no capabilities", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd"}`, missing, "$.capabilities"},
		{"capabilities null", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":null}`, missing, "$.capabilities"},
		{"capabilities a list", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":[]}`, invalid, "$.capabilities"},
		{"no such currency", v26, create, `{"line_items":[{"id":"a"}],"currency":"xyz","capabilities":{}}`, invalid, "$.currency"},
		{"supported not a list", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":{"interventions":{"supported":"3ds"}}}`, invalid, "$.capabilities.interventions.supported"},
		{"supported has a null", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":{"interventions":{"supported":[null]}}}`, invalid, "$.capabilities.interventions.supported[0]"},
		{"interaction depth 0", v26, create, `{"line_items":[{"id":"a"}],"currency":"usd","capabilities":{"interventions":{"max_interaction_depth":0}}}`, invalid, "$.capabilities.interventions.max_interaction_depth"},
		{"discount codes not strings", v26, create, newest(`"discounts":{"codes":[1]}`), invalid, "$.discounts.codes[0]"},
		{"notes too long", v26, create, newest(`"order_notes":"` + strings.Repeat("n", 5001) + `"`), invalid, "$.order_notes"},
		{"metadata not an object", v26, create, newest(`"metadata":"x"`), invalid, "$.metadata"},
		{"metadata with too many members", v26, create, newest(`"metadata":{` + numbered(51) + `}`), invalid, "$.metadata"},
		{"metadata too deep", v26, create, newest(`"metadata":{"a":[[[[[1]]]]]}`), invalid, "$.metadata.a[0][0][0][0]"},
		{"metadata too large", v26, create, newest(`"metadata":{"a":"` + strings.Repeat("x", acp.DefaultLimits().MetadataBytes) + `"}`), invalid, "$.metadata"},

		// Buyers
		{"buyer not an object", v26, create, newest(`"buyer":"x"`), invalid, "$.buyer"},
		{"buyer without e-mail", v26, create, newest(`"buyer":{}`), missing, "$.buyer.email"},
		{"e-mail with a name", v26, create, newest(`"buyer":{"email":"Test Buyer <buyer@example.com>"}`), invalid, "$.buyer.email"},
		{"e-mail in brackets", v26, create, newest(`"buyer":{"email":"<buyer@example.com>"}`), invalid, "$.buyer.email"},
		{"e-mail without at", v26, create, newest(`"buyer":{"email":"buyer.example.com"}`), invalid, "$.buyer.email"},
		{"e-mail too long", v26, create, newest(`"buyer":{"email":"` + strings.Repeat("b", 250) + `@example.com"}`), invalid, "$.buyer.email"},
		{"account type unknown", v26, create, newest(`"buyer":{"email":"b@example.com","account_type":"royal"}`), invalid, "$.buyer.account_type"},
		{"name too long", v26, create, newest(`"buyer":{"email":"b@example.com","first_name":"` + strings.Repeat("ä", 257) + `"}`), invalid, "$.buyer.first_name"},
		{"buyer without first name", v29, create, `{"items":[{"id":"a"}],"buyer":{"email":"b@example.com","last_name":"B"}}`, missing, "$.buyer.first_name"},
		{"buyer without last name", v29, create, `{"items":[{"id":"a"}],"buyer":{"email":"b@example.com","first_name":"T"}}`, missing, "$.buyer.last_name"},
		{"buyer without name", page, create, `{"items":[{"id":"a"}],"buyer":{"email":"b@example.com"}}`, missing, "$.buyer.name"},

		// Addresses
		{"address without name", v26, update, `{"fulfillment_details":{"address":` + without("name", "") + `}}`, missing, "$.fulfillment_details.address.name"},
		{"address without street", v26, update, `{"fulfillment_details":{"address":` + without("line_one", "") + `}}`, missing, "$.fulfillment_details.address.line_one"},
		{"address without city", v29, update, `{"fulfillment_address":` + without("city", "") + `}`, missing, "$.fulfillment_address.city"},
		{"address without state", v29, update, `{"fulfillment_address":` + without("state", "") + `}`, missing, "$.fulfillment_address.state"},
		{"address without postal code", page, update, `{"fulfillment_address":` + without("postal_code", "") + `}`, missing, "$.fulfillment_address.postal_code"},
		{"address without country", v26, update, `{"fulfillment_details":{"address":` + without("country", "") + `}}`, missing, "$.fulfillment_details.address.country"},
		{"country in full", v26, update, `{"fulfillment_details":{"address":` + without("country", `"Germany"`) + `}}`, invalid, "$.fulfillment_details.address.country"},
		{"country of digits", v26, update, `{"fulfillment_details":{"address":` + without("country", `"12"`) + `}}`, invalid, "$.fulfillment_details.address.country"},
		{"postal code too long", v26, update, `{"fulfillment_details":{"address":` + without("postal_code", `"`+strings.Repeat("1", 21)+`"`) + `}}`, invalid, "$.fulfillment_details.address.postal_code"},
		{"street longer than the page allows", page, update, `{"fulfillment_address":` + without("line_one", `"`+strings.Repeat("s", 61)+`"`) + `}`, invalid, "$.fulfillment_address.line_one"},
		{"e-mail of the delivery", v26, update, `{"fulfillment_details":{"email":"nobody"}}`, invalid, "$.fulfillment_details.email"},
		{"details not an object", v26, update, `{"fulfillment_details":"home"}`, invalid, "$.fulfillment_details"},
		{"address not an object", v26, update, `{"fulfillment_details":{"address":"home"}}`, invalid, "$.fulfillment_details.address"},

		// Delivery (FUL-04 is the core's)
		{"option id a number", v29, update, `{"fulfillment_option_id":7}`, invalid, "$.fulfillment_option_id"},
		{"option id empty", v29, update, `{"fulfillment_option_id":""}`, invalid, "$.fulfillment_option_id"},
		{"selection without option", v26, update, `{"selected_fulfillment_options":[{"type":"shipping"}]}`, missing, "$.selected_fulfillment_options[0].option_id"},
		{"nested selection without option", v26, update, `{"selected_fulfillment_options":[{"type":"shipping","shipping":{}}]}`, missing, "$.selected_fulfillment_options[0].shipping.option_id"},
		{"selection of no kind", v26, update, `{"selected_fulfillment_options":[{"type":"drone","option_id":"x"}]}`, invalid, "$.selected_fulfillment_options[0].type"},
		{"selection not an object", v26, update, `{"selected_fulfillment_options":["x"]}`, invalid, "$.selected_fulfillment_options[0]"},

		// Payment (CMP-06)
		{"no payment", v26, complete, `{}`, missing, "$.payment_data"},
		{"payment null", v29, complete, `{"payment_data":null}`, missing, "$.payment_data"},
		{"payment a string", v29, complete, `{"payment_data":"x"}`, invalid, "$.payment_data"},
		{"no handler", v26, complete, `{"payment_data":{"instrument":{"type":"card","credential":{"type":"spt","token":"t"}}}}`, missing, "$.payment_data.handler_id"},
		{"no instrument", v26, complete, `{"payment_data":{"handler_id":"card"}}`, missing, "$.payment_data.instrument"},
		{"no instrument type", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"credential":{"type":"spt","token":"t"}}}}`, missing, "$.payment_data.instrument.type"},
		{"no credential", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"type":"card"}}}`, missing, "$.payment_data.instrument.credential"},
		{"no token", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"type":"card","credential":{"type":"spt"}}}}`, missing, "$.payment_data.instrument.credential.token"},
		{"token with a space", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"type":"card","credential":{"type":"spt","token":"a b"}}}}`, invalid, "$.payment_data.instrument.credential.token"},
		{"token too long", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"type":"card","credential":{"type":"spt","token":"` + strings.Repeat("t", 4097) + `"}}}}`, invalid, "$.payment_data.instrument.credential.token"},
		{"no provider", v29, complete, `{"payment_data":{"token":"t"}}`, missing, "$.payment_data.provider"},
		{"no token, flat", page, complete, `{"payment_data":{"provider":"stripe"}}`, missing, "$.payment_data.token"},
		{"purchase order without a number", v26, complete, `{"payment_data":{"purchase_order_number":""}}`, invalid, "$.payment_data.purchase_order_number"},
		{"billing address", v26, complete, `{"payment_data":{"handler_id":"card","instrument":{"type":"card","credential":{"type":"spt","token":"t"}},"billing_address":{}}}`, missing, "$.payment_data.billing_address.name"},

		// Authentication (CMP-10)
		{"outcome missing", v26, complete, paying(`"authentication_result":{}`), missing, "$.authentication_result.outcome"},
		{"outcome unknown", v26, complete, paying(`"authentication_result":{"outcome":"maybe"}`), invalid, "$.authentication_result.outcome"},
		{"outcome without its details", v26, complete, paying(`"authentication_result":{"outcome":"authenticated"}`), missing, "$.authentication_result.outcome_details"},
		{"details without cryptogram", v26, complete, paying(`"authentication_result":{"outcome":"authenticated","outcome_details":{}}`), missing, "$.authentication_result.outcome_details.three_ds_cryptogram"},
		{"no such indicator", v26, complete, paying(`"authentication_result":{"outcome":"authenticated","outcome_details":{"three_ds_cryptogram":"c","electronic_commerce_indicator":"99"}}`), invalid, "$.authentication_result.outcome_details.electronic_commerce_indicator"},
		{"consent without answer", v26, complete, paying(`"marketing_consents":[{"channel":"email"}]`), missing, "$.marketing_consents[0].opted_in"},

		// Affiliates (AFF-02, AFF-06)
		{"affiliate without provider", v26, create, newest(`"affiliate_attribution":{"token":"t"}`), missing, "$.affiliate_attribution.provider"},
		{"affiliate without token", v26, create, newest(`"affiliate_attribution":{"provider":"p"}`), missing, "$.affiliate_attribution.token"},
		{"affiliate a string", v26, create, newest(`"affiliate_attribution":"x"`), wrongType, "$.affiliate_attribution"},
		{"affiliate with nested metadata", v26, create, newest(`"affiliate_attribution":{"provider":"p","token":"t","metadata":{"a":{"b":1}}}`), wrongType, "$.affiliate_attribution.metadata.a"},
		{"affiliate with a number for an id", v26, complete, paying(`"affiliate_attribution":{"provider":"p","token":"t","campaign_id":5}`), wrongType, "$.affiliate_attribution.campaign_id"},
		{"affiliate with an e-mail", v26, create, newest(`"affiliate_attribution":{"provider":"p","token":"t","sub_id":"buyer@example.com"}`), pii, "$.affiliate_attribution.sub_id"},
		{"affiliate with a phone number", v26, create, newest(`"affiliate_attribution":{"provider":"p","token":"t","sub_id":"+1 (555) 010-0000"}`), pii, "$.affiliate_attribution.sub_id"},
		{"affiliate with an e-mail in metadata", v26, create, newest(`"affiliate_attribution":{"provider":"p","token":"t","metadata":{"who":"x buyer@example.com"}}`), pii, "$.affiliate_attribution.metadata.who"},
		{"affiliate with a date that is none", v26, create, newest(`"affiliate_attribution":{"provider":"p","token":"t","issued_at":"today"}`), invalid, "$.affiliate_attribution.issued_at"},

		// Intents (INT-03)
		{"intent without reason", v26, cancel, `{"intent_trace":{}}`, missing, "$.intent_trace.reason_code"},
		{"intent with nested metadata", v26, cancel, `{"intent_trace":{"reason_code":"other","metadata":{"a b":[]}}}`, wrongType, `$.intent_trace.metadata["a b"]`},
		{"intent with a long summary", v26, cancel, `{"intent_trace":{"reason_code":"other","trace_summary":"` + strings.Repeat("s", 501) + `"}}`, wrongType, "$.intent_trace.trace_summary"},
		{"intent with a number for a reason", v26, cancel, `{"intent_trace":{"reason_code":1}}`, wrongType, "$.intent_trace.reason_code"},
		{"cancel body a list", v26, cancel, `[]`, invalid, "$"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(t, codec(t, tt.version), tt.kind, []byte(tt.body))
			if err == nil {
				t.Fatalf("accepted as %+v", got)
			}
			e := acp.AsError(err)
			if e.Status != 400 || e.Type != acp.InvalidRequest || e.Code != tt.code || e.Param != tt.param {
				t.Errorf("got %d %s %s at %q: %s\nwant 400 %s at %q", e.Status, e.Type, e.Code, e.Param, e.Message, tt.code, tt.param)
			}
			if !strings.Contains(e.Message, "Send") && !strings.Contains(e.Message, "Pay") {
				t.Errorf("%q does not say what to send", e.Message)
			}
		})
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":%d`, i, i)
	}
	return b.String()
}

// Every spelling of any version is understood in every version.
func TestTolerance(t *testing.T) {
	home := acp.Address{Name: "Test Buyer", LineOne: "1 Main Street", City: "Springfield", State: "IL", Country: "US", PostalCode: "62701"}
	keep := acp.UpdateRequest{}
	option := func(kind acp.FulfillmentType, ids ...string) acp.UpdateRequest {
		return acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{Type: kind, OptionID: "std", ItemIDs: ids}})}
	}
	details := func(p acp.FulfillmentDetailsPatch) acp.UpdateRequest {
		return acp.UpdateRequest{FulfillmentDetails: acp.Some(p)}
	}
	items := func(list ...acp.RequestedItem) acp.UpdateRequest { return acp.UpdateRequest{Items: acp.Some(list)} }
	for _, tt := range []struct {
		name, body string
		want       any
	}{
		{"nothing", `{}`, keep},
		{"items", `{"items":[{"id":"a","quantity":2}]}`, items(acp.RequestedItem{ID: "a", Quantity: 2})},
		{"line_items", `{"line_items":[{"id":"a","quantity":2}]}`, items(acp.RequestedItem{ID: "a", Quantity: 2})},
		{"no quantity is one", `{"items":[{"id":"a"}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1})},
		{"quantity null is one", `{"items":[{"id":"a","quantity":null}]}`, items(acp.RequestedItem{ID: "a", Quantity: 1})},
		{"1.0 and 1e2 are integers", `{"items":[{"id":"a","quantity":1.0},{"id":"b","quantity":1e2}]}`,
			items(acp.RequestedItem{ID: "a", Quantity: 1}, acp.RequestedItem{ID: "b", Quantity: 100})},
		{"repeated ids add up at the first", `{"items":[{"id":"a"},{"id":"b"},{"id":"a","quantity":2,"unit_amount":5}]}`,
			items(acp.RequestedItem{ID: "a", Quantity: 3, UnitAmount: 5, HasUnitAmount: true}, acp.RequestedItem{ID: "b", Quantity: 1})},
		{"fulfillment_address", `{"fulfillment_address":` + address + `}`, details(acp.FulfillmentDetailsPatch{Address: acp.Some(home)})},
		{"fulfillment_address with a phone", `{"fulfillment_address":` + strings.TrimSuffix(address, "}") + `,"phone_number":"+15550100"}}`,
			details(acp.FulfillmentDetailsPatch{Address: acp.Some(home), PhoneNumber: acp.Some("+15550100")})},
		{"fulfillment_address null", `{"fulfillment_address":null}`, details(acp.FulfillmentDetailsPatch{Address: acp.Opt[acp.Address]{Set: true, Null: true}})},
		{"fulfillment_details", `{"fulfillment_details":{"name":"Test","email":"b@example.com","address":` + address + `}}`,
			details(acp.FulfillmentDetailsPatch{Name: acp.Some("Test"), Email: acp.Some("b@example.com"), Address: acp.Some(home)})},
		{"fulfillment_details null", `{"fulfillment_details":null}`, acp.UpdateRequest{FulfillmentDetails: acp.Opt[acp.FulfillmentDetailsPatch]{Set: true, Null: true}}},
		{"members null", `{"fulfillment_details":{"name":null,"address":null}}`, details(acp.FulfillmentDetailsPatch{
			Name: acp.Opt[string]{Set: true, Null: true}, Address: acp.Opt[acp.Address]{Set: true, Null: true}})},
		{"empty state and postal code", `{"fulfillment_address":` + strings.Replace(without("state", `""`), `"62701"`, `""`, 1) + `}`,
			details(acp.FulfillmentDetailsPatch{Address: acp.Some(acp.Address{Name: "Test Buyer", LineOne: "1 Main Street", City: "Springfield", Country: "US"})})},
		{"fulfillment_option_id", `{"fulfillment_option_id":"std"}`, option("")},
		{"fulfillment_option_id null", `{"fulfillment_option_id":null}`, acp.UpdateRequest{Selected: acp.Opt[[]acp.SelectedFulfillmentOption]{Set: true, Null: true}}},
		{"selection, flat", `{"selected_fulfillment_options":[{"type":"shipping","option_id":"std","item_ids":["a"]}]}`, option("shipping", "a")},
		{"selection, nested", `{"selected_fulfillment_options":[{"type":"digital","digital":{"option_id":"std","item_ids":["a"]}}]}`, option("digital", "a")},
		{"selection, nested without type", `{"selected_fulfillment_options":[{"shipping":{"option_id":"std"}}]}`, option("shipping")},
		{"selection without lines", `{"selected_fulfillment_options":[{"type":"shipping","option_id":"std"}]}`, option("shipping")},
		{"selection emptied", `{"selected_fulfillment_options":[]}`, acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{})}},
		{"buyer with name", `{"buyer":{"name":"Test Buyer","email":"b@example.com"}}`, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FullName: "Test Buyer", Email: "b@example.com"})}},
		{"buyer with full name and phone", `{"buyer":{"full_name":"Test Buyer","email":"b@example.com","phone":"1"}}`,
			acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FullName: "Test Buyer", Email: "b@example.com", PhoneNumber: "1"})}},
		{"buyer with two names", `{"buyer":{"first_name":"Test","last_name":"Buyer","email":"b@example.com"}}`,
			acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "b@example.com"})}},
		{"buyer null", `{"buyer":null}`, acp.UpdateRequest{Buyer: acp.Opt[acp.Buyer]{Set: true, Null: true}}},
		{"notes null", `{"order_notes":null}`, acp.UpdateRequest{OrderNotes: acp.Opt[string]{Set: true, Null: true}}},
		{"discount codes", `{"discounts":{"codes":["A"]},"coupons":["B"]}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"A"})}},
		{"coupons", `{"coupons":["B"]}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"B"})}},
		{"discount codes emptied", `{"discounts":{"codes":[]}}`, acp.UpdateRequest{DiscountCodes: acp.Some([]string{})}},
		{"unknown members", `{"x_unknown":{"a":1},"links":[],"terms":true}`, keep},
		{"provider and token", `{"payment_data":{"provider":"stripe","token":"t","payment_method_details":{"card":{"last4":"4242"}}}}`,
			acp.CompleteRequest{Payment: acp.PaymentData{Provider: "stripe", Token: "t", InstrumentType: "card", CredentialType: "spt",
				HandlerParam: "$.payment_data.provider", TokenParam: "$.payment_data.token"}}},
		{"provider, type and token", `{"payment_data":{"provider":"stripe","type":"vault_token","token":"t"}}`,
			acp.CompleteRequest{Payment: acp.PaymentData{Provider: "stripe", Token: "t", InstrumentType: "card", CredentialType: "vault_token",
				HandlerParam: "$.payment_data.provider", TokenParam: "$.payment_data.token"}}},
		{"handler and instrument", paying(""), acp.CompleteRequest{Payment: acp.PaymentData{HandlerID: "card", Token: "vt_1", InstrumentType: "card", CredentialType: "spt",
			HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}}},
		{"risk signals that are none", paying(`"risk_signals":[{"type":"card_testing"}]`), acp.CompleteRequest{Payment: acp.PaymentData{HandlerID: "card", Token: "vt_1", InstrumentType: "card", CredentialType: "spt",
			HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}}},
		{"risk signals that fit in part", paying(`"risk_signals":{"ip_address":"192.0.2.1","user_agent":7}`), acp.CompleteRequest{
			RiskSignals: &acp.RiskSignals{IPAddress: "192.0.2.1"},
			Payment: acp.PaymentData{HandlerID: "card", Token: "vt_1", InstrumentType: "card", CredentialType: "spt",
				HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}}},
		{"cancel without body", ``, acp.CancelRequest{}},
		{"cancel with null", `null`, acp.CancelRequest{}},
		{"cancel with {}", `{}`, acp.CancelRequest{}},
		{"intent null", `{"intent_trace":null}`, acp.CancelRequest{}},
		{"a reason nobody knows is other", `{"intent_trace":{"reason_code":"alien_reason"}}`, acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "other"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, c wire.Codec) {
				got, err := decode(t, c, tt.want, []byte(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestCreateReadsAllItsFields(t *testing.T) {
	got, err := decode(t, codec(t, acp.V20260417), create, []byte(`{
		"line_items":[{"id":"a","name":"A","unit_amount":5}], "currency":"USD",
		"capabilities":{"interventions":{"supported":["3ds","telepathy"],"required":["3ds"]},"extensions":["discount",{"name":"com.example.x","extends":[]}]},
		"buyer":{"email":"b@example.com","company":{"name":"C"},"loyalty":{"points_balance":3},"tax_exemption":{"certificate_id":"1","certificate_type":"resale"}},
		"affiliate_attribution":{"provider":"p","publisher_id":"pub","source":{"type":"url","url":"https://example.com"},"issued_at":"2026-05-04T12:00:00Z","metadata":{"a":0.5,"b":true}},
		"locale":"de","timezone":"Europe/Berlin","quote_id":"q","metadata":{"n":1,"deep":{"list":[null,"x"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := acp.CreateRequest{
		Items: []acp.RequestedItem{{ID: "a", Quantity: 1, UnitAmount: 5, HasUnitAmount: true}}, Currency: "usd",
		Capabilities: acp.RequestedCapabilities{Interventions: &acp.Interventions{Supported: []string{"3ds", "telepathy"}, Required: []string{"3ds"}},
			Extensions: []string{"discount", "com.example.x"}},
		Buyer: &acp.Buyer{Email: "b@example.com", Company: &acp.Company{Name: "C"}, Loyalty: &acp.Loyalty{PointsBalance: ptr(int64(3))},
			TaxExemption: &acp.TaxExemption{CertificateID: "1", CertificateType: "resale"}},
		Attribution: &acp.Attribution{Provider: "p", PublisherID: "pub", Source: &acp.AttributionSource{Type: "url", URL: "https://example.com"},
			IssuedAt: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), Metadata: map[string]any{"a": 0.5, "b": true}},
		Locale: "de", Timezone: "Europe/Berlin", QuoteID: "q",
		Metadata: map[string]any{"n": int64(1), "deep": map[string]any{"list": []any{nil, "x"}}},
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIdsAreNotTakenForPhoneNumbers(t *testing.T) {
	for _, id := range []string{"20260504120000", "15550100000", "2026-05-04 12:00", "pub-123-456", "+x", "a@b"} {
		body := newest(fmt.Sprintf(`"affiliate_attribution":{"provider":"p","token":"t","sub_id":%q}`, id))
		if _, err := decode(t, codec(t, acp.V20260417), create, []byte(body)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
