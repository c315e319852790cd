package feed

import (
	"github.com/checkstand/checkstand/catalog"
	"strings"
)

// Reads one product of Google's product data specification, whether it came
// as XML or in a table: https://support.google.com/merchants/answer/7052112

// attributes gives the values of a Google attribute, by its name with
// underscores. A table has one, XML may repeat an element.
type attributes func(name string) []string

// first gives the first value that is not empty.
func (a attributes) first(names ...string) string {
	for _, name := range names {
		for _, value := range a(name) {
			if value = strings.TrimSpace(value); value != "" {
				return value
			}
		}
	}
	return ""
}

// acceptGoogle imports one product, or reports why not. addresses reads the
// additional images, which differ between the formats.
func acceptGoogle(p place, get attributes) error {
	in := p.in
	it, ok := p.googleItem(get)
	if !ok {
		in.sum.Rejected++
		return nil
	}
	return in.accept(p.row, &it, it.ID)
}

func (p place) googleItem(get attributes) (it catalog.Item, ok bool) {
	it.ID = get.first("id")
	group := line(get.first("item_group_id"))
	it.ProductID = group
	if group == "" {
		it.ProductID = it.ID
	}
	it.Title = line(get.first("title", "structured_title"))
	if hasMarkup(it.Title) {
		it.Title = line(plainText(it.Title, 2*maxTitleBytes))
	}
	it.ProductTitle = line(get.first("item_group_title"))
	if it.ProductTitle == "" {
		it.ProductTitle = it.Title
	}
	it.Description = p.description("description", get.first("description", "structured_description", "summary", "content"))
	it.URL = p.link("link", get.first("link"))
	it.Images = p.googleImages(get)
	it.Brand = line(get.first("brand"))
	it.MPN = line(get.first("mpn"))
	it.GTIN = p.gtin("gtin", get.first("gtin", "upc", "ean", "isbn"))
	it.Condition = p.condition("condition", get.first("condition"))
	it.SKU = line(get.first("sku"))
	for _, category := range get("product_type") {
		it.Categories = appendOnce(it.Categories, line(category))
	}
	// Google's own category is often a bare number, which says nothing to a
	// buyer: it stands alone only where there is nothing better.
	if google := line(get.first("google_product_category")); strings.Contains(google, ">") || len(it.Categories) == 0 {
		it.Categories = appendOnce(it.Categories, google)
	} else {
		it.Attributes = appendFact(it.Attributes, "Google product category", google)
	}
	p.googleOptions(get, group != "", &it)
	it.WeightGrams = p.weight("shipping_weight", get.first("shipping_weight"), "")
	it.Kind = catalog.Physical
	if isDigital(get) {
		it.Kind, it.WeightGrams = catalog.Digital, 0
	}
	p.googleStock(get, &it)
	ok = p.googleRestrictions(get, &it) && p.googlePrice(get, &it)
	return it, ok
}

func (p place) googleImages(get attributes) []string {
	var images []string
	for _, name := range []string{"image_link", "additional_image_link"} {
		for _, text := range get(name) {
			for _, address := range splitURLs(text, ",") {
				images = appendOnce(images, p.image(name, address))
			}
		}
	}
	return images
}

// googleOptions reads color, size, material and pattern. They tell an item
// from its siblings only when it has some; otherwise they are facts about it.
func (p place) googleOptions(get attributes, grouped bool, it *catalog.Item) {
	for _, a := range []struct{ name, label string }{{"color", "Color"}, {"size", "Size"}, {"material", "Material"}, {"pattern", "Pattern"}} {
		value := line(get.first(a.name))
		if value == "" && a.name == "color" {
			value = line(get.first("colour"))
		}
		if grouped {
			it.Options = appendFact(it.Options, a.label, value)
		} else {
			it.Attributes = appendFact(it.Attributes, a.label, value)
		}
	}
	it.Attributes = appendFact(it.Attributes, "Gender", get.first("gender"))
	it.Attributes = appendFact(it.Attributes, "Age group", get.first("age_group"))
	it.Attributes = appendFact(it.Attributes, "Size type", get.first("size_type"))
	it.Attributes = appendFact(it.Attributes, "Size system", get.first("size_system"))
}

func (p place) googleStock(get attributes, it *catalog.Item) {
	text := get.first("availability")
	var known bool
	if it.Availability, known = parseAvailability(text); !known {
		if text == "" {
			it.Availability = catalog.InStock
			p.warn("availability", CodeAvailability, "", "The availability is missing and was read as in_stock. Write in_stock, out_of_stock, preorder or backorder.")
		} else {
			it.Availability = catalog.OutOfStock
			p.warn("availability", CodeAvailability, text, "The availability is not known, so the item is sold out until it is. Write in_stock, out_of_stock, preorder or backorder.")
		}
	}
	for _, name := range []string{"quantity", "inventory", "sell_on_google_quantity", "inventory_quantity"} {
		if text := get.first(name); text != "" {
			it.Tracked = true
			it.Stock = p.stock(name, text)
			it.Backorder = it.Availability == catalog.Backorder || it.Availability == catalog.Preorder
			return
		}
	}
}

// googlePrice reads price, and takes sale_price while it holds.
func (p place) googlePrice(get attributes, it *catalog.Item) bool {
	text, fallback := get.first("price"), p.in.opts.Currency
	price, ok := p.price("price", text, fallback)
	if !ok {
		return false
	}
	if !price.named {
		p.warn("price", CodeCurrencyMissing, text, "The price names no currency; the shop's, "+strings.ToUpper(fallback)+", was taken. Write it as 19.99 USD.")
	}
	it.Price, it.Currency = price.minor, price.currency
	saleText := get.first("sale_price")
	sale, ok := p.otherPrice("sale_price", saleText, it.Currency, CodePriceInvalid)
	if !ok {
		return true
	}
	if sale >= it.Price {
		p.warn("sale_price", CodeSaleNotLower, saleText, "The sale price is not below the price, which is charged. Lower it or leave it out.")
		return true
	}
	if period := get.first("sale_price_effective_date"); period != "" {
		from, to := splitPeriod(period)
		on, ok := saleIsOn(p.in.opts.Now(), from, to)
		switch {
		case !ok || from == "" || to == "":
			p.warn("sale_price_effective_date", CodeSalePeriod, period, "The sale period cannot be read, so the price is charged. Write it as 2026-11-27T00:00Z/2026-11-30T23:59Z.")
			return true
		case !on:
			p.info("sale_price_effective_date", CodeSalePeriod, period, "The sale is not on, so the price is charged. Import again when it begins or ends.")
			return true
		}
		p.info("sale_price_effective_date", CodeSalePeriod, period, "The sale price is charged. Import again when the sale ends.")
	}
	it.Price, it.ListPrice = sale, price.minor
	return true
}

// splitPeriod splits "start/end", and the comma and space that some feeds
// write instead.
func splitPeriod(s string) (from, to string) {
	for _, sep := range []string{"/", ",", " "} {
		if from, to, ok := strings.Cut(s, sep); ok {
			return strings.TrimSpace(from), strings.TrimSpace(to)
		}
	}
	return s, ""
}

// Ids of Google's taxonomy that mean a download: Software, Computer Software,
// Digital Goods & Currency, Video Game Software.
const digitalCategories = " 2092 313 5032 1279 "

// isDigital decides that nothing is shipped. Google has no attribute for it,
// so only a category or a shipping label that leaves no doubt counts: an item
// shipped by mistake costs less than one that never is.
func isDigital(get attributes) bool {
	if id := get.first("google_product_category"); id != "" && !strings.Contains(id, " ") && strings.Contains(digitalCategories, " "+id+" ") {
		return true
	}
	switch strings.ToLower(get.first("shipping_label")) {
	case "digital", "download", "digital download", "electronic delivery", "email delivery", "no shipping":
		return true
	}
	for _, name := range []string{"google_product_category", "product_type"} {
		for _, path := range get(name) {
			for i, step := range strings.Split(strings.ToLower(path), ">") {
				switch step = strings.TrimSpace(step); step {
				case "software":
					if i == 0 {
						return true
					}
				case "e-book", "e-books", "ebook", "ebooks", "downloads", "digital downloads", "digital download", "digital goods",
					"digital goods & currency", "digital products", "digital books", "digital music", "digital music downloads", "software downloads":
					return true
				}
			}
		}
	}
	return false
}
