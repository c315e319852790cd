package widget_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// TestPayment presses the button that pays, twice at once, and looks at what
// the widget makes of each way in which a host may answer.
func TestPayment(t *testing.T) {
	b := browsertest.Open(t)
	const charged = "#done, .done h1"
	tests := []struct {
		sheet    string
		in, says string // what is seen in the end
		paid     bool
		again    bool // the button takes the next try
	}{
		{"pay", ".done h1", "Thank you", true, false},
		{"decline, then pay", ".done h1", "Thank you", true, false},
		{"pay, as an envelope", ".done h1", "Thank you", true, false},
		{"pay, as the order alone", ".done h1", "Thank you", true, false},
		{"pay and never say so", ".done h1", "Thank you", true, false},
		{"give up while paying", ".done h1", "Thank you", true, false},
		{"give up, server away", ".done h1", "Thank you", true, false},
		{"reject with messages", ".notice.negative", "Sold out meanwhile.", false, false},
		{"resolve with messages", ".notice.negative", "Sold out meanwhile.", false, false},
		{"resolve with an envelope of messages", ".notice.negative", "Sold out meanwhile.", false, false},
		{"reject without a word", ".notice.negative", "You have not been charged.", false, true},
		{"throw at once", ".notice.negative", "You have not been charged.", false, true},
		{"resolve with nothing", ".notice.negative", "You have not been charged.", false, true},
		{"cancel", ".notice.neutral", "You closed the payment. You have not been charged.", false, true},
		{"declined", ".notice.negative", "Your payment was declined. You have not been charged.", false, true},
		{"claim an order", "h1", "not certain yet", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.sheet, func(t *testing.T) {
			t.Parallel()
			tab := settings{OpenAI: chatGPT, Locale: "en-US", Sheet: []string{tt.sheet, "pay"}}.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText("#buy", "Pay €186.89")
			tab.Click("#buy")
			tab.WaitText(tt.in, tt.says)
			if tt.sheet == "give up while paying" || tt.sheet == "give up, server away" {
				// What was open for a while must have asked again until it was known.
				if n := asked(tab, "get_checkout_session"); n < 3 {
					t.Errorf("the widget asked %d times what became of the payment", n)
				}
			}
			wantAsked(t, tab, "requestCheckout", `"id":"cs_1","status":"ready_for_payment"`, 1)
			if n := tab.Count(charged); (n != 0) != tt.paid {
				t.Errorf("an order is shown: %v, want %v", n != 0, tt.paid)
			}
			if tt.paid {
				wantAsked(t, tab, "ui/update-model-context", "ord_1042", 1)
				return
			}
			if asked(tab, "get_checkout_session") == 0 {
				t.Error("the widget did not ask the server what became of the payment")
			}
			tab.WaitText("#said", tt.says) // for those who listen
			if tt.again {
				tab.Click("#buy")
				tab.WaitText(".done h1", "Thank you")
				wantAsked(t, tab, "requestCheckout", "cs_1", 2)
			}
		})
	}
}

func TestPaymentIsNotStartedTwice(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US", Sheet: []string{"forever"}}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay €186.89")
	for range 3 {
		tab.Click("#buy")
	}
	tab.WaitText("#buy", "Paying")
	tab.Keys("Enter", "Space")
	wantAsked(t, tab, "requestCheckout", "cs_1", 1)
	if n := asked(tab, "update_checkout_session"); n != 0 {
		t.Errorf("%d changes were sent during a payment", n)
	}
	if n := tab.Count(".step, .choice input, #address-change"); n != 1 { // the one that shows it in full screen
		t.Errorf("%d controls can change what is being paid", n-1)
	}
}

// TestConfirmation looks at the end of a purchase.
func TestConfirmation(t *testing.T) {
	b := browsertest.Open(t)
	for _, look := range []struct {
		name string
		host settings
		browsertest.Options
	}{
		{"done", settings{}, browsertest.Options{Width: 640}},
		{"done-phone-dark", settings{Theme: "dark", Shop: shop{Mode: "test"}}, browsertest.Options{Width: 320, Touch: true}},
	} {
		t.Run(look.name, func(t *testing.T) {
			look.host.OpenAI, look.host.Locale = chatGPT, "en-US"
			tab := look.host.open(t, b, look.Options)
			tab.WaitText("#buy", "Pay €186.89")
			tab.Click("#buy")
			tab.WaitText(".done", "Order ord_1042")
			tab.WaitText("#said", "Thank you. Your order is placed.")
			if f := tab.Focused(); f.Name != "Thank you. Your order is placed." {
				t.Errorf("the focus is on %s", f)
			}
			tab.Click("#order")
			wantAsked(t, tab, "openExternal", "https://shop.example/orders/ord_1042", 1)
			tab.Screenshot(look.name)
			tab.Check()
		})
	}
}

// TestCheckoutOutside pays on the shop's own page, in hosts with no payment
// sheet and where the shop has none to offer.
func TestCheckoutOutside(t *testing.T) {
	b := browsertest.Open(t)
	most := []string{"toolOutput", "callTool", "openExternal", "locale"}
	tests := []struct {
		name     string
		host     settings
		asks     string // with what the page is opened; "" is by a link
		in, says string
	}{
		{"by the bridge, paid", settings{Outside: "paid"}, "ui/open-link", ".done h1", "Thank you"},
		{"by the bridge, left", settings{Outside: "left"}, "ui/open-link", "h1", "Finish on the shop's page"},
		{"by window.openai alone", settings{NoBridge: true, OpenAI: most, Outside: "paid"}, "openExternal", ".done h1", "Thank you"},
		{"by ChatGPT, for a shop without a sheet", settings{OpenAI: chatGPT, Shop: shop{NoSheet: true}, Outside: "paid"}, "openExternal", ".done h1", "Thank you"},
		{"by ChatGPT, for a shop that does not want the sheet", settings{OpenAI: chatGPT, ShopMeta: map[string]any{"payment_sheet": false}, Outside: "paid"}, "openExternal", ".done h1", "Thank you"},
		{"refused by the host", settings{RefuseLinks: true}, "ui/open-link", ".said .primary", "Open the checkout page"},
		{"with an address that is no page", settings{Shop: shop{CheckoutURL: "javascript:alert(1)"}}, "", ".notice.negative", "could not be opened"},
		{"by a server that is away", settings{Shop: shop{Failing: 1}}, "", ".notice.negative", "could not be opened"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.host.Locale = "en-US"
			tab := tt.host.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText("#buy", "Pay €186.89")
			tab.WaitText("#beside", "on the shop's own page")
			tab.Click("#buy")
			tab.WaitText(tt.in, tt.says)
			wantAsked(t, tab, "start_external_checkout", `"checkout_session_id":"cs_1"`, 1)
			if tt.asks != "" {
				wantAsked(t, tab, tt.asks, "https://shop.example/checkout/1", 1)
			}
			if n := asked(tab, "requestCheckout"); n != 0 {
				t.Errorf("the payment sheet was opened as well, %d times", n)
			}
			tab.Screenshot("outside " + tt.name)
			clean(t, tab)
		})
	}
}

func TestReturnToTheCart(t *testing.T) {
	tab := settings{Locale: "en-US"}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay €186.89")
	tab.Click("#buy")
	tab.WaitText("h1", "Finish on the shop's page")
	tab.Click(".said .plain")
	tab.WaitText("#buy", "Pay €186.89")
	tab.Click("#buy")
	tab.WaitText("h1", "Finish on the shop's page")
	tab.Click(".said .button") // the page again
	tab.WaitText("#traffic [data-name=start_external_checkout]:nth-of-type(1n+3)", "cs_1")
}

// A sheet that does not work leaves the buyer another way.
func TestSheetThatFailsLeavesTheShopsPage(t *testing.T) {
	tab := settings{OpenAI: chatGPT, Locale: "en-US", Sheet: []string{"throw at once"}, Outside: "paid"}.open(t, browsertest.Open(t), browsertest.Options{Width: 640})
	tab.WaitText("#buy", "Pay €186.89")
	tab.Click("#buy")
	tab.WaitText("#elsewhere", "Pay on the shop's page instead")
	tab.Screenshot("sheet-failed")
	tab.Check()
	tab.Click("#elsewhere")
	tab.WaitText(".done h1", "Thank you")
	wantAsked(t, tab, "requestCheckout", "cs_1", 1)
}
