package acp

// AuthenticationMetadata is what the agent needs to have the buyer
// authenticated by the card's issuer (3-D Secure). A session in status
// authentication_required always carries it.
type AuthenticationMetadata struct {
	AcquirerDetails AcquirerDetails `json:"acquirer_details"`
	DirectoryServer string          `json:"directory_server"` // american_express, mastercard, visa
	FlowPreference  *FlowPreference `json:"flow_preference,omitzero"`
	Browser         *Browser        `json:"browser,omitzero"` // as far as the agent told; versions before 2026-04-17 show it
}

// Browser is what an agent told of the browser that a buyer uses. Each field may
// be empty.
type Browser struct {
	IPAddress string `json:"ip_address,omitzero"`
	UserAgent string `json:"user_agent,omitzero"`
	Language  string `json:"language,omitzero"` // BCP 47
}

// AcquirerDetails names the shop's acquirer to the directory server.
type AcquirerDetails struct {
	AcquirerBIN        string `json:"acquirer_bin"`         // at most 11 digits
	AcquirerCountry    string `json:"acquirer_country"`     // ISO 3166-1 alpha-2
	AcquirerMerchantID string `json:"acquirer_merchant_id"` // at most 35 characters
	MerchantName       string `json:"merchant_name"`        // at most 40 characters
	RequestorID        string `json:"requestor_id,omitzero"`
}

// FlowPreference is the flow that the shop would like. Challenge is mandated
// or preferred, Frictionless is low_risk; each belongs to its Type.
type FlowPreference struct {
	Type         string    `json:"type"` // challenge, frictionless
	Challenge    *FlowKind `json:"challenge,omitzero"`
	Frictionless *FlowKind `json:"frictionless,omitzero"`
}

// FlowKind narrows a flow.
type FlowKind struct {
	Type string `json:"type,omitzero"`
}

// Outcomes of an authentication. Those after OutcomeInformational come
// without details.
const (
	OutcomeAuthenticated       = "authenticated"
	OutcomeAttemptAcknowledged = "attempt_acknowledged"
	OutcomeInformational       = "informational"
	OutcomeAbandoned           = "abandoned"
	OutcomeCanceled            = "canceled"
	OutcomeDenied              = "denied"
	OutcomeInternalError       = "internal_error"
	OutcomeNotSupported        = "not_supported"
	OutcomeProcessingError     = "processing_error"
	OutcomeRejected            = "rejected"
)

// AuthenticationResult is what came of it, as the agent reports it.
type AuthenticationResult struct {
	Outcome string
	Details *AuthenticationDetails // set for the first three outcomes
}

// AuthenticationDetails is the proof for the acquirer.
type AuthenticationDetails struct {
	Cryptogram    string // secret: never logged
	ECI           string // 01, 02, 05, 06, 07
	TransactionID string // of the directory server
	Version       string // 2.2.0
}
