package checkout

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/text"
)

// CardHandler is the id of the payment handler for cards that the agent has
// tokenised.
const CardHandler = "card_tokenized"

// Where the shop serves the JSON Schemas of its card handler, below its base
// URL.
const (
	CardConfigSchema     = "/schemas/handlers/tokenized.card/config.json"
	CardInstrumentSchema = "/schemas/handlers/tokenized.card/instrument.json"
)

// Present is a session as agents see it: what is stored of it, and beside that
// what the shop offers now, its policies and ways to pay. The result shares
// the session's parts and is not to be written to.
func (m *Merchant) Present(s *Session) *acp.Session {
	shown := s.Session
	shown.Links = m.linksIn(m.texts(s))
	shown.Capabilities = m.capabilities(s)
	if !Final(s.Status) {
		shown.MarketingConsentOptions = m.ConsentsOf(s)
	}
	if m.CheckoutLink != nil && m.Payment(s.Live).Hosted() != nil && !Final(s.Status) {
		shown.ContinueURL = m.CheckoutLink(s)
	}
	return &shown
}

// capabilities is what the agent and the shop can both do in this session.
func (m *Merchant) capabilities(s *Session) acp.Capabilities {
	return acp.Capabilities{
		Payment:       &acp.PaymentCapabilities{Handlers: slices.Concat([]acp.PaymentHandler{m.cardHandler(s.Live, m.texts(s))}, m.savedCardHandlers(s), m.sellerHandlers(s))},
		Interventions: m.Payment(s.Live).interventions(s.Interventions),
		Extensions:    m.extensions(s.Extensions),
	}
}

// DiscountExtension is the protocol's extension for discounts, as a session
// declares it.
var DiscountExtension = acp.Extension{Name: "discount",
	Extends: []string{"$.CheckoutSessionCreateRequest.discounts", "$.CheckoutSessionUpdateRequest.discounts", "$.CheckoutSession.discounts"},
	Schema:  "https://agenticcommerce.dev/schemas/discount/2026-01-27.json"}

// Extensions are those that sessions of the shop may have.
func (m *Merchant) Extensions() []acp.Extension { return m.extensions(nil) }

// InterventionTypes are the interventions that sessions of the shop may ask for.
func (m *Merchant) InterventionTypes() []string {
	if m.Test.authenticates() || m.Live.authenticates() {
		return []string{threeDS}
	}
	return nil
}

// extensions are those that are active in a session: what the shop has, as far
// as the agent knows it. An agent that lists none is taken to know them; what
// the shop does not have is not answered.
func (m *Merchant) extensions(listed []string) []acp.Extension {
	var active []acp.Extension
	if m.hasDiscounts() {
		active = append(active, DiscountExtension)
	}
	active = append(active, m.extrasExtensions()...)
	return slices.DeleteFunc(active, func(e acp.Extension) bool {
		return len(listed) > 0 && !slices.ContainsFunc(listed, func(name string) bool {
			name, _, _ = strings.Cut(name, "@") // the version that the agent has in mind
			return name == e.Name
		})
	})
}

// cardHandler is the way to pay with a card that the agent has tokenised.
func (m *Merchant) cardHandler(live bool, t *text.Texts) acp.PaymentHandler {
	p := m.Payment(live)
	h := acp.PaymentHandler{
		ID: CardHandler, Name: "dev.acp.tokenized.card", DisplayName: t.Say("pay.card"), Version: "2026-01-22",
		Spec:                    "https://acp.dev/handlers/tokenized.card",
		RequiresDelegatePayment: true, PSP: p.Provider.Name(),
		ConfigSchema:      m.BaseURL + CardConfigSchema,
		InstrumentSchemas: []string{m.BaseURL + CardInstrumentSchema},
		Config: acp.HandlerConfig{MerchantID: p.MerchantID, PSP: p.Provider.Name(), AcceptedBrands: p.Brands,
			AcceptedFundingTypes: []string{"credit", "debit", "prepaid"}, Environment: "sandbox", PublicKey: p.PublicKey},
	}
	if live {
		h.Config.Environment = "production"
	}
	if p.authenticates() {
		h.Config.Supports3DS, h.Config.ThreeDSVersions = true, threeDSVersions
	}
	return h
}

// interventions is the intersection of what the agent can ask of a buyer and
// what the shop takes, and what the shop insists on. They are shown to an agent
// that named any, and to every agent of a shop that insists.
func (p PaymentSetup) interventions(asked *acp.Interventions) *acp.Interventions {
	can := &acp.Interventions{Supported: []string{}, Required: []string{}, Enforcement: "optional"}
	if p.authenticates() {
		if asked != nil && slices.Contains(asked.Supported, threeDS) {
			can.Supported = []string{threeDS}
		}
		can.Enforcement = "conditional"
		if p.ThreeDS.Mode == ThreeDSAlways {
			can.Required, can.Enforcement = []string{threeDS}, "always"
		}
	}
	if asked == nil && len(can.Required) == 0 {
		return nil
	}
	return can
}

// interventionMessages tells an agent what it cannot do and the shop may need.
// A buyer who has taken up the checkout page is authenticated by the PSP there.
func (m *Merchant) interventionMessages(s *Session) []acp.Message {
	setup := m.Payment(s.Live)
	switch {
	case !setup.authenticates() || s.canAuthenticate(setup):
		return nil
	case setup.ThreeDS.Mode == ThreeDSAlways && len(s.Visitor) == 0:
		return []acp.Message{{Type: acp.ErrorMessage, Code: acp.CodeInterventionRequired, Resolution: acp.RequiresBuyerReview, ContentType: "plain",
			Param:   "$.capabilities.interventions.required",
			Content: m.texts(s).Say("bank.always")}}
	case setup.ThreeDS.Mode == ThreeDSWhenRequired && s.Interventions != nil:
		return []acp.Message{{Type: acp.Info, ContentType: "plain", Param: "$.capabilities.interventions.supported",
			Content: m.texts(s).Say("bank.sometimes")}}
	}
	return nil
}
