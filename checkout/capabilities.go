package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
)

// keepUnsold is how long a session that came to nothing is kept after it has
// expired; sold ones are kept.
const keepUnsold = 30 * 24 * time.Hour

// CardHandler is the id of the payment handler for cards that the agent has
// tokenised.
const CardHandler = "card_tokenized"

// Present is a session as agents see it: what is stored of it, and beside that
// what the shop offers now, its policies and ways to pay. The result shares
// the session's parts and is not to be written to.
func (m *Merchant) Present(s *Session) *acp.Session {
	shown := s.Session
	shown.Links = m.Links
	shown.Capabilities = m.capabilities(s.Live, s.Interventions)
	if m.CheckoutLink != nil && m.Payment(s.Live).Hosted() != nil && !Final(s.Status) {
		shown.ContinueURL = m.CheckoutLink(s)
	}
	return &shown
}

// capabilities is what the agent and the shop can both do in this session.
// The shop asks for no interventions yet, so the intersection of those is
// empty, and it is only shown to an agent that named any.
func (m *Merchant) capabilities(live bool, asked *acp.Interventions) acp.Capabilities {
	p := m.Payment(live)
	environment := "sandbox"
	if live {
		environment = "production"
	}
	caps := acp.Capabilities{Payment: &acp.PaymentCapabilities{Handlers: []acp.PaymentHandler{{
		ID: CardHandler, Name: "dev.acp.tokenized.card", DisplayName: "Card", Version: "2026-01-22",
		Spec:                    "https://acp.dev/handlers/tokenized.card",
		RequiresDelegatePayment: true, PSP: p.Provider.Name(),
		ConfigSchema:      "https://acp.dev/schemas/handlers/tokenized.card/config.json",
		InstrumentSchemas: []string{"https://acp.dev/schemas/handlers/tokenized.card/instrument.json"},
		Config: acp.HandlerConfig{MerchantID: p.MerchantID, PSP: p.Provider.Name(), AcceptedBrands: p.Brands,
			AcceptedFundingTypes: []string{"credit", "debit", "prepaid"}, Environment: environment},
	}}}}
	if asked != nil {
		caps.Interventions = &acp.Interventions{Supported: []string{}, Required: []string{}, Enforcement: "optional"}
	}
	return caps
}
