package wire

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// buyerNames says which names a version demands of a buyer.
type buyerNames uint8

const (
	anyName      buyerNames = iota // none is needed
	firstAndLast                   // first_name and last_name
	oneName                        // name
)

// buyer reads a buyer with the names of any version: name and full_name are
// the same, first_name and last_name stand beside them.
func (r *reader) buyer(v value) *acp.Buyer {
	if !v.object() {
		return nil
	}
	names := []string{"full_name", "name"}
	if r.rule.buyerName == oneName {
		slices.Reverse(names)
	}
	b := &acp.Buyer{
		FirstName:            v.get("first_name").text(acp.MaxText),
		LastName:             v.get("last_name").text(acp.MaxText),
		FullName:             v.first(names...).text(acp.MaxText),
		Email:                r.email(v.get("email"), true),
		PhoneNumber:          v.first("phone_number", "phone").text(acp.MaxText),
		CustomerID:           v.get("customer_id").text(acp.MaxText),
		AccountType:          v.get("account_type").oneOf("guest", "registered", "business"),
		AuthenticationStatus: v.get("authentication_status").oneOf("authenticated", "guest", "requires_signin"),
	}
	if c := v.get("company"); c.object() {
		b.Company = &acp.Company{
			Name:       c.get("name").requiredText(acp.MaxText, "the name of the company"),
			TaxID:      c.get("tax_id").text(acp.MaxText),
			Department: c.get("department").text(acp.MaxText),
			CostCenter: c.get("cost_center").text(acp.MaxText),
		}
	}
	if l := v.get("loyalty"); l.object() {
		b.Loyalty = &acp.Loyalty{
			Tier:        l.get("tier").text(acp.MaxText),
			MemberSince: l.get("member_since").time(),
		}
		if p := l.get("points_balance"); p.given() {
			points := p.integer(-money.Max, money.Max, 0)
			b.Loyalty.PointsBalance = &points
		}
	}
	if t := v.get("tax_exemption"); t.object() {
		b.TaxExemption = &acp.TaxExemption{
			CertificateID:   t.get("certificate_id").requiredText(acp.MaxText, "the id of the certificate"),
			CertificateType: t.get("certificate_type").oneOf("resale", "exempt_organization", "government"),
			ExemptRegions:   t.get("exempt_regions").texts(acp.MaxSelections, acp.MaxText),
			ExpiresAt:       t.get("expires_at").time(),
		}
		t.get("certificate_type").require("the type of the certificate")
	}
	r.demandNames(v, b)
	return b
}

// demandNames refuses a buyer without the names that the version requires, in
// whichever spelling they may come.
func (r *reader) demandNames(v value, b *acp.Buyer) {
	if r.rule.buyerName == anyName || b.FullName != "" || b.FirstName != "" && b.LastName != "" {
		return
	}
	switch {
	case r.rule.buyerName == oneName && b.FirstName == "" && b.LastName == "":
		v.get("name").requiredText(acp.MaxText, "the buyer's name")
	case b.FirstName == "":
		v.get("first_name").requiredText(acp.MaxText, "the buyer's first name")
	default:
		v.get("last_name").requiredText(acp.MaxText, "the buyer's last name")
	}
}

// email reads a bare e-mail address.
func (r *reader) email(v value, required bool) string {
	if required {
		if v.requiredText(acp.MaxEmail, "the buyer's e-mail address") == "" {
			return ""
		}
	}
	s := v.text(acp.MaxEmail)
	if s == "" {
		return ""
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || strings.ContainsAny(s, "\"\\") {
		v.refuse("Not an e-mail address. Send an address alone, such as buyer@example.com.")
		return ""
	}
	return s
}
