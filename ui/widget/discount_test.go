package widget_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// enterCode types a discount code.
func enterCode(tab *browsertest.Tab, code string) {
	if tab.Count(".entry[open]") == 0 {
		tab.Click(".entry summary")
	}
	tab.Click("#code")
	tab.Keys("Control+a")
	tab.Type(code)
	tab.Keys("Enter")
}

// A code that has no effect says why in the reader's language, whatever
// language the shop speaks.
func TestRefusedCodes(t *testing.T) {
	b := browsertest.Open(t)
	for code, says := range map[string]string{
		"EXPIRED": "EXPIRED This code has expired.",
		"WRONG":   "WRONG This code is not valid. Check the spelling.",
		"TWICE":   "TWICE This discount is already included.",
		"ALONE":   "ALONE This code cannot be combined with the others.",
		"LARGE":   "LARGE Your order is too small for this code.",
		"MEMBER":  "MEMBER This code is for customers who are signed in to the shop.",
		"CHOSEN":  "CHOSEN This code is for certain customers only.",
		"GONE":    "GONE This code has been used up.",
		"NEWER":   "NEWER In the shop's own language.",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			tab := settings{OpenAI: chatGPT, Locale: "en-US"}.open(t, b, browsertest.Options{Width: 390})
			tab.WaitText("#buy", "Pay €186.89")
			enterCode(tab, code)
			tab.WaitText(".refused", says)
			if n := tab.Count(".discount .note"); n != 1 {
				t.Errorf("it is said %d times", n)
			}
			tab.WaitText("#buy", "Pay €186.89") // and pays all the same
		})
	}
}

// Codes in force have their amounts, and stay when another is tried.
func TestCodesInForce(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "de-DE", Shop: shop{Codes: []string{"WELCOME10"}}}.open(t, browsertest.Open(t), browsertest.Options{Width: 390})
	tab.WaitText(".codes", "WELCOME10 -16,50 €")
	enterCode(tab, "EXPIRED")
	wantAsked(t, tab, "update_checkout_session", `"discount_codes":["WELCOME10","EXPIRED"]`, 1)
	tab.WaitText(".refused", "EXPIRED Dieser Code ist abgelaufen.")
	tab.WaitText(".codes", "WELCOME10 -16,50 €")
	tab.Screenshot("codes-de")
	tab.Check()
	enterCode(tab, "welcome10") // the same in other letters: nobody has to be asked
	tab.WaitText(".refused", "WELCOME10 Dieser Rabatt ist schon berücksichtigt.")
	if n := tab.Count(".discount .note"); n != 1 {
		t.Errorf("%d notes, want that of the last code alone", n)
	}
	tab.Click("#code")
	tab.Keys("Control+a", "Delete", "Enter") // nothing was tried: nothing is said
	tab.WaitGone(".discount .note")
	if n := asked(tab, "update_checkout_session"); n != 1 {
		t.Errorf("the server was asked %d times, want once", n)
	}
	tab.Click(".codes .step")
	tab.WaitGone(".codes")
	tab.WaitText("#buy", "186,89 € bezahlen")
}

// A code that takes nothing off yet is one of the session's: it is shown with
// what it waits for, goes with every later change, and can be removed.
func TestCodeThatWaits(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US"}.open(t, browsertest.Open(t), browsertest.Options{Width: 390})
	enterCode(tab, "FREESHIP")
	tab.WaitText(".codes", "FREESHIP Free delivery Takes effect once the delivery is chosen.")
	if n := strings.Count(tab.Text("#checkout"), "Takes effect"); n != 1 {
		t.Errorf("it is said %d times what the code waits for, want once", n)
	}
	enterCode(tab, "EXPIRED")
	wantAsked(t, tab, "update_checkout_session", `"discount_codes":["FREESHIP","EXPIRED"]`, 2)
	tab.WaitText(".refused", "EXPIRED")
	enterCode(tab, "WELCOME10")
	wantAsked(t, tab, "update_checkout_session", `"discount_codes":["FREESHIP","WELCOME10"]`, 3)
	tab.WaitGone(".refused")
	tab.WaitText(".codes", "WELCOME10")
	tab.Screenshot("code-that-waits")
	tab.Check()
	tab.Click(`[aria-label="Remove code FREESHIP"]`)
	wantAsked(t, tab, "update_checkout_session", `"discount_codes":["WELCOME10"]`, 4)
}

// Who tries too many codes is told so, and no more of the codes before; who does
// can pay all the same.
func TestTooManyCodes(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Codes: []string{"WELCOME10"}}}.open(t, browsertest.Open(t), browsertest.Options{Width: 390})
	enterCode(tab, "EXPIRED")
	tab.WaitText(".refused", "EXPIRED")
	enterCode(tab, "MANY")
	tab.WaitText(".discount .note.negative", "Too many codes. Wait a minute.")
	if n := tab.Count(".discount .note"); n != 1 {
		t.Errorf("%d notes, want that of the last code alone", n)
	}
	tab.WaitText(".codes", "WELCOME10")
	tab.Click("#buy")
	tab.WaitText(".done h1", "Thank you")
}
