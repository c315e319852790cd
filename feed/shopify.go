package feed

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// Reads Shopify's product export, with the column names before and after
// their change in 2024, and the variant ids that export apps add:
// https://help.shopify.com/en/manual/products/import-export/using-csv
//
// The rows of a product stand together and share its handle. The first has
// the title and what else belongs to the product; each further row may add a
// variant, an image, or both. A product is therefore complete, and imported,
// when another handle begins.

// shopifyColumns are the columns that the import uses.
type shopifyColumns struct {
	handle, title, body, vendor, category, kind, tags, published, status, url column
	productID, variantID                                                      column
	optionName, optionValue                                                   [3]column
	sku, grams, tracker, quantity, policy, price, compareAt                   column
	shipping, taxable, barcode, variantImage                                  column
	image, imagePosition, giftCard                                            column
	googleCategory, gender, ageGroup, mpn, condition                          column
}

func findShopifyColumns(t *table) shopifyColumns {
	c := shopifyColumns{
		handle:         t.column("handle", "url handle"),
		title:          t.column("title"),
		body:           t.column("body (html)", "body html", "description"),
		vendor:         t.column("vendor"),
		category:       t.column("product category", "category: name"),
		kind:           t.column("type", "custom product type"),
		tags:           t.column("tags"),
		published:      t.column("published", "published on online store"),
		status:         t.column("status"),
		url:            t.column("url"),
		productID:      absent,
		variantID:      t.column("variant id"),
		sku:            t.column("variant sku", "sku"),
		grams:          t.column("variant grams", "weight value (grams)"),
		tracker:        t.column("variant inventory tracker", "inventory tracker"),
		quantity:       t.column("variant inventory qty", "inventory quantity"),
		policy:         t.column("variant inventory policy", "continue selling when out of stock"),
		price:          t.column("variant price", "price"),
		compareAt:      t.column("variant compare at price", "compare-at price"),
		shipping:       t.column("variant requires shipping", "requires shipping"),
		taxable:        t.column("variant taxable", "charge tax"),
		barcode:        t.column("variant barcode", "barcode"),
		variantImage:   t.column("variant image", "variant image url"),
		image:          t.column("image src", "product image url"),
		imagePosition:  t.column("image position"),
		giftCard:       t.column("gift card"),
		googleCategory: t.column("google shopping / google product category"),
		gender:         t.column("google shopping / gender"),
		ageGroup:       t.column("google shopping / age group"),
		mpn:            t.column("google shopping / mpn"),
		condition:      t.column("google shopping / condition"),
	}
	if c.variantID != absent {
		c.productID = t.column("product id", "id")
	}
	for i := range c.optionName {
		n := strconv.Itoa(i + 1)
		c.optionName[i] = t.column("option" + n + " name")
		c.optionValue[i] = t.column("option" + n + " value")
	}
	return c
}

type shopifyReader struct {
	in  *intake
	t   *table
	col shopifyColumns

	cur    *shopifyProduct
	recent map[string]*shopifyProduct // done, in case that rows come late
	queue  []string                   // their handles, the oldest first
}

// shopifyProduct is what the rows of one handle said.
type shopifyProduct struct {
	handle      string
	row         int
	shared      catalog.Item // what all variants have
	optionNames [3]string
	images      []placedImage
	giftCard    bool
	complete    bool   // it has its first row
	unsold      string // why it is not for sale, or ""
	variants    []shopifyVariant
	done        bool // its variants were imported; it was opened again
	bytes       int  // of its records, which it keeps in memory
}

type placedImage struct {
	address  string
	position int // as Shopify orders them; the one before's when not said
}

type shopifyVariant struct {
	row    int
	item   catalog.Item
	origin string
}

func readShopify(ctx context.Context, in *intake, src io.Reader) error {
	t, err := openExport(ctx, in, src, ShopifyCSV)
	if err != nil {
		return err
	}
	r := &shopifyReader{in: in, t: t, col: findShopifyColumns(t), recent: map[string]*shopifyProduct{}}
	if err := t.require(need{r.col.handle, "Handle"}, need{r.col.title, "Title"}, need{r.col.price, "Variant Price"}); err != nil {
		return err
	}
	if err := t.each(r.row); err != nil {
		return err
	}
	return r.flush()
}

// row takes one record in.
func (r *shopifyReader) row(rec record) error {
	handle := line(rec.get(r.col.handle))
	if handle == "" {
		rec.fail(r.t.name(r.col.handle), CodeProductIncomplete, "", "The row has no handle, so it belongs to no product. Export the products again.")
		r.in.sum.Rejected++
		return nil
	}
	if r.cur == nil || r.cur.handle != handle {
		if err := r.flush(); err != nil {
			return err
		}
		r.open(handle, rec.row)
	}
	p := r.cur
	if !p.complete && rec.get(r.col.title) != "" {
		r.first(p, rec)
	}
	for _, f := range rec.fields {
		p.bytes += len(f)
	}
	switch {
	case !p.complete:
		rec.fail(r.t.name(r.col.title), CodeProductIncomplete, p.handle, "The first row of this product is missing or has no title. Keep the rows of a product together and give its first one a title.")
		r.in.sum.Rejected++
		return nil
	case p.bytes > MaxProductBytes:
		rec.fail("", CodeTooMany, p.handle, "The rows of this product are longer than "+strconv.Itoa(MaxProductBytes)+" bytes together. Shorten its descriptions.")
		r.in.sum.Rejected++
		return nil
	case !p.done:
		r.collectImage(p, rec)
	case rec.get(r.col.image) != "":
		rec.warn(r.t.name(r.col.image), CodeImageLate, rec.get(r.col.image), "The image comes after its product was complete and was left out. Keep the rows of a product together.")
	}
	switch {
	case !r.isVariant(rec):
	case p.unsold != "":
		r.in.sum.Skipped++
	case len(p.variants) >= MaxVariants:
		rec.fail("", CodeTooMany, p.handle, "The product has more than "+strconv.Itoa(MaxVariants)+" variants. Split it in Shopify.")
		r.in.sum.Rejected++
	default:
		v, ok := r.variant(p, rec)
		if !ok {
			r.in.sum.Rejected++
			return nil
		}
		p.variants = append(p.variants, v)
	}
	return nil
}

// open begins the product of a handle, or continues one that was done.
func (r *shopifyReader) open(handle string, row int) {
	if p, ok := r.recent[handle]; ok {
		p.done = true
		p.variants = nil
		r.cur = p
		return
	}
	r.cur = &shopifyProduct{handle: handle, row: row}
}

// isVariant tells a row with a variant from one that carries an image alone.
func (r *shopifyReader) isVariant(rec record) bool {
	for _, c := range []column{r.col.price, r.col.optionValue[0], r.col.sku, r.col.variantID} {
		if rec.get(c) != "" {
			return true
		}
	}
	// The first row of a product always stands for a variant.
	return rec.get(r.col.title) != "" && r.cur.row == rec.row
}

// first reads what belongs to the product.
func (r *shopifyReader) first(p *shopifyProduct, rec record) {
	c, t := &r.col, r.t
	p.complete = true
	p.row = rec.row
	p.shared = catalog.Item{
		ProductID:    rec.get(c.productID),
		ProductTitle: line(rec.get(c.title)),
		Description:  plainText(rec.get(c.body), maxDescriptionBytes),
		Brand:        line(rec.get(c.vendor)),
		Tags:         splitList(rec.get(c.tags), ","),
		URL:          rec.link(t.name(c.url), rec.get(c.url)),
	}
	if p.shared.ProductID == "" || damagedNumber(p.shared.ProductID) {
		p.shared.ProductID = p.handle
	}
	category := line(rec.get(c.category))
	if google := line(rec.get(c.googleCategory)); category == "" && strings.ContainsAny(google, "abcdefghijklmnopqrstuvwxyz") {
		category = google
	}
	p.shared.Categories = appendOnce(appendOnce(nil, category), line(rec.get(c.kind)))
	p.shared.Attributes = appendFact(p.shared.Attributes, "Gender", rec.get(c.gender))
	p.shared.Attributes = appendFact(p.shared.Attributes, "Age group", rec.get(c.ageGroup))
	p.shared.Condition = rec.condition(t.name(c.condition), rec.get(c.condition))
	p.giftCard = rec.flag(t.name(c.giftCard), rec.get(c.giftCard), false)
	for i := range p.optionNames {
		p.optionNames[i] = line(rec.get(c.optionName[i]))
	}
	status := strings.ToLower(rec.get(c.status))
	switch {
	case status != "" && status != "active":
		p.unsold = status
		rec.warn(t.name(c.status), CodeNotPublished, status, "The product is not active in Shopify and was left out. Set its status to Active to sell it.")
	case !rec.flag(t.name(c.published), rec.get(c.published), true):
		p.unsold = "unpublished"
		rec.warn(t.name(c.published), CodeNotPublished, rec.get(c.published), "The product is not published in the online store and was left out. Publish it in Shopify to sell it.")
	}
}

func appendFact(facts []catalog.Option, name, value string) []catalog.Option {
	if value = line(value); value == "" {
		return facts
	}
	return append(facts, catalog.Option{Name: name, Value: value})
}

func (r *shopifyReader) collectImage(p *shopifyProduct, rec record) {
	field := r.t.name(r.col.image)
	addresses := []string{rec.get(r.col.image)}
	if strings.Count(addresses[0], "://") > 1 {
		addresses = splitURLs(addresses[0], ";") // as export apps write them
	}
	for _, text := range addresses {
		address := rec.image(field, text)
		if address == "" {
			continue
		}
		if len(p.images) >= MaxProductImages {
			rec.info(field, CodeTooMany, address, "The product has more than "+strconv.Itoa(MaxProductImages)+" images; this one was left out.")
			continue
		}
		position, _ := strconv.Atoi(rec.get(r.col.imagePosition))
		if position <= 0 && len(p.images) > 0 {
			position = p.images[len(p.images)-1].position
		}
		p.images = append(p.images, placedImage{address, position})
	}
}

// flush imports the variants of the product whose rows have ended.
func (r *shopifyReader) flush() error {
	p := r.cur
	if p == nil {
		return nil
	}
	r.cur = nil
	slices.SortStableFunc(p.images, func(a, b placedImage) int {
		return cmp.Compare(a.position, b.position)
	})
	for i := range p.variants {
		v := &p.variants[i]
		for _, image := range p.images {
			v.item.Images = appendOnce(v.item.Images, image.address)
		}
		if err := r.in.accept(v.row, &v.item, v.origin); err != nil {
			return err
		}
	}
	p.variants = nil
	r.remember(p)
	return nil
}

// remember keeps a product for rows that come late.
func (r *shopifyReader) remember(p *shopifyProduct) {
	if _, have := r.recent[p.handle]; have || !p.complete || p.bytes > MaxProductBytes/recentProducts {
		return
	}
	if len(r.queue) == recentProducts {
		delete(r.recent, r.queue[0])
		r.queue = slices.Delete(r.queue, 0, 1)
	}
	r.queue = append(r.queue, p.handle)
	r.recent[p.handle] = p
}
