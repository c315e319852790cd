package review

import "strings"

// page is a page of the shop that the form asks for.
type page struct {
	id, title, key, url string
	required            bool
}

func (c *checker) shopPages() []page {
	shop := c.shop()
	support, key := shop.Links.Support, "links.support"
	if support == "" && shop.Links.ContactUs != "" {
		support, key = shop.Links.ContactUs, "links.contact_us"
	}
	return []page{
		{"website", "Website", "website", shop.Website, true},
		{"privacy_policy", "Privacy policy", "links.privacy_policy", shop.Links.PrivacyPolicy, true},
		{"terms_of_use", "Terms", "links.terms_of_use", shop.Links.TermsOfUse, true},
		{"support", "Support", key, support, true},
		{"return_policy", "Return policy", "links.return_policy", shop.Links.ReturnPolicy, false},
	}
}

// placeholders is where the pages are that stand in for policies which a shop
// has not written yet.
const placeholders = "/policies/"

// pages checks the pages that the form asks for.
func (c *checker) pages() {
	for _, p := range c.shopPages() {
		finding := c.missing
		if !p.required {
			finding = c.advised
		}
		switch problem := notPublic(p.url); {
		case p.url == "":
			finding(p.id, p.title, "No page is named.", p.key, "Write its URL.")
		case c.Config.PublicURL != "" && strings.HasPrefix(p.url, strings.TrimSuffix(c.Config.PublicURL, "/")+placeholders):
			finding(p.id, p.title, p.url+" is the page that says that the shop has not written one yet.", p.key, "Write the URL of the shop's own.")
		case problem != "":
			finding(p.id, p.title, p.url+" "+problem+".", p.key, "Write the URL of a page that everybody can read.")
		default:
			c.met(p.id, p.title, p.url)
		}
	}
}
