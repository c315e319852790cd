package wire

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// payment reads payment_data in either form: handler_id with
// instrument.credential (2026-01-30 and later), or provider with token
// (before). The version only decides what is asked for when something is
// missing. Some agents name the provider as the type, and some say the handler
// in the instrument.
func (r *reader) payment(v value) acp.PaymentData {
	var p acp.PaymentData
	if !v.require("how to pay") || !v.object() {
		return p
	}
	handler, provider := v.get("handler_id"), v.get("provider")
	instrument, flat, kind := v.get("instrument"), v.get("token"), v.get("type")
	if !handler.given() && instrument.kind() == '{' {
		if within := instrument.get("handler_id"); within.given() {
			handler = within
		}
	}
	if !handler.given() && !provider.given() && flat.given() && !kindOfPayment(kind.text(acp.MaxText)) && kind.given() {
		provider, kind = kind, provider
	}
	if order := v.get("purchase_order_number"); order.given() && !handler.given() && !provider.given() {
		return r.purchaseOrder(v, order)
	}

	p.HandlerID, p.Provider = handler.text(acp.MaxText), provider.text(acp.MaxText)
	p.HandlerParam = handler.path()
	switch {
	case p.HandlerID != "":
	case p.Provider != "":
		p.HandlerParam = provider.path()
	case !handler.given() && !provider.given() && flat.given() && !instrument.given() && kind.text(acp.MaxText) != "":
		p.HandlerParam = kind.path()
	case r.rule.provider:
		p.HandlerParam = provider.path()
		provider.requiredText(acp.MaxText, "the payment provider that issued the token")
	default:
		handler.requiredText(acp.MaxText, "the id of one of capabilities.payment.handlers")
	}

	if instrument.given() || !flat.given() && !r.rule.provider {
		if !instrument.require("the instrument, {\"type\": \"card\", \"credential\": {...}}") || !instrument.object() {
			return p
		}
		p.InstrumentType = instrument.get("type").requiredText(acp.MaxText, "the type of the instrument, such as card")
		credential := instrument.get("credential")
		if !credential.require("the credential, {\"type\": \"spt\", \"token\": \"...\"}") || !credential.object() {
			return p
		}
		p.CredentialType = credential.get("type").requiredText(acp.MaxText, "the type of the credential, such as spt")
		p.Token, p.TokenParam = r.token(credential.get("token"))
	} else {
		p.InstrumentType, p.CredentialType = "card", kind.text(acp.MaxText)
		if p.CredentialType == "" || namesCard(p.CredentialType) {
			p.CredentialType = "spt"
		}
		v.get("payment_method_details") // brand and last four for display; the PSP knows better
		p.Token, p.TokenParam = r.token(flat)
	}
	if billing := v.get("billing_address"); billing.object() {
		a := r.address(billing)
		p.Billing = &a
	}
	return p
}

// kindOfPayment reports whether the type of a payment_data with a token says
// what is paid with, rather than which provider issued the token.
func kindOfPayment(s string) bool {
	switch s {
	case "", "spt", "shared_payment_token", "vault_token", "payment_token", "token", "nonce":
		return true
	}
	return namesCard(s)
}

// namesCard reports whether a type says that a card pays.
func namesCard(s string) bool {
	switch s {
	case "card", "credit_card", "debit_card", "tokenized_card":
		return true
	}
	return false
}

// token reads an opaque payment token. No message shows any of it.
func (r *reader) token(v value) (token, param string) {
	token = v.requiredText(acp.MaxToken, "the payment token")
	for i := 0; i < len(token); i++ {
		if token[i] <= ' ' || token[i] > '~' {
			v.refuse("Not a payment token. Send it as the payment provider issued it: visible ASCII without spaces.")
			return "", v.path()
		}
	}
	return token, v.path()
}

// authentication reads the result of a 3-D Secure authentication.
func (r *reader) authentication(v value) *acp.AuthenticationResult {
	if !v.object() {
		return nil
	}
	outcome := v.get("outcome")
	outcome.require("the outcome of the authentication, such as authenticated")
	a := &acp.AuthenticationResult{Outcome: outcome.oneOf(
		acp.OutcomeAuthenticated, acp.OutcomeAttemptAcknowledged, acp.OutcomeInformational,
		acp.OutcomeAbandoned, acp.OutcomeCanceled, acp.OutcomeDenied, acp.OutcomeInternalError,
		acp.OutcomeNotSupported, acp.OutcomeProcessingError, acp.OutcomeRejected,
		"attempt", "failed", "unavailable",
	)}
	if today := outcomes20260116[a.Outcome]; today != "" {
		a.Outcome = today
	}
	details := v.get("outcome_details")
	switch a.Outcome {
	case acp.OutcomeAuthenticated, acp.OutcomeAttemptAcknowledged, acp.OutcomeInformational:
		details.require("the cryptogram and what goes with it; this outcome needs it")
	}
	if details.object() {
		eci := details.get("electronic_commerce_indicator")
		a.Details = &acp.AuthenticationDetails{
			Cryptogram:    details.get("three_ds_cryptogram").requiredText(acp.MaxText, "the 3-D Secure cryptogram"),
			ECI:           twoDigits(eci.oneOf("01", "02", "05", "06", "07", "1", "2", "5", "6", "7")),
			TransactionID: details.get("transaction_id").requiredText(acp.MaxText, "the transaction id of the directory server"),
			Version:       threeDSVersion(details.get("version").requiredText(acp.MaxText, "the 3-D Secure version, such as 2.2.0")),
		}
		eci.require("the electronic commerce indicator")
	}
	return a
}

// outcomes20260116 are the outcomes that 2026-01-16 alone had, in today's words.
var outcomes20260116 = map[string]string{
	"attempt":     acp.OutcomeAttemptAcknowledged,
	"failed":      acp.OutcomeDenied,
	"unavailable": acp.OutcomeProcessingError,
}

// twoDigits writes an electronic commerce indicator as the schemas have it.
func twoDigits(eci string) string {
	if len(eci) == 1 {
		return "0" + eci
	}
	return eci
}

// threeDSVersion writes 2.1 as 2.1.0, which is how providers read it.
func threeDSVersion(s string) string {
	if len(s) == 3 && strings.HasPrefix(s, "2.") {
		return s + ".0"
	}
	return s
}

// riskSignals reads hints for fraud checks. They are never a reason to refuse
// a request: what does not fit is left out.
func (r *reader) riskSignals(v value) *acp.RiskSignals {
	if v.kind() != '{' {
		return nil
	}
	hint := func(name string) string {
		h := v.get(name)
		if h.kind() != '"' || len(r.doc.nodes[h.at].text) > maxHint {
			return ""
		}
		return r.doc.nodes[h.at].text
	}
	return &acp.RiskSignals{
		IPAddress:         hint("ip_address"),
		UserAgent:         hint("user_agent"),
		AcceptLanguage:    hint("accept_language"),
		SessionID:         hint("session_id"),
		DeviceFingerprint: hint("device_fingerprint"),
	}
}

// maxHint bounds one risk signal in bytes.
const maxHint = 2048
