package acp

import "time"

// Session is a checkout session as an agent sees it, in the newest shape. Its
// JSON form is that of the newest version; package wire projects it for the
// others. Every amount is in minor units of Currency.
type Session struct {
	ID                         string                      `json:"id"`
	Protocol                   *Protocol                   `json:"protocol,omitzero"`
	Capabilities               Capabilities                `json:"capabilities"`
	Buyer                      *Buyer                      `json:"buyer,omitzero"`
	Status                     Status                      `json:"status"`
	Currency                   string                      `json:"currency"`
	LineItems                  []LineItem                  `json:"line_items"`
	FulfillmentDetails         *FulfillmentDetails         `json:"fulfillment_details,omitzero"`
	FulfillmentOptions         []FulfillmentOption         `json:"fulfillment_options"`
	SelectedFulfillmentOptions []SelectedFulfillmentOption `json:"selected_fulfillment_options,omitzero"`
	FulfillmentGroups          []FulfillmentGroup          `json:"fulfillment_groups,omitzero"`
	Totals                     []Total                     `json:"totals"`
	Messages                   []Message                   `json:"messages"`
	Links                      []Link                      `json:"links"`
	AuthenticationMetadata     *AuthenticationMetadata     `json:"authentication_metadata,omitzero"`
	Discounts                  *Discounts                  `json:"discounts,omitzero"`
	MarketingConsentOptions    []MarketingConsentOption    `json:"marketing_consent_options,omitzero"`
	Order                      *OrderRef                   `json:"order,omitzero"`
	Locale                     string                      `json:"locale,omitzero"`
	Timezone                   string                      `json:"timezone,omitzero"`
	QuoteID                    string                      `json:"quote_id,omitzero"`
	QuoteExpiresAt             time.Time                   `json:"quote_expires_at,omitzero"`
	CreatedAt                  time.Time                   `json:"created_at,omitzero"`
	UpdatedAt                  time.Time                   `json:"updated_at,omitzero"`
	ExpiresAt                  time.Time                   `json:"expires_at,omitzero"`
	ContinueURL                string                      `json:"continue_url,omitzero"`
	Metadata                   map[string]any              `json:"metadata,omitzero"`
}

// Status is the state of a session. checkout.Transitions is the table of
// allowed moves.
type Status string

const (
	Incomplete             Status = "incomplete"
	NotReadyForPayment     Status = "not_ready_for_payment"
	RequiresEscalation     Status = "requires_escalation"
	AuthenticationRequired Status = "authentication_required"
	ReadyForPayment        Status = "ready_for_payment"
	PendingApproval        Status = "pending_approval"
	CompleteInProgress     Status = "complete_in_progress"
	Completed              Status = "completed"
	Canceled               Status = "canceled"
	InProgress             Status = "in_progress"
	Expired                Status = "expired"
)

// Protocol names the API version a session is shown in.
type Protocol struct {
	Version Version `json:"version"`
}

// Link points to a policy of the shop.
type Link struct {
	Type  string `json:"type"` // terms_of_use, privacy_policy, return_policy, shipping_policy, contact_us, about_us, faq, support
	URL   string `json:"url"`
	Title string `json:"title,omitzero"`
}
