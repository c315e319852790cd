package feed

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// variant reads the variant of a row. Whatever prevents its sale is reported,
// and ok is false.
func (r *shopifyReader) variant(p *shopifyProduct, rec record) (v shopifyVariant, ok bool) {
	c, t := &r.col, r.t
	it := p.shared
	it.Options = r.options(p, rec)
	it.Title = fullTitle(it.ProductTitle, it.Options)
	it.SKU = line(unquoteNumber(rec.get(c.sku)))
	it.GTIN = rec.gtin(t.name(c.barcode), unquoteNumber(rec.get(c.barcode)))
	it.MPN = line(rec.get(c.mpn))
	it.Currency = r.in.opts.Currency

	if it.Price, ok = rec.shopPrice(t.name(c.price), rec.get(c.price)); !ok {
		return v, false
	}
	it.ListPrice, _ = rec.otherPrice(t.name(c.compareAt), rec.get(c.compareAt), it.Currency, CodeListPrice)
	it.TaxExempt = !rec.flag(t.name(c.taxable), rec.get(c.taxable), true)
	it.WeightGrams = rec.weight(t.name(c.grams), rec.get(c.grams), "g")
	it.Kind = catalog.Physical
	if p.giftCard || !rec.flag(t.name(c.shipping), rec.get(c.shipping), true) {
		it.Kind = catalog.Digital
		it.WeightGrams = 0
	}
	r.stock(&it, rec)
	if own := rec.image(t.name(c.variantImage), rec.get(c.variantImage)); own != "" {
		it.Images = []string{own}
	}

	it.ID = unquoteNumber(rec.get(c.variantID))
	origin := it.ID
	if it.ID == "" || damagedNumber(it.ID) {
		if c.variantID != absent {
			rec.warn(t.name(c.variantID), CodeIDDerived, it.ID, "The variant id is missing, or was made unreadable by a spreadsheet, so one was derived. Export again and import the file as it is.")
		}
		it.ID, origin = derivedID(p.handle, optionValues(rec, c, it.Options))
	}
	return shopifyVariant{row: rec.row, item: it, origin: origin}, true
}

// options reads what tells the variant from its siblings: nothing, for the
// "Default Title" of a product without options.
func (r *shopifyReader) options(p *shopifyProduct, rec record) []catalog.Option {
	var options []catalog.Option
	for i, col := range r.col.optionValue {
		value := line(rec.get(col))
		if value == "" {
			continue
		}
		name := p.optionNames[i]
		if name == "" {
			name = line(rec.get(r.col.optionName[i]))
			p.optionNames[i] = name
		}
		if value == "Default Title" && (name == "Title" || name == "") {
			continue
		}
		if name == "" {
			name = "Option " + strconv.Itoa(i+1)
			rec.warn(r.t.name(col), CodeOptionName, value, "The option has no name and was called "+name+". Name it in Shopify.")
			p.optionNames[i] = name
		}
		options = append(options, catalog.Option{Name: name, Value: value})
	}
	return options
}

// optionValues gives the values by their columns, as an id is derived from
// them: with the empty ones in between, without those at the end.
func optionValues(rec record, c *shopifyColumns, options []catalog.Option) []string {
	if len(options) == 0 {
		return nil
	}
	values := make([]string, len(c.optionValue))
	last := 0
	for i, col := range c.optionValue {
		if values[i] = line(rec.get(col)); values[i] != "" {
			last = i + 1
		}
	}
	return values[:last]
}

// stock follows Shopify's rule: a tracker counts, no tracker does not.
func (r *shopifyReader) stock(it *catalog.Item, rec record) {
	c, t := &r.col, r.t
	it.Availability = catalog.InStock
	quantity := rec.get(c.quantity)
	switch tracker := rec.get(c.tracker); {
	case c.tracker == absent && quantity != "":
		// Without the column nobody knows the tracker; a count is a count.
	case tracker == "" || strings.EqualFold(tracker, "none"):
		if quantity != "" {
			rec.info(t.name(c.quantity), CodeStockNotTracked, quantity, "Shopify does not track the quantity of this variant, so it is sold without counting. Tick Track quantity in Shopify to have it counted.")
		}
		return
	}
	it.Tracked = true
	switch policy := strings.ToLower(rec.get(c.policy)); policy {
	case "", "deny", "false":
	case "continue", "true":
		it.Backorder = true
	default:
		rec.warn(t.name(c.policy), CodeValueInvalid, policy, "Write deny or continue. Read as deny.")
	}
	if quantity == "" {
		rec.warn(t.name(c.quantity), CodeStockMissing, "", "Shopify tracks this variant, but the file has no quantity, so it is sold out. Shops with several locations export quantities separately, under Products, Inventory.")
		return
	}
	it.Stock = rec.stock(t.name(c.quantity), quantity)
}

// unquoteNumber removes the apostrophe that Shopify puts before numbers to
// keep spreadsheets from rewriting them.
func unquoteNumber(s string) string {
	if len(s) > 1 && s[0] == '\'' && s[1] >= '0' && s[1] <= '9' {
		return s[1:]
	}
	return s
}

var scientific = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+?\d+$`)

// damagedNumber recognises a long number that a spreadsheet has shortened,
// such as 4.01235E+13.
func damagedNumber(s string) bool { return strings.ContainsAny(s, "eE") && scientific.MatchString(s) }
