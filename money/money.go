// Package money holds amounts in the minor unit of their currency (cents,
// yen, fils) as int64, and the few operations on them that checkout needs.
// There are no floats here, and none may enter.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/bojanz/currency"
)

// Max bounds every amount that Checkstand accepts or computes: it is the
// largest integer that survives a JSON number read as a double.
const Max = 1<<53 - 1

// Errors of this package; callers match them with errors.Is.
var (
	ErrCurrency = errors.New("unknown currency")
	ErrFormat   = errors.New("not an amount")
	ErrScale    = errors.New("more decimals than the currency has")
	ErrRange    = errors.New("amount out of range")
)

// Rounding says what happens to the part of an amount below its minor unit.
type Rounding uint8

const (
	HalfUp   Rounding = iota // 0.5 goes away from zero; the usual rule of tax offices
	HalfEven                 // 0.5 goes to the even neighbour
	Down                     // towards zero
	Up                       // away from zero
)

// Exponent gives the number of decimals of an ISO 4217 currency, written in
// either case: 2 for "usd", 0 for "jpy", 3 for "kwd".
func Exponent(code string) (digits int, ok bool) {
	// ASCII only, as strings.ToUpper makes letters of what is none (the long s
	// becomes S), and on the stack, as prices are read by the million.
	if len(code) != 3 {
		return 0, false
	}
	var upper [3]byte
	for i := range upper {
		upper[i] = code[i]
		if 'a' <= upper[i] && upper[i] <= 'z' {
			upper[i] -= 'a' - 'A'
		}
	}
	d, ok := currency.GetDigits(string(upper[:]))
	return int(d), ok
}

// Valid reports whether code is a lower-case ISO 4217 currency, the form ACP
// sends.
func Valid(code string) bool {
	for i := range len(code) {
		if code[i] < 'a' || code[i] > 'z' {
			return false
		}
	}
	_, ok := Exponent(code)
	return ok
}

// CheckCurrency refuses what is not a Valid code, and says how it is written
// where that is all that is wrong.
func CheckCurrency(code string) error {
	if Valid(code) {
		return nil
	}
	if lower := strings.ToLower(code); Valid(lower) {
		return fmt.Errorf("%q is written in lower case: %q", code, lower)
	}
	return fmt.Errorf("%.40q is not a currency; write an ISO 4217 code in lower case, such as eur", code)
}

// Parse reads a plain decimal ("19.99", "-5", "1200.0") as minor units of
// code. One side of the point may be empty ("5.", ".5"). Trailing zeros beyond
// the currency's decimals are accepted, any other digit there is ErrScale. It
// returns ErrCurrency, ErrFormat, ErrScale or ErrRange.
func Parse(decimal, code string) (int64, error) {
	digits, ok := Exponent(code)
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrCurrency, code)
	}
	s, neg := decimal, false
	if strings.HasPrefix(s, "-") {
		s, neg = s[1:], true
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" {
		return 0, fmt.Errorf("%w: %q", ErrFormat, decimal)
	}
	for len(frac) > digits && strings.HasSuffix(frac, "0") {
		frac = frac[:len(frac)-1]
	}
	if len(frac) > digits {
		if strings.Trim(frac, "0123456789") != "" {
			return 0, fmt.Errorf("%w: %q", ErrFormat, decimal)
		}
		return 0, fmt.Errorf("%w: %q in %s", ErrScale, decimal, code)
	}
	var n int64
	for _, c := range whole + frac + strings.Repeat("0", digits-len(frac)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: %q", ErrFormat, decimal)
		}
		if n = n*10 + int64(c-'0'); n > Max {
			return 0, fmt.Errorf("%w: %q", ErrRange, decimal)
		}
	}
	if neg {
		n = -n
	}
	return n, nil
}

// Decimal writes minor units of code as a plain decimal: 1999 usd is "19.99".
// An unknown currency is written with two decimals.
func Decimal(minor int64, code string) string {
	digits, ok := Exponent(code)
	if !ok {
		digits = 2
	}
	neg, u := minor < 0, uint64(minor)
	if neg {
		u = -u
	}
	s := fmt.Sprintf("%0*d", digits+1, u)
	if digits > 0 {
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	if neg {
		s = "-" + s
	}
	return s
}

// Format writes an amount for a reader of the locale (a BCP 47 tag such as
// "en-US" or "de"): 1999 eur is "€19.99" or "19,99 €". A currency whose sign the
// reader knows as that of another one goes by its code: dollars in Mexico are
// "USD 19.99", because "$19.99" are pesos.
func Format(minor int64, code, locale string) string {
	upper := strings.ToUpper(code)
	amount, err := currency.NewAmount(Decimal(minor, code), upper)
	if err != nil {
		return Decimal(minor, code) + " " + upper
	}
	reader := currency.NewLocale(locale)
	f := currency.NewFormatter(reader)
	if own, known := currency.ForCountryCode(reader.Territory); known && own != upper {
		sign, _ := currency.GetSymbol(upper, reader)
		if ownSign, _ := currency.GetSymbol(own, reader); sign == ownSign {
			f.CurrencyDisplay = currency.DisplayCode
		}
	}
	return f.Format(amount)
}

// English writes an amount as operators read it, on the command line, in reports
// and in the log: 2401 usd is "$24.01", 1235 kwd "KWD 1.235".
func English(minor int64, code string) string {
	return strings.ReplaceAll(Format(minor, code, "en-US"), "\u00a0", " ")
}

// FormatNumber writes a whole number for a reader of the locale, in groups as
// Format does: 12345 is "12,345" or "12.345".
func FormatNumber(n int64, locale string) string {
	digits := strconv.FormatInt(n, 10)
	amount, err := currency.NewAmount(digits, "JPY") // any without decimals
	if err != nil {
		return digits
	}
	f := currency.NewFormatter(currency.NewLocale(locale))
	f.CurrencyDisplay, f.MinDigits, f.MaxDigits = currency.DisplayNone, 0, 0
	written := f.Format(amount)
	if locale == "de-AT" {
		return strings.ReplaceAll(written, ".", "\u00a0") // Austria groups amounts and numbers differently
	}
	return written
}

// Add sums amounts; it returns ErrRange rather than wrap around.
func Add(amounts ...int64) (int64, error) {
	var sum int64
	for _, a := range amounts {
		next := sum + a
		if (a > 0 && next < sum) || (a < 0 && next > sum) || next > Max || next < -Max {
			return 0, ErrRange
		}
		sum = next
	}
	return sum, nil
}

// Mul multiplies an amount by a quantity; it returns ErrRange rather than
// wrap around.
func Mul(amount, quantity int64) (int64, error) { return MulDiv(amount, quantity, 1, Down) }

// MulDiv computes amount*num/den exactly and rounds once. den must be
// positive. It returns ErrRange when the result is not an amount.
func MulDiv(amount, num, den int64, mode Rounding) (int64, error) {
	if den <= 0 || amount == math.MinInt64 || num == math.MinInt64 {
		return 0, ErrRange
	}
	neg := (amount < 0) != (num < 0)
	hi, lo := bits.Mul64(magnitude(amount), magnitude(num))
	if hi >= uint64(den) {
		return 0, ErrRange
	}
	q, r := bits.Div64(hi, lo, uint64(den))
	if q > Max {
		return 0, ErrRange // before rounding, which could carry over
	}
	if r != 0 {
		rest := uint64(den) - r // r < rest: below half; r == rest: exactly half
		switch mode {
		case HalfUp:
			if r >= rest {
				q++
			}
		case HalfEven:
			if r > rest || (r == rest && q%2 == 1) {
				q++
			}
		case Up:
			q++
		}
	}
	if q > Max {
		return 0, ErrRange
	}
	if neg {
		return -int64(q), nil
	}
	return int64(q), nil
}

// Allocate splits total over the weights so that the parts add up to total
// exactly: each part is its share rounded down, and what is left goes, one
// unit each, to the largest remainders (the earlier first). A negative total is
// split as its magnitude is. When all weights are zero the first part takes
// everything. It returns ErrRange for a negative weight, for a total or a sum
// of weights beyond Max, and for a total with nothing to split it over.
func Allocate(total int64, weights []int64) ([]int64, error) {
	if len(weights) == 0 {
		if total == 0 {
			return nil, nil
		}
		return nil, ErrRange
	}
	if total > Max || total < -Max {
		return nil, ErrRange
	}
	if total < 0 {
		parts, err := Allocate(-total, weights)
		for i := range parts {
			parts[i] = -parts[i]
		}
		return parts, err
	}
	for _, w := range weights {
		if w < 0 {
			return nil, ErrRange
		}
	}
	sum, err := Add(weights...)
	if err != nil {
		return nil, err
	}
	parts := make([]int64, len(weights))
	if sum == 0 {
		parts[0] = total
		return parts, nil
	}
	rests := make([]uint64, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		parts[i], rests[i] = int64(q), r
		left -= int64(q)
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rests {
			if rests[i] > rests[best] {
				best = i
			}
		}
		parts[best]++
		rests[best] = 0
	}
	return parts, nil
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}
