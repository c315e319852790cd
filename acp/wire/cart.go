package wire

import (
	"slices"

	"github.com/checkstand/checkstand/acp"
)

// CartCodec speaks the carts of an API version.
type CartCodec interface {
	// DecodeCart reads POST /carts and PUT /carts/{id}. Every error is an
	// *acp.Error with status 400.
	DecodeCart(*Document) (acp.CartRequest, error)

	// AppendCart appends a cart as every successful answer shows it. It fails
	// only for one that the version has no words for.
	AppendCart(dst []byte, c *acp.Cart) ([]byte, error)

	hasCarts() bool
}

// Carts is what a codec knows of carts; ok is false for a version without.
func Carts(c Codec) (_ CartCodec, ok bool) {
	carts, ok := c.(CartCodec)
	if !ok || !carts.hasCarts() {
		return nil, false
	}
	return carts, true
}

// WithCarts lists the released versions that have carts, oldest first.
func WithCarts() []acp.Version {
	return slices.DeleteFunc(Supported(), func(v acp.Version) bool {
		c, _ := For(v)
		_, ok := Carts(c)
		return !ok
	})
}

func (rule rules) hasCarts() bool { return rule.carts }

// DecodeCart reads the items and the buyer of a cart. The currency is not of
// the protocol; one that is sent is compared with the shop's.
func (rule rules) DecodeCart(doc *Document) (acp.CartRequest, error) {
	rule.currency = false
	r, body := read(doc, rule)
	return result(r, acp.CartRequest{
		Items:    r.items(body),
		Buyer:    r.buyer(body.get("buyer")),
		Currency: r.currency(body.get("currency")),
		Locale:   body.get("locale").text(acp.MaxText),
	})
}

// cartID is the cart that a session is to be opened from. What the request has
// of items and buyer beside it is not heeded.
func (r *reader) cartID(body value) string {
	if !r.rule.carts {
		return ""
	}
	id := body.get("cart_id").text(acp.MaxText)
	if id != "" {
		r.itemList(body)
		body.get("buyer")
	}
	return id
}

// AppendCart writes a cart. Its lines, totals and messages are those of a
// session.
func (c codec20260417) AppendCart(dst []byte, cart *acp.Cart) ([]byte, error) {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	w.text("id", cart.ID)
	w.open("line_items", '[')
	for i := range cart.LineItems {
		c.lineItem(&w, &cart.LineItems[i])
	}
	w.close(']')
	if cart.Buyer != nil {
		c.buyer(&w, cart.Buyer)
	}
	w.text("currency", cart.Currency)
	c.totals(&w, cart.Totals)
	c.messages(&w, cart.Messages)
	w.optText("continue_url", cart.ContinueURL)
	w.optTime("expires_at", cart.ExpiresAt)
	w.close('}')
	return w.result(dst)
}
