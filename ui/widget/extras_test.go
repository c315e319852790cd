package widget_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// offers are those of a shop that has all of them.
var offers = map[string]any{
	"gift_wrap": map[string]any{"price": 300},
	"tip":       map[string]any{"max": 2000, "suggestions": []int{200, 500}},
	"marketing_consents": []map[string]any{
		{"channel": "email", "display_text": "News and offers, once a month", "privacy_policy_url": "https://shop.example/privacy"},
		{"channel": "sms", "display_text": "Offers of the day", "privacy_policy_url": "https://shop.example/privacy#sms"},
	},
}

// TestExtras asks for what the shop offers beside goods and delivery.
func TestExtras(t *testing.T) {
	b := browsertest.Open(t)
	for _, tt := range []struct {
		name  string
		steps func(*browsertest.Tab)
		asks  string
		in    string
		says  string
	}{
		{"gift wrap", func(tab *browsertest.Tab) { tab.Click("#wrap") }, `"gift_wrap":{"enabled":true}`, ".totals", "Gift wrap €3.00"},
		{"gift wrap taken back", func(tab *browsertest.Tab) {
			tab.Click("#wrap")
			tab.WaitText(".totals", "Gift wrap")
			tab.Click("#wrap")
		}, `"gift_wrap":{"enabled":false}`, "#buy", "Pay €186.89"},
		{"a suggested tip", func(tab *browsertest.Tab) {
			tab.Click("#tip summary")
			tab.Click("#tip .actions .button:nth-child(3)")
		}, `"tip":{"amount":500}`, ".totals", "Tip €5.00"},
		{"another tip", func(tab *browsertest.Tab) {
			tab.Click("#tip summary")
			tab.Click("#tip-amount")
			tab.Type("1.5")
			tab.Keys("Enter")
		}, `"tip":{"amount":150}`, ".totals", "Tip €1.50"},
		{"a tip that is too large", func(tab *browsertest.Tab) {
			tab.Click("#tip summary")
			tab.Click("#tip-amount")
			tab.Type("99")
			tab.Keys("Enter")
		}, `"tip":{"amount":9900}`, ".discount .note.negative", "at most €20.00"},
		{"no tip after all", func(tab *browsertest.Tab) {
			tab.Click("#tip summary")
			tab.Click("#tip .actions .button:nth-child(2)")
			tab.WaitText(".totals", "Tip")
			tab.Click("#tip .actions .button:nth-child(1)")
		}, `"tip":{"amount":0}`, "#buy", "Pay €186.89"},
		{"wrapped and with a tip", func(tab *browsertest.Tab) {
			tab.Click("#wrap")
			tab.WaitText(".totals", "Gift wrap")
			tab.Click("#tip summary")
			tab.Click("#tip .actions .button:nth-child(2)")
		}, `"tip":{"amount":200}`, ".totals", "Gift wrap €3.00 Tip €2.00 Total €191.89"},
		{"an answer", func(tab *browsertest.Tab) { tab.Click("#consent-sms") }, `"marketing_consents":[{"channel":"sms","opted_in":true}]`, "#buy", "Pay €186.89"},
		{"an answer taken back", func(tab *browsertest.Tab) {
			tab.Click("#consent-email")
			tab.WaitText("#traffic [data-name=update_checkout_session]", "opted_in")
			tab.Click("#consent-email")
		}, `"marketing_consents":[{"channel":"email","opted_in":false}]`, "#buy", "Pay €186.89"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Offers: offers}}.open(t, b, browsertest.Options{Width: 640})
			tab.WaitText("#buy", "Pay €186.89")
			if n := tab.Count("#checkout :checked:not([name=delivery]), #checkout [aria-pressed=true]:not(:first-child)"); n != 0 {
				t.Errorf("%d things are chosen before the buyer has chosen any", n)
			}
			tt.steps(tab)
			tab.WaitText("#traffic", tt.asks)
			tab.WaitText(tt.in, tt.says)
			tab.Screenshot("extras " + tt.name)
			clean(t, tab)
		})
	}
}

// Who picks it up is not asked for an address, and the other way round.
func TestPickup(t *testing.T) {
	b := browsertest.Open(t)
	pickup := func(change func(*shop)) settings {
		s := shop{Places: true, Address: noAddress}
		change(&s)
		return settings{OpenAI: chatGPT, Locale: "en-US", Shop: s}
	}
	t.Run("without an address", func(t *testing.T) {
		tab := pickup(func(*shop) {}).open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("#beside", "Choose a delivery.")
		tab.Screenshot("pickup-choice")
		tab.Click("#delivery-soho")
		tab.WaitText("#buy", "Pay €181.50")
		tab.WaitText("#delivery-title", "Pickup")
		tab.Screenshot("pickup-chosen")
		clean(t, tab)
		tab.Click("#buy")
		tab.WaitText(".done h1", "Thank you")
		tab.WaitText("#checkout", "1 Example Street, New York")
		tab.Screenshot("pickup-done")
		clean(t, tab)
	})
	t.Run("then sent after all", func(t *testing.T) {
		tab := pickup(func(s *shop) { s.Option = "soho" }).open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("#buy", "Pay €181.50")
		tab.Click("#address-add")
		for _, text := range []string{"Test Buyer", "12 Harbour Street", "", "62704", "Springfield", "IL"} {
			tab.Type(text)
			tab.Keys("Tab")
		}
		tab.Click(".fields .button")
		tab.WaitText(".choices", "Standard")
		tab.WaitGone(".fields")
		if n := tab.Count("#checkout address"); n != 0 {
			t.Error("an address is shown that nothing goes to")
		}
		tab.Screenshot("pickup-with-address")
		tab.Click("#delivery-courier\\@20261123T1800")
		tab.WaitText("#buy", "Pay €189.20")
		tab.WaitText("#checkout address", "12 Harbour Street")
		tab.WaitText("#delivery-title", "Delivery or pickup")
		tab.Screenshot("courier")
		clean(t, tab)
	})
	t.Run("where nothing is sent", func(t *testing.T) {
		tab := pickup(func(s *shop) { s.OnlyPlaces = true }).open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("#beside", "Choose a delivery.")
		if n := tab.Count("#address-add"); n != 0 {
			t.Error("an address is asked for that nothing goes to")
		}
		clean(t, tab)
	})
	t.Run("with something that comes by e-mail", func(t *testing.T) {
		tab := pickup(func(s *shop) { s.Download, s.Option = true, "mail" }).open(t, b, browsertest.Options{Width: 640})
		tab.WaitText(".block .choice:last-child", "By e-mail")
		if n := tab.Count("#checkout [name=delivery]"); n != 2 {
			t.Errorf("%d ways to choose, want the two places", n)
		}
		tab.Screenshot("pickup-and-download")
		clean(t, tab)
	})
	t.Run("in several deliveries", func(t *testing.T) {
		split := []map[string]any{{"option_id": "soho", "line_ids": []string{"line_1"}}, {"option_id": "express", "line_ids": []string{"line_2"}}}
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Places: true, Option: "express", Split: split}}.open(t, b, browsertest.Options{Width: 640})
		tab.WaitText(".block .choice:last-child", "Express Arrives")
		tab.WaitText(".block .choice:last-child", "Wool Blanket")
		if n := tab.Count("#checkout [name=delivery]"); n != 0 {
			t.Error("what was arranged line by line can be overturned by one press")
		}
		tab.WaitText("#checkout address", "12 Harbour Street")
		tab.Screenshot("several-deliveries")
		clean(t, tab)
	})
}

// What the payment sheet has no status for says what is waited for, and what to do.
func TestWaitingForOthers(t *testing.T) {
	b := browsertest.Open(t)
	t.Run("for the shop's approval", func(t *testing.T) {
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Status: "in_progress", Own: "pending_approval"}}.open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("h1", "Waiting for the shop's approval")
		tab.WaitText("#checkout", "You have not been charged.")
		tab.Screenshot("approval")
		tab.Click("#checkout .button")
		wantAsked(t, tab, "get_checkout_session", "cs_1", 1)
		clean(t, tab)
	})
	t.Run("for the bank, and back to the payment", func(t *testing.T) {
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Status: "not_ready_for_payment", Own: "authentication_required"}}.open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("h1", "Your bank wants you to confirm the payment")
		tab.Screenshot("bank")
		clean(t, tab)
		tab.Click("#reopen")
		tab.WaitText("#buy", "Pay €186.89")
		wantAsked(t, tab, "update_checkout_session", `"quantity":2`, 1)
	})
	t.Run("for the bank, and back to the payment, with the server away", func(t *testing.T) {
		tab := settings{OpenAI: chatGPT, Locale: "en-US", Shop: shop{Status: "not_ready_for_payment", Own: "authentication_required", Failing: 1}}.open(t, b, browsertest.Options{Width: 640})
		tab.Click("#reopen")
		tab.WaitText("#notice", "The change could not be made.")
		tab.WaitText("#said", "The change could not be made.")
		tab.WaitText("h1", "Your bank wants you to confirm the payment")
		tab.Click("#reopen")
		tab.WaitText("#buy", "Pay €186.89")
		tab.WaitGone("#notice")
	})
	t.Run("for the bank, and on the shop's page", func(t *testing.T) {
		tab := settings{Locale: "en-US", Shop: shop{NoSheet: true, Status: "not_ready_for_payment", Own: "authentication_required"}}.open(t, b, browsertest.Options{Width: 640})
		tab.WaitText("h1", "Your bank wants you to confirm the payment")
		tab.Click("#checkout .button")
		tab.WaitText("h1", "Finish on the shop's page")
		wantAsked(t, tab, "start_external_checkout", "cs_1", 1)
	})
}
