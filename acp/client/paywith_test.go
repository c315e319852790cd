package client

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// saved are the handlers of a session that offers two saved cards and store
// credit beside the card.
var saved = []Handler{{ID: "card_tokenized", Name: "dev.acp.tokenized.card", PSP: "stripe", RequiresDelegate: true},
	{ID: "crd_1", Name: "dev.acp.seller_backed.saved_card", PSP: "seller_managed", DisplayName: "Visa ending in 4242", RequiresDelegate: true},
	{ID: "crd_2", Name: "dev.acp.seller_backed.saved_card", PSP: "seller_managed", RequiresDelegate: true},
	{ID: "bal_1", Name: "dev.acp.seller_backed.store_credit", PSP: "seller_managed", RequiresDelegate: true}}

func TestAHandlerThatWasAskedFor(t *testing.T) {
	for with, want := range map[string]string{"": "card_tokenized", "saved_card": "crd_1", "crd_2": "crd_2", "store_credit": "bal_1", "card_tokenized": "card_tokenized"} {
		p := &purchase{PurchaseConfig: PurchaseConfig{PayWith: with}, session: &Session{Handlers: saved}}
		if got, err := p.handler(); err != nil || got.ID != want {
			t.Errorf("%q: %+v, %v", with, got, err)
		}
	}
	p := &purchase{PurchaseConfig: PurchaseConfig{PayWith: "gift_card"}, session: &Session{Handlers: saved}}
	if _, err := p.handler(); err == nil || !strings.Contains(err.Error(), "dev.acp.seller_backed.saved_card crd_1") {
		t.Errorf("an error that says what there is: %v", err)
	}
	p.session = &Session{}
	if _, err := p.handler(); err == nil || !strings.Contains(err.Error(), "it offers nothing") {
		t.Errorf("%v", err)
	}
}

// The shop takes a seller-backed payment by itself: no card goes to a PSP, and
// the token tells this payment from others.
func TestASellerBackedPaymentNeedsNoPSP(t *testing.T) {
	tokens := map[string]bool{}
	for range 3 {
		p := &purchase{PurchaseConfig: PurchaseConfig{PayWith: "saved_card"}, session: &Session{Handlers: saved}}
		var s Step
		if err := p.delegate(t.Context(), &s); err != nil {
			t.Fatal(err)
		}
		if !s.Skipped || !strings.Contains(s.Detail, "Visa ending in 4242") || p.token.IsZero() || tokens[p.token.Reveal()] {
			t.Errorf("%+v, token %q", s, p.token.Reveal())
		}
		tokens[p.token.Reveal()] = true
		if p.canAuthenticate() {
			t.Error("a card whose number nobody here knows can be authenticated")
		}
	}
}

// A customer is named when the session is made, so that what they can pay with
// is offered at once, whatever is delivered.
func TestACustomerIsNamedFromTheStart(t *testing.T) {
	s := newShop(t, acp.V20260417)
	a := newAgent(t, s)
	buyer := TestBuyer()
	buyer.CustomerID, buyer.AuthenticationStatus = "cus_1", "authenticated"
	a.cfg.Buyer = &buyer
	if _, err := a.buy(t.Context()); err != nil {
		t.Fatal(err)
	}
	var named bool
	for _, r := range s.seen {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/checkout_sessions") {
			named = strings.Contains(r.Body, `"customer_id":"cus_1"`) && strings.Contains(r.Body, `"authentication_status":"authenticated"`)
		}
	}
	if !named {
		t.Errorf("%+v", s.seen)
	}
}
