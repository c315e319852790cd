package stripe

import (
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// defaultTokenParameter is where POST /v1/payment_intents takes a shared
// payment token since 2026. It was shared_payment_token, then
// shared_payment_granted_token at the top.
const defaultTokenParameter = "payment_method_data[shared_payment_granted_token]"

// Keys of the metadata that tie Stripe's objects to ours.
const (
	metaAttempt = "acp_payment_id"
	metaSession = "acp_session_id"
	metaOrder   = "acp_order_id"
	metaOp      = "acp_op_id"      // of a refund
	metaCapture = "acp_capture_id" // on a payment: the Op that captured it
	metaHosted  = "acp_hosted"     // "true" on a payment that is made on a payment page
)

// Limits of Stripe's on what is sent.
const (
	maxDescription = 1000 // characters
	maxEmail       = 512  // bytes
)

// Build implements payment.Provider. Stripe has the buyer's billing address
// with the token, so none is sent.
func (p *Provider) Build(c payment.Charge) ([]byte, error) {
	units, err := p.check(c)
	if err != nil {
		return nil, err
	}
	var f form
	f.addInt("amount", units)
	f.add("currency", c.Currency)
	f.add("confirm", "true")
	if err := p.addMethod(&f, c); err != nil {
		return nil, fmt.Errorf("stripe payments: %w", err)
	}
	f.add("capture_method", captureMethod(c.Capture))
	// Methods that need a redirect fail at once: there is no browser to send on.
	f.add("automatic_payment_methods[enabled]", "true")
	f.add("automatic_payment_methods[allow_redirects]", "never")
	if !p.cfg.AllowAction {
		f.add("error_on_requires_action", "true")
	}
	addThreeDS(&f, c)
	f.add("description", description(c))
	f.add("receipt_email", p.receiptEmail(c))
	addMetadata(&f, "metadata", c)
	return f.b, nil
}

// addMethod adds what pays: the card that Stripe keeps for a customer of the
// shop's, a test card, or the agent's token.
func (p *Provider) addMethod(f *form, c payment.Charge) error {
	if s := c.Credential.Stored; !s.IsZero() {
		f.add("customer", s.Customer)
		f.add("payment_method", s.Card)
		return p.CheckStored(s)
	}
	token, err := c.Token()
	if p.Reusable(c.Credential) {
		f.add("payment_method", token)
	} else {
		f.add(p.cfg.TokenParameter, token)
	}
	return err
}

// check refuses what cannot be charged and gives the amount in Stripe's units.
func (p *Provider) check(c payment.Charge) (units int64, err error) {
	if err := c.Check(); err != nil {
		return 0, fmt.Errorf("stripe payments: %w", err)
	}
	if p.cfg.MerchantID != "" && c.MerchantID != "" && c.MerchantID != p.cfg.MerchantID {
		return 0, fmt.Errorf("stripe payments: the charge is for %q, this account is %q", c.MerchantID, p.cfg.MerchantID)
	}
	if units, err = toStripe(c.Amount, c.Currency); err != nil {
		return 0, fmt.Errorf("stripe payments: amount: %w", err)
	}
	return units, nil
}

func captureMethod(m payment.CaptureMode) string {
	if m == payment.CaptureLater {
		return "manual"
	}
	return "automatic"
}

// description is for the merchant's eyes, in Stripe's dashboard.
func description(c payment.Charge) string {
	return clip(strings.TrimSpace(c.StatementText+" "+c.OrderID), maxDescription)
}

func (p *Provider) receiptEmail(c payment.Charge) string {
	if !p.cfg.ReceiptEmail || len(c.BuyerEmail) > maxEmail {
		return ""
	}
	return c.BuyerEmail
}

func addMetadata(f *form, under string, c payment.Charge) {
	f.add(under+"["+metaAttempt+"]", c.AttemptID)
	f.add(under+"["+metaSession+"]", c.SessionID)
	f.add(under+"["+metaOrder+"]", c.OrderID)
}
