package config

import (
	"time"

	"github.com/checkstand/checkstand/secret"
)

// MerchantConfig is one shop. One built in Go starts from DefaultMerchant.
type MerchantConfig struct {
	ID         string             `yaml:"id" doc:"The shop's id in credentials, the database and logs; it should never change. Letters, digits, \"_\", \"-\" and \".\", at most 64."`
	Name       string             `yaml:"name" doc:"The shop's name as buyers know it."`
	Currency   string             `yaml:"currency" doc:"ISO 4217 code in lower case, such as \"eur\". Every price of the shop is in it."`
	Country    string             `yaml:"country" doc:"ISO 3166-1 alpha-2 code of the country that the shop sells from, such as \"DE\". Prices with tax in them are split with its rates until the destination is known."`
	Locale     string             `yaml:"locale" default:"en-US" doc:"BCP 47 language tag for amounts and texts."`
	Timezone   string             `yaml:"timezone" default:"UTC" doc:"Time zone of the shop's hours, such as \"America/New_York\"."`
	Website    string             `yaml:"website,omitempty" doc:"URL of the shop's own site; its name on pages leads there."`
	Logo       string             `yaml:"logo,omitempty" doc:"URL of the shop's logo for its pages, at least 64 pixels high; the name is shown when not set."`
	Accent     string             `yaml:"accent_color,omitempty" doc:"The shop's colour on its pages: #rrggbb or oklch(L C H). It is made darker or lighter until it is readable."`
	Links      LinksConfig        `yaml:"links"`
	Checkout   CheckoutConfig     `yaml:"checkout"`
	Carts      CartsConfig        `yaml:"carts"`
	LowStock   int64              `yaml:"low_stock" default:"5" doc:"At this many left, or fewer, agents are told that stock is low; 0 never tells."`
	SessionTTL time.Duration      `yaml:"session_ttl" default:"6h" doc:"How long a session without a purchase lives."`
	QuoteTTL   time.Duration      `yaml:"quote_ttl" default:"30m" doc:"How long a price that was shown as final is kept."`
	Tax        TaxConfig          `yaml:"tax"`
	Shipping   []ShippingConfig   `yaml:"shipping,omitempty" doc:"Ways of delivery, in the order buyers see them."`
	Discounts  []DiscountConfig   `yaml:"discounts,omitempty" doc:"Discounts, by codes and automatic."`
	Payment    PaymentModesConfig `yaml:"payment"`
	App        AppConfig          `yaml:"app,omitempty"`
	Agents     []AgentConfig      `yaml:"agents,omitempty" doc:"Agents that sell for the shop and are told about its orders."`

	SuggestedPriceWindow time.Duration       `yaml:"suggested_price_window" default:"0s" doc:"How long a price that an agent has from a feed is kept although it has gone up since, at most 168h; 0 never keeps one."`
	Fees                 []FeeConfig         `yaml:"fees,omitempty" doc:"What is charged by itself beside goods and delivery."`
	GiftWrap             GiftWrapConfig      `yaml:"gift_wrap,omitempty"`
	MaxTip               string              `yaml:"max_tip,omitempty" doc:"Largest tip that the shop takes, such as \"50.00\"; none when not set."`
	TipSuggestions       []string            `yaml:"tip_suggestions,omitempty" doc:"Tips that the checkout page suggests, at most 4: a percentage of the subtotal such as \"10%\", or an amount such as \"2.00\". Buyers can name another one up to max_tip."`
	Restrictions         []RestrictionConfig `yaml:"restrictions,omitempty" doc:"Who may buy what, and where it is not sold; items may have min_age and not_sold_in of their own."`
	AgeCheck             string              `yaml:"age_check" default:"none" doc:"What proves a buyer's age: none (agents cannot sell what has a least age) or authenticated (an agent's word that it has authenticated the buyer)."`
	Business             BusinessConfig      `yaml:"business,omitempty"`
	MarketingConsents    []ConsentConfig     `yaml:"marketing_consents,omitempty" doc:"What buyers are asked before they pay, by agents and on the checkout page: whether the shop may write to them. Answers are kept with the order."`
}

// CheckoutConfig is the checkout page that agents can send a buyer to.
type CheckoutConfig struct {
	Enabled       bool     `yaml:"enabled" default:"true" doc:"Whether sessions carry a link to a checkout page of ours, where the buyer pays at the payment provider. At most one browser can use a link, and a new one is shown then."`
	ReturnOrigins []string `yaml:"return_origins" default:"https://chatgpt.com" doc:"Origins that the page may send the buyer back to, such as \"https://chatgpt.com\". Other return addresses are ignored."`
	AcceptTerms   bool     `yaml:"accept_terms" default:"false" doc:"Whether buyers have to tick on the page that they accept the terms of use (links.terms_of_use) before they pay."`
}

// CartsConfig are the baskets that agents can fill before a checkout.
type CartsConfig struct {
	Enabled bool          `yaml:"enabled" default:"true" doc:"Whether agents can keep carts. Each has a link to a page of ours that shows it, and opens a checkout from it where checkout.enabled is on."`
	TTL     time.Duration `yaml:"ttl" default:"168h" doc:"How long a cart lives after its last change."`
}

// LinksConfig are the pages that a buyer may want to read before buying.
type LinksConfig struct {
	TermsOfUse     string `yaml:"terms_of_use" doc:"URL of the terms of sale. Required."`
	PrivacyPolicy  string `yaml:"privacy_policy" doc:"URL of the privacy policy. Required."`
	ReturnPolicy   string `yaml:"return_policy,omitempty" doc:"URL of the return policy."`
	ShippingPolicy string `yaml:"shipping_policy,omitempty" doc:"URL of the shipping policy."`
	ContactUs      string `yaml:"contact_us,omitempty" doc:"URL of the contact page."`
	AboutUs        string `yaml:"about_us,omitempty" doc:"URL of the page about the shop."`
	FAQ            string `yaml:"faq,omitempty" doc:"URL of frequent questions."`
	Support        string `yaml:"support,omitempty" doc:"URL of customer support."`
}

// TaxConfig is a shop's tax table and how it is applied; docs/pricing.md
// explains the arithmetic.
type TaxConfig struct {
	PricesIncludeTax bool         `yaml:"prices_include_tax" default:"false" doc:"Whether listed prices, of items and of delivery, have the tax in them."`
	ShowGross        bool         `yaml:"show_gross" default:"false" doc:"Show prices with their tax in them, and tax 0, instead of splitting it off. Needs prices_include_tax."`
	Rounding         string       `yaml:"rounding" default:"half_up" doc:"How a tax amount is rounded: half_up, half_even, down or up."`
	DeliveryClass    string       `yaml:"delivery_class,omitempty" doc:"Tax class of delivery; the standard class when not set."`
	Rates            []RateConfig `yaml:"rates,omitempty" doc:"The tax table. The row that fits most exactly wins: postal prefix, then region, then country; the item's class before the standard class. No row is no tax."`
}

// RateConfig is one row of a tax table.
type RateConfig struct {
	Country      string `yaml:"country" doc:"ISO 3166-1 alpha-2 code, such as \"US\"."`
	Region       string `yaml:"region,omitempty" doc:"Subdivision without its country, such as \"CA\"; the whole country when not set."`
	PostalPrefix string `yaml:"postal_prefix,omitempty" doc:"What postal codes begin with, such as \"941\"; the whole region when not set."`
	Class        string `yaml:"class,omitempty" doc:"Tax class of the items that the row is for; the standard class when not set."`
	Percent      string `yaml:"percent" doc:"The rate in percent with at most four decimals, such as \"8.875\"."`
	Name         string `yaml:"name,omitempty" doc:"What the tax is called, such as \"VAT\"."`
}

// ShippingConfig is one way of delivery: shipping, unless it is digital or has
// pickup or local_delivery.
type ShippingConfig struct {
	ID          string      `yaml:"id" doc:"The method's id in sessions and orders; it should never change."`
	Title       string      `yaml:"title" doc:"What buyers choose by, such as \"Standard\"."`
	Titles      WordsConfig `yaml:"titles,omitempty" doc:"The title in other languages."`
	Description string      `yaml:"description,omitempty" doc:"One more sentence for buyers."`

	Descriptions WordsConfig  `yaml:"descriptions,omitempty" doc:"The description in other languages."`
	Carrier      string       `yaml:"carrier,omitempty" doc:"Who carries it, such as \"DHL\"."`
	Kind         string       `yaml:"kind" default:"flat" doc:"How it is priced: flat (price), by_weight or by_subtotal (tiers), or digital (for items that are not shipped)."`
	Countries    []string     `yaml:"countries,omitempty" doc:"Countries that it serves, such as [\"DE\", \"AT\"]; everywhere when not set."`
	Regions      []string     `yaml:"regions,omitempty" doc:"Narrows it to subdivisions, such as [\"US-CA\"]; \"!US-HI\" excludes one."`
	Price        string       `yaml:"price,omitempty" doc:"Price of a flat or digital method, such as \"4.90\", in the shop's currency; \"0\" is free. A digital method without one is free."`
	Tiers        []TierConfig `yaml:"tiers,omitempty" doc:"Prices of a by_weight or by_subtotal method, from small to large. A cart beyond the last one is not served."`
	FreeFrom     string       `yaml:"free_from,omitempty" doc:"Subtotal from which it is free, such as \"50.00\"; never when not set."`
	MinDays      int          `yaml:"min_days" default:"0" doc:"Days from the order to the earliest delivery."`
	MaxDays      int          `yaml:"max_days" default:"0" doc:"Days from the order to the latest delivery. With min_days and max_days 0 nothing is promised."`

	Pickup        PickupConfig        `yaml:"pickup,omitempty"`
	LocalDelivery LocalDeliveryConfig `yaml:"local_delivery,omitempty"`
}

// TierConfig is one step of a price list.
type TierConfig struct {
	UpTo  string `yaml:"up_to,omitempty" doc:"Largest cart that the tier holds: whole grams for by_weight, such as \"2000\", or an amount for by_subtotal, such as \"50.00\". The last tier may leave it out and holds every cart."`
	Price string `yaml:"price" doc:"Price of the tier, such as \"6.90\"."`
}

// PaymentModesConfig are the shop's accounts at payment providers.
type PaymentModesConfig struct {
	Test PaymentConfig `yaml:"test,omitempty"`
	Live PaymentConfig `yaml:"live,omitempty"`
}

// PaymentConfig is one account at a payment provider.
type PaymentConfig struct {
	Provider   string        `yaml:"provider" doc:"The payment provider: sandbox (test mode only), stripe, adyen or braintree."`
	URL        string        `yaml:"url,omitempty" doc:"Where the provider answers, such as \"http://127.0.0.1:8090\" for a sandbox beside the server. Stripe, Adyen and Braintree have their own address of the mode when it is not set; Adyen's ends with the API version."`
	Key        secret.String `yaml:"key,omitempty" doc:"The shop's secret key at the provider; at Braintree the private one of the pair. Better a reference, such as \"${file:/run/secrets/psp_key}\"."`
	MerchantID string        `yaml:"merchant_id" doc:"The shop's id at the provider, which agents are shown."`
	StandIn    string        `yaml:"stand_in" doc:"Name given for the provider in API versions that allow only certain names: stripe, adyen or braintree. When it is not set it is the provider's own, and stripe for the sandbox."`
	Brands     []string      `yaml:"brands" default:"visa,mastercard,amex" doc:"Card brands that the shop accepts: visa, mastercard, amex, discover, diners, jcb or unionpay."`

	PublicKey string `yaml:"public_key,omitempty" doc:"The account's publishable key, which agents are shown so that they can make payment tokens at the provider: \"pk_…\" at Stripe, the client key at Adyen, the tokenization key at Braintree. Never a secret one."`

	ThreeDS  string         `yaml:"three_ds,omitempty" doc:"When buyers confirm a payment with their bank (3-D Secure): never, when_required (by the bank) or always. When it is not set it is when_required at the sandbox and where acquirer is set, and never elsewhere."`
	Flow     string         `yaml:"three_ds_flow,omitempty" doc:"Whether banks are asked to put a question to the buyer: challenge_mandated, challenge_preferred or frictionless (the shop sees little risk). The bank decides. When it is not set nothing is asked for."`
	Acquirer AcquirerConfig `yaml:"acquirer,omitempty"`

	Capture string `yaml:"capture" default:"now" doc:"When the money is taken: now, when the buyer pays, or on_shipment, which holds it first and captures with the first shipment."`

	// Options of one provider; only those of Provider may be set.
	Sandbox   SandboxConfig   `yaml:"sandbox,omitempty"`
	Stripe    StripeConfig    `yaml:"stripe,omitempty"`
	Adyen     AdyenConfig     `yaml:"adyen,omitempty"`
	Braintree BraintreeConfig `yaml:"braintree,omitempty"`
}

// AcquirerConfig names the shop's acquirer to the card brands' directory
// servers, for 3-D Secure. The payment provider knows these.
type AcquirerConfig struct {
	BIN         string `yaml:"bin" doc:"The acquirer's identification number, at most 11 digits."`
	Country     string `yaml:"country" doc:"The acquirer's country, as an ISO 3166-1 alpha-2 code such as \"US\"; the shop's when not set."`
	MerchantID  string `yaml:"merchant_id" doc:"The id that the acquirer has given the shop, at most 35 characters."`
	Name        string `yaml:"name" doc:"The name that the acquirer knows the shop by, at most 40 characters; the shop's when not set."`
	RequestorID string `yaml:"requestor_id,omitempty" doc:"The 3-D Secure requestor id, where a directory server demands one, at most 35 characters."`
}

// IsZero reports whether nothing was configured, so that the mode is not
// offered. Defaults do not count.
func (p PaymentConfig) IsZero() bool {
	return p.Provider == "" && p.PublicKey == "" && p.ThreeDS == "" && p.Flow == "" && p.Acquirer == (AcquirerConfig{}) && p.URL == "" && p.Key.IsZero() && p.MerchantID == "" &&
		!isSet(p.Sandbox) && !isSet(p.Stripe) && !isSet(p.Adyen) && !isSet(p.Braintree)
}

// AgentConfig is an agent that sells for the shop.
type AgentConfig struct {
	Name    string        `yaml:"name" doc:"The agent's name, as in its API credentials. Letters, digits, \"_\", \"-\" and \".\", at most 64."`
	Webhook WebhookConfig `yaml:"webhook,omitempty"`

	MayIdentifyCustomers bool `yaml:"may_identify_customers" default:"false" doc:"Whether the shop believes this agent who its buyers are. Customers that it names as signed in are shown their saved cards, gift cards, points and store credit, and pay with them, and their purchase orders within the limit of their account need no operator; without this nobody is."`
}

// WebhookConfig is where and how an agent is told about orders.
type WebhookConfig struct {
	URL      string        `yaml:"url,omitempty" doc:"Where order events are sent; none are when not set."`
	Secret   secret.String `yaml:"secret,omitempty" doc:"The key that events are signed with, agreed with the agent."`
	Header   string        `yaml:"header" default:"Merchant-Signature" doc:"Name of the header that carries the signature."`
	Encoding string        `yaml:"encoding" default:"base64" doc:"How the signature is written: base64 or hex."`
}

// IsZero reports whether the agent has no webhook. Defaults do not count.
func (w WebhookConfig) IsZero() bool { return w.URL == "" && w.Secret.IsZero() }

// DefaultMerchant is a merchant without any setting.
func DefaultMerchant() MerchantConfig {
	var m MerchantConfig
	setDefaults(&m)
	return m
}
