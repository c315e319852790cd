package checkout_test

import (
	"context"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// What one browser has ticked is not ticked for the next one, which may be
// somebody else's; what the agent has noted stays, and so does what belongs to a
// payment.
func TestNobodyAnswersForTheNextBrowser(t *testing.T) {
	ctx := context.Background()
	w, _ := pageWorld(t)
	w.merchant.AcceptTerms = true
	w.merchant.Consents = []acp.MarketingConsentOption{{Channel: "email", DisplayText: "News"}, {Channel: "sms", DisplayText: "Offers"}}
	s := w.create("mug")
	w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com"}), Consents: []acp.MarketingConsent{{Channel: "sms", OptedIn: true}}})
	answer := checkout.Agreed{Terms: true, Consents: []acp.MarketingConsent{{Channel: "email", OptedIn: true}}}
	of := func(v checkout.Visit) string {
		sess, _, err := w.core.Visited(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		if sess.Terms != nil {
			kept = append(kept, "terms")
		}
		for _, c := range sess.Consents {
			kept = append(kept, c.Channel)
		}
		return strings.Join(kept, " ")
	}

	one := w.visit(s.ID)
	if err := w.core.Agree(ctx, one, answer); err != nil {
		t.Fatal(err)
	}
	if got := of(one); got != "terms sms email" {
		t.Fatalf("the browser that has answered: %q", got)
	}
	other := w.visit(s.ID)
	if got := of(other); got != "sms" {
		t.Errorf("another browser has answered %q", got)
	}
	if _, err := w.core.OpenPage(ctx, other); err == nil || !strings.Contains(err.Error(), "accept the terms") {
		t.Errorf("it pays with another's yes: %v", err)
	}
	if _, err := w.core.PayEmbedded(ctx, other, payment.Credential{Type: payment.FromScript, Token: secret.New("tok_ok")}); err == nil || !strings.Contains(err.Error(), "accept the terms") {
		t.Errorf("it pays in the provider's form with another's yes: %v", err)
	}
	if err := w.core.Agree(ctx, other, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := w.core.OpenPage(ctx, other); err != nil {
		t.Fatal(err)
	}
	if got := of(w.visit(s.ID)); got != "terms sms email" {
		t.Errorf("the payment under way keeps %q", got)
	}
}
