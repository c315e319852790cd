package braintree

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// passThru is the proof of a 3-D Secure authentication that was made elsewhere.
type passThru struct {
	ECI       string `json:"eci_flag"`
	CAVV      string `json:"cavv"`
	Directory string `json:"ds_transaction_id"`
	Version   string `json:"three_d_secure_version"`
	// Response is Y or A; the gateway's list has no word for a proof that is for
	// information alone.
	Response string `json:"directory_response,omitzero"`
}

// demand has the gateway reject a sale that comes without an authentication.
type demand struct {
	Required bool `json:"required"`
}

// TakesProof implements payment.ProofTaker. The shop has to ask for every
// authentication itself: a token works once, so that none is left for the proof
// after a first try.
func (p *Provider) TakesProof() bool { return true }

// threeDS puts in what the charge knows of 3-D Secure.
func (t *saleTransaction) threeDS(c payment.Charge) error {
	if c.Proof == nil {
		if c.RequireAuthentication {
			t.Options.ThreeDSecure = &demand{Required: true}
		}
		return nil
	}
	t.Proof = &passThru{ECI: c.Proof.ECI, CAVV: c.Proof.Cryptogram.Reveal(), Directory: c.Proof.TransactionID, Version: c.Proof.Version}
	if strings.Count(t.Proof.Version, ".") == 1 {
		t.Proof.Version += ".0" // the gateway wants all three parts
	}
	switch c.Proof.Status {
	case payment.Authenticated:
		t.Proof.Response = "Y"
	case payment.Attempted:
		t.Proof.Response = "A"
	}
	return c.Proof.Check()
}

// demanded is the option in a body that Build made.
var demanded = []byte(`"three_d_secure":{"required":true}`)

// unasked answers a charge that has to be authenticated and is not, without a
// sale: to look at a token or a card uses nothing up, a sale that the gateway
// rejects does. ok is false where the gateway has to decide: it does not know
// the token, or knows that it is used or authenticated already. Where it does not
// answer, nothing is sold and nothing is known: these bytes may have been sent
// before. err is as Send's.
func (p *Provider) unasked(ctx context.Context, body []byte) (result payment.Result, ok bool, err error) {
	if !bytes.Contains(body, demanded) {
		return payment.Result{}, false, nil
	}
	var sent saleRequest
	if err := json.Unmarshal(body, &sent); err != nil || sent.Transaction.Options.ThreeDSecure == nil {
		return payment.Result{}, false, nil
	}
	t := sent.Transaction
	path, root := []string{"payment_method_nonces", t.Nonce + t.SharedNonce}, rootNonce
	if t.Vaulted != "" {
		path, root = []string{"payment_methods", "any", t.Vaulted}, rootCard
	}
	if !pathPart.MatchString(path[len(path)-1]) {
		return payment.Result{}, false, nil
	}
	r, err := p.do(ctx, http.MethodGet, nil, path...)
	refused, outright := refusedOutright(r)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.Result{}, true, err
	case err != nil:
		return unknown(r, noAnswer), true, nil
	case outright:
		return refused, true, nil
	case r.Status == http.StatusNotFound:
		return payment.Result{}, false, nil
	case r.Status != http.StatusOK:
		return unknown(r, httpReason(r.Status)), true, nil
	}
	var m method
	if err := decode(r.Body, root, &m); err != nil || m.Consumed || m.ThreeDSecure.Shifted {
		return payment.Result{}, false, nil
	}
	return payment.Result{Class: payment.ClassRequiresAction, RequestID: requestID(r), DeclineCode: "not_authenticated",
		Brand: brands[m.Card+m.Details.Card]}, true, nil
}

// method is <payment-method-nonce> or <credit-card>, as far as it is read.
type method struct {
	Consumed bool   `xml:"consumed"`
	Card     string `xml:"card-type"`
	Details  struct {
		Card string `xml:"card-type"`
	} `xml:"details"`
	ThreeDSecure struct {
		Shifted bool `xml:"liability-shifted"`
	} `xml:"three-d-secure-info"`
}

// brands are Braintree's names of the card brands that have a directory server.
var brands = map[string]string{"Visa": "visa", "MasterCard": "mastercard", "American Express": "amex"}
