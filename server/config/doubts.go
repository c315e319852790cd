package config

import (
	"slices"
	"strconv"
	"strings"
)

// doubts warns of what can be meant, and seldom is.
func (m *MerchantConfig) doubts(r *report, at, publicURL string) {
	m.doubtZones(r, at)
	m.doubtClasses(r, at)
	if own := publicURL + "/policies/"; m.Checkout.AcceptTerms && publicURL != "" && strings.HasPrefix(m.Links.TermsOfUse, own) {
		r.warnf(at+".checkout.accept_terms", "asks buyers to accept a page that stands in for terms of use; write the URL of the shop's own at links.terms_of_use")
	}
}

// doubtClasses warns of tax classes without a rate. Of a shop without any rates
// nothing is taxed.
func (m *MerchantConfig) doubtClasses(r *report, at string) {
	doubt := func(path, class string) {
		if class != "" && len(m.Tax.Rates) > 0 && !slices.ContainsFunc(m.Tax.Rates, func(rate RateConfig) bool { return rate.Class == class }) {
			r.warnf(path, "no row of tax.rates is of class %q, so the rates of the standard class are charged; write a row for it, or remove it", clip(class))
		}
	}
	doubt(at+".tax.delivery_class", m.Tax.DeliveryClass)
	doubt(at+".gift_wrap.tax_class", m.GiftWrap.TaxClass)
	for i := range m.Fees {
		doubt(at+".fees["+strconv.Itoa(i)+"].tax_class", m.Fees[i].TaxClass)
	}
}
