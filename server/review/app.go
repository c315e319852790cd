package review

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/checkstand/checkstand/server/mcp"
)

// maxName is the longest name of an app in the store, in characters.
const maxName = 30

// Words that the review does not take in a name. Numbers are kept in them.
var (
	protocolWords = []string{"mcp"}
	boasts        = []string{"best", "cheapest", "fastest", "greatest", "finest", "ultimate", "leading", "perfect", "unbeatable", "#1", "no1", "official"}
	trials        = []string{"test", "demo", "trial", "beta", "sample", "sandbox", "staging"}
)

// unfit names the word in a text that is one of the lists; "" when there is
// none.
func unfit(text string, lists ...[]string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '#' })
	for _, list := range lists {
		for _, w := range words {
			if slices.Contains(list, w) {
				return w
			}
		}
	}
	return ""
}

// app checks how the app is named and shown.
func (c *checker) app() {
	shop := c.shop()
	const title = "Name of the app"
	word := unfit(shop.Name, protocolWords, boasts, trials)
	switch {
	case word != "":
		c.missing("name", title, strconv.Quote(shop.Name)+" has the word "+strconv.Quote(word)+": names may not have MCP, praise or a trial in them.", "name", "Write the shop's name alone.")
	case utf8.RuneCountInString(shop.Name) > maxName:
		c.missing("name", title, fmt.Sprintf("%q has more than %d characters.", shop.Name, maxName), "name", "Write a shorter one.")
	default:
		c.met("name", title, shop.Name)
	}
	if shop.Logo == "" {
		c.advised("logo", "Logo", "The widget and the pages show the name in place of a logo.", "logo", "Write the URL of one. The form asks for the file itself.")
	} else if problem := notPublic(shop.Logo); problem != "" {
		c.missing("logo", "Logo", shop.Logo+" "+problem+".", "logo", "Write a URL that everybody can load.")
	} else {
		c.met("logo", "Logo", shop.Logo)
	}
	c.mode()
	c.widget()
}

func (c *checker) mode() {
	const title = "Live mode"
	shop := c.shop()
	switch {
	case shop.App.Live():
		c.met("mode", title, "the app takes real payments")
	case shop.Payment.Live.IsZero():
		c.missing("mode", title, "The app is in test mode, and the shop has no live payment account. Whoever opens a published app in test mode gets a checkout that takes no money.", "payment.live", "Describe the live account there, then write app.mode: live.")
	default:
		c.missing("mode", title, "The app is in test mode. Whoever opens a published app in test mode gets a checkout that takes no money.", "app.mode", "Write live.")
	}
}

// widgetMeta is what the store reads of the widget.
type widgetMeta struct {
	UI struct {
		Domain string `json:"domain"`
		CSP    *struct {
			Connect   []string `json:"connectDomains"`
			Resources []string `json:"resourceDomains"`
			Frames    []string `json:"frameDomains"`
		} `json:"csp"`
	} `json:"ui"`
	CSP struct {
		Redirects []string `json:"redirect_domains"`
	} `json:"openai/widgetCSP"`
}

// metaOf reads the widget's metadata as it goes over the wire.
func metaOf(l mcp.Listing) (m widgetMeta) {
	if l.Widget == nil {
		return m
	}
	b, err := json.Marshal(l.Widget.Meta)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // it is made of texts and lists
	}
	return m
}

func (c *checker) widget() {
	m := metaOf(c.Listing)
	const domain, csp, links = "Domain of the widget", "Content security policy", "Links out of the widget"
	other := -1
	for i := range c.Config.Merchants {
		if a := &c.Config.Merchants[i].App; i != c.Shop && a.Enabled && m.UI.Domain != "" && a.Domain == m.UI.Domain {
			other = i
		}
	}
	switch problem := notPublic(m.UI.Domain); {
	case m.UI.Domain == "":
		c.missing("domain", domain, "None is set; it is required, and every app has its own.", "app.domain", "Write an https origin of yours that no other app has.")
	case problem != "":
		c.missing("domain", domain, m.UI.Domain+" "+problem+".", "app.domain", "Write an https origin of yours.")
	case other >= 0:
		c.missing("domain", domain, m.UI.Domain+" is also that of shop "+c.Config.Merchants[other].ID+"; every app has its own.", "app.domain", "Write another origin of yours.")
	default:
		c.met("domain", domain, m.UI.Domain)
	}
	if m.UI.CSP == nil {
		c.missing("csp", csp, "The widget declares none.", "", "Update Checkstand: its widget always does.")
		return
	}
	if wrong := c.inexact(m.UI.CSP.Connect, m.UI.CSP.Resources, m.UI.CSP.Frames); wrong != "" {
		c.missing("csp", csp, "These are not exact public https origins: "+wrong+".", "app.picture_domains", "Write each origin by itself.")
	} else {
		c.met("csp", csp, "pictures from "+strings.Join(m.UI.CSP.Resources, ", ")+"; no connections, no frames")
	}
	if wrong := c.inexact(m.CSP.Redirects); wrong != "" {
		c.missing("redirect_domains", links, "These are not exact public https origins: "+wrong+".", "app.redirect_domains", "Write each origin by itself.")
	} else {
		c.met("redirect_domains", links, "buyers may be sent to "+strings.Join(m.CSP.Redirects, ", ")+" without being asked")
	}
}

// inexact lists the origins that are patterns, or not for everybody. The public
// address has a finding of its own.
func (c *checker) inexact(lists ...[]string) string {
	var wrong []string
	for _, origin := range slices.Concat(lists...) {
		if origin != c.Config.PublicURL && (strings.Contains(origin, "*") || notPublic(origin) != "") && !slices.Contains(wrong, origin) {
			wrong = append(wrong, origin)
		}
	}
	return strings.Join(wrong, ", ")
}
