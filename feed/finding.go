package feed

import "unicode/utf8"

// Severities of a finding.
const (
	Error   = "error"   // the record, or what it was to say, was refused
	Warning = "warning" // imported or left out in a way that the shop should look at
	Info    = "info"    // rewritten or understood in a way worth knowing
)

// Finding is one thing worth telling about a file.
type Finding struct {
	Row      int    `json:"row"`            // 1-based number of the data record (the header is not counted); 0 is the file
	Field    string `json:"field,omitzero"` // as the file spells it, where it has one
	Code     string `json:"code"`           // one of the Code constants
	Severity string `json:"severity"`       // error, warning or info
	Value    string `json:"value,omitzero"` // what the file holds, cut to 120 bytes
	Fix      string `json:"fix"`            // what to do, in the source system where possible
}

// Codes of findings.
const (
	CodeAnyOption         = "any_option"           // a WooCommerce variation leaves an option open
	CodeAvailability      = "availability_unknown" // missing or unknown availability
	CodeBrokenRecord      = "broken_record"        // quotes or markup that cannot be read
	CodeColumnRepeated    = "column_repeated"      // two columns of one name
	CodeCondition         = "condition_unknown"    // not new, refurbished or used
	CodeCurrency          = "currency_invalid"     // unknown, or not the shop's
	CodeCurrencyMissing   = "currency_missing"     // a price that names none
	CodeDownloadable      = "downloadable_only"    // downloadable but not virtual
	CodeDuplicateID       = "duplicate_id"         // an earlier record has the id
	CodeDuplicateLimit    = "duplicate_limit"      // MaxIDs reached, no more duplicates are found
	CodeEncoding          = "encoding_guessed"     // not UTF-8, read as Windows-1252
	CodeExternal          = "not_sold_here"        // grouped and external products
	CodeFieldCount        = "field_count"          // more values than columns
	CodeGTIN              = "gtin_invalid"         // not a GTIN, dropped
	CodeHTMLRemoved       = "html_removed"         // markup where plain text belongs
	CodeHidden            = "hidden"               // hidden in the shop, sold all the same
	CodeIDCollision       = "id_collision"         // two derived ids were equal
	CodeIDDerived         = "id_derived"           // no usable id, one was made
	CodeIDInvalid         = "id_invalid"           // missing, too long or unprintable
	CodeImage             = "image_invalid"        // not an http(s) address, dropped
	CodeImageLate         = "image_late"           // after its product was done
	CodeJSON              = "json_invalid"         // not an item in JSON
	CodeKind              = "kind_unknown"         // neither physical nor digital
	CodeListPrice         = "list_price_dropped"   // not above the price, or unreadable
	CodeLinkInvalid       = "link_invalid"         // not an http(s) address, dropped
	CodeNoRows            = "no_rows"              // a header and nothing else
	CodeNoVariations      = "no_variations"        // a variable product without any
	CodeNotPublished      = "not_published"        // draft, archived, private, disabled
	CodeOptionName        = "option_name_missing"  // an option value without a name
	CodeParent            = "parent_missing"       // a variation whose parent is not there
	CodePriceAbsurd       = "price_absurd"         // above MaxPrice
	CodePriceAmbiguous    = "price_ambiguous"      // "1.299" may be two amounts
	CodePriceInvalid      = "price_invalid"        // not an amount
	CodePriceMissing      = "price_missing"        // none
	CodePriceNegative     = "price_negative"       // below zero
	CodePriceNormalised   = "price_normalised"     // written in a local form
	CodePriceScale        = "price_scale"          // more decimals than the currency has
	CodePriceZero         = "price_zero"           // free
	CodeProductIncomplete = "product_incomplete"   // rows of a product without its first row
	CodeRestriction       = "restriction_invalid"  // a least age or a place that is none
	CodeSaleNotLower      = "sale_not_lower"       // a sale price that is none
	CodeSalePeriod        = "sale_period"          // a sale that is not on, or whose period is unreadable
	CodeSharedStock       = "shared_stock"         // one count for several variations
	CodeStockInvalid      = "stock_invalid"        // not a count
	CodeStockMissing      = "stock_missing"        // counted, but no count given
	CodeStockNotTracked   = "stock_not_tracked"    // a count that the shop ignores
	CodeStockRounded      = "stock_rounded"        // negative or fractional
	CodeStrayQuote        = "stray_quote"          // recovered
	CodeTitleMissing      = "title_missing"        // none
	CodeTooLong           = "too_long"             // a record over MaxRecordBytes
	CodeTooMany           = "too_many"             // over a limit of entries, the rest dropped
	CodeTruncatedFile     = "file_truncated"       // ends in the middle
	CodeTruncatedText     = "text_truncated"       // cut to its limit
	CodeTypeUnsupported   = "type_unsupported"     // subscriptions, bundles, bookings
	CodeUnknownField      = "unknown_field"        // a JSON member that an item does not have
	CodeURLNormalised     = "url_normalised"       // completed or escaped
	CodeValueInvalid      = "value_invalid"        // another value that was dropped
	CodeWeight            = "weight_invalid"       // not a weight, dropped
)

// Counts tells how many findings there were, also those beyond
// MaxFindingsPerCode.
type Counts struct {
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Infos    int            `json:"infos"`
	Codes    map[string]int `json:"codes,omitempty"`
}

// Summary tells what an import did.
type Summary struct {
	Format   Format `json:"format"`
	Rows     int    `json:"rows"`     // data records read, good or bad
	Products int    `json:"products"` // products with at least one imported item
	Variants int    `json:"variants"` // items imported: what can be bought, sold out or not
	Rejected int    `json:"rejected"` // records refused for what they hold
	Skipped  int    `json:"skipped"`  // records that the source does not sell by itself: drafts, grouped, external
	Findings Counts `json:"findings"`
}

// place is where a finding belongs.
type place struct {
	in  *intake
	row int
}

func (in *intake) at(row int) place { return place{in, row} }

// fail reports an error. Whoever gives the record up counts it as rejected.
func (p place) fail(field, code, value, fix string) { p.tell(Error, field, code, value, fix) }
func (p place) warn(field, code, value, fix string) { p.tell(Warning, field, code, value, fix) }
func (p place) info(field, code, value, fix string) { p.tell(Info, field, code, value, fix) }

func (p place) tell(severity, field, code, value, fix string) {
	counts := &p.in.sum.Findings
	switch severity {
	case Error:
		counts.Errors++
	case Warning:
		counts.Warnings++
	default:
		counts.Infos++
	}
	if counts.Codes == nil {
		counts.Codes = map[string]int{}
	}
	counts.Codes[code]++
	if p.in.report == nil || counts.Codes[code] > MaxFindingsPerCode {
		return
	}
	p.in.report(Finding{Row: p.row, Field: cut(field, maxFindingValue), Code: code, Severity: severity, Value: cut(value, maxFindingValue), Fix: fix})
}

// cut shortens s to at most limit bytes at the start of a character, and
// marks that it did.
func cut(s string, limit int) string {
	const mark = "…"
	if len(s) <= limit {
		return s
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
