package adyen

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// mpiData is the proof of a 3-D Secure authentication that was made elsewhere,
// as in the OpenAPI document of v72.
type mpiData struct {
	CAVV      string `json:"cavv"`
	ECI       string `json:"eci"`
	Directory string `json:"dsTransID"`
	Response  string `json:"directoryResponse"`               // Y authenticated, A attempted, I informational
	Challenge string `json:"authenticationResponse,omitzero"` // the same, as the buyer's answer; it has no word for I
	Version   string `json:"threeDSVersion"`
}

// TakesProof implements payment.ProofTaker. That Adyen takes a proof is in its
// specification; that it takes one with a delegated token is not verified.
func (p *Provider) TakesProof() bool { return true }

// threeDS puts in what the charge knows of 3-D Secure. With a proof nobody is
// to be authenticated again.
func (r *paymentRequest) threeDS(c payment.Charge) {
	switch {
	case c.Proof != nil:
		directory, answer := statuses(c.Proof)
		r.Authentication = &authenticationData{"never"}
		r.MPI = &mpiData{CAVV: c.Proof.Cryptogram.Reveal(), ECI: c.Proof.ECI, Directory: c.Proof.TransactionID, Response: directory, Challenge: answer, Version: c.Proof.Version}
	case c.RequireAuthentication:
		r.Authentication = &authenticationData{"always"}
	}
}

// statuses are the results of an authentication as Adyen is told of them, never
// more than the indicator beside them says. Whether the buyer was asked a
// question nobody has told us.
func statuses(p *payment.Proof) (directory, answer string) {
	switch {
	case p.Status == payment.Informational, p.ECI == "07":
		return "I", ""
	case p.Status == payment.Attempted, p.ECI == "06", p.ECI == "01":
		return "A", "A"
	}
	return "Y", "Y"
}

// brands are Adyen's names of the card brands that have a directory server, in
// answers and in the paymentMethod of webhooks.
var brands = map[string]string{"visa": "visa", "mc": "mastercard", "amex": "amex"}

// brand is the card's, in the protocol's words; "" when the answer does not
// tell.
func (a paymentAnswer) brand() string { return brands[a.PaymentMethod.Brand] }

// wantsBuyer reports whether the text of a refusal is one of those of
// refusalCodes that ask for an authentication. A webhook has no code beside it,
// and no signature over it: nothing is charged either way.
func wantsBuyer(reason string) bool {
	return slices.ContainsFunc(refusalCodes, func(r row) bool {
		return r.Class == payment.ClassRequiresAction && strings.EqualFold(r.Text, strings.TrimSpace(reason))
	})
}
