package acp

// Capabilities is what agent and shop can do in one session. In a response it
// is the intersection of both.
type Capabilities struct {
	Payment       *PaymentCapabilities `json:"payment,omitzero"`
	Interventions *Interventions       `json:"interventions,omitzero"`
	Extensions    []Extension          `json:"extensions,omitzero"`
}

// Extension is an extension that is active in the session.
type Extension struct {
	Name    string   `json:"name"`             // discount, discount@2026-01-27, com.example.gift
	Extends []string `json:"extends,omitzero"` // JSONPaths of the schema: $.CheckoutSession.discounts
	Schema  string   `json:"schema,omitzero"`
	Spec    string   `json:"spec,omitzero"`
}

// PaymentCapabilities lists the ways to pay, in the shop's order.
type PaymentCapabilities struct {
	Handlers []PaymentHandler `json:"handlers"`
}

// PaymentHandler is one way to pay: how the agent gets a credential and what
// it must look like.
type PaymentHandler struct {
	ID                      string        `json:"id"`   // ^[A-Za-z0-9_-]{1,64}$
	Name                    string        `json:"name"` // reverse DNS: dev.acp.tokenized.card
	DisplayName             string        `json:"display_name,omitzero"`
	Version                 string        `json:"version"`
	Spec                    string        `json:"spec"`
	RequiresDelegatePayment bool          `json:"requires_delegate_payment"`
	RequiresPCICompliance   bool          `json:"requires_pci_compliance"`
	PSP                     string        `json:"psp"`
	ConfigSchema            string        `json:"config_schema"`
	InstrumentSchemas       []string      `json:"instrument_schemas"`
	Config                  HandlerConfig `json:"config"`
	DisplayOrder            *int64        `json:"display_order,omitzero"`
}

// HandlerConfig is the configuration of a payment handler. What is of cards is
// of the tokenized-card handler, what is displayed of the seller-backed ones.
type HandlerConfig struct {
	MerchantID           string   `json:"merchant_id"`
	PSP                  string   `json:"psp"`
	AcceptedBrands       []string `json:"accepted_brands,omitzero"`
	AcceptedFundingTypes []string `json:"accepted_funding_types,omitzero"`
	Supports3DS          bool     `json:"supports_3ds,omitzero"`
	ThreeDSVersions      []string `json:"3ds_versions,omitzero"` // 2.1, 2.2, 2.3
	Environment          string   `json:"environment,omitzero"`  // sandbox or production
	PublicKey            string   `json:"public_key,omitzero"`   // the account's publishable key, to tokenise at the PSP with

	DisplayName     string          `json:"display_name,omitzero"`      // at most 128 characters
	PaymentMethodID string          `json:"payment_method_id,omitzero"` // the shop's own id of a saved card
	Display         *HandlerDisplay `json:"display_metadata,omitzero"`
	RequiredFields  []HandlerField  `json:"required_fields,omitzero"` // what the buyer is asked for
}

// HandlerDisplay is what a seller-backed handler shows of the buyer's balance.
type HandlerDisplay struct {
	Balance        *int64 `json:"balance,omitzero"` // points, or minor units of Currency
	BalanceDisplay string `json:"balance_display,omitzero"`
	ConversionRate string `json:"conversion_rate,omitzero"`
	Currency       string `json:"currency,omitzero"`
	Brand          string `json:"brand,omitzero"` // of a saved card
	Last4          string `json:"last4,omitzero"`
}

// HandlerField is one thing that the buyer is asked for.
type HandlerField struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Type     string `json:"type"` // text, number
	Required bool   `json:"required"`
}

// Interventions are the steps a buyer may be asked to take.
type Interventions struct {
	Supported           []string `json:"supported"`                 // 3ds, biometric, address_verification
	Required            []string `json:"required,omitzero"`         // 3ds, biometric
	Enforcement         string   `json:"enforcement,omitzero"`      // always, conditional, optional
	DisplayContext      string   `json:"display_context,omitzero"`  // native, webview, modal, redirect
	RedirectContext     string   `json:"redirect_context,omitzero"` // in_app, external_browser, none
	MaxRedirects        *int64   `json:"max_redirects,omitzero"`
	MaxInteractionDepth *int64   `json:"max_interaction_depth,omitzero"`
}
