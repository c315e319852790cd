package wire_test

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
	intent  string // of a CancelRequest whose words do not matter: the reason it is read as
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
}

// official are the examples of every version.
func official() []example {
	list := slices.Clone(examples)
	for _, v := range []acp.Version{acp.V20251212, acp.V20260116, acp.V20260130, acp.V20260417, acp.Unreleased} {
		list = append(list, checkoutExamples(v)...)
	}
	for _, e := range []example{
		{version: acp.V20260116, member: "successful_negotiation_request", want: negotiating(acp.RequestedItem{ID: "item_123", Quantity: 1}, &acp.Interventions{
			Supported: []string{"3ds", "address_verification"}, DisplayContext: "webview", RedirectContext: "in_app",
			MaxRedirects: ptr(int64(1)), MaxInteractionDepth: ptr(int64(2))})},
		{version: acp.V20260116, member: "incompatible_payment_method_request", want: negotiating(acp.RequestedItem{ID: "item_456", Quantity: 1}, nil)},
		{version: acp.V20260116, member: "authentication_requirement_request", want: negotiating(acp.RequestedItem{ID: "item_789", Quantity: 1}, &acp.Interventions{Supported: []string{}})},
		{version: acp.V20260116, member: "bnpl_capable_request", want: negotiating(acp.RequestedItem{ID: "item_101", Quantity: 1}, &acp.Interventions{
			Supported: []string{"3ds"}, DisplayContext: "redirect", RedirectContext: "external_browser", MaxInteractionDepth: ptr(int64(1))})},
		{version: acp.V20260116, member: "network_tokenization_request", want: negotiating(acp.RequestedItem{ID: "item_202", Quantity: 1}, &acp.Interventions{
			Supported: []string{"3ds"}, RedirectContext: "none"})},
		{version: acp.V20260116, member: "digital_wallet_request", want: negotiating(acp.RequestedItem{ID: "item_303", Quantity: 2}, &acp.Interventions{
			Supported: []string{"biometric"}, DisplayContext: "native", RedirectContext: "none"})},
		{version: acp.V20260116, member: "minimal_agent_capabilities_request", want: negotiating(acp.RequestedItem{ID: "item_404", Quantity: 1}, nil)},
	} {
		e.name, e.file = string(e.version)+" "+e.member, []string{string(e.version), "examples.capability_negotiation.json"}
		list = append(list, e)
	}
	for _, v := range []acp.Version{acp.V20260417, acp.Unreleased} {
		list = append(list, example{name: string(v) + " create, two items", version: v, file: []string{string(v), "examples.multi_item_checkout.json"},
			member: "create_multi_item_checkout_request", refused: "$.capabilities", mend: noCapabilities,
			want: acp.CreateRequest{Currency: "usd", FulfillmentDetails: johnsDetails, Items: []acp.RequestedItem{
				{ID: "item_123", Quantity: 1, UnitAmount: 300, HasUnitAmount: true},
				{ID: "item_456", Quantity: 1, UnitAmount: 500, HasUnitAmount: true}}}})
	}
	// Those of the draft lie beside the folders of the versions.
	for _, in := range []struct {
		version acp.Version
		folder  []string
	}{{acp.V20260130, []string{"2026-01-30", "discount-extension"}}, {acp.V20260417, []string{"2026-04-17", "discount-extension"}}, {acp.Unreleased, []string{"discount-extension"}}} {
		list = append(list,
			discountExample(in.version, in.folder, "automatic-discount.json", nil, acp.RequestedItem{ID: "item_123", Quantity: 3}),
			discountExample(in.version, in.folder, "order-level-discount.json", []string{"SAVE10"}, acp.RequestedItem{ID: "item_123", Quantity: 1}),
			discountExample(in.version, in.folder, "percentage-discount-with-allocations.json", []string{"SUMMER20"},
				acp.RequestedItem{ID: "item_shirt", Quantity: 2}, acp.RequestedItem{ID: "item_pants", Quantity: 1}),
			discountExample(in.version, in.folder, "rejected-discount-code.json", []string{"SAVE10", "EXPIRED50"}, acp.RequestedItem{ID: "item_123", Quantity: 1}),
			discountExample(in.version, in.folder, "stacked-discounts.json", []string{"SUMMER20", "LOYALTY5"},
				acp.RequestedItem{ID: "item_laptop", Quantity: 1}, acp.RequestedItem{ID: "item_mouse", Quantity: 1}))
	}
	for member, reason := range map[string]string{"price_sensitivity": "", "shipping_cost": "", "shipping_speed": "", "comparison": "", "timing_deferred": "",
		"payment_options": "", "trust_security": "", "returns_policy": "", "product_fit": "", "minimal_trace": "other"} {
		list = append(list, example{name: "intent " + member, version: acp.Unreleased, file: []string{"unreleased", "examples.intent_traces.json"},
			member: "cancel_with_" + member + "_request", intent: cmp.Or(reason, member), want: acp.CancelRequest{}})
	}
	return append(list, example{name: "no intent", version: acp.Unreleased, file: []string{"unreleased", "examples.intent_traces.json"},
		member: "cancel_without_trace_request", want: acp.CancelRequest{}})
}

func negotiating(item acp.RequestedItem, can *acp.Interventions) acp.CreateRequest {
	return acp.CreateRequest{Items: []acp.RequestedItem{item}, Capabilities: acp.RequestedCapabilities{Interventions: can}}
}

// checkoutExamples are those of examples.agentic_checkout.json, which go from
// version to version with what the version adds.
func checkoutExamples(v acp.Version) []example {
	handlers, notes, draft := v >= acp.V20260130, v >= acp.V20260417, v == acp.Unreleased
	create := acp.CreateRequest{Items: []acp.RequestedItem{{ID: "item_123", Quantity: 1}}}
	pay := func(token string, billing *acp.Address) acp.PaymentData {
		return acp.PaymentData{Provider: "stripe", InstrumentType: "card", CredentialType: "spt", Token: token, Billing: billing,
			HandlerParam: "$.payment_data.provider", TokenParam: "$.payment_data.token"}
	}
	if !handlers { // these versions have 3-D Secure, and no way to say who can do it
		create.Capabilities.Interventions = &acp.Interventions{Supported: []string{"3ds"}}
	} else {
		create.Currency, create.Capabilities, pay = "usd", agentCan, cardPayment
	}
	touch := create
	touch.Attribution = touched("first")
	create.FulfillmentDetails = johnsDetails
	update := acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{
		{Type: acp.FulfillmentShipping, OptionID: "fulfillment_option_456", ItemIDs: []string{"item_123"}}})}
	complete := acp.CompleteRequest{Buyer: john, Payment: pay("spt_123", &johnsBilling)}
	last := complete
	last.Attribution = touched("last")
	if notes {
		create.OrderNotes, update.OrderNotes = "Leave at front door if I'm not home.", acp.Some(ringTwice)
		complete.OrderNotes, last.OrderNotes = ringTwice, ringTwice
		complete.Consents = []acp.MarketingConsent{{Channel: "email", OptedIn: true}, {Channel: "sms"}}
	}
	if draft {
		create.Items = []acp.RequestedItem{{ID: "item_123", Quantity: 1, UnitAmount: 7999, HasUnitAmount: true,
			Suggested: &acp.SuggestedPrice{Amount: 7999, ObservedAt: time.Date(2026, 5, 20, 14, 35, 0, 0, time.UTC)}}}
		complete.FulfillmentDetails = acp.Some(acp.FulfillmentDetailsPatch{Name: acp.Some("John Smith"),
			PhoneNumber: acp.Some("15559876543"), Email: acp.Some("john.smith.new@mail.com")})
	}
	list := []example{
		{member: "create_checkout_session_request", want: create},
		{member: "create_checkout_session_request_with_first_touch_attribution", want: touch},
		{member: "update_checkout_session_request", want: update},
		{member: "complete_checkout_session_request", want: complete},
		{member: "complete_checkout_session_request_with_last_touch_attribution", want: last},
		{member: "cancel_checkout_session_request", want: acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "shipping_cost",
			TraceSummary: "User loves the item but isn't willing to pay $10 for standard shipping.",
			Metadata:     map[string]any{"target_shipping_cost": int64(0), "competitor_reference": "amazon_prime"}}}},
		{member: "cancel_checkout_session_request_timing_deferred", want: acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "timing_deferred",
			TraceSummary: "User confirmed product fit and price but plans to purchase after next paycheck.",
			Metadata:     map[string]any{"anticipated_timeframe": "2_weeks", "deferral_trigger": "budget_cycle"}}}},
	}
	if v >= acp.V20260116 {
		list = append(list, example{member: "complete_session_with_authentication_result_request", want: acp.CompleteRequest{
			Buyer: &acp.Buyer{FirstName: "Alice", LastName: "Example", Email: "alice@example.com"},
			Payment: pay("spt_3ds_token_001", &acp.Address{Name: "Alice Example", LineOne: "1 Example St", LineTwo: "Unit 2",
				City: "Oakland", State: "CA", Country: "US", PostalCode: "94607"}),
			Authentication: &acp.AuthenticationResult{Outcome: acp.OutcomeAuthenticated, Details: &acp.AuthenticationDetails{
				Cryptogram: "ABCDEFGHIJKLMNOPQRSTUVWX==", ECI: "05", TransactionID: "dsTransId_12345", Version: "2.2.0"}}}})
	}
	if handlers {
		list = append(list, example{member: "complete_checkout_session_request_seller_backed",
			want: acp.CompleteRequest{Buyer: john, Payment: acp.PaymentData{HandlerID: "seller_pm_123", InstrumentType: "seller_backed_saved_card",
				CredentialType: "spt", Token: "vt_01J8Z3WXYZ9ABC",
				HandlerParam: "$.payment_data.handler_id", TokenParam: "$.payment_data.instrument.credential.token"}}})
	}
	if notes {
		list = append(list, example{member: "complete_session_with_denied_authentication_request", want: acp.CompleteRequest{
			Buyer: &acp.Buyer{FirstName: "Marie", LastName: "Dupont", Email: "marie.dupont@example.fr"},
			Payment: pay("spt_3ds_denied_001", &acp.Address{Name: "Marie Dupont", LineOne: "12 Rue de la Paix",
				City: "Paris", State: "IDF", Country: "FR", PostalCode: "75002"}),
			Authentication: &acp.AuthenticationResult{Outcome: acp.OutcomeDenied}}})
	}
	for i := range list {
		list[i].name, list[i].version, list[i].file = string(v)+" "+list[i].member, v, []string{string(v), "examples.agentic_checkout.json"}
	}
	return list
}

// discountExample is one of the discount extension's; none of them sends the
// required capabilities.
func discountExample(v acp.Version, folder []string, file string, codes []string, items ...acp.RequestedItem) example {
	return example{name: "discount extension of " + string(v) + ", " + file, version: v, file: append(slices.Clone(folder), file),
		member: "request", refused: "$.capabilities", mend: noCapabilities,
		want: acp.CreateRequest{Items: items, Currency: "usd", DiscountCodes: codes}}
}

func TestOfficialExamples(t *testing.T) {
	for _, e := range official() {
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
			if e.intent != "" {
				if in := got.(acp.CancelRequest).Intent; in == nil || in.ReasonCode != e.intent || e.intent != "other" && (in.TraceSummary == "" || in.Metadata == nil) {
					t.Errorf("read as %+v", in)
				}
				return
			}
			if want, isCreate := e.want.(acp.CreateRequest); isCreate && (e.version == acp.V20251212 || e.version == acp.V20260116) && e.file[1] != "examples.capability_negotiation.json" {
				// These have 3-D Secure and no words for who can do it.
				want.Capabilities.Interventions = &acp.Interventions{Supported: []string{"3ds"}}
				e.want = want
			}
			if diff := gocmp.Diff(e.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// decode reads body as the kind of request that want is.
func decode(t *testing.T, c wire.Codec, want any, body []byte) (any, error) {
	t.Helper()
	doc, err := wire.Parse(body, acp.DefaultLimits())
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

// Every request of the example files is in the tables above. Those of MCP, of
// feeds and of the APIs of payment providers are other packages'.
func TestNoExampleIsForgotten(t *testing.T) {
	listed := make(map[string]bool)
	for _, e := range official() {
		listed[filepath.Join(e.file...)+" "+e.member] = true
	}
	root, requests := acptest.Shared(t, "examples"), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		if err != nil || d.IsDir() || filepath.Ext(name) != ".json" || strings.Contains(name, "delegate") || strings.Contains(name, "mcp") || strings.Contains(name, "feed") {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for member := range acptest.Examples(t, strings.Split(file, string(filepath.Separator))...) {
			if member != "request" && !strings.Contains(member, "_request") {
				continue
			}
			if requests++; !listed[file+" "+member] {
				t.Errorf("%s: %s is not tested", file, member)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if requests < 60 {
		t.Errorf("only %d requests were found", requests)
	}
}
