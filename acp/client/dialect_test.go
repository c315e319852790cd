package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
)

func written(t *testing.T, o object, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The requests of one purchase, as every caller gives them.
func exampleCreate(currency string) acp.CreateRequest {
	return acp.CreateRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 2}}, Currency: currency}
}

func exampleUpdate() acp.UpdateRequest {
	buyer, address := TestBuyer(), TestAddress()
	return acp.UpdateRequest{Buyer: acp.Some(buyer), FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(address)}),
		Selected: acp.Some([]acp.SelectedFulfillmentOption{{Type: acp.FulfillmentShipping, OptionID: "standard", ItemIDs: []string{"li_1"}}})}
}

func exampleComplete() acp.CompleteRequest {
	buyer, address := TestBuyer(), TestAddress()
	return acp.CompleteRequest{Buyer: &buyer, Payment: acp.PaymentData{HandlerID: "card", Provider: "stripe", Token: "vt_1", Billing: &address}}
}

const exampleAddress = `{"name":"Test Buyer","line_one":"1 Example Street","city":"San Francisco","state":"CA","country":"US","postal_code":"94105"}`

func TestRequestsInEachVersion(t *testing.T) {
	const (
		oneName   = `{"email":"test.buyer@example.com","name":"Test Buyer"}`
		twoNames  = `{"email":"test.buyer@example.com","first_name":"Test","last_name":"Buyer"}`
		buyerLast = `{"first_name":"Test","last_name":"Buyer","email":"test.buyer@example.com"}`
		provider  = `{"billing_address":` + exampleAddress + `,"provider":"stripe","token":"vt_1"}`
		handler   = `{"billing_address":` + exampleAddress + `,"handler_id":"card","instrument":{"credential":{"token":"vt_1","type":"spt"},"type":"card"}}`
		items     = `{"items":[{"id":"mug","quantity":2}]}`
		lineItems = `{"capabilities":{},"currency":"usd","line_items":[{"id":"mug","quantity":2}]}`
		flat      = `"fulfillment_address":` + exampleAddress + `,"fulfillment_option_id":"standard"}`
		nested    = `"fulfillment_details":{"address":` + exampleAddress + `},"selected_fulfillment_options":[{"shipping":{"item_ids":["li_1"],"option_id":"standard"},"type":"shipping"}]}`
		list      = `"fulfillment_details":{"address":` + exampleAddress + `},"selected_fulfillment_options":[{"item_ids":["li_1"],"option_id":"standard","type":"shipping"}]}`
	)
	for _, c := range []struct {
		version                          acp.Version
		create, buyer, delivery, payment string
	}{
		{"2025-09-12", items, oneName, flat, provider},
		{"2025-09-29", items, twoNames, flat, provider},
		{"2025-12-12", items, twoNames, nested, provider},
		{"2026-01-16", items, twoNames, nested, provider},
		{"2026-01-30", lineItems, buyerLast, list, handler},
		{"2026-04-17", lineItems, buyerLast, list, handler},
	} {
		d, _ := dialectOf(c.version)
		create, err := d.create(exampleCreate("usd"))
		if diff := cmp.Diff(c.create, written(t, create, err)); diff != "" {
			t.Errorf("%s create: %s", c.version, diff)
		}
		update, err := d.update(exampleUpdate())
		if diff := cmp.Diff(`{"buyer":`+c.buyer+","+c.delivery, written(t, update, err)); diff != "" {
			t.Errorf("%s update: %s", c.version, diff)
		}
		complete, err := d.complete(exampleComplete())
		if diff := cmp.Diff(`{"buyer":`+c.buyer+`,"payment_data":`+c.payment+`}`, written(t, complete, err)); diff != "" {
			t.Errorf("%s complete: %s", c.version, diff)
		}
		cancel, err := d.cancel(acp.CancelRequest{})
		if got := written(t, cancel, err); got != "" {
			t.Errorf("%s cancel: %s", c.version, got)
		}
	}
}

func TestUpdatesTellAbsentFromNull(t *testing.T) {
	null := acp.UpdateRequest{FulfillmentDetails: acp.Opt[acp.FulfillmentDetailsPatch]{Set: true, Null: true},
		Selected: acp.Opt[[]acp.SelectedFulfillmentOption]{Set: true, Null: true}}
	for version, want := range map[acp.Version]string{
		acp.V20250929: `{"fulfillment_address":null,"fulfillment_option_id":null}`,
		acp.V20260417: `{"fulfillment_details":null,"selected_fulfillment_options":null}`,
	} {
		d, _ := dialectOf(version)
		o, err := d.update(null)
		if got := written(t, o, err); got != want {
			t.Errorf("%s: %s; want %s", version, got, want)
		}
		o, err = d.update(acp.UpdateRequest{})
		if got := written(t, o, err); got != "{}" {
			t.Errorf("%s: nothing is written as %s", version, got)
		}
	}
}

func TestAFullNameIsSplit(t *testing.T) {
	for full, want := range map[string]string{
		"Test Buyer":     `{"email":"","first_name":"Test","last_name":"Buyer"}`,
		"Test van Buyer": `{"email":"","first_name":"Test van","last_name":"Buyer"}`,
		"Buyer":          `{"email":"","first_name":"Buyer","last_name":""}`,
	} {
		d, _ := dialectOf(acp.V20250929)
		b, err := json.Marshal(d.buyer(acp.Buyer{FullName: full}))
		if err != nil || string(b) != want {
			t.Errorf("%s: %s, %v; want %s", full, b, err, want)
		}
	}
}

func TestWhatAVersionCannotSayIsNotDropped(t *testing.T) {
	intent := acp.CancelRequest{Intent: &acp.IntentTrace{ReasonCode: "other"}}
	result := &acp.AuthenticationResult{Outcome: acp.OutcomeDenied}
	selected := acp.Some(make([]acp.SelectedFulfillmentOption, 2))
	pay := exampleComplete()
	for _, c := range []struct {
		name string
		last acp.Version // that cannot say it
		call func(d dialect) (object, error)
	}{
		{"discounts", "2026-01-16", func(d dialect) (object, error) {
			r := exampleCreate("usd")
			r.DiscountCodes = []string{"TEN"}
			return d.create(r)
		}},
		{"metadata", "2026-01-16", func(d dialect) (object, error) {
			r := exampleCreate("usd")
			r.Metadata = map[string]any{"a": "b"}
			return d.create(r)
		}},
		{"order_notes", "2026-01-30", func(d dialect) (object, error) {
			return d.update(acp.UpdateRequest{OrderNotes: acp.Some("ring twice")})
		}},
		{"authentication_result", "2025-09-29", func(d dialect) (object, error) { r := pay; r.Authentication = result; return d.complete(r) }},
		{"fulfillment_details", "2026-04-17", func(d dialect) (object, error) {
			r := pay
			r.FulfillmentDetails = acp.Some(acp.FulfillmentDetailsPatch{PhoneNumber: acp.Some("+15550100")})
			o, err := d.complete(r)
			if err == nil && o["fulfillment_details"].(object)["phone_number"] != "+15550100" {
				t.Errorf("%s: %v", d.version, o)
			}
			return o, err
		}},
		{"intent_trace", "2025-09-29", func(d dialect) (object, error) { return d.cancel(intent) }},
		{"more than one fulfillment option", "2025-09-29", func(d dialect) (object, error) { return d.update(acp.UpdateRequest{Selected: selected}) }},
		{"company", "2026-01-30", func(d dialect) (object, error) {
			r := exampleCreate("usd")
			r.FulfillmentDetails = &acp.FulfillmentDetails{Address: &acp.Address{Company: "Example Ltd"}}
			return d.create(r)
		}},
	} {
		for _, d := range dialects {
			_, err := c.call(d)
			if cannot := d.version <= c.last; cannot != errors.Is(err, ErrUnsupported) {
				t.Errorf("%s in %s: %v", c.name, d.version, err)
			} else if cannot && !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s in %s: the error does not name it: %v", c.name, d.version, err)
			}
		}
	}
}

func TestRequestsThatCannotBeMeant(t *testing.T) {
	d, _ := dialectOf(acp.V20260417)
	if _, err := d.create(exampleCreate("")); err == nil || !strings.Contains(err.Error(), "currency") {
		t.Errorf("no currency: %v", err)
	}
	old, _ := dialectOf(acp.V20250929)
	for _, c := range []struct {
		d       dialect
		payment acp.PaymentData
		says    string
	}{
		{d, acp.PaymentData{HandlerID: "card"}, "token"},
		{d, acp.PaymentData{Provider: "stripe", Token: "vt_1"}, "handler"},
		{old, acp.PaymentData{HandlerID: "card", Token: "vt_1"}, "provider"},
	} {
		if _, err := c.d.complete(acp.CompleteRequest{Payment: c.payment}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.payment, err)
		}
	}
}

// shared is the folder with the protocol's own schemas and examples.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("CHECKSTAND_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root, "acp-spec"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the protocol's files are not here (%v); set CHECKSTAND_SHARED to the folder that has acp-spec", err)
	}
	return path
}

func TestRequestsKeepTheOfficialSchemas(t *testing.T) {
	for _, d := range dialects[1:] { // 2025-09-12 is a page, without schemas
		compiler := jsonschema.NewCompiler()
		for _, file := range []string{"agentic_checkout", "delegate_payment"} {
			raw, err := os.ReadFile(shared(t, "spec", string(d.version), "json-schema", "schema."+file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			repair(doc)
			if err := compiler.AddResource("mem:///"+file+".json", doc); err != nil {
				t.Fatal(err)
			}
		}
		create, err := d.create(exampleCreate("usd"))
		check(t, d, compiler, "agentic_checkout", "CheckoutSessionCreateRequest", create, err)
		update, err := d.update(exampleUpdate())
		check(t, d, compiler, "agentic_checkout", "CheckoutSessionUpdateRequest", update, err)
		complete, err := d.complete(exampleComplete())
		check(t, d, compiler, "agentic_checkout", "CheckoutSessionCompleteRequest", complete, err)
		address := TestAddress()
		delegate, err := DelegateRequest{Card: Card{ExpMonth: 12, ExpYear: 2030, Name: "Test Buyer"}, Billing: &address,
			Allowance: Allowance{MaxAmount: 2400, Currency: "usd", SessionID: "cs_1", MerchantID: "acct_1"}}.body(testNumber)
		check(t, d, compiler, "delegate_payment", "DelegatePaymentRequest", delegate, err)
	}
}

// repair makes two faults of the official files good: the Item of requests has
// no quantity from 2026-01-30 on, though their examples send it, and their own
// $id does not resolve.
func repair(doc any) {
	root := doc.(map[string]any)
	delete(root, "$id")
	defs := root["$defs"].(map[string]any)
	if item, ok := defs["Item"].(map[string]any); ok {
		item["properties"].(map[string]any)["quantity"] = map[string]any{"type": "integer", "minimum": json.Number("1")}
	}
}

func check(t *testing.T, d dialect, compiler *jsonschema.Compiler, file, def string, o object, err error) {
	t.Helper()
	schema, compileErr := compiler.Compile(fmt.Sprintf("mem:///%s.json#/$defs/%s", file, def))
	if compileErr != nil {
		t.Fatalf("%s %s: %v", d.version, def, compileErr)
	}
	value, parseErr := jsonschema.UnmarshalJSON(strings.NewReader(written(t, o, err)))
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s %s: %v", d.version, def, err)
	}
}
