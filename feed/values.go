package feed

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/money"
)

// parseBool reads the spellings of yes and no that exports and spreadsheets
// use. ok is false for anything else, an empty value among it.
func parseBool(s string) (yes, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "y", "wahr", "vrai", "verdadero", "ja", "oui":
		return true, true
	case "false", "0", "no", "n", "falsch", "faux", "falso", "nein", "non":
		return false, true
	}
	return false, false
}

// flag reads a yes or no, with what an empty or unreadable value means.
func (p place) flag(field, text string, otherwise bool) bool {
	yes, ok := parseBool(text)
	if ok {
		return yes
	}
	if text != "" {
		p.warn(field, CodeValueInvalid, text, "Write true or false. Read as "+strconv.FormatBool(otherwise)+".")
	}
	return otherwise
}

// stock reads a count. One that cannot be gone by is reported and read as 0.
func (p place) stock(field, text string) int64 {
	whole, frac, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	n, err := strconv.ParseInt(strings.TrimSpace(whole), 10, 64)
	if err != nil || strings.Trim(frac, "0123456789") != "" || n > MaxStock || n < -MaxStock {
		p.warn(field, CodeStockInvalid, text, "Write the stock as a whole number. Read as 0, so the item is sold out until this is corrected.")
		return 0
	}
	switch {
	case n < 0:
		p.info(field, CodeStockRounded, text, "Stock below zero was read as 0. Correct the count if there are units on hand.")
		return 0
	case strings.Trim(frac, "0") != "":
		p.warn(field, CodeStockRounded, text, "Stock was rounded down to whole units. Write a whole number.")
	}
	return n
}

// Units of weight, in nanograms, so that every conversion is exact.
var weightUnits = map[string]int64{
	"g": 1e9, "gr": 1e9, "gram": 1e9, "grams": 1e9, "kg": 1e12, "kgs": 1e12, "kilogram": 1e12, "kilograms": 1e12, "mg": 1e6,
	"lb": 453_592_370_000, "lbs": 453_592_370_000, "pound": 453_592_370_000, "pounds": 453_592_370_000,
	"oz": 28_349_523_125, "ounce": 28_349_523_125, "ounces": 28_349_523_125,
}

// parseWeight reads "1.5 kg", or "1.5" in the given unit, as grams, rounded
// to the nearest and to at least one.
func parseWeight(text, unit string) (grams int64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if i := strings.IndexFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' }); i >= 0 {
		text, unit = strings.TrimSpace(text[:i]), strings.Trim(text[i:], " .")
	}
	factor, ok := weightUnits[unit]
	if !ok {
		return 0, false
	}
	if strings.Contains(text, ".") {
		text = strings.ReplaceAll(text, ",", "")
	}
	whole, frac, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if whole == "" {
		whole = "0"
	}
	const decimals = 6
	if len(frac) > decimals {
		frac = frac[:decimals]
	}
	digits := whole + frac + strings.Repeat("0", decimals-len(frac))
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	micro, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, false
	}
	grams, err = money.MulDiv(micro, factor, 1e15, money.HalfUp)
	if err != nil || grams > MaxWeightGrams {
		return 0, false
	}
	if grams == 0 && micro > 0 {
		grams = 1
	}
	return grams, true
}

func (p place) weight(field, text, unit string) int64 {
	if text == "" {
		return 0
	}
	grams, ok := parseWeight(text, unit)
	if !ok {
		p.warn(field, CodeWeight, text, "Write the weight as a number with a unit of g, kg, oz or lb. The item has no weight until then.")
	}
	return grams
}

// gtin keeps a GTIN-8, -12, -13 or -14 whose check digit is right.
func (p place) gtin(field, text string) string {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\'' {
			return -1
		}
		return r
	}, text)
	if code == "" {
		return ""
	}
	if !validGTIN(code) {
		p.warn(field, CodeGTIN, text, "This is no GTIN: 8, 12, 13 or 14 digits of which the last is a check digit. Correct the barcode, or leave it empty. It was left out.")
		return ""
	}
	return code
}

func validGTIN(code string) bool {
	switch len(code) {
	case 8, 12, 13, 14:
	default:
		return false
	}
	sum, weight := 0, 1
	zeros := true
	for i := len(code) - 1; i >= 0; i-- {
		c := code[i]
		if c < '0' || c > '9' {
			return false
		}
		zeros = zeros && c == '0'
		sum += int(c-'0') * weight
		weight = 4 - weight
	}
	return sum%10 == 0 && !zeros
}

func (p place) condition(field, text string) string {
	switch word := strings.ToLower(text); word {
	case "", "new", "refurbished", "used":
		return word
	case "https://schema.org/newcondition", "newcondition", "brand new":
		return "new"
	case "https://schema.org/usedcondition", "usedcondition":
		return "used"
	case "https://schema.org/refurbishedcondition", "refurbishedcondition":
		return "refurbished"
	}
	p.warn(field, CodeCondition, text, "Write new, refurbished or used. The condition was left out.")
	return ""
}

// availabilities by their letters alone, for "in stock", "in_stock",
// "InStock" and "https://schema.org/InStock".
var availabilities = map[string]catalog.Availability{
	"instock": catalog.InStock, "available": catalog.InStock, "limitedavailability": catalog.InStock, "limitedstock": catalog.InStock,
	"outofstock": catalog.OutOfStock, "soldout": catalog.OutOfStock, "unavailable": catalog.OutOfStock,
	"preorder": catalog.Preorder, "presale": catalog.Preorder, "backorder": catalog.Backorder, "availablefororder": catalog.Backorder,
	"discontinued": catalog.Discontinued,
}

func parseAvailability(text string) (catalog.Availability, bool) {
	text = strings.ToLower(text)
	if _, name, ok := strings.Cut(text, "schema.org/"); ok {
		text = name
	}
	word := strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, text)
	a, ok := availabilities[word]
	return a, ok
}

// splitList splits at sep, drops empty entries, tidies the others, and takes
// each once.
func splitList(text, sep string) []string {
	if text == "" {
		return nil
	}
	var out []string
	for part := range strings.SplitSeq(text, sep) {
		out = appendOnce(out, line(part))
	}
	return out
}

func appendOnce(list []string, s string) []string {
	if s == "" {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
