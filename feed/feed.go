// Package feed reads the catalogue formats that shops export into
// [catalog.Item]s: Shopify and WooCommerce product CSV, Google Merchant XML,
// TSV and CSV, and Checkstand's own JSON lines.
//
// Reading streams: memory is bounded by the constants of this package,
// whatever the length of the file. A bad record costs itself alone, the good
// ones import. Everything that was refused, dropped or rewritten is a
// [Finding] that names the record, the field and what to do about it; only
// white space is tidied in silence.
//
// # Input
//
// UTF-8, UTF-16 and Windows-1252 (the bytes that are not UTF-8 are read as
// such), with or without a byte order mark, plain or gzipped. Tables may use
// commas, semicolons, tabs or bars, any line ending and any spelling of the
// header's case and spaces.
//
// # Item ids
//
// An id that the file has for the unit a buyer can buy is the item id,
// unchanged: g:id of Google, ID of a WooCommerce product or variation, id of
// our own lines, "Variant ID" of the Shopify exports that carry one.
//
// Shopify's own export has none. There the id derives from what Shopify does
// not let a title or SKU edit change, the handle and the option values:
// "ocean-blue-shirt" for a product without options,
// "classic-varsity-top--small" or "boot--42--black" for a variant. A value
// that this spelling cannot carry exactly ("S/M") gets a short hash of the
// exact values ("tee--s-m-8bf009bb"), so that ids neither collide nor depend
// on the order of rows. Should two ids collide all the same, the later one
// gets a longer hash and a finding tells so.
//
// The first record with an id wins; later ones are refused as duplicate_id.
//
// # Stock
//
// Shopify counts the stock of a variant whose inventory tracker is set. When
// the tracker is empty Shopify sells without counting, whatever the quantity
// column says, and so does the import: the item is untracked and an info
// finding (stock_not_tracked) shows the quantity that was left out. Policy
// "continue" becomes Backorder. WooCommerce counts when Stock holds a number.
// A Google item counts when it has a quantity.
package feed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/money"
)

// Format names a catalogue format.
type Format string

// The formats that Read understands.
const (
	ShopifyCSV      Format = "shopify-csv"
	WooCommerceCSV  Format = "woocommerce-csv"
	GoogleXML       Format = "google-xml" // RSS 2.0 and Atom
	GoogleTSV       Format = "google-tsv"
	GoogleCSV       Format = "google-csv"
	CheckstandJSONL Format = "checkstand-jsonl" // one catalog.Item as JSON a line
)

// Errors of this package; callers match them with errors.Is.
var (
	ErrEmpty         = errors.New("the file is empty")
	ErrUnknownFormat = errors.New("not a catalogue format that Checkstand reads")
	ErrHeader        = errors.New("the header line is not usable")
	ErrTooLarge      = errors.New("the file is larger than the limit")
	ErrOptions       = errors.New("bad import option")
)

// Options say what a file does not.
type Options struct {
	Format Format // "" detects it

	// Currency is the lower-case ISO 4217 currency of prices that name none.
	// Shopify and WooCommerce exports never name one, so they need it.
	Currency string

	// Country is the upper-case ISO 3166-1 code of the shop, or "". It
	// decides how a price such as "1.299" is read.
	Country string

	// Now tells the time that sale periods are compared with; nil is
	// time.Now.
	Now func() time.Time
}

// Formats are the formats that Options can name.
func Formats() []string {
	return []string{string(ShopifyCSV), string(WooCommerceCSV), string(GoogleXML), string(GoogleTSV), string(GoogleCSV), string(CheckstandJSONL)}
}

// Check refuses options that no file can be read with. The error is ErrOptions
// with a fault of format, currency or country.
func (o *Options) Check() error {
	var wrong []error
	if o.Format != "" && !slices.Contains(Formats(), string(o.Format)) {
		wrong = append(wrong, fault.New("format", "%q is no format of a catalogue; use one of %s, or leave it out", o.Format, strings.Join(Formats(), ", ")))
	}
	if err := money.CheckCurrency(o.Currency); o.Currency != "" && err != nil {
		wrong = append(wrong, fault.New("currency", "%v", err))
	}
	if err := iso3166.CheckCountry(o.Country); o.Country != "" && err != nil {
		wrong = append(wrong, fault.New("country", "%v", err))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %w", ErrOptions, errors.Join(wrong...))
	}
	return nil
}

// Read reads a catalogue from r, hands every item that can be bought to emit
// and everything worth telling to report, both in the order of the file as
// far as the format allows. emit and report are called from this goroutine;
// report may be nil.
//
// It stops with an error when the file as a whole cannot be read (ErrEmpty,
// ErrUnknownFormat, ErrHeader, ErrTooLarge, ErrOptions, or an error of r),
// when ctx ends, and when emit fails; the summary then tells what had been
// done. Records that are merely wrong are findings, never an error.
func Read(ctx context.Context, r io.Reader, opts Options, emit func(catalog.Item) error, report func(Finding)) (Summary, error) {
	if err := opts.Check(); err != nil {
		return Summary{Format: opts.Format}, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	text, err := openText(r)
	if err != nil {
		return Summary{Format: opts.Format}, err
	}
	src := bufio.NewReaderSize(text, detectBytes)
	head, err := src.Peek(detectBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return Summary{Format: opts.Format}, err
	}
	format := opts.Format
	if format == "" {
		if format, err = detectText(head); err != nil {
			return Summary{}, err
		}
	} else if isBlank(head) {
		return Summary{Format: format}, ErrEmpty
	}
	in := newIntake(opts, format, emit, report)
	switch format {
	case ShopifyCSV:
		err = readShopify(ctx, in, src)
	case WooCommerceCSV:
		err = readWooCommerce(ctx, in, src)
	case GoogleXML:
		err = readGoogleXML(ctx, in, src)
	case GoogleTSV, GoogleCSV:
		err = readGoogleTable(ctx, in, src)
	case CheckstandJSONL:
		err = readJSONL(ctx, in, src)
	}
	if text.fellBack() {
		in.at(0).warn("", CodeEncoding, "", "Some text is not UTF-8 and was read as Windows-1252. Check letters with accents, and save the file as UTF-8.")
	}
	if err == nil && in.sum.Rows == 0 {
		in.at(0).warn("", CodeNoRows, "", "The file holds no products. Check the filter that was used for the export.")
	}
	return in.sum, err
}
