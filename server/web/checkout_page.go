package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/checkstand/checkstand/text"
)

// How long a page that waits stays before it asks again: often at first, seldom
// when it takes long.
const (
	askSoon   = 3 * time.Second
	askLater  = 10 * time.Second
	askSeldom = 30 * time.Second
	// askApproval is for what a person has to decide.
	askApproval = time.Minute
)

// checkoutRoutes adds the pages of a checkout to the mux. They are the only
// ones with forms and a cookie.
func (p *Pages) checkoutRoutes(baseURL string) error {
	const session = "/checkout/{shop}/{session}"
	guard := http.NewCrossOriginProtection()
	if baseURL != "" {
		u, err := url.Parse(baseURL)
		if err != nil {
			return err
		}
		p.secure = u.Scheme == "https"
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return err
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(p.crossOrigin))
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET " + session + "/{proof}":   p.link,
		"POST " + session + "/{proof}":  p.redeem,
		"GET " + session:                p.checkout,
		"GET " + session + "/return":    p.returned,
		"POST " + session + "/details":  p.form(p.saveDetails),
		"POST " + session + "/delivery": p.form(p.chooseDelivery),
		"POST " + session + "/items":    p.form(p.setQuantity),
		"POST " + session + "/codes":    p.form(p.enterCode),
		"POST " + session + "/wrap":     p.form(p.setWrap),
		"POST " + session + "/tip":      p.form(p.setTip),
		"POST " + session + "/pay":      p.form(p.pay),
		"POST " + session + "/leave":    p.form(p.closePage),
		// A form's address that is loaded anew.
		"GET " + session + "/details":  p.reloaded,
		"GET " + session + "/delivery": p.reloaded,
		"GET " + session + "/items":    p.reloaded,
		"GET " + session + "/codes":    p.reloaded,
		"GET " + session + "/wrap":     p.reloaded,
		"GET " + session + "/tip":      p.reloaded,
		"GET " + session + "/pay":      p.reloaded,
		"GET " + session + "/leave":    p.reloaded,
	} {
		p.mux.Handle(pattern, guard.Handler(handler))
	}
	if p.carts != nil {
		p.cartRoutes(guard)
	}
	return nil
}

// checkoutPage is what checkout.html shows.
type checkoutPage struct {
	Checkout
	Path    string
	Editing bool    // the form is open although all is filled in
	Ready   bool    // all is filled in: nothing is left but to pay
	Form    Details // what the fields hold, which need not be stored
	Errors  []formError
	Contact []field
	Address []field
	Choices []country
	Waiting int // times that the page has asked; 0 when it does not
	// Token authorizes the script of Embed; "" shows no payment form.
	Token string
	texts *text.Texts
}

// formError is a line of the summary at the top.
type formError struct{ Field, Text string }

// checkout is the page of a session.
func (p *Pages) checkout(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	if len(v.Session) > maxSession {
		p.checkoutNotFound(w, r)
		return
	}
	c, err := p.checkouts.Checkout(r.Context(), v)
	if err != nil {
		p.checkoutFailed(w, r, err)
		return
	}
	waiting, _ := strconv.Atoi(r.URL.Query().Get("waiting")) // what is no number waits for nothing
	if waiting > 0 && c.State != CheckoutPaying && c.State != CheckoutConfirming {
		checkoutHeaders(w.Header())
		http.Redirect(w, r, checkoutPath(v), http.StatusSeeOther)
		return
	}
	page := &checkoutPage{Checkout: c, Form: c.Details, Waiting: max(0, waiting), Editing: r.URL.Query().Get("change") == "details"}
	if page.State == CheckoutConfirming {
		page.Waiting = max(1, page.Waiting)
	}
	p.show(w, r, http.StatusOK, page)
}

// show renders the page in the state that it has.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, page *checkoutPage) {
	v := visitOf(r)
	page.Path = checkoutPath(v)
	if page.Locale == "" {
		page.Locale = p.locale
	}
	page.texts = p.texts(&page.Checkout)
	missing := page.Details.check(&page.Checkout)
	page.Ready = page.State == CheckoutOpen && page.Payable && len(missing) == 0
	problems := page.Problems
	for _, e := range page.Errors {
		if problems == nil {
			problems = map[string]string{}
		}
		problems[e.Field] = e.Text
	}
	page.Contact, page.Address = fields(contactFields, page.Form, problems, page.texts), fields(p.addressFields(&page.Checkout, page.Form), page.Form, problems, page.texts)
	if page.Errors == nil {
		for _, f := range append(page.Contact[:len(page.Contact):len(page.Contact)], page.Address...) {
			if f.Problem != "" {
				page.Errors = append(page.Errors, formError{f.Name, f.Problem})
			}
		}
	}
	page.Editing = page.Editing || !page.Ready && (len(missing) > 0 || len(page.Errors) > 0)
	if page.Shipped && page.Editing {
		page.Choices = countries(page.Locale, page.Countries)
		if len(page.Choices) == 1 && page.Form.Country == "" {
			page.Address[0].Value = page.Choices[0].Code
		}
	}
	if page.State == CheckoutPending {
		// Somebody may take days over it, and the session does not expire.
		p.remember(w, v, pendingVisit)
		w.Header().Set("Refresh", strconv.Itoa(int(askApproval.Seconds()))+"; url="+page.Path)
	}
	if page.Waiting > 0 {
		w.Header().Set("Refresh", refresh(page.Path, page.Waiting))
	}
	shown := view{Template: "checkout.html", Title: page.Heading(), Locale: page.Locale, Shop: page.Shop, Ribbon: shopRibbon(page.Live), Hidden: true, Forms: true, Body: page}
	if page.State == CheckoutDone {
		shown.Ribbon = orderRibbon(page.Live)
	}
	if page.Shop.Name == "" {
		shown.Shop = p.shop
	}
	if page.Ready && !page.Editing && page.Embed != nil {
		token, err := p.checkouts.ClientToken(r.Context(), v)
		if err != nil { // the page says that it could not be loaded
			p.log.ErrorContext(r.Context(), "the payment form has no client token", "shop", v.Shop, "session", v.Session, "error", err)
		}
		page.Token = token
	}
	if page.embedded() {
		shown.Embed = page.Embed
	}
	p.render(w, r, status, shown)
}

func refresh(path string, waiting int) string {
	pause := askSoon
	switch {
	case waiting > 40:
		pause = askSeldom
	case waiting > 10:
		pause = askLater
	}
	return strconv.Itoa(int(pause.Seconds())) + "; url=" + path + "?waiting=" + strconv.Itoa(min(waiting, 1000)+1)
}

// Shown is the total as the form to pay names it.
func (c *Checkout) Shown() string { return strconv.FormatInt(c.Total(), 10) + " " + c.Currency }

// embedded reports whether the provider's script is on the page.
func (p *checkoutPage) embedded() bool {
	return p.Ready && !p.Editing && p.Token != ""
}

// texts are those of a checkout's language.
func (p *Pages) texts(c *Checkout) *text.Texts { return text.For(cmp.Or(c.Locale, p.locale)) }

// Heading is the page's title.
func (p *checkoutPage) Heading() string { return p.texts.Say(p.heading()) }

func (p *checkoutPage) heading() string {
	switch {
	case p.State == CheckoutDone:
		return "checkout.thanks"
	case p.State == CheckoutCanceled:
		return "checkout.canceled"
	case p.State == CheckoutExpired:
		return "checkout.expired"
	case p.State == CheckoutPending:
		return "checkout.pending"
	case p.Waiting > 0:
		return "checkout.confirming"
	case p.State == CheckoutPaying:
		return "checkout.paying"
	case p.Ready && !p.Editing:
		return "checkout.review"
	}
	return "checkout.title"
}

// Host names where the buyer goes back to.
func (c *Checkout) Host() string {
	u, err := url.Parse(c.ReturnURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// ScriptPath is where the page finds the part of the payment form that is ours.
func (p *checkoutPage) ScriptPath() string { return scriptPath }

// Settled reports whether the delivery is shown alone.
func (p *checkoutPage) Settled() bool { return p.settled() }

// FetchFirst reports whether the choice to come for the goods stands before the
// form for an address, which it may save.
func (p *checkoutPage) FetchFirst() bool { return p.Editing && p.fetchable() && !p.settled() }

// Blocked reports whether a line of the order stands in the way of paying.
func (p *checkoutPage) Blocked() bool { return p.blocked() }

// returned is where the provider sends the browser. It says nothing about the
// payment: whoever knows the address can come here.
func (p *Pages) returned(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	if len(v.Session) > maxSession {
		p.checkoutNotFound(w, r)
		return
	}
	if r.Method == http.MethodGet {
		if err := p.checkouts.Returned(r.Context(), v, r.URL.RawQuery); err != nil {
			p.checkoutFailed(w, r, err)
			return
		}
	}
	p.back(w, r, v, "?waiting=1")
}
