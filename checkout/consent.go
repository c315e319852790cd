package checkout

import (
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// ConsentChannels are the channels that a shop can ask a buyer's consent for.
var ConsentChannels = []string{"email", "sms", "whatsapp"}

// Consent is what a buyer answered when asked whether the shop may write. It
// holds only together with the order that it came with.
type Consent struct {
	Channel string    `json:"channel"`
	OptedIn bool      `json:"opted_in"`
	Contact string    `json:"contact"` // e-mail address or phone number; "" until the order settles it
	Text    string    `json:"text"`    // what the shop asked, in the session's language
	Agent   string    `json:"agent"`   // who put the question to the buyer, or ByPage
	At      time.Time `json:"at"`
}

// consent notes the buyer's answers. What nobody was asked changes nothing, an
// answer for a channel that the shop has not offered is left out, and so is one
// without a contact to write to (MKT-02, MKT-03).
func (s *Session) consent(m *Merchant, answers []acp.MarketingConsent, agent string, now time.Time) {
	for _, answer := range answers {
		if contact := s.contactOn(answer.Channel); contact != "" {
			s.keepConsent(m, answer, contact, agent, now)
		}
	}
}

// consentEarly notes answers that come before the payment, when the buyer's
// address may not be known or not be the last.
func (s *Session) consentEarly(m *Merchant, answers []acp.MarketingConsent, agent string, now time.Time) {
	for _, answer := range answers {
		s.keepConsent(m, answer, "", agent, now)
	}
}

// ConsentsOf are the questions that a session's buyer is asked, in the session's
// language. The list is not to be written to.
func (m *Merchant) ConsentsOf(s *Session) []acp.MarketingConsentOption {
	if len(m.ConsentTexts) == 0 {
		return m.Consents
	}
	asked, t := slices.Clone(m.Consents), m.texts(s)
	for i := range asked {
		asked[i].DisplayText = m.ConsentTexts[asked[i].Channel].In(t, asked[i].DisplayText)
	}
	return asked
}

func (s *Session) keepConsent(m *Merchant, answer acp.MarketingConsent, contact, agent string, now time.Time) {
	options := m.ConsentsOf(s)
	at := slices.IndexFunc(options, func(o acp.MarketingConsentOption) bool { return o.Channel == answer.Channel })
	if at < 0 {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(s.Consents), func(c Consent) bool { return c.Channel == answer.Channel })
	s.Consents = append(kept, Consent{Channel: answer.Channel, OptedIn: answer.OptedIn, Contact: contact,
		Text: options[at].DisplayText, Agent: agent, At: now.UTC()})
}

// settleConsents gives the early answers the contact that the order has, and
// leaves out those that nobody could write to (MKT-04).
func (s *Session) settleConsents() {
	var kept []Consent
	for _, c := range s.Consents {
		if c.Contact == "" {
			c.Contact = s.contactOn(c.Channel)
		}
		if c.Contact != "" {
			kept = append(kept, c)
		}
	}
	s.Consents = kept
}

// contactOn is where a channel reaches the buyer: the buyer's own first, then
// that of the delivery (MKT-04). "" is nowhere.
func (s *Session) contactOn(channel string) string {
	var buyer acp.Buyer
	var details acp.FulfillmentDetails
	if s.Buyer != nil {
		buyer = *s.Buyer
	}
	if s.FulfillmentDetails != nil {
		details = *s.FulfillmentDetails
	}
	switch {
	case channel == "email" && buyer.Email != "":
		return buyer.Email
	case channel == "email":
		return details.Email
	case buyer.PhoneNumber != "":
		return buyer.PhoneNumber
	}
	return details.PhoneNumber
}
