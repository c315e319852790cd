package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/text"
	"github.com/checkstand/checkstand/ui"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are the layout filled in with each page, by language.
var templates = func() map[string]map[string]*template.Template {
	all := map[string]map[string]*template.Template{}
	for _, lang := range text.Languages {
		all[lang] = templatesIn(text.For(lang))
	}
	return all
}()

func templatesIn(t *text.Texts) map[string]*template.Template {
	funcs := template.FuncMap{
		"money": money.Format,
		"say":   t.Say,
		"rich":  func(key string, values ...any) template.HTML { return rich(t, key, values) },
		"bdi":   func(s string) template.HTML { return "<bdi>" + template.HTML(template.HTMLEscapeString(s)) + "</bdi>" },
		"code": func(s string) template.HTML {
			return "<code>" + template.HTML(template.HTMLEscapeString(s)) + "</code>"
		},
		"pieces": pieces,
		"date":   t.Date,
		"window": t.Window,
		"iso":    func(t time.Time) string { return t.Format(time.RFC3339) },
	}
	layout := template.Must(template.New("layout.html").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html"))
	all := map[string]*template.Template{}
	for _, name := range []string{"order.html", "front.html", "policy.html", "message.html",
		"checkout.html", "checkout-message.html", "checkout-away.html", "reference.html"} {
		page, files := template.Must(layout.Clone()), []string{"templates/" + name}
		if name == "checkout.html" {
			files = append(files, "templates/checkout-extras.html")
		}
		all[name] = template.Must(page.ParseFS(templateFiles, files...))
	}
	// The page of a cart shows items and totals as that of a checkout does.
	cart := template.Must(layout.Clone())
	all["cart.html"] = template.Must(cart.ParseFS(templateFiles, "templates/checkout.html", "templates/checkout-extras.html", "templates/cart.html"))
	return all
}

// rich is a text with values that are written as they are where they are HTML.
func rich(t *text.Texts, key string, values []any) template.HTML {
	marked := slices.Clone(values)
	var swap []string
	for i := 1; i < len(marked); i += 2 {
		if html, ok := marked[i].(template.HTML); ok {
			mark := "\ue000" + strconv.Itoa(i) + "\ue000" // a private sign that no text has, and that is not escaped
			marked[i], swap = mark, append(swap, mark, string(html))
		}
	}
	return template.HTML(strings.NewReplacer(swap...).Replace(template.HTMLEscapeString(t.Say(key, marked...))))
}

// The texts of the test-mode ribbon, on an order and everywhere else.
func orderRibbon(live bool) string {
	if live {
		return ""
	}
	return "page.test_order"
}

func shopRibbon(live bool) string {
	if live {
		return ""
	}
	return "page.test_shop"
}

// view is one page: the frame's parts, and the Body that its template shows.
type view struct {
	Template string
	Title    string
	Shop     Shop
	Ribbon   string // key of the text on the test-mode ribbon; "" shows none
	Locale   string // BCP 47 tag of the words; "" is English
	Hidden   bool   // from search engines
	Wide     bool   // laid out for a grid rather than for one column
	Home     bool   // the shop's name leads to the front page
	Forms    bool   // a page of a checkout: it may send forms to this site
	Embed    *Embed // the script that the page runs; nil runs none
	Sheet    string // path of one more style sheet; "" for none
	Body     any

	// Set by render.
	Language            string
	StylePath, IconPath string
	Accent              template.CSS
}

// Referrer is the page's referrer policy. A page with forms says to its own
// site where they come from.
func (v view) Referrer() string {
	if v.Forms {
		return "same-origin"
	}
	return "no-referrer"
}

// render writes a page with the headers that keep it to itself.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.StylePath, v.IconPath, v.Language = stylePath, iconPath, text.For(v.Locale).Language()
	v.Accent = p.accent(r, v.Shop)
	var page bytes.Buffer
	if err := templates[v.Language][v.Template].Execute(&page, v); err != nil {
		p.log.ErrorContext(r.Context(), "page cannot be rendered", "template", v.Template, "error", err)
		says := text.For(v.Locale)
		http.Error(w, says.Say("page.failed")+"\n"+says.Say("page.failed_picture"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	h.Set("Content-Language", v.Language)
	h.Set("Content-Security-Policy", v.contentPolicy())
	h.Set("Referrer-Policy", v.Referrer())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	if v.Hidden {
		h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
		h.Set("Cache-Control", "private, no-store")
	} else {
		h.Set("Cache-Control", "no-cache")
		h.Set("Vary", "Accept-Language")
	}
	w.WriteHeader(status)
	// A failed write means that the reader has gone; there is nobody to tell.
	_, _ = w.Write(page.Bytes())
}

// accent returns the rule that puts a page into the shop's colour, or "" for
// the standard one.
func (p *Pages) accent(r *http.Request, shop Shop) template.CSS {
	if shop.AccentColor == "" {
		return ""
	}
	css, err := ui.Accent(shop.AccentColor)
	if err != nil {
		p.log.WarnContext(r.Context(), "shop's accent colour is ignored", "shop", shop.Name, "error", err)
		return ""
	}
	return template.CSS(css) // numbers only, written by ui
}

// contentPolicy allows our own style sheet, the one inline rule by its hash,
// and pictures; where the page needs them, forms to this site, and the payment
// provider's script with what it loads.
func (v view) contentPolicy() string {
	style := "'self'"
	if v.Accent != "" {
		sum := sha256.Sum256([]byte(v.Accent))
		style += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	forms, scripts := "'none'", ""
	if v.Forms {
		forms = "'self'"
	}
	if v.Embed != nil {
		sources := strings.Join(v.Embed.Sources, " ")
		style += " " + sources
		scripts = "; script-src 'self' " + originOf(v.Embed.Script) + "; connect-src " + sources + "; frame-src " + sources +
			"; style-src-attr 'unsafe-inline'"
	}
	return "default-src 'none'; style-src " + style + "; img-src 'self' https: data:; base-uri 'none'; form-action " + forms +
		"; frame-ancestors 'none'" + scripts
}

// originOf is the origin of an address, as a policy names it.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "'none'"
	}
	return u.Scheme + "://" + u.Host
}

// message is a page with nothing but something to say: two keys of texts.
type message struct {
	Heading string
	Detail  string
}

// wish is the locale of a page that belongs to nothing with a language: what the
// browser asks for, or else the shop's.
func (p *Pages) wish(r *http.Request) string {
	if locale, ok := text.Match(strings.Join(r.Header.Values("Accept-Language"), ",")); ok {
		return locale
	}
	return p.locale
}

func (p *Pages) message(w http.ResponseWriter, r *http.Request, status int, m message) {
	locale := p.wish(r)
	t := text.For(locale)
	m.Heading, m.Detail = t.Say(m.Heading), t.Say(m.Detail)
	p.render(w, r, status, view{
		Template: "message.html", Title: m.Heading, Locale: locale, Shop: p.shop, Ribbon: shopRibbon(p.live), Hidden: true, Home: true, Body: m,
	})
}

func (p *Pages) notFound(w http.ResponseWriter, r *http.Request) {
	p.message(w, r, http.StatusNotFound, message{
		Heading: "page.none",
		Detail:  "page.none_note",
	})
}

// failed answers for a mistake of ours; detail is the key of what is said. The path stays out of the log, because an order's id opens its
// page.
func (p *Pages) failed(w http.ResponseWriter, r *http.Request, detail string, err error) {
	if r.Context().Err() != nil {
		return // nobody is left to read the page
	}
	p.log.ErrorContext(r.Context(), "page failed", "pattern", r.Pattern, "error", err)
	p.message(w, r, http.StatusInternalServerError, message{Heading: "page.failed", Detail: detail})
}
