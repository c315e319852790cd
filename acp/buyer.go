package acp

import "time"

// Buyer is who buys. Only Email is required from 2026-01-30 on; earlier
// versions carry names (see package wire).
type Buyer struct {
	FirstName   string `json:"first_name,omitzero"`
	LastName    string `json:"last_name,omitzero"`
	FullName    string `json:"full_name,omitzero"`
	Email       string `json:"email"`
	PhoneNumber string `json:"phone_number,omitzero"`
	CustomerID  string `json:"customer_id,omitzero"`

	AccountType          string        `json:"account_type,omitzero"`          // guest, registered, business
	AuthenticationStatus string        `json:"authentication_status,omitzero"` // authenticated, guest, requires_signin
	Company              *Company      `json:"company,omitzero"`
	Loyalty              *Loyalty      `json:"loyalty,omitzero"`
	TaxExemption         *TaxExemption `json:"tax_exemption,omitzero"`
}

// Company is the business that a buyer buys for.
type Company struct {
	Name       string `json:"name"`
	TaxID      string `json:"tax_id,omitzero"`
	Department string `json:"department,omitzero"`
	CostCenter string `json:"cost_center,omitzero"`
}

// Loyalty is the buyer's standing in the shop's loyalty programme.
type Loyalty struct {
	Tier          string    `json:"tier,omitzero"`
	PointsBalance *int64    `json:"points_balance,omitzero"`
	MemberSince   time.Time `json:"member_since,omitzero"`
}

// TaxExemption is a certificate the buyer shows; it is a claim until the shop
// has checked it.
type TaxExemption struct {
	CertificateID   string    `json:"certificate_id"`
	CertificateType string    `json:"certificate_type"` // resale, exempt_organization, government
	ExemptRegions   []string  `json:"exempt_regions,omitzero"`
	ExpiresAt       time.Time `json:"expires_at,omitzero"`
}

// Address is a postal address. Country is ISO 3166-1 alpha-2 in upper case;
// State is the region code or name as the agent gave it.
type Address struct {
	Name       string `json:"name"`
	LineOne    string `json:"line_one"`
	LineTwo    string `json:"line_two,omitzero"`
	City       string `json:"city"`
	State      string `json:"state"`
	Country    string `json:"country"`
	PostalCode string `json:"postal_code"`
	Company    string `json:"company,omitzero"`
}

// FulfillmentDetails says to whom and where the goods go.
type FulfillmentDetails struct {
	Name        string   `json:"name,omitzero"`
	PhoneNumber string   `json:"phone_number,omitzero"`
	Email       string   `json:"email,omitzero"`
	Address     *Address `json:"address,omitzero"`
}
