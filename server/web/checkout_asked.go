package web

import (
	"net/url"
)

// Question is something that a buyer is asked beside the order, answered by a
// box that nobody but the buyer ticks.
type Question struct {
	Name     string // of the box: "terms", "consent_email"
	Words    string // what is agreed to
	Link     string // where to read more
	LinkIs   string // the words of the link
	Required bool
	Missing  string // what is said of a required one that is not ticked
	Ticked   bool
	Problem  string
}

// answers takes what is ticked out of a form. If one is missing that has to be,
// it gives the page that says so.
func (p *Pages) answers(c *Checkout, form url.Values) *checkoutPage {
	var missing []formError
	for i := range c.Asked {
		q := &c.Asked[i]
		if q.Ticked = form.Get(q.Name) == "yes"; q.Required && !q.Ticked {
			q.Problem = q.Missing
			missing = append(missing, formError{q.Name, q.Problem})
		}
	}
	if missing == nil {
		return nil
	}
	return &checkoutPage{Checkout: *c, Form: c.Details, Errors: missing}
}

// ticked are the names of the boxes that are.
func ticked(asked []Question) []string {
	var names []string
	for _, q := range asked {
		if q.Ticked {
			names = append(names, q.Name)
		}
	}
	return names
}

// Required are the questions without whose yes nothing is paid.
func (p *checkoutPage) Required() []Question { return p.asked(true) }

// Consents are those that a buyer may pass over.
func (p *checkoutPage) Consents() []Question { return p.asked(false) }

func (p *checkoutPage) asked(required bool) (list []Question) {
	for _, q := range p.Asked {
		if q.Required == required {
			list = append(list, q)
		}
	}
	return list
}
