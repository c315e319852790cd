package sandbox

import (
	"bytes"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every card does on a page what it stands for, and a refusal leaves the page
// open for another.
func TestCardsOnAPage(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	for _, card := range TestCards() {
		t.Run(string(card.Outcome)+"/"+card.Last4(), func(t *testing.T) {
			reference := "pay_" + card.Number
			id := d.page(reference)
			s := d.pay(id, card.Number)
			v, refuses := verdicts[card.Outcome]
			switch {
			case card.Outcome == Requires3DS:
				if s.status != 200 || s.first("h1") != "Is this payment yours?" {
					t.Fatalf("%d %s", s.status, s.text)
				}
				s = d.press(id, "action", "approve", "challenge", attr(s.field("challenge"), "value"))
			case refuses:
				if s.status != http.StatusPaymentRequired || !strings.Contains(s.alert(), "You have not been charged.") || s.first("h1") != "Pay €34.90" {
					t.Fatalf("%d %s", s.status, s.text)
				}
				if attr(s.field("name"), "value") != "Test Buyer" || attr(s.field("expiry"), "value") != "11/29" {
					t.Error("name or date is lost")
				}
				if strings.Contains(s.text, card.Number) || strings.Contains(s.text, testCVC) {
					t.Error("number or code is shown again")
				}
				d.wantCharges("cs_"+reference, 0, 0)
				if r := d.merchant("GET", "/v1/pages/"+id, ""); r.str("status") != "open" || r.str("last_decline_code") != v.decline || r.num("declined_cards") != 1 {
					t.Errorf("%s", r.raw)
				}
				s = d.pay(id, "4242424242424242")
			case card.Outcome == DropAfterCommit:
				if !s.lost {
					t.Fatalf("answered %d", s.status)
				}
				s = d.pay(id, card.Number)
			case card.Outcome == ErrorAfterCommit:
				if s.status != 500 || !strings.Contains(s.text, "You are not charged twice.") {
					t.Fatalf("%d %s", s.status, s.text)
				}
				s = d.pay(id, card.Number)
			}
			if s.status != http.StatusSeeOther || s.to != paidAt+id {
				t.Errorf("%d %q", s.status, s.to)
			}
			d.settled("cs_" + reference)
			d.wantCharges("cs_"+reference, 1, 3490)
		})
	}
}

func TestDeclineIsSaidInWords(t *testing.T) {
	d := openDesk(t)
	if s := d.pay(d.page("pay_1"), "4000000000000002"); s.alert() != "Your card was declined. You have not been charged. Try another card." {
		t.Errorf("%q", s.alert())
	}
}

// The buyer answers the issuer's question on the page. Only the question that
// is open counts.
func TestChallenge(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	ask := func() string {
		t.Helper()
		s := d.pay(id, "4000002760003184")
		if attr(s.field("name"), "value") != "Test Buyer" || attr(s.field("expiry"), "value") != "11/29" {
			t.Error("the question forgets what was typed")
		}
		return attr(s.field("challenge"), "value")
	}
	first := ask()
	if s := d.browse(id); attr(s.field("challenge"), "value") != first {
		t.Errorf("the question is gone when the page is loaded again: %s", s.text)
	}
	s := d.press(id, "action", "refuse", "challenge", first, "name", "Test Buyer", "expiry", "11/29")
	if s.status != http.StatusPaymentRequired || !strings.HasPrefix(s.alert(), "You did not approve the payment. You have not been charged.") || attr(s.field("name"), "value") != "Test Buyer" {
		t.Errorf("refused: %d %s", s.status, s.text)
	}
	second := ask()
	for _, stale := range []string{first, "", "chal_unknown"} {
		if s := d.press(id, "action", "approve", "challenge", stale); s.status != 200 || attr(s.field("challenge"), "value") != second {
			t.Errorf("%q counted: %d", stale, s.status)
		}
	}
	d.wantCharges("cs_pay_1", 0, 0)
	if s := d.press(id, "action", "approve", "challenge", second); s.status != http.StatusSeeOther {
		t.Errorf("approved: %d %s", s.status, s.text)
	}
	d.wantCharges("cs_pay_1", 1, 3490)
	if l := d.ledger("cs_pay_1"); l.List[0].Card.Last4 != "3184" {
		t.Errorf("card %+v", l.List[0].Card)
	}
}

// A slow card is charged and the buyer sent on; the charge is settled later, by
// the next process if need be.
func TestSlowCardOnAPage(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return ErrClosed }
	id := d.page("pay_1")
	if s := d.pay(id, "4000000000000077"); s.status != http.StatusSeeOther {
		t.Fatalf("%d %s", s.status, s.text)
	}
	if s := d.browse(id); s.first("h1") != "Your payment is being processed" {
		t.Errorf("%q", s.first("h1"))
	}
	if r := d.merchant("POST", "/v1/references/pay_1/close?merchant_id="+shop, ""); r.body["closed"] != false {
		t.Errorf("closed over a payment under way: %s", r.raw)
	}
	d.wantCharges("cs_pay_1", 1, 0)
	d.stop()
	d.start()
	d.wantCharges("cs_pay_1", 1, 3490)
}

// DP-06 on a page: neither number nor code nor name is in a file or a log.
func TestNoCardDataOfAPageIsKept(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	var cards []string
	for _, card := range TestCards() {
		cards = append(cards, card.Number)
		id := d.page("pay_" + card.Last4() + card.Number[:2])
		d.pay(id, card.Number)
		d.press(id, "action", "pay", "number", card.Number, "expiry", card.Number, "cvc", testCVC, "name", card.Number)
		d.press(id, "action", card.Number, "challenge", card.Number)
		d.visit(http.MethodPost, id, url.Values{card.Number: {testCVC}}, "Content-Type", "text/plain")
	}
	d.settled("cs_pay_007740")
	look := func(when string) {
		t.Helper()
		found := false
		for name, content := range filesOf(t, filepath.Dir(d.path)) {
			mustNotHold(t, when+" "+name, content, append(cards, "Test Buyer"))
			found = found || bytes.Contains(content, []byte("cs_pay_9995"))
		}
		if !found {
			t.Errorf("%s: the files do not even hold the session ids", when)
		}
	}
	look("open")
	d.stop()
	look("closed")
	d.start()
	mustNotHold(t, "logs", []byte(d.logs.String()), append(cards, "Test Buyer"))
	if strings.Contains(d.logs.String(), "pg_") || !strings.Contains(d.logs.String(), "/pay/{id}") {
		t.Error("the logs hold the address of a page, or nothing of pages")
	}
}
