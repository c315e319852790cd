package pricing_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/pricing"
)

func TestParsePercent(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "19": 190_000, "8.875": 88_750, "7.7": 77_000, "5.5": 55_000, "0.0001": 1,
		"100": 1_000_000, "100.0000": 1_000_000, "007": 70_000, "0.25": 2500,
	} {
		if got, err := pricing.ParsePercent(s); err != nil || got != want {
			t.Errorf("ParsePercent(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for s, why := range map[string]string{
		"": "not a number", " 19": "not a number", "19%": "not a number", "19 %": "not a number", "-1": "not a number", "+1": "not a number",
		".5": "not a number", "5.": "not a number", ".": "not a number", "1.2.3": "not a number", "8,875": "not a number", "1e1": "not a number", "١": "not a number",
		"100.0001": "more than 100", "101": "more than 100", strings.Repeat("9", 100): "more than 100",
		"8.87512": "too many decimals", "8.00000": "too many decimals",
	} {
		got, err := pricing.ParsePercent(s)
		if err == nil || !strings.Contains(err.Error(), why) || got != 0 {
			t.Errorf("ParsePercent(%q) = %d, %v; want an error with %q", s, got, err, why)
		}
	}
}

func TestFormatPercent(t *testing.T) {
	for ppm, want := range map[int64]string{0: "0", 190_000: "19", 88_750: "8.875", 1: "0.0001", 1_000_000: "100", 100_000: "10", 55_000: "5.5"} {
		if got := pricing.FormatPercent(ppm); got != want {
			t.Errorf("FormatPercent(%d) = %q; want %q", ppm, got, want)
		}
	}
}

func TestPercentIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ppm := rapid.Int64Range(0, pricing.MaxPPM).Draw(t, "ppm")
		if got, err := pricing.ParsePercent(pricing.FormatPercent(ppm)); err != nil || got != ppm {
			t.Fatalf("ParsePercent(FormatPercent(%d)) = %d, %v", ppm, got, err)
		}
	})
}

// FuzzParsePercent: what is accepted is exactly the number that the text says.
func FuzzParsePercent(f *testing.F) {
	for _, s := range []string{"19", "8.875", "0.0001", "100", "100.0001", "5.", ".5", "-1", "19%", "00019.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ppm, err := pricing.ParsePercent(s)
		if err != nil {
			if len(err.Error()) > 300 {
				t.Fatalf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || want.Mul(want, big.NewRat(10_000, 1)).Cmp(new(big.Rat).SetInt64(ppm)) != 0 || ppm < 0 || ppm > pricing.MaxPPM {
			t.Fatalf("ParsePercent(%q) = %d; want %v", s, ppm, want)
		}
	})
}
