package checkout

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/text"
)

// ThreeDSMode says when buyers have to be authenticated by their card's issuer.
type ThreeDSMode string

const (
	ThreeDSNever        ThreeDSMode = "never"         // a payment that needs it is declined
	ThreeDSWhenRequired ThreeDSMode = "when_required" // when issuer or PSP ask for it
	ThreeDSAlways       ThreeDSMode = "always"        // every payment
)

// ThreeDSFlow is whether the shop would like its buyers to be asked a question.
// The issuer decides.
type ThreeDSFlow string

const (
	FlowOpen            ThreeDSFlow = ""                    // as the issuer sees fit
	ChallengeMandated   ThreeDSFlow = "challenge_mandated"  // has to be asked, by law or the shop's own rule
	ChallengePreferred  ThreeDSFlow = "challenge_preferred" //
	FrictionlessLowRisk ThreeDSFlow = "frictionless"        // better not: the shop sees little risk
)

// preference is the flow in the protocol's words; nil where the shop has none.
func (f ThreeDSFlow) preference() *acp.FlowPreference {
	switch f {
	case ChallengeMandated:
		return &acp.FlowPreference{Type: "challenge", Challenge: &acp.FlowKind{Type: "mandated"}}
	case ChallengePreferred:
		return &acp.FlowPreference{Type: "challenge", Challenge: &acp.FlowKind{Type: "preferred"}}
	case FrictionlessLowRisk:
		return &acp.FlowPreference{Type: "frictionless", Frictionless: &acp.FlowKind{Type: "low_risk"}}
	}
	return nil
}

// ThreeDS is what a shop has settled about 3-D Secure at one account.
type ThreeDS struct {
	Mode     ThreeDSMode
	Flow     ThreeDSFlow
	Acquirer acp.AcquirerDetails // named to the directory server; without it nobody can be authenticated
}

// Versions of 3-D Secure whose proofs are taken, as payment handlers name them.
var threeDSVersions = []string{"2.1", "2.2", "2.3"}

const (
	threeDS             = "3ds" // the intervention
	authenticationParam = "$.authentication_result"
	metadataParam       = "$.authentication_metadata"
)

// authenticates reports whether payments at this account can be authenticated
// by way of the agent.
func (p PaymentSetup) authenticates() bool {
	return (p.ThreeDS.Mode == ThreeDSWhenRequired || p.ThreeDS.Mode == ThreeDSAlways) && p.ThreeDS.Acquirer.AcquirerBIN != "" && payment.TakesProof(p.Provider)
}

// demandsProof reports whether the shop wants every payment at this account
// authenticated, wherever the buyer makes it.
func (p PaymentSetup) demandsProof() bool {
	return p.authenticates() && p.ThreeDS.Mode == ThreeDSAlways
}

// Authentication is what a session knows of the 3-D Secure authentication of
// its payment. It binds a proof to the session, the amount and the token that
// it was asked for.
type Authentication struct {
	AttemptID string                      `json:"attempt_id"` // that may ask for it; once there is a proof, that carries it
	Token     []byte                      `json:"token"`      // keyed digest of the payment token and its handler
	Amount    int64                       `json:"amount"`
	Brand     string                      `json:"brand,omitzero"` // of a saved card; of others the PSP tells
	Proven    bool                        `json:"proven,omitzero"`
	Metadata  *acp.AuthenticationMetadata `json:"metadata,omitzero"` // once it was asked for
	Browser   *acp.Browser                `json:"browser,omitzero"`  // while a payment may need it
}

// canAuthenticate reports whether the session's agent can have a buyer
// authenticated, and the shop takes the proof. It decides what is offered, not
// what is demanded.
func (s *Session) canAuthenticate(setup PaymentSetup) bool {
	return setup.authenticates() && s.Interventions != nil && slices.Contains(s.Interventions.Supported, threeDS)
}

// prepareAuthentication notes with the attempt that is about to be sent what a
// later proof will be held against, or that this one carries it.
func (p *purchase) prepareAuthentication(sess *Session, a *payment.Attempt, charge *payment.Charge) {
	setup := p.merchant.Payment(sess.Live)
	if p.proof != nil {
		charge.Proof = p.proof
		sess.Authentication.AttemptID, sess.Authentication.Proven = a.ID, true
		return
	}
	sess.Authentication = nil
	charge.RequireAuthentication = setup.demandsProof()
	if p.cred.Type == payment.FromScript {
		return // what the page's script has not had authenticated, no agent can
	}
	if sess.canAuthenticate(setup) {
		sess.Authentication = &Authentication{AttemptID: a.ID, Token: p.box.Fingerprints(p.instrument())[0], Amount: a.Amount, Brand: p.brand, Browser: browserOf(p.req.RiskSignals)}
	}
}

// instrument is what a proof is of: the token, and the handler beside it where
// that is not the shop's one for cards.
func (p *purchase) instrument() string {
	if h := p.req.Payment.HandlerID; h != "" && h != CardHandler {
		return p.req.Payment.Token + "@" + h
	}
	return p.req.Payment.Token
}

// takeProof reads what the agent reports of an authentication that the session
// asked for. It refuses a result that is missing or belongs to another token;
// the session is unchanged then.
func (p *purchase) takeProof(sess *Session) *acp.Error {
	p.proof = nil
	r := p.req.Authentication
	switch {
	case sess.Status != acp.AuthenticationRequired:
		return nil // see unasked
	case r == nil:
		return acp.Refused(http.StatusBadRequest, acp.CodeRequires3DS, authenticationParam,
			"This session waits for the buyer's authentication. Repeat the request with authentication_result, whatever its outcome; report canceled to pay in another way.")
	}
	if !proves(r.Outcome) {
		return nil
	}
	if r.Details == nil {
		return acp.Missing(authenticationParam+".outcome_details",
			"This outcome needs the cryptogram and what goes with it. Send outcome_details.")
	}
	if !slices.ContainsFunc(p.box.Fingerprints(p.instrument()), func(fp []byte) bool { return string(fp) == string(sess.Authentication.Token) }) {
		return acp.Invalid(p.req.Payment.TokenParam,
			"The buyer was authenticated for another payment token. Send that one, or report the outcome canceled and pay with the new one.")
	}
	p.proof = &payment.Proof{Cryptogram: secret.New(r.Details.Cryptogram), ECI: r.Details.ECI,
		TransactionID: r.Details.TransactionID, Version: r.Details.Version, Status: proofStatus[r.Outcome]}
	if err := p.proof.Check(); err != nil {
		return acp.Missing(authenticationParam+".outcome_details", "Send cryptogram, indicator, transaction id and version.")
	}
	if !slices.ContainsFunc(threeDSVersions, func(v string) bool { return p.proof.Version == v || strings.HasPrefix(p.proof.Version, v+".") }) {
		return acp.Invalid(authenticationParam+".outcome_details.version", "No proof of this version of 3-D Secure is taken. The payment handler names those that are.")
	}
	return nil
}

// proofStatus is what the outcomes with a proof came to.
var proofStatus = map[string]payment.ProofStatus{acp.OutcomeAuthenticated: payment.Authenticated,
	acp.OutcomeAttemptAcknowledged: payment.Attempted, acp.OutcomeInformational: payment.Informational}

// proves reports whether an outcome comes with a proof for the acquirer.
func proves(outcome string) bool {
	_, ok := proofStatus[outcome]
	return ok
}

// authenticated takes a session that waited for its authentication on: to be
// paid with the proof, if there is one, and back to ready_for_payment if not.
func (p *purchase) authenticated(tx Tx, sess *Session, now time.Time) (goOn bool, err error) {
	if p.proof == nil {
		sess.Authentication = nil
		sess.say(authenticationFailed(p.req.Authentication.Outcome, p.merchant.texts(sess)))
		return false, sess.become(acp.ReadyForPayment)
	}
	if err := p.useProof(tx, sess, now); err != nil {
		return false, err
	}
	return true, sess.become(acp.ReadyForPayment)
}

// unasked deals with a result that came before anybody asked. One that proves
// something is not bound to this payment and is not used: if the issuer wants
// it, the session asks, and takes the same one then. After one that says no,
// nothing is charged.
func (p *purchase) unasked(tx Tx, sess *Session) (goOn bool, err error) {
	r := p.req.Authentication
	if r == nil || sess.Status != acp.ReadyForPayment {
		return true, nil
	}
	if r.Details != nil {
		if _, err := p.newMarks(tx, sess, r.Details); err != nil {
			return false, err
		}
	}
	switch r.Outcome {
	case acp.OutcomeDenied, acp.OutcomeRejected, acp.OutcomeCanceled, acp.OutcomeAbandoned:
		sess.say(authenticationFailed(r.Outcome, p.merchant.texts(sess)))
		return false, nil
	}
	return true, nil
}

// askForAuthentication opens the session for a proof, after an attempt that
// came to nothing for want of one. It reports whether it did: not where agent,
// shop or card cannot be authenticated, nor for an attempt that carried a proof
// already.
func (s *Session) askForAuthentication(m *Merchant, a *payment.Attempt, brand string) bool {
	asked := s.Authentication
	if asked == nil || asked.AttemptID != a.ID {
		return false
	}
	switch {
	case a.Class == payment.ClassRequiresAction && !asked.Proven:
		setup := m.Payment(s.Live)
		server, known := directoryServers[cmp.Or(brand, asked.Brand)]
		if !known || !setup.authenticates() {
			return false
		}
		asked.Metadata = &acp.AuthenticationMetadata{AcquirerDetails: setup.ThreeDS.Acquirer, DirectoryServer: server, Browser: asked.Browser,
			FlowPreference: setup.ThreeDS.Flow.preference()}
	case a.State == payment.Failed && asked.Proven:
		// Nothing was charged and the proof is as good as it was.
		asked.Proven = false
	default:
		return false
	}
	return asked.Metadata != nil
}

// directoryServers are those of the brands that the protocol knows one of.
var directoryServers = map[string]string{"visa": "visa", "mastercard": "mastercard", "amex": "american_express"}

// authenticationMessage is said while the session waits.
func authenticationMessage(t *text.Texts) acp.Message {
	return acp.Message{Type: acp.ErrorMessage, Code: acp.CodeRequires3DS, Resolution: acp.RequiresBuyerReview,
		Param: metadataParam, ContentType: "plain", Content: t.Say("bank.asks")}
}

// authenticationFailed tells of an authentication that proves nothing. Nothing
// is charged after one, whatever the reason.
func authenticationFailed(outcome string, t *text.Texts) acp.Message {
	m := acp.Message{Type: acp.ErrorMessage, Code: acp.CodePaymentDeclined, Resolution: acp.RequiresBuyerInput, Param: paymentParam, ContentType: "plain"}
	switch outcome {
	case acp.OutcomeAbandoned, acp.OutcomeCanceled:
		m.Content = t.Say("bank.not_confirmed")
	case acp.OutcomeDenied, acp.OutcomeRejected:
		m.Content = t.Say("bank.refused")
	default:
		m.Code = acp.CodeRequires3DS
		m.Content = t.Say("bank.unreachable")
	}
	return m
}
