package wire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// What 2025-12-12, 2026-01-16 and 2026-01-30 show, where they differ from
// their neighbours.
func TestVersionsBetween(t *testing.T) {
	v12, v16, v30 := acp.V20251212, acp.V20260116, acp.V20260130
	for _, tt := range []struct {
		name    string
		version acp.Version
		session func() *acp.Session
		change  func(*acp.Session)
		field   string
		want    string
	}{
		{"a line has words, pictures and flat amounts", v12, threeLines, func(s *acp.Session) { s.LineItems = s.LineItems[1:2] }, "line_items",
			`[{"id":"li_2","item":{"id":"item_2","quantity":1},"name":"Oat biscuits","description":"Twelve biscuits in a tin","images":["https://shop.example.com/i/item_2.jpg"],
			"unit_amount":4500,"base_amount":4500,"discount":450,"subtotal":4050,"tax":324,"total":4374}]`},
		{"an option of 2025-12-12 has flat amounts", v12, threeLines, func(s *acp.Session) { s.FulfillmentOptions = s.FulfillmentOptions[:1] }, "fulfillment_options",
			`[{"type":"shipping","id":"std","title":"Standard","subtitle":"Arrives in 2 to 4 days","carrier":"Post","earliest_delivery_time":"2026-05-06T12:00:00Z","latest_delivery_time":"2026-05-08T12:00:00Z","subtotal":500,"tax":40,"total":540}]`},
		{"an option of 2026-01-16 has totals", v16, threeLines, func(s *acp.Session) { s.FulfillmentOptions = s.FulfillmentOptions[:1] }, "fulfillment_options",
			`[{"type":"shipping","id":"std","title":"Standard","description":"Arrives in 2 to 4 days","carrier":"Post","earliest_delivery_time":"2026-05-06T12:00:00Z","latest_delivery_time":"2026-05-08T12:00:00Z",
			"totals":[{"type":"fulfillment","display_text":"fulfillment","amount":500},{"type":"tax","display_text":"tax","amount":40},{"type":"total","display_text":"total","amount":540}]}]`},
		{"each selection is in an object of its kind", v12, everything, func(s *acp.Session) {
			s.SelectedFulfillmentOptions[1].ItemIDs = []string{"li_2"}
			s.SelectedFulfillmentOptions = append(s.SelectedFulfillmentOptions, acp.SelectedFulfillmentOption{Type: acp.FulfillmentPickup, OptionID: "shop"})
		}, "selected_fulfillment_options",
			`[{"type":"shipping","shipping":{"option_id":"std","item_ids":["li_1","li_2","li_3"]}},{"type":"digital","digital":{"option_id":"mail","item_ids":["li_2"]}},
			{"type":"shipping","shipping":{"option_id":"shop","item_ids":[]}}]`},
		{"no selection yet", v16, threeLines, func(s *acp.Session) { s.SelectedFulfillmentOptions = nil }, "selected_fulfillment_options", `null`},
		{"several selections need no explanation", v12, everything, func(s *acp.Session) { s.Messages = nil }, "messages", `[]`},
		{"the delivery with its contact", v16, threeLines, func(s *acp.Session) { s.FulfillmentDetails.Address.Company = "C" }, "fulfillment_details",
			`{"name":"Test Buyer","phone_number":"+15550100","email":"buyer@example.com","address":{"name":"Test Buyer","line_one":"1 Main Street","city":"Springfield","state":"IL","country":"US","postal_code":"62701"}}`},
		{"a contact without an address", v12, threeLines, func(s *acp.Session) { s.FulfillmentDetails.Address = nil }, "fulfillment_details",
			`{"name":"Test Buyer","phone_number":"+15550100","email":"buyer@example.com"}`},
		{"networks that the version knows", v12, threeLines, func(s *acp.Session) {
			s.Capabilities.Payment.Handlers[0].Config.AcceptedBrands = []string{"visa", "jcb", "amex"}
		}, "payment_provider", `{"provider":"stripe","supported_payment_methods":[{"type":"card","supported_card_networks":["visa","amex"]}]}`},
		{"all networks when the shop names none", v12, threeLines, func(s *acp.Session) { s.Capabilities.Payment.Handlers[0].Config.AcceptedBrands = nil }, "payment_provider",
			`{"provider":"stripe","supported_payment_methods":[{"type":"card","supported_card_networks":["amex","discover","mastercard","visa"]}]}`},
		{"the account at the provider", v16, threeLines, func(*acp.Session) {}, "payment_provider",
			`{"provider":"stripe","merchant_id":"acct_1","supported_payment_methods":[{"type":"card","supported_card_networks":["visa","mastercard"]}]}`},
		{"who authenticates buyers, where proofs are taken", v16, threeLines, func(s *acp.Session) {
			s.Capabilities.Payment.Handlers[0].Config.Supports3DS = true
		}, "authentication_provider", `{"provider":"stripe","merchant_id":"acct_1","supported_authentication_methods":["3ds"]}`},
		{"nobody, where none are", v16, threeLines, func(s *acp.Session) {
			s.Capabilities.Payment.Handlers[0].Config.Supports3DS = false
		}, "authentication_provider", `null`},
		{"a version without the word for it", v12, threeLines, func(s *acp.Session) {
			s.Capabilities.Payment.Handlers[0].Config.Supports3DS = true
		}, "authentication_provider", `null`},
		{"the policy of returns has a type of its own", v12, threeLines, func(*acp.Session) {}, "links",
			`[{"type":"terms_of_use","url":"https://shop.example.com/terms"},{"type":"privacy_policy","url":"https://shop.example.com/privacy"},{"type":"return_policy","url":"https://shop.example.com/returns"}]`},
		{"a channel that is not known", v30, everything, func(s *acp.Session) { s.AuthenticationMetadata.FlowPreference = nil }, "authentication_metadata",
			`{"channel":{"type":"browser","browser":{"accept_header":"","ip_address":"","javascript_enabled":false,"language":"en-US","user_agent":""}},
			"acquirer_details":{"acquirer_bin":"412345","acquirer_country":"US","acquirer_merchant_id":"m1","merchant_name":"Shop","requestor_id":"r1"},"directory_server":"visa"}`},
		{"a channel as far as the agent told", v12, everything, func(s *acp.Session) {
			s.AuthenticationMetadata.FlowPreference = nil
			s.AuthenticationMetadata.Browser = &acp.Browser{IPAddress: "203.0.113.42", UserAgent: "Browser/1.0", Language: "fr-CA"}
		}, "authentication_metadata",
			`{"channel":{"type":"browser","browser":{"accept_header":"","ip_address":"203.0.113.42","javascript_enabled":false,"language":"fr-CA","user_agent":"Browser/1.0"}},
			"acquirer_details":{"acquirer_bin":"412345","acquirer_country":"US","acquirer_merchant_id":"m1","merchant_name":"Shop","requestor_id":"r1"},"directory_server":"visa"}`},
		{"an order of 2026-01-30 without its notes", v30, completed, func(*acp.Session) {}, "order",
			`{"id":"ord_1","checkout_session_id":"cs_01","permalink_url":"https://shop.example.com/orders/ord_1","order_number":"1001","status":"confirmed","confirmation":{"confirmation_number":"1001"}}`},
		{"a message without who can cure it", v30, threeLines, func(s *acp.Session) {
			s.Messages = []acp.Message{{Type: acp.ErrorMessage, Code: acp.CodeLowStock, Severity: "high", Resolution: acp.Recoverable, Content: "x"}}
		}, "messages", `[{"type":"error","code":"low_stock","severity":"high","content_type":"plain","content":"x"}]`},
		{"what was refunded is no total of a session", v30, threeLines, func(s *acp.Session) {
			s.Totals = []acp.Total{total(acp.TotalTotal, 5), total(acp.TotalAmountRefunded, 4)}
		}, "totals", `[{"type":"total","display_text":"total","amount":5}]`},
		{"its version", v30, threeLines, func(*acp.Session) {}, "protocol", `{"version":"2026-01-30"}`},
		{"the draft has no date", acp.Unreleased, threeLines, func(*acp.Session) {}, "protocol", `null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.session()
			tt.change(s)
			b, err := codec(t, tt.version).AppendSession(nil, s, wire.SessionView{Provider: "stripe", ProviderMerchantID: "acct_1"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(jsonOf(t, tt.want), decoded(t, b).(map[string]any)[tt.field]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The shop's provider authenticates where the version can name it; elsewhere that
// is the agent's own choice.
func TestWhoAuthenticatesBuyers(t *testing.T) {
	for provider, named := range map[string]bool{"stripe": true, "adyen": true, "braintree": false, "": false} {
		s := threeLines()
		s.Capabilities.Payment.Handlers[0].Config.Supports3DS = true
		b, err := codec(t, acp.V20260116).AppendSession(nil, s, wire.SessionView{Provider: provider})
		if err != nil || strings.Contains(string(b), "authentication_provider") != named {
			t.Errorf("%q: %s, %v", provider, b, err)
		}
	}
}

// A shop that declares no extensions has no list of them.
func TestNoExtensionsAreNoList(t *testing.T) {
	s := everything()
	s.Capabilities.Extensions = []acp.Extension{}
	if b := encode(t, codec(t, acp.V20260417), s); strings.Contains(string(b), `"extensions"`) {
		t.Errorf("%s", b)
	}
}

// The draft and 2026-04-17 differ in nothing but the label.
func TestDraftIsTheNewestWithoutItsDate(t *testing.T) {
	for _, s := range []*acp.Session{everything(), completed()} {
		newest, draft := string(encode(t, codec(t, acp.V20260417), s)), string(encode(t, codec(t, acp.Unreleased), s))
		if got := strings.Replace(newest, `"protocol":{"version":"2026-04-17"},`, "", 1); got != draft || got == newest {
			t.Errorf("newest %s\ndraft %s", newest, draft)
		}
	}
}

// Errors name the fields that the request of the version has.
func TestNestedErrorsNameTheFieldsOfTheirVersion(t *testing.T) {
	for param, want := range map[string]string{
		"$.line_items[1].id":                          "$.items[1].id",
		"$.fulfillment_details.address.country":       "$.fulfillment_details.address.country",
		"$.selected_fulfillment_options[0].option_id": "$.selected_fulfillment_options[0]",
		"$.payment_data.handler_id":                   "$.payment_data.handler_id", // these are as they were sent
		"$.payment_data.token":                        "$.payment_data.token",
		"$.authentication_result":                     "$.authentication_result",
	} {
		for _, v := range []acp.Version{acp.V20251212, acp.V20260116} {
			got := decoded(t, codec(t, v).AppendError(nil, acp.Invalid(param, "x"))).(map[string]any)["param"]
			if got != want {
				t.Errorf("%s: %s became %v, want %s", v, param, got, want)
			}
		}
	}
}
