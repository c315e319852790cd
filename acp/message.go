package acp

// MessageType tells an error from a warning from an info.
type MessageType string

const (
	Info         MessageType = "info"
	Warning      MessageType = "warning"
	ErrorMessage MessageType = "error"
)

// Message codes in use. The error codes after CodeRequires3DS exist from
// 2026-01-30 on; package wire replaces them for older versions.
const (
	CodeMissing         = "missing"
	CodeInvalid         = "invalid"
	CodeOutOfStock      = "out_of_stock"
	CodePaymentDeclined = "payment_declined"
	CodeRequiresSignIn  = "requires_sign_in"
	CodeRequires3DS     = "requires_3ds"

	CodeLowStock             = "low_stock" // error and warning
	CodeQuantityExceeded     = "quantity_exceeded"
	CodeMinimumNotMet        = "minimum_not_met"
	CodeMaximumExceeded      = "maximum_exceeded"
	CodeRegionRestricted     = "region_restricted"
	CodeUnsupported          = "unsupported"
	CodeNotFound             = "not_found"
	CodeConflict             = "conflict"
	CodeExpired              = "expired"
	CodeInterventionRequired = "intervention_required"

	CodeCouponInvalid           = "coupon_invalid"
	CodeCouponExpired           = "coupon_expired"
	CodeAgeVerificationRequired = "age_verification_required"
	CodeApprovalRequired        = "approval_required"
	CodeRateLimited             = "rate_limited"

	// Warnings only; the reasons of a rejected discount code are warnings too.
	CodePriceChange         = "price_change"
	CodeHighDemand          = "high_demand"
	CodeShippingDelay       = "shipping_delay"
	CodeExpiringPromotion   = "expiring_promotion"
	CodeLimitedAvailability = "limited_availability"
)

// Resolutions of an error message: who can cure it.
const (
	Recoverable         = "recoverable"           // the agent alone
	RequiresBuyerInput  = "requires_buyer_input"  // the buyer must give something
	RequiresBuyerReview = "requires_buyer_review" // the buyer must look and agree
)

// Message tells agent and buyer about the state of a session. Code is set on
// warnings and errors only; Resolution on errors only.
type Message struct {
	Type        MessageType `json:"type"`
	Code        string      `json:"code,omitzero"`
	Param       string      `json:"param,omitzero"` // RFC 9535 JSONPath into the session
	Severity    string      `json:"severity,omitzero"`
	Resolution  string      `json:"resolution,omitzero"`
	ContentType string      `json:"content_type"` // plain or markdown
	Content     string      `json:"content"`
}
