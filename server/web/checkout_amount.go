package web

import (
	"errors"
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/money"
)

// maxTyped is the longest amount that a buyer can type, in bytes.
const maxTyped = 64

var errNoAmount = errors.New("this is not an amount")

// typedAmount reads an amount in minor units as people type it: with a point or
// a comma before the decimals, with or without a sign of the currency and
// separators between thousands. What might be two amounts is none: "2,50" is
// never 250.
func typedAmount(typed, currency string) (int64, error) {
	if len(typed) > maxTyped {
		return 0, errNoAmount
	}
	exponent, ok := money.Exponent(currency)
	if !ok {
		return 0, money.ErrCurrency
	}
	s := strings.Map(narrow, typed)
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) || r == '\'' })
	if strings.HasPrefix(s, "-") {
		return 0, errNoAmount
	}
	whole, decimals := s, ""
	if at := strings.LastIndexAny(s, ".,"); at >= 0 {
		behind := len(s) - at - 1
		alone := strings.Count(s, s[at:at+1]) == 1
		if alone && behind <= exponent && behind > 0 {
			whole, decimals = s[:at], s[at+1:]
		}
	}
	digits, err := ungrouped(whole)
	if err != nil {
		return 0, err
	}
	return money.Parse(digits+"."+decimals, currency)
}

// narrow makes the digits and separators of East Asian keyboards those of all
// others, and one sign of all those that stand between thousands.
func narrow(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '．' || r == '。':
		return '.'
	case r == '，' || r == '、':
		return ','
	case r == '’' || unicode.IsSpace(r):
		return '\''
	}
	return r
}

// ungrouped takes the separators out from between thousands. They have to be
// where thousands are, and be the same.
func ungrouped(whole string) (string, error) {
	at := strings.IndexAny(whole, ".,'")
	if at < 0 {
		return whole, nil
	}
	groups := strings.Split(whole, whole[at:at+1])
	for i, g := range groups {
		if i == 0 && (g == "" || len(g) > 3) || i > 0 && len(g) != 3 {
			return "", errNoAmount
		}
	}
	return strings.Join(groups, ""), nil
}

// minorUnits is how many there are in one unit of a currency.
func minorUnits(currency string) int64 {
	exponent, _ := money.Exponent(currency) // 0 decimals of one that nobody knows
	n := int64(1)
	for range exponent {
		n *= 10
	}
	return n
}
