package config

import (
	"errors"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
)

// Settings makes of the configuration what checkout works with: everything but
// the payment providers, which the caller puts into Test.Provider and
// Live.Provider. The publicURL is Config.PublicURL. The error is an *Error
// that lists what is wrong with tax, shipping and discounts.
func (m *MerchantConfig) Settings(publicURL string) (checkout.Merchant, error) {
	r := newReport(nil)
	taxes, methods := m.rules(r, "")
	discounts := m.discounts(r, "", methods)
	consents := m.consents(r, "")
	fees, wrap, maxTip := m.extras(r, "")
	tips := m.tips(r, "", maxTip)
	var rules checkout.Merchant
	m.buyers(r, "", &rules)
	if len(r.problems) > 0 {
		return checkout.Merchant{}, &Error{Problems: r.sorted()}
	}
	s := checkout.Merchant{
		ID: m.ID, Name: m.Name, Currency: m.Currency, Locale: m.Locale,
		BaseURL: strings.TrimSuffix(publicURL, "/"),
		Taxes:   taxes, Methods: methods, Discounts: discounts,
		LowStock: m.LowStock, SessionTTL: m.SessionTTL, QuoteTTL: m.QuoteTTL, SuggestedPriceWindow: m.SuggestedPriceWindow,
		Test: m.Payment.Test.setup(m), Live: m.Payment.Live.setup(m),
		ReturnOrigins: m.Checkout.ReturnOrigins,
		Consents:      consents,
		AcceptTerms:   m.Checkout.AcceptTerms,
		Fees:          fees, GiftWrap: wrap, MaxTip: maxTip, TipSuggestions: tips,
	}
	m.otherWords(&s)
	for i := range m.Agents {
		if m.Agents[i].MayIdentifyCustomers {
			if s.Identifies == nil {
				s.Identifies = map[string]bool{}
			}
			s.Identifies[m.Agents[i].Name] = true
		}
	}
	if m.Carts.Enabled {
		s.CartTTL = m.Carts.TTL
	}
	s.Restrictions, s.AgeCheck, s.Exemptions, s.Certificates, s.Accounts = rules.Restrictions, rules.AgeCheck, rules.Exemptions, rules.Certificates, rules.Accounts
	for _, link := range m.Links.list() {
		if link.URL != "" {
			s.Links = append(s.Links, link)
		}
	}
	return s, nil
}

// setup is the account without its provider; the zero setup when the mode is
// not configured.
func (p PaymentConfig) setup(shop *MerchantConfig) checkout.PaymentSetup {
	if p.IsZero() {
		return checkout.PaymentSetup{}
	}
	setup := checkout.PaymentSetup{MerchantID: p.MerchantID, StandIn: p.standIn(), Brands: p.Brands,
		PublicKey: p.PublicKey, ThreeDS: p.threeDS(shop)}
	if p.Capture == captureOnShipment {
		setup.Capture = payment.CaptureLater
	}
	return setup
}

// list is every link in the order of the protocol's types, those that are not
// set too.
func (l *LinksConfig) list() []acp.Link {
	return []acp.Link{
		{Type: "terms_of_use", URL: l.TermsOfUse},
		{Type: "privacy_policy", URL: l.PrivacyPolicy},
		{Type: "return_policy", URL: l.ReturnPolicy},
		{Type: "shipping_policy", URL: l.ShippingPolicy},
		{Type: "contact_us", URL: l.ContactUs},
		{Type: "about_us", URL: l.AboutUs},
		{Type: "faq", URL: l.FAQ},
		{Type: "support", URL: l.Support},
	}
}

// rules reads the tax table and the delivery methods, reporting what is wrong
// with them under at, the merchant's path.
func (m *MerchantConfig) rules(r *report, at string) (pricing.Taxes, []pricing.Method) {
	taxes := m.taxes(r, at)
	methods := make([]pricing.Method, len(m.Shipping))
	for i := range m.Shipping {
		methods[i] = m.Shipping[i].method(r, join(at, "shipping["+strconv.Itoa(i)+"]"), m)
	}
	r.faults(taxes.Validate(), func(field string) string {
		// The seat of the shop stands in for an unknown destination.
		if strings.HasPrefix(field, "origin.") {
			return join(at, "country")
		}
		return join(at, "tax."+strings.Replace(field, ".ppm", ".percent", 1))
	})
	r.faults(pricing.ValidateMethods(methods), func(field string) string {
		return join(at, strings.Replace(field, "methods", "shipping", 1))
	})
	return taxes, methods
}

// faults reports what package pricing refuses, in the words of the file.
func (r *report) faults(err error, path func(field string) string) {
	words := strings.NewReplacer("methods[", "shipping[", "with up_to 0 to hold", "without up_to to hold")
	for _, f := range fault.List(err) {
		r.errorf(path(f.Field), "%s", words.Replace(f.Message))
	}
}

var roundings = map[string]money.Rounding{
	"half_up": money.HalfUp, "half_even": money.HalfEven, "down": money.Down, "up": money.Up,
}

func (m *MerchantConfig) taxes(r *report, at string) pricing.Taxes {
	t := pricing.Taxes{
		PricesInclude: m.Tax.PricesIncludeTax,
		ShowGross:     m.Tax.ShowGross,
		Rounding:      roundings[m.Tax.Rounding],
		Origin:        pricing.Destination{Country: m.Country},
		DeliveryClass: m.Tax.DeliveryClass,
		Rates:         make([]pricing.Rate, len(m.Tax.Rates)),
	}
	r.oneOf(join(at, "tax.rounding"), m.Tax.Rounding, "half_up", "half_even", "down", "up")
	if t.ShowGross && !t.PricesInclude {
		r.errorf(join(at, "tax.show_gross"), "needs prices with tax in them; write prices_include_tax: true, or remove show_gross")
	}
	for i, rate := range m.Tax.Rates {
		path := join(at, "tax.rates["+strconv.Itoa(i)+"].percent")
		t.Rates[i] = pricing.Rate{Country: rate.Country, Region: rate.Region, PostalPrefix: rate.PostalPrefix, Class: rate.Class, Name: rate.Name}
		if rate.Percent == "" {
			r.errorf(path, "is missing; write the rate in percent, such as \"19\" or \"8.875\"")
			continue
		}
		ppm, err := pricing.ParsePercent(rate.Percent)
		if err != nil {
			r.errorf(path, "%v", err)
		}
		t.Rates[i].PPM = ppm
	}
	return t
}

func (s *ShippingConfig) method(r *report, at string, shop *MerchantConfig) pricing.Method {
	currency := shop.Currency
	m := pricing.Method{
		ID: s.ID, Title: s.Title, Description: s.Description, Carrier: s.Carrier,
		Kind:      pricing.MethodKind(s.Kind),
		Countries: s.Countries, Regions: s.Regions,
		MinDays: s.MinDays, MaxDays: s.MaxDays,
	}
	r.oneOf(at+".kind", s.Kind, string(pricing.Flat), string(pricing.ByWeight), string(pricing.BySubtotal), string(pricing.Electronic))
	switch {
	case s.Price != "":
		m.Price = r.amount(at+".price", s.Price, currency)
	case m.Kind == pricing.Flat:
		r.errorf(at+".price", "is missing; write it as in %q, or \"0\" if it is free", example(currency))
	}
	if s.FreeFrom != "" {
		m.FreeFrom = r.amount(at+".free_from", s.FreeFrom, currency)
		if m.FreeFrom == 0 {
			r.errorf(at+".free_from", "0 would make it free always; write price: \"0\" for that, or remove it")
		}
	}
	for i, tier := range s.Tiers {
		m.Tiers = append(m.Tiers, tier.tier(r, at+".tiers["+strconv.Itoa(i)+"]", m.Kind, currency))
	}
	for i := 1; i < len(s.Tiers); i++ {
		if a, b := m.Tiers[i-1].UpTo, m.Tiers[i].UpTo; b > 0 && b <= a {
			r.errorf(at+".tiers["+strconv.Itoa(i)+"].up_to", "%q is not more than %q of the tier before; list tiers from small to large",
				clip(s.Tiers[i].UpTo), clip(s.Tiers[i-1].UpTo))
		}
	}
	s.place(r, at, shop, &m)
	return m
}

func (t *TierConfig) tier(r *report, at string, kind pricing.MethodKind, currency string) pricing.Tier {
	var tier pricing.Tier
	if t.Price == "" {
		r.errorf(at+".price", "is missing; write it as in %q, or \"0\" if it is free", example(currency))
	} else {
		tier.Price = r.amount(at+".price", t.Price, currency)
	}
	switch {
	case t.UpTo == "":
	case kind == pricing.ByWeight:
		grams, err := strconv.ParseInt(t.UpTo, 10, 64)
		if err != nil || grams < 0 || grams > money.Max {
			r.errorf(at+".up_to", "%q is not a weight; write whole grams, such as 2000", clip(t.UpTo))
			break
		}
		tier.UpTo = grams
	case kind == pricing.BySubtotal:
		tier.UpTo = r.amount(at+".up_to", t.UpTo, currency)
	}
	return tier
}

// amount reads a decimal in the shop's currency. Without a currency, which is
// reported by itself, there is nothing to read it with.
func (r *report) amount(path, decimal, currency string) int64 {
	if !money.Valid(currency) {
		return 0
	}
	n, err := money.Parse(decimal, currency)
	digits, _ := money.Exponent(currency)
	switch {
	case errors.Is(err, money.ErrScale):
		r.errorf(path, "%q has more decimals than %s has, which is %d; write it as in %q", clip(decimal), currency, digits, example(currency))
	case errors.Is(err, money.ErrRange):
		r.errorf(path, "%q is too large; the most is %s", clip(decimal), money.Decimal(money.Max, currency))
	case err != nil:
		r.errorf(path, "%q is not an amount; write digits with a point and no currency sign, as in %q", clip(decimal), example(currency))
	case n < 0:
		r.errorf(path, "%q is below zero; write what the buyer pays, as in %q", clip(decimal), example(currency))
	}
	return max(n, 0)
}

// example is an amount as it is written in a currency.
func example(currency string) string {
	digits, ok := money.Exponent(currency)
	if !ok {
		digits = 2
	}
	whole := int64(490)
	for range digits - 2 {
		whole *= 10
	}
	return money.Decimal(whole, currency)
}
