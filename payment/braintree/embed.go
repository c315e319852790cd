package braintree

import "github.com/checkstand/checkstand/payment"

// DropIn is the address of Braintree's drop-in script.
const DropIn = "https://js.braintreegateway.com/web/dropin/1.46.0/js/dropin.min.js"

var _ payment.Embedded = (*Provider)(nil)

// Embed implements payment.Embedded.
func (p *Provider) Embed() payment.Embed {
	return payment.Embed{Name: "braintree-dropin", Script: DropIn,
		Sources: []string{"https://js.braintreegateway.com", "https://assets.braintreegateway.com", "https://*.braintreegateway.com", "https://*.braintree-api.com"}}
}
