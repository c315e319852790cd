package pricing

import (
	"fmt"
	"strings"
)

// MaxPPM is the highest rate: 100 %.
const MaxPPM = million

// percentDecimals is how finely a rate can be written: 0.0001 % is one part
// per million.
const percentDecimals = 4

// ParsePercent reads a rate as people write it, "19" or "8.875", as parts per
// million, exactly. It takes 0 to 100 with at most four decimals, a point, and
// no sign.
func ParsePercent(s string) (ppm int64, err error) {
	fault := func(what string) (int64, error) {
		return 0, fmt.Errorf("%q %s; write percent from 0 to 100 with at most %d decimals, such as \"19\" or \"8.875\"", clip(s), what, percentDecimals)
	}
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || !isDigits(whole) || !isDigits(frac) || point && frac == "" {
		return fault("is not a number")
	}
	if len(frac) > percentDecimals {
		return fault("has too many decimals")
	}
	for i := range len(whole) + percentDecimals {
		digit := byte('0')
		switch {
		case i < len(whole):
			digit = whole[i]
		case i-len(whole) < len(frac):
			digit = frac[i-len(whole)]
		}
		if ppm = ppm*10 + int64(digit-'0'); ppm > MaxPPM {
			return fault("is more than 100")
		}
	}
	return ppm, nil
}

// FormatPercent writes parts per million as percent with no more decimals than
// it takes: 190 000 is "19", 88 750 is "8.875". It is the inverse of
// ParsePercent.
func FormatPercent(ppm int64) string {
	whole, frac := ppm/10_000, ppm%10_000
	if frac == 0 {
		return fmt.Sprintf("%d", whole)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%04d", whole, frac), "0")
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// clip keeps a value short enough to quote in an error.
func clip(s string) string {
	const most = 32
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
