package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// maxConsentText bounds what a buyer is asked, in bytes.
const maxConsentText = 500

// ConsentConfig is one channel that the shop asks buyers about.
type ConsentConfig struct {
	Channel       string      `yaml:"channel" doc:"How the shop would write: email, sms or whatsapp."`
	Text          string      `yaml:"text" doc:"What the buyer agrees to receive, such as \"News and offers, once a month\"."`
	Texts         WordsConfig `yaml:"texts,omitempty" doc:"The text in other languages."`
	PrivacyPolicy string      `yaml:"privacy_policy,omitempty" doc:"URL of the privacy policy for it; the one under links when not set."`
}

// consents reads what buyers are asked, reporting what is wrong under at, the
// merchant's path.
func (m *MerchantConfig) consents(r *report, at string) []acp.MarketingConsentOption {
	var options []acp.MarketingConsentOption
	for i, c := range m.MarketingConsents {
		path := join(at, "marketing_consents["+strconv.Itoa(i)+"]")
		r.oneOf(path+".channel", c.Channel, checkout.ConsentChannels...)
		if slices.ContainsFunc(options, func(o acp.MarketingConsentOption) bool { return o.Channel == c.Channel }) {
			r.errorf(path+".channel", "%q is there already; ask about each channel once", clip(c.Channel))
		}
		if strings.TrimSpace(c.Text) == "" {
			r.errorf(path+".text", "is missing; write what the buyer agrees to receive, such as \"News and offers, once a month\"")
		} else if len(c.Text) > maxConsentText {
			r.errorf(path+".text", "is longer than %d bytes", maxConsentText)
		}
		r.words(path+".texts", c.Texts, maxConsentText)
		policy := m.Links.PrivacyPolicy
		if c.PrivacyPolicy != "" {
			policy = c.PrivacyPolicy
			r.webURL(path+".privacy_policy", policy)
		}
		options = append(options, acp.MarketingConsentOption{Channel: c.Channel, DisplayText: strings.TrimSpace(c.Text), PrivacyPolicyURL: policy})
	}
	return options
}
