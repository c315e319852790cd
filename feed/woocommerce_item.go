package feed

import (
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/checkstand/checkstand/catalog"
)

// describe reads what a product says about itself apart from price and stock.
// A variation takes from its parent what it leaves empty.
func (r *wooReader) describe(rec record, p *wooParent) catalog.Item {
	c, t := &r.col, r.t
	var it catalog.Item
	if p != nil {
		it = p.shared
	}
	name := line(html.UnescapeString(rec.get(c.name)))
	if p == nil {
		it.ProductTitle = name
	}
	it.Title = name
	text := rec.get(c.description)
	if text == "" {
		text = rec.get(c.short)
	}
	if text != "" {
		// Woo writes line ends as a backslash and an n.
		it.Description = plainText(strings.ReplaceAll(text, `\n`, "\n"), maxDescriptionBytes)
	}
	var images []string
	for _, image := range splitURLs(rec.get(c.images), ",") {
		images = appendOnce(images, rec.image(t.name(c.images), image))
	}
	for _, image := range it.Images {
		images = appendOnce(images, image)
	}
	it.Images = images
	if list := splitEscaped(rec.get(c.categories)); len(list) > 0 {
		it.Categories = list
	}
	if list := splitEscaped(rec.get(c.tags)); len(list) > 0 {
		it.Tags = list
	}
	if brands := splitEscaped(rec.get(c.brands)); len(brands) > 0 {
		it.Brand = brands[0]
	}
	if grams := rec.weight(t.name(c.weight), rec.get(c.weight), c.weightUnit); grams > 0 {
		it.WeightGrams = grams
	}
	if class := rec.get(c.taxClass); class != "parent" && (class != "" || p == nil) {
		it.TaxClass = line(class)
	} else if p != nil && class == "" {
		it.TaxClass = "" // the standard class, by choice
	}
	switch status := strings.ToLower(rec.get(c.taxStatus)); status {
	case "taxable":
		it.TaxExempt = false
	case "none", "shipping": // of the latter only the delivery is taxed
		it.TaxExempt = true
	case "", "parent":
	default:
		rec.warn(t.name(c.taxStatus), CodeValueInvalid, status, "Write taxable, shipping or none. The item is taxed until then.")
	}
	r.attributes(rec, p, &it)
	return it
}

// attributes reads a variation's choices as options, and everything else as
// facts.
func (r *wooReader) attributes(rec record, p *wooParent, it *catalog.Item) {
	var inherited []catalog.Option
	if p != nil {
		inherited = p.shared.Attributes
	}
	it.Options, it.Attributes = nil, nil
	chosen := map[string]bool{}
	for _, col := range r.col.attributes {
		name := line(html.UnescapeString(rec.get(col.name)))
		if name == "" {
			continue
		}
		values := splitEscaped(rec.get(col.values))
		value := strings.Join(values, ", ")
		switch {
		case p == nil && value != "":
			it.Attributes = append(it.Attributes, catalog.Option{Name: name, Value: value})
		case p == nil:
		case value == "":
			rec.warn(r.t.name(col.values), CodeAnyOption, name, "The variation is for any "+name+", which an agent cannot ask for, and is sold without one. Make a variation for each "+name+" in WooCommerce.")
		default:
			it.Options = append(it.Options, catalog.Option{Name: name, Value: value})
			chosen[name] = true
		}
	}
	for _, fact := range inherited {
		if !chosen[fact.Name] {
			it.Attributes = append(it.Attributes, fact)
		}
	}
}

// item imports a simple product, or a variation of p.
func (r *wooReader) item(rec record, kind wooType, p *wooParent) error {
	c, t := &r.col, r.t
	it := r.describe(rec, p)
	it.Currency = r.in.opts.Currency
	it.SKU = line(rec.get(c.sku))
	it.GTIN = rec.gtin(t.name(c.gtin), unquoteNumber(rec.get(c.gtin)))
	if p != nil && (it.Title == "" || it.Title == it.ProductTitle) {
		it.Title = fullTitle(it.ProductTitle, it.Options)
	}

	ok := r.price(rec, &it)
	if !ok {
		r.in.sum.Rejected++
		return nil
	}
	it.Kind = catalog.Physical
	if kind.virtual || kind.downloadable {
		it.Kind = catalog.Digital
		if !kind.virtual && it.WeightGrams > 0 {
			rec.warn(t.name(c.kind), CodeDownloadable, rec.get(c.kind), "The product is downloadable, not virtual, and has a weight. It is sold as a download; untick Downloadable in WooCommerce if something is shipped.")
		}
		it.WeightGrams = 0
	}
	r.stock(rec, p, &it)
	if v := strings.ToLower(rec.get(c.visibility)); v == "hidden" && p == nil {
		rec.info(t.name(c.visibility), CodeHidden, v, "The product is hidden in the shop's pages and can still be bought. Make it private to stop its sale.")
	}

	it.ID = rec.get(c.id)
	origin := it.ID
	switch {
	case it.ID != "" && !damagedNumber(it.ID):
	case it.SKU != "":
		it.ID, origin = it.SKU, "sku\x00"+it.SKU
		rec.warn(t.name(c.id), CodeIDDerived, it.ID, "The record has no ID; its SKU stands in, and a change of it makes another item. Export with the column ID.")
	default:
		rec.fail(t.name(c.id), CodeIDInvalid, rec.get(c.id), "The record has neither a usable ID nor a SKU. Export with the column ID, and import the file without opening it in a spreadsheet.")
		r.in.sum.Rejected++
		return nil
	}
	it.ProductID = it.ID
	if p != nil {
		it.ProductID = p.id
		if it.ProductID == "" {
			it.ProductID = p.shared.SKU
		}
	}
	return r.in.accept(rec.row, &it, origin)
}

// price takes the sale price while its period runs, else the regular one.
func (r *wooReader) price(rec record, it *catalog.Item) bool {
	c, t := &r.col, r.t
	regularText, saleText := rec.get(c.regular), rec.get(c.sale)
	if regularText == "" && saleText != "" {
		var ok bool
		it.Price, ok = rec.shopPrice(t.name(c.sale), saleText)
		return ok
	}
	regular, ok := rec.shopPrice(t.name(c.regular), regularText)
	if !ok {
		return false
	}
	it.Price, it.ListPrice = regular, 0
	sale, ok := rec.otherPrice(t.name(c.sale), saleText, it.Currency, CodePriceInvalid)
	if !ok {
		return true
	}
	if sale >= regular {
		rec.warn(t.name(c.sale), CodeSaleNotLower, saleText, "The sale price is not below the regular price, which is charged. Lower it or clear it.")
		return true
	}
	from, to := rec.get(c.saleFrom), rec.get(c.saleTo)
	on, ok := saleIsOn(r.in.opts.Now(), from, to)
	switch {
	case !ok:
		rec.warn(t.name(c.saleFrom), CodeSalePeriod, from+" to "+to, "The sale dates cannot be read, so the regular price is charged. Write them as 2026-11-27.")
	case !on:
		rec.info(t.name(c.saleFrom), CodeSalePeriod, from+" to "+to, "The sale is not on, so the regular price is charged. Import again when it begins or ends.")
	default:
		it.Price, it.ListPrice = sale, regular
		if to != "" {
			rec.info(t.name(c.saleTo), CodeSalePeriod, to, "The sale price is charged. Import again when the sale ends.")
		}
	}
	return true
}

// saleIsOn compares dates, of which either may be empty. A date without a
// time stands for its whole day, in UTC. ok is false for an unreadable one.
func saleIsOn(now time.Time, from, to string) (on, ok bool) {
	if from != "" {
		start, _, err := parseTime(from)
		if err != nil {
			return false, false
		}
		if now.Before(start) {
			return false, true
		}
	}
	if to != "" {
		end, dayOnly, err := parseTime(to)
		if err != nil {
			return false, false
		}
		if dayOnly {
			end = end.AddDate(0, 0, 1)
		}
		if !now.Before(end) {
			return false, true
		}
	}
	return true, true
}

func parseTime(s string) (t time.Time, dayOnly bool, err error) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
		"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	} {
		if t, err = time.Parse(layout, s); err == nil {
			return t, false, nil
		}
	}
	t, err = time.Parse(time.DateOnly, s)
	return t, true, err
}

// stock reads In stock?, Stock and Backorders allowed?.
func (r *wooReader) stock(rec record, p *wooParent, it *catalog.Item) {
	c, t := &r.col, r.t
	it.Availability = catalog.InStock
	switch text := strings.ToLower(rec.get(c.inStock)); text {
	case "backorder", "onbackorder":
		it.Availability = catalog.Backorder
	default:
		if !rec.flag(t.name(c.inStock), text, true) {
			it.Availability = catalog.OutOfStock
		}
	}
	stock, backorders := rec.get(c.stock), rec.get(c.backorders)
	if strings.EqualFold(stock, "parent") && p != nil {
		stock, backorders = p.stock, p.backlog
		rec.warn(t.name(c.stock), CodeSharedStock, stock, "The variations share one count, and each is imported with all of it. Manage stock for each variation in WooCommerce.")
	}
	if stock == "" {
		return
	}
	it.Tracked = true
	it.Stock = rec.stock(t.name(c.stock), stock)
	if strings.EqualFold(backorders, "notify") {
		backorders = "1"
	}
	it.Backorder = rec.flag(t.name(c.backorders), backorders, false)
}

// splitEscaped splits a list at its commas. A comma inside of an entry has a
// backslash before it, and entries may hold HTML entities.
func splitEscaped(text string) []string {
	if text == "" {
		return nil
	}
	const escaped = "\x00"
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, `\,`, escaped), ",") {
		part = strings.ReplaceAll(part, escaped, ",")
		out = appendOnce(out, line(html.UnescapeString(part)))
	}
	return out
}
