package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/checkstand/checkstand/text"
)

// CartVisit is a browser that follows the link of a cart.
type CartVisit struct{ Shop, Cart, Proof string }

// Carts is the buyer's side of the shops' carts. All methods but Front return
// ErrNotFound for a link that is none and for a cart that is over.
type Carts interface {
	// Front is that of Checkouts.
	Front(ctx context.Context, shop string) (look Shop, live bool, err error)
	// Cart returns the cart as it stands.
	Cart(ctx context.Context, v CartVisit) (Cart, error)
	// OpenCheckout opens the checkout of the cart, or finds the one that is
	// open, and returns the path of the link to its page. over ends one that is
	// open elsewhere. Errors: ErrChanged where the cart is being checked out
	// already.
	OpenCheckout(ctx context.Context, v CartVisit, over bool) (path string, err error)
	// SetQuantity changes a line; 0 removes it. Errors: ErrChanged, *Refusal.
	SetQuantity(ctx context.Context, v CartVisit, line string, quantity int64) error
}

// CartState is where the checkout of a cart stands.
type CartState string

// States of a cart.
const (
	CartOpen      CartState = "open"      // it can be checked out
	CartElsewhere CartState = "elsewhere" // a checkout is open, in another browser or by the agent
	CartPaying    CartState = "paying"    // a checkout is being paid, or waits for approval
)

// Cart is a cart as everybody with its link sees it. It has no fields for who
// buys, on purpose.
type Cart struct {
	Shop     Shop
	Live     bool
	Locale   string // BCP 47 tag that amounts are written for; "" is the server's
	Currency string // lower-case ISO 4217, of every amount
	Standing CartState
	// Payable says that there is a page to check out on, and something to buy.
	Payable bool
	// Checkout is the path of the checkout that is open, for the browser that
	// has it; "" where the agent has it.
	Checkout string

	Lines     []CheckoutLine
	Totals    []Total
	TotalNote string
	Notices   []Notice
}

// cartPage is what cart.html shows. State tells the parts that it shares with
// checkout.html that the lines may be changed.
type cartPage struct {
	Cart
	State CheckoutState
	Path  string
	Query string // of the return address, for the form that opens the checkout
}

// state tells the parts that are shared whether lines may be changed: what is
// being paid is not the cart any more.
func (c *Cart) state() CheckoutState {
	if c.Standing == CartPaying {
		return CheckoutPaying
	}
	return CheckoutOpen
}

// cartRoutes adds the pages of carts to the mux. guard keeps forms of other
// sites out.
func (p *Pages) cartRoutes(guard *http.CrossOriginProtection) {
	const cart = "/cart/{shop}/{cart}/{proof}"
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET " + cart:             p.cart,
		"POST " + cart:            p.cartForm(p.openCheckout),
		"POST " + cart + "/items": p.cartForm(p.setCartQuantity),
		"GET " + cart + "/items":  func(w http.ResponseWriter, r *http.Request) { p.backToCart(w, r, cartVisitOf(r), "") },
	} {
		p.mux.Handle(pattern, guard.Handler(handler))
	}
}

func cartVisitOf(r *http.Request) CartVisit {
	return CartVisit{Shop: r.PathValue("shop"), Cart: r.PathValue("cart"), Proof: r.PathValue("proof")}
}

// path is that of the cart's page.
func (v CartVisit) path() string {
	return "/cart/" + url.PathEscape(v.Shop) + "/" + url.PathEscape(v.Cart) + "/" + url.PathEscape(v.Proof)
}

func (v CartVisit) tooLong() bool { return len(v.Cart) > maxSession || len(v.Proof) > maxProof }

// cart is the page of a cart. Looking at it changes nothing.
func (p *Pages) cart(w http.ResponseWriter, r *http.Request) {
	v := cartVisitOf(r)
	if v.tooLong() {
		p.cartNotFound(w, r)
		return
	}
	c, err := p.carts.Cart(r.Context(), v)
	if err != nil {
		p.cartFailed(w, r, err)
		return
	}
	p.showCart(w, r, http.StatusOK, c)
}

func (p *Pages) showCart(w http.ResponseWriter, r *http.Request, status int, c Cart) {
	v := cartVisitOf(r)
	if c.Locale == "" {
		c.Locale = p.locale
	}
	if c.Shop.Name == "" {
		c.Shop = p.shop
	}
	p.render(w, r, status, view{Template: "cart.html", Title: text.For(c.Locale).Say("cart.title"), Locale: c.Locale, Shop: c.Shop, Ribbon: shopRibbon(c.Live), Hidden: true, Forms: true,
		Body: &cartPage{Cart: c, State: c.state(), Path: v.path(), Query: returnQuery(r)}})
}

// returnQuery is the return address of the page's own link, as a query. A form
// of the page has it from the page that it is on.
func returnQuery(r *http.Request) string {
	address := returnAddress(r.URL.Query())
	if from, err := url.Parse(r.Referer()); address == "" && err == nil && r.Method == http.MethodPost {
		address = returnAddress(from.Query())
	}
	if address == "" || len(address) > maxReturn {
		return ""
	}
	return "?" + url.Values{"return_url": {address}}.Encode()
}

// maxReturn bounds a return address that is passed on; which ones are allowed is
// for the checkout to say.
const maxReturn = 2048

// cartForm wraps the handling of a form of the page.
func (p *Pages) cartForm(do func(w http.ResponseWriter, r *http.Request, v CartVisit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := cartVisitOf(r)
		if v.tooLong() {
			p.cartNotFound(w, r)
			return
		}
		if status, why := parseForm(w, r); why != "" {
			p.cartMessage(w, r, status, checkoutMessage{Heading: why, Tone: Caution,
				Detail: "page.nothing_changed_in_cart", Again: v.path(), AgainIs: "page.back_to_cart"})
			return
		}
		switch err := do(w, r, v); {
		case err == nil:
		case errors.Is(err, ErrChanged):
			p.backToCart(w, r, v, "")
		default:
			p.cartFailed(w, r, err)
		}
	}
}

// openCheckout leads on to the checkout.
func (p *Pages) openCheckout(w http.ResponseWriter, r *http.Request, v CartVisit) error {
	path, err := p.carts.OpenCheckout(r.Context(), v, r.PostForm.Get("over") == "yes")
	if err != nil {
		return err
	}
	checkoutHeaders(w.Header())
	http.Redirect(w, r, path+returnQuery(r), http.StatusSeeOther)
	return nil
}

// setCartQuantity changes or removes a line. The last one stays.
func (p *Pages) setCartQuantity(w http.ResponseWriter, r *http.Request, v CartVisit) error {
	c, err := p.carts.Cart(r.Context(), v)
	if err != nil {
		return err
	}
	change := quantityForm{most: p.ordered, texts: text.For(cmp.Or(c.Locale, p.locale)), onlyItem: "cart.only_item", set: func(line string, quantity int64) error {
		return p.carts.SetQuantity(r.Context(), v, line, quantity)
	}}
	switch done, err := change.carryOut(r, c.Lines); {
	case err != nil:
		return err
	case done:
		p.backToCart(w, r, v, "#items")
	default:
		p.showCart(w, r, http.StatusUnprocessableEntity, c)
	}
	return nil
}

// backToCart sends the browser to the page after a form.
func (p *Pages) backToCart(w http.ResponseWriter, r *http.Request, v CartVisit, fragment string) {
	checkoutHeaders(w.Header())
	http.Redirect(w, r, v.path()+returnQuery(r)+fragment, http.StatusSeeOther)
}

func (p *Pages) cartMessage(w http.ResponseWriter, r *http.Request, status int, m checkoutMessage) {
	look, live, err := p.carts.Front(r.Context(), r.PathValue("shop"))
	if err != nil {
		look, live = p.shop, p.live
	}
	p.renderMessage(w, r, status, look, live, m)
}

func (p *Pages) cartNotFound(w http.ResponseWriter, r *http.Request) {
	p.cartMessage(w, r, http.StatusNotFound, checkoutMessage{Heading: "cart.gone",
		Detail: "cart.gone_note"})
}

// cartFailed answers to an error that no state of the page is for.
func (p *Pages) cartFailed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrNotFound):
		p.cartNotFound(w, r)
	case r.Context().Err() != nil: // nobody is left to read the page
	default:
		p.log.ErrorContext(r.Context(), "cart page failed", "pattern", r.Pattern, "error", err)
		p.cartMessage(w, r, http.StatusInternalServerError, checkoutMessage{Heading: "page.failed", Tone: Negative,
			Detail: "page.failed_cart",
			Again:  cartVisitOf(r).path(), AgainIs: "checkout.try_again"})
	}
}
