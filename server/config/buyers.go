package config

import (
	"maps"
	"slices"
	"strconv"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/pricing"
)

// Bounds of what a shop asks of buyers.
const (
	MaxRestrictions = 200
	MaxCertificates = 10_000
	maxAge          = 120
)

// RestrictionConfig says who may buy some items, and where they are not sold.
type RestrictionConfig struct {
	Items      []string `yaml:"items,omitempty" doc:"Ids of the items that it is about. With items, products, categories and tags all empty it is about all."`
	Products   []string `yaml:"products,omitempty" doc:"Ids of the products that it is about."`
	Categories []string `yaml:"categories,omitempty" doc:"Categories that it is about, such as \"Wine\", with those below them."`
	Tags       []string `yaml:"tags,omitempty" doc:"Tags of the items that it is about."`
	MinAge     int64    `yaml:"min_age" default:"0" doc:"Least age of the buyer in years."`
	NotIn      []string `yaml:"not_in,omitempty" doc:"Countries and regions that they are not sold to, such as [\"SA\", \"US-UT\"]."`
}

// MaxAccounts bounds the customers who pay by invoice.
const MaxAccounts = 10_000

// AccountConfig is a customer who may pay by invoice.
type AccountConfig struct {
	CustomerID string   `yaml:"customer_id" doc:"The customer's id, as agents say it in buyer.customer_id."`
	TaxID      string   `yaml:"tax_id,omitempty" doc:"Tax id that the buyer's company must have too; any when not set."`
	Terms      []string `yaml:"terms" doc:"Payment terms that were agreed on, the usual first: immediate, net_15, net_30, net_60 or net_90."`
	Limit      string   `yaml:"limit,omitempty" doc:"Largest order that is confirmed without an operator, such as \"500.00\", when the agent has authenticated the buyer; every order waits for one when not set."`
}

// BusinessConfig is what the shop grants businesses.
type BusinessConfig struct {
	TaxExemption string          `yaml:"tax_exemption" default:"refuse" doc:"What a buyer's certificate of tax exemption does: refuse (tax is charged), verify (those under certificates count) or accept (any counts, on the agent's word)."`
	Certificates []string        `yaml:"certificates,omitempty" doc:"Ids of certificates that the shop has checked, for verify."`
	Accounts     []AccountConfig `yaml:"accounts,omitempty" doc:"Customers who may pay by purchase order: nothing is charged, the shop sends the invoice."`
}

// buyers reads what the shop asks of buyers and grants them, reporting what is
// wrong under at, the merchant's path.
func (m *MerchantConfig) buyers(r *report, at string, to *checkout.Merchant) {
	r.oneOf(join(at, "age_check"), m.AgeCheck, "none", string(checkout.AgeOfAuthenticated))
	if m.AgeCheck == string(checkout.AgeOfAuthenticated) {
		to.AgeCheck = checkout.AgeOfAuthenticated
	}
	if len(m.Restrictions) > MaxRestrictions {
		r.errorf(join(at, "restrictions"), "%d of them; at most %d", len(m.Restrictions), MaxRestrictions)
		return
	}
	for i, c := range m.Restrictions {
		path := join(at, "restrictions["+strconv.Itoa(i)+"]")
		r.between(path+".min_age", c.MinAge, 0, maxAge)
		if c.MinAge == 0 && len(c.NotIn) == 0 {
			r.errorf(path, "restricts nothing; write min_age or not_in")
		}
		for j, place := range c.NotIn {
			if err := iso3166.CheckPlace(place); err != nil {
				r.errorf(path+".not_in["+strconv.Itoa(j)+"]", "%v", err)
			}
		}
		to.Restrictions = append(to.Restrictions, checkout.Restriction{MinAge: c.MinAge, NotIn: c.NotIn,
			Scope: pricing.Scope{Items: c.Items, Products: c.Products, Categories: c.Categories, Tags: c.Tags}})
	}
	b := &m.Business
	r.oneOf(join(at, "business.tax_exemption"), b.TaxExemption, "refuse", string(checkout.VerifyExemptions), string(checkout.AcceptExemptions))
	if len(b.Certificates) > MaxCertificates {
		r.errorf(join(at, "business.certificates"), "%d of them; at most %d", len(b.Certificates), MaxCertificates)
	}
	if len(b.Certificates) > 0 && b.TaxExemption != string(checkout.VerifyExemptions) {
		r.errorf(join(at, "business.certificates"), "are for tax_exemption: verify; write that, or remove them")
	}
	m.accounts(r, at, to)
	if b.TaxExemption != "refuse" {
		to.Exemptions, to.Certificates = checkout.ExemptionPolicy(b.TaxExemption), b.Certificates
	}
}

func (m *MerchantConfig) accounts(r *report, at string, to *checkout.Merchant) {
	if len(m.Business.Accounts) > MaxAccounts {
		r.errorf(join(at, "business.accounts"), "%d of them; at most %d", len(m.Business.Accounts), MaxAccounts)
		return
	}
	terms := slices.SortedFunc(maps.Keys(checkout.PaymentTerms), func(a, b string) int { return checkout.PaymentTerms[a] - checkout.PaymentTerms[b] })
	ids := map[string]int{}
	for i, c := range m.Business.Accounts {
		path := join(at, "business.accounts["+strconv.Itoa(i)+"]")
		if c.CustomerID == "" {
			r.errorf(path+".customer_id", "is missing; write the customer's id, as agents say it")
		} else if first, twice := ids[c.CustomerID]; twice {
			r.errorf(path+".customer_id", "%q is accounts[%d] too; give each customer one account", clip(c.CustomerID), first)
		}
		ids[c.CustomerID] = i
		if len(c.Terms) == 0 {
			r.errorf(path+".terms", "is missing; write those that were agreed on, such as [net_30]")
		}
		for j, t := range c.Terms {
			r.oneOf(path+".terms["+strconv.Itoa(j)+"]", t, terms...)
		}
		a := checkout.Account{CustomerID: c.CustomerID, TaxID: c.TaxID, Terms: c.Terms}
		if c.Limit != "" {
			a.Limit = r.amount(path+".limit", c.Limit, m.Currency)
		}
		to.Accounts = append(to.Accounts, a)
	}
}
