package main

import (
	"cmp"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/text"
)

// printBuyer prints who bought, where the goods go, and what the buyer asks for
// beside: what a parcel needs.
func printBuyer(p *printer, s *checkout.Session) {
	var d acp.FulfillmentDetails
	if s.FulfillmentDetails != nil {
		d = *s.FulfillmentDetails
	}
	if b := s.Buyer; b != nil {
		name := cmp.Or(b.FullName, strings.TrimSpace(b.FirstName+" "+b.LastName))
		p.f("Buyer: %s\n", joined(cmp.Or(name, d.Name), b.Email, cmp.Or(b.PhoneNumber, d.PhoneNumber)))
	}
	printDestination(p, "Goes to", d)
	for _, g := range s.FulfillmentGroups {
		if g.FulfillmentDetails != nil {
			printDestination(p, strings.Join(g.ItemIDs, ", ")+" to", *g.FulfillmentDetails)
		}
		if g.Instructions != "" {
			p.f("  %s\n", g.Instructions)
		}
	}
	if s.OrderNotes != "" {
		p.f("Notes: %s\n", s.OrderNotes)
	}
}

// printDestination prints an address on one line; nothing where there is none.
func printDestination(p *printer, label string, d acp.FulfillmentDetails) {
	a := d.Address
	if a == nil {
		return
	}
	p.f("%s: %s\n", label, joined(cmp.Or(a.Name, d.Name), a.Company, a.LineOne, a.LineTwo,
		text.Town(a.Country, a.City, a.State, a.PostalCode), a.Country, d.PhoneNumber))
}

// joined puts commas between the parts that there are.
func joined(parts ...string) string {
	kept := parts[:0]
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ", ")
}
