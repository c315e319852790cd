package checkout_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// consents writes the answers that a session keeps: "email:yes a@example.com".
func (w *world) consents(id string) string {
	w.t.Helper()
	s, err := w.core.Get(w.t.Context(), w.call("").Caller, id)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, c := range s.Consents {
		answer := "no"
		if c.OptedIn {
			answer = "yes"
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s:%s %s", c.Channel, answer, c.Contact)))
	}
	return strings.Join(out, ", ")
}

// An answer that comes before the payment waits for the order, and is for the
// contact that the order has. Without an order nobody is written to.
func TestConsentBeforeThePayment(t *testing.T) {
	yes := func(channel string) acp.MarketingConsent {
		return acp.MarketingConsent{Channel: channel, OptedIn: true}
	}
	no := func(channel string) acp.MarketingConsent { return acp.MarketingConsent{Channel: channel} }
	for name, tt := range map[string]struct {
		updates [][]acp.MarketingConsent
		before  string
		pay     acp.CompleteRequest
		want    string
	}{
		"an answer":                 {[][]acp.MarketingConsent{{yes("email")}}, "email:yes", acp.CompleteRequest{}, "email:yes buyer@example.com"},
		"one that is taken back":    {[][]acp.MarketingConsent{{yes("email")}, {no("email")}}, "email:no", acp.CompleteRequest{}, "email:no buyer@example.com"},
		"the other one stays":       {[][]acp.MarketingConsent{{yes("email")}, {yes("sms")}}, "email:yes, sms:yes", acp.CompleteRequest{}, "email:yes buyer@example.com"},
		"a channel nobody asked of": {[][]acp.MarketingConsent{{yes("whatsapp"), yes("post")}}, "", acp.CompleteRequest{}, ""},
		"the buyer who pays is another": {[][]acp.MarketingConsent{{yes("email"), yes("sms")}}, "email:yes, sms:yes",
			acp.CompleteRequest{Buyer: &acp.Buyer{Email: "other@example.com", PhoneNumber: "+15550100"}}, "email:yes other@example.com, sms:yes +15550100"},
		"the later answer counts": {[][]acp.MarketingConsent{{yes("email")}}, "email:yes",
			acp.CompleteRequest{Consents: []acp.MarketingConsent{no("email")}}, "email:no buyer@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.merchant.Consents = []acp.MarketingConsentOption{{Channel: "email", DisplayText: "News"}, {Channel: "sms", DisplayText: "Offers"}}
			id := w.create("mug").ID
			w.update(id, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "buyer@example.com"})})
			for _, answers := range tt.updates {
				w.update(id, acp.UpdateRequest{Consents: answers})
			}
			if got := w.consents(id); got != tt.before {
				t.Errorf("before the payment it keeps %q, want %q", got, tt.before)
			}
			tt.pay.Payment = acp.PaymentData{HandlerID: checkout.CardHandler, InstrumentType: "card", CredentialType: "spt", Token: "tok_ok"}
			if s := w.must(w.core.Complete(t.Context(), w.call("/checkout_sessions/"+id+"/complete"), id, tt.pay)); s.Status != acp.Completed {
				t.Fatalf("it is %s: %v", s.Status, s.Messages)
			}
			if got := w.consents(id); got != tt.want {
				t.Errorf("with the order it keeps %q, want %q", got, tt.want)
			}
		})
	}
}
