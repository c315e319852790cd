package wire_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// field encodes s and returns one member of it.
func field(t *testing.T, v acp.Version, s *acp.Session, name string) any {
	t.Helper()
	return decoded(t, encode(t, codec(t, v), s)).(map[string]any)[name]
}

func jsonOf(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFlatProjection(t *testing.T) {
	selected := func(kinds ...acp.FulfillmentType) func(*acp.Session) {
		return func(s *acp.Session) {
			s.SelectedFulfillmentOptions = nil
			for _, k := range kinds {
				s.SelectedFulfillmentOptions = append(s.SelectedFulfillmentOptions, acp.SelectedFulfillmentOption{Type: k, OptionID: string(k)})
			}
		}
	}
	message := func(m acp.Message) func(*acp.Session) {
		return func(s *acp.Session) { s.Messages = []acp.Message{m} }
	}
	buyer := func(b acp.Buyer) func(*acp.Session) { return func(s *acp.Session) { s.Buyer = &b } }
	status := func(v acp.Status) func(*acp.Session) { return func(s *acp.Session) { s.Status = v } }
	v29, page := acp.V20250929, acp.V20250912

	for _, tt := range []struct {
		name    string
		version acp.Version
		change  func(*acp.Session)
		field   string
		want    string
	}{
		{"a line has flat amounts", v29, func(s *acp.Session) { s.LineItems = s.LineItems[1:2] }, "line_items",
			`[{"id":"li_2","item":{"id":"item_2","quantity":1},"base_amount":4500,"discount":450,"subtotal":4050,"tax":324,"total":4374}]`},
		{"a line without totals is its price", v29, func(s *acp.Session) { s.LineItems = s.LineItems[:1]; s.LineItems[0].Totals = nil }, "line_items",
			`[{"id":"li_1","item":{"id":"item_1","quantity":2},"base_amount":2598,"discount":0,"subtotal":2598,"tax":0,"total":2598}]`},
		{"an option has flat amounts", v29, func(s *acp.Session) { s.FulfillmentOptions = s.FulfillmentOptions[:1] }, "fulfillment_options",
			`[{"type":"shipping","id":"std","title":"Standard","subtitle":"Arrives in 2 to 4 days","carrier":"Post","earliest_delivery_time":"2026-05-06T12:00:00Z","latest_delivery_time":"2026-05-08T12:00:00Z","subtotal":500,"tax":40,"total":540}]`},
		{"the page fills in what an option lacks", page, func(s *acp.Session) {
			s.FulfillmentOptions = []acp.FulfillmentOption{{Type: acp.FulfillmentShipping, ID: "x", Title: "By ox", Totals: []acp.Total{total(acp.TotalTotal, 9)}}}
		}, "fulfillment_options",
			`[{"type":"shipping","id":"x","title":"By ox","subtitle":"By ox","carrier":"Standard","earliest_delivery_time":"2026-05-07T12:01:00Z","latest_delivery_time":"2026-05-11T12:01:00Z","subtotal":9,"tax":0,"total":9}]`},
		{"the page needs no fill-in for 2025-09-29", v29, func(s *acp.Session) {
			s.FulfillmentOptions = []acp.FulfillmentOption{{Type: acp.FulfillmentDigital, ID: "x", Title: "Mail", Totals: []acp.Total{total(acp.TotalFulfillment, 0)}}}
		}, "fulfillment_options", `[{"type":"digital","id":"x","title":"Mail","subtotal":0,"tax":0,"total":0}]`},
		{"the shipping selection is the one", v29, selected(acp.FulfillmentDigital, acp.FulfillmentShipping), "fulfillment_option_id", `"shipping"`},
		{"else the digital one", v29, selected(acp.FulfillmentDigital), "fulfillment_option_id", `"digital"`},
		{"none", v29, selected(), "fulfillment_option_id", `null`},
		{"several deliveries are told", v29, selected(acp.FulfillmentDigital, acp.FulfillmentShipping), "messages",
			`[{"type":"info","param":"$.fulfillment_option_id","content_type":"plain","content":"This order comes in 2 deliveries; the main one is shown. The totals cover all of them."}]`},

		{"a warning is an info", v29, message(acp.Message{Type: acp.Warning, Code: acp.CodePriceChange, Severity: "high", Content: "Dearer"}), "messages",
			`[{"type":"info","content_type":"plain","content":"Dearer"}]`},
		{"an info of the page has a param", page, message(acp.Message{Type: acp.Info, Content: "Hello"}), "messages",
			`[{"type":"info","param":"$","content_type":"plain","content":"Hello"}]`},
		{"low stock is out of stock", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeLowStock, Param: "$.line_items[0]", Resolution: acp.Recoverable, Content: "x"}), "messages",
			`[{"type":"error","code":"out_of_stock","param":"$.line_items[0]","content_type":"plain","content":"x"}]`},
		{"what a new token cures is a decline", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeExpired, Param: "$.payment_data.instrument.credential.token", Content: "x"}), "messages",
			`[{"type":"error","code":"payment_declined","param":"$.payment_data.token","content_type":"plain","content":"x"}]`},
		{"what else is new is invalid", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeRegionRestricted, Param: "$.fulfillment_details.address.country", Content: "x"}), "messages",
			`[{"type":"error","code":"invalid","param":"$.fulfillment_address.country","content_type":"plain","content":"x"}]`},
		{"a path to what there was not is left out", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeRequires3DS, Param: "$.authentication_metadata", Content: "x"}), "messages",
			`[{"type":"error","code":"requires_3ds","content_type":"plain","content":"x"}]`},
		{"a path to what there is stays", acp.V20251212, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeRequires3DS, Param: "$.authentication_metadata", Content: "x"}), "messages",
			`[{"type":"error","code":"requires_3ds","param":"$.authentication_metadata","content_type":"plain","content":"x"}]`},
		{"a path to what came later is left out", acp.V20260116, message(acp.Message{Type: acp.Warning, Code: acp.DiscountInvalid, Param: "$.discounts.codes[0]", Content: "x"}), "messages",
			`[{"type":"info","content_type":"plain","content":"x"}]`},
		{"a quantity is in the item", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeLowStock, Param: "$.line_items[1].quantity", Content: "x"}), "messages",
			`[{"type":"error","code":"out_of_stock","param":"$.line_items[1].item.quantity","content_type":"plain","content":"x"}]`},
		{"a selection is named as a whole", acp.V20251212, message(acp.Message{Type: acp.Info, Param: "$.selected_fulfillment_options[1].item_ids[0]", Content: "x"}), "messages",
			`[{"type":"info","param":"$.selected_fulfillment_options[1]","content_type":"plain","content":"x"}]`},
		{"3-D Secure stays", v29, message(acp.Message{Type: acp.ErrorMessage, Code: acp.CodeRequires3DS, Content: "x"}), "messages",
			`[{"type":"error","code":"requires_3ds","content_type":"plain","content":"x"}]`},

		{"expired is canceled", v29, status(acp.Expired), "status", `"canceled"`},
		{"paying is in progress", page, status(acp.CompleteInProgress), "status", `"in_progress"`},
		{"waiting for the shop is in progress", v29, status(acp.PendingApproval), "status", `"in_progress"`},
		{"authentication is not ready", v29, status(acp.AuthenticationRequired), "status", `"not_ready_for_payment"`},

		{"policies in one link", v29, func(s *acp.Session) {
			s.Links = []acp.Link{{Type: "shipping_policy", URL: "https://a.example"}, {Type: "return_policy", URL: "https://b.example", Title: "R"},
				{Type: "terms_of_use", URL: "https://c.example"}, {Type: "faq", URL: "https://d.example"}}
		}, "links", `[{"type":"terms_of_use","url":"https://c.example"},{"type":"seller_shop_policies","url":"https://b.example"}]`},
		{"types that did not exist are folded", v29, func(s *acp.Session) {
			s.Totals = []acp.Total{total(acp.TotalFee, 1), total(acp.TotalTip, 2), total(acp.TotalStoreCredit, 3), total(acp.TotalAmountRefunded, 4), total(acp.TotalTotal, 5)}
		}, "totals", `[{"type":"fee","display_text":"fee","amount":3},{"type":"discount","display_text":"store_credit","amount":3},{"type":"total","display_text":"total","amount":5}]`},

		{"two names", v29, buyer(acp.Buyer{FirstName: "A", LastName: "B", Email: "b@example.com", CustomerID: "c"}), "buyer", `{"first_name":"A","last_name":"B","email":"b@example.com"}`},
		{"two names out of one", v29, buyer(acp.Buyer{FullName: "Test A. Buyer", Email: "b@example.com"}), "buyer", `{"first_name":"Test A.","last_name":"Buyer","email":"b@example.com"}`},
		{"one word is not two names", v29, buyer(acp.Buyer{FullName: "Buyer", Email: "b@example.com"}), "buyer", `null`},
		{"one name out of two", page, buyer(acp.Buyer{FirstName: "A", LastName: "B", Email: "b@example.com"}), "buyer", `{"name":"A B","email":"b@example.com"}`},
		{"no name", page, buyer(acp.Buyer{Email: "b@example.com"}), "buyer", `null`},
		{"an address with a phone number", page, func(*acp.Session) {}, "fulfillment_address",
			`{"name":"Test Buyer","line_one":"1 Main Street","city":"Springfield","state":"IL","country":"US","postal_code":"62701","phone_number":"+15550100"}`},
		{"an address without", v29, func(s *acp.Session) { s.FulfillmentDetails.Address.Company = "C" }, "fulfillment_address",
			`{"name":"Test Buyer","line_one":"1 Main Street","city":"Springfield","state":"IL","country":"US","postal_code":"62701"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := threeLines()
			tt.change(s)
			if diff := cmp.Diff(jsonOf(t, tt.want), field(t, tt.version, s, tt.field)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPaymentProvider(t *testing.T) {
	for _, tt := range []struct {
		version  acp.Version
		provider string
		want     string
	}{
		{acp.V20250912, "", `{"provider":"stripe","supported_payment_methods":["card"]}`},
		{acp.V20250912, "adyen", `{"provider":"adyen","supported_payment_methods":["card"]}`},
		{acp.V20250912, "sandbox", `{"provider":"stripe","supported_payment_methods":["card"]}`},
		{acp.V20250929, "", `null`},
		{acp.V20250929, "stripe", `{"provider":"stripe","supported_payment_methods":["card"]}`},
		{acp.V20250929, "adyen", `{"provider":"stripe","supported_payment_methods":["card"]}`},
	} {
		b, err := codec(t, tt.version).AppendSession(nil, threeLines(), wire.SessionView{Provider: tt.provider})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(jsonOf(t, tt.want), decoded(t, b).(map[string]any)["payment_provider"]); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", tt.version, tt.provider, diff)
		}
	}
}

func TestCarrierOfTheShop(t *testing.T) {
	s := threeLines()
	s.FulfillmentOptions = []acp.FulfillmentOption{{Type: acp.FulfillmentShipping, ID: "x", Title: "X", LatestDeliveryTime: noon.Add(time.Hour)}}
	b, err := codec(t, acp.V20250912).AppendSession(nil, s, wire.SessionView{Carrier: "Parcels"})
	if err != nil {
		t.Fatal(err)
	}
	option := decoded(t, b).(map[string]any)["fulfillment_options"].([]any)[0].(map[string]any)
	if option["carrier"] != "Parcels" || option["earliest_delivery_time"] != option["latest_delivery_time"] {
		t.Errorf("got %v", option)
	}
}

// What the decoder refuses has the path that it was sent under, also where that
// is another version's.
func TestErrorsOfARequestNameWhatWasSent(t *testing.T) {
	for _, v := range versions() {
		for body, param := range map[string]string{
			`{"line_items":[{"id":""}]}`: "$.line_items[0].id",
			`{"items":[{"id":""}]}`:      "$.items[0].id",
			`{"fulfillment_details":{"address":` + with(address, `"company":7`) + `}}`:           "$.fulfillment_details.address.company",
			`{"fulfillment_address":` + with(address, `"company":7`) + `}`:                       "$.fulfillment_address.company",
			`{"selected_fulfillment_options":[{"type":"shipping","option_id":""}]}`:              "$.selected_fulfillment_options[0].option_id",
			`{"selected_fulfillment_options":[{"type":"shipping","shipping":{"option_id":""}}]}`: "$.selected_fulfillment_options[0].shipping.option_id",
		} {
			_, err := decode(t, codec(t, v), acp.UpdateRequest{}, []byte(body))
			if err == nil {
				t.Fatalf("%s: %s was taken", v, body)
			}
			var said acp.Error
			if err := json.Unmarshal(codec(t, v).AppendError(nil, acp.AsError(err)), &said); err != nil || said.Param != param {
				t.Errorf("%s: %s is refused at %q, want %q (%v)", v, body, said.Param, param, err)
			}
		}
	}
}

func TestFlatErrorsNameTheFieldsOfTheirVersion(t *testing.T) {
	c := codec(t, acp.V20250929)
	for param, want := range map[string]string{
		"$.line_items[1].id":                          "$.items[1].id",
		"$.fulfillment_details.address.country":       "$.fulfillment_address.country",
		"$.selected_fulfillment_options[0].option_id": "$.fulfillment_option_id",
		"$.payment_data.handler_id":                   "$.payment_data.handler_id", // these are as they were sent
		"$.payment_data.token":                        "$.payment_data.token",
		"$.buyer.email":                               "$.buyer.email",
	} {
		got := decoded(t, c.AppendError(nil, acp.Invalid(param, "x"))).(map[string]any)["param"]
		if got != want {
			t.Errorf("%s: got %v, want %s", param, got, want)
		}
	}
}

func TestRefundsInFlatEvents(t *testing.T) {
	b, err := codec(t, acp.V20250929).AppendOrderEvent(nil, wire.OrderUpdated, shipped())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"order_update","data":{"type":"order","checkout_session_id":"cs_01","permalink_url":"https://shop.example.com/orders/ord_1",
		"status":"shipped","refunds":[{"type":"original_payment","amount":100},{"type":"store_credit","amount":50}]}}`
	if diff := cmp.Diff(jsonOf(t, want), decoded(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
