package adyen_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// The webhook of a refusal may come before the answer. It says as much about the
// bank's wish and the card's brand, in fields that are not signed: none of them
// makes a payment of a refusal, or a refusal of a payment.
func TestAWebhookMayBeTheFirstToSayThatTheBankWantsTheBuyer(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	says := func(reason, method string) func(map[string]any) {
		return func(m map[string]any) { m["reason"], m["paymentMethod"] = reason, method }
	}
	for name, c := range map[string]struct {
		item  map[string]any
		class payment.Class
		brand string
	}{
		"authentication required":  {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false, says("Authentication required", "visa")), payment.ClassRequiresAction, "visa"},
		"in capitals":              {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false, says("AUTHENTICATION REQUIRED", "mc")), payment.ClassRequiresAction, "mastercard"},
		"held":                     {event("AUTHORISATION", "P1", "", "pay_1-held", 1999, "USD", false, says("3D Not Authenticated", "amex")), payment.ClassRequiresAction, "amex"},
		"of a card without server": {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false, says("Authentication required", "jcb")), payment.ClassRequiresAction, ""},
		"another reason":           {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false, says("Not enough balance", "visa")), payment.ClassDeclined, ""},
		"no reason":                {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false, says("", "visa")), payment.ClassDeclined, ""},
		"of a payment":             {event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", true, says("Authentication required", "visa")), payment.ClassCaptured, ""},
		"on a page":                {event("AUTHORISATION", "P1", "", "pay_1-page", 1999, "USD", false, says("Authentication required", "visa")), payment.ClassUnknown, ""},
		"of a move":                {event("CAPTURE", "O1", "P1", "op_1", 1999, "USD", false, says("Authentication required", "visa")), payment.ClassDeclined, ""},
	} {
		notices, _, err := p.ReceiveWebhook(adyentest.Webhook("false", c.item))
		if err != nil || len(notices) != 1 {
			t.Fatalf("%s: %+v, %v", name, notices, err)
		}
		n := notices[0]
		if diff := cmp.Diff([]any{c.class, c.brand, c.class != payment.ClassUnknown}, []any{n.Result.Class, n.Result.Brand, n.Final}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A proof is passed on for what it is: an issuer that was only told of the
// payment has authenticated nobody.
func TestAProofSaysNoMoreThanItIs(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	for _, test := range []struct {
		status            payment.ProofStatus
		eci               string
		directory, answer any
	}{
		{payment.Authenticated, "05", "Y", "Y"},
		{payment.Authenticated, "02", "Y", "Y"},
		{payment.Authenticated, "06", "A", "A"},
		{payment.Attempted, "05", "A", "A"},
		{payment.Attempted, "01", "A", "A"},
		{payment.Attempted, "07", "I", nil},
		{payment.Informational, "06", "I", nil},
		{payment.Informational, "07", "I", nil},
	} {
		c := charge
		proof := paymenttest.AnyProof(t, c)
		proof.Status, proof.ECI = test.status, test.eci
		c.Proof = &proof
		body, err := p.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		var sent struct {
			MPI map[string]any `json:"mpiData"`
		}
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		if sent.MPI["directoryResponse"] != test.directory || sent.MPI["authenticationResponse"] != test.answer || sent.MPI["eci"] != test.eci {
			t.Errorf("%q with indicator %s: %v", test.status, test.eci, sent.MPI)
		}
	}
}
