package wire

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// Bounds of a search of the ChatGPT app.
const (
	MaxSearchWords  = 256 // characters of the words
	MaxSearchLimit  = 50  // products of one page
	MaxSearchCursor = 1024

	searchLimit = 10 // products of one page when the call says nothing
)

// ProductSearch is a search for products. Prices are in minor units; absent
// filters are zero.
type ProductSearch struct {
	Words, Category, Brand string
	MinPrice, MaxPrice     *int64
	InStock                bool
	Sort                   string // relevance, price_asc, price_desc; "" is relevance
	Limit                  int
	Cursor                 string
}

// DecodeProductSearch reads the arguments of search_products. Prices come in
// the major unit of the currency, as a number or as a decimal.
func DecodeProductSearch(doc *Document, currency string) (ProductSearch, error) {
	r, body := read(doc, sheetRules)
	q := ProductSearch{
		Words:    strings.TrimSpace(body.first("query", "q", "words").text(MaxSearchWords)),
		Category: body.get("category").text(acp.MaxText),
		Brand:    body.get("brand").text(acp.MaxText),
		MinPrice: body.first("min_price", "price_min").decimal(currency),
		MaxPrice: body.first("max_price", "price_max").decimal(currency),
		InStock:  body.first("in_stock", "available").boolean(),
		Sort:     body.get("sort").oneOf("relevance", "price_asc", "price_desc"),
		Limit:    int(body.get("limit").integer(1, MaxSearchLimit, searchLimit)),
		Cursor:   body.get("cursor").text(MaxSearchCursor),
	}
	return result(r, q)
}

// DecodeProductID reads the arguments of get_product.
func DecodeProductID(doc *Document) (string, error) {
	r, body := read(doc, sheetRules)
	return result(r, body.first("id", "product_id", "item_id").requiredText(acp.MaxItemID, "the id of the product or of one of its variants"))
}

// DecodeOrderID reads the arguments of get_order: the order's id, or that of
// the checkout session it was placed in.
func DecodeOrderID(doc *Document) (orderID, sessionID string, err error) {
	r, body := read(doc, sheetRules)
	if v := body.first("order_id", "id"); v.given() {
		orderID, err = result(r, v.requiredText(acp.MaxText, "the id of the order"))
		return orderID, "", err
	}
	if v := body.first("checkout_session_id", "session_id"); v.given() {
		sessionID, err = result(r, v.requiredText(acp.MaxText, "the id of the checkout session"))
		return "", sessionID, err
	}
	body.get("order_id").require("the id of the order, as the paid checkout session shows it")
	_, err = result(r, "")
	return "", "", err
}
