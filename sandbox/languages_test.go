package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/text"
)

// The payment page speaks the language that the shop asks for, and the bank's
// page that of the browser; all but the list of test cards, which is for testers.
func TestPagesInEveryLanguage(t *testing.T) {
	for _, lang := range text.Languages {
		t.Run(lang, func(t *testing.T) {
			d := openDesk(t)
			says, english := text.For(lang), text.For(text.English)
			check := func(name string, s seen, keys ...string) {
				t.Helper()
				if root := s.each("html"); len(root) != 1 || attr(root[0], "lang") != lang || s.header.Get("Content-Language") != lang {
					t.Fatalf("%s: %d, in %q", name, s.status, s.header.Get("Content-Language"))
				}
				all := words(s.page)
				for _, key := range keys {
					want := strings.Join(strings.Fields(says.Say(key)), " ")
					if !strings.Contains(all, want) {
						t.Errorf("%s does not say %q: %s", name, want, all)
					}
					if said := english.Say(key); !strings.Contains(want, said) && strings.Contains(all, said) {
						t.Errorf("%s says %q", name, said)
					}
				}
				if strings.Contains(all, "{") || strings.Contains(all, "%!") {
					t.Errorf("%s: a value is missing: %s", name, all)
				}
			}
			amount := strings.Join(strings.Fields(says.Money(3490, "eur")), " ")
			id := d.page("pay_1", "locale", lang)
			open := d.browse(id)
			check("open", open, "page.skip", "page.test_mode", "sandbox.ribbon_pay", "sandbox.what", "sandbox.number", "sandbox.expiry", "sandbox.cvc",
				"sandbox.cvc_hint", "sandbox.name", "sandbox.cancel")
			if !strings.Contains(open.first("h1"), amount) || open.first("h1") != strings.Join(strings.Fields(says.Say("checkout.pay", "amount", amount)), " ") {
				t.Errorf("the heading is %q", open.first("h1"))
			}
			if got := attr(open.field("expiry"), "placeholder"); got != says.Say("sandbox.expiry_like") {
				t.Errorf("an expiry date is like %q", got)
			}
			check("nothing typed", d.press(id, "action", "pay"), "sandbox.correct", "sandbox.needs_number", "sandbox.needs_expiry", "sandbox.needs_cvc", "sandbox.needs_name")
			check("all typed wrong", d.press(id, "action", "pay", "number", "4242", "expiry", "1/20", "cvc", "1", "name", "4242424242424242"),
				"sandbox.short_number", "sandbox.past", "sandbox.bad_cvc", "sandbox.name_is_number")
			check("typed oddly", d.press(id, "action", "pay", "number", "4539578763621486", "expiry", "x", "cvc", "123", "name", strings.Repeat("x", maxCardName+1)),
				"sandbox.not_test")
			for number, key := range map[string]string{"4000000000000002": "sandbox.declined", "4000000000009995": "sandbox.no_money", "4000000000000069": "sandbox.card_expired",
				"4000000000000127": "sandbox.wrong_code", "4000000000000119": "sandbox.technical"} {
				check(key, d.pay(d.page("pay_"+key, "locale", lang), number), key)
			}
			asked := d.page("pay_asked", "locale", lang)
			d.pay(asked, "4000002760003184")
			question := d.browse(asked)
			check("asked", question, "sandbox.yours", "sandbox.approve", "sandbox.refuse")
			if all := words(question.page); !strings.Contains(all, amount) || !strings.Contains(all, "3184") || !strings.Contains(all, "Acme") {
				t.Errorf("the question is %s", all)
			}
			challenge := ""
			for _, n := range question.each("input") {
				if attr(n, "name") == "challenge" {
					challenge = attr(n, "value")
				}
			}
			check("refused", d.press(asked, "action", "refuse", "challenge", challenge, "name", "Test Buyer", "expiry", "11/29"), "sandbox.not_approved")
			d.pay(id, "4242424242424242")
			paid := d.browse(id)
			check("paid", paid, "sandbox.paid", "sandbox.back")
			if !strings.Contains(words(paid.page), amount) {
				t.Errorf("it does not say what was paid: %s", words(paid.page))
			}
			over := d.page("pay_over", "locale", lang)
			d.merchant("POST", "/v1/pages/"+over+"/expire", "")
			check("ended", d.browse(over), "sandbox.start_again", "sandbox.back")
			wish := []string{"Accept-Language", lang}
			check("no page", d.visit(http.MethodGet, "pg_none", nil, wish...), "sandbox.none", "sandbox.none_note")
			check("no form", d.visit(http.MethodPost, id, nil, wish...), "sandbox.unreadable", "sandbox.open_again")
			check("another site", d.visit(http.MethodPost, id, nil, append(wish, "Sec-Fetch-Site", "cross-site")...), "sandbox.foreign_form")

			const card = "4000002760003184"
			ask := challengePath + "?creq=" + creq(d.asked(card, "cs_1"))
			bank := d.visitAt(http.MethodGet, ask, nil, wish...)
			check("the bank", bank, "sandbox.bank", "sandbox.ribbon_bank", "sandbox.yours", "sandbox.confirm", "sandbox.not_mine", "sandbox.not_now")
			if all := words(bank.page); !strings.Contains(all, strings.Join(strings.Fields(says.Money(1000, "usd")), " ")) || !strings.Contains(all, "3184") {
				t.Errorf("the bank asks %s", all)
			}
			check("no question", d.visitAt(http.MethodGet, challengePath, nil, wish...), "sandbox.question_unreadable", "sandbox.go_back")
		})
	}
}
