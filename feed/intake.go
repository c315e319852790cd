package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/money"
)

// intake is where every reader hands in its items: it finishes them, refuses
// what cannot be sold, finds duplicates and counts.
type intake struct {
	opts         Options
	decimalComma bool
	system       string // where the shop corrects things
	emit         func(catalog.Item) error
	report       func(Finding)
	sum          Summary

	seed        maphash.Seed
	ids         *seen // hashes of ids, with some bits of the hash of what each was made from
	products    *seen
	lastProduct string
}

func newIntake(opts Options, format Format, emit func(catalog.Item) error, report func(Finding)) *intake {
	in := &intake{
		opts:         opts,
		decimalComma: writesDecimalComma(opts.Country),
		emit:         emit,
		report:       report,
		sum:          Summary{Format: format},
		seed:         maphash.MakeSeed(),
		ids:          newSeen(idSlots),
		products:     newSeen(productSlots),
	}
	switch format {
	case ShopifyCSV:
		in.system = "Shopify"
	case WooCommerceCSV:
		in.system = "WooCommerce"
	case CheckstandJSONL:
		in.system = "the file"
	default:
		in.system = "the source of the feed"
	}
	return in
}

// accept imports an item or refuses it; only emit's error is returned. origin
// identifies what the id was made from: the id itself where the file has one.
func (in *intake) accept(row int, it *catalog.Item, origin string) error {
	p := in.at(row)
	if !p.finish(it) || !p.unique(it, origin) {
		in.sum.Rejected++
		return nil
	}
	in.sum.Variants++
	if it.ProductID != in.lastProduct {
		in.lastProduct = it.ProductID
		if _, found, _ := in.products.add(maphash.String(in.seed, it.ProductID), 0); !found {
			in.sum.Products++
		}
	}
	if err := in.emit(*it); err != nil {
		return fmt.Errorf("import record %d: %w", row, err)
	}
	return nil
}

// finish holds the item to what catalog.Item promises.
func (p place) finish(it *catalog.Item) bool {
	ok := true
	if msg := idProblem(it.ID); msg != "" {
		p.fail("id", CodeIDInvalid, it.ID, msg)
		ok = false
	}
	if it.ProductID == "" {
		it.ProductID = it.ID
	}
	if len(it.ProductID) > maxIDBytes {
		it.ProductID = shortenID(it.ProductID, it.ProductID)
	}
	if it.Title == "" {
		p.fail("title", CodeTitleMissing, "", "Give the product a title in "+p.in.system+".")
		ok = false
	}
	if it.Price > MaxPrice {
		p.fail("price", CodePriceAbsurd, money.Decimal(it.Price, it.Currency), "The price is higher than anything on sale. Correct it in "+p.in.system+".")
		ok = false
	}
	if !p.restricted(it) || !ok {
		return false
	}
	if it.Price == 0 {
		p.warn("price", CodePriceZero, "0", "The item is free. Set a price in "+p.in.system+" unless that is meant.")
	}
	if it.ListPrice != 0 && (it.ListPrice <= it.Price || it.ListPrice > MaxPrice) {
		p.info("list_price", CodeListPrice, money.Decimal(it.ListPrice, it.Currency), "The struck-through price is not above the price, so none is shown. Correct one of the two, or clear it.")
		it.ListPrice = 0
	}
	p.limit("title", &it.Title, maxTitleBytes)
	p.limit("product_title", &it.ProductTitle, maxTitleBytes)
	p.limit("description", &it.Description, maxDescriptionBytes)
	for _, field := range []*string{&it.SKU, &it.Brand, &it.MPN, &it.TaxClass} {
		p.limit("", field, maxValueBytes)
	}
	if it.ProductTitle == "" {
		it.ProductTitle = it.Title
	}
	it.Images = clip(p, "images", it.Images, maxImages)
	it.Categories = p.limitAll("categories", it.Categories)
	it.Tags = p.limitAll("tags", it.Tags)
	it.Options = p.limitOptions("options", it.Options)
	it.Attributes = p.limitOptions("attributes", it.Attributes)
	return true
}

func (p place) limit(field string, s *string, limit int) {
	if len(*s) <= limit {
		return
	}
	short := truncate(*s, limit)
	p.info(field, CodeTruncatedText, short, fmt.Sprintf("The text was cut to %d bytes. Shorten it in %s.", limit, p.in.system))
	*s = short
}

func (p place) limitAll(field string, list []string) []string {
	list = clip(p, field, list, maxListEntries)
	for i := range list {
		p.limit(field, &list[i], maxValueBytes)
	}
	return list
}

func (p place) limitOptions(field string, list []catalog.Option) []catalog.Option {
	list = clip(p, field, list, maxListEntries)
	for i := range list {
		p.limit(field, &list[i].Name, maxValueBytes)
		p.limit(field, &list[i].Value, maxValueBytes)
	}
	return list
}

func clip[T any](p place, field string, list []T, limit int) []T {
	if len(list) <= limit {
		return list
	}
	p.info(field, CodeTooMany, fmt.Sprint(len(list)), fmt.Sprintf("Only the first %d are used.", limit))
	return list[:limit:limit]
}

// unique refuses an id that an earlier record has, and makes another one for
// a derived id that is equal by accident.
func (p place) unique(it *catalog.Item, origin string) bool {
	in := p.in
	from := uint16(maphash.String(in.seed, origin))
	for range 2 {
		have, taken, full := in.ids.add(maphash.String(in.seed, it.ID), from)
		if !taken {
			if full && in.sum.Findings.Codes[CodeDuplicateLimit] == 0 {
				p.warn("id", CodeDuplicateLimit, "", fmt.Sprintf("From here on duplicate ids are not found: the file has more than %d.", MaxIDs))
			}
			return true
		}
		if have == from || origin == it.ID {
			break
		}
		renamed := shortenID(it.ID, origin)
		p.warn("id", CodeIDCollision, it.ID, "Two products derive the same id; this one is "+renamed+". Rename the handle or option in "+in.system+" to keep ids stable.")
		it.ID = renamed
	}
	p.fail("id", CodeDuplicateID, it.ID, "An earlier record has this id and was imported. Remove one of the two in "+in.system+".")
	return false
}

func idProblem(id string) string {
	switch {
	case id == "":
		return "The record has no id. Give every item one that stays the same."
	case len(id) > maxIDBytes:
		return fmt.Sprintf("The id is longer than %d bytes. Use a shorter one.", maxIDBytes)
	case !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return "The id holds characters that cannot be printed. Use letters, digits and dashes."
	}
	return ""
}

// shortenID ends an id in 16 hexadecimal digits of a hash of its origin, and
// cuts what is before them so that the whole has at most 255 bytes.
func shortenID(id, origin string) string {
	const digits = 16
	id = strings.ToValidUTF8(id[:min(len(id), maxIDBytes-digits-1)], "")
	return id + "-" + originHash(origin, digits)
}

// originHash is the same in every import and on every machine.
func originHash(origin string, digits int) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:])[:digits]
}

// price reads an amount that may not be missing or negative.
func (p place) price(field, text, fallback string) (amount, bool) {
	if text == "" {
		p.fail(field, CodePriceMissing, "", "Set a price in "+p.in.system+".")
		return amount{}, false
	}
	a, err := parseAmount(text, fallback, p.in.decimalComma)
	switch {
	case err == nil && a.minor < 0:
		p.fail(field, CodePriceNegative, text, "A price cannot be negative. Correct it in "+p.in.system+".")
		return amount{}, false
	case err == nil:
		if a.local {
			p.info(field, CodePriceNormalised, text, "Read as "+money.Decimal(a.minor, a.currency)+" "+strings.ToUpper(a.currency)+". Write prices as plain decimals such as 1299.00 to be sure.")
		}
		return a, true
	}
	code, fix := priceProblem(err)
	p.fail(field, code, text, fix)
	return amount{}, false
}

func priceProblem(err error) (code, fix string) {
	switch {
	case errors.Is(err, errAmbiguous):
		return CodePriceAmbiguous, "This may be read as two amounts. Write it as a plain decimal such as 1299.00, or tell the import the shop's country."
	case errors.Is(err, errNoCurrency):
		return CodeCurrencyMissing, "The price names no currency. Write it as 19.99 USD, or tell the import the shop's currency."
	case errors.Is(err, errSymbol):
		return CodeCurrency, "The currency sign stands for several currencies, or contradicts another. Write the code, as in 19.99 USD."
	case errors.Is(err, money.ErrCurrency):
		return CodeCurrency, "This is no currency. Write its ISO 4217 code, as in 19.99 USD."
	case errors.Is(err, money.ErrScale):
		return CodePriceScale, "The price has more decimals than its currency. Round it."
	case errors.Is(err, money.ErrRange):
		return CodePriceAbsurd, "The price is higher than anything on sale. Correct it."
	}
	return CodePriceInvalid, "This is no price. Write a plain decimal such as 19.99."
}

// otherPrice reads an amount that the item can do without, in the currency of
// its price: the struck-through price, the sale price. What is wrong with it
// is a warning, and it counts as not there.
func (p place) otherPrice(field, text string, currency, code string) (int64, bool) {
	if text == "" {
		return 0, false
	}
	a, err := parseAmount(text, currency, p.in.decimalComma)
	switch {
	case err != nil:
		_, fix := priceProblem(err)
		p.warn(field, code, text, fix+" It was left out.")
		return 0, false
	case a.minor < 0 || a.minor > MaxPrice:
		p.warn(field, code, text, "This is no price. It was left out.")
		return 0, false
	case a.currency != currency:
		p.warn(field, code, text, "Its currency differs from the price's. Use one currency. It was left out.")
		return 0, false
	}
	return a.minor, true
}

// shopPrice is price in a file of one currency.
func (p place) shopPrice(field, text string) (int64, bool) {
	a, ok := p.price(field, text, p.in.opts.Currency)
	if ok && a.currency != p.in.opts.Currency {
		p.fail(field, CodeCurrency, text, "The price is in another currency than the shop's, "+strings.ToUpper(p.in.opts.Currency)+". Export prices in that, or import with the other.")
		return 0, false
	}
	return a.minor, ok
}

// description reads a text that should be plain.
func (p place) description(field, text string) string {
	if hasMarkup(text) {
		p.info(field, CodeHTMLRemoved, text, "The markup was removed. Write the description as plain text.")
	}
	return plainText(text, maxDescriptionBytes)
}

// image checks the address of one image; "" drops it.
func (p place) image(field, text string) string {
	return p.address(field, text, CodeImage, "An image")
}

// link checks the address of the product's page; "" drops it.
func (p place) link(field, text string) string {
	return p.address(field, text, CodeLinkInvalid, "A link")
}

// address checks the address of a thing, with the code for one that is none.
func (p place) address(field, text string, code, thing string) string {
	if text == "" {
		return ""
	}
	address, changed, ok := cleanURL(text)
	switch {
	case !ok:
		p.warn(field, code, text, thing+" needs a full address that starts with https:// and has no password in it. It was left out.")
		return ""
	case changed:
		p.info(field, CodeURLNormalised, text, "Read as "+cut(address, maxFindingValue)+".")
	}
	return address
}

// fullTitle names product and variant, as in "Hoodie - Red, Logo".
func fullTitle(product string, options []catalog.Option) string {
	if len(options) == 0 || product == "" {
		return product
	}
	var b strings.Builder
	b.WriteString(product)
	for i, o := range options {
		if i == 0 {
			b.WriteString(" - ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(o.Value)
	}
	return b.String()
}
