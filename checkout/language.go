package checkout

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// texts are those of the session's language: the one that it was asked for in,
// or else the shop's.
func (m *Merchant) texts(s *Session) *text.Texts { return text.For(cmp.Or(s.Locale, m.Locale)) }

// language is the locale for the first of some wishes that there are texts for.
// Where they name none, it is the shop's; "" is that nobody has wished for any.
func (m *Merchant) language(wishes ...string) string {
	if locale, ok := text.FirstMatch(wishes...); ok {
		return locale
	}
	if strings.Join(wishes, "") == "" {
		return ""
	}
	return m.Locale
}

// names reports whether a locale is one that there are texts for.
func names(locale string) bool {
	_, ok := text.Match(locale)
	return ok
}

// speak changes the session's language, unless the agent has named one in a
// body before. The next quote says everything in it.
func (s *Session) speak(wish string) {
	if locale, ok := text.Match(wish); ok && !s.LocaleFixed {
		s.Locale = locale
	}
}

// translate says a session whose price is binding in another language. Texts
// alone change: where the catalogue has moved since, the session keeps its
// language until it is quoted anew.
func (s *Service) translate(tx Reader, m *Merchant, sess *Session, wish string, now time.Time) error {
	before := m.texts(sess).Locale()
	other := *sess
	other.speak(wish)
	if m.texts(&other).Locale() == before {
		return nil
	}
	items, err := tx.RecentItems(sess.MerchantID, sess.itemIDs())
	if err != nil {
		return err
	}
	other.LineItems, other.Chosen = slices.Clone(sess.LineItems), slices.Clone(sess.Chosen)
	if err := other.quote(tx, m, items, nil, now); err != nil || !other.costs(sess) {
		return nil //nolint:nilerr // it stays as it is
	}
	other.QuoteID, other.QuoteExpiresAt = sess.QuoteID, sess.QuoteExpiresAt
	*sess = other
	return nil
}

// costs reports whether two quotes of a session are the same but for the words.
func (s *Session) costs(other *Session) bool {
	same := func(a, b []acp.Total) bool {
		return slices.EqualFunc(a, b, func(a, b acp.Total) bool { return a.Type == b.Type && a.Amount == b.Amount })
	}
	return s.Status == other.Status && same(s.Totals, other.Totals) && maps.Equal(s.Prices, other.Prices) &&
		s.deliveredAs(other.SelectedFulfillmentOptions) &&
		slices.EqualFunc(s.LineItems, other.LineItems, func(a, b acp.LineItem) bool {
			return a.ID == b.ID && a.Quantity == b.Quantity && same(a.Totals, b.Totals)
		}) &&
		slices.EqualFunc(s.FulfillmentOptions, other.FulfillmentOptions, func(a, b acp.FulfillmentOption) bool {
			return a.ID == b.ID && same(a.Totals, b.Totals)
		})
}

// english is what goes to developers.
var english = text.For(text.English)

// label is a figure with its words.
func label(t *text.Texts, kind acp.TotalType, amount int64) acp.Total {
	return acp.Total{Type: kind, DisplayText: order.TotalWords(t, kind), Amount: amount}
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
