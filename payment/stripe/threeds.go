package stripe

import (
	"context"
	"net/url"
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// threeDS is where a charge says what it knows of 3-D Secure.
const threeDS = "payment_method_options[card]"

// threeDSVersions are Stripe's spellings of the versions of 3-D Secure.
var threeDSVersions = []string{"2.1.0", "2.2.0", "2.3.1", "2.3.0"}

// TakesProof implements payment.ProofTaker. That Stripe takes a proof is in its
// specification; that it takes one with a shared payment token is not verified.
func (p *Provider) TakesProof() bool { return true }

// addThreeDS adds the proof of an authentication, or that one is wanted.
func addThreeDS(f *form, c payment.Charge) {
	if c.Proof == nil {
		if c.RequireAuthentication {
			f.add(threeDS+"[request_three_d_secure]", "any")
		}
		return
	}
	const proof = threeDS + "[three_d_secure]"
	f.add(proof+"[cryptogram]", c.Proof.Cryptogram.Reveal())
	f.add(proof+"[transaction_id]", c.Proof.TransactionID)
	f.add(proof+"[version]", version(c.Proof.Version))
	f.add(proof+"[electronic_commerce_indicator]", c.Proof.ECI)
}

// version completes a version that was written without its last part.
func version(v string) string {
	for _, known := range threeDSVersions {
		if v == known || strings.HasPrefix(known, v+".") {
			return known
		}
	}
	return v
}

// named asks the token of a payment that needs an authentication for its card's
// brand, where the answer does not tell it: that of a payment that waited, and
// was canceled for it. Without a brand nobody can be asked, and the payment is
// declined.
func (p *Provider) named(ctx context.Context, body []byte, r payment.Result) payment.Result {
	if r.Class != payment.ClassRequiresAction || r.Brand != "" {
		return r
	}
	sent, err := url.ParseQuery(string(body))
	token := sent.Get(p.cfg.TokenParameter)
	if err != nil || token == "" {
		return r
	}
	if g, _, err := p.granted(ctx, token); err == nil && g != nil {
		r.Brand = g.Method.Card.Brand
	}
	return r
}
