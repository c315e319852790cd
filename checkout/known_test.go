package checkout_test

import (
	"context"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// What is delivered by e-mail is not sold to nobody; what is sent to an address
// needs no e-mail address.
func TestElectronicGoodsNeedAnEMailAddress(t *testing.T) {
	contact := func(email string) acp.Opt[acp.FulfillmentDetailsPatch] {
		return acp.Some(acp.FulfillmentDetailsPatch{Email: acp.Some(email)})
	}
	for name, c := range map[string]struct {
		items  []string
		before acp.UpdateRequest
		buyer  *acp.Buyer // with the payment
		sold   bool
	}{
		"nothing is known":                      {items: []string{"ebook"}},
		"a telephone number is":                 {items: []string{"ebook"}, before: acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{PhoneNumber: "+15550100"})}},
		"one of two things is electronic":       {items: []string{"mug", "ebook"}},
		"the buyer has an address":              {items: []string{"ebook"}, before: acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com"})}, sold: true},
		"the delivery has one":                  {items: []string{"ebook"}, before: acp.UpdateRequest{FulfillmentDetails: contact("b@example.com")}, sold: true},
		"the buyer comes with the payment":      {items: []string{"mug", "ebook"}, buyer: &acp.Buyer{Email: "b@example.com"}, sold: true},
		"what is sent needs a postal address":   {items: []string{"mug"}, sold: true},
		"the payment takes the buyer's address": {items: []string{"ebook"}, before: acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com"})}, buyer: &acp.Buyer{PhoneNumber: "+15550100"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.create(c.items...)
			if c.before.Buyer.Set || c.before.FulfillmentDetails.Set {
				s = w.update(s.ID, c.before)
			}
			if s.Status != acp.ReadyForPayment {
				t.Fatal(s.Status) // the buyer may come with the payment
			}
			req := pay("tok_ok")
			req.Buyer = c.buyer
			a := w.core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, req)
			if c.sold {
				w.must(a)
				w.settled(s.ID, true)
				return
			}
			param := "$.buyer" // of the request
			if c.buyer != nil {
				param = "$.buyer.email"
			}
			w.refused(a, 400, acp.CodeMissing, param)
			if n, _ := w.psp.taken(); n != 0 {
				t.Errorf("%d charges", n)
			}
		})
	}
}

// A version that has to show a buyer in every completed session is not made to
// show one without, even where the session came from a version that does not.
func TestAVersionAsksForWhatItsAnswerNeeds(t *testing.T) {
	page, _ := wire.For(acp.V20250912)
	for name, c := range map[string]struct {
		buyer acp.Opt[acp.Buyer]
		items []string
		sent  *acp.Buyer // with the payment
		param string     // of the refusal; "" is none
	}{
		"no buyer":                          {items: []string{"mug"}, param: "$.buyer"},
		"a buyer without an address":        {items: []string{"mug"}, buyer: acp.Some(acp.Buyer{FullName: "Test Buyer"}), param: "$.buyer"},
		"one with the payment":              {items: []string{"mug"}, sent: &acp.Buyer{FullName: "Test Buyer"}, param: "$.buyer.email"},
		"a name at the delivery":            {items: []string{"mug"}, buyer: acp.Some(acp.Buyer{Email: "b@example.com"})},
		"a buyer with a name":               {items: []string{"mug"}, buyer: acp.Some(acp.Buyer{Email: "b@example.com", FullName: "Test Buyer"})},
		"a buyer with two names":            {items: []string{"mug"}, buyer: acp.Some(acp.Buyer{Email: "b@example.com", FirstName: "Test", LastName: "Buyer"})},
		"what is not ready says why itself": {items: []string{"vase"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.create(c.items...)
			if c.buyer.Set {
				s = w.update(s.ID, acp.UpdateRequest{Buyer: c.buyer})
			}
			call := w.call("/checkout_sessions/" + s.ID + "/complete")
			call.Completable = page.Completable
			req := pay("tok_ok")
			req.Buyer = c.sent
			a := w.core.Complete(context.Background(), call, s.ID, req)
			if c.param != "" {
				w.refused(a, 400, acp.CodeMissing, c.param)
				return
			}
			w.must(a)
		})
	}
	if e := page.Completable(&acp.Session{Buyer: &acp.Buyer{Email: "b@example.com"}}); e == nil || e.Param != "$.buyer.name" {
		t.Errorf("a buyer without a name: %v", e)
	}
}
