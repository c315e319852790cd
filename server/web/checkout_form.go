package web

import (
	"errors"
	"mime"
	"net/http"
)

// maxCheckoutForm bounds the body of a form in bytes.
const maxCheckoutForm = 64 << 10

// form wraps the handling of a form: what is no form is refused, and a change
// that comes too late shows what there is now.
func (p *Pages) form(do func(w http.ResponseWriter, r *http.Request, v Visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		if len(v.Session) > maxSession {
			p.checkoutNotFound(w, r)
			return
		}
		if status, why := parseForm(w, r); why != "" {
			p.checkoutMessage(w, r, status, checkoutMessage{Heading: why, Tone: Caution,
				Detail: "page.nothing_changed", Again: checkoutPath(v), AgainIs: "page.back_to_checkout"})
			return
		}
		switch err := do(w, r, v); {
		case err == nil:
		case errors.Is(err, ErrChanged):
			p.back(w, r, v, "")
		default:
			p.checkoutFailed(w, r, err)
		}
	}
}

// parseForm reads a form of a page. Of what is none, or cannot be read, it
// returns the status and the key of what is said to it; why is "" otherwise.
func parseForm(w http.ResponseWriter, r *http.Request) (status int, why string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return http.StatusUnsupportedMediaType, "page.no_form"
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxCheckoutForm)
	err := r.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge, "page.unreadable_form"
	} else if err != nil {
		return http.StatusBadRequest, "page.unreadable_form"
	}
	return http.StatusOK, ""
}

func (p *Pages) reloaded(w http.ResponseWriter, r *http.Request) { p.back(w, r, visitOf(r), "") }

// back sends the browser to the page after a form.
func (p *Pages) back(w http.ResponseWriter, r *http.Request, v Visit, fragment string) {
	checkoutHeaders(w.Header())
	http.Redirect(w, r, checkoutPath(v)+fragment, http.StatusSeeOther)
}

// saveDetails takes the buyer's details. What the shop finds wrong with an
// address is stored with it, and said.
func (p *Pages) saveDetails(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	if err != nil {
		return err
	}
	if c.State != CheckoutOpen {
		return ErrChanged
	}
	if c.Locale == "" {
		c.Locale = p.locale
	}
	d := readDetails(r.PostForm)
	if problems := d.check(&c); len(problems) > 0 {
		if c.Shipped { // all of it at once: nobody mends a form field by field
			for name, problem := range p.checkouts.Misfits(d, c.Locale) {
				if problems[name] == "" {
					problems[name] = problem
				}
			}
		}
		c.Problems = problems
		p.show(w, r, http.StatusUnprocessableEntity, &checkoutPage{Checkout: c, Form: d, Editing: true})
		return nil
	}
	if err := p.checkouts.SaveDetails(r.Context(), v, d); err != nil {
		return err
	}
	if c, err = p.checkouts.Checkout(r.Context(), v); err != nil {
		return err
	}
	if c.State == CheckoutOpen && len(c.Problems) > 0 {
		p.show(w, r, http.StatusUnprocessableEntity, &checkoutPage{Checkout: c, Form: c.Details})
		return nil
	}
	p.back(w, r, v, "")
	return nil
}

func (p *Pages) chooseDelivery(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	if err != nil {
		return err
	}
	for _, d := range c.Deliveries {
		if d.ID != r.PostForm.Get("delivery") || c.settled() {
			continue
		}
		if err := p.checkouts.ChooseDelivery(r.Context(), v, d.ID); err != nil {
			return err
		}
		p.back(w, r, v, "#delivery")
		return nil
	}
	return ErrChanged
}

// setQuantity changes or removes a line. The last one stays: an order of
// nothing is none.
func (p *Pages) setQuantity(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	if err != nil {
		return err
	}
	change := quantityForm{most: p.ordered, texts: p.texts(&c), onlyItem: "checkout.only_item", set: func(line string, quantity int64) error {
		return p.checkouts.SetQuantity(r.Context(), v, line, quantity)
	}}
	switch done, err := change.carryOut(r, c.Lines); {
	case err != nil:
		return err
	case done:
		p.back(w, r, v, "#items")
	default:
		p.show(w, r, http.StatusUnprocessableEntity, &checkoutPage{Checkout: c, Form: c.Details})
	}
	return nil
}

// MaxOrdered is how many of one item a buyer can order on the page at the most.
const MaxOrdered = 9999

// pay takes the browser to the provider's page, or hands in what the provider's
// script gave it. The way to the page is a page of ours that leads on by
// itself, rather than a redirect, so that forms need not be allowed to end at
// any other site than this one.
// The agent may change the order while the buyer looks at it, so the form says
// which total it showed.
func (p *Pages) pay(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	if err != nil {
		return err
	}
	if c.State == CheckoutOpen && r.PostForm.Get("total") != c.Shown() {
		c.Notices = append(c.Notices, Notice{Caution, p.texts(&c).Say("checkout.changed")})
		p.show(w, r, http.StatusConflict, &checkoutPage{Checkout: c, Form: c.Details})
		return nil
	}
	if c.State == CheckoutOpen && len(c.Asked) > 0 {
		if page := p.answers(&c, r.PostForm); page != nil {
			p.show(w, r, http.StatusUnprocessableEntity, page)
			return nil
		}
		if err := p.checkouts.Agree(r.Context(), v, ticked(c.Asked)); err != nil {
			return err
		}
	}
	var address string
	if token := r.PostForm.Get("payment_method_nonce"); token != "" {
		err = p.checkouts.PayToken(r.Context(), v, token)
	} else {
		address, err = p.checkouts.Pay(r.Context(), v)
	}
	switch {
	case errors.Is(err, ErrNotCharged):
		c, err := p.checkouts.Checkout(r.Context(), v)
		if err != nil {
			return err
		}
		c.Notices = append([]Notice{{Negative, p.texts(&c).Say("checkout.no_provider")}}, c.Notices...)
		p.show(w, r, http.StatusServiceUnavailable, &checkoutPage{Checkout: c, Form: c.Details})
		return nil
	case err != nil:
		return err
	case address == "":
		p.back(w, r, v, "")
		return nil
	}
	if !hasPrefixFold(address, "https://") && !hasPrefixFold(address, "http://") {
		return errors.New("the payment page has an address that no browser should go to")
	}
	look := c.Shop
	if look.Name == "" {
		look = p.shop
	}
	w.Header().Set("Refresh", "0; url="+address)
	p.render(w, r, http.StatusOK, view{Template: "checkout-away.html", Title: p.texts(&c).Say("checkout.away"), Locale: p.texts(&c).Locale(), Shop: look, Ribbon: shopRibbon(c.Live),
		Hidden: true, Forms: true, Body: address})
	return nil
}

func (p *Pages) closePage(w http.ResponseWriter, r *http.Request, v Visit) error {
	if err := p.checkouts.ClosePage(r.Context(), v); err != nil {
		return err
	}
	p.back(w, r, v, "")
	return nil
}
