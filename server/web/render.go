package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/ui"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are the layout filled in with each page.
var templates = func() map[string]*template.Template {
	funcs := template.FuncMap{
		"money": money.Format,
		"date":  date,
		"iso":   func(t time.Time) string { return t.Format(time.RFC3339) },
	}
	layout := template.Must(template.New("layout.html").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html"))
	all := map[string]*template.Template{}
	for _, name := range []string{"order.html", "front.html", "policy.html", "message.html",
		"checkout.html", "checkout-message.html", "checkout-away.html", "reference.html"} {
		page := template.Must(layout.Clone())
		all[name] = template.Must(page.ParseFS(templateFiles, "templates/"+name))
	}
	// The page of a cart shows items and totals as that of a checkout does.
	cart := template.Must(layout.Clone())
	all["cart.html"] = template.Must(cart.ParseFS(templateFiles, "templates/checkout.html", "templates/cart.html"))
	return all
}()

// The words of the test-mode ribbon, on an order and everywhere else.
func orderRibbon(live bool) string {
	if live {
		return ""
	}
	return "No money has moved and nothing will be sent."
}

func shopRibbon(live bool) string {
	if live {
		return ""
	}
	return "Purchases are rehearsals: no money moves and nothing is sent."
}

// view is one page: the frame's parts, and the Body that its template shows.
type view struct {
	Template string
	Title    string
	Shop     Shop
	Ribbon   string // words of the test-mode ribbon; "" shows none
	Hidden   bool   // from search engines
	Wide     bool   // laid out for a grid rather than for one column
	Home     bool   // the shop's name leads to the front page
	Forms    bool   // a page of a checkout: it may send forms to this site
	Embed    *Embed // the script that the page runs; nil runs none
	Sheet    string // path of one more style sheet; "" for none
	Body     any

	// Set by render.
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
	v.StylePath, v.IconPath = stylePath, iconPath
	v.Accent = p.accent(r, v.Shop)
	var page bytes.Buffer
	if err := templates[v.Template].Execute(&page, v); err != nil {
		p.log.ErrorContext(r.Context(), "page cannot be rendered", "template", v.Template, "error", err)
		http.Error(w, "This page could not be shown. Try again in a moment.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
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

// message is a page with nothing but something to say.
type message struct {
	Heading string
	Detail  string
}

func (p *Pages) message(w http.ResponseWriter, r *http.Request, status int, m message) {
	p.render(w, r, status, view{
		Template: "message.html", Title: m.Heading, Shop: p.shop, Ribbon: shopRibbon(p.live), Hidden: true, Home: true, Body: m,
	})
}

func (p *Pages) notFound(w http.ResponseWriter, r *http.Request) {
	p.message(w, r, http.StatusNotFound, message{
		Heading: "There is no such page here",
		Detail:  "The address may be incomplete or out of date.",
	})
}

// failed answers for a mistake of ours; safe says what the reader need not
// worry about. The path stays out of the log, because an order's id opens its
// page.
func (p *Pages) failed(w http.ResponseWriter, r *http.Request, safe string, err error) {
	if r.Context().Err() != nil {
		return // nobody is left to read the page
	}
	p.log.ErrorContext(r.Context(), "page failed", "pattern", r.Pattern, "error", err)
	detail := "Something went wrong on our side. Try again in a moment."
	if safe != "" {
		detail = "Something went wrong on our side. " + safe + " Try again in a moment."
	}
	p.message(w, r, http.StatusInternalServerError, message{Heading: "This page could not be loaded", Detail: detail})
}
