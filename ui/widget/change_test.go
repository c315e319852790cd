package widget_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/browsertest"
)

// TestChanges changes the order in the widget, and looks at what is asked of
// the server and at what is shown afterwards.
func TestChanges(t *testing.T) {
	b := browsertest.Open(t)
	const mug, blanket = `.lines > li:nth-child(1)`, `.lines > li:nth-child(2)`
	tests := []struct {
		name  string
		host  settings
		steps func(*testing.T, *browsertest.Tab)
		asks  string // in the arguments of the last update
		times int    // at most, and at least once unless it is 0
		in    string
		says  string
	}{
		{"fewer", settings{}, func(_ *testing.T, tab *browsertest.Tab) { tab.Click(mug + " .step:first-child") },
			`"quantity":1},{"id":"blanket`, 1, "#buy", "Pay €167.09"},
		{"removed", settings{}, func(t *testing.T, tab *browsertest.Tab) {
			tab.Click(blanket + " .plain")
			tab.WaitText(".heading", "2 items") // at once, before the server has answered
			if n := tab.Count(".lines > li"); n != 1 {
				t.Errorf("%d lines are left", n)
			}
		}, `"items":[{"id":"mug-stoneware-sand","quantity":2}]`, 1, "#buy", "Pay €44.99"},
		{"a quantity that is not there", settings{}, func(_ *testing.T, tab *browsertest.Tab) {
			for range 4 {
				tab.Click(mug + " .step:last-child")
			}
		}, `"quantity":6`, 4, mug + " .note.negative", "Only 5 are left."},
		{"delivery", settings{}, func(_ *testing.T, tab *browsertest.Tab) { tab.Click(".choice:nth-child(2)") },
			`"fulfillment_option_id":"express"`, 1, "#buy", "Pay €195.69"},
		{"discount", settings{}, func(_ *testing.T, tab *browsertest.Tab) {
			tab.Click(".entry summary")
			tab.Click("#code")
			tab.Type("WELCOME10")
			tab.Keys("Enter")
		}, `"discount_codes":["WELCOME10"]`, 1, ".codes", "WELCOME10"},
		{"discount taken back", settings{}, func(t *testing.T, tab *browsertest.Tab) {
			tab.Click(".entry summary")
			tab.Click("#code")
			tab.Type("WELCOME10")
			tab.Keys("Enter")
			tab.WaitText(".codes", "WELCOME10")
			if f := tab.Focused(); f.Name != "Add a discount code" {
				t.Errorf("the focus is on %s", f)
			}
			tab.Click(".codes .step")
		}, `"discount_codes":[]`, 2, "#buy", "Pay €186.89"},
		{"discount of a shop with words of its own", settings{}, func(_ *testing.T, tab *browsertest.Tab) {
			tab.Click(".entry summary")
			tab.Click("#code")
			tab.Type("FOREIGN")
			tab.Keys("Enter")
		}, `"discount_codes":["FOREIGN"]`, 1, ".discount .note", "The code FOREIGN ended on 1 November."},
		{"discount of which the shop says nothing", settings{}, func(_ *testing.T, tab *browsertest.Tab) {
			tab.Click(".entry summary")
			tab.Click("#code")
			tab.Type("NONE")
			tab.Keys("Enter")
		}, `"discount_codes":["NONE"]`, 1, ".discount .note", "NONE This code changes nothing in this order."},
		{"first address", settings{Shop: shop{Address: noAddress}}, func(t *testing.T, tab *browsertest.Tab) {
			tab.Click("#address-add")
			if f := tab.Focused(); f.String() != `textbox "Full name"` {
				t.Errorf("the focus is on %s", f)
			}
			tab.Keys("Tab")
			tab.WaitText(".field .note", "Enter this.") // on leaving the field
			tab.Screenshot("address")
			tab.Check()
			tab.Click("#name")
			for _, text := range []string{"Test Buyer", "12 Harbour Street", "", "627", "Springfield", "IL"} {
				tab.Type(text)
				tab.Keys("Tab")
			}
			tab.Keys("Enter") // on the country, which the locale has chosen
			tab.Click(".fields .button")
			tab.WaitText("#postal_code-problem", "five digits")
			tab.Screenshot("address-refused")
			tab.Check()
			if f := tab.Text("#problems"); f != "Check these fields: Postal code" {
				t.Errorf("the list of problems says %q", f)
			}
			tab.Click("#problems .plain")
			tab.Keys("End")
			tab.Type("04")
			tab.Keys("Enter")
		}, `"fulfillment_address":{"name":"Test Buyer","line_one":"12 Harbour Street","postal_code":"62704","city":"Springfield","state":"IL","country":"US"}`, 2,
			"address", "12 Harbour Street, Springfield, IL 62704, United States"},
		{"address without what it needs", settings{Shop: shop{Address: noAddress}}, func(_ *testing.T, tab *browsertest.Tab) {
			tab.Click("#address-add")
			tab.Click(".fields .button")
		}, "", 0, "#problems", "Full name Street and number Postal code City State"},
		{"address in a country without postal codes", settings{Shop: shop{Address: noAddress}}, func(_ *testing.T, tab *browsertest.Tab) {
			tab.Click("#address-add")
			tab.Select("#country", "Ireland")
			tab.WaitText("label[for=postal_code]", "(optional)")
			tab.WaitText("label[for=state]", "(optional)")
			tab.Click(".fields .button")
		}, "", 0, "#problems", "Full name Street and number City"},
		{"refused by the shop", settings{Shop: shop{Refuse: "The order is being paid on another page."}},
			func(_ *testing.T, tab *browsertest.Tab) { tab.Click(".choice:nth-child(2)") },
			"express", 1, ".notice.negative", "The order is being paid on another page."},
		{"the server away", settings{Shop: shop{Failing: 1}}, func(_ *testing.T, tab *browsertest.Tab) { tab.Click(".choice:nth-child(2)") },
			"express", 1, ".notice.negative", "The change could not be made."},
		{"the host has no bridge", settings{NoBridge: true, OpenAI: chatGPT}, func(_ *testing.T, tab *browsertest.Tab) { tab.Click(".choice:nth-child(2)") },
			"express", 1, "#buy", "Pay €195.69"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.host.Locale = "en-US"
			if tt.host.OpenAI == nil {
				tt.host.OpenAI = chatGPT
			}
			tt.host.Shop.Items = nil
			tab := tt.host.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText("#buy", "Pay")
			tt.steps(t, tab)
			tab.WaitText(tt.in, tt.says)
			if tt.times > 0 {
				tab.WaitText("#traffic [data-name=update_checkout_session]", tt.asks)
				if n := asked(tab, "update_checkout_session"); n > tt.times {
					t.Errorf("the server was asked %d times, want at most %d", n, tt.times)
				}
			} else if n := asked(tab, "update_checkout_session"); n != 0 {
				t.Errorf("the server was asked %d times", n)
			}
			tab.Screenshot("changed " + tt.name)
			clean(t, tab)
		})
	}
}

// Presses that follow each other at once are one change.
func TestPressesAtOnceAreOneChange(t *testing.T) {
	const pause = 300 * time.Millisecond // that the widget waits for the next press
	tab := settings{OpenAI: chatGPT, Locale: "en-US"}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay €186.89")
	most, began := 1, time.Now()
	for range 3 {
		tab.Click(".lines > li:nth-child(1) .step:last-child")
	}
	if time.Since(began) >= pause {
		most = 3 // the machine is too busy for "at once"
	}
	tab.WaitText("#buy", "Pay €246.29")
	tab.WaitText("#traffic [data-name=update_checkout_session]", `"items":[{"id":"mug-stoneware-sand","quantity":5},{"id":"blanket-wool-moss","quantity":1}]`)
	if n := asked(tab, "update_checkout_session"); n > most {
		t.Errorf("the server was asked %d times, want at most %d", n, most)
	}
}

// While a change is under way the old total is not paid, and says why.
func TestTotalThatIsOutOfDateIsNotPaid(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Held: "#buy"}}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay €186.89")
	tab.Click(".choice:nth-child(2)")
	tab.WaitText("#beside", "Working out the total")
	tab.Screenshot("updating")
	tab.Click("#buy")
	tab.WaitText("#buy", "Pay €195.69")
	tab.WaitText("#said", "The total is €195.69.")
	if n := asked(tab, "requestCheckout"); n != 0 {
		t.Errorf("the old total was paid, %d times", n)
	}
	tab.Click("#buy")
	tab.WaitText(".done h1", "Thank you")
	wantAsked(t, tab, "requestCheckout", `"fulfillment_option_id":"express"`, 1)
}

// TestSources gives the session to the widget in every way that hosts do.
func TestSources(t *testing.T) {
	b := browsertest.Open(t)
	const session = `{"id":"cs_9","status":"ready_for_payment","currency":"usd","line_items":[{"id":"l","item":{"id":"cup","quantity":1},"name":"Cup <b>& saucer</b>","base_amount":1200,"subtotal":1200}],"totals":[{"type":"total","display_text":"Total","amount":1200}],"messages":[],"links":[]}`
	tests := []struct {
		name string
		host settings
		in   string
		says string
	}{
		{"toolOutput is the session, and no bridge", settings{NoBridge: true, OpenAI: []string{"toolOutput"}, First: json.RawMessage(session)}, ".title", "Cup <b>& saucer</b>"},
		{"toolOutput is the whole result", settings{NoBridge: true, OpenAI: []string{"toolOutput"}, First: json.RawMessage(`{"content":[],"structuredContent":` + session + `}`)}, ".title", "Cup"},
		{"a result by the bridge", settings{First: json.RawMessage(`{"content":[],"structuredContent":` + session + `}`)}, ".title", "Cup"},
		{"a result with nothing but text", settings{First: json.RawMessage(`{"content":[{"type":"text","text":` + quoted(session) + `}]}`)}, ".title", "Cup"},
		{"a second result, of the model's", settings{Told: []any{map[string]any{"method": "ui/notifications/tool-result", "params": map[string]any{"structuredContent": json.RawMessage(session)}}}}, ".title", "Cup"},
		{"a tool that was canceled", settings{First: json.RawMessage("null"), Told: []any{map[string]any{"method": "ui/notifications/tool-cancelled", "params": map[string]any{"reason": "no"}}}}, "h1", "could not be shown"},
		{"a tool that failed", settings{First: json.RawMessage(`{"isError":true,"content":[{"type":"text","text":"no"}]}`)}, "h1", "could not be shown"},
		{"neither bridge nor window.openai", settings{NoBridge: true}, "h1", "Your cart is empty"},
		{"a cart without items", settings{First: json.RawMessage(`{"structuredContent":{"id":"cs_9","status":"not_ready_for_payment","currency":"usd","line_items":[],"totals":[]}}`)}, "h1", "Your cart is empty"},
		{"what the host has of a cart that was changed before", settings{OpenAI: chatGPT, WidgetState: map[string]any{"privateContent": map[string]any{"checkout_session_id": "cs_1"}},
			First: json.RawMessage(`{"structuredContent":{"id":"cs_1","status":"ready_for_payment","currency":"eur","line_items":[{"id":"l","item":{"id":"cup","quantity":1},"name":"Old cup"}],"totals":[]}}`)}, "#buy", "Pay €186.89"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.host.Locale = "en-US"
			tab := tt.host.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText(tt.in, tt.says)
			if n := tab.Count("#checkout b"); n != 0 {
				t.Error("text of the shop became an element")
			}
		})
	}
}

func quoted(text string) string {
	word, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(word)
}

// Without a way to call tools or to pay, the cart is shown and nothing that
// does not work.
func TestCartOfAHostThatDoesNothing(t *testing.T) {
	tab := settings{NoBridge: true, OpenAI: []string{"toolOutput"}, Locale: "en-US"}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#beside", "To pay, ask in the chat.")
	if n := tab.Count(".step, .choice input, #address-change, summary"); n != 0 {
		t.Errorf("%d controls that do nothing", n)
	}
	tab.Click("#buy")
	tab.Screenshot("bare")
	tab.Check()
}
