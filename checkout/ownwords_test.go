package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// What the shop says of its fees and asks its buyers is in the language of the
// session, and where it has given none for that, in its own. The order and the
// answer that is kept with it have what the buyer has read.
func TestTheShopsOwnWordsOfFeesAndConsents(t *testing.T) {
	w := newWorld(t)
	w.merchant.Fees = []pricing.Fee{{ID: "small", Title: "Small order fee", Amount: 199, Below: 50_00}, {ID: "card", Title: "Card fee", Amount: 30, Below: 500_00}}
	w.merchant.FeeTitles = map[string]text.Own{"small": {"de": "Mindermengenzuschlag", "ja": "少額手数料"}, "card": {"de": "Kartenzuschlag"}}
	w.merchant.Consents = []acp.MarketingConsentOption{{Channel: "email", DisplayText: "News", PrivacyPolicyURL: "https://shop.example/privacy"}, {Channel: "sms", DisplayText: "Offers"}}
	w.merchant.ConsentTexts = map[string]text.Own{"email": {"de": "Neuigkeiten"}}
	fee := func(totals []acp.Total) string {
		at := slices.IndexFunc(totals, func(t acp.Total) bool { return t.Type == acp.TotalFee })
		return fmt.Sprintf("%s (%s)", totals[at].DisplayText, totals[at].Description)
	}
	said := func(answer *acp.Session) string {
		stored, err := w.store.Reader(context.Background()).Session("shop", answer.ID)
		if err != nil {
			t.Fatal(err)
		}
		s := w.merchant.Present(stored)
		words := fee(s.Totals)
		for _, o := range s.MarketingConsentOptions {
			words += fmt.Sprintf(", %s %s %s", o.Channel, o.DisplayText, o.PrivacyPolicyURL)
		}
		return words
	}
	const policy = "https://shop.example/privacy"
	for language, expected := range map[string]string{
		"":      "Fees (Small order fee, Card fee), email News " + policy + ", sms Offers ",
		"de-AT": "Gebühren (Mindermengenzuschlag, Kartenzuschlag), email Neuigkeiten " + policy + ", sms Offers ",
		"ja":    "手数料 (少額手数料, Card fee), email News " + policy + ", sms Offers ",
		"fr":    "Frais (Small order fee, Card fee), email News " + policy + ", sms Offers ",
	} {
		if got := said(w.ask(acp.CreateRequest{Items: want("mug"), Currency: "usd"}, language)); got != expected {
			t.Errorf("%q: %s\nwant %s", language, got, expected)
		}
	}

	w.merchant.Fees = w.merchant.Fees[:1]
	s := w.ask(acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: california, Buyer: &acp.Buyer{Email: "b@example.com"}}, "en")
	s = w.change(s.ID, acp.UpdateRequest{OrderNotes: acp.Some("Ring twice")}, "de")
	if got := said(s); got != "Mindermengenzuschlag (), email Neuigkeiten "+policy+", sms Offers " {
		t.Errorf("in another language later: %s", got)
	}
	paying := pay("tok_ok_1")
	paying.Consents = []acp.MarketingConsent{{Channel: "email", OptedIn: true}}
	if s = w.must(w.send(s.ID, paying)); s.Status != acp.Completed || said(s) != "Mindermengenzuschlag ()" {
		t.Fatal(s.Status, said(s))
	}
	r := w.store.Reader(context.Background())
	kept, err := r.Session("shop", s.ID)
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Order("shop", s.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c := kept.Facts().Consents; len(c) != 1 || c[0].Text != "Neuigkeiten" || fee(o.Totals) != "Mindermengenzuschlag ()" {
		t.Errorf("kept are %+v and %+v", c, o.Totals)
	}

	// The page asks in the same words, and about those channels alone that reach
	// the buyer.
	if asked := w.merchant.Asked(&checkout.Session{Session: acp.Session{Locale: "de", Buyer: &acp.Buyer{Email: "b@example.com"}}}); len(asked) != 1 || asked[0].DisplayText != "Neuigkeiten" {
		t.Errorf("the page asks %+v", asked)
	}
	if w.merchant.Consents[0].DisplayText != "News" {
		t.Error("the settings were written to")
	}
}
