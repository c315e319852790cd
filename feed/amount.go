package feed

import (
	"errors"
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/money"
)

var (
	errAmbiguous  = errors.New("may be read as two amounts")
	errNoCurrency = errors.New("names no currency")
	errSymbol     = errors.New("currency sign does not fit")
)

const maxAmountBytes = 64

// amount is a price as a file writes it.
type amount struct {
	minor    int64
	currency string // lower-case
	named    bool   // the text named the currency
	local    bool   // the number was not a plain decimal
}

// parseAmount reads "19.99", "19,99 EUR", "$1,299.00", "1.234,56 €" or
// "1'299.50". fallback is the currency of an amount that names none.
// decimalComma says that the country writes decimals with a comma. It returns
// errAmbiguous, errNoCurrency, errSymbol, or an error of package money.
func parseAmount(text, fallback string, decimalComma bool) (amount, error) {
	if len(text) > maxAmountBytes {
		return amount{}, money.ErrFormat
	}
	number, words, err := takeApart(text)
	if err != nil {
		return amount{}, err
	}
	a := amount{currency: fallback}
	for _, word := range words {
		// In "$19.99 CAD" the code, which is the first word, says which
		// dollar the sign means.
		code, err := currencyOf(word, a.currency)
		if err != nil {
			return amount{}, err
		}
		if a.named && code != a.currency {
			return amount{}, errSymbol
		}
		a.currency, a.named = code, true
	}
	if a.currency == "" {
		return amount{}, errNoCurrency
	}
	exponent, ok := money.Exponent(a.currency)
	if !ok {
		return amount{}, money.ErrCurrency
	}
	plain, err := plainDecimal(number, exponent, decimalComma)
	if err != nil {
		return amount{}, err
	}
	a.local = plain != number
	a.minor, err = money.Parse(plain, a.currency)
	return a, err
}

// takeApart splits text into its number, with any spaces and apostrophes
// between digits written as apostrophes, and the words around it. The code,
// where there is one, comes first in words.
func takeApart(text string) (number string, words []string, err error) {
	var num, before, after strings.Builder
	gap := false // a space or apostrophe behind a digit
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if after.Len() > 0 {
				return "", nil, money.ErrFormat
			}
			if gap {
				num.WriteByte('\'')
				gap = false
			}
			num.WriteRune(r)
		case r == '.' || r == ',':
			if after.Len() > 0 {
				continue // "kr." and such
			}
			if num.Len() > 0 {
				num.WriteRune(r)
			} else if before.Len() == 0 {
				num.WriteByte('0')
				num.WriteRune(r)
			}
		case r == '-' || r == '\u2212' || r == '\u2013':
			if num.Len() == 0 {
				num.WriteByte('-')
			} else if s := num.String(); !strings.HasSuffix(s, ",") && !strings.HasSuffix(s, ".") {
				return "", nil, money.ErrFormat // only "19,-" ends in a dash
			}
		case r == '\'' || r == '\u2019':
			if num.Len() == 0 {
				return "", nil, money.ErrFormat
			}
			gap = true
		case unicode.IsSpace(r):
			gap = num.Len() > 0 && num.String() != "-"
		case unicode.IsLetter(r) || unicode.Is(unicode.Sc, r):
			if num.Len() > 0 && num.String() != "-" {
				after.WriteRune(r)
			} else {
				before.WriteRune(r)
			}
		default:
			return "", nil, money.ErrFormat
		}
	}
	for _, w := range []string{after.String(), before.String()} {
		if w == "" {
			continue
		}
		if _, code := money.Exponent(w); code && len(w) == 3 {
			words = append([]string{w}, words...)
		} else {
			words = append(words, w)
		}
	}
	number = strings.TrimRight(num.String(), ".,")
	if strings.Trim(number, "-") == "" {
		return "", nil, money.ErrFormat
	}
	return number, words, nil
}

// signs are the currencies that a sign may stand for. A sign of several
// stands for the fallback currency, if that is one of them.
var signs = map[string][]string{
	"€": {"eur"}, "£": {"gbp"}, "₹": {"inr"}, "₩": {"krw"}, "₪": {"ils"}, "₺": {"try"}, "₫": {"vnd"}, "฿": {"thb"},
	"₴": {"uah"}, "₽": {"rub"}, "zł": {"pln"}, "Kč": {"czk"}, "Ft": {"huf"}, "Fr": {"chf"}, "lei": {"ron"}, "R": {"zar"},
	"R$": {"brl"}, "US$": {"usd"}, "C$": {"cad"}, "CA$": {"cad"}, "A$": {"aud"}, "AU$": {"aud"}, "NZ$": {"nzd"}, "HK$": {"hkd"}, "S$": {"sgd"}, "MX$": {"mxn"}, "NT$": {"twd"},
	"$":  {"usd", "cad", "aud", "nzd", "sgd", "hkd", "mxn", "ars", "clp", "cop", "twd", "bsd", "bbd", "bzd", "jmd", "ttd", "uyu"},
	"kr": {"sek", "nok", "dkk", "isk"}, "¥": {"jpy", "cny"}, "￥": {"jpy", "cny"}, "円": {"jpy"}, "元": {"cny"},
}

func currencyOf(word, fallback string) (string, error) {
	if _, ok := money.Exponent(word); ok && len(word) == 3 {
		return strings.ToLower(word), nil
	}
	codes, ok := signs[word]
	if !ok {
		return "", money.ErrCurrency
	}
	for _, code := range codes {
		if code == fallback {
			return code, nil
		}
	}
	if len(codes) > 1 {
		return "", errSymbol
	}
	return codes[0], nil
}

// plainDecimal turns digits with points and commas into a plain decimal. One
// separator with three digits behind it is grouping in one country and
// decimals in another; where nothing decides, it is errAmbiguous, because a
// price a thousand times off is worse than one that is not there.
func plainDecimal(s string, exponent int, decimalComma bool) (string, error) {
	points, commas := strings.Count(s, "."), strings.Count(s, ",")
	lastPoint, lastComma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	switch {
	case strings.Contains(s, "'"):
		if commas > 0 {
			return ungroup(s, "'", ",")
		}
		return ungroup(s, "'", ".")
	case points == 0 && commas == 0:
		return s, nil
	case points > 0 && commas > 0:
		if lastPoint > lastComma {
			return ungroup(s, ",", ".")
		}
		return ungroup(s, ".", ",")
	case points > 1:
		return ungroup(s, ".", ",")
	case commas > 1:
		return ungroup(s, ",", ".")
	}
	sep, at := ".", lastPoint
	if commas == 1 {
		sep, at = ",", lastComma
	}
	whole := strings.TrimPrefix(s[:at], "-")
	if len(s)-at-1 != 3 || len(whole) > 3 || strings.HasPrefix(whole, "0") {
		return strings.Replace(s, ",", ".", 1), nil
	}
	grouped := s[:at] + s[at+1:]
	switch {
	case exponent == 0:
		return grouped, nil
	case exponent == 3:
		if sep == "." && !decimalComma {
			return s, nil
		}
		if sep == "," && decimalComma {
			return strings.Replace(s, ",", ".", 1), nil
		}
	case sep == "," && !decimalComma, sep == "." && decimalComma:
		return grouped, nil
	}
	return "", errAmbiguous
}

// ungroup removes the grouping and makes the decimal separator a point. It
// refuses groups that have not three digits.
func ungroup(s, group, decimal string) (string, error) {
	whole, frac, _ := strings.Cut(s, decimal)
	if strings.ContainsAny(frac, ".,'") {
		return "", money.ErrFormat
	}
	groups := strings.Split(strings.TrimPrefix(whole, "-"), group)
	for i, g := range groups {
		indian := len(g) == 2 && i > 0 && i < len(groups)-1 // 12,34,567.00
		if i > 0 && len(g) != 3 && !indian || i == 0 && (len(g) == 0 || len(g) > 3) {
			return "", money.ErrFormat
		}
	}
	plain := strings.ReplaceAll(whole, group, "")
	if frac != "" {
		plain += "." + frac
	}
	return plain, nil
}

// writesDecimalComma lists the countries whose shops write 1.299,00.
func writesDecimalComma(country string) bool {
	const countries = " AL AO AR AT AZ BA BE BG BO BR BY CL CO CR CZ DE DK DZ EC EE ES FI FO FR GE GR HR HU ID IS IT KG KZ LT LU LV MA MD ME MK MZ NL NO PL PT PY RO RS RU SE SI SK TN TR UA UY UZ VE VN XK ZA "
	return country != "" && strings.Contains(countries, " "+country+" ")
}
