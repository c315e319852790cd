package checkout

import (
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// ExemptionPolicy is what a shop makes of a certificate that exempts a buyer
// from tax; with "" tax is charged all the same.
type ExemptionPolicy string

const (
	VerifyExemptions ExemptionPolicy = "verify" // those count that the operator has checked
	AcceptExemptions ExemptionPolicy = "accept" // any counts: the agent has checked it
)

// exemption is the buyer's certificate if it counts, and the text of the
// reason why not otherwise; both are nil and "" for a buyer without any.
func (s *Session) exemption(m *Merchant, now time.Time) (*acp.TaxExemption, string) {
	if s.Buyer == nil || s.Buyer.TaxExemption == nil {
		return nil, ""
	}
	e := s.Buyer.TaxExemption
	switch {
	case m.Exemptions == VerifyExemptions && !slices.Contains(m.Certificates, e.CertificateID):
		return nil, "exemption.unchecked"
	case m.Exemptions != VerifyExemptions && m.Exemptions != AcceptExemptions:
		return nil, "exemption.not_taken"
	case !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt):
		return nil, "exemption.expired"
	}
	return e, ""
}

// exemptIn makes the rule where a certificate holds: everywhere when it names
// no regions. A bare code such as CA is a region of the shop's own country
// where that has one, and a country otherwise.
func (m *Merchant) exemptIn(e *acp.TaxExemption) func(pricing.Destination) bool {
	home := m.Taxes.Origin.Country
	return func(d pricing.Destination) bool {
		return len(e.ExemptRegions) == 0 || slices.ContainsFunc(e.ExemptRegions, func(r string) bool {
			if d.Region != "" && r == d.Country+"-"+d.Region {
				return true
			}
			if regionNames[home] != nil && regionKnown(home, r) {
				return d.Country == home && d.Region == r
			}
			return r == d.Country
		})
	}
}

// standing sums up what the price depends on of the buyer, so that a binding
// price does not outlive it.
func (s *Session) standing(m *Merchant, now time.Time) string {
	standing := ""
	if e, _ := s.exemption(m, now); e != nil {
		standing = "exempt by " + e.CertificateType + " " + e.CertificateID
		for _, r := range e.ExemptRegions {
			standing += " " + r
		}
	}
	if s.provesAge(m) {
		standing += " of age"
	}
	return standing
}

// heedsBuyer reports whether another buyer may change what a session costs or
// whether it can be bought.
func (m *Merchant) heedsBuyer() bool {
	return m.Exemptions == VerifyExemptions || m.Exemptions == AcceptExemptions || m.AgeCheck == AgeOfAuthenticated
}

// applyPolicies puts into the cart what the shop's policies make of it, before
// anything of it is priced: fees, gift wrap and tip, whose titles it gives, and
// the buyer's exemption from tax.
func (s *Session) applyPolicies(m *Merchant, cart *pricing.Cart, now time.Time) (fees []string, err error) {
	s.Standing = s.standing(m, now)
	if e, _ := s.exemption(m, now); e != nil {
		cart.ExemptIn = m.exemptIn(e)
	}
	return s.addExtras(m, cart)
}

// showExemption tells which lines are exempt and, where a certificate does not
// count, why.
func (s *Session) showExemption(m *Merchant, t *text.Texts, cart *pricing.Cart, now time.Time) []acp.Message {
	e, why := s.exemption(m, now)
	for i := range cart.Lines {
		to := cart.Lines[i].To
		if !to.Known() {
			to = cart.Destination
		}
		s.LineItems[i].TaxExemptionReason = ""
		if e != nil && to.Known() && cart.ExemptIn(to) {
			s.LineItems[i].TaxExempt, s.LineItems[i].TaxExemptionReason = true, e.CertificateType
		}
	}
	if why == "" {
		return nil
	}
	return []acp.Message{{Type: acp.Info, ContentType: "plain", Param: "$.buyer.tax_exemption", Content: t.Say(why)}}
}
