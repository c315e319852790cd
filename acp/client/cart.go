package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Cart is a cart, as much of it as an agent acts on. Amounts are minor units of
// Currency, and estimates.
type Cart struct {
	ID          string
	Currency    string
	Total       int64
	HasTotal    bool // there is a total, and it is an amount
	Totals      []acp.Total
	Lines       []Line
	Messages    []acp.Message
	ContinueURL string    // where the buyer can look at the cart and check it out; may be empty
	ExpiresAt   time.Time // zero when the shop does not say
	Raw         []byte    // the body as it came

	HTTPStatus int
	RequestID  string // of the answer
	Replayed   bool   // the answer is a stored one: Idempotent-Replayed
}

// CreateCart makes a cart (POST /carts). Versions without carts are an
// ErrUnsupported, before anything is sent. A refusal of the server is an *Error.
func (c *Client) CreateCart(ctx context.Context, r acp.CartRequest, opts ...CallOption) (*Cart, error) {
	body := c.dialect.cart(r)
	body.text("locale", r.Locale)
	return c.cart(ctx, http.MethodPost, "", body, opts)
}

// Cart reads a cart (GET /carts/{id}).
func (c *Client) Cart(ctx context.Context, id string, opts ...CallOption) (*Cart, error) {
	return c.cartOf(ctx, http.MethodGet, id, "", nil, opts)
}

// ReplaceCart makes r all that the cart holds (PUT /carts/{id}). Errors are
// those of CreateCart.
func (c *Client) ReplaceCart(ctx context.Context, id string, r acp.CartRequest, opts ...CallOption) (*Cart, error) {
	return c.cartOf(ctx, http.MethodPut, id, "", c.dialect.cart(r), opts)
}

// CancelCart throws a cart away (POST /carts/{id}/cancel) and returns the last
// that it was.
func (c *Client) CancelCart(ctx context.Context, id string, opts ...CallOption) (*Cart, error) {
	return c.cartOf(ctx, http.MethodPost, id, "/cancel", object{}, opts)
}

// cart is the body of a cart, without its locale.
func (d dialect) cart(r acp.CartRequest) object {
	o := object{d.itemsName(): d.items(r.Items)}
	if r.Buyer != nil {
		o["buyer"] = d.buyer(*r.Buyer)
	}
	o.text("currency", r.Currency)
	return o
}

func (c *Client) cartOf(ctx context.Context, method, id, action string, body object, opts []CallOption) (*Cart, error) {
	if id == "" || id == "." || id == ".." {
		return nil, errors.New("cart id is empty: give the id that CreateCart answered with")
	}
	return c.cart(ctx, method, "/"+url.PathEscape(id)+action, body, opts)
}

// cart sends a call and reads the cart in the answer.
func (c *Client) cart(ctx context.Context, method, path string, body object, opts []CallOption) (*Cart, error) {
	if !c.dialect.carts {
		return nil, c.dialect.unsupported("carts")
	}
	encoded, err := body.encode()
	if err != nil {
		return nil, err
	}
	r := request{method: method, url: c.base.String() + "/carts" + path, body: encoded, bearer: c.cfg.APIKey, signing: c.cfg.SignatureSecret, versioned: true}
	for _, o := range opts {
		o(&r)
	}
	a, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	cart, err := ReadCart(a.body)
	if err != nil {
		return nil, err
	}
	cart.HTTPStatus, cart.RequestID, cart.Replayed = a.status, clean(a.header.Get("Request-Id")), a.header.Get("Idempotent-Replayed") == "true"
	return cart, nil
}

// ReadCart reads a cart. It fails for a body that is not a JSON object with an
// id; everything else may be missing.
func ReadCart(body []byte) (*Cart, error) {
	root, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("no cart: %w", err)
	}
	c := &Cart{
		ID:          root.get("id").text(),
		Currency:    root.get("currency").line(),
		Totals:      readTotals(root.get("totals")),
		Lines:       readLines(root.get("line_items")),
		Messages:    readMessages(root.get("messages")),
		ContinueURL: root.get("continue_url").line(),
		Raw:         body,
	}
	if c.ID == "" {
		return nil, fmt.Errorf("no cart: the answer has no id")
	}
	if at, err := time.Parse(time.RFC3339, root.get("expires_at").text()); err == nil {
		c.ExpiresAt = at
	}
	c.Total, c.HasTotal = acp.Amount(c.Totals, acp.TotalTotal)
	return c, nil
}
