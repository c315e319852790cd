package payment

import (
	"errors"

	"github.com/checkstand/checkstand/secret"
)

// ProofStatus is what an authentication came to.
type ProofStatus string

const (
	Authenticated ProofStatus = ""              // the issuer vouches for the buyer
	Attempted     ProofStatus = "attempted"     // the issuer does not take part; that it was asked is proved
	Informational ProofStatus = "informational" // the issuer was told, and vouches for nothing
)

// Proof is what a 3-D Secure authentication gave that the agent had the buyer
// go through. With it the issuer takes the charge for the buyer's own.
type Proof struct {
	Cryptogram    secret.String // CAVV or AAV, in base64
	ECI           string        // electronic commerce indicator: 01, 02, 05, 06, 07
	TransactionID string        // of the directory server
	Version       string        // of 3-D Secure, such as 2.2.0
	Status        ProofStatus
}

// Check refuses a proof that lacks a part.
func (p *Proof) Check() error {
	if p != nil && (p.Cryptogram.IsZero() || p.ECI == "" || p.TransactionID == "" || p.Version == "") {
		return errors.New("the proof of authentication lacks its cryptogram, indicator, transaction id or version")
	}
	return nil
}

// ProofTaker is a Provider whose PSP takes the proof of an authentication that
// was made elsewhere. A payment that needs one at any other is declined.
type ProofTaker interface {
	Provider
	// TakesProof reports whether this account does.
	TakesProof() bool
}

// TakesProof reports whether a provider is a ProofTaker whose account takes
// proofs.
func TakesProof(p Provider) bool {
	t, ok := p.(ProofTaker)
	return ok && t.TakesProof()
}
