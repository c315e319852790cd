package widget_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// TestKeyboardAlone buys without a pointer.
func TestKeyboardAlone(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US"}.open(t, browsertest.Open(t), browsertest.Options{Width: 640, ReducedMotion: true})
	tab.WaitText("#buy", "Pay €186.89")
	stop := func(want string) {
		t.Helper()
		tab.Keys("Tab")
		if f := tab.Focused(); f.String() != want || f.Ring < 2 {
			t.Fatalf("the focus is on %s with a ring of %v, want %s", f, f.Ring, want)
		}
	}
	stop(`button "Show in full screen"`)
	stop(`button "One fewer: Stoneware Mug - Sand"`)
	stop(`button "One more: Stoneware Mug - Sand"`)
	tab.Keys("Enter")
	tab.WaitText("#buy", "Pay €206.69")
	if f := tab.Focused(); f.Name != "One more: Stoneware Mug - Sand" {
		t.Errorf("the focus went to %s", f)
	}
	stop(`button "Remove Stoneware Mug - Sand"`)
	stop(`button "One fewer: Wool Blanket - Moss"`)
	stop(`button "One more: Wool Blanket - Moss"`)
	stop(`button "Remove Wool Blanket - Moss"`)
	tab.Keys("Space")
	tab.WaitText("#buy", "Pay €64.79")
	if f := tab.Focused(); f.String() != `heading "Your cart"` {
		t.Errorf("after the line is gone the focus is on %s", f)
	}
	for _, want := range []string{`button "Show in full screen"`, `button "One fewer: Stoneware Mug - Sand"`, `button "One more: Stoneware Mug - Sand"`,
		`button "Remove Stoneware Mug - Sand"`, `button "Change the delivery address"`, `radio "Standard Arrives Tue, Dec 1 – Thu, Dec 3 €4.90"`} {
		stop(want)
	}
	tab.Keys("ArrowDown")
	tab.WaitText("#buy", "Pay €73.59")
	tab.WaitText("#said", "The total is €73.59.")
	stop(`DisclosureTriangle "Add a discount code"`)
	stop(`button "Pay €73.59"`)
	tab.Keys("Enter")
	tab.WaitText(".done h1", "Thank you")
	stop(`link "See your order"`)
}

// TestReader shows the widget to readers of other languages: amounts, dates and
// direction follow the reader, and the document says what language it is in.
func TestReader(t *testing.T) {
	b := browsertest.Open(t)
	tests := []struct {
		locale, currency string
		amount           int64
		says             string // as the total
		root             string
	}{
		{"en-US", "usd", 1234567, "$12,345.67", `[lang="en"][dir="ltr"]`},
		{"en-US", "jpy", 1234567, "¥1,234,567", `[lang="en"][dir="ltr"]`},
		{"en-US", "bhd", 1234567, "BHD 1,234.567", `[lang="en"][dir="ltr"]`},
		{"en-US", "eur", 5, "€0.05", `[lang="en"][dir="ltr"]`},
		// More than a float could divide without an error.
		{"en-US", "usd", 9007199254740991, "$90,071,992,547,409.91", `[lang="en"][dir="ltr"]`},
		{"de-DE", "eur", 1234567, "12.345,67 €", `[lang="de"][dir="ltr"]`},
		{"de_DE", "eur", 1234567, "12.345,67 €", `[lang="de"][dir="ltr"]`},
		{"en-IN", "inr", 123456789, "₹12,34,567.89", `[lang="en"][dir="ltr"]`},
		{"fr-CA", "cad", 1234567, "12 345,67 $", `[lang="fr"][dir="ltr"]`},
		{"es-MX", "mxn", 1234567, "$12,345.67", `[lang="es"][dir="ltr"]`},
		{"ja-JP", "jpy", 1234567, "￥1,234,567", `[lang="ja"][dir="ltr"]`},
		// Amounts as the reader writes them, and texts in another language.
		{"pt-BR", "brl", 1234567, "R$ 12.345,67", `[lang="en"][dir="ltr"]`},
		{"sv-SE", "eur", 1234567, "12 345,67 €", `[lang="en"][dir="ltr"]`},
		// But for digits that the texts do not have, and signs of another direction.
		{"ar-EG", "eur", 1234567, "€12,345.67", `[lang="en"][dir="ltr"]`},
		{"he-IL", "usd", 1234567, "$12,345.67", `[lang="en"][dir="ltr"]`},
		{"bn-BD", "eur", 1234567, "€12,345.67", `[lang="en"][dir="ltr"]`},
		{"no such locale", "eur", 100, "€1.00", `[lang="en"][dir="ltr"]`},
		{"ar-XB", "eur", 1234567, "12,345.67", `[lang="ar-XB"][dir="rtl"]`},
	}
	for _, tt := range tests {
		t.Run(tt.locale+" "+tt.says, func(t *testing.T) {
			t.Parallel()
			session := fmt.Sprintf(`{"id":"cs_9","status":"ready_for_payment","currency":%q,"line_items":[{"id":"l","item":{"id":"cup","quantity":1},"name":"Cup","base_amount":%d}],"totals":[{"type":"total","amount":%d}]}`,
				tt.currency, tt.amount, tt.amount)
			tab := settings{NoBridge: true, OpenAI: chatGPT, Locale: tt.locale, First: json.RawMessage(session)}.open(t, b, browsertest.Options{Width: 390})
			tab.WaitText(".total .amount", tt.says)
			if tab.Count("html"+tt.root) != 1 {
				t.Errorf("the document is not %s", tt.root)
			}
		})
	}
}

// Where there are no texts in the reader's language, another that the reader
// understands is better than English.
func TestAnotherLanguageOfTheReader(t *testing.T) {
	b := browsertest.Open(t)
	for name, tt := range map[string]struct {
		locale    string
		languages []string
		says      string
	}{
		"the second":      {"nl-NL", []string{"nl", "de-AT", "fr"}, "186,89"},
		"the host's goes": {"fr-FR", []string{"de"}, "Payer"},
		"none":            {"ar-EG", []string{"ar", "da"}, "Pay "},
	} {
		t.Run(name, func(t *testing.T) {
			tab := settings{Locale: tt.locale, Languages: tt.languages}.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText("#buy", tt.says)
			switch name {
			case "the second":
				tab.WaitText("h1", "Ihr Warenkorb")
				tab.WaitText("address", "Vereinigte Staaten")
			case "none": // a date in the middle of a sentence is in its language
				tab.WaitText(".choice", "Arrives Tue, Dec 1 – Thu, Dec 3")
				tab.WaitText(".total", "€186.89")
			}
		})
	}
}

// Where the host says nothing of the reader, the shop's own locale is used.
func TestLocaleOfTheShop(t *testing.T) {
	tab := settings{ShopMeta: map[string]any{"name": "Laden", "locale": "de-DE"}}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText(".heading", "3 Artikel von Laden")
	tab.WaitText("#buy", "186,89 € bezahlen")
}

// TestHostChangesItsLook follows a host whose reader chooses other colours or
// more room.
func TestHostChangesItsLook(t *testing.T) {
	b := browsertest.Open(t)
	changed := func(context map[string]any) []any {
		return []any{map[string]any{"method": "ui/notifications/host-context-changed", "params": context}}
	}
	tab := settings{Locale: "en-US", Told: changed(map[string]any{"theme": "dark", "displayMode": "fullscreen", "safeAreaInsets": map[string]int{"top": 24}})}.
		open(t, b, browsertest.Options{Width: 900})
	tab.WaitGone(`html:not([data-scheme="dark"][data-mode="fullscreen"])`)
	tab.WaitText("#buy", "Pay")
	tab.Screenshot("told-dark")

	// The reader chooses another language; what is typed stays.
	other := settings{Locale: "en-US", Shop: shop{Address: noAddress}, Told: []any{map[string]any{"method": "wait"}, map[string]any{"method": "wait"}, map[string]any{"method": "wait"},
		map[string]any{"method": "ui/notifications/host-context-changed", "params": map[string]any{"locale": "ja-JP", "theme": "light"}}}}.
		open(t, b, browsertest.Options{Width: 640})
	other.Click("#address-add")
	other.Type("Test Buyer")
	other.WaitText("h1", "カート")
	other.WaitText("[for=name]", "氏名")
	if f := other.Focused(); f.String() != `textbox "氏名"` {
		t.Errorf("the focus is on %s", f)
	}

	asked := settings{NoBridge: true, OpenAI: chatGPT, Locale: "en-US"}.open(t, b, browsertest.Options{Width: 900})
	asked.Click(".header .step")
	wantAsked(t, asked, "requestDisplayMode", `"fullscreen"`, 1)
	asked.WaitGone(`html:not([data-mode="fullscreen"])`)
	if n := asked.Count(".header .step"); n != 0 {
		t.Error("what is in full screen offers full screen")
	}
}

// TestPictures keeps the place of pictures that are late, missing or broken.
func TestPictures(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Items: map[string]int{"board-oak-small": 1, "clock-wall": 1, "mug-stoneware-sand": 1}}}.
		open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay")
	tab.WaitGone(`img[src$="none.svg"]`)
	tab.Screenshot("pictures")
	if n := tab.Count(".picture"); n != 3 {
		t.Errorf("%d places for pictures, want 3", n)
	}
	if shift := tab.LayoutShift(); shift != 0 {
		t.Errorf("the cart moved by %v", shift)
	}
	for _, problem := range tab.Problems() { // the console says that one is missing
		t.Log(problem)
	}
}
