package wire_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/pricing"
)

func sheetOf(t testing.TB, s *acp.Session, v wire.SheetView) map[string]any {
	t.Helper()
	b, err := wire.AppendSheet(nil, s, v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return out
}

var stripeSheet = wire.SheetView{Provider: "stripe", MerchantID: "profile_1", Methods: []string{"card", "apple_pay"}, Brands: []string{"visa"}}

// What the payment sheet's documentation says of each field.
func TestSheetProjection(t *testing.T) {
	message := func(m acp.Message) func(*acp.Session, *wire.SheetView) {
		return func(s *acp.Session, _ *wire.SheetView) { s.Messages = []acp.Message{m} }
	}
	refused := func(code, param string) func(*acp.Session, *wire.SheetView) {
		return message(acp.Message{Type: acp.ErrorMessage, Code: code, Param: param, Content: "x"})
	}
	status := func(is acp.Status) func(*acp.Session, *wire.SheetView) {
		return func(s *acp.Session, _ *wire.SheetView) { s.Status = is }
	}
	for _, tt := range []struct {
		name   string
		change func(*acp.Session, *wire.SheetView)
		field  string
		want   string
	}{
		{"the provider, with ways to pay as objects", nil, "payment_provider",
			`{"provider":"stripe","merchant_id":"profile_1","supported_payment_methods":[{"type":"card","allowed_card_brands":["visa"]},{"type":"apple_pay"}]}`},
		{"or as names", func(_ *acp.Session, v *wire.SheetView) { v.NamedMethods = true }, "payment_provider",
			`{"provider":"stripe","merchant_id":"profile_1","supported_payment_methods":["card","apple_pay"]}`},
		{"or not at all", func(_ *acp.Session, v *wire.SheetView) { v.Provider = "" }, "payment_provider", `null`},
		{"test mode", nil, "payment_mode", `"test"`},
		{"live mode", func(_ *acp.Session, v *wire.SheetView) { v.Live = true }, "payment_mode", `"live"`},
		{"the currency in upper case", nil, "currency", `"USD"`},
		{"a line with its amounts, its quantity inside the item", func(s *acp.Session, _ *wire.SheetView) {
			s.LineItems = s.LineItems[1:2]
			s.LineItems[0].Name, s.LineItems[0].Description, s.LineItems[0].Images = "Lamp", strings.Repeat("word ", 60), []string{"https://a.example/1.jpg"}
		}, "line_items", `[{"id":"li_2","item":{"id":"item_2","quantity":1},"name":"Lamp","description":"` + strings.TrimSpace(strings.Repeat("word ", 32)) + `…","images":["https://a.example/1.jpg"],` +
			`"base_amount":4500,"discount":450,"subtotal":4050,"tax":324,"total":4374}]`},
		{"one address, with a phone number", nil, "fulfillment_address",
			`{"name":"Test Buyer","line_one":"1 Main Street","city":"Springfield","state":"IL","country":"US","postal_code":"62701","phone_number":"+15550100"}`},
		{"an option has flat amounts", func(s *acp.Session, _ *wire.SheetView) { s.FulfillmentOptions = s.FulfillmentOptions[:1] }, "fulfillment_options",
			`[{"type":"shipping","id":"std","title":"Standard","subtitle":"Arrives in 2 to 4 days","carrier":"Post","earliest_delivery_time":"2026-05-06T12:00:00Z","latest_delivery_time":"2026-05-08T12:00:00Z","subtotal":500,"tax":40,"total":540}]`},
		{"links under the sheet's names, the required ones first", func(s *acp.Session, _ *wire.SheetView) {
			s.Links = []acp.Link{{Type: "contact_us", URL: "https://e.example"}, {Type: "return_policy", URL: "https://c.example"}, {Type: "support", URL: "https://d.example"},
				{Type: "faq", URL: "https://f.example"}, {Type: "privacy_policy", URL: "https://b.example"}, {Type: "terms_of_use", URL: "https://a.example"}}
		}, "links", `[{"type":"terms_of_use","url":"https://a.example"},{"type":"privacy_policy","url":"https://b.example"},{"type":"refund_policy","url":"https://c.example"},{"type":"support_url","url":"https://d.example"}]`},
		{"metadata with text alone", func(s *acp.Session, _ *wire.SheetView) {
			s.Metadata = map[string]any{"a": "b", "n": int64(1), "o": map[string]any{}}
		}, "metadata", `{"a":"b"}`},
		{"the order and its number", func(s *acp.Session, _ *wire.SheetView) {
			s.Status, s.Order = acp.Completed, &acp.OrderRef{ID: "ord_1", CheckoutSessionID: s.ID, PermalinkURL: "https://a.example/o", OrderNumber: "AB-1", Status: "confirmed"}
		}, "order", `{"id":"ord_1","checkout_session_id":"cs_01","permalink_url":"https://a.example/o","order_number":"AB-1"}`},
		{"no buyer once it is completed", func(s *acp.Session, _ *wire.SheetView) {
			s.Buyer = &acp.Buyer{FirstName: "A", LastName: "B", Email: "b@example.com"}
			s.Status, s.Order = acp.Completed, &acp.OrderRef{ID: "ord_1"}
		}, "buyer", `null`},
		{"the checkout page", func(_ *acp.Session, v *wire.SheetView) { v.CheckoutURL = "https://a.example/checkout/1" }, "checkout_url", `"https://a.example/checkout/1"`},

		{"a warning is an info", message(acp.Message{Type: acp.Warning, Code: acp.CodePriceChange, Content: "Dearer"}), "messages",
			`[{"type":"info","content_type":"plain","content":"Dearer"}]`},
		{"a decline stays in the sheet", refused(acp.CodePaymentDeclined, "$.payment_data"), "messages",
			`[{"type":"error","code":"payment_declined","param":"$.payment_data","content_type":"plain","content":"x"}]`},
		{"so does what another token cures", refused(acp.CodeExpired, "$.payment_data.instrument.credential.token"), "messages",
			`[{"type":"error","code":"payment_declined","param":"$.payment_data.token","content_type":"plain","content":"x"}]`},
		{"and 3-D Secure", refused(acp.CodeRequires3DS, "$.payment_data"), "messages",
			`[{"type":"error","code":"requires_3ds","param":"$.payment_data","content_type":"plain","content":"x"}]`},
		{"another provider does not", refused(acp.CodeUnsupported, "$.payment_data.provider"), "messages",
			`[{"type":"error","code":"unsupported","param":"$.payment_data.provider","content_type":"plain","content":"x"}]`},
		{"nor does what the sheet cannot mend", refused("payment_outcome_unknown", ""), "messages",
			`[{"type":"error","code":"payment_outcome_unknown","content_type":"plain","content":"x"}]`},
		{"too few are too little stock", refused(acp.CodeQuantityExceeded, "$.line_items[0]"), "messages",
			`[{"type":"error","code":"out_of_stock","param":"$.line_items[0]","content_type":"plain","content":"x"}]`},

		{"ready", nil, "status", `"ready_for_payment"`},
		{"paying", status(acp.CompleteInProgress), "status", `"in_progress"`},
		{"expired is canceled", status(acp.Expired), "status", `"canceled"`},
		{"and says so", func(s *acp.Session, _ *wire.SheetView) { s.Status, s.Messages = acp.Expired, nil }, "messages",
			`[{"type":"info","content_type":"plain","content":"This checkout has expired. Nothing was charged. Start a new one to go on."}]`},
		{"waiting for the buyer's bank is not ready", status(acp.AuthenticationRequired), "status", `"not_ready_for_payment"`},
		{"and says what the bank has to know", func(s *acp.Session, _ *wire.SheetView) {
			s.Status, s.AuthenticationMetadata = acp.AuthenticationRequired, &acp.AuthenticationMetadata{DirectoryServer: "visa",
				AcquirerDetails: acp.AcquirerDetails{AcquirerBIN: "400000", AcquirerCountry: "US", AcquirerMerchantID: "m", MerchantName: "Shop"}}
		}, "authentication_metadata", `{"acquirer_details":{"acquirer_bin":"400000","acquirer_country":"US","acquirer_merchant_id":"m","merchant_name":"Shop"},"directory_server":"visa"}`},
		{"but only then", func(s *acp.Session, _ *wire.SheetView) {
			s.AuthenticationMetadata = &acp.AuthenticationMetadata{DirectoryServer: "visa"}
		}, "authentication_metadata", `null`},
		{"what is shown as one has every name", func(s *acp.Session, _ *wire.SheetView) {
			s.Totals = []acp.Total{{Type: acp.TotalDiscount, DisplayText: "Discount", Amount: 100}, {Type: acp.TotalFee, DisplayText: "Small order fee", Amount: 250},
				{Type: acp.TotalGiftWrap, DisplayText: "Gift wrap", Amount: 300}, {Type: acp.TotalTip, DisplayText: "Tip", Amount: 0},
				{Type: acp.TotalStoreCredit, DisplayText: "Store credit", Amount: 50}, {Type: acp.TotalTotal, DisplayText: "Total", Amount: 400}}
		}, "totals", `[{"type":"discount","display_text":"Discount, Store credit","amount":150},{"type":"fee","display_text":"Small order fee, Gift wrap","amount":550},` +
			`{"type":"total","display_text":"Total","amount":400}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, v := threeLines(), stripeSheet
			if tt.change != nil {
				tt.change(s, &v)
			}
			if diff := cmp.Diff(jsonOf(t, tt.want), sheetOf(t, s, v)[tt.field]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Hosts read these members without looking whether they are there.
var sheetLists = []string{"line_items", "fulfillment_options", "totals", "messages", "links"}

var sheetMembers = []string{"id", "buyer", "payment_provider", "payment_mode", "status", "currency", "line_items", "fulfillment_address", "fulfillment_options",
	"fulfillment_option_id", "totals", "messages", "links", "metadata", "order", "checkout_url"}

var sheetTotals = []acp.TotalType{acp.TotalItemsBaseAmount, acp.TotalItemsDiscount, acp.TotalSubtotal, acp.TotalDiscount, acp.TotalFulfillment, acp.TotalTax, acp.TotalFee, acp.TotalTotal}

// Whatever the session: every list is an array, statuses and types are those of
// the sheet, there is no member that it does not know.
func TestAnySessionFitsTheSheet(t *testing.T) {
	statuses := []any{"not_ready_for_payment", "ready_for_payment", "in_progress", "completed", "canceled"}
	rapid.Check(t, func(rt *rapid.T) {
		s := session().Draw(rt, "session")
		b, err := wire.AppendSheet(nil, s, wire.SheetView{Provider: rapid.SampledFrom([]string{"", "stripe"}).Draw(rt, "provider"), Methods: []string{"card"},
			NamedMethods: rapid.Bool().Draw(rt, "names"), Live: rapid.Bool().Draw(rt, "live")})
		if err != nil {
			rt.Fatal(err)
		}
		var out map[string]any
		if err := json.Unmarshal(b, &out); err != nil {
			rt.Fatalf("%v: %s", err, b)
		}
		for _, name := range sheetLists {
			if _, ok := out[name].([]any); !ok {
				rt.Fatalf("%s is %v", name, out[name])
			}
		}
		for name, value := range out {
			bank := name == "authentication_metadata" && s.Status == acp.AuthenticationRequired
			if !bank && !slices.Contains(sheetMembers, name) || value == nil {
				rt.Fatalf("%s is %v", name, value)
			}
		}
		if !slices.Contains(statuses, out["status"]) {
			rt.Fatalf("status %v", out["status"])
		}
		if currency := out["currency"].(string); currency != strings.ToUpper(currency) {
			rt.Fatalf("currency %q", currency)
		}
		seen := map[any]bool{}
		for _, total := range out["totals"].([]any) {
			kind := total.(map[string]any)["type"]
			if seen[kind] || !slices.Contains(sheetTotals, acp.TotalType(kind.(string))) {
				rt.Fatalf("totals: %v", out["totals"])
			}
			seen[kind] = true
		}
		for _, value := range asObject(out["metadata"]) {
			if _, ok := value.(string); !ok {
				rt.Fatalf("metadata: %v", out["metadata"])
			}
		}
	})
}

func asObject(v any) map[string]any { m, _ := v.(map[string]any); return m }

// The totals of a priced cart add up in the sheet, line by line and as a whole.
func TestSheetTotalsAddUp(t *testing.T) {
	type figures struct {
		Lines []struct {
			Base, Discount, Subtotal, Tax, Total int64
		}
		Totals map[string]int64
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := priced(rt)
		b, err := wire.AppendSheet(nil, s, stripeSheet)
		if err != nil {
			rt.Fatal(err)
		}
		var out struct {
			Lines []struct {
				Base     int64 `json:"base_amount"`
				Discount int64 `json:"discount"`
				Subtotal int64 `json:"subtotal"`
				Tax      int64 `json:"tax"`
				Total    int64 `json:"total"`
			} `json:"line_items"`
			Totals []acp.Total `json:"totals"`
		}
		if err := json.Unmarshal(b, &out); err != nil {
			rt.Fatal(err)
		}
		of := figures{Totals: map[string]int64{}}
		for _, total := range out.Totals {
			of.Totals[string(total.Type)] = total.Amount
		}
		var base, subtotal, tax int64
		for i, l := range out.Lines {
			if l.Subtotal != l.Base-l.Discount || l.Total != l.Subtotal+l.Tax {
				rt.Fatalf("line %d does not add up: %+v", i, l)
			}
			base, subtotal, tax = base+l.Base, subtotal+l.Subtotal, tax+l.Tax
		}
		f := of.Totals
		if f["items_base_amount"] != base || f["subtotal"] != subtotal || f["items_base_amount"]-f["items_discount"] != f["subtotal"] ||
			f["subtotal"]-f["discount"]+f["fulfillment"]+f["tax"]+f["fee"] != f["total"] || tax > f["tax"] {
			rt.Fatalf("the totals do not add up: %v of lines %+v", f, out.Lines)
		}
	})
}

// priced is a session with amounts of the pricing that the core uses.
func priced(rt *rapid.T) *acp.Session {
	cart := pricing.Cart{Currency: "usd", Destination: pricing.Destination{Country: "US", Region: "CA"}}
	s := &acp.Session{ID: "cs_1", Status: acp.ReadyForPayment, Currency: "usd", UpdatedAt: time.Unix(0, 0)}
	for i := range rapid.IntRange(1, 6).Draw(rt, "lines") {
		id := string(rune('a' + i))
		quantity := rapid.Int64Range(1, 50).Draw(rt, "quantity")
		cart.Lines = append(cart.Lines, pricing.Line{ID: id, Quantity: quantity, UnitPrice: rapid.Int64Range(0, 1_000_000).Draw(rt, "price"), WeightGrams: 1})
		s.LineItems = append(s.LineItems, acp.LineItem{ID: id, Item: acp.ItemRef{ID: id}, Quantity: quantity})
	}
	include := rapid.Bool().Draw(rt, "prices include tax")
	taxes := pricing.Taxes{PricesInclude: include, Origin: pricing.Destination{Country: "US"},
		Rates: []pricing.Rate{{Country: "US", PPM: rapid.Int64Range(0, 250_000).Draw(rt, "rate")}}}
	q, err := pricing.Price(cart, taxes)
	if err != nil {
		rt.Fatal(err)
	}
	for i, l := range q.Lines {
		s.LineItems[i].Totals = []acp.Total{{Type: acp.TotalItemsBaseAmount, Amount: l.Base}, {Type: acp.TotalItemsDiscount, Amount: l.Discount},
			{Type: acp.TotalSubtotal, Amount: l.Subtotal}, {Type: acp.TotalTax, Amount: l.Tax}, {Type: acp.TotalTotal, Amount: l.Total}}
	}
	s.Totals = []acp.Total{{Type: acp.TotalItemsBaseAmount, Amount: q.ItemsBase}, {Type: acp.TotalItemsDiscount, Amount: q.ItemsDiscount},
		{Type: acp.TotalSubtotal, Amount: q.Subtotal}, {Type: acp.TotalFulfillment, Amount: q.Fulfillment}, {Type: acp.TotalTax, Amount: q.Tax}, {Type: acp.TotalTotal, Amount: q.Total}}
	return s
}
