package wire

import (
	"strings"

	"github.com/checkstand/checkstand/money"
)

// maxExponent bounds the exponent of a number literal that integer reads:
// anything larger is no integer that an amount can hold.
const maxExponent = 400

// integer reads a JSON number literal that stands for an integer, however it
// is written: 3, 3.0, 30e-1. whole is false when it is none; inRange is false
// when it is beyond ±money.Max. No float is involved, so 2^53 is exact.
func integer(literal string) (n int64, whole, inRange bool) {
	digits, negative := strings.CutPrefix(literal, "-")
	digits, exponent := splitExponent(digits)
	before, after, _ := strings.Cut(digits, ".")
	after = strings.TrimRight(after, "0")
	shift := exponent - len(after)
	digits = strings.TrimLeft(before+after, "0")
	if digits == "" {
		return 0, true, true
	}
	for shift < 0 && strings.HasSuffix(digits, "0") {
		digits, shift = digits[:len(digits)-1], shift+1
	}
	if shift < 0 {
		return 0, false, true
	}
	for i := 0; i < len(digits)+shift; i++ {
		n *= 10
		if i < len(digits) {
			n += int64(digits[i] - '0')
		}
		if n > money.Max {
			return 0, true, false
		}
	}
	if negative {
		n = -n
	}
	return n, true, true
}

// splitExponent cuts e+12 off a number literal, holding it to ±maxExponent.
func splitExponent(literal string) (mantissa string, exponent int) {
	i := strings.IndexAny(literal, "eE")
	if i < 0 {
		return literal, 0
	}
	sign := 1
	digits := literal[i+1:]
	if digits[0] == '-' {
		sign = -1
	}
	for _, c := range strings.TrimLeft(digits, "+-") {
		exponent = min(exponent*10+int(c-'0'), maxExponent)
	}
	return literal[:i], sign * exponent
}
