package checkout

import (
	"cmp"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// texts are those of the session's language: the one that it was asked for in,
// or else the shop's.
func (m *Merchant) texts(s *Session) *text.Texts { return text.For(cmp.Or(s.Locale, m.Locale)) }

// english is what goes to developers.
var english = text.For(text.English)

// label is a figure with its words.
func label(t *text.Texts, kind acp.TotalType, amount int64) acp.Total {
	return acp.Total{Type: kind, DisplayText: t.Say(totalKeys[kind]), Amount: amount}
}

// totalKeys are the words of the figures of a session.
var totalKeys = map[acp.TotalType]string{
	acp.TotalItemsBaseAmount: "total.items",
	acp.TotalItemsDiscount:   "total.items_discount",
	acp.TotalSubtotal:        "total.subtotal",
	acp.TotalFulfillment:     "total.delivery",
	acp.TotalDiscount:        "total.delivery_discount",
	acp.TotalTax:             "total.tax",
	acp.TotalTotal:           "total.total",
}

// title and description are those of an option in the session's language.
func (p *part) title(o *pricing.Option) string {
	return p.MethodTitles[methodOf(o)].In(p.words, o.Title)
}

func (p *part) description(o *pricing.Option) string {
	return p.MethodDescriptions[methodOf(o)].In(p.words, o.Description)
}

// methodOf is the id of the shop's method that an option is of.
func methodOf(o *pricing.Option) string {
	method, _ := splitOption(cmp.Or(o.MethodID, o.ID))
	return method
}

// linksIn are the shop's policies and contacts, titled in a language.
func (m *Merchant) linksIn(t *text.Texts) []acp.Link {
	links := slices.Clone(m.Links)
	for i := range links {
		if key := linkKeys[links[i].Type]; key != "" && links[i].Title == "" {
			links[i].Title = t.Say(key)
		}
	}
	return links
}

var linkKeys = map[string]string{
	"terms_of_use": "link.terms_of_use", "privacy_policy": "link.privacy_policy", "return_policy": "link.return_policy",
	"shipping_policy": "link.shipping_policy", "contact_us": "link.contact_us", "about_us": "link.about_us", "faq": "link.faq", "support": "link.support",
}
