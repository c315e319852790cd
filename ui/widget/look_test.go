package widget_test

import (
	"encoding/json"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// TestLooks shows each state of the widget as its readers meet it, holds it to
// what every page owes its reader, and takes a picture.
func TestLooks(t *testing.T) {
	b := browsertest.Open(t)
	english := func(s settings) settings { s.Locale = "en-US"; return s }
	four := map[string]int{"mug-stoneware-sand": 2, "blanket-wool-moss": 1, "board-oak-small": 1}
	tests := []struct {
		name   string
		host   settings
		look   browsertest.Options
		in     string
		says   string
		accept []string
	}{
		{"cart", english(settings{OpenAI: chatGPT, ShopMeta: map[string]any{"name": "Ottermere Goods", "locale": "en-US", "payment_sheet": true}, Shop: shop{Items: four}}), browsertest.Options{Width: 640}, "#buy", "Pay €224.29", nil},
		{"cart-dark", english(settings{OpenAI: chatGPT, Theme: "dark", Shop: shop{Items: four, Mode: "test"}}), browsertest.Options{Width: 640}, ".ribbon", "Test mode", nil},
		{"cart-phone", english(settings{OpenAI: chatGPT, Shop: shop{Items: four, Mode: "test"}}), browsertest.Options{Width: 390, Touch: true}, "#buy", "Pay €224.29", nil},
		{"cart-320", english(settings{OpenAI: chatGPT, Shop: shop{Items: four}}), browsertest.Options{Width: 320, Touch: true}, "#buy", "Pay €224.29", nil},
		{"cart-fullscreen", english(settings{OpenAI: chatGPT, Mode: "fullscreen", Shop: shop{Items: four}}), browsertest.Options{Width: 1100}, "#buy", "Pay €224.29", nil},
		{"cart-system-dark", english(settings{OpenAI: chatGPT, Mode: "fullscreen", Shop: shop{Items: four}}), browsertest.Options{Width: 1100, Dark: true}, "#buy", "Pay €224.29", nil},
		{"outside", english(settings{Shop: shop{NoSheet: true}}), browsertest.Options{Width: 640}, "#beside", "shop's own page", nil},
		{"no-address", english(settings{OpenAI: chatGPT, Shop: shop{Address: noAddress}}), browsertest.Options{Width: 640}, "#beside", "Add the delivery address", nil},
		{"long-words", settings{OpenAI: chatGPT, Locale: "en-XA", Shop: shop{Mode: "test"}}, browsertest.Options{Width: 320}, "#buy", "~]", nil},
		{"large-text", english(settings{OpenAI: chatGPT, Shop: shop{Mode: "test"}}), browsertest.Options{Width: 320, TextSize: 140}, "#buy", "Pay €", nil},
		{"right-to-left", settings{OpenAI: chatGPT, Locale: "ar-XB", Shop: shop{Items: four, Mode: "test"}}, browsertest.Options{Width: 640}, ".total .amount", "224.29", nil},
		{"right-to-left-fullscreen", settings{OpenAI: chatGPT, Locale: "ar-XB", Mode: "fullscreen", Shop: shop{Items: four}}, browsertest.Options{Width: 800, Height: 400}, ".total .amount", "224.29", nil},
		{"loading", english(settings{First: json.RawMessage("null")}), browsertest.Options{Width: 640}, ".skeleton", "Getting your cart", nil}, // after 300 ms
		{"failed", english(settings{First: json.RawMessage(`{"isError":false,"structuredContent":{"messages":[{"type":"error","code":"not_found","content":"The shop does not sell this any more."}]}}`)}),
			browsertest.Options{Width: 640}, ".note", "does not sell this any more", nil},
		{"ended", english(settings{Shop: shop{Status: "canceled"}}), browsertest.Options{Width: 640}, "h1", "has ended", nil},
		{"extras-320", english(settings{OpenAI: chatGPT, Shop: shop{Items: four, Offers: offers, Places: true, Option: "soho"}}), browsertest.Options{Width: 320, Touch: true}, "#buy", "Pay €2", nil},
		{"extras-390-dark", english(settings{OpenAI: chatGPT, Theme: "dark", Shop: shop{Offers: offers, Places: true, Address: noAddress}}), browsertest.Options{Width: 390, Touch: true, Dark: true}, "#beside", "Choose a delivery", nil},
		{"extras-fullscreen", english(settings{OpenAI: chatGPT, Mode: "fullscreen", Shop: shop{Items: four, Offers: offers, Places: true, Option: "courier@20261123T1800"}}), browsertest.Options{Width: 1100}, "#buy", "Pay €2", nil},
		{"extras-long-words", settings{OpenAI: chatGPT, Locale: "en-XA", Shop: shop{Offers: offers, Places: true, Address: noAddress, Option: "curb"}}, browsertest.Options{Width: 320}, "#buy", "~]", nil},
		{"extras-right-to-left", settings{OpenAI: chatGPT, Locale: "ar-XB", Shop: shop{Offers: offers, Places: true}}, browsertest.Options{Width: 640}, "#wrap", "", nil},
		{"extras-de", settings{OpenAI: chatGPT, Locale: "de-DE", Shop: shop{Offers: offers, Places: true, Address: noAddress}}, browsertest.Options{Width: 390, Touch: true}, "#checkout", "Darf der Shop Ihnen schreiben?", nil},
		{"extras-ja", settings{OpenAI: chatGPT, Locale: "ja-JP", Shop: shop{Currency: "JPY", Offers: offers, Places: true, Address: noAddress, Option: "soho"}}, browsertest.Options{Width: 390, Touch: true}, "#checkout", "ギフト包装", nil},
		{"approval-de", settings{OpenAI: chatGPT, Locale: "de-DE", Shop: shop{Status: "in_progress", Own: "pending_approval", Mode: "test"}}, browsertest.Options{Width: 390}, "h1", "Freigabe", nil},
		{"bank-ja-dark", settings{OpenAI: chatGPT, Locale: "ja-JP", Theme: "dark", Shop: shop{Status: "not_ready_for_payment", Own: "authentication_required"}}, browsertest.Options{Width: 320}, "h1", "本人確認", nil},
		{"restricted", english(settings{OpenAI: chatGPT, Shop: shop{Messages: []map[string]any{
			{"type": "error", "code": "age_verification_required", "param": "$.line_items[0]", "content_type": "plain", "content": "Only for buyers of 18 or more, which this shop cannot check here. Remove it to go on."},
			{"type": "error", "code": "region_restricted", "param": "$.line_items[1]", "content_type": "plain", "content": "This is not sold where it would go."}}}}), browsertest.Options{Width: 390}, "#beside", "has to change first", nil},
		{"courier-done-320", english(settings{OpenAI: chatGPT, Shop: shop{Status: "completed", Places: true, Option: "courier@20261124T1800"}}), browsertest.Options{Width: 320, Touch: true}, "h1", "Thank you", nil},
		{"confirming", english(settings{Shop: shop{Status: "complete_in_progress"}}), browsertest.Options{Width: 640}, "h1", "Confirming your payment", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tab := tt.host.open(t, b, tt.look)
			tab.WaitText(tt.in, tt.says)
			tab.Screenshot(tt.name)
			tab.Check(tt.accept...)
		})
	}
}
