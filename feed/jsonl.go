package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/money"
)

// readJSONL reads catalog.Items as JSON, one a line.
func readJSONL(ctx context.Context, in *intake, src io.Reader) error {
	w := newWindow(src)
	for row := 1; ; {
		if row%contextEvery == 1 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		w.compact()
		if _, ok := w.at(w.pos); !ok {
			return w.err
		}
		end := w.index(w.pos, "\n")
		if end < 0 && w.err != nil {
			return w.err // the line was not read to its end
		}
		text := w.buf[w.pos:]
		if end >= 0 {
			text = w.buf[w.pos:end]
		}
		if isBlank(text) {
			w.pos += len(text)
			w.discard("\n")
			continue
		}
		in.sum.Rows++
		p := in.at(row)
		row++
		if len(text) > MaxRecordBytes {
			p.fail("", CodeTooLong, excerpt(text), fmt.Sprintf("The line is longer than %d bytes. Shorten the item.", MaxRecordBytes))
			in.sum.Rejected++
			w.pos += len(text)
			w.discard("\n")
			continue
		}
		it, ok := p.decode(text)
		w.pos += len(text)
		if !ok {
			in.sum.Rejected++
			continue
		}
		if err := in.accept(p.row, &it, it.ID); err != nil {
			return err
		}
	}
}

// decode reads one item and checks what a reader of another format would have
// made sure of.
func (p place) decode(text []byte) (it catalog.Item, ok bool) {
	it, price, ok := p.jsonItem(text)
	if !ok {
		return it, false
	}
	// Each tells what is wrong, so that one line is mended at once.
	ok = p.jsonPrice(price, &it)
	ok = p.jsonCurrency(&it) && ok
	ok = p.jsonKind(&it) && ok
	ok = p.jsonAvailability(&it) && ok
	p.jsonCounts(&it)
	it.ID = strings.TrimSpace(it.ID)
	it.Title, it.ProductTitle = line(it.Title), line(it.ProductTitle)
	it.Description = p.description("description", it.Description)
	it.Condition = p.condition("condition", it.Condition)
	it.GTIN = p.gtin("gtin", it.GTIN)
	it.URL = p.link("url", it.URL)
	var images []string
	for _, image := range it.Images {
		if rooted(image) {
			images = appendOnce(images, image)
		} else {
			images = appendOnce(images, p.image("images", image))
		}
	}
	it.Images = images
	return it, ok
}

// jsonItem reads the JSON of one item. price is nil where it has none: one that is
// not there must not pass for a free item.
func (p place) jsonItem(text []byte) (it catalog.Item, price *int64, ok bool) {
	var in struct {
		catalog.Item
		Price *int64 `json:"price"`
	}
	err := json.Unmarshal(text, &in, json.RejectUnknownMembers(true))
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName) {
		p.warn(string(semantic.JSONPointer), CodeUnknownField, "", "An item has no such field; it was left out. Correct its name or remove it.")
		in.Item, in.Price = catalog.Item{}, nil
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		field, fix := "", "The line is no JSON object. Write one item as JSON a line."
		if errors.As(err, &semantic) {
			field = strings.TrimPrefix(string(semantic.JSONPointer), "/")
			fix = "The value has the wrong type. Texts are in quotes; prices, stock and weight are whole numbers, prices in minor units (19.99 is 1999)."
		}
		p.fail(field, CodeJSON, excerpt(bytes.TrimSpace(text)), fix)
		return it, nil, false
	}
	return in.Item, in.Price, true
}

// jsonPrice takes a price over as it is written.
func (p place) jsonPrice(price *int64, it *catalog.Item) bool {
	switch {
	case price == nil:
		p.fail("price", CodePriceMissing, "", "Set a price in minor units: 19.99 is 1999.")
		return false
	case *price < 0:
		p.fail("price", CodePriceNegative, fmt.Sprint(*price), "A price cannot be negative. Correct it.")
		return false
	}
	it.Price = *price
	return true
}

func (p place) jsonCurrency(it *catalog.Item) bool {
	switch {
	case it.Currency == "" && p.in.opts.Currency != "":
		it.Currency = p.in.opts.Currency
		p.warn("currency", CodeCurrencyMissing, "", "The item names no currency; the shop's was taken. Write it in every line.")
	case !money.Valid(it.Currency):
		p.fail("currency", CodeCurrency, it.Currency, "Write a lower-case ISO 4217 code such as \"usd\".")
		return false
	}
	return true
}

func (p place) jsonKind(it *catalog.Item) bool {
	switch it.Kind {
	case catalog.Physical, catalog.Digital:
	case "":
		it.Kind = catalog.Physical
		p.warn("kind", CodeKind, "", "The kind is missing and was read as physical. Write physical or digital.")
	default:
		p.fail("kind", CodeKind, string(it.Kind), "Write physical or digital.")
		return false
	}
	return true
}

func (p place) jsonAvailability(it *catalog.Item) bool {
	switch it.Availability {
	case catalog.InStock, catalog.OutOfStock, catalog.Preorder, catalog.Backorder, catalog.Discontinued:
	case "":
		it.Availability = catalog.InStock
		p.warn("availability", CodeAvailability, "", "The availability is missing and was read as in_stock. Write in_stock, out_of_stock, preorder, backorder or discontinued.")
	default:
		p.fail("availability", CodeAvailability, string(it.Availability), "Write in_stock, out_of_stock, preorder, backorder or discontinued.")
		return false
	}
	return true
}

// jsonCounts holds stock and weight to what there can be.
func (p place) jsonCounts(it *catalog.Item) {
	if it.Stock < 0 {
		p.info("stock", CodeStockRounded, fmt.Sprint(it.Stock), "Stock below zero was read as 0.")
		it.Stock = 0
	}
	if it.WeightGrams < 0 || it.WeightGrams > MaxWeightGrams {
		p.warn("weight_grams", CodeWeight, fmt.Sprint(it.WeightGrams), "Write the weight in whole grams. The item has no weight until then.")
		it.WeightGrams = 0
	}
	if it.Stock > MaxStock {
		p.warn("stock", CodeStockInvalid, fmt.Sprint(it.Stock), fmt.Sprintf("The stock was lowered to %d, the most there can be.", MaxStock))
		it.Stock = MaxStock
	}
}

// rooted tells an address within the shop's own site, "/img/hat.jpg".
func rooted(address string) bool {
	if len(address) < 2 || len(address) > maxURLBytes || address[0] != '/' || address[1] == '/' || address[1] == '\\' {
		return false
	}
	for i := range len(address) {
		if c := address[i]; c <= ' ' || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}
