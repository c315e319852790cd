package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/text"
)

const (
	// visitorCookie holds the secret of a visit. Its path is that of the
	// session's page, so a browser can have several checkouts open.
	visitorCookie = "checkout"
	// maxSession and maxProof bound what is looked up; those of ours are a good
	// deal shorter.
	maxSession = 128
	maxProof   = 128
	// shortVisit is how long a browser that takes a link up can look at least: what
	// waits for approval outlives the time that it had to be paid in.
	shortVisit = time.Hour
	// pendingVisit is how much longer a browser that looks at it can look at what
	// waits for approval.
	pendingVisit = 30 * 24 * time.Hour
)

// checkoutMessage is a page of a checkout that has nothing to fill in. Heading,
// Detail and AgainIs are keys of texts.
type checkoutMessage struct {
	Heading  string
	Detail   string
	Order    string // in Detail
	Tone     Tone
	Continue bool // a button that takes the link up
	Again    string
	AgainIs  string // the words of the link to Again
}

// link answers to a link of a session. Only a browser that a person sends here
// takes it up: programs that look at links, as chats do to show a preview, and
// browsers that load what might be opened next must not use it up.
func (p *Pages) link(w http.ResponseWriter, r *http.Request) {
	v, proof := visitOf(r), r.PathValue("proof")
	if len(v.Session) > maxSession || len(proof) > maxProof {
		p.checkoutNotFound(w, r)
		return
	}
	switch err := p.checkouts.LinkOpen(r.Context(), v.Shop, v.Session, proof); {
	case errors.Is(err, ErrLinkUsed):
		p.usedLink(w, r, v)
	case err != nil:
		p.checkoutFailed(w, r, err)
	case byPerson(r):
		p.redeem(w, r)
	default:
		p.checkoutMessage(w, r, http.StatusOK, checkoutMessage{Heading: "page.ready",
			Detail: "page.ready_note", Continue: true})
	}
}

// byPerson reports whether a browser says that it navigates to be seen. One
// that says nothing shows a button instead.
func byPerson(r *http.Request) bool {
	purpose := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Moz")
	dest := r.Header.Get("Sec-Fetch-Dest")
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && (dest == "" || dest == "document") && purpose == ""
}

// redeem takes a link up for this browser.
func (p *Pages) redeem(w http.ResponseWriter, r *http.Request) {
	v, proof := visitOf(r), r.PathValue("proof")
	if len(v.Session) > maxSession || len(proof) > maxProof {
		p.checkoutNotFound(w, r)
		return
	}
	visitor, expires, err := p.checkouts.Redeem(r.Context(), v.Shop, v.Session, proof, returnAddress(r.URL.Query()))
	switch {
	case errors.Is(err, ErrLinkUsed):
		p.usedLink(w, r, v)
		return
	case err != nil:
		p.checkoutFailed(w, r, err)
		return
	}
	v.Visitor = visitor
	p.remember(w, v, max(shortVisit, time.Until(expires)))
	checkoutHeaders(w.Header())
	http.Redirect(w, r, checkoutPath(v), http.StatusSeeOther)
}

// remember gives a browser the secret of its visit to keep.
func (p *Pages) remember(w http.ResponseWriter, v Visit, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: visitorCookie, Value: v.Visitor, Path: checkoutPath(v), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: p.secure, MaxAge: int(lifetime.Seconds())})
}

// returnAddress is where the agent's side wants the buyer back.
func returnAddress(q url.Values) string {
	for _, name := range []string{"redirectUrl", "return_url"} {
		if address := q.Get(name); address != "" {
			return address
		}
	}
	return ""
}

// usedLink sends the browser that has used a link on, and tells any other.
func (p *Pages) usedLink(w http.ResponseWriter, r *http.Request, v Visit) {
	if v.Visitor != "" {
		if _, err := p.checkouts.Checkout(r.Context(), v); err == nil {
			checkoutHeaders(w.Header())
			http.Redirect(w, r, checkoutPath(v), http.StatusSeeOther)
			return
		}
	}
	p.checkoutMessage(w, r, http.StatusGone, checkoutMessage{Heading: "page.link_used",
		Detail: "page.link_used_note"})
}

// visitOf is who comes, and to which session.
func visitOf(r *http.Request) Visit {
	v := Visit{Shop: r.PathValue("shop"), Session: r.PathValue("session")}
	// Two cookies of the name are not ours both; the one with the longer path,
	// which ours has, comes first.
	if c, err := r.Cookie(visitorCookie); err == nil && len(c.Value) <= maxProof {
		v.Visitor = c.Value
	}
	return v
}

// checkoutPath is the page of a session.
func checkoutPath(v Visit) string {
	return "/checkout/" + url.PathEscape(v.Shop) + "/" + url.PathEscape(v.Session)
}

// checkoutHeaders are those of every answer below /checkout/. The referrer
// stays on this site: without any, older browsers would not say where a form
// comes from.
func checkoutHeaders(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
}

func (p *Pages) checkoutMessage(w http.ResponseWriter, r *http.Request, status int, m checkoutMessage) {
	look, live, err := p.checkouts.Front(r.Context(), r.PathValue("shop"))
	if err != nil {
		look, live = p.shop, p.live
	}
	p.renderMessage(w, r, status, look, live, m)
}

func (p *Pages) renderMessage(w http.ResponseWriter, r *http.Request, status int, look Shop, live bool, m checkoutMessage) {
	locale := p.wish(r)
	t := text.For(locale)
	if m.Heading, m.Detail = t.Say(m.Heading), t.Say(m.Detail, "order", m.Order); m.Again != "" {
		m.AgainIs = t.Say(m.AgainIs)
	}
	p.render(w, r, status, view{Template: "checkout-message.html", Title: m.Heading, Locale: locale, Shop: look, Ribbon: shopRibbon(live),
		Hidden: true, Forms: true, Body: m})
}

func (p *Pages) checkoutNotFound(w http.ResponseWriter, r *http.Request) {
	p.checkoutMessage(w, r, http.StatusNotFound, checkoutMessage{Heading: "page.no_checkout",
		Detail: "page.no_checkout_note"})
}

// checkoutFailed answers to an error that no state of the page is for.
func (p *Pages) checkoutFailed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrNotFound):
		p.checkoutNotFound(w, r)
	case errors.Is(err, ErrNotVisitor):
		p.otherBrowser(w, r)
	case r.Context().Err() != nil: // nobody is left to read the page
	default:
		p.log.ErrorContext(r.Context(), "checkout page failed", "pattern", r.Pattern, "error", err)
		v := visitOf(r)
		p.checkoutMessage(w, r, http.StatusInternalServerError, checkoutMessage{Heading: "page.failed", Tone: Negative,
			Detail: "page.failed_checkout",
			Again:  checkoutPath(v), AgainIs: "checkout.try_again"})
	}
}

// otherBrowser answers to a browser that may not see the session. One that it
// was taken over from is told what became of its payment all the same, and
// nothing of whoever has the page now.
func (p *Pages) otherBrowser(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	o, err := p.checkouts.Outcome(r.Context(), v)
	if errors.Is(err, ErrNotVisitor) || errors.Is(err, ErrNotFound) {
		p.checkoutMessage(w, r, http.StatusForbidden, checkoutMessage{Heading: "page.other_browser", Detail: "page.other_browser_note"})
		return
	} else if err != nil {
		p.checkoutFailed(w, r, err)
		return
	}
	if o.Shop.Name == "" {
		o.Shop = p.shop
	}
	waiting, _ := strconv.Atoi(r.URL.Query().Get("waiting")) // what is no number has not waited
	switch {
	case o.Open:
		w.Header().Set("Refresh", refresh(checkoutPath(v), max(1, waiting)))
		p.renderMessage(w, r, http.StatusOK, o.Shop, o.Live, checkoutMessage{Heading: "checkout.confirming", Detail: "checkout.waiting"})
	case o.Order != nil:
		p.renderMessage(w, r, http.StatusOK, o.Shop, o.Live, checkoutMessage{Heading: "checkout.thanks", Detail: "page.paid_here", Order: o.Order.Number,
			Tone: Positive, Again: o.Order.URL, AgainIs: "checkout.see_order"})
	default:
		p.renderMessage(w, r, http.StatusForbidden, o.Shop, o.Live, checkoutMessage{Heading: "page.other_browser", Detail: "page.not_paid_here"})
	}
}

// crossOrigin answers to a form that another site has sent.
func (p *Pages) crossOrigin(w http.ResponseWriter, r *http.Request) {
	p.checkoutMessage(w, r, http.StatusForbidden, checkoutMessage{Heading: "page.elsewhere", Tone: Caution,
		Detail: "page.elsewhere_note",
	})
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
