package acp

// MarketingConsentOption asks the buyer whether the shop may write.
type MarketingConsentOption struct {
	Channel          string `json:"channel"` // email, sms, whatsapp
	DisplayText      string `json:"display_text"`
	PrivacyPolicyURL string `json:"privacy_policy_url"`
	IsSubscribed     bool   `json:"is_subscribed"`
}

// MarketingConsent is the buyer's answer for one channel. It is write-only.
type MarketingConsent struct {
	Channel string `json:"channel"`
	OptedIn bool   `json:"opted_in"`
}
