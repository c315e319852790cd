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

// Reads the product CSV of WooCommerce's own exporter:
// https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
//
// A simple product is an item. A variable product is none: its variations
// are, and they name it by its SKU or as "id:741", before or after its own
// row. So parents are kept, and variations wait for theirs, within
// MaxHeldBytes.

type wooColumns struct {
	id, kind, sku, gtin, name, published, visibility, short, description column
	saleFrom, saleTo, taxStatus, taxClass, inStock, stock, backorders    column
	weight, sale, regular, categories, tags, images, parent, brands      column
	attributes                                                           []wooAttribute
	weightUnit                                                           string
}

type wooAttribute struct{ name, values column }

func findWooColumns(t *table) wooColumns {
	c := wooColumns{
		id: t.column("id"), kind: t.column("type"), sku: t.column("sku"), name: t.column("name"),
		gtin:       t.column("gtin, upc, ean, or isbn", "gtin"),
		published:  t.column("published"),
		visibility: t.column("visibility in catalog", "catalog visibility"),
		short:      t.column("short description"), description: t.column("description"),
		saleFrom: t.column("date sale price starts"), saleTo: t.column("date sale price ends"),
		taxStatus: t.column("tax status"), taxClass: t.column("tax class"),
		inStock: t.column("in stock?", "in stock"), stock: t.column("stock"),
		backorders: t.column("backorders allowed?", "backorders allowed"),
		sale:       t.column("sale price"), regular: t.column("regular price"),
		categories: t.column("categories"), tags: t.column("tags"), images: t.column("images"),
		parent: t.column("parent"), brands: t.column("brands", "brand"),
		weight: absent,
	}
	for _, unit := range []string{"kg", "g", "lbs", "oz"} {
		if col := t.column("weight (" + unit + ")"); col != absent {
			c.weight, c.weightUnit = col, unit
		}
	}
	for n := 1; ; n++ {
		name := t.column("attribute " + strconv.Itoa(n) + " name")
		if name == absent {
			return c
		}
		c.attributes = append(c.attributes, wooAttribute{name, t.column("attribute " + strconv.Itoa(n) + " value(s)")})
	}
}

type wooReader struct {
	in  *intake
	t   *table
	col wooColumns

	parents map[string]*wooParent // by "id:741" and by "sku:cc-tee"
	waiting map[string][]record   // variations by the parent they name
	held    int                   // bytes in the two
}

// wooParent is what variations inherit.
type wooParent struct {
	place
	id       string
	shared   catalog.Item
	stock    string // its Stock column
	inStock  string
	backlog  string // its Backorders column
	unsold   bool   // not for sale, whatever its variations say
	children int
}

func readWooCommerce(ctx context.Context, in *intake, src io.Reader) error {
	t, err := openExport(ctx, in, src, WooCommerceCSV)
	if err != nil {
		return err
	}
	r := &wooReader{in: in, t: t, col: findWooColumns(t), parents: map[string]*wooParent{}, waiting: map[string][]record{}}
	if err := t.require(need{r.col.kind, "Type"}, need{r.col.name, "Name"}, need{r.col.regular, "Regular price"}); err != nil {
		return err
	}
	if err := t.each(r.row); err != nil {
		return err
	}
	return r.finish()
}

// wooType is the Type column: "simple, downloadable, virtual".
type wooType struct {
	name                  string
	virtual, downloadable bool
}

func parseWooType(text string) (t wooType) {
	for part := range strings.SplitSeq(text, ",") {
		switch word := strings.ToLower(strings.TrimSpace(part)); word {
		case "virtual":
			t.virtual = true
		case "downloadable":
			t.downloadable = true
		default:
			if t.name == "" {
				t.name = word
			}
		}
	}
	return t
}

func (r *wooReader) row(rec record) error {
	kind := parseWooType(rec.get(r.col.kind))
	if kind.name == "" {
		kind.name = "simple"
		if rec.get(r.col.parent) != "" {
			kind.name = "variation"
		}
		rec.info(r.t.name(r.col.kind), CodeValueInvalid, rec.get(r.col.kind), "The type is missing; read as "+kind.name+".")
	}
	field := r.t.name(r.col.kind)
	switch kind.name {
	case "simple":
		if !r.published(rec) {
			return nil
		}
		return r.item(rec, kind, nil)
	case "variable":
		return r.parent(rec)
	case "variation":
		return r.variation(rec, kind)
	case "grouped":
		rec.warn(field, CodeExternal, kind.name, "A grouped product cannot be bought by itself and was left out; the products in it are sold one by one.")
	case "external":
		rec.warn(field, CodeExternal, kind.name, "An external product is sold on another site and was left out. Make it a simple product to sell it here.")
	default:
		rec.warn(field, CodeTypeUnsupported, kind.name, "Products of this type cannot be sold through agents and were left out. Offer a simple or variable product instead.")
	}
	r.in.sum.Skipped++
	return nil
}

// published tells whether a record is for sale. Woo writes 1 for published, 0
// for private or disabled and -1 for a draft.
func (r *wooReader) published(rec record) bool {
	text := rec.get(r.col.published)
	if text != "-1" && rec.flag(r.t.name(r.col.published), text, true) {
		return true
	}
	rec.warn(r.t.name(r.col.published), CodeNotPublished, text, "The product is a draft, private or disabled and was left out. Publish it in WooCommerce to sell it.")
	r.in.sum.Skipped++
	return false
}

// parent keeps a variable product and imports the variations that wait for it.
func (r *wooReader) parent(rec record) error {
	c := &r.col
	p := &wooParent{
		place: rec.place, id: rec.get(c.id),
		stock: rec.get(c.stock), inStock: rec.get(c.inStock), backlog: rec.get(c.backorders),
		unsold: !r.published(rec),
	}
	sku := rec.get(c.sku)
	if p.id == "" && sku == "" {
		rec.fail(r.t.name(c.id), CodeIDInvalid, "", "The product has neither ID nor SKU, so its variations cannot name it. Export it again with both columns.")
		r.in.sum.Rejected++
		return nil
	}
	p.shared = r.describe(rec, nil)
	p.shared.SKU = sku // stands in for an ID that is not there
	if r.held += recordBytes(rec); r.held > MaxHeldBytes {
		rec.fail("", CodeTooMany, "", "The file has too many variable products to keep. Split it, with the variations of a product in the file of their parent.")
		r.in.sum.Rejected++
		return nil
	}
	var keys []string
	if p.id != "" {
		keys = append(keys, "id:"+p.id)
	}
	if sku != "" {
		keys = append(keys, "sku:"+sku)
	}
	var children []record
	for _, key := range keys {
		if have, taken := r.parents[key]; taken {
			rec.warn("", CodeDuplicateID, strings.TrimPrefix(key, "sku:"), "The product in record "+strconv.Itoa(have.row)+" has the same; variations that name it get that one. Give each its own.")
			continue
		}
		r.parents[key] = p
		children = append(children, r.waiting[key]...)
		delete(r.waiting, key)
	}
	slices.SortFunc(children, func(a, b record) int { return cmp.Compare(a.row, b.row) })
	for _, child := range children {
		r.held -= recordBytes(child)
		if err := r.child(child, parseWooType(child.get(c.kind)), p); err != nil {
			return err
		}
	}
	return nil
}

// variation imports a variation, or keeps it until its parent is there.
func (r *wooReader) variation(rec record, kind wooType) error {
	name := rec.get(r.col.parent)
	if name == "" {
		return r.orphan(rec)
	}
	key := "sku:" + name
	if id, ok := strings.CutPrefix(strings.ToLower(name), "id:"); ok {
		key = "id:" + strings.TrimSpace(id)
	}
	if p, ok := r.parents[key]; ok {
		return r.child(rec, kind, p)
	}
	if r.held += recordBytes(rec); r.held > MaxHeldBytes {
		r.held -= recordBytes(rec)
		rec.fail(r.t.name(r.col.parent), CodeParent, name, "Too many variations come before their parents to keep them. Sort the file so that parents come first.")
		r.in.sum.Rejected++
		return nil
	}
	rec.fields = slices.Clone(rec.fields)
	r.waiting[key] = append(r.waiting[key], rec)
	return nil
}

func (r *wooReader) orphan(rec record) error {
	rec.fail(r.t.name(r.col.parent), CodeParent, rec.get(r.col.parent), "The parent of this variation is not in the file. Export variable products together with their variations.")
	r.in.sum.Rejected++
	return nil
}

func (r *wooReader) child(rec record, kind wooType, p *wooParent) error {
	p.children++
	if p.unsold {
		r.in.sum.Skipped++
		return nil
	}
	if !r.published(rec) {
		return nil
	}
	return r.item(rec, kind, p)
}

// finish reports what is left when the file has ended.
func (r *wooReader) finish() error {
	var orphans []record
	for _, list := range r.waiting {
		orphans = append(orphans, list...)
	}
	slices.SortFunc(orphans, func(a, b record) int { return cmp.Compare(a.row, b.row) })
	for _, rec := range orphans {
		if err := r.orphan(rec); err != nil {
			return err
		}
	}
	var barren []*wooParent
	for _, p := range r.parents {
		if p.children == 0 && !p.unsold {
			p.children = -1 // it may be there under a second key
			barren = append(barren, p)
		}
	}
	slices.SortFunc(barren, func(a, b *wooParent) int { return cmp.Compare(a.row, b.row) })
	for _, p := range barren {
		p.warn(r.t.name(r.col.kind), CodeNoVariations, p.shared.ProductTitle, "This variable product has no variations in the file, so there is nothing to buy. Export its variations too, or make it a simple product.")
		r.in.sum.Skipped++
	}
	return nil
}

func recordBytes(rec record) int {
	n := 24 * len(rec.fields)
	for _, f := range rec.fields {
		n += len(f)
	}
	return n
}
