package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
)

// example is one official request: where it stands, what it must be read as,
// and, where it breaks its own version's rules, how: it is refused at that
// param as it stands, and read as want after mend.
type example struct {
	name    string
	version acp.Version
	file    []string
	member  string
	want    any // acp.CreateRequest, UpdateRequest, CompleteRequest or CancelRequest

	refused string // param
	mend    func(body map[string]any)
}

var (
	johnsAddress = acp.Address{Name: "John Doe", LineOne: "1234 Chat Road,", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94131"}
	johnsBilling = acp.Address{Name: "John Smith", LineOne: "1234 Chat Road,", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94131"}
	johnsDetails = &acp.FulfillmentDetails{Name: "John Doe", PhoneNumber: "15551234567", Email: "johndoe@example.com", Address: &johnsAddress}
	john         = &acp.Buyer{FirstName: "John", LastName: "Smith", Email: "johnsmith@mail.com", PhoneNumber: "15552003434"}
	agentCan     = acp.RequestedCapabilities{Interventions: &acp.Interventions{
		Supported: []string{"3ds", "address_verification"}, DisplayContext: "webview", RedirectContext: "in_app",
		MaxRedirects: ptr(int64(1)), MaxInteractionDepth: ptr(int64(1)),
	}}
	touch = acp.Attribution{Provider: "impact.com", Token: "atp_01J8Z3WXYZ9ABC", PublisherID: "pub_123"}
)

func cardPayment(token string, billing *acp.Address) acp.PaymentData {
	return acp.PaymentData{HandlerID: "card_tokenized", InstrumentType: "card", CredentialType: "spt", Token: token, Billing: billing,
		HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}
}

func touched(point string) *acp.Attribution {
	a := touch
	a.Touchpoint = point
	return &a
}

const ringTwice = "Please ring doorbell twice. Leave with neighbor at #12 if no answer."

func noCapabilities(body map[string]any) { body["capabilities"] = map[string]any{} }

var examples = []example{
	{
		name: "2025-09-29 create", version: acp.V20250929, file: []string{"2025-09-29", "examples.agentic_checkout.json"},
		member:  "create_checkout_session_request",
		refused: "$.items[0].quantity", // 2.5, which the released schema did not allow
		mend: func(body map[string]any) {
			body["items"].([]any)[0].(map[string]any)["quantity"] = 2
		},
		want: acp.CreateRequest{Items: []acp.RequestedItem{{ID: "item_123", Quantity: 2}},
			FulfillmentDetails: &acp.FulfillmentDetails{Address: &johnsAddress}},
	},
	{
		name: "2025-09-29 update", version: acp.V20250929, file: []string{"2025-09-29", "examples.agentic_checkout.json"},
		member: "update_checkout_session_request",
		want: acp.UpdateRequest{
			Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: "fulfillment_option_456"}})},
	},
	{
		name: "2025-09-29 complete", version: acp.V20250929, file: []string{"2025-09-29", "examples.agentic_checkout.json"},
		member: "complete_checkout_session_request",
		want: acp.CompleteRequest{Buyer: john, Payment: acp.PaymentData{
			Provider: "stripe", InstrumentType: "card", CredentialType: "spt", Token: "spt_123", Billing: &johnsBilling,
			HandlerParam: "$.payment_data.provider", TokenParam: "$.payment_data.token"}},
	},
	{
		name: "create", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "create_checkout_session_request",
		want: acp.CreateRequest{Items: []acp.RequestedItem{{ID: "item_123", Quantity: 1}}, Currency: "usd", Capabilities: agentCan,
			FulfillmentDetails: johnsDetails, OrderNotes: "Leave at front door if I'm not home."},
	},
	{
		name: "create with first touch", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "create_checkout_session_request_with_first_touch_attribution",
		want: acp.CreateRequest{Items: []acp.RequestedItem{{ID: "item_123", Quantity: 1}}, Currency: "usd", Capabilities: agentCan,
			Attribution: touched("first")},
	},
	{
		name: "update", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "update_checkout_session_request",
		want: acp.UpdateRequest{OrderNotes: acp.Some(ringTwice), Selected: acp.Some([]acp.SelectedFulfillmentOption{
			{Type: acp.FulfillmentShipping, OptionID: "fulfillment_option_456", ItemIDs: []string{"item_123"}}})},
	},
	{
		name: "complete", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "complete_checkout_session_request",
		want: acp.CompleteRequest{Buyer: john, Payment: cardPayment("spt_123", &johnsBilling), OrderNotes: ringTwice,
			Consents: []acp.MarketingConsent{{Channel: "email", OptedIn: true}, {Channel: "sms"}}},
	},
	{
		name: "complete, seller backed", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "complete_checkout_session_request_seller_backed",
		want: acp.CompleteRequest{Buyer: john, Payment: acp.PaymentData{HandlerID: "seller_pm_123", InstrumentType: "seller_backed_saved_card",
			CredentialType: "spt", Token: "vt_01J8Z3WXYZ9ABC",
			HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}},
	},
	{
		name: "complete with last touch", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "complete_checkout_session_request_with_last_touch_attribution",
		want: acp.CompleteRequest{Buyer: john, Payment: cardPayment("spt_123", &johnsBilling), OrderNotes: ringTwice,
			Attribution: touched("last")},
	},
	{
		name: "complete, authenticated", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "complete_session_with_authentication_result_request",
		want: acp.CompleteRequest{
			Buyer: &acp.Buyer{FirstName: "Alice", LastName: "Example", Email: "alice@example.com"},
			Payment: cardPayment("spt_3ds_token_001", &acp.Address{Name: "Alice Example", LineOne: "1 Example St", LineTwo: "Unit 2",
				City: "Oakland", State: "CA", Country: "US", PostalCode: "94607"}),
			Authentication: &acp.AuthenticationResult{Outcome: acp.OutcomeAuthenticated, Details: &acp.AuthenticationDetails{
				Cryptogram: "ABCDEFGHIJKLMNOPQRSTUVWX==", ECI: "05", TransactionID: "dsTransId_12345", Version: "2.2.0"}}},
	},
	{
		name: "complete, denied", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "complete_session_with_denied_authentication_request",
		want: acp.CompleteRequest{
			Buyer: &acp.Buyer{FirstName: "Marie", LastName: "Dupont", Email: "marie.dupont@example.fr"},
			Payment: cardPayment("spt_3ds_denied_001", &acp.Address{Name: "Marie Dupont", LineOne: "12 Rue de la Paix",
				City: "Paris", State: "IDF", Country: "FR", PostalCode: "75002"}),
			Authentication: &acp.AuthenticationResult{Outcome: acp.OutcomeDenied}},
	},
	{
		name: "cancel", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "cancel_checkout_session_request",
		want: acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "shipping_cost",
			TraceSummary: "User loves the item but isn't willing to pay $10 for standard shipping.",
			Metadata:     map[string]any{"target_shipping_cost": int64(0), "competitor_reference": "amazon_prime"}}},
	},
	{
		name: "cancel, deferred", version: acp.V20260417, file: []string{"2026-04-17", "examples.agentic_checkout.json"},
		member: "cancel_checkout_session_request_timing_deferred",
		want: acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "timing_deferred",
			TraceSummary: "User confirmed product fit and price but plans to purchase after next paycheck.",
			Metadata:     map[string]any{"anticipated_timeframe": "2_weeks", "deferral_trigger": "budget_cycle"}}},
	},
	{
		name: "create, two items", version: acp.V20260417, file: []string{"2026-04-17", "examples.multi_item_checkout.json"},
		member: "create_multi_item_checkout_request", refused: "$.capabilities", mend: noCapabilities,
		want: acp.CreateRequest{Currency: "usd", FulfillmentDetails: johnsDetails, Items: []acp.RequestedItem{
			{ID: "item_123", Quantity: 1, UnitAmount: 300, HasUnitAmount: true},
			{ID: "item_456", Quantity: 1, UnitAmount: 500, HasUnitAmount: true}}},
	},
	discountExample("automatic-discount.json", nil, acp.RequestedItem{ID: "item_123", Quantity: 3}),
	discountExample("order-level-discount.json", []string{"SAVE10"}, acp.RequestedItem{ID: "item_123", Quantity: 1}),
	discountExample("percentage-discount-with-allocations.json", []string{"SUMMER20"},
		acp.RequestedItem{ID: "item_shirt", Quantity: 2}, acp.RequestedItem{ID: "item_pants", Quantity: 1}),
	discountExample("rejected-discount-code.json", []string{"SAVE10", "EXPIRED50"}, acp.RequestedItem{ID: "item_123", Quantity: 1}),
	discountExample("stacked-discounts.json", []string{"SUMMER20", "LOYALTY5"},
		acp.RequestedItem{ID: "item_laptop", Quantity: 1}, acp.RequestedItem{ID: "item_mouse", Quantity: 1}),
}

// discountExample is one of the discount extension's; none of them sends the
// required capabilities.
func discountExample(file string, codes []string, items ...acp.RequestedItem) example {
	return example{name: "discount extension, " + file, version: acp.V20260417, file: []string{"2026-04-17", "discount-extension", file},
		member: "request", refused: "$.capabilities", mend: noCapabilities,
		want: acp.CreateRequest{Items: items, Currency: "usd", DiscountCodes: codes}}
}

func TestOfficialExamples(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			body := []byte(acptest.Examples(t, e.file...)[e.member])
			if body == nil {
				t.Fatalf("no example %s", e.member)
			}
			codec := codec(t, e.version)
			if e.refused != "" {
				_, err := decode(t, codec, e.want, body)
				if got := acp.AsError(err); err == nil || got.Param != e.refused || got.Status != 400 {
					t.Fatalf("as it stands: %v at %q, want a refusal at %q", err, got.Param, e.refused)
				}
				body = mend(t, body, e.mend)
			}
			got, err := decode(t, codec, e.want, body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// decode reads body as the kind of request that want is.
func decode(t *testing.T, c wire.Codec, want any, body []byte) (any, error) {
	t.Helper()
	doc, err := wire.Parse(body)
	if err != nil {
		return nil, err
	}
	defer doc.Unknown()
	switch want.(type) {
	case acp.CreateRequest:
		return c.DecodeCreate(doc)
	case acp.UpdateRequest:
		return c.DecodeUpdate(doc)
	case acp.CompleteRequest:
		return c.DecodeComplete(doc)
	case acp.CancelRequest:
		return c.DecodeCancel(doc)
	}
	t.Fatalf("no decoder for %T", want)
	return nil, nil
}

func mend(t *testing.T, body []byte, change func(map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every request of the example files is in the table above.
func TestNoExampleIsForgotten(t *testing.T) {
	listed := make(map[string]bool)
	for _, e := range examples {
		listed[e.file[0]+"/"+e.member] = true
	}
	for _, file := range [][]string{
		{"2025-09-29", "examples.agentic_checkout.json"},
		{"2026-04-17", "examples.agentic_checkout.json"},
		{"2026-04-17", "examples.multi_item_checkout.json"},
	} {
		for member := range acptest.Examples(t, file...) {
			if strings.Contains(member, "_request") && !listed[file[0]+"/"+member] {
				t.Errorf("%v: %s is not tested", file, member)
			}
		}
	}
}
