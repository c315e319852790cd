package client

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

const oldSession = `{"id":"cs_1","status":"completed","currency":"usd",
 "payment_provider":{"provider":"adyen","supported_payment_methods":["card"],"merchant_id":"acct_1"},
 "line_items":[{"id":"li_1","item":{"id":"mug","quantity":2},"base_amount":3800,"discount":0,"subtotal":3800,"tax":0,"total":3800}],
 "fulfillment_options":[{"type":"shipping","id":"standard","title":"Standard","subtitle":"4 days","subtotal":"500","tax":0,"total":500}],
 "fulfillment_option_id":"standard",
 "totals":[{"type":"items_base_amount","display_text":"Items","amount":3800},{"type":"total","display_text":"Total","amount":4300}],
 "messages":[{"type":"info","param":"$.line_items[0]","content_type":"plain","content":"Hello"}],"links":[],
 "order":{"id":"ord_1","checkout_session_id":"cs_1","permalink_url":"https://shop.example.com/o/1"}}`

const newSession = `{"id":"cs_1","status":"completed","currency":"usd","protocol":{"version":"2026-04-17"},
 "capabilities":{"payment":{"handlers":[{"id":"card","name":"dev.acp.tokenized.card","psp":"adyen","requires_delegate_payment":true,"config":{"merchant_id":"acct_1"}}]}},
 "line_items":[{"id":"li_1","item":{"id":"mug"},"quantity":2,"name":"Mug","totals":[{"type":"subtotal","amount":3800},{"type":"total","amount":3800}]}],
 "fulfillment_options":[{"type":"shipping","id":"standard","title":"Standard","description":"4 days","totals":[{"type":"total","amount":500}]}],
 "selected_fulfillment_options":[{"type":"shipping","option_id":"standard","item_ids":["li_1"]}],
 "totals":[{"type":"items_base_amount","display_text":"Items","amount":3800},{"type":"total","display_text":"Total","amount":4300}],
 "messages":[{"type":"info","param":"$.line_items[0]","content_type":"plain","content":"Hello"}],"links":[],
 "order":{"id":"ord_1","checkout_session_id":"cs_1","permalink_url":"https://shop.example.com/o/1"}}`

func TestSessionsOfEveryShapeReadTheSame(t *testing.T) {
	want := &Session{ID: "cs_1", Status: acp.Completed, Currency: "usd", Total: 4300, HasTotal: true,
		Totals:   []acp.Total{{Type: "items_base_amount", DisplayText: "Items", Amount: 3800}, {Type: "total", DisplayText: "Total", Amount: 4300}},
		Lines:    []Line{{ID: "li_1", ItemID: "mug", Title: "Mug", Quantity: 2, Total: 3800, HasTotal: true}},
		Options:  []Option{{ID: "standard", Type: "shipping", Title: "Standard", Description: "4 days", Total: 500, HasTotal: true}},
		Selected: []acp.SelectedFulfillmentOption{{Type: "shipping", OptionID: "standard", ItemIDs: []string{"li_1"}}},
		Messages: []acp.Message{{Type: "info", Param: "$.line_items[0]", ContentType: "plain", Content: "Hello"}},
		Handlers: []Handler{{ID: "card", Name: cardHandler, PSP: "adyen", MerchantID: "acct_1", RequiresDelegate: true}},
		Order:    &acp.OrderRef{ID: "ord_1", CheckoutSessionID: "cs_1", PermalinkURL: "https://shop.example.com/o/1"}}
	nested := strings.Replace(newSession, `{"type":"shipping","option_id":"standard","item_ids":["li_1"]}`, `{"type":"shipping","shipping":{"option_id":"standard","item_ids":["li_1"]}}`, 1)
	for _, body := range []string{newSession, nested} {
		want.Raw = []byte(body)
		got, err := ReadSession([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	want.Raw = []byte(oldSession)
	want.Lines[0].Title, want.Handlers[0].ID, want.Handlers[0].Name = "", "", ""
	want.Selected = []acp.SelectedFulfillmentOption{{OptionID: "standard"}}
	got, err := ReadSession([]byte(oldSession))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestWhatIsNoSession(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{", `{"status":"completed"}`, `{"id":"cs_1"}`, `{"id":7,"status":"completed"}`, newSession + "x", newSession + newSession} {
		if s, err := ReadSession([]byte(body)); err == nil || !strings.HasPrefix(err.Error(), "no checkout session") {
			t.Errorf("%.20s: %+v, %v", body, s, err)
		}
	}
}

func TestAmountsAreWholeNumbers(t *testing.T) {
	for amount, want := range map[string]int64{"0": 0, "1999": 1999, "-5": -5, "19.00": 19, "9007199254740991": money.Max,
		"19.5": -1, `"1999"`: -1, "null": -1, "1e3": -1, "9007199254740992": -1, "99999999999999999999": -1, "true": -1} {
		s, err := ReadSession([]byte(`{"id":"cs_1","status":"x","totals":[{"type":"total","amount":` + amount + `}]}`))
		if err != nil || s.HasTotal != (want != -1) || s.HasTotal && s.Total != want {
			t.Errorf("%s: %d, %v, %v; want %d", amount, s.Total, s.HasTotal, err, want)
		}
	}
}

// A field of another type than the protocol's hides no other field.
func TestOneWrongFieldHidesNoOther(t *testing.T) {
	var session map[string]any
	if err := json.Unmarshal([]byte(newSession), &session); err != nil {
		t.Fatal(err)
	}
	good, err := ReadSession([]byte(newSession))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(session))
	wrong := []any{nil, true, 7.5, "text", []any{}, []any{nil, 1, "x", []any{}}, map[string]any{}, map[string]any{"type": 1}}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		if name == "id" || name == "status" {
			t.Skip("required")
		}
		broken := maps.Clone(session)
		broken[name] = rapid.SampledFrom(wrong).Draw(t, "value")
		body, err := json.Marshal(broken)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadSession(body)
		if err != nil {
			t.Fatal(err)
		}
		for field, same := range map[string]bool{"totals": s.Total == good.Total, "line_items": cmp.Equal(s.Lines, good.Lines),
			"fulfillment_options": cmp.Equal(s.Options, good.Options), "selected_fulfillment_options": cmp.Equal(s.Selected, good.Selected),
			"messages": cmp.Equal(s.Messages, good.Messages), "capabilities": cmp.Equal(s.Handlers, good.Handlers), "order": cmp.Equal(s.Order, good.Order)} {
			if field != name && !same {
				t.Fatalf("%s is lost with a wrong %s", field, name)
			}
		}
	})
}

func TestOfficialExamplesAreRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "examples"), "*", "examples.agentic_checkout.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	read := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var examples map[string]json.RawMessage
		if err := json.Unmarshal(raw, &examples); err != nil {
			t.Fatal(err)
		}
		for name, body := range examples {
			if !strings.Contains(name, "_response") && !strings.HasPrefix(name, "checkout_session_") || strings.HasPrefix(name, "discovery") || strings.Contains(name, "error") {
				continue
			}
			s, err := ReadSession(body)
			if err != nil || !s.HasTotal || s.Currency == "" || len(s.Lines) == 0 {
				t.Errorf("%s %s: %v, %+v", filepath.Dir(file), name, err, s)
				continue
			}
			for _, o := range s.Options {
				if o.ID == "" || !o.HasTotal {
					t.Errorf("%s %s: option %+v", filepath.Dir(file), name, o)
				}
			}
			read++
		}
	}
	if read < 25 {
		t.Errorf("only %d examples were read", read)
	}
}

// FuzzReadSession holds that reading never fails in another way than by an
// error, keeps amounts in range, and lets nothing through to a terminal that
// is not plain text.
func FuzzReadSession(f *testing.F) {
	for _, s := range []string{oldSession, newSession, "{}", `{"id":"a","status":"b"}`, `{"id":"a","status":"\u001b[2J","totals":[{"type":"total","amount":1e999999999}]}`,
		`{"id":"a","status":"b","totals":{"0":1},"line_items":[[[]]],"messages":[{"content":"\r\n\u202e"}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := ReadSession(body)
		if err != nil {
			if s != nil {
				t.Fatal("a session beside an error")
			}
			return
		}
		if s.ID == "" || s.Status == "" {
			t.Fatal("a session without id or status")
		}
		for _, total := range s.Totals {
			if total.Amount > money.Max || total.Amount < -money.Max {
				t.Fatalf("amount %d", total.Amount)
			}
		}
		shown := []string{string(s.Status), s.Currency}
		for _, m := range s.Messages {
			shown = append(shown, m.Content, m.Code, m.Param)
		}
		for _, o := range s.Options {
			shown = append(shown, o.Title, o.Description)
		}
		for _, text := range shown {
			if text != clean(text) || strings.ContainsAny(text, "\x1b\r\n\u202e") {
				t.Fatalf("%q is shown", text)
			}
		}
	})
}

// A shop that takes store credit off its total is understood: what is to be paid
// is the total, and the credit is an entry of its own.
func TestStoreCreditOfAnotherShop(t *testing.T) {
	const off = `{"type":"store_credit","display_text":"Store credit","amount":1500},{"type":"total","display_text":"Total","amount":2800}`
	for _, v := range []acp.Version{acp.V20260130, acp.V20260417} {
		body := strings.Replace(newSession, `{"type":"total","display_text":"Total","amount":4300}`, off, 1)
		body = strings.Replace(body, "2026-04-17", string(v), 1)
		s, err := ReadSession([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		credit, shown := acp.Amount(s.Totals, acp.TotalStoreCredit)
		if s.Total != 2800 || !s.HasTotal || credit != 1500 || !shown {
			t.Errorf("%s: total %d, store credit %d: %+v", v, s.Total, credit, s.Totals)
		}
	}
}
