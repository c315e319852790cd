package acp

import (
	"strings"
	"time"
)

// Opt is a field of an update: absent (keep), null (clear) or a value.
type Opt[T any] struct {
	Set   bool // the request has the field, be it null
	Null  bool
	Value T
}

// Some is a field that was sent with a value.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, Value: v} }

// Limits of a request that nobody chooses; a longer one is refused with 400 and
// the field's path.
const (
	MaxText        = 256 // names, e-mail addresses, identifiers of buyers
	MaxItemID      = 255
	MaxAddressLine = 255
	MaxPostalCode  = 20
	MaxOrderNotes  = 5000
	MaxToken       = 4096

	MaxEmail        = 254
	MaxGroups       = 20 // entries of fulfillment_groups
	MaxGroupID      = 64
	MaxInstructions = 500 // of a fulfillment group
	MaxSelections   = 50  // entries of selected_fulfillment_options and their item_ids lists
	MaxTraceSummary = 500 // intent_trace.trace_summary
	MaxCapabilities = 64  // entries of each capability list
	MaxConsents     = 20  // entries of marketing_consents
)

// RequestedItem is one line as the agent asks for it. Quantity is at least 1.
// UnitAmount is the price the agent believes in, be it sent as the unit_amount
// or as the suggested_price that it has from a feed; 0 with HasUnitAmount false
// when it said none. Suggested is the latter, nil for none.
type RequestedItem struct {
	ID            string
	Quantity      int64
	UnitAmount    int64
	HasUnitAmount bool
	Suggested     *SuggestedPrice
}

// SuggestedPrice is a price that a feed told an agent. ObservedAt is zero when
// the agent did not say when.
type SuggestedPrice struct {
	Amount     int64 // minor units, of one unit
	ObservedAt time.Time
}

// CreateRequest opens a session. Currency is empty when the version does not
// send one; the shop's own is meant then. With CartID, the items and the buyer
// are those of the cart, and Items and Buyer are empty.
type CreateRequest struct {
	CartID             string
	Items              []RequestedItem
	Currency           string
	Capabilities       RequestedCapabilities
	Buyer              *Buyer
	FulfillmentDetails *FulfillmentDetails
	FulfillmentGroups  []FulfillmentGroup
	Attribution        *Attribution
	DiscountCodes      []string
	Locale             string
	Timezone           string
	QuoteID            string
	Metadata           map[string]any
	OrderNotes         string
	GiftWrap           Opt[GiftWrap]
	Tip                Opt[int64]
}

// GiftWrap says whether and how goods are wrapped. The protocol has the object
// and a total of its name, and no request with it: Checkstand reads it as
// gift_wrap in create and update, and a tip beside it as {"amount": minor units}.
type GiftWrap struct {
	Enabled bool   `json:"enabled"`
	Style   string `json:"style,omitzero"` // birthday, holiday, elegant
}

// RequestedCapabilities is what the agent says it can do.
type RequestedCapabilities struct {
	Interventions *Interventions
	Extensions    []string
}

// UpdateRequest changes a session: what is absent stays. Items replaces the
// whole list, and so does FulfillmentGroups. FulfillmentDetails is merged member
// by member.
type UpdateRequest struct {
	Items              Opt[[]RequestedItem]
	Buyer              Opt[Buyer]
	FulfillmentDetails Opt[FulfillmentDetailsPatch]
	FulfillmentGroups  Opt[[]FulfillmentGroup]
	Selected           Opt[[]SelectedFulfillmentOption]
	DiscountCodes      Opt[[]string]
	OrderNotes         Opt[string]
	GiftWrap           Opt[GiftWrap]
	Tip                Opt[int64]
	// Consents are the buyer's answers about marketing, given before the payment;
	// a channel that is not named stays. The protocol has them on complete alone.
	Consents []MarketingConsent
}

// FulfillmentDetailsPatch is FulfillmentDetails with each member optional.
type FulfillmentDetailsPatch struct {
	Name        Opt[string]
	PhoneNumber Opt[string]
	Email       Opt[string]
	Address     Opt[Address]
}

// CompleteRequest pays a session. FulfillmentDetails are changes of the last
// minute, merged member by member before the payment.
type CompleteRequest struct {
	Payment            PaymentData
	Buyer              *Buyer
	FulfillmentDetails Opt[FulfillmentDetailsPatch]
	Authentication     *AuthenticationResult
	Attribution        *Attribution
	Consents           []MarketingConsent
	OrderNotes         string
	RiskSignals        *RiskSignals
}

// PaymentData is the credential in one form for every version: a handler id
// (2026-01-30 and later) or a provider name (before), and an opaque token. One
// that names neither is for the shop's account that takes cards.
type PaymentData struct {
	HandlerID      string
	Provider       string
	InstrumentType string // "card"
	CredentialType string // "spt"
	Token          string // secret: never logged, stored only sealed
	Billing        *Address
	// TokenParam is the JSONPath of the token in the request as it was sent,
	// HandlerParam that of the handler or provider, for errors.
	TokenParam, HandlerParam string
	// PurchaseOrder is set when the buyer is to get an invoice; the rest is empty
	// then, but for Billing.
	PurchaseOrder *PurchaseOrder
}

// InstrumentParam is the JSONPath of the instrument's type, for errors: beside
// the credential that the token is in. Without an instrument it is HandlerParam.
func (p *PaymentData) InstrumentParam() string {
	instrument, ok := strings.CutSuffix(p.TokenParam, ".instrument.credential.token")
	if !ok {
		return p.HandlerParam
	}
	return instrument + ".instrument.type"
}

// PurchaseOrder pays a session by an invoice.
type PurchaseOrder struct {
	Number           string
	Terms            string // immediate, net_15, net_30, net_60, net_90; "" for the usual
	DueDate          time.Time
	ApprovalRequired bool // the buyer's side wants the shop to confirm it
}

// CancelRequest ends a session. Intent is write-only: it is stored and never
// shown again.
type CancelRequest struct {
	Intent *IntentTrace
}

// IntentTrace says why a buyer did not buy. ReasonCode is one of the
// protocol's; a request's unknown reason is read as "other".
type IntentTrace struct {
	ReasonCode   string         `json:"reason_code"`
	TraceSummary string         `json:"trace_summary,omitzero"`
	Metadata     map[string]any `json:"metadata,omitzero"`
}

// Attribution credits an affiliate. It is write-only.
type Attribution struct {
	Provider    string             `json:"provider"`
	Token       string             `json:"token,omitzero"`
	PublisherID string             `json:"publisher_id,omitzero"`
	CampaignID  string             `json:"campaign_id,omitzero"`
	CreativeID  string             `json:"creative_id,omitzero"`
	SubID       string             `json:"sub_id,omitzero"`
	Source      *AttributionSource `json:"source,omitzero"`
	Touchpoint  string             `json:"touchpoint,omitzero"` // first, last
	IssuedAt    time.Time          `json:"issued_at,omitzero"`
	ExpiresAt   time.Time          `json:"expires_at,omitzero"`
	Metadata    map[string]any     `json:"metadata,omitzero"`
}

// AttributionSource is where the buyer came from.
type AttributionSource struct {
	Type string `json:"type"` // url, platform, unknown
	URL  string `json:"url,omitzero"`
}

// RiskSignals are hints of the agent for fraud checks.
type RiskSignals struct {
	IPAddress         string `json:"ip_address,omitzero"`
	UserAgent         string `json:"user_agent,omitzero"`
	AcceptLanguage    string `json:"accept_language,omitzero"`
	SessionID         string `json:"session_id,omitzero"`
	DeviceFingerprint string `json:"device_fingerprint,omitzero"`
}
